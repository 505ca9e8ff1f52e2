package proof

import (
	"encoding/json"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"briefbot/bot/config"
	"briefbot/bot/sandbox"
)

// yearOfDays is a year and its end, with what the clocks do around the turn.
const yearOfDays = 390

// TestYear lives a year of many channels in virtual time, and finds nothing
// lost, doubled, out of order, torn, or at the wrong hour of a channel's clock.
// BRIEFBOT_PROOF is how many years are tried (default 1); BRIEFBOT_SEED is the
// first.
func TestYear(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole year: not in short mode")
	}
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a small heap, made anew all the time
	first := number("BRIEFBOT_SEED", 1)
	for seed := first; seed < first+number("BRIEFBOT_PROOF", 1); seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			began := time.Now()
			c := newCalendar(uint64(seed), yearOfDays)
			c.channels = everyNth(c.channels, share)
			w := (&world{calendar: c, hello: 3 * time.Hour}).live(t)
			posts, wrong := judgeYear(w)
			t.Logf("seed %d, %d: %d channels, %d stories, %d posts in %s, %d wrong", seed, c.begin.Year(), len(c.channels), len(c.stories), posts, time.Since(began).Round(time.Millisecond), len(wrong))
			for _, x := range wrong {
				t.Error(x)
			}
			if len(wrong) > 0 {
				t.Errorf("readers would complain; again with: BRIEFBOT_SEED=%d go test -run Year -v ./bot/proof", seed)
			}
			if w.limited > 0 {
				t.Errorf("%d requests were answered with 429", w.limited)
			}
		})
	}
}

// everyNth gives the first of all, and every nth behind it.
func everyNth(all []*outlet, n int) []*outlet {
	var some []*outlet
	for i := 0; i < len(all); i += n {
		some = append(some, all[i])
	}
	return some
}

func judgeYear(w *world) (posts int, wrong []string) {
	o := newOracle(w.calendar)
	for _, c := range w.calendar.channels {
		n, complaints := o.judge(c, w.written[c.chat])
		posts += n
		wrong = append(wrong, complaints...)
	}
	return posts, wrong
}

// TestFortnight lives two weeks with heartbeats and polls as often as the
// platforms have them, and then looks whether the oracle would see it if what
// was written were not as it is.
func TestFortnight(t *testing.T) {
	if testing.Short() {
		t.Skip("two whole weeks: not in short mode")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	w := (&world{calendar: newCalendar(1, 14)}).live(t)
	if posts, wrong := judgeYear(w); len(wrong) > 0 || posts == 0 {
		t.Fatalf("%d posts, %d wrong: %q", posts, len(wrong), wrong)
	}
	c := w.calendar.channels[slices.IndexFunc(w.calendar.channels, func(c *outlet) bool {
		return !c.digest && c.updates == "edit" && len(creates(w.written[c.chat])) > 2
	})]
	for _, tt := range []struct {
		sees   string
		doctor func(all []sandbox.Entry) []sandbox.Entry
	}{
		{"is lost", func(all []sandbox.Entry) []sandbox.Entry { return slices.Delete(all, 1, 2) }},
		{"is doubled", func(all []sandbox.Entry) []sandbox.Entry { return slices.Insert(all, 1, all[0]) }},
		{"is late", func(all []sandbox.Entry) []sandbox.Entry { all[1].At = all[1].At.Add(time.Hour); return all }},
		{"is too early", func(all []sandbox.Entry) []sandbox.Entry { all[1].At = all[1].At.Add(-time.Hour); return all }},
		{"is out of order", func(all []sandbox.Entry) []sandbox.Entry {
			all[0].Text, all[1].Text = all[1].Text, all[0].Text
			return all
		}},
		{"is torn", func(all []sandbox.Entry) []sandbox.Entry {
			for i, e := range all {
				if second := strings.Index(e.Text, "B1>"); second > 0 {
					all[i].Text = e.Text[:strings.LastIndex(e.Text[:second], "<")]
				}
			}
			return all
		}},
		{"silent", func(all []sandbox.Entry) []sandbox.Entry {
			all[1].Body = json.RawMessage(`{"disable_notification": "` + strconv.FormatBool(!silentPost(all[1])) + `"}`)
			return all
		}},
		{"as of version", func(all []sandbox.Entry) []sandbox.Entry {
			all[1].Text = strings.ReplaceAll(all[1].Text, "version 0", "version 7")
			return all
		}},
		{"was not to be posted", func(all []sandbox.Entry) []sandbox.Entry {
			return append(all, sandbox.Entry{At: all[1].At, Method: "create", Text: "<S1B0> version 0"})
		}},
	} {
		_, wrong := newOracle(w.calendar).judge(c, tt.doctor(creates(w.written[c.chat])))
		if !slices.ContainsFunc(wrong, func(s string) bool { return strings.Contains(s, tt.sees) }) {
			t.Errorf("nobody sees that a post %s: %q", tt.sees, wrong)
		}
	}
}

// creates gives what was posted anew.
func creates(all []sandbox.Entry) []sandbox.Entry {
	return slices.DeleteFunc(slices.Clone(all), func(e sandbox.Entry) bool { return e.Method != "create" })
}

// A bot that is wrong is found out, in the channel in which it is.
func TestYearComplains(t *testing.T) {
	for _, tt := range []struct {
		name   string
		topics []string // what the channel is to have
		tamper func(*config.Config)
		sees   string
	}{
		{"a clock of another zone", nil, func(c *config.Config) { c.Channels[0].Timezone = "Europe/London" }, "is late"},
		{"an hour too early", nil, func(c *config.Config) { c.Channels[0].Schedule = "0 7 * * *" }, "is too early"},
		{"a story too many", []string{"harbour"}, func(c *config.Config) { c.Channels[0].Topics = nil }, "was not to be posted"},
		{"a story too few", nil, func(c *config.Config) { c.Channels[0].Topics = []string{"harbour"} }, "is lost"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCalendar(1, 10)
			c.channels = c.channels[:3]
			c.channels[0].topics = tt.topics
			w := (&world{calendar: c, hello: 3 * time.Hour, tamper: tt.tamper}).live(t)
			_, wrong := judgeYear(w)
			if !slices.ContainsFunc(wrong, func(s string) bool { return strings.Contains(s, tt.sees) }) {
				t.Errorf("nobody sees it: %q", wrong)
			}
			for _, x := range wrong {
				if !strings.HasPrefix(x, "channel 00 ") {
					t.Errorf("another channel is blamed: %s", x)
				}
			}
		})
	}
}
