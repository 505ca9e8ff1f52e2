package discord

import (
	"context"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

// question waits for the nth question, from 1.
func (w *world) question(n int) brief.Question {
	w.Helper()
	w.until("the question", func() bool { return len(w.desk.questions()) >= n })
	return w.desk.questions()[n-1]
}

// press presses a button as Ada, or chooses in a menu.
func (w *world) press(chat, message, data string) {
	w.Helper()
	if err := w.api.Press(w.Context(), w.ada, chat, message, data); err != nil {
		w.Fatal(err)
	}
}

// whispered are the messages that Ada alone sees, without what changed them.
func (w *world) whispered() []sandbox.Entry {
	var all []sandbox.Entry
	for _, e := range w.answers() {
		if e.Method == "answer" {
			all = append(all, e)
		}
	}
	return all
}

// A command's options come by their names, in the reader's language too, and
// what is no number above 0 and no choice can't be sent.
func TestSlashOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.table = everyKind()
	w.start()
	w.say("/sources story:night ferry number:3 side:critical")
	w.question(1)
	w.api.SetLanguage(w.ada, "de")
	w.say("/quellen meldung:fähre quellen:kritisch")
	want := []map[string]string{{"story": "night ferry", "number": "3", "side": "crit"}, {"story": "fähre", "side": "crit"}}
	w.question(2)
	for i, q := range w.desk.questions() {
		if q.Command != "sources" || q.Sub != "" || !reflect.DeepEqual(q.Options, want[i]) {
			t.Errorf("asked /%s %v, want %v", q.Command, q.Options, want[i])
		}
	}
	for _, wrong := range []string{"/sources number:3", "/sources story:ferry number:0", "/sources story:ferry side:left"} {
		if err := w.api.Say(t.Context(), w.ada, w.news, wrong, ""); err == nil {
			t.Errorf("%s could be sent", wrong)
		}
	}
}

// A subcommand comes with options of its own.
func TestSubcommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.table = everyKind()
	w.start()
	w.say("/latest story story:night ferry every:2")
	if q := w.question(1); q.Command != "latest" || q.Sub != "story" || !reflect.DeepEqual(q.Options, map[string]string{"story": "night ferry", "every": "2"}) {
		t.Errorf("asked %+v", q)
	}
	w.say("/latest help")
	if q := w.question(2); q.Command != "latest" || q.Sub != "help" || len(q.Options) > 0 {
		t.Errorf("asked %+v", q)
	}
}

// The second option of a subcommand is completed by what stands in the first;
// one for numbers gets numbers.
func TestSecondOptionSuggested(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.table = everyKind()
	w.desk.suggest = func(string) []brief.Suggestion {
		return []brief.Suggestion{{Label: "Every 12 hours", Value: "12"}, {Label: "At noon", Value: "noon"}}
	}
	w.start()
	names, err := w.api.Complete(t.Context(), w.ada, w.news, "latest story story:ferry", "every", "1")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(names, []string{"Every 12 hours"}) {
		t.Errorf("suggested %q", names)
	}
	c := w.desk.typed[0]
	if c.option != "every" || c.words != "1" || c.q.Command != "latest" || c.q.Sub != "story" || c.q.Options["story"] != "ferry" || c.q.User != w.ada {
		t.Errorf("the desk was asked for %q of %q, %+v", c.option, c.words, c.q)
	}
	w.say("/latest story story:ferry every:Every 12 hours")
	if q := w.question(1); q.Options["every"] != "12" {
		t.Errorf("chosen was %v", q.Options)
	}
}

