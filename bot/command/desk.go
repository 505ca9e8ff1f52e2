package command

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/store"
)

// Store is what the desk needs of the store.
type Store interface {
	Story(ctx context.Context, id string) (store.Entry, error)
	StoryByShort(ctx context.Context, short string) (store.Entry, error)
	LatestStories(ctx context.Context, limit, reach int, keep func(store.Entry) bool) ([]store.Entry, error)
	StoryOfMessage(ctx context.Context, c store.Chat, message string) (string, error)
	StoriesOfMessage(ctx context.Context, c store.Chat, message string) ([]string, error)
	LastStory(ctx context.Context, c store.Chat) (string, error)
	ChannelOf(ctx context.Context, c store.Chat) (store.Channel, error)
	Profile(ctx context.Context, u store.UserID) (store.Profile, error)
	ChangeProfile(ctx context.Context, u store.UserID, now time.Time, change func(*store.Profile) error) (store.Profile, error)
	PutAsked(ctx context.Context, a store.Asked) (name string, err error)
	Asked(ctx context.Context, u store.UserID, name string) (store.Asked, error)
	Forget(ctx context.Context, u store.UserID, chats ...store.Chat) error

	Place(ctx context.Context, c store.Chat) (store.Place, error)
	ChannelIn(ctx context.Context, c store.Chat) (store.Channel, error)
	Channel(ctx context.Context, name string) (store.Channel, error)
	StartChannel(ctx context.Context, c store.Channel, at time.Time, most int) error
	ChangeChannel(ctx context.Context, name string, change func(*store.Channel) error) (store.Channel, error)
	RemoveChannel(ctx context.Context, name string) error
}

// Desk answers readers' questions.
type Desk struct {
	store     Store
	search    Search
	languages *brief.Languages
	language  string
	zone      *time.Location
	outlets   store.Outlets
	keep      time.Duration
	backups   int
	chats     Chats
	log       *slog.Logger
	table     []entry
	flood     *flood
}

// Options are what a Desk needs.
type Options struct {
	Store     Store
	Search    Search
	Languages *brief.Languages
	// Language is spoken with whoever no other is known of.
	Language string
	// Timezone says when a day begins for whoever no other is known of; nil: UTC.
	Timezone *time.Location
	// Outlets say where outlets stand of which a story does not.
	Outlets store.Outlets
	// Questions are how much may be asked.
	Questions config.Questions
	// Keep is how long the records of answers are kept, and Backups how many days
	// the copies of the data go back: readers are told.
	Keep    time.Duration
	Backups int
	Chats   Chats
	Log     *slog.Logger
}

// New makes a Desk.
func New(o Options) *Desk {
	return &Desk{
		store: o.Store, search: o.Search, languages: o.Languages, language: o.Language, zone: cmp.Or(o.Timezone, time.UTC), outlets: o.Outlets,
		keep: o.Keep, backups: o.Backups, chats: o.Chats, log: o.Log, table: table(), flood: newFlood(o.Questions),
	}
}

// Commands lists what can be asked.
func (d *Desk) Commands() []brief.Command {
	var all []brief.Command
	for _, e := range d.table {
		if e.Name != "" {
			all = append(all, e.Command)
		}
	}
	return all
}

// asked is a question, what is known of who asks, and the voice in which it is
// answered.
type asked struct {
	brief.Question
	voice   brief.Voice
	profile store.Profile
	manages managed // of what admins ask
}

// Voice is the voice in which a question is answered: in the asker's language,
// else in that of the channel in the same chat.
func (d *Desk) Voice(ctx context.Context, q brief.Question) brief.Voice { return d.asked(ctx, q).voice }

// asked looks up who asks. A reader who is not known has chosen nothing yet.
func (d *Desk) asked(ctx context.Context, q brief.Question) asked {
	p, err := d.store.Profile(ctx, q.Asks())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		d.log.Error("what a reader chose is not known", "err", err)
	}
	for _, language := range []string{p.Language, q.Language} {
		if d.languages.Speaks(language) {
			return asked{Question: q, voice: d.languages.Voice(language), profile: p}
		}
	}
	c, err := d.store.ChannelOf(ctx, q.Chat)
	if errors.Is(err, store.ErrNotFound) && q.Above.ID != "" {
		c, err = d.store.ChannelOf(ctx, q.Above)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		d.log.Error("the chat's language is not known", "chat", q.Chat.ID, "err", err)
	}
	return asked{Question: q, voice: d.languages.Voice(c.Language, d.language), profile: p}
}

