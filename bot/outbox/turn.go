package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"briefbot/store"
)

// turn serves one chat until nothing of it is due, or the chat must have a
// pause, and says what is left.
func (d *dispatcher) turn(ctx, finish context.Context, l *lane) (rest, error) {
	for {
		if ctx.Err() != nil {
			return rest{due: time.Now()}, nil
		}
		pending, all, err := d.Store.Pending(finish, l.chat)
		if err != nil {
			return rest{}, err
		}
		now := time.Now()
		held := d.pace.held(l.chat)
		if !held.After(now) {
			some, err := d.together(ctx, finish, l, pending, now)
			if err != nil {
				return rest{}, err
			}
			if some {
				continue
			}
		}
		next, left := choose(pending, now)
		if next == nil {
			return left, nil
		}
		if d.whispers(*next) {
			return rest{held, true}, nil
		}
		if free := d.pace.free(l.chat); free.After(now) {
			return rest{free, left.asked}, nil
		}
		done, err := d.step(ctx, finish, l, *next, pending, false)
		if errors.Is(err, errForgotten) {
			d.Log.Info("delivery was withdrawn", "platform", d.name, "kind", next.Kind, "delivery", next.ID)
			continue
		}
		if err != nil {
			return rest{}, err
		}
		if done && all && len(pending) == 1 {
			return rest{}, nil // what has come in since, the watch tells of
		}
	}
}

// whispers reports whether what comes next of a delivery is for one reader alone.
func (d *dispatcher) whispers(dl store.Delivery) bool {
	w, ok := d.platform.(Whisperer)
	part := dl.Next()
	return ok && dl.Kind == store.AnswerDelivery && dl.State == store.Planned && part < len(dl.Parts) && w.Whispers(dl, part)
}

// together brings on all that is for one reader alone, and says whether there was
// any: such messages have no order, wait for no other, and are never taken for one.
func (d *dispatcher) together(ctx, finish context.Context, l *lane, pending []store.Delivery, now time.Time) (some bool, err error) {
	var all errgroup.Group
	for i := range pending {
		if d.whispers(pending[i]) && !waits(pending[i], now) {
			some = true
			dl := pending[i]
			all.Go(func() error {
				_, err := d.step(ctx, finish, l, dl, pending, true)
				return err
			})
		}
	}
	return some, all.Wait()
}

// choose picks what a chat's turn goes on with, or says when there will be
// something. What is uncertain comes first, and nothing passes it: so at most
// one of ours among a chat's messages is unknown, and order holds. Then come readers'
// answers, then posts, then what may be out twice, then what holds up nothing.
func choose(pending []store.Delivery, now time.Time) (*store.Delivery, rest) {
	var left rest
	for i := range pending {
		d := &pending[i]
		left.asked = left.asked || d.Kind == store.AnswerDelivery
		if d.State == store.Uncertain || d.State == store.Claimed {
			if waits(*d, now) {
				return nil, rest{d.Due, true}
			}
			return d, left
		}
	}
	for i := range pending {
		d := &pending[i]
		if d.State == store.Resent && doubted(pending) {
			// Its look could come upon a copy of the other that nobody knows of,
			// and give it its own buttons.
			left.due = nearest(left.due, now.Add(secondRetry))
			continue
		}
		if d.State == store.Resent && !foremost(pending, *d) {
			continue // the one before it says when there is something to be done
		}
		if !waits(*d, now) {
			return d, left
		}
		left.due = nearest(left.due, d.Due)
	}
	return nil, left
}

// secondRetry is how soon a look for a second copy is tried that has to wait.
const secondRetry = time.Second

// doubted reports whether a part that is still to be sent may be out.
func doubted(pending []store.Delivery) bool {
	return slices.ContainsFunc(pending, func(d store.Delivery) bool { return d.State != store.Resent && doubtful(d) >= 0 })
}

// nearest is the earlier of two times; zero is none.
func nearest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// waits reports whether a delivery is not to go on yet. One that was put off by
// a clock that has been set back since is looked at at once.
func waits(d store.Delivery, now time.Time) bool { return d.Due.After(now) && !setBack(d, now) }

// setBack reports whether the clock shows less than when Due was decided.
func setBack(d store.Delivery, now time.Time) bool { return d.Set.After(now) }

// step brings a delivery, one of those that are pending, one step on: it makes its
// parts, sends the next one, or settles one whose outcome is unknown. It reports
// whether the delivery is out whole; if not, or if that is not known, there may be
// more to be done. beside says that the delivery does not wait for others.
func (d *dispatcher) step(ctx, finish context.Context, l *lane, dl store.Delivery, pending []store.Delivery, beside bool) (done bool, err error) {
	now := time.Now()
	if waiting := dl.Due.Sub(dl.Set); setBack(dl, now) && waiting > 0 {
		// It waits as long as was meant, by the clock as it is now.
		return false, d.change(finish, dl, func(dl *store.Delivery) { putOff(dl, now, waiting) })
	}
	switch dl.State {
	case store.Claimed:
		return false, d.recover(finish, dl)
	case store.Uncertain:
		return false, d.settle(ctx, finish, l, dl)
	case store.Resent:
		return false, d.lookForSecond(ctx, finish, l, dl, pending)
	}
	if limit := tooLate(dl); dl.Kind != store.EditDelivery && dl.Next() == 0 && now.Sub(dl.Planned) > limit {
		return false, d.giveUp(finish, dl, strings.TrimSuffix(fmt.Sprintf("not delivered within %s: %s", limit, dl.Reason), ": "))
	}
	if len(dl.Parts) == 0 {
		composed, err := d.compose(ctx, finish, l, dl)
		if err != nil || composed == nil {
			return false, err
		}
		dl = *composed
	} else if store.OfReader(dl.Channel) {
		// It has waited since it was made, and the reader may have had enough.
		_, err := d.Store.Channel(finish, dl.Channel)
		if isNotFound(err) {
			return false, d.giveUp(finish, dl, "the reader wants no more")
		}
		if err != nil {
			return false, err
		}
	}
	return d.send(ctx, finish, l, dl, beside)
}

// change writes what became of a delivery.
func (d *dispatcher) change(ctx context.Context, dl store.Delivery, change func(dl *store.Delivery)) error {
	_, err := d.changed(ctx, dl, change)
	return err
}

// changed is change, and gives the delivery as it is now.
func (d *dispatcher) changed(ctx context.Context, dl store.Delivery, change func(dl *store.Delivery)) (store.Delivery, error) {
	return d.write(dl, func() (store.Delivery, error) { return d.Store.ChangeDelivery(ctx, dl.ID, change) })
}

// errForgotten says that a delivery is no longer there: its reader wants no more,
// or is to be forgotten.
var errForgotten = errors.New("the delivery was withdrawn meanwhile")

// write has a delivery written, with so many at once that an answer's own is soon
// done.
func (d *dispatcher) write(dl store.Delivery, write func() (store.Delivery, error)) (store.Delivery, error) {
	if dl.Kind != store.AnswerDelivery {
		d.writes <- struct{}{}
		defer func() { <-d.writes }()
	}
	changed, err := write()
	if isNotFound(err) {
		err = errForgotten
	}
	return changed, err
}

// putOff has a delivery go on after a while.
func putOff(dl *store.Delivery, now time.Time, wait time.Duration) {
	dl.Set, dl.Due = now, now.Add(wait)
}
