package command

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"briefbot/bot/brief"
	"briefbot/store"
)

// searched is how many of the latest stories are looked through for what is
// listed.
const searched = 2000

// meant finds the story that a command is about: the one named, by its short id
// or words of its headline; else the one whose post was replied to; else the one
// whose post the thread, or the comments, are below; else the one posted last in
// this chat, or above the thread; else the latest. Where words fit several, or what
// was replied to lists several, the reader is asked which, with buttons that go on
// to verb.
func (d *Desk) meant(ctx context.Context, q asked, verb brief.Verb) (store.Entry, error) {
	if arg := strings.TrimSpace(q.Options[storyOption.Name]); arg != "" {
		return d.named(ctx, q, arg, verb)
	}
	if all, err := d.listed(ctx, q); err != nil {
		return store.Entry{}, err
	} else if len(all) > 1 {
		return store.Entry{}, which(q, all, verb)
	}
	if a, _, err := brief.ParseAction(q.Button); err == nil && a.Story != "" {
		e, err := d.store.StoryByShort(ctx, a.Story)
		if !errors.Is(err, store.ErrNotFound) {
			return e, err
		}
	}
	for _, find := range []func() (string, error){
		func() (string, error) {
			if q.Message == "" {
				return "", store.ErrNotFound
			}
			return d.store.StoryOfMessage(ctx, q.Chat, q.Message)
		},
		func() (string, error) { return d.store.StoryOfMessage(ctx, q.Above, q.Chat.ID) },
		func() (string, error) {
			if q.Post.Message == "" {
				return "", store.ErrNotFound
			}
			return d.store.StoryOfMessage(ctx, q.Post.Chat, q.Post.Message)
		},
		func() (string, error) { return d.store.LastStory(ctx, q.Chat) },
		func() (string, error) { return d.store.LastStory(ctx, q.Above) },
	} {
		id, err := find()
		if err == nil {
			return d.store.Story(ctx, id)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return store.Entry{}, err
		}
	}
	all, err := d.store.LatestStories(ctx, 1, searched, func(store.Entry) bool { return true })
	if err == nil && len(all) == 0 {
		err = say(q.voice, brief.SayNoStories)
	}
	if err != nil {
		return store.Entry{}, err
	}
	return all[0], nil
}

// named finds the story that an argument names.
func (d *Desk) named(ctx context.Context, q asked, arg string, verb brief.Verb) (store.Entry, error) {
	e, err := d.store.StoryByShort(ctx, arg)
	if !errors.Is(err, store.ErrNotFound) {
		return e, err
	}
	found, err := d.likely(ctx, arg, brief.PageSize)
	switch {
	case err != nil:
		return store.Entry{}, err
	case len(found) == 0:
		return store.Entry{}, say(q.voice, brief.SayNoSuch)
	case len(found) > 1:
		return store.Entry{}, which(q, found, verb)
	}
	return found[0], nil
}

// which asks which story is meant, with buttons that go on to verb, and to the
// source that was asked for.
func which(q asked, all []store.Entry, verb brief.Verb) error {
	m := q.voice.List(brief.TitleWhich, all)
	for i := range m.Buttons {
		m.Buttons[i].Verb, m.Buttons[i].With = verb, numberOf(q)
	}
	return &reply{m}
}

// listed gives the stories of the digest that was replied to, or that the thread
// is below. Of another list, such as an answer, it is not known which stories it
// had: then it gives the latest.
func (d *Desk) listed(ctx context.Context, q asked) ([]store.Entry, error) {
	chat, message := q.Chat, q.Message
	if message == "" && q.Above.ID != "" {
		chat, message = q.Above, q.Chat.ID
	}
	if message == "" {
		return nil, nil
	}
	ids, err := d.store.StoriesOfMessage(ctx, chat, message)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if a, _, unknown := brief.ParseAction(q.Button); len(ids) == 0 && unknown == nil && a.Verb == brief.ShowStory {
		return d.store.LatestStories(ctx, brief.PageSize, searched, func(store.Entry) bool { return true })
	}
	var all []store.Entry
	for _, id := range ids[:min(len(ids), brief.MaxMenu)] {
		e, err := d.store.Story(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// Suggest gives values for an option of a command while one types words for it,
// the likeliest first, at most limit.
func (d *Desk) Suggest(ctx context.Context, q brief.Question, option, words string, limit int) []brief.Suggestion {
	if words = visible(words); utf8.RuneCountInString(words) > maxSaid {
		return nil
	}
	var all []brief.Suggestion
	var err error
	switch option {
	case zoneOption.Name, placeOption.Name:
		all = d.suggestZones(d.Voice(ctx, q), words, limit)
	case languageOption.Name:
		all = d.suggestLanguages(words)
	case storyOption.Name, topicOption.Name:
		switch {
		case q.Command == "unfollow":
			all, err = d.suggestFollowed(ctx, d.asked(ctx, q), option, words)
		case option == topicOption.Name:
			all, err = d.suggestTopics(ctx, words, limit)
		default:
			all, err = d.suggestStories(ctx, words, limit)
		}
	}
	if err != nil {
		d.log.Error("no suggestions", "option", option, "err", err)
		return nil
	}
	return all[:min(limit, len(all))]
}

func (d *Desk) suggestStories(ctx context.Context, words string, limit int) ([]brief.Suggestion, error) {
	found, err := d.offered(ctx, words, limit)
	var all []brief.Suggestion
	for _, e := range found {
		all = append(all, brief.Suggestion{Label: e.Story.Headline, Value: e.Short})
	}
	return all, err
}

// offered gives the stories that words most likely mean, or the latest if there
// are no words; none if there are too many.
func (d *Desk) offered(ctx context.Context, words string, limit int) ([]store.Entry, error) {
	words = visible(words)
	switch {
	case utf8.RuneCountInString(words) > maxSaid:
		return nil, nil
	case words == "":
		return d.store.LatestStories(ctx, limit, limit, func(store.Entry) bool { return true })
	}
	return d.likely(ctx, words, limit)
}
