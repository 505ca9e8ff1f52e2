package command

import (
	"context"
	"errors"
	"strings"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Share gives stories to be handed on in another chat: those that the words name,
// the likeliest first, or the latest if there are no words; from the one at
// index from on, at most limit. more says that there are others.
func (d *Desk) Share(ctx context.Context, q brief.Question, words string, from, limit int) (all []brief.Shared, more bool) {
	found, err := d.shareable(ctx, q, words, from+limit+1)
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

// shareable finds stories by words.
func (d *Desk) shareable(ctx context.Context, q brief.Question, words string, limit int) ([]store.Entry, error) {
	if strings.TrimSpace(words) == "" {
		return d.store.LatestStories(ctx, limit, limit, func(store.Entry) bool { return true })
	}
	var all []store.Entry
	for _, s := range d.Suggest(ctx, q, storyOption.Name, words, limit) {
		e, err := d.store.StoryByShort(ctx, s.Value)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}
