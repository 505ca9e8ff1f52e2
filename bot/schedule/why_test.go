package schedule

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/store"
)

func TestWhy(t *testing.T) {
	// first takes the channel's pending delivery and changes it.
	first := func(w *world, change func(*store.Delivery)) {
		w.Helper()
		pending, _, err := w.store.Pending(w.Context(), store.Chat{Platform: store.Discord, ID: "1"})
		if err != nil || len(pending) == 0 {
			w.Fatalf("nothing is pending: %v", err)
		}
		_, err = w.store.ChangeDelivery(w.Context(), pending[0].ID, func(d *store.Delivery) {
			d.Parts = []store.Part{{Body: json.RawMessage("{}"), Claimed: time.Now()}}
			change(d)
		})
		if err != nil {
			w.Fatal(err)
		}
	}
	run := func(w *world, d time.Duration) {
		w.start()
		pass(d)
		w.stop()
	}
	for _, tt := range []struct {
		name string
		play func(w *world)
		want string
	}{
		{"posted", func(w *world) {
			w.channel(func(c *store.Channel) { c.Timezone = "Europe/Berlin" })
			w.story("a")
			run(w, 7*time.Hour)
			first(w, func(d *store.Delivery) {
				d.State, d.Done = store.Sent, time.Now()
				d.Parts[0].Message = "4711"
			})
		}, "c: posted on 1 January 2000 at 08:00:00 CET, as message 4711"},
		{"not yet", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
		}, "c: not posted yet: the next run is on 1 January 2000 at 08:00:00 UTC, with at most 10 stories, oldest first"},
		{"in line", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			run(w, 8*time.Hour)
		}, "c: planned on 1 January 2000 at 08:00:00 UTC, and next in line to be sent"},
		{"tried", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			run(w, 8*time.Hour)
			first(w, func(d *store.Delivery) {
				d.Attempts, d.Reason, d.Due = 3, "503 Service Unavailable", time.Now().Add(time.Minute)
			})
		}, "c: planned on 1 January 2000 at 08:00:00 UTC; the last of 3 tries failed (503 Service Unavailable), the next is on 1 January 2000 at 08:01:00 UTC"},
		{"uncertain", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			run(w, 8*time.Hour)
			first(w, func(d *store.Delivery) {
				d.State, d.Reason, d.Due = store.Uncertain, "connection reset", time.Now().Add(30*time.Second)
			})
		}, "c: was sent on 1 January 2000 at 08:00:00 UTC, but whether it arrived is not known (connection reset); it is looked for on 1 January 2000 at 08:00:30 UTC"},
		{"given up", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			run(w, 8*time.Hour)
			first(w, func(d *store.Delivery) {
				d.State, d.Reason, d.Done = store.GivenUp, "400 embed too large", time.Now()
			})
		}, "c: given up on 1 January 2000 at 08:00:00 UTC: 400 embed too large"},
		{"paused", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			run(w, 8*time.Hour)
			now := time.Now()
			if err := w.store.PauseChat(w.Context(), store.Pause{Chat: store.Chat{Platform: store.Discord, ID: "1"}, Since: now, Reason: "403 Missing Access", Retry: now.Add(time.Hour)}); err != nil {
				w.Fatal(err)
			}
		}, "c: waits: the chat is paused since 1 January 2000 at 08:00:00 UTC (403 Missing Access); it goes on when the bot is back there, and is tried on 1 January 2000 at 09:00:00 UTC at the latest"},
		{"sent anew", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			run(w, 8*time.Hour)
			first(w, func(d *store.Delivery) {
				d.State, d.Done, d.Resends = store.Sent, time.Now(), 1
				d.Parts[0].Message = "4711"
			})
		}, "c: posted on 1 January 2000 at 08:00:00 UTC, as message 4711; it was sent anew although it may have been out, since that could not be found out"},
		{"followed", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			run(w, 8*time.Hour)
			request := []json.RawMessage{json.RawMessage("{}")}
			first(w, func(d *store.Delivery) {
				d.State, d.Done = store.Sent, time.Now()
				d.Parts[0].Message = "4711"
				d.Then = []store.Step{{Kind: store.ThreadDelivery, Requests: request}, {Kind: store.PublishDelivery, Requests: request}}
			})
			first(w, func(d *store.Delivery) {
				d.State, d.Reason, d.Done = store.GivenUp, "403 Missing Permissions", time.Now()
			})
			first(w, func(d *store.Delivery) {
				d.Attempts, d.Reason, d.Due = 1, "429 Too Many Requests", time.Now().Add(time.Hour)
			})
		}, "c: posted on 1 January 2000 at 08:00:00 UTC, as message 4711; no thread could be begun below it: 403 Missing Permissions; " +
			"it is to be published; the last of 1 tries failed (429 Too Many Requests), the next is on 1 January 2000 at 09:00:00 UTC"},
		{"other topics", func(w *world) {
			w.channel(func(c *store.Channel) { c.Topics = []string{"world", "science"} })
			w.story("a", "sport")
			run(w, 8*time.Hour)
		}, "c: not posted: the channel takes world, science, the story is about sport"},
		{"other words", func(w *world) {
			w.channel(func(c *store.Channel) { c.Exclude = []string{"/^A$/"} })
			w.story("a")
		}, `c: not posted: it has "/^A$/", which is to be excluded`},
		{"told by several", func(w *world) {
			w.store = w.store.Merging(store.Sameness{Alike: 0.5, Within: 48 * time.Hour})
			w.channel(func(*store.Channel) {})
			put := func(id, url string, bullets ...string) {
				w.Helper()
				s := store.Story{ID: id, Headline: "A", URL: url}
				for _, b := range bullets {
					s.Bullets = append(s.Bullets, store.Bullet{Text: b})
				}
				if _, _, err := w.store.PutStory(w.Context(), s, time.Now()); err != nil {
					w.Fatal(err)
				}
			}
			put("wire:7", "", "One thing.", "Another thing.")
			pass(time.Hour)
			put("desk:x", "https://anselpost.example/a", "One thing.", "Another thing.", "A third.")
			put("a", "http://www.anselpost.example/a/", "Else.")
			w.store.RemoveStory(w.Context(), "a", true, time.Now())
		}, "one story from 3 sources: desk:x, whose telling is posted, since 1 January 2000 at 01:00:00 UTC, with the headline of wire:7 and bullets 100% alike; " +
			"wire:7; a, since 1 January 2000 at 01:00:00 UTC, at the same address as desk:x, taken back on 1 January 2000 at 01:00:00 UTC|" +
			"c: not posted yet: the next run is on 1 January 2000 at 08:00:00 UTC, with at most 10 stories, oldest first"},
		{"taken back", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			w.store.RemoveStory(w.Context(), "a", false, time.Now())
			run(w, 8*time.Hour)
		}, "c: not posted: its source took it back on 1 January 2000 at 00:00:00 UTC"},
		{"before the channel began", func(w *world) {
			w.story("a")
			w.story("b")
			pass(time.Hour)
			w.channel(func(*store.Channel) {})
		}, "c: not posted: it came in on 1 January 2000 at 00:00:00 UTC, before the channel began on 1 January 2000 at 01:00:00 UTC, and was not among the newest 1 then"},
		{"too old when its turn came", func(w *world) {
			w.channel(func(*store.Channel) {})
			w.story("a")
			pass(5 * 24 * time.Hour)
			run(w, 9*time.Hour)
		}, "c: not posted: when its turn came it was older than 72h0m0s (it came in on 1 January 2000 at 00:00:00 UTC)"},
		{"not approved", func(w *world) {
			w.channel(func(c *store.Channel) { c.Waiting = true })
			w.story("a")
			run(w, 9*time.Hour)
		}, "c: not posted: the channel has not been approved: briefbot approve c"},
		{"paused from its chat", func(w *world) {
			w.channel(func(c *store.Channel) { c.Paused = true })
			w.story("a")
			run(w, 9*time.Hour)
		}, "c: not posted yet: the channel was paused from its chat, and goes on when that is taken back"},
		{"a schedule that was changed", func(w *world) {
			w.channel(func(c *store.Channel) {})
			w.story("b")
			run(w, 10*time.Hour)
			w.channel(func(c *store.Channel) { c.Schedule, c.Rescheduled = "0 9 * * *", time.Now() })
			w.story("a")
		}, "c: not posted yet: the next run is on 2 January 2000 at 09:00:00 UTC, with at most 10 stories, oldest first"},
		{"too old at the next run", func(w *world) {
			w.channel(func(c *store.Channel) { c.MaxAge = time.Hour })
			w.story("a")
		}, "c: will not be posted: at the next run, on 1 January 2000 at 08:00:00 UTC, it will be older than 1h0m0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				tt.play(w)
				got, err := Why(t.Context(), w.store, "a", "", time.Now())
				if err != nil {
					t.Fatal(err)
				}
				if strings.Join(got, "|") != tt.want {
					t.Errorf("got  %q\nwant %q", got, tt.want)
				}
				for _, wrong := range [][2]string{{"nothing", ""}, {"a", "nowhere"}} {
					if got, err := Why(t.Context(), w.store, wrong[0], wrong[1], time.Now()); err == nil {
						t.Errorf("%v: %v", wrong, got)
					}
				}
			})
		})
	}
}
