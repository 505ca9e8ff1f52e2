package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"briefbot/store"
)

// looks is how often a part must be found absent before it is sent anew: a
// request whose connection broke may be carried out between two looks.
const looks = 2

// recover takes up a delivery that was claimed when the program ended: its
// request may have been made. It counts from this start, since when the request
// was made is not certain. An edit is simply made again.
func (d *dispatcher) recover(ctx context.Context, dl store.Delivery) error {
	if dl.Parts[dl.Next()].Target != "" {
		return d.change(ctx, dl, func(dl *store.Delivery) { dl.State = store.Planned })
	}
	return d.doubt(ctx, dl, "the program ended while it was being sent", d.started)
}

// uncertain takes up a delivery whose request may have been carried out.
func (d *dispatcher) uncertain(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	return d.doubt(ctx, dl, v.Reason, time.Now())
}

// doubt has a part settled: where the platform knows a repetition, soon; else
// after SettleAfter since the time.
func (d *dispatcher) doubt(ctx context.Context, dl store.Delivery, reason string, since time.Time) error {
	now := time.Now()
	wait := since.Add(d.SettleAfter).Sub(now)
	if d.repeatable(dl) {
		wait = min(backoff(dl.Attempts), d.SettleAfter)
	}
	d.Log.Warn("outcome is uncertain", d.about(dl, "reason", reason, "settle_in", wait.Round(time.Millisecond))...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason = store.Uncertain, reason
		putOff(dl, now, wait)
		dl.Attempts++
	})
}

// repeatable reports whether the platform would surely know the part's request
// again: by the local clock, and by the platform's own, since the local one may
// have been set meanwhile.
func (d *dispatcher) repeatable(dl store.Delivery) bool {
	p := dl.Parts[dl.Next()]
	known := d.platform.Repeats(dl, dl.Next())
	within := func(age time.Duration) bool { return age >= 0 && age < known }
	if !within(time.Since(p.Claimed)) {
		return false
	}
	if p.ClaimedThere.IsZero() {
		return true
	}
	there := d.clock()
	return !there.IsZero() && within(there.Sub(p.ClaimedThere)+clockGrain)
}

// clockGrain is how exact the platforms' clocks are told.
const clockGrain = time.Second

// settle finds out what became of a part: by repeating the request where the
// platform knows it again, else by looking for the message. Looks go before
// other requests: all else in the chat waits for them.
func (d *dispatcher) settle(ctx, finish context.Context, l *lane, dl store.Delivery) error {
	s, err := d.permit(ctx, l, true)
	if s == nil {
		return err
	}
	part := dl.Next()
	if d.repeatable(dl) {
		// The claim stands, and with it the time from which the platform counts.
		v := d.pace.in(l.chat, s, func() store.Verdict { return d.platform.Send(finish, dl, part) })
		return d.apply(finish, dl, v)
	}
	v := d.pace.in(l.chat, s, func() store.Verdict { return d.platform.Settle(finish, dl, part, d.further(ctx, l)) })
	if v.Aloud {
		return d.aloud(finish, dl, v)
	}
	switch v.Outcome {
	case store.Delivered:
		d.Log.Info("found", d.about(dl, "message", v.Message)...)
		_, err := d.sent(finish, dl, v.Message)
		return err
	case store.Absent:
		return d.absent(finish, dl, v)
	case store.Retry:
		return d.lookAgain(finish, dl, v)
	}
	return d.unsettled(finish, dl, v)
}

// further gives what a look asks before each request but its first.
func (d *dispatcher) further(ctx context.Context, l *lane) func() error {
	return func() error {
		if err := sleep(ctx, time.Until(d.pace.free(l.chat))); err != nil {
			return err
		}
		s, err := d.permit(ctx, l, true)
		if err != nil {
			return err
		}
		d.pace.leave(s) // no urgent wish is recalled
		d.pace.count(l.chat)
		return nil
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lookAgain has a part looked for again soon: nothing else goes into its chat
// before it is settled, and a look disturbs nobody.
func (d *dispatcher) lookAgain(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	d.slowDown(dl.Chat, v)
	now := time.Now()
	if limit := tooLate(dl); now.Sub(dl.Planned) > limit {
		return d.giveUp(ctx, dl, fmt.Sprintf("could not be settled within %s: %s", limit, v.Reason))
	}
	wait := max(v.After, min(backoff(dl.Attempts), d.SettleAfter))
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.Attempts++
		putOff(dl, now, wait)
		dl.Reason = v.Reason
	})
}

// absent records a look that found nothing; after enough of them the part is
// sent anew, if that is certain enough.
func (d *dispatcher) absent(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	if dl.Looks+1 >= looks {
		if v.Unsure {
			return d.unsettled(ctx, dl, v)
		}
		d.Log.Warn("not found, is sent anew", d.about(dl, "reason", v.Reason)...)
		return d.sendAnew(ctx, dl, v.Reason, false)
	}
	now := time.Now()
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.Looks++
		putOff(dl, now, d.SettleAfter/2)
	})
}

// unsettled does with a part that can't be settled what its channel wants.
func (d *dispatcher) unsettled(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	if dl.Channel != "" {
		c, err := d.Store.Channel(ctx, dl.Channel)
		if err != nil && !isNotFound(err) {
			return err
		}
		if c.Uncertain == "hold" {
			return d.hold(ctx, dl, v.Reason)
		}
	}
	d.Log.Warn("can't be settled, is sent anew", d.about(dl, "reason", v.Reason)...)
	return d.sendAnew(ctx, dl, v.Reason, true)
}

// sendAnew has a part sent again that is not out, as far as can be told. unproven
// says that it can't be told.
func (d *dispatcher) sendAnew(ctx context.Context, dl store.Delivery, reason string, unproven bool) error {
	now := time.Now()
	part := dl.Next()
	return d.change(ctx, dl, func(dl *store.Delivery) {
		if unproven {
			dl.Resends++
		}
		dl.Parts[part].Doubt = true
		dl.Looks++
		dl.State, dl.Reason, dl.Set, dl.Due = store.Planned, reason, now, time.Time{}
	})
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }
