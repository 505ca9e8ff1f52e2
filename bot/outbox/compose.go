package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
)

// errWithdrawn says that nothing is left to be posted.
var errWithdrawn = errors.New("all its stories were withdrawn")

// compose makes the parts of a post. They are recorded with the claim: what is
// settled later is looked for exactly as it was sent. Where there is nothing to
// be sent now, what that means for the delivery is recorded, and nil returned.
func (d *dispatcher) compose(ctx, finish context.Context, l *lane, dl store.Delivery) (*store.Delivery, error) {
	from, err := d.Store.Makings(finish, dl)
	switch {
	case errors.Is(err, store.ErrNoChannel):
		reason := "the channel is no longer configured"
		if store.OfReader(dl.Channel) {
			reason = "the reader wants no more"
		}
		return nil, d.giveUp(finish, dl, reason)
	case errors.Is(err, store.ErrNoPlace):
		return nil, d.resolve(ctx, finish, l, dl)
	case err != nil:
		return nil, err
	}
	channel, place := from.Channel, from.Place
	dl.Rich = d.rich(dl, from)
	message, refs, err := d.message(dl, from)
	if errors.Is(err, errWithdrawn) {
		return nil, d.withdraw(finish, dl)
	}
	if err != nil {
		return nil, err
	}
	dl.Ping = pinged(dl, channel)
	bodies, err := d.platform.Render(finish, place, dl, message)
	if err != nil {
		return nil, d.later(finish, dl, store.Verdict{Reason: err.Error()})
	}
	targets, err := d.targets(dl, from.Of)
	if err != nil {
		return nil, d.giveUp(finish, dl, err.Error())
	}
	dl.Stories, dl.Parts = refs, parts(bodies, targets)
	if f, ok := d.platform.(Follower); ok && dl.Kind != store.EditDelivery {
		dl.Then = f.Then(channel, place, dl, message)
	}
	return &dl, nil
}

// withdraw gives up a delivery that has nothing left to say. Its stories are let go:
// if they come in anew, the channel gets them.
func (d *dispatcher) withdraw(ctx context.Context, dl store.Delivery) error {
	now, reason := time.Now(), "the story was withdrawn before it was posted"
	if dl.Kind == store.EditDelivery {
		reason = "the story was withdrawn before its post was changed"
	}
	d.Log.Info("delivery given up", d.about(dl, "reason", reason)...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason, dl.Done, dl.Stories = store.GivenUp, reason, now, nil
	})
}

// rich reports whether a delivery's messages go out rich: as its channel wants
// it; an edit's as what it changes is.
func (d *dispatcher) rich(dl store.Delivery, from store.Makings) bool {
	p, ok := d.platform.(Rich)
	if !ok || !p.TakesRich() {
		return false
	}
	if dl.Kind == store.EditDelivery {
		return from.Of != nil && from.Of.Rich
	}
	return from.Channel.Format == store.Rich
}

// pinged is the role that a delivery mentions: only what is new does, and only
// when it may make a sound.
func pinged(dl store.Delivery, c store.Channel) string {
	if dl.Kind == store.EditDelivery || dl.Again || dl.Silent {
		return ""
	}
	return c.Ping
}

// errNotOut says that there is nothing to be edited.
var errNotOut = errors.New("the post that was to be changed is not out")

// targets gives the messages that an edit changes; none for a post.
func (d *dispatcher) targets(dl store.Delivery, of *store.Delivery) ([]string, error) {
	if dl.Kind != store.EditDelivery {
		return nil, nil
	}
	if _, ok := d.platform.(Editor); !ok || of == nil || of.State != store.Sent && of.State != store.Resent {
		return nil, errNotOut
	}
	var all []string
	for _, p := range of.Parts {
		all = append(all, p.Message)
	}
	return all, nil
}

// parts pairs what is to be said with the messages that are out: a body without
// a message is added, a message without a body is deleted.
func parts(bodies []json.RawMessage, targets []string) []store.Part {
	all := make([]store.Part, max(len(bodies), len(targets)))
	for i := range all {
		if i < len(bodies) {
			all[i].Body = bodies[i]
		}
		if i < len(targets) {
			all[i].Target = targets[i]
		}
	}
	return all
}

// resolve asks the platform about the delivery's chat. What waits for the chat
// goes on under its lasting id.
func (d *dispatcher) resolve(ctx, finish context.Context, l *lane, dl store.Delivery) error {
	s, err := d.permit(ctx, l, false)
	if s == nil {
		return err
	}
	var place store.Place
	v := d.pace.within(s, func() (v store.Verdict) {
		place, v = d.platform.Resolve(finish, dl.Chat)
		return v
	})
	if v.Outcome != store.Delivered {
		return d.apply(finish, dl, v)
	}
	d.Log.Info("chat found", "platform", d.name, "chat", dl.Chat.ID, "kind", place.Kind, "name", place.Name)
	return d.Store.MovePending(finish, dl.Chat, place)
}

// message says what a delivery says, and of which revisions of its stories.
func (d *dispatcher) message(dl store.Delivery, from store.Makings) (brief.Message, []store.Ref, error) {
	var entries []store.Entry
	var refs []store.Ref
	for i, e := range from.Stories {
		if dl.Kind.Tells(e) {
			entries = append(entries, e)
			refs = append(refs, store.Ref{ID: dl.Stories[i].ID, Revision: e.Story.Revision})
		}
	}
	if len(entries) == 0 {
		return brief.Message{}, nil, errWithdrawn
	}
	channel, post := from.Channel, dl
	if from.Of != nil {
		post = *from.Of // a digest stays one, and the one of its day
	}
	voice := d.Languages.Voice(channel.Language)
	if post.Kind == store.DigestDelivery {
		zone, err := time.LoadLocation(channel.Timezone)
		if err != nil {
			return brief.Message{}, nil, fmt.Errorf("channel %s: %w", channel.Name, err)
		}
		return voice.Digest(post.Planned.In(zone), entries), refs, nil
	}
	e := entries[0]
	e.Story = d.Outlets.Placed(e.Story)
	if post.Kind == store.UpdateDelivery {
		return voice.Update(e), refs, nil
	}
	return d.posts.post(voice, e, channel.Folds(from.Place, dl.Rich)), refs, nil
}

// posts remembers the last posts that were put into words: a story that comes in
// goes to thousands of channels, nearly all of which get the same.
type posts struct {
	mu  sync.Mutex
	all map[postKey]brief.Message // guarded by mu
}

// maxPosts is how many posts are remembered: one in each language, twice.
const maxPosts = 32

// postKey is what a post's words follow from.
type postKey struct {
	voice    brief.Voice
	short    string
	revision int
	updated  time.Time
	over     bool
	fold     bool
}

func (p *posts) post(v brief.Voice, e store.Entry, fold bool) brief.Message {
	k := postKey{v, e.Short, e.Story.Revision, e.Story.Updated, e.Retracted, fold}
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.all[k]
	if !ok {
		if p.all == nil || len(p.all) == maxPosts {
			p.all = map[postKey]brief.Message{}
		}
		m = v.Post(e, fold)
		p.all[k] = m
	}
	return m
}
