package command

import (
	"context"
	"slices"

	"briefbot/bot/brief"
	"briefbot/store"
)

// entry is one command: its place in the menus, and what it does. The menus,
// the help and the dispatch all come from the table. One without a name is asked
// for by its button alone.
type entry struct {
	brief.Command
	// verb is the button that asks for the same; empty if there is none.
	verb brief.Verb
	// story says that the command is about a story, which its option "story"
	// may name.
	story bool
	// read takes what was typed behind the command apart; nil: it is the value
	// of the first option.
	read func(argument string) map[string]string
	// answer says what is wanted; of is the story meant, if the command is about
	// one.
	answer func(d *Desk, ctx context.Context, a asked, of store.Entry) (brief.Answer, error)
}

// table lists the commands in the order of the help.
func table() []entry {
	return slices.Concat(aboutStories(), searching(), aboutReaders(), aboutChats(), aboutTheBot())
}

// storyOption is the option that names a story.
var storyOption = brief.Option{Name: "story", Called: brief.NameStoryOption, Help: brief.HelpStoryOption, Suggests: true}

// aboutStories are the commands that tell of stories.
func aboutStories() []entry {
	story := func(say func(brief.Voice, store.Entry) brief.Message) func(*Desk, context.Context, asked, store.Entry) (brief.Answer, error) {
		return func(_ *Desk, _ context.Context, a asked, of store.Entry) (brief.Answer, error) {
			return brief.Answer{Message: say(a.voice, of), Turn: true}, nil
		}
	}
	options := []brief.Option{storyOption}
	return []entry{
		{
			Command: brief.Command{Name: "brief", Called: brief.NameToday, Help: brief.HelpToday},
			verb:    brief.ShowToday,
			answer:  (*Desk).today,
		},
		{
			Command: brief.Command{Name: "latest", Called: brief.NameLatest, Help: brief.HelpLatest},
			verb:    brief.ShowLatest,
			answer:  (*Desk).latest,
		},
		{
			Command: brief.Command{Name: "critical", Called: brief.NameCritical, Help: brief.HelpCritical, Options: options},
			verb:    brief.ShowCritical,
			story:   true,
			answer:  story(func(v brief.Voice, e store.Entry) brief.Message { return v.Side(e, store.Critical) }),
		},
		{
			Command: brief.Command{Name: "establishment", Called: brief.NameEstablishment, Help: brief.HelpEstablishment, Options: options},
			verb:    brief.ShowEstablishment,
			story:   true,
			answer:  story(func(v brief.Voice, e store.Entry) brief.Message { return v.Side(e, store.Establishment) }),
		},
		{
			Command: brief.Command{
				Name: "narratives", Called: brief.NameNarratives, Help: brief.HelpNarratives, Options: options, OnMessage: brief.OnMessageNarratives,
			},
			verb:   brief.ShowNarratives,
			story:  true,
			answer: (*Desk).narratives,
		},
		{
			Command: brief.Command{
				Name: "sources", Called: brief.NameSources, Help: brief.HelpSources,
				Options: []brief.Option{storyOption, numberOption}, OnMessage: brief.OnMessageSources,
			},
			verb:   brief.ShowSources,
			story:  true,
			read:   readSources,
			answer: (*Desk).sources,
		},
		{
			Command: brief.Command{Name: "story", Called: brief.NameStory, Help: brief.HelpStory, Options: options},
			verb:    brief.ShowStory,
			story:   true,
			answer:  story(func(v brief.Voice, e store.Entry) brief.Message { return v.Post(e, false) }),
		},
		{
			Command: brief.Command{Name: "topics", Called: brief.NameTopics, Help: brief.HelpTopics, Options: []brief.Option{topicOption, onlyOption, channelOption}},
			read:    readTopics,
			verb:    brief.ShowTopics,
			answer:  (*Desk).topics,
		},
	}
}

// aboutTheBot are the commands that tell of the bot itself.
func aboutTheBot() []entry {
	return []entry{
		{
			Command: brief.Command{Name: "help", Called: brief.NameHelp, Help: brief.HelpHelp},
			verb:    brief.ShowHelp,
			answer:  (*Desk).help,
		},
	}
}
