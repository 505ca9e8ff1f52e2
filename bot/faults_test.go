package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"briefbot/bot/sandbox"
)

// news is a story of the given number, of several messages if it is long.
func news(n int, long bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Harbour report %d\n\n", n)
	bullets := 2
	if long {
		bullets = 40
	}
	for i := range bullets {
		fmt.Fprintf(&b, "• Mark %d-%d: the harbour board of Port Ansel met again, and put off what it had put off the week before, for reasons that it gave at length.[1]\n", n, i)
	}
	b.WriteString("\nEstablishment-critical narrative\n\nToo late.\n\nPro-establishment narrative\n\nIn good time.\n\nArticles on this story\n\n[1] Ansel Post https://anselpost.example/board\n")
	return b.String()
}

// marks gives the marks of the reports in a chat, in order, of what stands there.
func (w *world) marks(chat string) []string {
	gone := map[string]bool{}
	all := append(w.discord.Transcript(), w.telegram.Transcript()...)
	for _, e := range all {
		if e.Chat == chat && e.Method == "delete" {
			gone[e.ID] = true
		}
	}
	var marks []string
	for _, e := range posts(all, chat) {
		if gone[e.ID] {
			continue
		}
		for _, word := range strings.Split(e.Text, "Mark ")[1:] {
			mark, _, _ := strings.Cut(word, ":")
			marks = append(marks, mark)
		}
	}
	return marks
}

// Whatever goes wrong on the way, each story stands in each chat once, whole and
// in order. reader says what a reader would see without the handling.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		fault  sandbox.Fault
		reader string
	}{
		{sandbox.Fault{Failure: sandbox.DropBefore, Method: "create"}, "would miss the story: its request never arrived"},
		{sandbox.Fault{Failure: sandbox.DropAfter, Method: "create"}, "would get the story twice: the answer was lost"},
		{sandbox.Fault{Failure: sandbox.Late, Method: "create", Delay: 600 * time.Millisecond}, "would get the story twice, the second one behind the next: the request was carried out after its connection broke"},
		{sandbox.Fault{Failure: sandbox.Unavailable, Method: "create"}, "would miss the story: a proxy answered in the platform's place"},
		{sandbox.Fault{Failure: sandbox.UnavailableAfter, Method: "create"}, "would get the story up to four times: a 502 page came after the platform had acted"},
		{sandbox.Fault{Failure: sandbox.Limited, Method: "create", Delay: time.Second}, "would miss the story: the platform had asked for a pause"},
		{sandbox.Fault{Failure: sandbox.Limited, Method: "create", Delay: time.Second, Global: true}, "would miss the story: the platform had asked the whole bot for a pause"},
		{sandbox.Fault{Failure: sandbox.Hang, Method: "create", Delay: 2 * time.Second}, "would wait for every other chat's post behind the one that hangs"},
		{sandbox.Fault{Failure: sandbox.Refused, Method: "create", Status: 500, Text: "Internal Server Error"}, "would miss the story: the platform itself had failed"},
		{sandbox.Fault{Failure: sandbox.DropAfter, Method: "edit"}, "would read the old version, or see an error for the new one"},
		{sandbox.Fault{Failure: sandbox.Unavailable, Method: "edit"}, "would go on reading the version that was corrected"},
		{sandbox.Fault{Failure: sandbox.DropAfter, Method: "updates"}, "would be answered twice, or never"},
		{sandbox.Fault{Failure: sandbox.Unavailable, Method: "updates"}, "would be answered never"},
		{sandbox.Fault{Failure: sandbox.DropAfter, Method: "gateway"}, "would see the interaction fail"},
	} {
		t.Run(fmt.Sprintf("%s of %s: a reader %s", tt.fault.Failure, tt.fault.Method, tt.reader), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			// Answers are for all here, and so looked for as posts are.
			w.telegram.SetLoud(true)
			chats := []string{w.text, w.channel, w.group}
			has := func(want ...string) func() bool {
				return func() bool {
					for _, chat := range chats {
						if len(w.marks(chat)) < len(want) {
							return false
						}
					}
					return true
				}
			}
			w.write("1.txt", news(1, false))
			w.start(w.config(everySecond))
			w.until("the first story", has("1-0", "1-1"))

			tt.fault.Times = 3
			w.discord.Fault(tt.fault)
			w.telegram.Fault(tt.fault)
			w.write("1.txt", strings.Replace(news(1, false), "Too late.", "Much too late.", 1))
			w.write("2.txt", news(2, true))
			if err := w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/help@brief_bot", ""); err != nil {
				t.Fatal(err)
			}
			want := []string{"1-0", "1-1"}
			for i := range 40 {
				want = append(want, fmt.Sprint("2-", i))
			}
			w.until("the second story, whole", has(want...))
			w.write("3.txt", news(3, false))
			want = append(want, "3-0", "3-1")
			w.until("the third story", has(want...))
			w.until("the answer and the corrected post", func() bool {
				return w.answers() == 1 && w.corrected()
			})
			w.stop()
			for _, chat := range chats {
				if got := w.marks(chat); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("chat %s: %v\nwant %v", chat, got, want)
				}
			}
			if n := w.answers(); n != 1 {
				t.Errorf("the reader was answered %d times", n)
			}
		})
	}
}

