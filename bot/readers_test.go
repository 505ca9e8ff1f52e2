package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"briefbot/bot/sandbox"
	"briefbot/store"
)

const tide = `Tide tables change at Port Ansel

Topics: transport

• The tables were wrong for a year.
`

// dataOf finds a button of a message by how its data begins.
func dataOf(t testing.TB, e sandbox.Entry, begin string) string {
	t.Helper()
	body := string(e.Body)
	var form map[string]string
	if json.Unmarshal(e.Body, &form) == nil && form["reply_markup"] != "" {
		body = form["reply_markup"]
	}
	for _, part := range strings.Split(body, `"`) {
		if strings.HasPrefix(part, begin) {
			return part
		}
	}
	t.Fatalf("no button %s: %s", begin, body)
	return ""
}

// holds reports whether the data file has a text in it, wherever, but for the
// digits of a longer number.
func (w *world) holds(text string) bool {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(w.folder, "data", DataFile))
	if err != nil {
		w.Fatal(err)
	}
	return regexp.MustCompile(`(^|[^0-9a-f])` + regexp.QuoteMeta(text) + `($|[^0-9a-f])`).Match(data)
}

// A reader of Telegram uses all that there is for readers, is told of what is
// followed, and is forgotten: then the data file holds nothing of the reader,
// neither where its data is nor where data was.
func TestReaderOnTelegram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.reader.telegram
	private := func() []sandbox.Entry { return posts(w.telegram.Transcript(), me) }
	says := func(line, want string) {
		t.Helper()
		w.ask(line, w.telegramAnswer, want, func() error { return w.telegram.Say(t.Context(), me, me, line, "") })
	}
	w.write("ferry.txt", ferry)
	w.start(w.config(everySecond))
	w.until("the post", func() bool { return len(posts(w.telegram.Transcript(), w.group)) > 0 })

	says("/start", "Both opposing narratives")
	says("/language de", "Ab jetzt spreche ich Deutsch")
	says("/language english", "From now on I speak English")
	says("/mybrief 7:30 Berlin", "Every day at 07:30 (Europe/Berlin)")
	says("/follow transport", "When a new story on “transport” comes in")
	says("/follow night ferry", "When this story changes")
	says("/follow zebras of Pell", "neither a topic nor a story")
	asked := private()[len(private())-1]
	w.ask("the button", w.telegramAnswer, "“zebras of Pell” comes in", func() error {
		return w.telegram.Press(t.Context(), me, me, asked.ID, dataOf(t, asked, "2/follow/"))
	})
	says("/follow", "zebras of Pell")
	says("/privacy", "zebras of Pell")
	says("/critical night ferry", "promise")

	count := func(text string) int {
		n := 0
		for _, e := range private() {
			if strings.Contains(e.Text, text) {
				n++
			}
		}
		return n
	}
	// What comes to the channels is not to be taken for an answer.
	everywhere := func(text string) {
		t.Helper()
		w.until("that story everywhere", func() bool {
			all := append(posts(w.telegram.Transcript(), w.group), posts(w.telegram.Transcript(), w.channel)...)
			n := 0
			for _, e := range append(all, posts(w.discord.Transcript(), w.text)...) {
				if strings.Contains(e.Text, text) {
					n++
				}
			}
			return n == 3
		})
	}
	w.write("tide.txt", tide)
	w.until("the followed topic's story in private", func() bool { return count("The tables were wrong") == 1 })
	w.write("ferry.txt", strings.Replace(ferry, "• A cabin", "• The first night is sold out.\n• A cabin", 1))
	w.until("the followed story's change in private", func() bool { return count("You follow this story, and it has changed") == 1 })
	if n := count("first night is sold out"); n != 1 {
		t.Errorf("the change was told %d times", n)
	}

	everywhere("The tables were wrong")
	// Nothing comes after /stop, and all of it after /start.
	says("/stop", "Nothing comes to you by itself any more")
	w.write("night.txt", strings.NewReplacer("Tide", "Night", "wrong", "dark").Replace(tide))
	everywhere("The tables were dark")
	says("/start", "What you had chosen comes again")
	w.write("day.txt", strings.NewReplacer("Tide", "Day", "wrong", "bright").Replace(tide))
	w.until("the next story in private", func() bool { return count("The tables were bright") == 1 })
	if n := count("The tables were dark"); n != 0 {
		t.Errorf("what came during the rest came %d times", n)
	}

	everywhere("The tables were bright")
	w.stop() // what a restart finds goes on
	w.start(w.config(everySecond))
	for _, text := range []string{me, "zebras of Pell"} {
		if !w.holds(text) {
			t.Fatalf("the data file does not hold %q: nothing would be proven", text)
		}
	}
	says("/forgetme", "Shall I erase everything")
	question := private()[len(private())-1]
	w.ask("yes", w.telegramAnswer, "Done: what was stored about you is erased", func() error {
		return w.telegram.Press(t.Context(), me, me, question.ID, dataOf(t, question, "2/forget//yes"))
	})
	w.until("nothing is left while the bot runs", func() bool { return !w.holds(me) })
	w.stop()
	for _, text := range []string{me, "zebras of Pell", "Europe/Berlin", "reader"} {
		if w.holds(text) {
			t.Errorf("the data file still holds %q", text)
		}
	}
	if n := count("The tables were bright"); n != 1 {
		t.Errorf("a post came %d times", n)
	}
	// Who comes back is new.
	w.start(w.config(everySecond))
	says("/follow", "You follow nothing yet")
}

// A reader who blocks the bot pauses that chat alone, and gets what waited when
// the bot is let in again.
func TestReaderBlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.reader.telegram
	says := func(line, want string) {
		t.Helper()
		w.ask(line, w.telegramAnswer, want, func() error { return w.telegram.Say(t.Context(), me, me, line, "") })
	}
	w.write("ferry.txt", ferry)
	w.start(w.config(everySecond))
	w.until("the post", func() bool { return len(posts(w.telegram.Transcript(), w.group)) > 0 })
	says("/start", "Hello")
	says("/follow transport", "new story on “transport”")
	w.telegram.Kick(me)
	w.until("the pause", func() bool { return strings.Contains(w.journal.String(), "standing changed") })
	w.write("tide.txt", tide)
	w.until("the story in the group", func() bool {
		all := posts(w.telegram.Transcript(), w.group)
		return strings.Contains(all[len(all)-1].Text, "The tables were wrong")
	})
	says("/start", "Hello")
	w.stop() // else it is looked at within a minute
	w.start(w.config(everySecond))
	w.until("what waited", func() bool {
		for _, e := range posts(w.telegram.Transcript(), me) {
			if strings.Contains(e.Text, "The tables were wrong") {
				return true
			}
		}
		return false
	})
	all, err := Why(t.Context(), filepath.Join(w.folder, "data"), "desk:tide.txt", "")
	if err != nil || !strings.Contains(strings.Join(all, "\n"), "readers' own channels: 1 of 1 got it") || strings.Contains(strings.Join(all, "\n"), me) {
		t.Errorf("why: %q, %v", all, err)
	}
}

// On Discord, a reader is told in direct messages, a reader who closes them is
// left alone, and one who is forgotten leaves nothing.
func TestReaderOnDiscord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.reader.discord
	dm, err := w.discord.OpenDM(me)
	if err != nil {
		t.Fatal(err)
	}
	w.write("ferry.txt", ferry)
	st, err := OpenStore(t.Context(), filepath.Join(w.folder, "data"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.ChangeProfile(t.Context(), store.UserID{Platform: store.Discord, ID: me}, time.Now(), func(p *store.Profile) error {
		p.Home, p.Topics, p.Told = store.Chat{Platform: store.Discord, ID: dm}, []string{"transport", "zebras of Pell"}, "en"
		return nil
	})
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	w.start(w.config(everySecond))
	w.until("the post and the commands", func() bool {
		return len(posts(w.discord.Transcript(), dm)) == 1 && len(w.discord.Commands(w.text)) > 0
	})
	says := func(line, want string) {
		t.Helper()
		w.ask(line, w.discordAnswer, want, func() error { return w.discord.Say(t.Context(), me, w.text, line, "") })
	}
	says("/mybrief time:7.30 zone:Berlin", "Every day at 07:30 (Europe/Berlin)")
	says("/follow topic topic:Transport", "a new story on “transport”")
	says("/follow story story:ferry", "When this story changes")
	says("/follow list", "Night ferry returns to Port Ansel")
	says("/unfollow story story:ferry", "You no longer follow")
	says("/privacy", "zebras of Pell")
	says("/language language:de", "Ab jetzt spreche ich Deutsch")
	w.write("tide.txt", tide)
	w.until("the followed topic's story", func() bool { return len(posts(w.discord.Transcript(), dm)) == 2 })
	if err := w.discord.CloseDMs(me); err != nil {
		t.Fatal(err)
	}
	w.write("night.txt", strings.NewReplacer("Tide", "Night", "wrong", "dark").Replace(tide))
	w.until("the refusal", func() bool { return strings.Contains(w.journal.String(), "takes no private messages") })

	says("/forgetme", "Soll ich alles löschen")
	all := w.discord.Transcript()
	question := all[len(all)-1]
	w.ask("yes", w.discordAnswer, "Fertig", func() error {
		return w.discord.Press(t.Context(), me, w.text, question.ID, dataOf(t, question, "2/forget//yes"))
	})
	w.until("nothing is left while the bot runs", func() bool { return !w.holds(me) && !w.holds(dm) })
	w.stop()
	for _, text := range []string{me, dm, "zebras of Pell", "Europe/Berlin", "reader"} {
		if w.holds(text) {
			t.Errorf("the data file still holds %q", text)
		}
	}
}

// What an operator is told counts readers, and names none.
func TestOperatorIsNotToldOfReaders(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st, err := OpenStore(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	const id = "4711000815"
	home := store.Chat{Platform: store.Discord, ID: id}
	now := time.Now()
	_, err = st.ChangeProfile(t.Context(), store.UserID{Platform: store.Discord, ID: id}, now, func(p *store.Profile) error {
		p.Home, p.Topics = home, []string{"sea"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := st.PutStory(t.Context(), store.Story{ID: "a", Headline: "A", Bullets: []store.Bullet{{Text: "b"}}}, now); err != nil {
		t.Fatal(err)
	}
	made, err := st.RunSchedule(t.Context(), "reader:discord:"+id+":topics", func(a store.Agenda) store.Plan {
		d := store.Delivery{Kind: store.PostDelivery, State: store.Planned, Planned: now, Stories: []store.Ref{{ID: "a", Revision: 1}}}
		return store.Plan{Progress: a.Progress, Deliveries: []store.Delivery{d}}
	})
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	_, err = st.ChangeDelivery(t.Context(), made[0].ID, func(d *store.Delivery) {
		d.State, d.Done, d.Reason = store.GivenUp, now, "no"
	})
	if err := errors.Join(err, st.PauseChat(t.Context(), store.Pause{Chat: home, Since: now, Reason: "closed"}), st.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := recordsOf(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(r.findings(time.UTC))
	why, err := Why(t.Context(), folder, "a", "")
	if err != nil {
		t.Fatal(err)
	}
	said += strings.Join(why, " ")
	for _, want := range []string{"discord, a reader's private chat is paused", "a was given up", "readers' own channels: 1 of 1 got it"} {
		if !strings.Contains(said, want) {
			t.Errorf("no word of %q: %s", want, said)
		}
	}
	if strings.Contains(said, id) {
		t.Errorf("a reader is named: %s", said)
	}
}
