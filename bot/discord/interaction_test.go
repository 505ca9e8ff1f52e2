package discord

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

// A reader asks by command and by button, in a server and in private, and alone
// sees the answers.
func TestDialogue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.answer = func(_ context.Context, q brief.Question) brief.Message {
		if q.Command == "critical" {
			return english.Side(ferry(), store.Critical)
		}
		return english.Say("Pressed " + string(q.Action.Verb))
	}
	post := w.send(w.delivery(w.news, english.Post(ferry(), false))).Parts[0].Message
	w.start()

	w.say("/critical night ferry")
	e := w.expect(1, "Establishment-critical narrative\nNight ferry returns to Port Ansel\n\nThe islands waited nine years for a promise [2].\n\nThey will remember who broke it.[1]")
	if !strings.Contains(string(e.Body), `"flags":64`) || !strings.Contains(string(e.Body), `"allowed_mentions":{"parse":[]}`) {
		t.Errorf("all see it, or it pings: %s", e.Body)
	}

	if err := w.api.Press(t.Context(), w.ada, w.news, post, "1/src/k7m2p/25.0"); err != nil {
		t.Fatal(err)
	}
	w.expect(2, "Pressed src")
	// An answer's own buttons lead on.
	if err := w.api.Press(t.Context(), w.ada, w.news, e.ID, "1/est/k7m2p/a"); err != nil {
		t.Fatal(err)
	}
	w.expect(3, "Pressed est")

	dm, err := w.api.OpenDM(w.ada)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.api.Say(t.Context(), w.ada, dm, "/latest", ""); err != nil {
		t.Fatal(err)
	}
	w.expect(4, "Pressed")

	here := store.Chat{Platform: store.Discord, ID: w.news}
	for i, want := range []brief.Question{
		{Chat: here, User: w.ada, Language: "en-US", Command: "critical", Options: map[string]string{"story": "night ferry"}},
		{Chat: here, User: w.ada, Language: "en-US", Action: brief.Action{Verb: "src", Story: "k7m2p"}, Button: "1/src/k7m2p/25.0", Message: post},
		{Chat: here, User: w.ada, Language: "en-US", Action: brief.Action{Verb: "est", Story: "k7m2p"}, Button: "1/est/k7m2p/a", Message: e.ID},
		{Chat: store.Chat{Platform: store.Discord, ID: dm}, User: w.ada, Language: "en-US", Private: true, Command: "latest", Options: map[string]string{}},
	} {
		got := w.desk.questions()[i]
		got.Asker = nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("question %d is %+v, want %+v", i, got, want)
		}
	}
	if n := w.posted(w.news); n != 1 {
		t.Errorf("%d messages for all to see", n)
	}
}

// Suggestions come while a reader types, and what is chosen names the story.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	long := strings.Repeat("A very long headline ", 10)
	w.desk.suggest = func(words string) []brief.Suggestion {
		all := []brief.Suggestion{{Label: "", Value: "empty"}, {Label: "Night ferry returns", Value: "k7m2p"}, {Label: long, Value: "p9x3q"}}
		for range 40 {
			all = append(all, brief.Suggestion{Label: "About " + words, Value: "zzzzz"})
		}
		return all
	}
	w.start()
	names, err := w.api.Complete(t.Context(), w.ada, w.news, "critical", "story", "ferr")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != 25 || names[0] != "Night ferry returns" || names[1] != short(long, 100) || names[2] != "About ferr" {
		t.Errorf("%d names: %q", len(names), names[:3])
	}
	w.say("/critical story:" + names[0])
	w.expect(1, "Both sides of it.")
	if q := w.desk.questions()[0]; q.Options["story"] != "k7m2p" {
		t.Errorf("chosen was %q", q.Options)
	}
}

