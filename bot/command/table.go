package command

import (
	"context"

	"briefbot/bot/brief"
	"briefbot/store"
)

// entry is one command: its place in the menus, and what it does. The menus,
// the help and the dispatch all come from the table.
type entry struct {
	brief.Command
	// verb is the button that asks for the same; empty if there is none.
	verb brief.Verb
	// answer says what is wanted; of is the story meant, if the command takes
	// one.
	answer func(d *Desk, ctx context.Context, of store.Entry) (brief.Message, error)
}

// table lists the commands in the order of the help.
func table() []entry {
	story := func(say func(store.Entry) brief.Message) func(*Desk, context.Context, store.Entry) (brief.Message, error) {
		return func(_ *Desk, _ context.Context, of store.Entry) (brief.Message, error) { return say(of), nil }
	}
	return []entry{
		{
			Command: brief.Command{Name: "critical", Help: "The establishment-critical narrative of a story", Story: true},
			verb:    brief.ShowCritical,
			answer:  story(func(e store.Entry) brief.Message { return brief.Side(e, store.Critical) }),
		},
		{
			Command: brief.Command{Name: "establishment", Help: "The pro-establishment narrative of a story", Story: true},
			verb:    brief.ShowEstablishment,
			answer:  story(func(e store.Entry) brief.Message { return brief.Side(e, store.Establishment) }),
		},
		{
			Command: brief.Command{Name: "sources", Help: "The sources of a story", Story: true},
			verb:    brief.ShowSources,
			answer:  story(brief.Sources),
		},
		{
			Command: brief.Command{Name: "latest", Help: "The latest stories"},
			verb:    brief.ShowLatest,
			answer:  (*Desk).latest,
		},
		{
			Command: brief.Command{Name: "story", Help: "A story, by words of its headline", Story: true},
			verb:    brief.ShowStory,
			answer:  story(func(e store.Entry) brief.Message { return brief.Post(e, false) }),
		},
		{
			Command: brief.Command{Name: "help", Help: "What I can do"},
			verb:    brief.ShowHelp,
			answer:  (*Desk).help,
		},
	}
}
