package command

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
)

// chat is a reader's private chat, in which a dialogue is held.
type chat struct {
	*testing.T
	d    *Desk
	last brief.Answer
}

var adas = store.Chat{Platform: store.Telegram, ID: "7"}

func (c *chat) question() brief.Question {
	return brief.Question{Chat: adas, Private: true, User: "7", Language: "en"}
}

// says types a command, and gives the answer.
func (c *chat) says(line string) string {
	c.Helper()
	q := c.question()
	q.Command, q.Argument, _ = strings.Cut(strings.TrimPrefix(line, "/"), " ")
	c.last = c.d.Answer(c.Context(), q)
	return text(c.last)
}

// presses presses a button of the last answer, by its label.
func (c *chat) presses(label string) string {
	c.Helper()
	for _, b := range c.last.Buttons {
		if b.Label != label {
			continue
		}
		if n := len(b.Data("3k2j5h8d1a.0")); n > 64 {
			c.Errorf("button %q has %d bytes", label, n)
		}
		a, _, err := brief.ParseAction(b.Data("t"))
		if err != nil {
			c.Fatal(err)
		}
		q := c.question()
		q.Action = a
		c.last = c.d.Answer(c.Context(), q)
		return text(c.last)
	}
	c.Fatalf("no button %q on %q: %+v", label, text(c.last), c.last.Buttons)
	return ""
}

func (c *chat) profile() store.Profile {
	c.Helper()
	p, err := c.d.store.Profile(c.Context(), c.question().Asks())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		c.Fatal(err)
	}
	return p
}

func (c *chat) expect(what, got, want string) {
	c.Helper()
	if !strings.Contains(got, want) {
		c.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func newChat(t *testing.T) *chat {
	d, _ := open(t)
	d.keep, d.backups = 90*24*time.Hour, 7
	return &chat{T: t, d: d}
}

func TestClock(t *testing.T) {
	for words, want := range map[string]string{
		"7": "07:00", "7:30": "07:30", "07.30": "07:30", "7pm": "19:00", "7:30 am": "07:30", "12am": "00:00", "12 pm": "12:00",
		"7h30": "07:30", "19 Uhr": "19:00", "730": "07:30", "1915": "19:15", "7:30 p.m.": "19:30", "24:00": "00:00",
		"٧:٣٠": "07:30", "७:३०": "07:30", "７：３０": "07:30", "19h": "19:00", "0": "00:00",
		"25": "", "7:60": "", "13pm": "", "0am": "", "noonish": "", "": "", "7:3": "", "-7": "", "7 30 1": "", "1e3": "",
	} {
		got := ""
		if minutes, ok := clockOf(words); ok {
			got = clockText(minutes)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", words, got, want)
		}
	}
}

func TestZones(t *testing.T) {
	for words, want := range map[string]string{
		"Berlin": "Europe/Berlin", "berlin": "Europe/Berlin", "europe/berlin": "Europe/Berlin", "Hamburg": "Europe/Berlin", "münchen": "Europe/Berlin",
		"Munchen": "Europe/Berlin", "Berln": "Europe/Berlin", "Germany": "Europe/Berlin", "new york": "America/New_York", "Sao Paulo": "America/Sao_Paulo",
		"San Francisco": "America/Los_Angeles", "Kiev": "Europe/Kyiv", "Київ": "Europe/Kyiv", "Москва": "Europe/Moscow", "北京": "Asia/Shanghai",
		"القاهرة": "Africa/Cairo", "दिल्ली": "Asia/Kolkata", "kolkatta": "Asia/Kolkata",
		"UTC": "UTC", "utc+2": "Etc/GMT-2", "GMT -3": "Etc/GMT+3", "UTC−5": "Etc/GMT+5", "UTC+5:30": "Asia/Kolkata", "UTC+0": "UTC",
		"UTC+15": "", "UTC+1:17": "", "Atlantis": "", "": "", "!?": "",
	} {
		got := zonesLike(words, 1)
		if strings.Join(got, "") != want {
			t.Errorf("%q is %v, want %s", words, got, want)
		}
		if want != "" && !isZone(want) {
			t.Errorf("%s is no zone", want)
		}
	}
	for _, z := range zones() {
		if !isZone(z.name) {
			t.Errorf("the list has %s, which is no zone", z.name)
		}
		if name, ok := zoneNamed(zoneName(z.name)); !ok || name != z.name {
			t.Errorf("a button's %s is %s", zoneName(z.name), name)
		}
	}
	for language, all := range likelyZones {
		for _, name := range all {
			if len("0730."+zoneName(name)) > brief.MaxWith || !slices.ContainsFunc(zones(), func(z zone) bool { return z.name == name }) {
				t.Errorf("%s: %s can't be on a button", language, name)
			}
		}
	}
	if got := zoneLabel("Etc/GMT-2") + zoneLabel("America/New_York"); got != "UTC+2America/New York" {
		t.Errorf("labels %q", got)
	}
}

func FuzzWhatReadersType(f *testing.F) {
	for _, s := range []string{"7:30 Berlin", "7 pm UTC+2", "topic world", "story night ferry", "off", "٧", "🕐 ½", "9999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if minutes, ok := clockOf(s); ok && (minutes < 0 || minutes >= 24*60) {
			t.Errorf("%q is minute %d", s, minutes)
		}
		for _, name := range zonesLike(s, 3) {
			if !isZone(name) {
				t.Errorf("%q may be %s, which is no zone", s, name)
			}
		}
		readBrief(s)
		readFollow(s)
	})
}