// A command from the menu of a post is about its story, which its buttons tell,
// in the reader's language; of several stories none is guessed. The asker alone
// sees the answer.
func TestCommandOnPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.table = everyKind()
	post := w.send(w.delivery(w.news, english.Post(ferry(), false))).Parts[0].Message
	digest := w.send(w.rendered(store.Delivery{ID: 78, Kind: store.PostDelivery, Chat: store.Chat{Platform: store.Discord, ID: w.news}},
		english.Digest(time.Now(), []store.Entry{ferry(), flood()}))).Parts[0].Message
	w.start()
	for n, tt := range []struct{ locale, name, message, button string }{
		{"en-US", "Sources", post, "1/crit/k7m2p/25.0"},
		{"de", "Quellen", post, "1/crit/k7m2p/25.0"},
		{"de", "Quellen", digest, ""},
	} {
		w.api.SetLanguage(w.ada, tt.locale)
		if err := w.api.Use(t.Context(), w.ada, w.news, tt.message, tt.name); err != nil {
			t.Fatal(err)
		}
		q := w.question(n + 1)
		if q.Command != "sources" || q.Message != tt.message || q.Button != tt.button || q.Chat.ID != w.news {
			t.Errorf("%s: asked %+v", tt.name, q)
		}
		e := w.expect(n+1, "Both sides of it.")
		if !strings.Contains(string(e.Body), `"flags":64`) || !strings.Contains(string(e.Body), `"allowed_mentions":{"parse":[]}`) {
			t.Errorf("all see it, or it pings: %s", e.Body)
		}
	}
}

// On somebody else's message, a command says that it is for posts.
func TestCommandOnOthersMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.table = everyKind()
	w.start()
	w.say("good morning")
	hers := decode[found](t, w.api.Messages(w.news)[0])
	if err := w.api.Use(t.Context(), w.ada, w.news, hers.ID, "Sources"); err != nil {
		t.Fatal(err)
	}
	w.expect(1, "That message is none of my posts. /latest shows the newest stories.")
	if len(w.desk.questions()) > 0 {
		t.Error("the desk was asked")
	}
}

// many is an answer with a menu to choose from.
func many(label string) brief.Message {
	m := english.Say(label)
	m.Menu.Hint = "Which one?"
	for i := range 40 {
		m.Menu.Options = append(m.Menu.Options, brief.Button{Label: label, Action: brief.Action{Verb: brief.Narrative(i % 30), Story: "k7m2p"}})
	}
	return m
}

// What is chosen in a menu asks as a button would, and what is in the menu fits
// what Discord takes.
func TestSelect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.answer = func(context.Context, brief.Question) brief.Message { return many(strings.Repeat("Narrative ", 20)) }
	w.start()
	w.say("/latest")
	w.until("the menu", func() bool { return len(w.answers()) == 1 })
	e := w.answers()[0]
	for _, part := range []string{`"placeholder":"Which one?"`, `"value":"1/n25/k7m2p/a"`} {
		if !strings.Contains(string(e.Body), part) {
			t.Errorf("the menu lacks %s: %s", part, e.Body)
		}
	}
	w.press(w.news, e.ID, "1/menu//a\n1/n3/k7m2p/a")
	q := w.question(2)
	if q.Action != (brief.Action{Verb: "n3", Story: "k7m2p"}) || q.Button != "1/n3/k7m2p/a" || q.Message != e.ID {
		t.Errorf("asked %+v", q)
	}
	if got := Preview(many("Nerd"))[0]; !strings.Contains(got, "[Which one? | Nerd | Nerd") {
		t.Errorf("the preview shows %q", got)
	}
}

