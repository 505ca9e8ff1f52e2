package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"briefbot/store"
)

// send claims a delivery's next part, makes the request, and records what came
// of it. The claim is on disk before the request is made. It reports whether the
// delivery is out whole. What goes beside others is for one reader alone, and sent
// in no other way.
func (d *dispatcher) send(ctx, finish context.Context, l *lane, dl store.Delivery, beside bool) (done bool, err error) {
	s, err := d.permit(ctx, l, dl.Kind == store.AnswerDelivery)
	if s == nil {
		return false, err
	}
	if beside && !d.whispers(dl) {
		return false, nil // it has waited too long: it takes its turn
	}
	part := dl.Next()
	now := time.Now()
	there := d.clock()
	claim := func(was *store.Delivery, highest string) {
		was.Stories, was.Parts, was.Rich = dl.Stories, slices.Clone(dl.Parts), dl.Rich
		was.Ping, was.Then = dl.Ping, dl.Then
		was.State = store.Claimed
		was.Set = now
		p := &was.Parts[part]
		p.Claimed, p.ClaimedThere, p.Beside = now, there, beside
		if was.Looks == 0 && !p.Doubt {
			// A part that was looked for may still appear where it was looked
			// for: its floor stays.
			p.After = highest
		}
	}
	claimed, err := d.write(dl, func() (store.Delivery, error) { return d.Store.ClaimDelivery(finish, dl.ID, claim) })
	if errors.Is(err, store.ErrOutdated) {
		return false, nil // it is made anew
	}
	if err != nil {
		return false, err
	}
	var v store.Verdict
	request := func() store.Verdict { return d.request(finish, claimed, part) }
	if beside {
		v = d.pace.within(s, request)
	} else {
		v = d.pace.in(l.chat, s, request)
	}
	if v.Outcome != store.Delivered {
		return false, d.apply(finish, claimed, v)
	}
	return d.sent(finish, claimed, v.Message)
}

// clock is the platform's time; zero if that is unknown.
func (d *dispatcher) clock() time.Time {
	if c, ok := d.platform.(Clock); ok {
		return c.Clock()
	}
	return time.Time{}
}

// request makes the request of a part: a new message, the change of one that is
// out, or what follows one.
func (d *dispatcher) request(ctx context.Context, dl store.Delivery, part int) store.Verdict {
	p := dl.Parts[part]
	if p.Target == "" {
		return d.platform.Send(ctx, dl, part)
	}
	editor, edits := d.platform.(Editor)
	follower, follows := d.platform.(Follower)
	var do func(context.Context, store.Delivery, int) store.Verdict
	switch {
	case dl.Kind.Follows() && follows:
		do = follower.Follow
	case dl.Kind.Follows() || !edits:
		return store.Verdict{Outcome: store.Refused, Reason: "the platform can't do that to a message"}
	case p.Body == nil:
		do = editor.Delete
	default:
		do = editor.Edit
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
	switch {
	case v.Outcome == store.Delivered:
		_, err := d.sent(ctx, dl, v.Message)
		return err
	case v.Outcome == store.Unknown:
		return d.uncertain(ctx, dl, v)
	case dl.Kind.Follows() && (v.Gone || v.GoneThread || v.Outcome == store.Refused):
		return d.leaveBare(ctx, dl, v.Reason)
	case v.Gone || v.GoneThread:
		return d.refused(ctx, dl, v)
	case v.Form:
		return d.reform(ctx, dl, v)
	case v.Aloud:
		return d.aloud(ctx, dl, v)
	case v.Missing && dl.Kind == store.AnswerDelivery:
		return d.anew(ctx, dl)
	case v.Elsewhere != (store.Chat{}):
		return d.elsewhere(ctx, dl, v)
	case v.Outcome == store.Refused:
		return d.giveUp(ctx, dl, v.Reason)
	}
	return d.later(ctx, dl, v)
}

// anew has an answer come as a new message, since the one that was to become it is
// no longer there.
func (d *dispatcher) anew(ctx context.Context, dl store.Delivery) error {
	part := dl.Next()
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Parts[part].Target = store.Planned, ""
	})
}

// aloud has a part said to all that can't be said to one reader alone, or of which
// it is not known whether it was: no copy of it is among the chat's messages.
func (d *dispatcher) aloud(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	d.Log.Info("can't be said to one reader alone", d.about(dl, "reason", v.Reason)...)
	part := dl.Next()
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Parts[part].Aloud = store.Planned, true
		dl.Attempts, dl.Looks, dl.Due = 0, 0, time.Time{}
		if v.Outcome == store.Unknown {
			dl.Resends++
		}
	})
}

