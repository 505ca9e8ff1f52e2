package command

import (
	"context"

	"briefbot/bot/brief"
)

// Share gives stories to be handed on in another chat: those that the words name,
// the likeliest first, or the latest if there are no words; from the one at
// index from on, at most limit. more says that there are others.
func (d *Desk) Share(ctx context.Context, q brief.Question, words string, from, limit int) (all []brief.Shared, more bool) {
	found, err := d.offered(ctx, words, from+limit+1)
	if err != nil {
		d.log.Error("no stories to be shared", "err", err)
		return nil, false
	}
	found = found[min(from, len(found)):]
	more = len(found) > limit
	v := d.Voice(ctx, q)
	for _, e := range found[:min(limit, len(found))] {
		all = append(all, v.Share(e))
	}
	return all, more
}