// Buttons on an answer that the asker alone sees turn it in place, soon or late;
// what may not take its place, and what comes of a post, is a message of its
// own.
func TestTurnInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	wait := make(chan struct{})
	var slow atomic.Bool
	w.desk.turn.Store(true)
	w.desk.answer = func(_ context.Context, q brief.Question) brief.Message {
		if slow.Load() {
			<-wait
		}
		switch q.Action.Verb {
		case brief.ShowCritical:
			return english.Side(ferry(), store.Critical)
		case brief.ShowEstablishment:
			return english.Side(ferry(), store.Establishment)
		}
		return english.Say("Sources of it")
	}
	post := w.send(w.delivery(w.news, english.Post(ferry(), false))).Parts[0].Message
	w.start()
	w.press(w.news, post, "1/crit/k7m2p/25.0")
	w.until("an answer to the post", func() bool { return len(w.whispered()) == 1 })
	first := w.whispered()[0]

	turned := func(n int, text string) {
		t.Helper()
		w.until("the turn", func() bool { return len(w.answers()) == n })
		e := w.answers()[n-1]
		if e.Method != "edit" || e.ID != first.ID || !strings.HasPrefix(e.Text, text) {
			t.Errorf("turned: %s of %s: %q", e.Method, e.ID, e.Text)
		}
		for _, part := range []string{`"content":""`, `"embeds":[`, `"components":[`, `"allowed_mentions":{"parse":[]}`} {
			if !strings.Contains(string(e.Body), part) {
				t.Errorf("the turn lacks %s: %s", part, e.Body)
			}
		}
	}
	w.press(w.news, first.ID, "1/est/k7m2p/a")
	turned(2, "Pro-establishment narrative")
	w.press(w.news, first.ID, "1/crit/k7m2p/a")
	turned(3, "Establishment-critical narrative")

	slow.Store(true)
	w.press(w.news, first.ID, "1/est/k7m2p/a")
	w.until("the wait", func() bool { answers, _ := w.api.Requests("answer"); return answers == 4 })
	wait <- struct{}{}
	turned(4, "Pro-establishment narrative")

	w.desk.turn.Store(false)
	w.press(w.news, first.ID, "1/crit/k7m2p/a")
	w.until("the wait", func() bool { answers, _ := w.api.Requests("answer"); return answers >= 6 })
	wait <- struct{}{}
	w.until("an answer beside it", func() bool { return len(w.whispered()) == 2 })

	slow.Store(false)
	w.desk.turn.Store(true)
	w.press(w.news, post, "1/src/k7m2p/25.0")
	w.until("another answer to the post", func() bool { return len(w.whispered()) == 3 })
	if n := w.posted(w.news); n != 1 {
		t.Errorf("%d messages for all to see", n)
	}
	for _, e := range w.whispered() {
		if e.ID == post || !strings.Contains(string(e.Body), `"flags":64`) {
			t.Errorf("all see %s", e.Body)
		}
	}
}

// Who was told to wait, and goes on pressing, sees nothing more; a command can't
// go without an answer.
func TestToldToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.quiet.Store(true)
	post := w.send(w.delivery(w.news, english.Post(ferry(), false))).Parts[0].Message
	w.start()
	w.press(w.news, post, "1/crit/k7m2p/25.0")
	w.until("an acknowledgement", func() bool { answers, _ := w.api.Requests("answer"); return answers == 1 })
	w.say("/latest")
	w.expect(1, "Both sides of it.")
	if q := w.question(1); q.Action.Verb != brief.ShowCritical || len(w.answers()) != 1 {
		t.Errorf("asked %+v, and %d answers", q, len(w.answers()))
	}
}

// A long answer is one message whose pages turn in place. On each the rest of
// the buttons stand too, and together they hold all of it.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.turn.Store(true)
	var shorter atomic.Bool
	w.desk.answer = func(context.Context, brief.Question) brief.Message {
		if shorter.Load() {
			return english.Say("Short now.")
		}
		return english.Post(flood(), false)
	}
	post := w.send(w.delivery(w.news, english.Post(ferry(), false))).Parts[0].Message
	w.start()
	w.press(w.news, post, "1/src/k7m2p/25.0")
	w.until("the first page", func() bool { return len(w.answers()) == 1 })
	first := w.answers()[0]
	parts := len(pages(english.Post(flood(), false)))
	if parts < 3 {
		t.Fatalf("%d pages are not long", parts)
	}
	for page := 2; page <= parts; page++ {
		w.press(w.news, first.ID, "1/src/k7m2p/"+pageTag(page))
		w.until("the next page", func() bool { return len(w.answers()) == page })
	}
	all := w.answers()
	for i, e := range all {
		if e.ID != first.ID || i > 0 && e.Method != "edit" {
			t.Errorf("page %d is %s of another message", i+1, e.Method)
		}
		for _, data := range []string{"1/crit/p9x3q/a", "1/est/p9x3q/a", "1/src/p9x3q/a"} {
			if !strings.Contains(string(e.Body), data) {
				t.Errorf("page %d lacks the button %s", i+1, data)
			}
		}
	}
	for n, want := range map[int]string{0: "Statement 1:", parts - 1: "Statement 30:"} {
		if !strings.Contains(all[n].Text, want) {
			t.Errorf("page %d lacks %q", n+1, want)
		}
	}
	if got := strings.Count(texts(all), "Statement "); got != 30 {
		t.Errorf("%d of 30 statements", got)
	}
	// Behind the last there is nothing to turn to.
	if err := w.api.Press(t.Context(), w.ada, w.news, first.ID, "1/src/k7m2p/"+pageTag(parts+1)); err == nil {
		t.Error("the last page turns on")
	}
	// A page that is no longer there is the last.
	shorter.Store(true)
	w.press(w.news, first.ID, "1/src/k7m2p/"+pageTag(parts-1))
	w.expect(parts+1, "Short now.")
}

