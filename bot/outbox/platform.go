package outbox

import (
	"context"
	"encoding/json"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Platform is what the outbox needs of a platform's adapter. No method loops,
// retries, or waits for long: each makes the requests that one step needs, and
// says what came of them.
type Platform interface {
	// Resolve asks what sort of chat it is, and for its lasting id. The
	// verdict is Delivered if the place is known, else Retry, or Refused with
	// Gone.
	Resolve(ctx context.Context, c store.Chat) (store.Place, store.Verdict)
	// Render makes the requests for a message, one for each of the platform's
	// messages, in order. Each has a button whose data ends in d.Tag(part).
	Render(ctx context.Context, place store.Place, d store.Delivery, m brief.Message) ([]json.RawMessage, error)
	// Send makes the request of a part: Delivered, Retry, Refused or Unknown.
	Send(ctx context.Context, d store.Delivery, part int) store.Verdict
	// Repeats is how long after its first request the platform itself knows a
	// part's repetition and answers it with the first message; 0 if it doesn't.
	Repeats(d store.Delivery, part int) time.Duration
	// Settle looks for a part whose outcome is unknown: Delivered, Absent, Retry
	// if it could not look now, or Unknown if that can't be found out. It calls
	// further before each request that counts against the chat's rate, but the
	// first.
	Settle(ctx context.Context, d store.Delivery, part int, further func() error) store.Verdict
}

// Sweeper is a Platform that can find and delete the second copy of a message.
type Sweeper interface {
	Editor
	// Second looks for another message with the part's tag than the recorded
	// one: Delivered with its id, Absent, Retry, or Unknown if that can't be
	// found out. Behind the message last, if it is not empty, copies of other
	// parts may stand: a look that could take one for another stops there.
	Second(ctx context.Context, d store.Delivery, part int, last string, further func() error) store.Verdict
}

// Rich is a Platform that has a richer form of messages, beside the classic one.
type Rich interface {
	// TakesRich reports whether messages can go out in it.
	TakesRich() bool
	// Classic gives the requests that a rich delivery's would have been in the
	// classic form, as Render made them.
	Classic(d store.Delivery) ([]json.RawMessage, error)
}

// Follower is a Platform on which something may follow a post that is out.
type Follower interface {
	// Then says what follows a post, if its channel wants anything: each is a
	// delivery of its own, once the post is out.
	Then(c store.Channel, p store.Place, d store.Delivery, m brief.Message) []store.Step
	// Follow makes the request of a part of such a delivery, about the message
	// d.Parts[part].Target. It may be called again for what it has done: then
	// there is nothing to do, and that is success.
	Follow(ctx context.Context, d store.Delivery, part int) store.Verdict
}

// Whisperer is a Platform that can say something to one reader of a chat alone.
type Whisperer interface {
	// Whispers reports whether a part, if it is sent now, is for one reader alone.
	// It is no message among the chat's then: neither its rate nor its order
	// matters, and it can't be looked for.
	Whispers(d store.Delivery, part int) bool
}

// Clock is a Platform that tells its time.
type Clock interface {
	// Clock is the platform's time, to the second; zero if it has not told yet.
	// The local clock may jump, this one does not.
	Clock() time.Time
}

// Editor is a Platform that can change what is out. Both methods may be called
// again for what they have done: then there is nothing to do, and that is
// success.
type Editor interface {
	// Edit makes the message d.Parts[part].Target what the part's body says.
	// Where there is no such message to be changed, its verdict says so: Missing.
	Edit(ctx context.Context, d store.Delivery, part int) store.Verdict
	// Delete takes the message d.Parts[part].Target away.
	Delete(ctx context.Context, d store.Delivery, part int) store.Verdict
}
