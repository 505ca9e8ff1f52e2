package outbox

import (
	"context"
	"time"

	"briefbot/store"
)

// turn serves one chat until nothing of it is due, and says when to go on; zero
// if nothing is pending.
func (d *dispatcher) turn(ctx, finish context.Context, chat store.Chat) (time.Time, error) {
	for {
		if ctx.Err() != nil {
			return time.Now(), nil
		}
		pending, err := d.Store.Pending(finish, chat)
		if err != nil {
			return time.Time{}, err
		}
		next, due := choose(pending, time.Now())
		if next == nil {
			return due, nil
		}
		if err := d.step(ctx, finish, *next); err != nil {
			return time.Time{}, err
		}
	}
}

// choose picks what a chat's turn goes on with, or says when there will be
// something. What is uncertain comes first, and nothing passes it: so at most
// one message of ours in a chat is unknown, and order holds. Then come readers'
// answers, then posts.
func choose(pending []store.Delivery, now time.Time) (*store.Delivery, time.Time) {
	for i, d := range pending {
		if d.State == store.Uncertain || d.State == store.Claimed {
			if d.Due.After(now) {
				return nil, d.Due
			}
			return &pending[i], now
		}
	}
	var due time.Time
	for i, d := range pending {
		if !d.Due.After(now) {
			return &pending[i], now
		}
		if due.IsZero() || d.Due.Before(due) {
			due = d.Due
		}
	}
	return nil, due
}

// step brings a delivery one step on: it makes its parts, sends the next one,
// or settles one whose outcome is unknown.
func (d *dispatcher) step(ctx, finish context.Context, dl store.Delivery) error {
	switch dl.State {
	case store.Claimed:
		return d.recover(finish, dl)
	case store.Uncertain:
		return d.settle(ctx, finish, dl)
	}
	if len(dl.Parts) == 0 {
		composed, err := d.compose(finish, dl)
		if err != nil || composed == nil {
			return err
		}
		dl = *composed
	}
	return d.send(ctx, finish, dl)
}

// change writes what became of a delivery.
func (d *dispatcher) change(ctx context.Context, dl store.Delivery, change func(dl *store.Delivery)) error {
	_, err := d.Store.ChangeDelivery(ctx, dl.ID, func(dl *store.Delivery, _ string) error {
		change(dl)
		return nil
	})
	return err
}