// A desk that takes long is waited for, and the reader is told at once that it
// does. A long answer goes on in order.
func TestSlowDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	proceed := make(chan struct{})
	w.desk.answer = func(context.Context, brief.Question) brief.Message {
		<-proceed
		return english.Post(flood(), false)
	}
	w.start()
	events := w.api.Watch(t.Context())
	w.say("/latest")
	for e := range events {
		if e.Kind == "toast" {
			t.Fatalf("the reader was told: %s", e.Text)
		}
		if e.Kind == "ephemeral" {
			break // "thinking…"
		}
	}
	close(proceed)
	parts := len(messages(english.Post(flood(), false), func(int) string { return "a" }))
	w.until("all parts", func() bool { return len(w.answers()) == parts })
	if parts < 2 {
		t.Fatal("one part is not long")
	}
	at := 0
	for _, want := range []string{"Statement 1:", "Statement 15:", "Statement 30:"} {
		next := strings.Index(texts(w.answers()), want)
		if next < at {
			t.Errorf("%s is missing, or out of order", want)
		}
		at = next
	}
	if n := w.posted(w.news); n != 0 {
		t.Errorf("%d messages for all to see", n)
	}
}

// The rest of a long answer comes, though Discord slows it down.
func TestLimitedAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.answer = func(context.Context, brief.Question) brief.Message { return english.Post(flood(), false) }
	w.start()
	w.api.Fault(sandbox.Fault{Failure: sandbox.Limited, Method: "answer", Delay: 10 * time.Millisecond, Skip: 1, Times: 2})
	w.say("/latest")
	parts := len(messages(english.Post(flood(), false), func(int) string { return "a" }))
	w.until("all parts", func() bool { return len(w.answers()) == parts })
	if !strings.Contains(texts(w.answers()), "Statement 30:") {
		t.Error("the end is missing")
	}
}

// Nothing that a desk does, or that comes from outside, ends the program.
func TestTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.answer = func(_ context.Context, q brief.Question) brief.Message {
		switch q.Options["story"] {
		case "panic":
			panic("no such page")
		case "nothing":
			return brief.Message{}
		}
		return english.Say("Here.")
	}
	w.desk.suggest = func(string) []brief.Suggestion { panic("no suggestions") }
	w.start()
	w.say("/critical panic")
	w.expect(1, english.Text(brief.SayTrouble))
	w.say("/critical nothing")
	w.expect(2, english.Text(brief.SayTrouble))
	for _, i := range []*discordgo.Interaction{
		{},
		{Type: discordgo.InteractionApplicationCommand},
		{Type: discordgo.InteractionMessageComponent, Data: discordgo.MessageComponentInteractionData{CustomID: "1/src/k7m2p/a"}},
		{Type: discordgo.InteractionApplicationCommandAutocomplete, Data: discordgo.ApplicationCommandInteractionData{
			Options: []*discordgo.ApplicationCommandInteractionDataOption{{Name: "story", Focused: true}},
		}},
		{Type: discordgo.InteractionApplicationCommand, Data: discordgo.ApplicationCommandInteractionData{
			Name: "critical", Options: []*discordgo.ApplicationCommandInteractionDataOption{{Name: "story", Value: 7.0}},
		}, Member: &discordgo.Member{}},
	} {
		w.d.interact(t.Context(), i)
	}
	w.say("/critical ferry")
	w.expect(3, "Here.")
}

// A button that is older than the form of its data gets a sentence.
func TestOldButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := w.delivery(w.news, english.Post(ferry(), false))
	dl.Parts[0].Body = []byte(strings.ReplaceAll(string(dl.Parts[0].Body), "1/src/k7m2p", "0:sources:k7m2p"))
	post := w.send(dl).Parts[0].Message
	w.start()
	if err := w.api.Press(t.Context(), w.ada, w.news, post, "0:sources:k7m2p/25.0"); err != nil {
		t.Fatal(err)
	}
	w.expect(1, "I no longer know that button. /latest shows the newest stories.")
}

// An acknowledgement that is lost is made again, and shown once.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for _, f := range []sandbox.Failure{sandbox.DropBefore, sandbox.DropAfter, sandbox.Unavailable, sandbox.UnavailableAfter} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.DiscordOptions{})
			w.start()
			w.api.Fault(sandbox.Fault{Failure: f, Method: "answer", Times: 1})
			w.say("/latest")
			w.expect(1, "Both sides of it.")
			if err := w.stop(); err != nil { // all is done
				t.Fatal(err)
			}
			if n := len(w.answers()); n != 1 || strings.Contains(w.log.String(), "not answered") {
				t.Errorf("%d answers", n)
			}
		})
	}
}

