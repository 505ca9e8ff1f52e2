package schedule

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"briefbot/store"
)

// Store is what the scheduler needs of the store.
type Store interface {
	EachChannel(ctx context.Context, each func(store.Channel, store.Progress) error) error
	WatchChannels() store.Watch
	WatchArrivals() store.Watch
	NewestStory(ctx context.Context) (uint64, error)
	StoriesAfter(ctx context.Context, seq uint64, limit int) ([]store.Entry, error)
	Channel(ctx context.Context, name string) (store.Channel, error)
	Progress(ctx context.Context, channel string) (store.Progress, error)
	RunSchedules(ctx context.Context, channels []string, choose func(i int, a store.Agenda) store.Plan) (done int, made []store.Delivery, err error)
}

// Scheduler runs the channels' schedules.
type Scheduler struct {
	store Store
	log   *slog.Logger
	seen  uint64 // the newest story that was looked at, by its number
	mu    sync.Mutex
	queue queue // guarded by mu
	// comers are the channels that get stories as they come in; guarded by mu.
	comers map[string]*comer
}

// New makes a Scheduler.
func New(st Store, log *slog.Logger) *Scheduler {
	return &Scheduler{store: st, log: log, comers: map[string]*comer{}}
}

// Upcoming is a run that is to come.
type Upcoming struct {
	Channel  string
	Platform store.Platform
	At       time.Time
}

// slot is a channel's next run. There may be a hundred thousand: what else is to
// be known of the channel, the store has.
type slot struct {
	channel  string
	platform store.Platform
	when     Expression
	filter   store.Filter
	at       time.Time // zero: when something comes in
	ended    bool
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
	// maxStep is how many channels are planned for in one transaction: it holds as
	// many where each gets one story.
	maxStep = 24
	// pace is how many channels are planned for in a second if the store allows it:
	// several times what any platform lets out, so that no post waits for its plan.
	// (Telegram's paid broadcasts: 1,000 a second.)
	pace = 5000
	// maxAtOnce is how many transactions are under way at once at the most. There
	// is one as long as it keeps the pace: what readers ask meanwhile shares the
	// store with it.
	maxAtOnce = 4
	// maxTold is how many channels' next runs are told in the log one by one.
	maxTold = 20
)

