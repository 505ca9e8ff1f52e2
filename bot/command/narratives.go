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

// oneNarrative is what the button of a narrative without a command of its own
// asks for.
var oneNarrative = entry{
	story: true,
	answer: func(_ *Desk, _ context.Context, q asked, of store.Entry) (brief.Answer, error) {
		return brief.Answer{Message: q.voice.NarrativeAt(of, q.Action.Verb), Turn: true}, nil
	},
}
