package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"briefbot/store"
)

// stories is a store of which only stories are asked.
type stories struct {
	Store
	entries []store.Entry
}

func (s stories) StoriesAfter(_ context.Context, seq uint64, _ int) ([]store.Entry, error) {
	return s.entries[min(int(seq), len(s.entries)):], nil
}

// How long it takes to find who wants a story that came in, of 100,000 readers
// with topics of their own, of which ten want it.
func BenchmarkArrive(b *testing.B) {
	s := New(stories{entries: []store.Entry{{Seq: 1, Story: store.Story{Headline: "A", Topics: []string{"world", "sea"}}}}}, slog.New(slog.DiscardHandler))
	for i := range 100_000 {
		topics := []string{fmt.Sprint("topic ", i), "land"}
		if i%10_000 == 0 {
			topics = append(topics, "Sea")
		}
		c := store.Channel{Name: fmt.Sprint(i), Schedule: AsItComes, Topics: topics}
		e, err := Parse(AsItComes, time.UTC)
		if err != nil {
			b.Fatal(err)
		}
		sl, err := newSlot(c, store.Progress{}, e, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		s.enter(sl, c, store.Progress{}, time.Now())
	}
	for b.Loop() {
		s.seen, s.queue = 0, nil
		for _, cm := range s.comers {
			cm.due = false
		}
		if err := s.arrive(b.Context(), time.Now()); err != nil || len(s.queue) != 10 {
			b.Fatal(len(s.queue), err)
		}
	}
}
