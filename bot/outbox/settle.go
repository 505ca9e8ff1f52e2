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
	due := since.Add(d.SettleAfter)
	if d.repeatable(dl) {
		due = time.Now().Add(min(backoff(dl.Attempts), d.SettleAfter))
	}
	d.Log.Warn("outcome is uncertain", d.about(dl, "reason", reason, "settle_at", due)...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason, dl.Due = store.Uncertain, reason, due
		dl.Attempts++
	})
}

// repeatable reports whether the platform would know the part's request again.
func (d *dispatcher) repeatable(dl store.Delivery) bool {
	part := dl.Next()
	age := time.Since(dl.Parts[part].Claimed)
	return age >= 0 && age < d.platform.Repeats(dl, part)
}

// settle finds out what became of a part: by repeating the request where the
// platform knows it again, else by looking for the message.
func (d *dispatcher) settle(ctx, finish context.Context, dl store.Delivery) error {
	if err := d.pace.wait(ctx, dl.Chat, false, false); err != nil {
		return err
	}
	part := dl.Next()
	if d.repeatable(dl) {
		// The claim stands, and with it the time from which the platform counts.
		v := d.platform.Send(finish, dl, part)
		return d.apply(finish, dl, v)
	}
	v := d.platform.Settle(finish, dl, part)
	switch v.Outcome {
	case store.Delivered:
		d.Log.Info("found", d.about(dl, "message", v.Message)...)
		return d.sent(finish, dl, v.Message)
	case store.Absent:
		return d.absent(finish, dl, v)
	case store.Retry:
		return d.lookAgain(finish, dl, v)
	}
	return d.unsettled(finish, dl, v)
}

// lookAgain has a part looked for again soon: nothing else goes into its chat
// before it is settled, and a look disturbs nobody.
func (d *dispatcher) lookAgain(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	now := time.Now()
	if limit := tooLate(dl); now.Sub(dl.Planned) > limit {
		return d.giveUp(ctx, dl, fmt.Sprintf("could not be settled within %s: %s", limit, v.Reason))
	}
	wait := max(v.After, min(backoff(dl.Attempts), d.SettleAfter))
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.Attempts++
		dl.Due, dl.Reason = now.Add(wait), v.Reason
	})
}

// absent records a look that found nothing; after enough of them the part is
// sent anew.
func (d *dispatcher) absent(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	again := dl.Looks+1 < looks
	due := time.Now()
	if again {
		due = due.Add(d.SettleAfter / 2)
	} else {
		d.Log.Warn("not found, is sent anew", d.about(dl, "reason", v.Reason)...)
	}
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.Looks++
		dl.Due = due
		if !again {
			dl.State = store.Planned
		}
	})
}

// unsettled does with a part that can't be settled what its channel wants.
func (d *dispatcher) unsettled(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	hold := false
	if dl.Channel != "" {
		c, err := d.Store.Channel(ctx, dl.Channel)
		if err != nil && !isNotFound(err) {
			return err
		}
		hold = c.Uncertain == "hold"
	}
	if hold {
		return d.giveUp(ctx, dl, "held, since it may be out already: "+v.Reason)
	}
	d.Log.Warn("can't be settled, is sent anew", d.about(dl, "reason", v.Reason)...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason, dl.Due = store.Planned, v.Reason, time.Time{}
	})
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }
