package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/store"
	"briefbot/store/bolt"
)

// world is a store and a scheduler on a clock of their own.
type world struct {
	*testing.T
	store *store.Store
	stop  func()
}

// newWorld must be called within a synctest bubble; the clock there starts on
// 2000-01-01 at 00:00 UTC.
func newWorld(t *testing.T) *world {
	t.Helper()
	e, err := bolt.Open(filepath.Join(t.TempDir(), "briefbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &world{T: t, store: s, stop: func() {}}
}

func (w *world) channel(change func(*store.Channel)) {
	w.Helper()
	c := store.Channel{
		Name: "c", Chat: store.Chat{Platform: store.Discord, ID: "1"}, Schedule: "0 8 * * *", Timezone: "UTC",
		Mode: store.Each, Limit: 10, Backfill: 1, CatchUp: 6 * time.Hour, MaxAge: 72 * time.Hour,
	}
	change(&c)
	if err := w.store.PutChannel(w.Context(), c, time.Now()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) start() {
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- New(w.store, slog.New(slog.DiscardHandler)).Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
		w.stop = func() {}
	}
}

func (w *world) story(id string, topics ...string) {
	w.Helper()
	_, _, err := w.store.PutStory(w.Context(), store.Story{ID: id, Headline: id, Bullets: []store.Bullet{{Text: "b"}}, Topics: topics}, time.Now())
	if err != nil {
		w.Fatal(err)
	}
}

// posts takes what is pending, and says when it was planned and what it has:
// "02 08:00 a, b" with "quiet" for a post without a sound.
func (w *world) posts() []string {
	w.Helper()
	var all []string
	for {
		pending, _, err := w.store.Pending(w.Context(), store.Chat{Platform: store.Discord, ID: "1"})
		if err != nil {
			w.Fatal(err)
		}
		if len(pending) == 0 {
			return all
		}
		d := pending[0]
		var ids []string
		for _, r := range d.Stories {
			ids = append(ids, r.ID)
		}
		text := d.Planned.UTC().Format("02 15:04 ") + strings.Join(ids, "+")
		if d.Silent {
			text += " quiet"
		}
		all = append(all, text)
		w.store.ChangeDelivery(w.Context(), d.ID, func(d *store.Delivery) {
			d.State = store.Sent
		})
	}
}

func (w *world) expect(want ...string) {
	w.Helper()
	if got := w.posts(); !slices.Equal(got, want) {
		w.Errorf("posts: %q, want %q", got, want)
	}
}

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d) // the bubble's clock: no waiting
	synctest.Wait()
}

