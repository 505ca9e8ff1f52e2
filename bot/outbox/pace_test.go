package outbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot/config"
	"briefbot/store"
)

// What readers get, and when, at the platforms' limits.
func TestPace(t *testing.T) {
	telegram := config.Rates{All: config.Rate{Count: 30, Per: time.Second}, Chat: config.Rate{Count: 1, Per: time.Second}, Group: config.Rate{Count: 20, Per: time.Minute}}
	stories := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("s%03d", i))
		}
		return all
	}
	chats := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprint(i+1))
		}
		return strings.Join(all, " ")
	}
	// times gives when the posts came, in order.
	times := func(d *desk) (all []time.Time) {
		for _, at := range d.at {
			all = append(all, at)
		}
		slices.SortFunc(all, time.Time.Compare)
		return all
	}
	for _, tt := range []struct {
		name  string
		rates config.Rates
		play  func(d *desk)
	}{
		{"a chat gets one message a second", telegram, func(d *desk) {
			d.plan("7", stories(5)...)
			d.start()
			pass(time.Minute)
			at := times(d)
			if took := at[4].Sub(at[0]); len(at) != 5 || took != 4*time.Second {
				d.Errorf("%d messages took %s", len(at), took)
			}
		}},
		{"a group gets twenty messages a minute, and no more", telegram, func(d *desk) {
			d.plan("-1001", stories(45)[:23]...)
			d.plan("-1001", stories(45)[23:]...)
			d.start()
			pass(10 * time.Minute)
			at := times(d)
			for i := 20; i < len(at); i++ {
				if gap := at[i].Sub(at[i-20]); gap < time.Minute {
					d.Fatalf("messages %d to %d within %s", i-20, i, gap)
				}
			}
			if took := at[19].Sub(at[0]); len(at) != 45 || took != 19*time.Second {
				d.Errorf("%d messages, the first twenty took %s", len(at), took)
			}
		}},
		{"all chats together get thirty a second, no chat waits for another's limit", telegram, func(d *desk) {
			d.plan(chats(90), "before")
			d.start()
			pass(time.Minute) // every chat is known
			clear(d.at)
			d.plan(chats(90), "a")
			pass(time.Minute)
			at := times(d)
			for i := 30; i < len(at); i++ {
				if gap := at[i].Sub(at[i-30]); gap < time.Second {
					d.Fatalf("31 messages within %s", gap)
				}
			}
			if took := at[89].Sub(at[0]); took > 3*time.Second {
				d.Errorf("90 messages took %s", took)
			}
		}},
		{"at a high rate nothing is lost to timers, and no second gets more than it may", config.Rates{All: config.Rate{Count: 400, Per: time.Second}}, func(d *desk) {
			d.plan(chats(800), "before")
			d.start()
			pass(time.Minute) // every chat is known
			clear(d.at)
			d.plan(chats(800), "a")
			pass(time.Minute)
			at := times(d)
			for i := 400; i < len(at); i++ {
				if gap := at[i].Sub(at[i-400]); gap < time.Second {
					d.Fatalf("401 messages within %s", gap)
				}
			}
			if took := at[799].Sub(at[0]); took > 2040*time.Millisecond {
				d.Errorf("800 messages took %s", took)
			}
		}},
		{"an answer goes before a broadcast, however many chats wait", telegram, func(d *desk) {
			d.plan(chats(700), "a")
			d.start()
			pass(time.Second)
			asked := time.Now()
			d.answer("9999")
			pass(time.Second)
			if took := d.when("9999:answer.0").Sub(asked); took < 0 || took > 40*time.Millisecond {
				d.Errorf("the reader waited %s", took)
			}
		}},
		{"a broadcast leaves something of each second to those who ask at its end", config.Rates{All: config.Rate{Count: 400, Per: time.Second}}, func(d *desk) {
			d.plan(chats(1200), "before")
			d.start()
			pass(time.Minute) // every chat is known
			d.plan(chats(1200), "a")
			pass(970 * time.Millisecond)
			asked := time.Now()
			d.answer("9999")
			pass(time.Second)
			if took := d.when("9999:answer.0").Sub(asked); took < 0 || took > 10*time.Millisecond {
				d.Errorf("the reader waited %s", took)
			}
		}},
		{"an answer goes before the same chat's post that waits for its turn", telegram, func(d *desk) {
			d.plan(chats(400), "a")
			d.start()
			pass(time.Second)
			asked := time.Now()
			d.answer("400")
			pass(time.Second)
			if took := d.when("400:answer.0").Sub(asked); took < 0 || took > 40*time.Millisecond {
				d.Errorf("the reader waited %s", took)
			}
		}},
		{"a chat that asks for a pause gets one, answers too, and no other does", config.Rates{}, func(d *desk) {
			once := true
			d.send = func(dl store.Delivery, _ int, _ func() string) *store.Verdict {
				if dl.Chat.ID == "1" && once {
					once = false
					return &store.Verdict{Outcome: store.Retry, After: time.Minute, Reason: "429"}
				}
				return nil
			}
			d.plan("1", "a")
			d.start()
			began := time.Now()
			d.answer("1")
			d.plan("2", "a")
			pass(5 * time.Minute)
			if took := d.when("2:a.0").Sub(began); took != 0 {
				d.Errorf("the other chat waited %s", took)
			}
			if took := d.when("1:answer.0").Sub(began); took < time.Minute {
				d.Errorf("the chat got an answer %s into its pause", took)
			}
		}},
		{"no rates, no waiting", config.Rates{}, func(d *desk) {
			d.plan(chats(1000), "a")
			began := time.Now()
			d.start()
			if last := slices.MaxFunc(times(d), time.Time.Compare); len(d.at) != 1000 || last != began {
				d.Errorf("%d posts took %s", len(d.at), last.Sub(began))
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				d.on, d.rates = store.Telegram, tt.rates
				tt.play(d)
				d.stop()
			})
		})
	}
}
