package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/store"
)

// slow is a store of which each transaction takes a while.
type slow struct {
	Store
	takes time.Duration

	mu             sync.Mutex
	underWay, most int // guarded by mu
}

func (s *slow) RunSchedules(_ context.Context, channels []string, _ func(int, store.Agenda) store.Plan) (int, []store.Delivery, error) {
	s.count(1)
	time.Sleep(s.takes) // the bubble's clock: no waiting
	s.count(-1)
	return len(channels), nil, nil
}

func (s *slow) count(more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underWay += more
	s.most = max(s.most, s.underWay)
}

// A story for ten thousand channels at the same minute: while the disk is quick, one
// transaction at a time leaves readers the store; where it is slow, the posts must
// not wait for it.
func TestPace(t *testing.T) {
	for _, tt := range []struct {
		takes, within time.Duration
		atOnce        int
	}{
		{4 * time.Millisecond, 2 * time.Second, 1},
		{10 * time.Millisecond, 2200 * time.Millisecond, 2},
		{20 * time.Millisecond, 2200 * time.Millisecond, 4},
	} {
		t.Run(tt.takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &slow{takes: tt.takes}
				s := New(st, slog.New(slog.DiscardHandler))
				daily, err := Parse("0 8 * * *", time.UTC)
				if err != nil {
					t.Fatal(err)
				}
				for i := range 10_000 {
					c := store.Channel{Name: fmt.Sprint(i)}
					s.enter(&slot{channel: c.Name, when: daily, at: time.Now()}, c, store.Progress{}, time.Now())
				}
				began := time.Now()
				s.runDue(t.Context(), began)
				if took := time.Since(began); took > tt.within {
					t.Errorf("planned within %s, want %s", took, tt.within)
				}
				if got := st.most; got != tt.atOnce {
					t.Errorf("%d transactions at once, want %d", got, tt.atOnce)
				}
				if n := s.Upcoming(); len(n) != 10_000 {
					t.Errorf("%d channels are due again, want 10,000", len(n))
				}
			})
		})
	}
}