// One answer that hangs keeps nobody else from theirs.
func TestHangingAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.start()
	w.api.Fault(sandbox.Fault{Failure: sandbox.Hang, Method: "answer", Delay: time.Hour, Times: 1})
	w.say("/latest")
	w.until("the first question", func() bool { return len(w.desk.questions()) == 1 })
	for range 70 {
		w.say("/latest")
	}
	w.until("the others' answers", func() bool { return len(w.answers()) >= 70 })
}

// Commands are written once, and only when they differ.
func TestRegistration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.start()
	shown := w.api.Commands(w.news)
	if len(shown) != 2 || shown[0].Name != "critical" || len(shown[0].Options) != 1 || !shown[0].Options[0].Autocomplete || shown[0].Options[0].Required {
		t.Errorf("the menu is %+v", shown)
	}
	dm, err := w.api.OpenDM(w.ada)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.api.Commands(dm)) != 2 {
		t.Error("the commands are missing in private")
	}
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	w.d = w.adapter(w.server.URL)
	reads, _ := w.api.Requests("read")
	w.launch()
	w.until("a look at the commands", func() bool { // GET /gateway/bot, GET commands
		now, _ := w.api.Requests("read")
		return now == reads+2
	})
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if writes, _ := w.api.Requests("register"); writes != 1 {
		t.Errorf("written %d times", writes)
	}
}

// A reader finds the commands in the language of their client, uses them under
// either name, and is answered in it. The names fit Discord's rules, which the
// stand-in holds them to, and no two of a language are the same.
func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.answer = func(_ context.Context, q brief.Question) brief.Message {
		return languages.Voice(q.Language).Sources(ferry())
	}
	w.start()
	for _, v := range languages.Voices() {
		for locale, code := range locales {
			if code != v.Code() {
				continue
			}
			w.api.SetLanguage(w.ada, locale)
			menu := w.api.Menu(w.ada, w.news)
			if menu[0].Name != v.Text(brief.NameCritical) || menu[0].Description != v.Text(brief.HelpCritical) ||
				menu[0].Options[0].Description != v.Text(brief.HelpStoryOption) || menu[0].Name == menu[1].Name {
				t.Errorf("in %s the menu is %+v", locale, menu)
			}
		}
	}
	w.api.SetLanguage(w.ada, "ru")
	w.say("/критика ferry")
	w.say("/critical ferry")
	w.until("two answers", func() bool { return len(w.answers()) == 2 })
	for i, a := range w.answers() {
		if !strings.HasPrefix(a.Text, "Источники") {
			t.Errorf("answer %d is %q", i+1, a.Text)
		}
	}
	for _, q := range w.desk.questions() {
		if q.Command != "critical" || q.Language != "ru" || !q.OwnNames {
			t.Errorf("asked %+v", q)
		}
	}
}

// A client that does not tell its language is taken to speak its server's.
func TestLanguageOfTheServer(t *testing.T) {
	german := discordgo.German
	for _, tt := range []struct {
		i    discordgo.Interaction
		want string
		own  bool
	}{
		{discordgo.Interaction{Locale: discordgo.Ukrainian, GuildLocale: &german}, "uk", true},
		{discordgo.Interaction{GuildLocale: &german}, "de", true},
		{discordgo.Interaction{Locale: discordgo.ChineseTW}, "zh-TW", false}, // its menu is in English
		{discordgo.Interaction{}, "", false},
	} {
		if q := new(Discord).question(&tt.i); q.Language != tt.want || q.OwnNames != tt.own {
			t.Errorf("got %q, own names %v; want %q, %v", q.Language, q.OwnNames, tt.want, tt.own)
		}
	}
}

// Commands that an earlier version wrote without languages are written anew.
func TestLanguagesOfAnOlderMenu(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	older := commands(w.desk.Commands(), languages)
	for i := range older {
		older[i].Descriptions = nil
	}
	if err := w.d.request(t.Context(), "PUT", "https://discord.com/api/v9/applications/"+w.api.Bot()+"/commands", older, nil); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.api.SetLanguage(w.ada, "de")
	w.until("a German menu", func() bool {
		return w.api.Menu(w.ada, w.news)[0].Description == "Die establishmentkritische Sichtweise auf eine Meldung"
	})
}

// Discord being down at the start does not leave readers without commands.
func TestRegistrationAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.api.Fault(sandbox.Fault{Failure: sandbox.Unavailable, Method: "register", Times: 1})
	w.start()
}
