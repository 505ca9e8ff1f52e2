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
	ChannelOf(ctx context.Context, c store.Chat) (store.Channel, error)
}

// Desk answers readers' questions.
type Desk struct {
	store     Store
	languages *brief.Languages
	language  string
	log       *slog.Logger
	table     []entry
}

// New makes a Desk. It speaks the language given with whoever it knows no other
// of.
func New(st Store, languages *brief.Languages, language string, log *slog.Logger) *Desk {
	return &Desk{store: st, languages: languages, language: language, log: log, table: table()}
}

// Commands lists what can be asked.
func (d *Desk) Commands() []brief.Command {
	var all []brief.Command
	for _, e := range d.table {
		all = append(all, e.Command)
	}
	return all
}

// asked is a question, and the voice in which it is answered.
type asked struct {
	brief.Question
	voice brief.Voice
}

// Voice is the voice in which a question is answered: in the asker's language,
// else in that of the channel in the same chat.
func (d *Desk) Voice(ctx context.Context, q brief.Question) brief.Voice {
	if d.languages.Speaks(q.Language) {
		return d.languages.Voice(q.Language)
	}
	c, err := d.store.ChannelOf(ctx, q.Chat)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		d.log.Error("the chat's language is not known", "chat", q.Chat.ID, "err", err)
	}
	return d.languages.Voice(c.Language, d.language)
}

// Answer answers a question. What goes wrong is said in the answer, and the
// details are logged.
func (d *Desk) Answer(ctx context.Context, q brief.Question) brief.Answer {
	v := d.Voice(ctx, q)
	a, err := d.answer(ctx, asked{q, v})
	var say *reply
	switch {
	case errors.As(err, &say):
		return brief.Answer{Message: say.Message}
	case err != nil:
		d.log.Error("question not answered", "chat", q.Chat.ID, "command", q.Command, "verb", q.Action.Verb, "err", err)
		return brief.Answer{Message: v.Say(v.Text(brief.SayTrouble))}
	}
	return a
}

// reply is an answer that stands in for the one asked for, on its way up as an
// error.
type reply struct{ brief.Message }

func (r *reply) Error() string { return "answered otherwise" }

func say(v brief.Voice, p brief.Phrase) error { return &reply{v.Say(v.Text(p))} }

// sayNaming says what names a command to go on with.
func sayNaming(v brief.Voice, p brief.Phrase, command string) error {
	return &reply{v.Say(v.Naming(p, command))}
}

func (d *Desk) answer(ctx context.Context, q asked) (brief.Answer, error) {
	if q.Command == "" {
		return d.press(ctx, q)
	}
	for _, e := range d.table {
		if e.Name == q.Command {
			return d.run(ctx, e, q)
		}
	}
	if q.Command == "start" {
		m, err := d.help(ctx, q, store.Entry{})
		return brief.Answer{Message: m}, err
	}
	return brief.Answer{}, sayNaming(q.voice, brief.SayUnknown, "help")
}

// run answers a command.
func (d *Desk) run(ctx context.Context, e entry, q asked) (brief.Answer, error) {
	var of store.Entry
	if e.Story {
		var err error
		if of, err = d.meant(ctx, q, e.verb); err != nil {
			return brief.Answer{}, err
		}
	}
	return d.about(ctx, e, q, of)
}

func (d *Desk) about(ctx context.Context, e entry, q asked, of store.Entry) (brief.Answer, error) {
	m, err := e.answer(d, ctx, q, of)
	if err != nil {
		return brief.Answer{}, err
	}
	return brief.Answer{Message: m, Story: store.Ref{ID: of.Story.ID, Revision: of.Story.Revision}}, nil
}

// press answers a button.
func (d *Desk) press(ctx context.Context, q asked) (brief.Answer, error) {
	verb := q.Action.Verb
	for _, e := range d.table {
		if e.verb != verb {
			continue
		}
		if !e.Story {
			return d.about(ctx, e, q, store.Entry{})
		}
		of, err := d.pressed(ctx, q)
		if err != nil {
			return brief.Answer{}, err
		}
		return d.about(ctx, e, q, of)
	}
	if verb != brief.ShowNarratives && !strings.HasPrefix(string(verb), "n") {
		return brief.Answer{}, sayNaming(q.voice, brief.SayOldButton, "latest")
	}
	of, err := d.pressed(ctx, q)
	if err != nil {
		return brief.Answer{}, err
	}
	m := q.voice.NarrativeAt(of, verb)
	if verb == brief.ShowNarratives {
		m = q.voice.Narratives(of)
	}
	return brief.Answer{Message: m, Story: store.Ref{ID: of.Story.ID, Revision: of.Story.Revision}}, nil
}

// pressed is the story that the button names.
func (d *Desk) pressed(ctx context.Context, q asked) (store.Entry, error) {
	e, err := d.store.StoryByShort(ctx, q.Action.Story)
	if errors.Is(err, store.ErrNotFound) {
		return e, sayNaming(q.voice, brief.SayOldButton, "latest")
	}
	return e, err
}

// maxLatest is how many stories a list offers: as many as have a button each in
// a row or two.
const maxLatest = 8

func (d *Desk) latest(ctx context.Context, q asked, _ store.Entry) (brief.Message, error) {
	all, err := d.store.LatestStories(ctx, maxLatest, maxLatest, func(store.Entry) bool { return true })
	if err != nil {
		return brief.Message{}, err
	}
	if len(all) == 0 {
		return brief.Message{}, say(q.voice, brief.SayNoStories)
	}
	return q.voice.List(brief.TitleLatest, all), nil
}

func (d *Desk) help(_ context.Context, q asked, _ store.Entry) (brief.Message, error) {
	return q.voice.Help(d.Commands(), q.OwnNames), nil
}