func TestScheduler(t *testing.T) {
	for _, tt := range []struct {
		name string
		play func(w *world)
	}{
		{"each story once, oldest first, when due", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.start()
			w.story("a")
			w.story("b")
			pass(7 * time.Hour)
			w.expect()
			pass(time.Hour)
			w.expect("01 08:00 a", "01 08:00 b")
			w.story("c")
			pass(48 * time.Hour)
			w.expect("02 08:00 c")
		}},
		{"a digest is one post", func(w *world) {
			w.channel(func(c *store.Channel) { c.Mode = store.Digest })
			w.start()
			w.story("a")
			w.story("b")
			pass(24 * time.Hour)
			w.expect("01 08:00 a+b")
		}},
		{"a new channel gets the newest of what was there", func(w *world) {
			for i := range 5 {
				w.story(fmt.Sprint(i))
			}
			w.channel(func(c *store.Channel) { c.Backfill = 2 })
			w.start()
			pass(24 * time.Hour)
			w.expect("01 08:00 3", "01 08:00 4")
		}},
		{"the limit holds, and nothing is lost by it", func(w *world) {
			w.channel(func(c *store.Channel) { c.Limit = 2 })
			w.start()
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				w.story(id)
			}
			pass(72 * time.Hour)
			w.expect("01 08:00 a", "01 08:00 b", "02 08:00 c", "02 08:00 d", "03 08:00 e")
		}},
		{"topics", func(w *world) {
			w.channel(func(c *store.Channel) { c.Topics = []string{"World"} })
			w.start()
			w.story("a", "sport")
			w.story("b", "sport", "world")
			w.story("c")
			pass(24 * time.Hour)
			w.expect("01 08:00 b")
		}},
		{"channels that begin, change, pause and end while it runs", func(w *world) {
			w.start()
			pass(time.Hour)
			w.channel(func(c *store.Channel) { c.Origin = store.FromChat })
			change := func(change func(*store.Channel)) {
				w.Helper()
				_, err := w.store.ChangeChannel(w.Context(), "c", func(c *store.Channel) error {
					change(c)
					return nil
				})
				if err != nil {
					w.Fatal(err)
				}
			}
			w.story("a")
			pass(7 * time.Hour)
			w.expect("01 08:00 a")
			change(func(c *store.Channel) { c.Schedule = "30 9 * * *" })
			w.story("b")
			pass(2 * time.Hour)
			w.expect("01 09:30 b")
			change(func(c *store.Channel) { c.Paused = true })
			w.story("c")
			pass(24 * time.Hour)
			w.expect()
			change(func(c *store.Channel) { c.Paused = false })
			pass(24 * time.Hour)
			w.expect("02 10:00 c")
			if err := w.store.RemoveChannel(w.Context(), "c"); err != nil {
				w.Fatal(err)
			}
			w.story("d")
			pass(24 * time.Hour)
			w.expect()
		}},
		{"a schedule that is changed makes up nothing that it would have had before", func(w *world) {
			w.channel(func(c *store.Channel) {})
			w.start()
			change := func(schedule string) {
				w.Helper()
				_, err := w.store.ChangeChannel(w.Context(), "c", func(c *store.Channel) error {
					c.Schedule, c.Rescheduled = schedule, time.Now()
					return nil
				})
				if err != nil {
					w.Fatal(err)
				}
			}
			w.story("a")
			pass(9 * time.Hour)
			w.expect("01 08:00 a")
			w.story("b")
			change("30 8 * * *")
			pass(23 * time.Hour)
			w.expect()
			pass(time.Hour)
			w.expect("02 08:30 b")
			w.story("c")
			change("@every 2h")
			pass(time.Hour)
			w.expect()
			pass(2 * time.Hour)
			w.expect("02 11:00 c")
		}},
		{"many channels at one time, and one that has gone", func(w *world) {
			const channels = 100
			for i := range channels {
				w.channel(func(c *store.Channel) {
					c.Name, c.Chat.ID = fmt.Sprint("many", i), fmt.Sprint(1000+i)
				})
			}
			w.start()
			pass(time.Minute)
			if err := w.store.RemoveChannel(w.Context(), "many40"); err != nil {
				w.Fatal(err)
			}
			w.story("a")
			pass(8 * time.Hour)
			chats, err := w.store.PendingChats(w.Context(), store.Discord)
			if err != nil || len(chats) != channels-1 {
				w.Errorf("the story is on its way to %d chats, %v", len(chats), err)
			}
		}},
		{"words", func(w *world) {
			w.channel(func(c *store.Channel) {
				c.Include, c.Exclude = []string{"ferry", "/l[aâ]mps?/"}, []string{"lottery"}
			})
			w.start()
			for _, id := range []string{"Ferry sails", "Council meets", "LÂMP burns", "Ferry lottery"} {
				w.story(id)
			}
			pass(24 * time.Hour)
			w.expect("01 08:00 Ferry sails", "01 08:00 LÂMP burns")
		}},
		{"a new channel gets the newest of what it wants", func(w *world) {
			for _, id := range []string{"ferry 1", "ferry 2", "sport"} {
				w.story(id)
			}
			w.channel(func(c *store.Channel) { c.Exclude = []string{"sport"} })
			w.start()
			pass(24 * time.Hour)
			w.expect("01 08:00 ferry 2")
		}},
		{"a story of the backfill that another source enriches is in a digest once", func(w *world) {
			w.store = w.store.Merging(store.Sameness{Alike: 0.5, Within: 48 * time.Hour})
			w.story("a")
			w.channel(func(c *store.Channel) { c.Mode = store.Digest })
			richer := store.Story{ID: "b", Headline: "a", Bullets: []store.Bullet{{Text: "b"}, {Text: "c"}}}
			if _, change, err := w.store.PutStory(w.Context(), richer, time.Now()); err != nil || change != store.Enriched {
				w.Fatal(change, err)
			}
			w.start()
			pass(24 * time.Hour)
			w.expect("01 08:00 a")
		}},
		{"as it comes", func(w *world) {
			w.channel(func(c *store.Channel) { c.Schedule, c.Topics, c.Backfill = AsItComes, []string{"sea"}, 0 })
			w.start()
			pass(90 * time.Minute)
			w.story("a", "sea")
			w.story("b", "land")
			pass(0)
			w.expect("01 01:30 a")
			pass(time.Hour)
			w.story("c", "Sea")
			pass(0)
			w.expect("01 02:30 c")
		}},
		{"what came while the program did not run comes when it starts", func(w *world) {
			w.channel(func(c *store.Channel) { c.Schedule = AsItComes })
			w.story("a")
			pass(time.Hour)
			w.start()
			pass(0)
			w.expect("01 01:00 a")
		}},
		{"all that comes, however much at once", func(w *world) {
			w.channel(func(c *store.Channel) { c.Schedule, c.Limit, c.Topics = AsItComes, 1, []string{"sea"} })
			for i := range 250 { // more than one run reads
				w.story(fmt.Sprint("land ", i), "land")
			}
			w.story("a", "sea")
			w.story("b", "sea")
			w.start()
			pass(0)
			w.expect("01 00:00 a", "01 00:00 b")
		}},
		{"what came to a paused chat comes when it is back", func(w *world) {
			w.channel(func(c *store.Channel) { c.Schedule = AsItComes })
			chat := store.Chat{Platform: store.Discord, ID: "1"}
			w.store.PauseChat(w.Context(), store.Pause{Chat: chat, Since: time.Now()})
			w.start()
			w.story("a")
			pass(time.Hour)
			w.expect()
			w.store.ResumeChat(w.Context(), chat, false)
			pass(pausedLook)
			w.expect("01 01:01 a")
		}},
		{"a reader's daily brief, by the reader's clock, and followed topics", func(w *world) {
			home := store.Chat{Platform: store.Discord, ID: "1"}
			choose := func(change func(*store.Profile)) {
				w.Helper()
				_, err := w.store.ChangeProfile(w.Context(), store.UserID{Platform: store.Discord, ID: "5"}, time.Now(), func(p *store.Profile) error {
					p.Home = home
					change(p)
					return nil
				})
				if err != nil {
					w.Fatal(err)
				}
			}
			w.start()
			choose(func(p *store.Profile) { p.Brief, p.Timezone = "07:30", "Asia/Tokyo" })
			w.story("a")
			w.story("b")
			pass(22 * time.Hour)
			w.expect()
			pass(time.Hour)
			w.expect("01 22:30 a+b")
			choose(func(p *store.Profile) { p.Brief = "08:30" })
			w.story("c")
			pass(23 * time.Hour)
			w.expect("01 23:30 c") // the new time is still to come that day
			choose(func(p *store.Profile) { p.Brief, p.Topics = "", []string{"sea"} })
			w.story("d", "sea")
			w.story("e", "land")
			pass(0)
			w.expect("02 22:00 d")
		}},
		{"a channel that turns to what comes, and ends", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.start()
			pass(time.Hour)
			w.channel(func(c *store.Channel) { c.Schedule = AsItComes })
			pass(0)
			w.story("a")
			pass(0)
			w.expect("01 01:00 a")
			w.store.RemoveChannel(w.Context(), "c")
			w.story("b")
			pass(24 * time.Hour)
			w.expect()
		}},
		{"a missed run is made up once", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			pass(11 * time.Hour) // the program was not running at 8
			w.start()
			pass(time.Minute)
			w.expect("01 11:00 a")
			w.story("b")
			pass(20 * time.Hour)
			w.expect()
			pass(2 * time.Hour)
			w.expect("02 08:00 b")
		}},
		{"a run missed long ago is not made up", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			pass(15 * time.Hour)
			w.start()
			pass(time.Hour)
			w.expect()
			pass(24 * time.Hour)
			w.expect("02 08:00 a")
		}},
		{"a run that was made is not made again by a restart", func(w *world) {
			w.channel(func(c *store.Channel) { c.Limit = 1 })
			w.start()
			w.story("a")
			w.story("b")
			pass(8 * time.Hour)
			w.stop()
			w.start()
			pass(time.Hour)
			w.expect("01 08:00 a")
		}},
		{"last week's news is not posted", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			pass(5 * 24 * time.Hour)
			w.story("b")
			w.start()
			pass(24 * time.Hour)
			w.expect("06 08:00 b")
		}},
		{"quiet hours", func(w *world) {
			w.channel(func(c *store.Channel) {
				c.Timezone = "Asia/Tokyo" // 8:00 UTC is 17:00 there
				c.Schedule = "0 17,23 * * *"
				c.Quiet = []store.Span{{Start: 22 * 60, End: 7 * 60}}
			})
			w.start()
			w.story("a")
			pass(9 * time.Hour)
			w.story("b")
			pass(6 * time.Hour)
			w.expect("01 08:00 a", "01 14:00 b quiet")
		}},
		{"an interval begins at once, and goes on from the last run", func(w *world) {
			w.channel(func(c *store.Channel) { c.Schedule = "@every 1h" })
			w.story("a")
			w.start()
			synctest.Wait()
			w.expect("01 00:00 a")
			w.story("b")
			pass(30 * time.Minute)
			w.stop()
			w.start()
			pass(29 * time.Minute)
			w.expect()
			pass(time.Minute)
			w.expect("01 01:00 b")
		}},
		{"a story that is taken back is not posted", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.start()
			w.story("a")
			w.store.RemoveStory(w.Context(), "a", false, time.Now())
			pass(24 * time.Hour)
			w.expect()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				tt.play(w)
				w.stop()
			})
		})
	}
}

// A clock that was wrong once, far ahead, must not silence a channel until that
// time comes.
func TestClockThatWasAhead(t *testing.T) {
	e, err := Parse("0 8 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	ahead := store.Progress{Began: now.AddDate(0, -1, 0), LastRun: now.AddDate(5, 0, 0)}
	if got, want := first(e, ahead, 6*time.Hour, now), time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("next run %s, want %s", got, want)
	}
	// Set back by less than a day, it does not run the same hours again.
	back := store.Progress{Began: now.AddDate(0, -1, 0), LastRun: now.Add(20 * time.Hour)}
	if got, want := first(e, back, 6*time.Hour, now), time.Date(2026, 11, 4, 8, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("next run %s, want %s", got, want)
	}
}