func TestMyBrief(t *testing.T) {
	c := newChat(t)
	c.expect("alone", c.says("/mybrief"), "No daily brief comes to you yet")
	c.expect("a time, the zone being unknown", c.presses("07:30"), "By which clock?")
	c.expect("a zone's button", c.presses("Europe/London"), "Every day at 07:30 (Europe/London)")
	if p := c.profile(); p.Brief != "07:30" || p.Timezone != "Europe/London" || p.Home != adas {
		t.Errorf("profile %+v", p)
	}
	ch, err := c.d.store.(*store.Store).Channel(t.Context(), "reader:telegram:7:brief")
	if err != nil || ch.Schedule != "30 07 * * *" || ch.Timezone != "Europe/London" || ch.Chat != adas || ch.Language != "en" {
		t.Errorf("channel %+v, %v", ch, err)
	}
	c.expect("another time", c.says("/mybrief 7pm"), "Every day at 19:00 (Europe/London)")
	c.expect("both", c.says("/mybrief 7:30 am New York"), "Every day at 07:30 (America/New York)")
	c.expect("an offset", c.says("/mybrief 8 UTC+2"), "Every day at 08:00 (UTC+2)")
	c.expect("a zone alone", c.says("/mybrief Berlin"), "comes at 08:00 (Europe/Berlin)")
	c.expect("alone again", c.says("/mybrief"), "comes at 08:00 (Europe/Berlin)")
	c.expect("no time", c.says("/mybrief whenever"), "can’t read that as a time")
	c.expect("no zone", c.says("/mybrief 8 Atlantis"), "know no time zone like that")
	if p := c.profile(); p.Brief != "08:00" || p.Timezone != "Europe/Berlin" {
		t.Errorf("what was not understood changed %+v", p)
	}
	c.says("/mybrief")
	c.expect("off", c.presses("Off"), "No daily brief comes any more")
	c.says("/mybrief 9")
	c.expect("off in another language", c.says("/mybrief aus"), "No daily brief comes any more")
	if _, err := c.d.store.(*store.Store).Channel(t.Context(), "reader:telegram:7:brief"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the channel is still there: %v", err)
	}
	got := c.d.Suggest(t.Context(), brief.Question{Command: "mybrief"}, "zone", "los ang", 5)
	if len(got) != 1 || got[0].Value != "America/Los_Angeles" {
		t.Errorf("suggested %+v", got)
	}
	if got := c.d.Suggest(t.Context(), brief.Question{Command: "mybrief", Language: "de"}, "zone", "", 5); got[0].Value != "Europe/Berlin" {
		t.Errorf("suggested %+v", got)
	}
}