// Answer answers a question. What goes wrong is said in the answer, and the
// details are logged.
func (d *Desk) Answer(ctx context.Context, q brief.Question) brief.Answer {
	if r := d.flood.rule(q); r != answered {
		v := d.languages.Voice(q.Language, d.language)
		return brief.Answer{Message: v.Say(v.Text(brief.SayWait)), Quiet: r == ignored}
	}
	asks := d.asked(ctx, q)
	v := asks.voice
	a, err := d.answer(ctx, asks)
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
	return brief.Answer{}, sayNaming(q.voice, brief.SayUnknown, "help")
}

// run answers a command.
func (d *Desk) run(ctx context.Context, e entry, q asked) (brief.Answer, error) {
	var err error
	if q.Question, err = bounded(q); err != nil {
		return brief.Answer{}, err
	}
	q.Options = e.options(q.Question)
	var of store.Entry
	if e.story {
		if of, err = d.meant(ctx, q, e.verb); err != nil {
			return brief.Answer{}, err
		}
	}
	return d.about(ctx, e, q, of)
}

// options are the question's, read from what was typed if the platform does not
// tell them apart.
func (e entry) options(q brief.Question) map[string]string {
	typed := strings.TrimSpace(q.Argument)
	switch {
	case q.Options != nil || typed == "":
		return q.Options
	case e.read != nil:
		return e.read(typed)
	case len(e.Options) > 0:
		return map[string]string{e.Options[0].Name: typed}
	}
	return nil
}

func (d *Desk) about(ctx context.Context, e entry, q asked, of store.Entry) (brief.Answer, error) {
	if e.Audience == brief.Admins {
		var err error
		if q, err = d.admitted(ctx, q); err != nil {
			return brief.Answer{}, err
		}
	}
	of.Story = d.outlets.Placed(of.Story)
	a, err := e.answer(d, ctx, q, of)
	if err != nil {
		return brief.Answer{}, err
	}
	a.Story = store.Ref{ID: of.Story.ID, Revision: of.Story.Revision}
	if a.Again == (brief.Action{}) {
		a.Again = e.again(q, of)
	}
	return a, nil
}

// again is the button that asks for the same; none where an option says more
// than a button would.
func (e entry) again(q asked, of store.Entry) brief.Action {
	if q.Command == "" {
		return q.Action
	}
	for name, value := range q.Options {
		if name != storyOption.Name && value != "" {
			return brief.Action{}
		}
	}
	if e.verb == "" {
		return brief.Action{}
	}
	return brief.Action{Verb: e.verb, Story: of.Short}
}

// press answers a button.
func (d *Desk) press(ctx context.Context, q asked) (brief.Answer, error) {
	verb := q.Action.Verb
	e := oneNarrative
	if i := slices.IndexFunc(d.table, func(e entry) bool { return e.verb == verb }); i >= 0 && verb != "" {
		e = d.table[i]
	} else if !strings.HasPrefix(string(verb), "n") {
		return brief.Answer{}, sayNaming(q.voice, brief.SayOldButton, "latest")
	}
	var of store.Entry
	if e.story {
		var err error
		if of, err = d.pressed(ctx, q); err != nil {
			return brief.Answer{}, err
		}
	}
	return d.about(ctx, e, q, of)
}

// pressed is the story that the button names.
func (d *Desk) pressed(ctx context.Context, q asked) (store.Entry, error) {
	e, err := d.store.StoryByShort(ctx, q.Action.Story)
	if errors.Is(err, store.ErrNotFound) {
		return e, sayNaming(q.voice, brief.SayOldButton, "latest")
	}
	return e, err
}

// help lists what the asker can use here: what is for private chats only there.
func (d *Desk) help(_ context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	here := slices.DeleteFunc(d.Commands(), func(c brief.Command) bool { return c.Audience == brief.Alone && !q.Private })
	return brief.Answer{Message: q.voice.Help(here, q.OwnNames), Turn: true}, nil
}
