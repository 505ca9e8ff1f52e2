package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"briefbot/store"
)

// inbox deals with updates. What came of them is recorded in their order; they are
// dealt with side by side, but for those of one person, whose questions are
// answered one after the other.
type inbox struct {
	*Telegram
	account string
	next    int // the first update not dealt with
	parts   *sync.WaitGroup
}

// maxDealing is how many people's updates are dealt with at the same time.
const maxDealing = 16

// take deals with a batch and records what came of it. An update that can't be
// read is passed over: it would hold up all others for ever.
func (in *inbox) take(ctx context.Context, updates []json.RawMessage) error {
	var batch []*dealing
	for _, raw := range updates {
		var id struct {
			ID int `json:"update_id"`
		}
		var u update
		if err := errors.Join(json.Unmarshal(raw, &id), json.Unmarshal(raw, &u)); err != nil {
			in.log.Warn("an update can't be read and is passed over", "update", id.ID, "err", err)
			u = update{}
		}
		if id.ID < in.next {
			continue // dealt with before
		}
		d := &dealing{update: u, next: id.ID + 1}
		if !u.changesChat() {
			batch = append(batch, d)
			continue
		}
		// What was asked before it is answered before it.
		if err := in.dealAll(ctx, batch); err != nil {
			return err
		}
		if err := in.dealAll(ctx, []*dealing{d}); err != nil {
			return err
		}
		batch = nil
	}
	return in.dealAll(ctx, batch)
}

// dealing is an update that is dealt with.
type dealing struct {
	update
	next   int
	result store.Dealt
	err    error
}

// dealAll deals with updates, and records what came of them up to the first that
// could not be dealt with.
func (in *inbox) dealAll(ctx context.Context, all []*dealing) error {
	people := map[string][]*dealing{}
	for _, d := range all {
		who := d.by()
		people[who] = append(people[who], d)
	}
	var g errgroup.Group
	g.SetLimit(maxDealing)
	for _, his := range people {
		g.Go(func() error {
			for _, d := range his {
				d.result, d.err = in.deal(ctx, d.update)
			}
			return nil
		})
	}
	g.Wait() // what went wrong stands with each
	var done []store.Dealt
	var failed error
	for _, d := range all {
		if failed = d.err; failed != nil {
			break
		}
		d.result.Next = d.next
		done = append(done, d.result)
	}
	if err := in.ledger.PutDealt(ctx, in.account, done); err != nil {
		return err
	}
	if len(done) > 0 {
		in.next = done[len(done)-1].Next
	}
	return failed
}

// changesChat reports whether the update changes what is known of a chat, and so is
// dealt with by itself.
func (u update) changesChat() bool {
	return u.Member != nil || u.Message != nil && u.Message.MigratedTo != 0
}

// by is whose update it is.
func (u update) by() string {
	switch {
	case u.Callback != nil:
		return fmt.Sprint(u.Callback.From.ID)
	case u.Inline != nil:
		return fmt.Sprint(u.Inline.From.ID)
	case u.Message != nil:
		return sender(*u.Message)
	}
	return ""
}

// deal deals with an update, and says what is to be recorded of it.
func (in *inbox) deal(ctx context.Context, u update) (store.Dealt, error) {
	switch {
	case u.Callback != nil:
		return in.press(ctx, *u.Callback)
	case u.Message != nil && u.Message.MigratedTo != 0:
		return store.Dealt{}, in.migrate(ctx, store.Chat{Platform: store.Telegram, ID: fmt.Sprint(u.Message.Chat.ID)}, u.Message.MigratedTo)
	case u.Message != nil:
		return in.read(ctx, *u.Message)
	case u.ChannelPost != nil:
		return store.Dealt{Seen: u.ChannelPost.spot()}, nil
	case u.Inline != nil:
		in.offer(ctx, *u.Inline)
		return store.Dealt{}, nil
	case u.Member != nil:
		return store.Dealt{}, in.standing(ctx, *u.Member)
	}
	return store.Dealt{}, nil
}

// read deals with a message.
func (in *inbox) read(ctx context.Context, m message) (store.Dealt, error) {
	d := store.Dealt{Seen: m.spot()}
	if err := in.heard(ctx, m); err != nil {
		return d, err
	}
	if m.Forwarded {
		// Below it stand the comments on the post.
		d.CopyOf, d.At = m.post(), time.Now()
		return d, nil
	}
	q, ok, err := in.question(ctx, m)
	if err != nil || !ok {
		return d, err
	}
	return in.answer(ctx, d, q, asking{message: m, hearer: in.hearer(m)})
}

// spot is where a message stands; of one that only its sender sees, nowhere.
func (m message) spot() store.Spot {
	if m.ID == 0 {
		return store.Spot{}
	}
	return store.Spot{Chat: store.Chat{Platform: store.Telegram, ID: fmt.Sprint(m.Chat.ID)}, Message: fmt.Sprint(m.ID)}
}
