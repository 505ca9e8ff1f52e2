package command

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Store is what the desk needs of the store.
type Store interface {
	Story(ctx context.Context, id string) (store.Entry, error)
	StoryByShort(ctx context.Context, short string) (store.Entry, error)
	LatestStories(ctx context.Context, limit, reach int, keep func(store.Entry) bool) ([]store.Entry, error)
	StoryOfMessage(ctx context.Context, c store.Chat, message string) (string, error)
	LastStory(ctx context.Context, c store.Chat) (string, error)
}

// Desk answers readers' questions.
type Desk struct {
	store Store
	log   *slog.Logger
	table []entry
}

// New makes a Desk.
func New(st Store, log *slog.Logger) *Desk {
	return &Desk{store: st, log: log, table: table()}
}

// Commands lists what can be asked.
func (d *Desk) Commands() []brief.Command {
	var all []brief.Command
	for _, e := range d.table {
		all = append(all, e.Command)
	}
	return all
}

// What is said when there is nothing to say.
const (
	sayNoStories = "There are no stories yet. They come with the next post."
	sayUnknown   = "I don't know that command. /help lists what I can do."
	sayNoSuch    = "I found no story like that. Try other words of its headline, or pick one of the latest."
	sayOldButton = "I no longer know that button. /latest shows the newest stories."
	sayTrouble   = "Something went wrong on my side. Please try again in a moment."
	titleLatest  = "Latest stories"
	titleWhich   = "Which one?"
)

// Answer answers a question. What goes wrong is said in the answer, and the
// details are logged.
func (d *Desk) Answer(ctx context.Context, q brief.Question) brief.Answer {
	a, err := d.answer(ctx, q)
	var say *reply
	switch {
	case errors.As(err, &say):
		return brief.Answer{Message: say.Message}
	case err != nil:
		d.log.Error("question not answered", "chat", q.Chat.ID, "command", q.Command, "verb", q.Action.Verb, "err", err)
		return brief.Answer{Message: brief.Say(sayTrouble)}
	}
	return a
}

// reply is an answer that stands in for the one asked for, on its way up as an
// error.
type reply struct{ brief.Message }

func (r *reply) Error() string { return "answered otherwise" }

func say(text string) error { return &reply{brief.Say(text)} }

func (d *Desk) answer(ctx context.Context, q brief.Question) (brief.Answer, error) {
	if q.Command == "" {
		return d.press(ctx, q)
	}
	for _, e := range d.table {
		if e.Name == q.Command {
			return d.run(ctx, e, q)
		}
	}
	if q.Command == "start" {
		m, err := d.help(ctx, store.Entry{})
		return brief.Answer{Message: m}, err
	}
	return brief.Answer{}, say(sayUnknown)
}

// run answers a command.
func (d *Desk) run(ctx context.Context, e entry, q brief.Question) (brief.Answer, error) {
	var of store.Entry
	if e.Story {
		var err error
		if of, err = d.meant(ctx, q, e.verb); err != nil {
			return brief.Answer{}, err
		}
	}
	return d.about(ctx, e, of)
}

func (d *Desk) about(ctx context.Context, e entry, of store.Entry) (brief.Answer, error) {
	m, err := e.answer(d, ctx, of)
	if err != nil {
		return brief.Answer{}, err
	}
	return brief.Answer{Message: m, Story: store.Ref{ID: of.Story.ID, Revision: of.Story.Revision}}, nil
}

// press answers a button.
func (d *Desk) press(ctx context.Context, q brief.Question) (brief.Answer, error) {
	verb := q.Action.Verb
	for _, e := range d.table {
		if e.verb != verb {
			continue
		}
		if !e.Story {
			return d.about(ctx, e, store.Entry{})
		}
		of, err := d.pressed(ctx, q)
		if err != nil {
			return brief.Answer{}, err
		}
		return d.about(ctx, e, of)
	}
	if verb != brief.ShowNarratives && !strings.HasPrefix(string(verb), "n") {
		return brief.Answer{}, say(sayOldButton)
	}
	of, err := d.pressed(ctx, q)
	if err != nil {
		return brief.Answer{}, err
	}
	m := brief.NarrativeAt(of, verb)
	if verb == brief.ShowNarratives {
		m = brief.Narratives(of)
	}
	return brief.Answer{Message: m, Story: store.Ref{ID: of.Story.ID, Revision: of.Story.Revision}}, nil
}

// pressed is the story that the button names.
func (d *Desk) pressed(ctx context.Context, q brief.Question) (store.Entry, error) {
	e, err := d.store.StoryByShort(ctx, q.Action.Story)
	if errors.Is(err, store.ErrNotFound) {
		return e, say(sayOldButton)
	}
	return e, err
}

// maxLatest is how many stories a list offers: as many as have a button each in
// a row or two.
const maxLatest = 8

func (d *Desk) latest(ctx context.Context, _ store.Entry) (brief.Message, error) {
	all, err := d.store.LatestStories(ctx, maxLatest, maxLatest, func(store.Entry) bool { return true })
	if err != nil {
		return brief.Message{}, err
	}
	if len(all) == 0 {
		return brief.Message{}, say(sayNoStories)
	}
	return brief.List(titleLatest, all), nil
}

func (d *Desk) help(context.Context, store.Entry) (brief.Message, error) {
	return brief.Help(d.Commands()), nil
}