// answers counts what readers of the group were answered.
func (w *world) answers() (n int) {
	for _, e := range posts(w.telegram.Transcript(), w.group) {
		if !strings.Contains(e.Text, "Mark ") {
			n++
		}
	}
	return n
}

// corrected reports whether the channel's first post has the corrected narrative.
func (w *world) corrected() bool {
	for _, e := range w.telegram.Transcript() {
		if e.Chat == w.channel && e.Method == "edit" && strings.Contains(e.Text, "Much too late.") {
			return true
		}
	}
	return false
}

// A bot that is thrown out of a chat waits, and goes on where it was when it is
// back: the reader misses nothing and gets nothing twice.
func TestStanding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("1.txt", news(1, false))
	w.start(w.config(everySecond))
	reach := func(chat string, want ...string) {
		t.Helper()
		w.until(fmt.Sprint(want, " in ", chat), func() bool { return len(w.marks(chat)) >= len(want) })
		if got := w.marks(chat); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("chat %s: %v, want %v", chat, got, want)
		}
	}
	reach(w.channel, "1-0", "1-1")
	reach(w.group, "1-0", "1-1")
	w.telegram.Kick(w.group)
	w.until("the pause", func() bool { return strings.Contains(w.journal.String(), "chat paused") })
	w.write("2.txt", news(2, false))
	reach(w.channel, "1-0", "1-1", "2-0", "2-1") // the others go on
	if all, _ := w.telegram.Requests("sendMessage"); len(w.marks(w.group)) != 2 || all != 3 {
		t.Errorf("%d requests, the group has %v", all, w.marks(w.group))
	}
	w.telegram.Return(w.group)
	reach(w.group, "1-0", "1-1", "2-0", "2-1")
	w.stop()
	reach(w.group, "1-0", "1-1", "2-0", "2-1")
}

// A group that becomes a supergroup gets the next story there, once, also what
// was in line for it.
func TestMigration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.group = w.telegram.AddGroup("Small Talk")
	w.telegram.SetRights(w.group, sandbox.TelegramRights{Admin: true})
	w.write("1.txt", news(1, false))
	w.start(w.config(everySecond))
	w.until("the first story", func() bool { return len(w.marks(w.group)) == 2 })
	// The next story is in line when the group changes.
	w.telegram.Fault(sandbox.Fault{Failure: sandbox.Limited, Method: "create", Chat: w.group, Times: 1, Delay: 2 * time.Second})
	w.write("2.txt", news(2, false))
	w.until("a request that is put off", func() bool { return strings.Contains(w.journal.String(), "delivery is delayed") })
	super := w.telegram.Upgrade(w.group)
	w.until("the second story in the supergroup", func() bool { return len(w.marks(super)) == 2 })
	w.write("3.txt", news(3, false))
	w.until("the third story in the supergroup", func() bool { return len(w.marks(super)) == 4 })
	w.stop()
	if got := fmt.Sprint(w.marks(w.group), w.marks(super)); got != "[1-0 1-1] [2-0 2-1 3-0 3-1]" {
		t.Errorf("posted: %s", got)
	}
}

// A story whose file goes while the bot is off is retracted when it is back: a
// reader would go on trusting what the editor took away.
func TestRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("1.txt", news(1, false))
	w.write("2.txt", news(2, false))
	conf := "sources: [{name: desk, dir: stories, on_removed: retract}]\nweb: {listen: off}"
	w.start(w.configure(conf))
	w.until("both stories", func() bool { return len(w.marks(w.text)) == 4 && len(w.marks(w.channel)) == 4 })
	w.stop()
	if err := os.Remove(filepath.Join(w.folder, "stories", "1.txt")); err != nil {
		t.Fatal(err)
	}
	w.start(w.configure(conf))
	retracted := func(chat string) (all []string) {
		for _, e := range append(w.discord.Transcript(), w.telegram.Transcript()...) {
			if e.Chat == chat && e.Method == "edit" && strings.Contains(e.Text, "retracted") {
				all = append(all, e.Text[:len("Harbour report 1")])
			}
		}
		return all
	}
	w.until("the marks", func() bool { return len(retracted(w.text)) > 0 && len(retracted(w.channel)) > 0 })
	w.stop()
	// A folder that is missing has lost nothing.
	if err := os.Rename(filepath.Join(w.folder, "stories"), filepath.Join(w.folder, "away")); err != nil {
		t.Fatal(err)
	}
	w.start(w.configure(conf))
	w.until("the bot is up", func() bool { return strings.Count(w.journal.String(), "connected") > 4 })
	w.stop()
	for _, chat := range []string{w.text, w.channel} {
		if got := fmt.Sprint(retracted(chat)); got != "[Harbour report 1]" {
			t.Errorf("retracted in %s: %s", chat, got)
		}
	}
}