// An app that a reader has taken along answers in chats where the bot is not:
// to the reader alone, and by nothing but the answers to interactions.
func TestAppTakenAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.turn.Store(true)
	w.desk.answer = func(context.Context, brief.Question) brief.Message { return english.Side(ferry(), store.Critical) }
	w.start()
	friends, err := w.api.AddGroupDM("Ben", w.ada, w.api.AddUser("ben"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.api.Install(w.ada); err != nil {
		t.Fatal(err)
	}
	reads, _ := w.api.Requests("read")
	if err := w.api.Say(t.Context(), w.ada, friends, "/critical night ferry", ""); err != nil {
		t.Fatal(err)
	}
	w.until("the answer", func() bool { return len(w.answers()) == 1 })
	e := w.answers()[0]
	if e.Chat != friends || !strings.Contains(string(e.Body), `"flags":64`) {
		t.Errorf("answered in %s with %s", e.Chat, e.Body)
	}
	w.press(friends, e.ID, "1/est/k7m2p/a")
	w.until("the turn", func() bool { return len(w.answers()) == 2 })
	want := brief.Question{
		Chat: store.Chat{Platform: store.Discord, ID: friends}, User: w.ada, Language: "en-US",
		Command: "critical", Options: map[string]string{"story": "night ferry"},
	}
	q := w.question(1)
	q.Asker = nil
	if !reflect.DeepEqual(q, want) {
		t.Errorf("asked %+v, want %+v", q, want)
	}
	if now, _ := w.api.Requests("read"); now != reads || w.posted(friends) != 0 {
		t.Errorf("%d requests and %d posts in a chat of others", now-reads, w.posted(friends))
	}
}

// Every gesture works in every kind of chat that has it, and its answer is seen
// by the asker alone.
func TestGesturesInEveryChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.table = everyKind()
	w.desk.turn.Store(true)
	w.desk.answer = func(_ context.Context, q brief.Question) brief.Message {
		m := english.Post(flood(), false)
		m.Menu = many("Nerd").Menu
		return m
	}
	w.desk.suggest = func(words string) []brief.Suggestion {
		return []brief.Suggestion{{Label: "Night " + words, Value: "k7m2p"}}
	}
	w.start()
	if err := w.api.SetMember(w.ada, 1<<4|1<<10|1<<11); err != nil { // manages channels
		t.Fatal(err)
	}
	if err := w.api.Install(w.ada); err != nil {
		t.Fatal(err)
	}
	made := func(id string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	posts := uint64(0)
	post := func(chat string) (place, message string) {
		posts++
		dl := store.Delivery{ID: 100 + posts, Kind: store.PostDelivery, Chat: store.Chat{Platform: store.Discord, ID: chat}}
		dl = w.send(w.rendered(dl, english.Post(ferry(), false)))
		return thread(dl, 1), dl.Parts[0].Message
	}
	for _, tt := range []struct {
		kind, chat string
		post       bool // the bot can post there
		admin      bool // what admins set up can be set up there
	}{
		{"channel", w.news, true, true},
		{"announcements", w.channel("headlines", "announcement"), true, true},
		{"thread", made(w.api.AddThread(w.news, "the ferry")), true, true},
		{"forum", w.channel("briefs", "forum"), true, true},
		{"private", made(w.api.OpenDM(w.ada)), true, true},
		{"group", made(w.api.AddGroupDM("Rowing club", w.ada, w.api.AddUser("ben"))), false, false},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			chat, message := tt.chat, ""
			if tt.post {
				chat, message = post(tt.chat)
			}
			asks := func(what string, do func() error) (brief.Question, sandbox.Entry) {
				t.Helper()
				questions, answers := len(w.desk.questions()), len(w.answers())
				if err := do(); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				w.until(what, func() bool { return len(w.answers()) > answers })
				e := w.answers()[answers]
				if e.Chat != chat || e.Method == "answer" && !strings.Contains(string(e.Body), `"flags":64`) || !strings.Contains(string(e.Body), `"allowed_mentions":{"parse":[]}`) {
					t.Errorf("%s: %s in %s, which all see, or which pings: %s", what, e.Method, e.Chat, e.Body)
				}
				q := w.desk.questions()[questions]
				if q.Chat.ID != chat || q.User != w.ada || q.Private != (tt.kind == "private") {
					t.Errorf("%s: asked %+v", what, q)
				}
				return q, e
			}
			say := func(line string) func() error {
				return func() error { return w.api.Say(t.Context(), w.ada, chat, line, "") }
			}
			press := func(message, data string) func() error {
				return func() error { return w.api.Press(t.Context(), w.ada, chat, message, data) }
			}
			canType := tt.kind != "announcements" // readers only read there
			if canType {
				if q, _ := asks("a command", say("/sources story:ferry number:2")); q.Options["number"] != "2" {
					t.Errorf("a command's options are %v", q.Options)
				}
				if q, _ := asks("a subcommand", say("/latest story story:ferry")); q.Sub != "story" {
					t.Errorf("a subcommand is %q", q.Sub)
				}
				names, err := w.api.Complete(t.Context(), w.ada, chat, "sources", "story", "ferry")
				if err != nil || len(names) != 1 || names[0] != "Night ferry" {
					t.Errorf("suggested %q, %v", names, err)
				}
			}
			if !tt.admin || !canType {
				if say("/help")() == nil {
					t.Error("an admin's command can be used")
				}
			} else if q, _ := asks("an admin's command", say("/help")); q.Command != "help" {
				t.Errorf("an admin's command asks %+v", q)
			}
			var own sandbox.Entry
			if tt.post {
				if q, _ := asks("a command on the post", func() error { return w.api.Use(t.Context(), w.ada, chat, message, "Sources") }); q.Message != message {
					t.Errorf("a command on the post: %+v", q)
				}
				if q, e := asks("a button of the post", press(message, brief.Action{Verb: brief.ShowEstablishment, Story: "k7m2p"}.Data(store.Delivery{ID: 100 + posts}.Tag(0)))); q.Message != message || e.ID == message {
					t.Errorf("a button of the post: %+v, answered in %s", q, e.ID)
				} else {
					own = e
				}
			} else {
				_, own = asks("a command", say("/latest help"))
			}
			second := brief.Action{Verb: brief.ShowStory, Story: "p9x3q"}
			if tt.post {
				second = brief.Action{Verb: brief.ShowEstablishment, Story: "k7m2p"}
			}
			if q, e := asks("a page", press(own.ID, second.Data(pageTag(2)))); q.Action != second || e.ID != own.ID || e.Method != "edit" {
				t.Errorf("a page: %+v, %s of %s", q.Action, e.Method, e.ID)
			}
			if q, e := asks("a menu", press(own.ID, "1/menu//a\n1/n3/k7m2p/a")); q.Action.Verb != "n3" || e.ID != own.ID {
				t.Errorf("a menu: %+v, answered in %s", q.Action, e.ID)
			}
			if q, e := asks("a button of the answer", press(own.ID, "1/crit/p9x3q/a")); q.Action.Verb != "crit" || e.ID != own.ID || e.Method != "edit" {
				t.Errorf("a button of the answer: %+v, %s of %s", q.Action, e.Method, e.ID)
			}
		})
	}
}
