package schedule

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"briefbot/store"
)

// Store is what the scheduler needs of the store.
type Store interface {
	Channels(ctx context.Context) ([]store.Channel, error)
	Progress(ctx context.Context, channel string) (store.Progress, error)
	RunSchedule(ctx context.Context, channel string, choose func(store.Agenda) store.Plan) ([]store.Delivery, error)
}

// Scheduler runs the channels' schedules.
type Scheduler struct {
	store Store
	log   *slog.Logger
	mu    sync.Mutex
	queue queue // guarded by mu
}

// New makes a Scheduler.
func New(st Store, log *slog.Logger) *Scheduler { return &Scheduler{store: st, log: log} }

// Upcoming is a run that is to come.
type Upcoming struct {
	Channel store.Channel
	At      time.Time
}

// slot is a channel's next run.
type slot struct {
	channel store.Channel
	when    Expression
	at      time.Time
}

const (
	// maxSleep bounds how long the scheduler trusts its timer: a clock that is
	// set, or a machine that slept, is noticed within it.
	maxSleep = time.Minute
	// retryAfter is how soon a run that could not be written is tried again.
	retryAfter = 5 * time.Second
	// future is how far ahead of the clock a last run may seem to be before it
	// is taken for the work of a clock that was wrong.
	future = 25 * time.Hour
	// maxRuns is how many channels are planned for at the same time.
	maxRuns = 64
)

// Run runs the schedules of the channels that the store has now, until ctx
// ends.
func (s *Scheduler) Run(ctx context.Context) error {
	if err := s.load(ctx, time.Now()); err != nil {
		return err
	}
	for {
		s.runDue(ctx, time.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.sleep(time.Now())):
		}
	}
}

// Upcoming gives each channel's next run, the nearest first.
func (s *Scheduler) Upcoming() []Upcoming {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Upcoming
	for _, sl := range s.queue {
		all = append(all, Upcoming{sl.channel, sl.at})
	}
	slices.SortFunc(all, func(a, b Upcoming) int { return a.At.Compare(b.At) })
	return all
}

func (s *Scheduler) load(ctx context.Context, now time.Time) error {
	channels, err := s.store.Channels(ctx)
	if err != nil {
		return fmt.Errorf("load the channels' schedules: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range channels {
		e, err := Parse(c.Schedule, zone(c))
		if err != nil {
			return fmt.Errorf("schedule of channel %s: %w", c.Name, err)
		}
		p, err := s.store.Progress(ctx, c.Name)
		if err != nil {
			return fmt.Errorf("progress of channel %s: %w", c.Name, err)
		}
		at := first(e, p, c.CatchUp, now)
		s.log.Info("channel is scheduled", "channel", c.Name, "schedule", c.Schedule, "next", at)
		heap.Push(&s.queue, slot{c, e, at})
	}
	return nil
}

// first is when a channel is due next, seen from now: at once, if a run was
// missed and is not older than catchUp, or if an interval has nothing to be
// counted from.
func first(e Expression, p store.Progress, catchUp time.Duration, now time.Time) time.Time {
	last := p.LastRun
	if last.After(now.Add(future)) {
		last = now
	}
	if every, ok := e.Every(); ok {
		if due := last.Add(every); !p.LastRun.IsZero() && due.After(now) {
			return due
		}
		return now
	}
	if last.IsZero() {
		last = p.Began
	}
	if missed := e.Next(later(last, now.Add(-catchUp))); !missed.After(now) {
		return now
	}
	return e.Next(later(last, now))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sleep is how long until the nearest run.
func (s *Scheduler) sleep(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return maxSleep
	}
	return max(0, min(maxSleep, s.queue[0].at.Sub(now)))
}

// runDue runs what is due, several channels at once: the store writes what
// comes together in one go.
func (s *Scheduler) runDue(ctx context.Context, now time.Time) {
	due := s.takeDue(now)
	var runs errgroup.Group
	runs.SetLimit(maxRuns)
	for i := range due {
		runs.Go(func() error {
			due[i].at = s.run(ctx, due[i], now)
			return nil
		})
	}
	runs.Wait() // no run returns an error: it is tried again
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sl := range due {
		heap.Push(&s.queue, sl)
	}
}

// takeDue takes what is due out of the queue.
func (s *Scheduler) takeDue(now time.Time) []slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []slot
	for len(s.queue) > 0 && !s.queue[0].at.After(now) {
		due = append(due, heap.Pop(&s.queue).(slot))
	}
	return due
}

// run runs a channel's schedule and says when it is due again.
func (s *Scheduler) run(ctx context.Context, due slot, now time.Time) time.Time {
	made, err := s.store.RunSchedule(ctx, due.channel.Name, func(a store.Agenda) store.Plan {
		return plan(a, due.at, now)
	})
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("schedule not run", "channel", due.channel.Name, "err", err)
		}
		return now.Add(retryAfter)
	}
	next := due.when.Next(now)
	if every, ok := due.when.Every(); ok {
		// Counted from when it was due, so that it does not drift.
		if next = due.at.Add(every); !next.After(now) {
			next = now.Add(every)
		}
	}
	s.log.Debug("schedule run", "channel", due.channel.Name, "planned", len(made), "next", next)
	return next
}

// queue is a heap of slots, the nearest first.
type queue []slot

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(slot)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}
