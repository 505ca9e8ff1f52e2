package command

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/store"
	"briefbot/store/bolt"
)

// platform is what a platform knows: who manages which chats, by their ids, and
// what the bot lacks there. The chats that it knows can be found by their ids.
type platform struct {
	admins map[string][]string
	lacks  map[string][]brief.Phrase
	asked  int
}

// member is who asks.
type member struct {
	*platform
	user string
}

func (a member) Manages(_ context.Context, c store.Chat) (bool, error) {
	a.platform.asked++
	return slices.Contains(a.admins[c.ID], a.user), nil
}

func (a member) Find(_ context.Context, name string) (store.Place, error) {
	if _, ok := a.admins[name]; !ok {
		return store.Place{}, store.ErrNotFound
	}
	return store.Place{Chat: store.Chat{Platform: store.Telegram, ID: name}, Name: "Chat " + name}, nil
}

func (a member) Home(context.Context) (store.Chat, error) { return store.Chat{}, store.ErrNotFound }

func (a member) Lacks(_ context.Context, c store.Chat) ([]brief.Phrase, error) {
	if _, ok := a.admins[c.ID]; !ok {
		return nil, store.ErrNotFound
	}
	return a.lacks[c.ID], nil
}

const (
	talk    = "-1002001" // a group, which Ada manages
	news    = "-1002002" // a channel, which Ada manages
	strange = "-1002003" // a group, which Bob manages
)

// admin is a desk and those who manage chats.
type admin struct {
	*testing.T
	*Desk
	platform *platform
	store    *store.Store
	path     string // of the data file
}

