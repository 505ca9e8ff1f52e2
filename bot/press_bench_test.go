package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
)

// atOnce is how many readers press a button at the same moment.
const atOnce = 200

// stopwatch measures, for each reader, the time from a press to what comes of
// it.
type stopwatch struct {
	testing.TB
	mu      sync.Mutex
	pressed map[string]time.Time // guarded by mu: by who alone sees the answer
	took    []time.Duration      // guarded by mu
	shown   map[string]string    // guarded by mu: the message that came of it
	done    chan struct{}        // gets a token when nobody waits
}

// watch notes what readers see.
func (s *stopwatch) watch(events <-chan sandbox.Event) {
	for e := range events {
		now := time.Now()
		if e.Kind == "toast" && e.Text != "" {
			s.Errorf("a reader was told: %s", e.Text)
		}
		if e.Kind != "ephemeral" && e.Kind != "message" && e.Kind != "edit" {
			continue
		}
		s.mu.Lock()
		who := cmp.Or(e.User, e.Chat) // a private chat has its reader's id
		if began, waits := s.pressed[who]; waits {
			delete(s.pressed, who)
			s.took, s.shown[who] = append(s.took, now.Sub(began)), e.ID
			if len(s.pressed) == 0 {
				s.done <- struct{}{}
			}
		}
		s.mu.Unlock()
	}
}

// all lets all readers do something at the same moment, and waits until each
// has seen what comes of it.
func (s *stopwatch) all(readers []string, do func(who string) error) {
	s.mu.Lock()
	for _, who := range readers {
		s.pressed[who] = time.Now()
	}
	s.mu.Unlock()
	for _, who := range readers {
		go func() {
			s.mu.Lock()
			s.pressed[who] = time.Now()
			s.mu.Unlock()
			if err := do(who); err != nil {
				s.Error(err)
			}
		}()
	}
	select {
	case <-s.done:
	case <-time.After(patience):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.Fatalf("%d of %d readers wait in vain", len(s.pressed), len(readers))
	}
}

// benchPresses is how long readers wait who all press a button at the same
// moment. meet gives the readers of a round, each with a message to press on;
// the first round warms up.
func benchPresses(b *testing.B, platform func(w *world) sandbox.Platform, meet func(w *world, s *stopwatch, round int) (readers []string, press func(who string) error)) {
	w := newWorld(b)
	w.write("ferry.txt", ferry)
	w.start(w.config(", schedule: \"@every 1h\""))
	defer func() { w.stop() }()
	w.until("the posts", func() bool {
		return len(posts(w.discord.Transcript(), w.text)) > 0 && len(posts(w.telegram.Transcript(), w.group)) > 0 && len(w.discord.Commands(w.text)) > 0
	})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	s := &stopwatch{TB: b, pressed: map[string]time.Time{}, shown: map[string]string{}, done: make(chan struct{}, 1)}
	go s.watch(platform(w).Watch(ctx))
	round := 0
	next := func() {
		readers, press := meet(w, s, round)
		s.took = nil
		s.all(readers, press)
		round++
	}
	next()
	var took []time.Duration
	for b.Loop() {
		next()
		took = append(took, s.took...)
	}
	slices.Sort(took)
	for name, at := range map[string]int{"ms-p50": len(took) / 2, "ms-p99": len(took) * 99 / 100, "ms-max": len(took) - 1} {
		b.ReportMetric(float64(took[at].Microseconds())/1000, name)
	}
}

// newReaders are people who were never there before.
func newReaders(round int, add func(name string) string) []string {
	var all []string
	for i := range atOnce {
		all = append(all, add(fmt.Sprintf("reader %d-%d", round, i)))
	}
	return all
}

func onDiscord(w *world) sandbox.Platform  { return w.discord }
func onTelegram(w *world) sandbox.Platform { return w.telegram }

// All press on one post, and each gets an answer of their own.
func BenchmarkPressesDiscord(b *testing.B) {
	benchPresses(b, onDiscord, func(w *world, _ *stopwatch, round int) ([]string, func(string) error) {
		post := posts(w.discord.Transcript(), w.text)[0]
		return newReaders(round, w.discord.AddUser), func(who string) error {
			return w.discord.Press(b.Context(), who, w.text, post.ID, buttonOf(b, post, "critical"))
		}
	})
}

// Each turns the answer that they have to the other side.
func BenchmarkTurnsDiscord(b *testing.B) {
	benchPresses(b, onDiscord, func(w *world, s *stopwatch, round int) ([]string, func(string) error) {
		post := posts(w.discord.Transcript(), w.text)[0]
		side := buttonOf(b, post, "critical")
		readers := newReaders(round, w.discord.AddUser)
		s.all(readers, func(who string) error { return w.discord.Press(b.Context(), who, w.text, post.ID, side) })
		a, _, err := brief.ParseAction(side)
		if err != nil {
			b.Fatal(err)
		}
		other := brief.Action{Verb: brief.ShowEstablishment, Story: a.Story}.Data("a")
		return readers, func(who string) error {
			s.mu.Lock()
			own := s.shown[who]
			s.mu.Unlock()
			return w.discord.Press(b.Context(), who, w.text, own, other)
		}
	})
}

// Each presses in their own private chat with the bot.
func BenchmarkPressesTelegram(b *testing.B) {
	benchPresses(b, onTelegram, func(w *world, s *stopwatch, round int) ([]string, func(string) error) {
		readers := newReaders(round, w.telegram.AddUser)
		for _, who := range readers {
			for _, line := range []string{"/start", "/critical"} {
				if err := w.telegram.Say(b.Context(), who, who, line, ""); err != nil {
					b.Fatal(err)
				}
			}
		}
		own := map[string]sandbox.Entry{}
		w.until("the answers to press on", func() bool {
			for _, e := range w.telegram.Transcript() {
				if slices.Contains(readers, e.Chat) && strings.Contains(string(e.Body), "1/est/") {
					own[e.Chat] = e
				}
			}
			return len(own) == len(readers)
		})
		return readers, func(who string) error {
			return w.telegram.Press(b.Context(), who, who, own[who].ID, buttonOf(b, own[who], "establishment"))
		}
	})
}