// Run runs the schedules of the channels that the store has, until ctx ends.
func (s *Scheduler) Run(ctx context.Context) error {
	watch, stories := s.store.WatchChannels(), s.store.WatchArrivals()
	defer watch.Close()
	defer stories.Close()
	if err := s.load(ctx, time.Now()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	changed, came := make(chan []string), make(chan []string)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel() // before the wait
	parts.Go(func() { follow(ctx, watch, changed) })
	parts.Go(func() { follow(ctx, stories, came) })
	for {
		if err := s.arrive(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.log.Error("what came in is delayed", "err", err)
		}
		s.runDue(ctx, time.Now())
		select {
		case <-ctx.Done():
			return nil
		case names := <-changed:
			for _, name := range names {
				s.renew(ctx, name, time.Now())
			}
		case <-came: // is looked at next
		case <-time.After(s.sleep(time.Now())):
		}
	}
}

// follow passes on the names of the channels that a watch tells of.
func follow(ctx context.Context, watch store.Watch, changed chan<- []string) {
	for {
		names, err := watch.Next(ctx)
		if err != nil {
			return // ctx ended, or the store is closed
		}
		for i, k := range names {
			names[i] = store.NameOf(k)
		}
		select {
		case changed <- names:
		case <-ctx.Done():
			return
		}
	}
}

// renew schedules a channel that was made or changed.
func (s *Scheduler) renew(ctx context.Context, name string, now time.Time) {
	c, err := s.store.Channel(ctx, name)
	var p store.Progress
	if err == nil {
		p, err = s.store.Progress(ctx, name)
	}
	var sl *slot
	if err == nil && c.Mode != store.Follow {
		var e Expression
		if e, err = Parse(c.Schedule, zone(c)); err == nil {
			sl, err = newSlot(c, p, e, now)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.queue, func(old *slot) bool { return old.channel == name }); i >= 0 {
		heap.Remove(&s.queue, i)
	}
	delete(s.comers, name)
	switch {
	case err == nil && c.Mode == store.Follow: // has no time of its own
	case err == nil:
		s.log.Info("channel is scheduled", sl.about(c)...)
		s.enter(sl, c, p, now)
	case !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil:
		s.log.Error("channel is not scheduled", "channel", name, "err", err)
	}
}

// newSlot is a channel's next run.
func newSlot(c store.Channel, p store.Progress, e Expression, now time.Time) (*slot, error) {
	filter, err := c.Filter()
	if err != nil {
		return nil, err
	}
	sl := &slot{channel: c.Name, platform: c.Chat.Platform, when: e, filter: filter}
	if !e.comes {
		sl.at = first(e, since(c, p), c.CatchUp, now)
	}
	return sl, nil
}

// since is a channel's progress, counted from when its schedule was changed last.
func since(c store.Channel, p store.Progress) store.Progress {
	if !c.Rescheduled.IsZero() {
		p.LastRun = later(p.LastRun, c.Rescheduled)
	}
	return p
}

// about tells the log of a channel's schedule.
func (sl slot) about(c store.Channel) []any {
	all := []any{"channel", c.Name, "schedule", c.Schedule}
	if !sl.at.IsZero() {
		all = append(all, "next", sl.at)
	}
	return all
}

// Upcoming gives each channel's next run, the nearest first.
func (s *Scheduler) Upcoming() []Upcoming {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Upcoming
	for _, sl := range s.queue {
		all = append(all, Upcoming{sl.channel, sl.platform, sl.at})
	}
	slices.SortFunc(all, func(a, b Upcoming) int { return a.At.Compare(b.At) })
	return all
}

func (s *Scheduler) load(ctx context.Context, now time.Time) error {
	// Most channels share their schedule with many others, and so its parsed
	// form and time zone.
	parsed := map[[2]string]Expression{}
	told := 0
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.seen, err = s.store.NewestStory(ctx); err != nil {
		return fmt.Errorf("read the newest story's number: %w", err)
	}
	err = s.store.EachChannel(ctx, func(c store.Channel, p store.Progress) error {
		if c.Mode == store.Follow {
			return nil
		}
		e, ok := parsed[[2]string{c.Schedule, c.Timezone}]
		if !ok {
			var err error
			if e, err = Parse(c.Schedule, zone(c)); err != nil {
				return fmt.Errorf("schedule of channel %s: %w", c.Name, err)
			}
			parsed[[2]string{c.Schedule, c.Timezone}] = e
		}
		sl, err := newSlot(c, p, e, now)
		if err != nil {
			return err
		}
		if told++; told <= maxTold {
			s.log.Info("channel is scheduled", sl.about(c)...)
		}
		s.enter(sl, c, p, now)
		return nil
	})
	if err != nil {
		return fmt.Errorf("load the channels' schedules: %w", err)
	}
	if told > maxTold {
		s.log.Info("more channels are scheduled", "channels", told-maxTold)
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

// runDue runs what is due, in steps of several channels.
func (s *Scheduler) runDue(ctx context.Context, now time.Time) {
	due := s.takeDue(now)
	for next, atOnce := due, 1; len(next) > 0; {
		round := next[:min(len(next), atOnce*maxStep)]
		next = next[len(round):]
		took := s.runRound(ctx, round, now)
		atOnce = min(max(1, int(took.Seconds()*pace/maxStep)), maxAtOnce)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sl := range due {
		switch {
		case sl.ended:
			delete(s.comers, sl.channel)
		case !sl.at.IsZero():
			heap.Push(&s.queue, sl)
		case s.comers[sl.channel] != nil:
			s.comers[sl.channel].due = false
		}
	}
}

// takeDue takes what is due out of the queue.
func (s *Scheduler) takeDue(now time.Time) []*slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []*slot
	for len(s.queue) > 0 && !s.queue[0].at.After(now) {
		due = append(due, heap.Pop(&s.queue).(*slot))
	}
	return due
}

// runRound runs steps at once, and says how long they took.
func (s *Scheduler) runRound(ctx context.Context, due []*slot, now time.Time) time.Duration {
	began := time.Now()
	var steps sync.WaitGroup
	for step := range slices.Chunk(due, maxStep) {
		steps.Go(func() { s.runStep(ctx, step, now) })
	}
	steps.Wait()
	return time.Since(began)
}

// runStep runs the schedules of some channels, and sets when each is due again,
// if it has not ended.
// What can't be run holds up no other channel.
func (s *Scheduler) runStep(ctx context.Context, due []*slot, now time.Time) {
	together := len(due)
	for len(due) > 0 {
		names, left := make([]string, 0, together), make([]left, together)
		for _, sl := range due[:min(together, len(due))] {
			names = append(names, sl.channel)
		}
		done, made, err := s.store.RunSchedules(ctx, names, func(i int, a store.Agenda) store.Plan {
			p := plan(a, due[i].filter, due[i].at, now)
			left[i] = leaves(a, p)
			return p
		})
		switch {
		case err == nil:
			s.log.Debug("schedules run", "first", names[0], "channels", done, "planned", len(made))
			for i := range due[:done] {
				due[i].at = due[i].next(now, left[i])
			}
		case ctx.Err() != nil:
			return
		case together > 1: // one of them is in the way of the others
			together = 1
		case errors.Is(err, store.ErrNotFound): // the channel has ended
			done, due[0].ended = 1, true
		default:
			s.log.Error("schedule not run", "channel", names[0], "err", err)
			done, due[0].at = 1, now.Add(retryAfter)
		}
		due = due[done:]
	}
}

// next is when the channel is due after a run that left something, or did not;
// zero if that is not for the clock to tell.
func (sl slot) next(now time.Time, l left) time.Time {
	if sl.when.comes {
		return l.due(now)
	}
	every, ok := sl.when.Every()
	if !ok {
		return sl.when.Next(now)
	}
	// Counted from when it was due, so that it does not drift.
	if next := sl.at.Add(every); next.After(now) {
		return next
	}
	return now.Add(every)
}

// queue is a heap of slots, the nearest first. What is due together comes by name, as
// it stands in the store: so one transaction touches few of its pages.
type queue []*slot

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return cmp.Or(q[i].at.Compare(q[j].at), cmp.Compare(q[i].channel, q[j].channel)) < 0
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*slot)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return x
}
