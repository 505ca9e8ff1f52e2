package bot

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"briefbot/bot/sandbox"
	"briefbot/store"
)

// examine asks the doctor, and gives what it said, a line a finding.
func (w *world) examine() string {
	w.Helper()
	found, err := Doctor(w.Context(), w.config(""))
	if err != nil {
		w.Fatal(err)
	}
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Grade, f.About, f.Text)
	}
	for _, token := range []string{discordToken, telegramToken} {
		if strings.Contains(b.String(), token) {
			w.Errorf("a token is told:\n%s", &b)
		}
	}
	return b.String()
}

// Before the bot first runs, the doctor tells whether it could.
func TestDoctorFirst(t *testing.T) {
	w := newWorld(t)
	want := fmt.Sprintf(`ok discord: the token is good, and the bot is "briefs" (id %s)
ok news: text channel "news" in the server "Harbour House", with all permissions that posts need
ok telegram: the token is good, and the bot is @brief_bot
ok brief: channel "Daily Brief", in which the bot may post, and not edit what others posted
ok talk: supergroup "Brief Talk", of which the bot is an administrator
ok records: there are none yet: they begin when the bot first runs
`, w.discord.Bot())
	if got := w.examine(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !strings.Contains(w.examine(), "there are none yet") {
		t.Error("asking made data")
	}
}

// A bot that runs goes on undisturbed while the doctor asks it and the platforms,
// and tells of the chat that it was thrown out of.
func TestDoctorOfBotThatRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("1.txt", news(1, false))
	w.start(w.config(everySecond))
	w.until("the first story", func() bool {
		return len(w.marks(w.channel)) == 2 && len(w.marks(w.group)) == 2 && len(w.marks(w.text)) == 2
	})
	w.until("the connection to Discord", func() bool { return w.discord.Identifies() > 0 })
	if got := w.examine(); !strings.Contains(got, "ok records: no chat is paused\nok records: no delivery was given up, held back, sent anew or taken back, and no post left bare\n") {
		t.Errorf("all is well, and it says\n%s", got)
	}
	w.telegram.Kick(w.group)
	w.until("the pause", func() bool { return strings.Contains(w.journal.String(), "chat paused") })
	got := w.examine()
	for _, want := range []string{
		"wrong talk: chat " + w.group + " is not to be had: check the id, and add the bot",
		"wrong talk: telegram chat " + w.group + " is paused since ",
		" UTC (the bot was removed from the chat); it goes on when the bot is back there, and is tried on ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	w.write("2.txt", news(2, false))
	w.until("the next story", func() bool { return len(w.marks(w.channel)) == 4 })
	if w.discord.Identifies() != 1 || strings.Contains(w.journal.String(), "another copy of this bot") {
		t.Errorf("the bot was disturbed: %d logins", w.discord.Identifies())
	}
}

// What could not be posted, or not surely once, is counted and shown.
func TestDoctorTellsIncidents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.telegram.Fault(sandbox.Fault{Failure: sandbox.Refused, Method: "create", Status: 400, Text: "Bad Request: message is not to be liked", Chat: w.group, Times: 1})
	w.write("1.txt", news(1, false))
	w.start(w.config(everySecond))
	w.until("the story that is given up", func() bool { return strings.Contains(w.journal.String(), "given up") })
	w.until("the others", func() bool { return len(w.marks(w.channel)) == 2 && len(w.marks(w.text)) == 2 })
	running := w.examine()
	w.stop()
	for when, got := range map[string]string{"while it runs": running, "afterwards": w.examine()} {
		for _, want := range []string{
			"note records: of all deliveries so far, 1 given up, 0 held back, 0 sent anew, 0 taken back, 0 left bare; the last:\n",
			"note talk: desk:1.txt was given up on ",
			" UTC: sendMessage: Bad Request: message is not to be liked",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s it does not say %q:\n%s", when, want, got)
			}
		}
	}
}

// Of many readers who blocked the bot, some are named and the others counted;
// what holds up a channel comes first.
func TestRecordsOfManyPauses(t *testing.T) {
	w := newWorld(t)
	st, err := OpenStore(t.Context(), w.config("").Data)
	if err != nil {
		t.Fatal(err)
	}
	b := &Bot{config: w.config(""), log: slog.New(slog.DiscardHandler), store: st}
	if err := b.syncChannels(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	pause := func(chat store.Chat, reason string) {
		if err := st.PauseChat(t.Context(), store.Pause{Chat: chat, Since: since, Retry: since.Add(time.Hour), Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		pause(store.Chat{Platform: store.Telegram, ID: fmt.Sprint(1000 + i)}, "the reader blocked the bot")
	}
	pause(store.Chat{Platform: store.Telegram, ID: w.group}, "the bot was removed from the chat")
	if _, err := st.ResumeChat(t.Context(), store.Chat{Platform: store.Telegram, ID: "1001"}, true); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	all := strings.Split(w.examine(), "\n")
	for n := range all {
		if strings.HasPrefix(all[n], "wrong") {
			all = all[n:]
			break
		}
	}
	for line, want := range map[int]string{
		0:  "wrong talk: telegram chat " + w.group + " is paused since 2 November 2026 at 08:00:00 UTC (the bot was removed from the chat); it goes on when the bot is back there, and is tried on 2 November 2026 at 09:00:00 UTC at the latest",
		1:  "note records: telegram, a reader's private chat is paused since 2 November 2026 at 08:00:00 UTC (the reader blocked the bot); it goes on when the bot is back there, and is tried on 2 November 2026 at 09:00:00 UTC at the latest",
		2:  "note records: telegram, a reader's private chat is paused since 2 November 2026 at 08:00:00 UTC (the reader blocked the bot); it is being tried",
		20: "note records: 11 more chats are paused",
	} {
		if line >= len(all) || all[line] != want {
			t.Errorf("line %d of\n%s\nis not\n%s", line, strings.Join(all, "\n"), want)
		}
	}
}

// Data that can't be read keeps nobody from knowing how the platforms are.
func TestDoctorWithoutRecords(t *testing.T) {
	w := newWorld(t)
	c := w.config("")
	st, err := OpenStore(t.Context(), c.Data)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	found, err := Doctor(t.Context(), c)
	if len(found) != 5 || err == nil || !strings.Contains(err.Error(), "ask the bot that runs") {
		t.Errorf("found %+v, %v", found, err)
	}
}