func TestFollow(t *testing.T) {
	c := newChat(t)
	st := c.d.store.(*store.Store)
	_, _, err := st.PutStory(t.Context(), store.Story{ID: "tide", Headline: "Tide tables change", Bullets: []store.Bullet{{Text: "b"}}, Topics: []string{"Sea"}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c.expect("nothing yet", c.says("/follow"), "You follow nothing yet")
	c.says("/topics sea")
	c.expect("the button of a topic's page", c.presses("Follow"), "a new story on “Sea”")
	c.says("/topics sea")
	c.expect("and then", c.presses("Stop following"), "You no longer follow: Sea")
	c.expect("a known topic", c.says("/follow sea"), "a new story on “Sea”")
	c.expect("a story by its words", c.says("/follow night ferry"), "When this story changes, I tell you in private: Night ferry returns")
	c.expect("words that fit several", c.says("/follow port ansel"), "Which one?")
	c.expect("the button of one", c.presses("1"), "Lighthouse of Port Ansel")
	c.expect("neither", c.says("/follow volcanoes"), "neither a topic nor a story like “volcanoes”")
	c.expect("all the same", c.presses("Yes, as a topic"), "a new story on “volcanoes”")
	c.expect("a story, said to be one", c.says("/follow story harbour strike"), "Harbour strike ends")
	c.expect("a topic, said to be one", c.says("/follow topic night ferry"), "neither a topic")
	c.expect("the list", c.says("/follow"), "1. Sea | 2. volcanoes | 3. Night ferry returns to Port Ansel | 4. Lighthouse of Port Ansel goes dark | 5. Harbour strike ends")
	c.expect("a button of the list", c.presses("✕ 2"), "You no longer follow: volcanoes")
	c.expect("by words", c.says("/unfollow lighthouse"), "You no longer follow: Lighthouse")
	c.expect("what is not followed", c.says("/unfollow volcanoes"), "don’t follow anything like that")
	c.says("/unfollow")
	c.expect("alone, it lists", text(c.last), "1. Sea | 2. Night ferry")
	if got := c.d.Suggest(t.Context(), brief.Question{Chat: adas, User: "7", Command: "unfollow"}, "story", "har", 5); len(got) != 1 || got[0].Label != "Harbour strike ends" {
		t.Errorf("suggested %+v", got)
	}
	if got := c.d.Suggest(t.Context(), brief.Question{Chat: adas, User: "7", Command: "follow"}, "topic", "s", 5); len(got) != 1 || got[0].Value != "Sea" {
		t.Errorf("suggested %+v", got)
	}
	p := c.profile()
	if !slices.Equal(p.Topics, []string{"Sea"}) || !slices.Equal(p.Stories, []string{"ferry", "harbour"}) {
		t.Errorf("profile %+v", p)
	}
	// As Discord asks, and as a reply to a post.
	q := c.question()
	q.Command, q.Sub, q.Options = "follow", "story", map[string]string{"story": "tide"}
	c.expect("a subcommand", text(c.d.Answer(t.Context(), q)), "Tide tables change")
	q.Command, q.Sub, q.Options = "unfollow", "topic", map[string]string{"topic": "sea"}
	c.expect("a subcommand", text(c.d.Answer(t.Context(), q)), "You no longer follow: Sea")
	c.says("/unfollow story tide")
	reply := brief.Question{Chat: group, User: "7", Command: "follow", Message: "42", Asker: reachable{}}
	c.expect("a reply", text(c.d.Answer(t.Context(), reply)), "Lighthouse of Port Ansel goes dark")
	for i := range store.MaxFollowed + 1 {
		c.says("/follow topic t" + strings.Repeat("x", i))
		c.presses("Yes, as a topic")
	}
	c.expect("too many", text(c.last), "at most 12")
	if n := len(c.profile().Topics); n != store.MaxFollowed {
		t.Errorf("%d topics are followed", n)
	}
}

// reachable is an asker whose private chat the bot may write to.
type reachable struct{ brief.Asker }

func (reachable) Home(context.Context) (store.Chat, error) { return adas, nil }

type unreachable struct{ brief.Asker }

func (unreachable) Home(context.Context) (store.Chat, error) { return store.Chat{}, store.ErrNotFound }

// What concerns a reader alone is not shown where others read along, and who
// can't be reached in private is told what to do.
func TestReaderInAGroup(t *testing.T) {
	c := newChat(t)
	q := brief.Question{Chat: group, User: "7", Language: "en", Asker: unreachable{}}
	ask := func(command, argument string) string {
		q := q
		q.Command, q.Argument = command, argument
		return text(c.d.Answer(t.Context(), q))
	}
	for _, command := range []string{"privacy", "forgetme", "mybrief", "follow"} {
		c.expect(command, ask(command, ""), "between the two of us")
	}
	forge := q
	forge.Action = brief.Action{Verb: brief.ForgetMe, With: brief.ForgetYes}
	c.expect("a button that was brought here", text(c.d.Answer(t.Context(), forge)), "between the two of us")
	c.expect("following", ask("follow", "night ferry"), "can’t write to you in private yet")
	q.Asker = reachable{}
	c.expect("following", ask("follow", "night ferry"), "When this story changes")
	if p := c.profile(); p.Home != adas {
		t.Errorf("profile %+v", p)
	}
	discord := brief.Question{Chat: store.Chat{Platform: store.Discord, ID: "1"}, User: "7", Command: "privacy"}
	c.expect("Discord shows it to the asker alone", text(c.d.Answer(t.Context(), discord)), "What is stored about you")
}

func TestReaderComesAndGoes(t *testing.T) {
	c := newChat(t)
	st := c.d.store.(*store.Store)
	c.expect("start", c.says("/start"), "Hello!")
	if p := c.profile(); p.Home != adas {
		t.Errorf("profile %+v", p)
	}
	c.says("/mybrief 7:30 Berlin")
	c.says("/follow night ferry")
	c.expect("language", c.says("/language"), "In which language")
	c.expect("its button", c.presses("Deutsch"), "Ab jetzt spreche ich Deutsch")
	if ch, err := st.Channel(t.Context(), "reader:telegram:7:stories"); err != nil || ch.Language != "de" {
		t.Errorf("channel %+v, %v", ch, err)
	}
	c.expect("no language", c.says("/language klingon"), "Diese Sprache spreche ich nicht")
	for name, want := range map[string]string{"english": "I speak English", "Русский": "по-русски", "ES": "le hablo en español", "Spanisch": "español", "zh-hant": "中文"} {
		c.expect(name, c.says("/language "+name), want)
		if name == "ES" {
			c.says("/language de")
		}
	}
	c.says("/language en")
	c.expect("stop", c.says("/stop"), "Nothing comes to you by itself any more")
	if all := readersChannels(t, st); len(all) != 0 {
		t.Errorf("after /stop there are %v", all)
	}
	c.expect("again", c.presses("Start again"), "What you had chosen comes again")
	if all := readersChannels(t, st); len(all) != 2 {
		t.Errorf("after /start there are %v", all)
	}

	got := c.says("/privacy")
	for _, want := range []string{"number on this platform: 7", "Language: en", "Time zone: Europe/Berlin", "Daily brief: 07:30", "Topics you follow: none", "Stories you follow: Night ferry returns", "90 days", "7 days"} {
		c.expect("privacy", got, want)
	}
	c.expect("forgetting asks", c.presses("Erase everything"), "Shall I erase everything")
	c.expect("no", c.presses("No, keep it"), "Nothing was erased")
	if p := c.profile(); p.Brief != "07:30" {
		t.Errorf("who was not to be forgotten has %+v", p)
	}
	c.says("/forgetme")
	c.expect("yes", c.presses("Yes, erase it"), "Done: what was stored about you is erased")
	if !c.last.Farewell {
		t.Error("the answer would be kept")
	}
	if _, err := st.Profile(t.Context(), c.question().Asks()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the profile is still there: %v", err)
	}
}

// Each language says all that readers are told, with the values in it.
func TestReadersInEachLanguage(t *testing.T) {
	c := newChat(t)
	for _, v := range c.d.languages.Voices() {
		c.says("/language " + v.Code())
		for line, want := range map[string]string{
			"/mybrief 7:30 Berlin": "07:30", "/follow night ferry": "Night ferry returns", "/privacy": "90", "/forgetme": "7", "/start": "", "/stop": "/start",
		} {
			if got := c.says(line); !strings.Contains(got, want) || strings.Contains(got, "<no value>") || strings.Contains(got, "reader.") {
				t.Errorf("%s: %s: %q", v.Code(), line, got)
			}
		}
	}
}

// manager is whose chat it is.
type manager struct{ brief.Asker }

func (manager) Manages(context.Context, store.Chat) (bool, error) { return true, nil }

// In a private chat in which nothing is posted, the settings are the form of what
// is said there.
func TestOwnForm(t *testing.T) {
	c := newChat(t)
	q := c.question()
	q.Command, q.Asker = "settings", manager{}
	c.last = c.d.Answer(t.Context(), q)
	c.expect("the settings", text(c.last), "Form: classic")
	c.expect("the settings", text(c.last), "/subscribe")
	c.expect("another form", c.presses("rich"), "Form: rich")
	if p := c.profile(); p.Format != store.Rich {
		t.Errorf("chosen is %q", p.Format)
	}
	c.expect("what is stored", c.says("/privacy"), "Form: rich")

	// Elsewhere there is no such choice.
	q.Command, q.Action = "", brief.Action{Verb: brief.OwnForm, With: store.Rich}
	for _, here := range []brief.Question{
		{Chat: group, User: "8"},
		{Chat: store.Chat{Platform: store.Discord, ID: "8"}, Private: true, User: "8"},
	} {
		here.Action, here.Asker = q.Action, manager{}
		if got := text(c.d.Answer(t.Context(), here)); !strings.Contains(got, "no longer know that button") {
			t.Errorf("in %v: %q", here.Chat, got)
		}
	}
}

// readersChannels are the names of the channels that readers have.
func readersChannels(t *testing.T, st *store.Store) (names []string) {
	t.Helper()
	all, err := st.Channels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Origin == store.FromReader {
			names = append(names, c.Name)
		}
	}
	return names
}
