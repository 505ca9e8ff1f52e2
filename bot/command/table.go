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
	answer func(d *Desk, ctx context.Context, a asked, of store.Entry) (brief.Message, error)
}

// table lists the commands in the order of the help.
func table() []entry {
	story := func(say func(brief.Voice, store.Entry) brief.Message) func(*Desk, context.Context, asked, store.Entry) (brief.Message, error) {
		return func(_ *Desk, _ context.Context, a asked, of store.Entry) (brief.Message, error) {
			return say(a.voice, of), nil
		}
	}
	return []entry{
		{
			Command: brief.Command{Name: "critical", Called: brief.NameCritical, Help: brief.HelpCritical, Story: true},
			verb:    brief.ShowCritical,
			answer:  story(func(v brief.Voice, e store.Entry) brief.Message { return v.Side(e, store.Critical) }),
		},
		{
			Command: brief.Command{Name: "establishment", Called: brief.NameEstablishment, Help: brief.HelpEstablishment, Story: true},
			verb:    brief.ShowEstablishment,
			answer:  story(func(v brief.Voice, e store.Entry) brief.Message { return v.Side(e, store.Establishment) }),
		},
		{
			Command: brief.Command{Name: "sources", Called: brief.NameSources, Help: brief.HelpSources, Story: true},
			verb:    brief.ShowSources,
			answer:  story(brief.Voice.Sources),
		},
		{
			Command: brief.Command{Name: "latest", Called: brief.NameLatest, Help: brief.HelpLatest},
			verb:    brief.ShowLatest,
			answer:  (*Desk).latest,
		},
		{
			Command: brief.Command{Name: "story", Called: brief.NameStory, Help: brief.HelpStory, Story: true},
			verb:    brief.ShowStory,
			answer:  story(func(v brief.Voice, e store.Entry) brief.Message { return v.Post(e, false) }),
		},
		{
			Command: brief.Command{Name: "help", Called: brief.NameHelp, Help: brief.HelpHelp},
			verb:    brief.ShowHelp,
			answer:  (*Desk).help,
		},
	}
}