func newAdmin(t *testing.T) *admin {
	t.Helper()
	path := filepath.Join(t.TempDir(), "briefbot.db")
	e, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	for _, s := range []store.Story{
		{ID: "ferry", Headline: "Night ferry returns to Port Ansel", Topics: []string{"Islands"}},
		{ID: "harbour", Headline: "Harbour strike ends", Topics: []string{"Work"}},
	} {
		s.Bullets = []store.Bullet{{Text: "About the " + s.ID + "."}}
		if _, _, err := st.PutStory(t.Context(), s, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	operators := store.Channel{Name: "c", Chat: group, Timezone: "UTC", Schedule: "0 8 * * *", Mode: store.Each}
	if err := st.PutChannel(t.Context(), operators, time.Now()); err != nil {
		t.Fatal(err)
	}
	d := New(Options{Store: st, Languages: languages(t), Language: "en", Log: slog.New(slog.DiscardHandler)})
	p := &platform{
		admins: map[string][]string{talk: {"ada"}, news: {"ada"}, strange: {"bob"}, group.ID: {"ada"}, "ada": {"ada"}},
		lacks:  map[string][]brief.Phrase{},
	}
	return &admin{t, d, p, st, path}
}

func (a *admin) ask(user, chat string, q brief.Question) brief.Answer {
	a.Helper()
	q.User, q.Chat, q.Private, q.Language = user, store.Chat{Platform: store.Telegram, ID: chat}, user == chat, "en"
	q.Asker = member{a.platform, user}
	return a.Answer(a.Context(), q)
}

// says asks by a command as it is typed.
func (a *admin) says(user, chat, line string) brief.Answer {
	a.Helper()
	name, rest, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	return a.ask(user, chat, brief.Question{Command: name, Argument: rest})
}

// presses presses the button of an answer whose label holds the words.
func (a *admin) presses(user, chat string, on brief.Answer, label string) brief.Answer {
	a.Helper()
	for _, b := range on.Buttons {
		if strings.Contains(b.Label, label) {
			if len(b.With) > brief.MaxWith || len(b.Data("12345678.0")) > 64 {
				a.Errorf("the button %q is too long: %q", b.Label, b.With)
			}
			return a.ask(user, chat, brief.Question{Action: b.Action})
		}
	}
	a.Fatalf("no button %q on %q: %+v", label, text(on), on.Buttons)
	return brief.Answer{}
}

func (a *admin) expect(got brief.Answer, want string) brief.Answer {
	a.Helper()
	if !strings.Contains(text(got), want) {
		a.Errorf("got %q, want %q", text(got), want)
	}
	if len(got.Buttons) == 0 {
		a.Errorf("%q has no button", text(got))
	}
	return got
}

func (a *admin) channel(chat string) store.Channel {
	a.Helper()
	c, err := a.store.ChannelIn(a.Context(), store.Chat{Platform: store.Telegram, ID: chat})
	if err != nil {
		a.Fatalf("channel in %s: %v", chat, err)
	}
	return c
}

func (a *admin) noChannel(chat string) {
	a.Helper()
	if c, err := a.store.ChannelIn(a.Context(), store.Chat{Platform: store.Telegram, ID: chat}); !errors.Is(err, store.ErrNotFound) {
		a.Errorf("%s has a channel: %+v, %v", chat, c, err)
	}
}

// Who manages a chat has stories posted in it, changes how, and ends it, all from
// within.
func TestChatThatRunsItself(t *testing.T) {
	a := newAdmin(t)
	a.expect(a.says("ada", talk, "/settings"), "Nothing is posted in this chat yet. /subscribe changes that.")
	a.expect(a.says("ada", talk, "/subscribe World, sea"), "No story has had these topics yet: World, sea.")
	c := a.channel(talk)
	want := store.Channel{
		Name: "telegram:-1002001", Chat: store.Chat{Platform: store.Telegram, ID: talk}, Origin: store.FromChat, Owner: store.UserID{Platform: store.Telegram, ID: "ada"},
		Schedule: brief.AsItComes, Timezone: "UTC", Language: "en", Topics: []string{"World", "sea"}, Mode: store.Each, Limit: 10, Backfill: 1,
		CatchUp: 6 * time.Hour, MaxAge: 72 * time.Hour, Updates: "edit", Uncertain: "resend",
	}
	if slices.Compare(c.Topics, want.Topics) != 0 || c.Name != want.Name || c.Origin != want.Origin || c.Owner != want.Owner || c.Schedule != want.Schedule || c.Backfill != 1 || c.Limit != 10 || c.MaxAge != want.MaxAge {
		t.Errorf("got %+v, want %+v", c, want)
	}
	a.expect(a.says("ada", talk, "/subscribe"), "This chat has a subscription already.")

	menu := a.expect(a.says("ada", talk, "/settings"), "Settings of this chat | • When: as it comes | • Time zone: UTC | • Topics: World, sea | • How: a post for each story | • Language: English | • Narratives: as is usual here | • Changed stories: edit the post | • Without a sound: never | • Form: classic")
	if !menu.Turn {
		t.Error("the menu does not turn in place")
	}
	for _, x := range []struct{ page, button, want string }{
		{"When", "every day at 08:00, 18:00", "When: every day at 08:00, 18:00"},
		{"How", "one digest", "How: one digest"},
		{"Language", "Deutsch", "Language: Deutsch"},
		{"Narratives", "on request", "Narratives: on request"},
		{"Changed stories", "leave the post", "Changed stories: leave the post"},
		{"Without a sound", "22:00–07:00", "Without a sound: 22:00–07:00"},
		{"Form", "rich", "Form: rich"},
		{"Time zone", "New York", "Time zone: America/New_York"},
	} {
		page := a.presses("ada", talk, menu, x.page)
		a.expect(a.presses("ada", talk, page, x.button), x.want)
		if ticked := a.presses("ada", talk, menu, x.page); !slices.ContainsFunc(ticked.Buttons, func(b brief.Button) bool {
			return strings.HasPrefix(b.Label, "✓ ") && strings.Contains(b.Label, x.button)
		}) {
			t.Errorf("%s: %q is not ticked: %+v", x.page, x.button, ticked.Buttons)
		}
		a.expect(a.presses("ada", talk, page, "Back"), "Settings of this chat")
	}
	if c := a.channel(talk); c.Schedule != "0 8,18 * * *" || c.Rescheduled.IsZero() || c.Mode != store.Digest || c.Language != "de" || c.Narratives != "ask" || c.Updates != "ignore" || len(c.Quiet) != 1 || c.Timezone != "America/New_York" {
		t.Errorf("changed to %+v", c)
	}
	topics := a.presses("ada", talk, menu, "Topics")
	topics = a.expect(a.presses("ada", talk, topics, "✓ sea"), "Topics: World")
	a.expect(a.presses("ada", talk, topics, "all"), "Topics: all")

	a.expect(a.says("ada", talk, "/schedule weekdays 7:30"), "When: on weekdays at 07:30")
	a.expect(a.says("ada", talk, "/schedule whenever"), "I don’t understand that schedule. This is what I understand: | • as it comes | • every hour | • every 2 hours | • every day at 08:00, 18:00 | • on weekdays at 07:30 | • Mondays at 09:00")
	a.expect(a.says("ada", talk, "/schedule"), "When: on weekdays at 07:30")
	a.expect(a.says("ada", talk, "/timezone berlin"), "Time zone: Europe/Berlin")
	a.expect(a.presses("ada", talk, a.expect(a.says("ada", talk, "/timezone united states"), "Which one?"), "Chicago"), "Time zone: America/Chicago")
	a.expect(a.says("ada", talk, "/timezone Atlantis"), "I know no such time zone. Name a city, as in /timezone Berlin.")
	a.expect(a.says("ada", talk, "/mode each"), "How: a post for each story")
	a.expect(a.says("ada", talk, "/settings topics islands"), "Topics: Islands")
	a.expect(a.says("ada", talk, "/topics work, islands"), "Topics: Work, Islands")
	a.expect(a.says("ada", talk, "/topics only islands"), "Topics: Islands")
	a.expect(a.says("eve", talk, "/topics islands"), "Night ferry returns to Port Ansel")
	a.expect(a.says("ada", talk, "/pause"), "Paused: what is news waits until you go on.")
	if !a.channel(talk).Paused {
		t.Error("it is not paused")
	}
	a.expect(a.presses("ada", talk, a.says("ada", talk, "/settings"), "Go on"), "Settings of this chat")
	if a.channel(talk).Paused {
		t.Error("it is still paused")
	}

	a.expect(a.says("ada", talk, "/settings topics islands, volcanoes"), "No story has had these topics yet: volcanoes.")
	a.expect(a.says("ada", talk, "/test"), "Night ferry returns to Port Ansel")
	a.expect(a.says("ada", talk, "/settings topics volcanoes"), "Topics: volcanoes")
	a.expect(a.says("ada", talk, "/test"), "There are no stories yet.")
	a.expect(a.presses("ada", talk, a.presses("ada", talk, menu, "Topics"), "all"), "Topics: all")
	a.expect(a.says("ada", talk, "/test"), "Harbour strike ends | About the harbour. | (A sample for you; nothing was posted.)")

	confirm := a.expect(a.says("ada", talk, "/unsubscribe"), "End the subscription?")
	a.channel(talk)
	a.expect(a.presses("ada", talk, confirm, "Yes"), "The subscription has ended")
	a.noChannel(talk)
	a.expect(a.presses("ada", talk, menu, "When"), "Nothing is posted in this chat yet.")
}

// A channel in which nobody can type is set up from the private chat of who
// manages it.
func TestChannelFromPrivate(t *testing.T) {
	a := newAdmin(t)
	a.platform.lacks[news] = []brief.Phrase{brief.LackPost}
	a.expect(a.says("ada", "ada", "/subscribe "+"-1002002"), "I can’t post there yet. This is what I lack: | Make me an administrator of the channel, with the right Post Messages and no other")
	a.noChannel(news)
	delete(a.platform.lacks, news)
	a.expect(a.says("ada", "ada", "/subscribe -1002099"), "I am in no such chat.")
	menu := a.expect(a.says("ada", "ada", "/subscribe -1002025"), "I am in no such chat.")
	_ = menu
	a.platform.admins["-1002025"] = []string{"ada"}
	menu = a.expect(a.says("ada", "ada", "/subscribe -1002025 sea"), "Settings of Chat -1002025")
	c, err := a.store.Channel(t.Context(), "telegram:-1002025")
	if err != nil || c.Topics[0] != "sea" {
		t.Fatalf("%+v, %v", c, err)
	}
	a.noChannel("ada")
	a.expect(a.presses("ada", "ada", a.presses("ada", "ada", menu, "How"), "one digest"), "How: one digest")
	a.expect(a.says("ada", "ada", "/schedule -1002025 daily at 9"), "When: every day at 09:00")
	if c, _ := a.store.Channel(t.Context(), "telegram:-1002025"); c.Mode != store.Digest || c.Schedule != "0 9 * * *" {
		t.Errorf("changed to %+v", c)
	}
	// The private chat itself can have posts too.
	a.expect(a.says("ada", "ada", "/subscribe"), "Settings of this chat")
}

// What the operator configured stays as it is, and is shown.
func TestOperatorsChannel(t *testing.T) {
	a := newAdmin(t)
	before := a.channel(group.ID)
	for _, line := range []string{"/subscribe", "/unsubscribe", "/schedule daily at 9", "/timezone Berlin", "/mode digest", "/settings topics sea", "/pause"} {
		a.expect(a.says("ada", group.ID, line), "This chat is set up in my operator’s configuration")
	}
	menu := a.expect(a.says("ada", group.ID, "/settings"), "When: ")
	if len(menu.Buttons) != 1 {
		t.Errorf("the buttons are %+v", menu.Buttons)
	}
	a.expect(a.presses("ada", group.ID, menu, "Sample"), "Harbour strike ends")
	for _, s := range everySetting() {
		a.ask("ada", group.ID, brief.Question{Action: s.Action()})
	}
	if after := a.channel(group.ID); !after.Rescheduled.IsZero() || after.Paused || after.Mode != before.Mode || after.Schedule != before.Schedule || after.Timezone != before.Timezone {
		t.Errorf("changed from %+v to %+v", before, after)
	}
}

// Who may subscribe is the operator's to say.
func TestSubscriptions(t *testing.T) {
	a := newAdmin(t)
	a.chats.Subscriptions = config.Off
	a.expect(a.says("ada", talk, "/subscribe"), "My operator lets no chat subscribe.")
	a.noChannel(talk)

	a.chats.Subscriptions, a.chats.Allow = config.Approved, []string{news}
	a.expect(a.says("ada", talk, "/subscribe"), "My operator has to approve this chat before anything is posted in it.")
	if !a.channel(talk).Waiting {
		t.Error("it does not wait")
	}
	a.says("ada", news, "/subscribe")
	if a.channel(news).Waiting {
		t.Error("a chat that is allowed waits")
	}
	// What waits can't let itself in.
	a.says("ada", talk, "/unsubscribe")
	for _, s := range everySetting() {
		if s.Of != brief.EndSubscription {
			a.ask("ada", talk, brief.Question{Action: s.Action()})
		}
	}
	if !a.channel(talk).Waiting {
		t.Error("it let itself in")
	}
}

// One reader has so many chats.
func TestTooManyChats(t *testing.T) {
	a := newAdmin(t)
	for i := range maxOwned {
		c := store.Channel{Name: "c" + strings.Repeat("x", i+1), Chat: store.Chat{Platform: store.Telegram, ID: "-9" + strings.Repeat("1", i+1)}, Origin: store.FromChat, Owner: store.UserID{Platform: store.Telegram, ID: "ada"}}
		if err := a.store.StartChannel(t.Context(), c, time.Now(), maxOwned); err != nil {
			t.Fatal(err)
		}
	}
	a.expect(a.says("ada", talk, "/subscribe"), "You have subscribed as many chats as one may.")
	a.noChannel(talk)
	a.expect(a.says("bob", strange, "/subscribe"), "Done")
}

// everySetting is each button that the menu of settings can have, with every
// value, beside those that show something.
func everySetting() []brief.Setting {
	var all []brief.Setting
	for of, values := range map[brief.SettingOf][]string{
		brief.AllSettings:     {""},
		brief.OfSchedule:      {"", "new", "1h", "2h", "d8", "d18", "d8d18", "w7"},
		brief.OfTimezone:      {"", brief.TopicName("Europe/Berlin")},
		brief.OfTopics:        {"", brief.All, "y" + brief.TopicName("sea"), "n" + brief.TopicName("sea"), "n" + brief.TopicName("islands")},
		brief.OfMode:          {"", "each", "digest"},
		brief.OfLanguage:      {"", "de", "ar"},
		brief.OfNarratives:    {"", brief.Usual, "fold", "ask"},
		brief.OfUpdates:       {"", "edit", "ignore", "repost"},
		brief.OfQuiet:         {"", brief.No, "2107", "2207", "2308", "0009"},
		brief.OfFormat:        {"", brief.Classic, store.Rich},
		brief.OfPause:         {brief.Yes, brief.No},
		brief.EndSubscription: {"", brief.Yes},
		brief.ShowSample:      {""},
	} {
		for _, v := range values {
			all = append(all, brief.Setting{Of: of, Value: v})
		}
	}
	return all
}

// data is all that the store holds, byte by byte.
func (a *admin) data() string {
	a.Helper()
	b, err := os.ReadFile(a.path)
	if err != nil {
		a.Fatal(err)
	}
	return string(b)
}

// Who does not manage a chat changes nothing: by no admins' command and no
// admins' button, from wherever, whatever the button says of the chat.
func TestNobodyElseChangesAnything(t *testing.T) {
	a := newAdmin(t)
	a.says("ada", talk, "/subscribe islands")
	a.says("ada", news, "/subscribe")
	a.says("bob", strange, "/subscribe")
	// Every button that leads anywhere from the menus is among those tried, or
	// the list above is not all.
	known := map[brief.SettingOf]bool{}
	for _, s := range everySetting() {
		known[s.Of] = true
	}
	menu := a.says("ada", talk, "/settings")
	for _, b := range menu.Buttons {
		s, err := brief.ParseSetting(b.With)
		if err != nil || !known[s.Of] {
			t.Errorf("the button %q (%q) is not tried below: %v", b.Label, b.With, err)
		}
		for _, next := range a.ask("ada", talk, brief.Question{Action: b.Action}).Buttons {
			if s, err := brief.ParseSetting(next.With); next.Verb == brief.ShowSettings && (err != nil || !known[s.Of]) {
				t.Errorf("the button %q (%q) is not tried below: %v", next.Label, next.With, err)
			}
		}
	}
	before := a.data()

	wait := languages(t).Voice("en").Text(brief.SayWait)
	var questions []brief.Question
	commands := 0
	for _, e := range a.table {
		if e.Audience != brief.Admins {
			continue
		}
		commands++
		for _, argument := range []string{"", "islands", "daily at 9", "Berlin", "digest", "-1002001", "-1002001 daily at 9", "-1002001 Berlin", "-1002001 digest", "-1002001 sea", "topics sea", "-1002003", "-1002077"} {
			questions = append(questions, brief.Question{Command: e.Name, Argument: argument})
		}
		for _, o := range e.Options {
			questions = append(questions, brief.Question{Command: e.Name, Options: map[string]string{o.Name: "digest", "channel": talk}})
		}
		if e.verb != "" && e.verb != brief.ShowSettings {
			t.Errorf("the buttons of /%s are not tried below", e.Name)
		}
	}
	for _, said := range []map[string]string{{"only": "sea"}, {"only": "sea", "channel": talk}, {"only": "sea", "topic": "sea"}} {
		questions = append(questions, brief.Question{Command: "topics", Options: said})
	}
	for _, argument := range []string{"sea, islands", "only sea", talk + " sea", "only islands, sea"} {
		questions = append(questions, brief.Question{Command: "topics", Argument: argument})
	}
	if commands < 8 {
		t.Errorf("only %d commands are for admins", commands)
	}
	for _, s := range everySetting() {
		for _, chat := range []string{"", talk, news, strange} {
			s.Chat = chat
			questions = append(questions, brief.Question{Action: s.Action()})
		}
	}
	for _, with := range []string{"", "..", "x", "xyes.0", "xyes.-1", "xyes..", "xyes..MM", "xyes..zzzzzzzzzzzzzzzzzzzz", "pyes.1.2.3", "w", "t.9", "t.99999999999999999999"} {
		questions = append(questions, brief.Question{Action: brief.Action{Verb: brief.ShowSettings, With: with}})
	}
	for _, q := range questions {
		for _, from := range []struct{ user, chat string }{
			{"eve", talk}, {"eve", news}, {"eve", strange}, {"eve", "eve"}, {"eve", "ada"}, {"", talk}, {"bob", talk}, {"bob", "ada"},
		} {
			if from.user == "bob" && bobs(q) {
				continue
			}
			got := text(a.ask(from.user, from.chat, q))
			if got == wait {
				t.Fatalf("%s was not heard out", from.user)
			}
			if a.data() != before {
				t.Fatalf("%s in %s changed something by %+v", from.user, from.chat, q)
			}
		}
		// Nobody is asked who knows.
		q.Chat, q.User, q.Asker = store.Chat{Platform: store.Telegram, ID: talk}, "ada", nil
		if a.Answer(t.Context(), q); a.data() != before {
			t.Fatalf("changed without a word of the platform, by %+v", q)
		}
	}
	// The same questions do change something if who manages the chat asks.
	for _, q := range questions {
		a.ask("ada", talk, q)
	}
	if a.data() == before {
		t.Error("none of what was tried would have changed anything")
	}
}

// bobs reports whether a question is about the chat that Bob manages.
func bobs(q brief.Question) bool {
	s, err := brief.ParseSetting(q.Action.With)
	return strings.HasPrefix(q.Argument, strange) || err == nil && s.Chat == strange
}
