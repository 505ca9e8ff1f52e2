package command

import (
	"context"

	"briefbot/bot/brief"
	"briefbot/store"
)

// narratives is all sides of a story.
func (d *Desk) narratives(_ context.Context, q asked, of store.Entry) (brief.Answer, error) {
	page, _ := brief.PageOf(q.Action.With)
	return brief.Answer{Message: q.voice.Narratives(of, page), Turn: true}, nil
}