// elsewhere has a delivery go on in another chat.
func (d *dispatcher) elsewhere(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	d.Log.Info("said in another chat", d.about(dl, "to", v.Elsewhere.ID, "reason", v.Reason)...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason, dl.Chat = store.Planned, v.Reason, v.Elsewhere
		dl.ReplyTo, dl.Lasts, dl.Looks = "", 0, 0
		for i := range dl.Parts {
			dl.Parts[i].After, dl.Parts[i].Doubt = "", false
		}
	})
}

// sent records that a part is out. It reports whether that is all.
func (d *dispatcher) sent(ctx context.Context, dl store.Delivery, message string) (all bool, err error) {
	now := time.Now()
	part := dl.Next()
	done := part == len(dl.Parts)-1
	changed, err := d.changed(ctx, dl, func(dl *store.Delivery) {
		dl.Parts[part].Message = message
		dl.Attempts, dl.Looks, dl.Refusals, dl.Due, dl.Reason = 0, 0, 0, time.Time{}, ""
		dl.State = store.Planned
		switch {
		case done && doubtful(*dl) >= 0:
			dl.State, dl.Done = store.Resent, now
			putOff(dl, now, d.SettleAfter)
		case done:
			dl.State, dl.Done = store.Sent, now
		}
	})
	if err == nil && done {
		d.bare.Delete(bare{dl.Channel, dl.Kind})
		d.Log.Info("sent", d.about(changed, "messages", len(dl.Parts), "after", now.Sub(dl.Planned).Round(time.Millisecond))...)
	}
	return changed.State == store.Sent, err
}

// reform has a rich delivery go out in the classic form, since the platform
// refuses the rich one: what is out of it is changed.
func (d *dispatcher) reform(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	bodies, err := d.platform.(Rich).Classic(dl)
	if err != nil || len(bodies) == 0 {
		return d.giveUp(ctx, dl, v.Reason)
	}
	part := dl.Next()
	var targets []string
	for i, p := range dl.Parts {
		if out := cmp.Or(p.Message, p.Target); out != "" {
			targets = append(targets[:i:i], out)
		}
	}
	d.Log.Warn("rich message is refused, goes out in the classic form", d.about(dl, "reason", v.Reason)...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		before := dl.Parts[part]
		dl.Parts, dl.Rich, dl.State = parts(bodies, targets), false, store.Planned
		// Where a first copy may have come to be is known by the part alone.
		now := &dl.Parts[min(part, len(dl.Parts)-1)]
		now.After, now.Doubt = before.After, before.Doubt
	})
}

// later has the next part tried again: after what the platform asks for, or
// after a pause that grows.
func (d *dispatcher) later(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	d.slowDown(dl.Chat, v)
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
		if v.Apart && canWaitAside(*dl) {
			// It is made anew when its time comes, since the story may have
			// changed again.
			dl.Aside, dl.Parts = true, nil
		}
		dl.Attempts++
		putOff(dl, now, wait)
		dl.Reason = v.Reason
	})
}

// slowDown holds back what the platform asked to hold back, and nothing else:
// the whole bot, or the chat.
func (d *dispatcher) slowDown(c store.Chat, v store.Verdict) {
	switch {
	case v.After <= 0, v.Apart:
	case v.Everywhere:
		d.pace.pause(v.After)
	default:
		d.pace.hold(c, v.After)
	}
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
	if dl.Kind.Follows() {
		return d.leaveBare(ctx, dl, reason)
	}
	now := time.Now()
	d.Log.Error("delivery given up", d.about(dl, "reason", reason)...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason, dl.Done = store.GivenUp, reason, now
	})
}

// leaveBare gives up what was to follow a post: the post is out, and that is
// what counts. That it can't be done is told once of a channel.
func (d *dispatcher) leaveBare(ctx context.Context, dl store.Delivery, reason string) error {
	now := time.Now()
	if _, told := d.bare.LoadOrStore(bare{dl.Channel, dl.Kind}, true); !told {
		d.Log.Error("posts are left bare: what is to follow them can't be done", d.about(dl, "reason", reason)...)
	}
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason, dl.Done = store.GivenUp, reason, now
	})
}

// bare names what can't be done in a channel.
type bare struct {
	channel string
	kind    store.DeliveryKind
}

// canWaitAside reports whether a delivery can be taken out of the way of others:
// an edit of which nothing is out but what can be done again.
func canWaitAside(dl store.Delivery) bool {
	return dl.Kind == store.EditDelivery &&
		!slices.ContainsFunc(dl.Parts, func(p store.Part) bool { return p.Message != "" && p.Target == "" })
}

// hold gives up a delivery that may be out all the same.
func (d *dispatcher) hold(ctx context.Context, dl store.Delivery, reason string) error {
	now := time.Now()
	reason = "held, since it may be out already: " + reason
	d.Log.Error("delivery held", d.about(dl, "reason", reason)...)
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.State, dl.Reason, dl.Done, dl.Held = store.GivenUp, reason, now, true
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
