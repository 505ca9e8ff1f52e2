package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"briefbot/store"
)

// A part that was not found was sent anew. If its first request was carried out
// after the last look all the same, the message stands there twice: between two
// ids that are known by now. That gap is looked into once more, and the later
// copy deleted.

// doubtful is the first part that may be out twice; -1 if none may.
func doubtful(dl store.Delivery) int {
	for i, p := range dl.Parts {
		if p.Doubt {
			return i
		}
	}
	return -1
}

// othersBehind is the message behind which copies of other parts that are in doubt
// may stand, by what is pending in the chat: those were sent first after it. It is
// empty if no other is in doubt.
func othersBehind(pending []store.Delivery, dl store.Delivery) string {
	behind := ""
	for _, other := range pending {
		for i, p := range other.Parts {
			if !p.Doubt || other.ID == dl.ID && i == doubtful(dl) {
				continue
			}
			after := cmp.Or(p.After, "0") // anywhere, if nothing was known
			if behind == "" || store.CompareIDs(after, behind) < 0 {
				behind = after
			}
		}
	}
	return behind
}

// foremost reports whether nothing else that may be out twice was sent first before
// the delivery was: where copies of several may stand, their looks go in that order.
func foremost(pending []store.Delivery, dl store.Delivery) bool {
	part := doubtful(dl)
	return part < 0 || !slices.ContainsFunc(pending, func(other store.Delivery) bool {
		i := doubtful(other)
		if i < 0 || other.ID == dl.ID {
			return false
		}
		before := store.CompareIDs(other.Parts[i].After, dl.Parts[part].After)
		return before < 0 || before == 0 && other.ID < dl.ID
	})
}

// lookForSecond looks for a second copy of the first doubtful part, but not where a
// copy of another that is in doubt may stand: that one's look goes there.
func (d *dispatcher) lookForSecond(ctx, finish context.Context, l *lane, dl store.Delivery, pending []store.Delivery) error {
	part := doubtful(dl)
	sweeper, ok := d.platform.(Sweeper)
	if !ok || part < 0 {
		return d.cleared(finish, dl, part, "")
	}
	s, err := d.permit(ctx, l, true)
	if s == nil {
		return err
	}
	last := othersBehind(pending, dl)
	v := d.pace.in(l.chat, s, func() store.Verdict { return sweeper.Second(finish, dl, part, last, d.further(ctx, l)) })
	switch v.Outcome {
	case store.Delivered:
		return d.takeBack(finish, dl, part, v.Message)
	case store.Retry:
		d.slowDown(dl.Chat, v)
		now := time.Now()
		if now.Sub(dl.Done) < tooLate(dl) {
			wait := max(v.After, backoff(dl.Attempts))
			return d.change(finish, dl, func(dl *store.Delivery) {
				dl.Attempts++
				putOff(dl, now, wait)
			})
		}
	case store.Absent:
		if last != "" {
			d.Log.Info("no second copy was found, and another message is in doubt too", d.about(dl, "reason", v.Reason)...)
		}
	}
	return d.cleared(finish, dl, part, "")
}

// takeBack deletes the later of a part's two copies.
func (d *dispatcher) takeBack(ctx context.Context, dl store.Delivery, part int, other string) error {
	keep, drop := dl.Parts[part].Message, other
	if store.CompareIDs(drop, keep) < 0 {
		keep, drop = drop, keep
	}
	gone := dl
	gone.Parts = []store.Part{{Target: drop}}
	if v := d.platform.(Sweeper).Delete(ctx, gone, 0); v.Outcome != store.Delivered {
		d.Log.Error("a second copy stands in the chat", d.about(dl, "message", drop, "reason", v.Reason)...)
		if v.Outcome != store.Refused {
			return d.later(ctx, dl, v)
		}
		return d.cleared(ctx, dl, part, "")
	}
	d.Log.Warn("a second copy was deleted", d.about(dl, "message", drop, "kept", keep)...)
	return d.cleared(ctx, dl, part, keep)
}

// cleared records that a part stands there once: as the message keep, if that
// was found out.
func (d *dispatcher) cleared(ctx context.Context, dl store.Delivery, part int, keep string) error {
	now := time.Now()
	return d.change(ctx, dl, func(dl *store.Delivery) {
		dl.Set = now
		if part >= 0 {
			dl.Parts[part].Doubt = false
		}
		if keep != "" {
			dl.Doubles++
			dl.Reason = fmt.Sprintf("two copies were out; message %s was kept", keep)
			dl.Parts[part].Message = keep
		}
		dl.Due = time.Time{}
		if doubtful(*dl) < 0 {
			dl.State = store.Sent
		}
	})
}
