package outbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"briefbot/store"
)

// send claims a delivery's next part, makes the request, and records what came
// of it. The claim is on disk before the request is made.
func (d *dispatcher) send(ctx, finish context.Context, dl store.Delivery) error {
	place, err := d.Store.Place(finish, dl.Chat)
	if err != nil && !isNotFound(err) {
		return err
	}
	if err := d.pace.wait(ctx, dl.Chat, place.Kind == store.Private, dl.Kind == store.AnswerDelivery); err != nil {
		return err
	}
	part := dl.Next()
	now := time.Now()
	claimed, err := d.Store.ChangeDelivery(finish, dl.ID, func(was *store.Delivery, highest string) error {
		was.Stories, was.Parts = dl.Stories, slices.Clone(dl.Parts)
		was.State = store.Claimed
		p := &was.Parts[part]
		p.Claimed = now
		if was.Looks == 0 {
			// A part that was looked for may still appear where it was looked
			// for: its floor stays.
			p.After = highest
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.apply(finish, claimed, d.request(finish, claimed, part))
}

// request makes the request of a part: a new message, or the change of one that
// is out.
func (d *dispatcher) request(ctx context.Context, dl store.Delivery, part int) store.Verdict {
	p := dl.Parts[part]
	if p.Target == "" {
		return d.platform.Send(ctx, dl, part)
	}
	editor, ok := d.platform.(Editor)
	if !ok {
		return store.Verdict{Outcome: store.Refused, Reason: "the platform can't edit"}
	}
	do := editor.Edit
	if p.Body == nil {
		do = editor.Delete
	}
	v := do(ctx, dl, part)
	switch v.Outcome {
	case store.Delivered:
		v.Message = p.Target
	case store.Unknown:
		v.Outcome = store.Retry // doing it again does no harm
	}
	return v
}

// apply records a platform's verdict on the delivery's next part.
func (d *dispatcher) apply(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	if v.Outcome == store.Retry && v.Everywhere {
		d.pace.pause(v.After)
	}
	switch {
	case v.Outcome == store.Delivered:
		return d.sent(ctx, dl, v.Message)
	case v.Outcome == store.Unknown:
		return d.uncertain(ctx, dl, v)
	case v.Outcome == store.Refused && !v.Gone:
		return d.giveUp(ctx, dl, v.Reason)
	case v.Gone:
		v.After = max(v.After, goneRetry<<min(dl.Attempts, 6))
	}
	return d.later(ctx, dl, v)
}

// goneRetry is how soon a chat that is not to be had is tried first; it doubles
// up to about an hour. One odd refusal must not lose a post, and an operator who
// mends the chat's rights need do nothing else.
const goneRetry = time.Minute

// sent records that a part is out.
func (d *dispatcher) sent(ctx context.Context, dl store.Delivery, message string) error {
	now := time.Now()
	part := dl.Next()
	done := part == len(dl.Parts)-1
	err := d.change(ctx, dl, func(dl *store.Delivery) {
		dl.Parts[part].Message = message
		dl.Attempts, dl.Looks, dl.Due, dl.Reason = 0, 0, time.Time{}, ""
		dl.State = store.Planned
		if done {
			dl.State, dl.Done = store.Sent, now
		}
	})
	if err == nil && done {
		d.Log.Info("sent", d.about(dl, "messages", len(dl.Parts), "after", now.Sub(dl.Planned).Round(time.Millisecond))...)
	}
	return err
}

// later has the next part tried again: after what the platform asks for, or
// after a pause that grows.
func (d *dispatcher) later(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	now := time.Now()
	if limit := tooLate(dl); now.Sub(dl.Planned) > limit {
		return d.giveUp(ctx, dl, fmt.Sprintf("not delivered within %s: %s", limit, v.Reason))
	}
	wait := max(v.After, backoff(dl.Attempts))
	d.Log.Warn("delivery is delayed", d.about(dl, "reason", v.Reason, "retry_in", wait.Round(time.Millisecond))...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		if dl.State == store.Claimed {
			dl.State = store.Planned
		}
		dl.Attempts++
		dl.Due = now.Add(wait)
		dl.Reason = v.Reason
	})
}

// tooLate is how long a delivery is tried: nobody wants last week's news, and a
// reader who asked yesterday has gone.
func tooLate(dl store.Delivery) time.Duration {
	if dl.Kind == store.AnswerDelivery {
		return 24 * time.Hour
	}
	return 72 * time.Hour
}

// backoff is the pause before the next try: a second, doubling up to a minute,
// with some chance in it so that many do not come back at once. The rates keep
// a platform that is down from being hammered by many chats together.
func backoff(attempts int) time.Duration {
	d := min(time.Minute, time.Second<<min(attempts, 10))
	return d/2 + rand.N(d/2+1)
}

// giveUp ends a delivery that can't be made, with the reason.
func (d *dispatcher) giveUp(ctx context.Context, dl store.Delivery, reason string) error {
	now := time.Now()
	d.Log.Error("delivery given up", d.about(dl, "reason", reason)...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason, dl.Done = store.GivenUp, reason, now
	})
}

// about names a delivery in the log.
func (d *dispatcher) about(dl store.Delivery, more ...any) []any {
	all := []any{"platform", d.name, "chat", dl.Chat.ID, "kind", dl.Kind, "delivery", dl.ID}
	if dl.Channel != "" {
		all = append(all, "channel", dl.Channel)
	}
	if len(dl.Stories) == 1 {
		all = append(all, "story", dl.Stories[0].ID)
	}
	return append(all, more...)
}
