package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// DeliveryKind says what a delivery brings.
type DeliveryKind string

// The kinds of delivery.
const (
	PostDelivery   DeliveryKind = "post"   // one story
	DigestDelivery DeliveryKind = "digest" // one message for several stories
	AnswerDelivery DeliveryKind = "answer" // what a reader asked for
	EditDelivery   DeliveryKind = "edit"   // a new revision, into the messages of a post that is out
	UpdateDelivery DeliveryKind = "update" // what became of a story, to a reader who follows it
	// What follows a post that is out.
	ThreadDelivery  DeliveryKind = "thread"  // a thread below it
	PublishDelivery DeliveryKind = "publish" // its publication in channels that follow
	// RemovalDelivery takes an answer's messages away that were to last for a
	// while.
	RemovalDelivery DeliveryKind = "removal"
)

// Follows reports whether a delivery of the kind adds to a post that is out. It
// holds up nothing, and doing it again does no harm.
func (k DeliveryKind) Follows() bool { return k == ThreadDelivery || k == PublishDelivery }

// Tells reports whether a delivery of the kind that is still to be made says the
// story: what was taken back is news only to those who have read it.
func (k DeliveryKind) Tells(e Entry) bool {
	return e.Removed.IsZero() || e.Retracted && (k == EditDelivery || k == UpdateDelivery)
}

// State is how far a delivery has come.
type State string

// The states. Planned, Claimed, Uncertain and Resent are waiting for something
// to be done; Sent and GivenUp are final.
const (
	Planned   State = "planned"   // nothing of the next part is out
	Claimed   State = "claimed"   // the next part may be on its way
	Uncertain State = "uncertain" // whether the part is out must be found out
	Resent    State = "resent"    // all is out, and a part may be out twice: that is looked for
	Sent      State = "sent"
	GivenUp   State = "given up"
)

// Final reports whether nothing more will happen to a delivery in this state.
func (s State) Final() bool { return s == Sent || s == GivenUp }

// Ref names a revision of a story.
type Ref struct {
	ID       string `json:"id"`
	Revision int    `json:"revision"`
}

// Delivery is what is to be said in one chat: the only truth about what was
// posted. It is written before anything is sent.
type Delivery struct {
	ID      uint64       `json:"id"`
	Kind    DeliveryKind `json:"kind"`
	Channel string       `json:"channel,omitempty"` // empty for an answer
	Chat    Chat         `json:"chat"`
	Stories []Ref        `json:"stories,omitempty"`
	// Of is, of an edit or a removal, the delivery whose messages it changes, and
	// of what follows a post, the post.
	Of uint64 `json:"of,omitempty"`
	// Again says, of a post, that its story was posted there before.
	Again bool `json:"again,omitempty"`
	// Ping is the role that the first message mentions, if any.
	Ping string `json:"ping,omitempty"`
	// Then is what follows once the post is out, each a delivery of its own.
	Then []Step `json:"then,omitempty"`
	// ReplyTo is the message that an answer replies to, if any.
	ReplyTo string `json:"reply_to,omitempty"`
	Silent  bool   `json:"silent,omitempty"`
	// Rich says that its messages are Telegram's rich ones, and so are what they
	// are changed to.
	Rich bool `json:"rich,omitempty"`
	// Lasts is, of an answer, how long its messages stay when they are out; 0:
	// for good.
	Lasts time.Duration `json:"lasts,omitempty"`
	State State         `json:"state"`
	// Parts are the messages, in order; they are made at the first claim, and
	// never anew.
	Parts []Part `json:"parts,omitempty"`
	// Reason says, of a delivery that is late or given up, why: the platform's
	// own words.
	Reason   string    `json:"reason,omitempty"`
	Attempts int       `json:"attempts,omitempty"` // failed ones of the part at hand
	Looks    int       `json:"looks,omitempty"`    // times that the part at hand was looked for
	Refusals int       `json:"refusals,omitempty"` // times in a row that the chat was not to be had
	Resends  int       `json:"resends,omitempty"`  // parts sent anew although they may be out
	Doubles  int       `json:"doubles,omitempty"`  // second copies that were deleted
	Planned  time.Time `json:"planned"`
	// Due is when to go on, not before; Set is when that was decided. A clock
	// that shows less than Set was set back, and Due with it means nothing.
	Due  time.Time `json:"due,omitzero"`
	Set  time.Time `json:"set,omitzero"`
	Done time.Time `json:"done,omitzero"`
	// Aside says that an edit waits for a limit that is its own: it holds up
	// nothing.
	Aside bool `json:"aside,omitempty"`
	// Parked says that the delivery waits for its chat to be had again.
	Parked bool `json:"parked,omitempty"`
	// Held says, of a delivery given up, that it may be out all the same.
	Held bool `json:"held,omitempty"`
	// Farewell says, of an answer, that it is the last to a reader who is to be
	// forgotten: nothing of it is kept.
	Farewell bool `json:"farewell,omitempty"`
}

// Step is something that follows a post.
type Step struct {
	Kind DeliveryKind `json:"kind"`
	// Requests are what is to be asked of the platform for each of the post's
	// messages, as the adapter made them; null for a message that is let be. They
	// go over to the step's delivery.
	Requests []json.RawMessage `json:"requests,omitempty"`
	// Delivery is the step's, once the post is out.
	Delivery uint64 `json:"delivery,omitempty"`
}

// Part is one message of a delivery.
type Part struct {
	// Body is the request as the adapter made it, exactly as it is sent. It is
	// dropped when the delivery is done.
	Body json.RawMessage `json:"body,omitempty"`
	// After is the highest message id known in the chat before the request was
	// made: what is looked for stands behind it. Empty if none was known.
	After string `json:"after,omitempty"`
	// Claimed is when the request was (to be) made, by the local clock, and
	// ClaimedThere by the platform's, if that was known.
	Claimed      time.Time `json:"claimed,omitzero"`
	ClaimedThere time.Time `json:"claimed_there,omitzero"`
	// Doubt says that the part was sent anew, since it was not found: the first
	// copy may have come to be after all, behind After.
	Doubt bool `json:"doubt,omitempty"`
	// Aloud says that the part was to be for one reader alone, and can't be.
	Aloud bool `json:"aloud,omitempty"`
	// Beside says that the request was made beside whatever else went to the chat,
	// since the platform had shown that it keeps such a part to its reader.
	Beside bool `json:"beside,omitempty"`
	// Target is, of an edit, the message that is changed; empty for one that is
	// added. Of what follows a post, it is the message that it follows.
	Target string `json:"target,omitempty"`
	// Message is the platform's id, once the part is out.
	Message string `json:"message,omitempty"`
}

// Whisper is how a message is called that only one reader sees: its number says
// nothing of the chat's other messages, and may come again.
func Whisper(number string) string { return whisper + number }

// Whispered gives the number of a message that only one reader sees.
func Whispered(message string) (number string, ok bool) { return strings.CutPrefix(message, whisper) }

const whisper = "whisper:"

// Tag names a part of a delivery within its buttons, so that the message can be
// told from every other: "3k2j5h8d1a.0". A message keeps its tag when it is
// edited.
func (d Delivery) Tag(part int) string {
	id := d.ID
	if d.Of != 0 {
		id = d.Of
	}
	return fmt.Sprintf("%s.%d", base36(id), part)
}

func base36(n uint64) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	var b [13]byte
	i := len(b)
	for {
		i--
		b[i] = digits[n%36]
		if n /= 36; n == 0 {
			return string(b[i:])
		}
	}
}

// Next is the number of the first part that is not out yet; it is len(d.Parts)
// if all are.
func (d Delivery) Next() int {
	for i, p := range d.Parts {
		if p.Message == "" {
			return i
		}
	}
	return len(d.Parts)
}

// Outcome is what became of a request, or of a look for one whose outcome was
// unknown.
type Outcome int

// The outcomes.
const (
	// Delivered: the message is there; Verdict.Message is its id.
	Delivered Outcome = iota
	// Retry: nothing is there; try again, after Verdict.After.
	Retry
	// Refused: nothing is there, and trying again makes no sense.
	Refused
	// Unknown: it may be there, or come to be there.
	Unknown
	// Absent: a look found that it is not there; Verdict.Unsure if the look may
	// have missed it.
	Absent
)

func (o Outcome) String() string {
	return [...]string{"delivered", "retry", "refused", "unknown", "absent"}[o]
}

// Verdict is what a platform's adapter says of a request.
type Verdict struct {
	Outcome Outcome
	Message string        // the platform's id of the message
	After   time.Duration // what the platform asks to wait before the next try
	// Everywhere says that the wait is for everything that this bot sends, not
	// only for this chat. Apart says that it is for requests of this sort alone,
	// and for nothing else in the chat.
	Everywhere, Apart bool
	// Gone says that the chat is not to be had: deleted, or the bot was thrown
	// out or lost its rights. GoneThread says it of the delivery's topic alone.
	Gone, GoneThread bool
	// Unsure says, of Absent, that not all of the chat could be seen.
	Unsure bool
	// Form says, of Refused, that it is the rich form of the message: the
	// classic one may be taken.
	Form bool
	// Aloud says, of Refused, that it can't be for one reader alone, but for all;
	// and of Unknown, that it was for one reader alone, if it is out.
	Aloud bool
	// Elsewhere is, of Refused, the chat where it is to be said instead.
	Elsewhere Chat
	// Missing says, of a change that was refused, that there is no such message,
	// or that it can't be changed any more.
	Missing bool
	// Reason is the platform's own words, without secrets.
	Reason string
}
