package bot

import (
	"strings"
	"testing"
	"time"

	"briefbot/store"
)

const strike = `Harbour strike ends at Port Ansel

Updated Nov 03, 2026
Topics: work

• The cranes move again.[1]

Left narrative

The left says so.

Right narrative

The right says so.

Nerd narrative

The numbers say so.

Cynical narrative

The cynics say so.

Coastal Union narrative

The union says so.

Articles on this story

[1] Ansel Post: "Strike is over" (Nov 03, 2026) https://anselpost.example/strike
`

// What readers ask about stories, by command on both platforms.
func TestReading(t *testing.T) {
	w := newWorld(t)
	w.write("ferry.txt", ferry)
	w.write("strike.txt", strike)
	c := w.config(everySecond)
	c.Outlets = append(c.Outlets, store.Outlet{Name: "Ansel Post", Leaning: store.Leaning{LR: 2, CP: 1}})
	w.start(c)
	w.until("the posts and the commands", func() bool {
		return len(posts(w.discord.Transcript(), w.text)) > 1 && len(w.discord.Commands(w.text)) > 0
	})
	if err := w.telegram.Say(t.Context(), w.reader.telegram, w.reader.telegram, "/start", ""); err != nil {
		t.Fatal(err)
	}
	w.until("the help", func() bool { return len(posts(w.telegram.Transcript(), w.reader.telegram)) > 0 })
	for _, tt := range []struct{ discord, telegram, want string }{
		{"/brief", "/brief", "The cranes move again.[1]"},
		{"/latest", "/latest", "Night ferry returns to Port Ansel"},
		{"/narratives night ferry", "/narratives night ferry", "A careful council waited until the sums added up."},
		{"/narratives strike", "/narratives strike", "Coastal Union"},
		{"/sources number:1 story:night ferry", "/sources 1 night ferry", "Ansel Post: Ferry is back, 1 November 2026 (centre-left, establishment-critical)"},
		{"/sources number:9 story:night ferry", "/sources 9 night ferry", "This story has no source [9]. It has: [1] [2]."},
		{"/topics", "/topics", "transport – 1 story"},
		{"/topics work", "/topics work", "Topic: work"},
	} {
		w.ask("discord "+tt.discord, w.discordAnswer, tt.want, func() error {
			return w.discord.Say(t.Context(), w.reader.discord, w.text, tt.discord, "")
		})
		w.ask("telegram "+tt.telegram, w.telegramAnswer, tt.want, func() error {
			return w.telegram.Say(t.Context(), w.reader.telegram, w.reader.telegram, tt.telegram, "")
		})
	}
}

// Where an outlet stands that a story does not tell is told in a rich post too.
func TestLeaningInARichPost(t *testing.T) {
	w := newWorld(t)
	w.write("ferry.txt", ferry)
	c := w.rich("rich")
	c.Outlets = append(c.Outlets, store.Outlet{Domain: "seawire.example", Leaning: store.Leaning{LR: 4}})
	w.start(c)
	w.until("the post", func() bool { return len(w.telegram.Transcript()) > 0 })
	if body := string(w.telegram.Transcript()[0].Body); strings.Count(body, "centre-right") != 1 {
		t.Errorf("the post's sources lack the leaning: %s", body)
	}
}

// One who floods a group is told once, and everybody else there is answered.
func TestFlood(t *testing.T) {
	w := newWorld(t)
	w.write("ferry.txt", ferry)
	c := w.config(everySecond)
	c.Questions.Reader.Count, c.Questions.Reader.Per = 3, time.Hour
	w.start(c)
	w.until("the post and the commands", func() bool {
		return len(posts(w.telegram.Transcript(), w.group)) > 0 && len(w.discord.Commands(w.text)) > 0
	})
	other := w.telegram.AddUser("Ben")
	for range 20 {
		if err := w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/critical", ""); err != nil {
			t.Fatal(err)
		}
	}
	post := posts(w.telegram.Transcript(), w.group)[0]
	if err := w.telegram.Press(t.Context(), w.reader.telegram, w.group, post.ID, buttonOf(t, post, "sources")); err != nil {
		t.Fatal(err)
	}
	if err := w.telegram.Say(t.Context(), other, w.group, "/establishment", ""); err != nil {
		t.Fatal(err)
	}
	has := func(all []string, words string) int {
		n := 0
		for _, s := range all {
			if strings.Contains(s, words) {
				n++
			}
		}
		return n
	}
	w.until("the answer to the other, and that the first is told", func() bool {
		all := w.telegramAnswer()
		return has(all, "until the sums added up") == 1 && has(all, "Please wait a few seconds") == 1 && has(all, "before an election") >= 3
	})
	got := w.telegramAnswer()
	if a, b, c := has(got, "before an election"), has(got, "Please wait a few seconds"), has(got, "Sea Wire"); a != 3 || b != 1 || c != 0 {
		t.Errorf("%d answers, told %d times to wait, %d lists of sources", a, b, c)
	}
	// On Discord, where nothing may go without an answer, each has one.
	for range 6 {
		if err := w.discord.Say(t.Context(), w.reader.discord, w.text, "/critical", ""); err != nil {
			t.Fatal(err)
		}
	}
	w.until("an answer to each", func() bool { return len(w.discordAnswer()) == 6 })
	if a, b := has(w.discordAnswer(), "before an election"), has(w.discordAnswer(), "Please wait a few seconds"); a != 3 || b != 3 {
		t.Errorf("%d answers, told %d times to wait", a, b)
	}
}

// BenchmarkFlood is how long a reader waits for an answer in private behind a
// thousand messages of another: slowed as by default, and not.
func BenchmarkFlood(b *testing.B) {
	for _, name := range []string{"slowed", "off"} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			w.write("ferry.txt", ferry)
			c := w.config(everySecond)
			if name == "slowed" {
				c.Questions.Reader.Count, c.Questions.Reader.Per = 30, time.Minute
			}
			w.start(c)
			w.until("the post", func() bool { return len(posts(w.telegram.Transcript(), w.group)) > 0 })
			var waited time.Duration
			for b.Loop() {
				other := w.telegram.AddUser("Ben")
				for range 1000 {
					if err := w.telegram.Say(b.Context(), w.reader.telegram, w.group, "/critical", ""); err != nil {
						b.Fatal(err)
					}
				}
				began := time.Now()
				if err := w.telegram.Say(b.Context(), other, other, "/start", ""); err != nil {
					b.Fatal(err)
				}
				for len(w.telegram.Messages(other)) < 2 {
					time.Sleep(time.Millisecond)
				}
				waited += time.Since(began)
			}
			b.ReportMetric(float64(waited.Milliseconds())/float64(b.N), "ms-waited")
			w.stop()
		})
	}
}
