package outbox

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"briefbot/bot/config"
	"briefbot/store"
)

const (
	// maxTurns is how many chats of a platform are served at the same time. It
	// is far more than a platform's rate needs, so that chats that hang, each
	// for as long as a request may take, leave room for all others.
	maxTurns = 512
	// maxAsked is how many more may be, where readers wait for an answer.
	maxAsked = 512
	// maxUnsent is how many turns are begun ahead of the pace, and maxWrites how
	// many of them write to the store at once: enough that neither has to wait,
	// and so few that what readers ask is not held up behind a broadcast that
	// the machine can hardly keep up with.
	maxUnsent = 64
	maxWrites = 256
)

// dispatcher gives the chats of one platform their turns: many chats at once,
// each by one goroutine at a time. A turn asks for each request that it makes;
// those are let out as the pace allows, readers' answers first. All its state
// belongs to the goroutine of run.
type dispatcher struct {
	*Outbox
	name     store.Platform
	platform Platform
	pace     *Pace
	posts    posts
	bare     sync.Map // what was told of, by bare
	started  time.Time

	lanes          map[store.Chat]*lane
	pushed         int       // counts lanes that began to wait
	asked, waiting laneQueue // lanes without a turn: those where readers wait, the others
	turns          int       // that are under way
	idle           []worker  // without a turn, the one that had the last turn last
	unsent         int       // of these, that made no request yet
	urgent, plain  []*wish   // oldest first

	finished chan finished
	workers  sync.WaitGroup
	wishes   chan *wish
	writes   chan struct{} // holds a token for each write of what no reader waits for
}

// lane is a chat that has something pending.
type lane struct {
	chat    store.Chat
	due     time.Time
	place   int        // among those that are due at the same time
	asked   bool       // a reader waits
	queue   *laneQueue // nil while it has its turn
	index   int        // in the queue
	renewed bool       // something came in during its turn
	unsent  bool       // its turn made no request yet
	wish    *wish      // what its turn waits for, if it does
}

// worker takes the lanes whose turns its goroutine is to have, one after the
// other: its stack has grown to what a turn needs.
type worker chan *lane

// maxIdle is how many workers wait for another turn.
const maxIdle = 64

// finished is the end of a chat's turn.
type finished struct {
	lane   *lane
	rest   rest
	worker worker
}

// rest is what a turn leaves to be done.
type rest struct {
	due   time.Time // when to go on; zero: nothing is pending
	asked bool      // a reader waits
}

// wish is a turn's wish to make a request.
type wish struct {
	lane    *lane
	urgent  bool
	granted chan *slot // gets one answer; nil: something more urgent came in
}

func newDispatcher(o *Outbox, name store.Platform, p Platform) *dispatcher {
	pace := o.Paces[name]
	if pace == nil {
		pace = NewPace(config.Rates{})
	}
	return &dispatcher{
		Outbox:   o,
		name:     name,
		platform: p,
		pace:     pace,
		started:  time.Now(),
		lanes:    map[store.Chat]*lane{},
		finished: make(chan finished),
		wishes:   make(chan *wish),
		writes:   make(chan struct{}, maxWrites),
	}
}

// run dispatches until ctx ends; requests that are then under way have until
// finish ends.
func (d *dispatcher) run(ctx, finish context.Context) error {
	watch := d.Store.WatchPending(d.name)
	defer watch.Close()
	chats, err := d.Store.PendingChats(ctx, d.name)
	if err != nil {
		return fmt.Errorf("read what is pending for %s: %w", d.name, err)
	}
	d.wake(chats)

	news := make(chan []store.Waiting)
	var assistants sync.WaitGroup
	assistants.Go(func() { relay(ctx, watch, news) })
	assistants.Go(func() { d.retryPaused(ctx) })
	defer assistants.Wait()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		d.grant()
		d.start(ctx, finish)
		d.set(timer)
		select {
		case chats := <-news:
			d.wake(chats)
		case w := <-d.wishes:
			d.wish(w)
		case f := <-d.finished:
			d.end(f)
		case <-timer.C:
		case <-ctx.Done():
			for d.turns > 0 {
				d.release((<-d.finished).worker)
				d.turns--
			}
			for _, w := range d.idle {
				close(w)
			}
			d.workers.Wait()
			return nil
		}
	}
}

// relay passes on what the watch tells.
func relay(ctx context.Context, watch *store.PendingWatch, news chan<- []store.Waiting) {
	for {
		chats, err := watch.Next(ctx)
		if err != nil {
			return // ctx ended, or the store is closed
		}
		select {
		case news <- chats:
		case <-ctx.Done():
			return
		}
	}
}

// wake gives chats a turn as soon as may be.
func (d *dispatcher) wake(chats []store.Waiting) {
	now := time.Now()
	for _, c := range chats {
		l := d.lanes[c.Chat]
		if l == nil {
			l = &lane{chat: c.Chat}
			d.lanes[c.Chat] = l
		} else if l.queue == nil {
			l.renewed = true
			l.asked = l.asked || c.Asked
			if c.Asked {
				d.recall(l)
			}
			continue
		} else {
			heap.Remove(l.queue, l.index)
		}
		l.asked = l.asked || c.Asked
		d.push(l, now)
	}
}

// push has a lane wait for its turn.
func (d *dispatcher) push(l *lane, due time.Time) {
	d.pushed++
	l.due, l.place, l.queue = due, d.pushed, &d.waiting
	if l.asked {
		l.queue = &d.asked
	}
	heap.Push(l.queue, l)
}

// recall has a turn that waits to bring a post go round again, since a reader of
// the same chat asked meanwhile.
func (d *dispatcher) recall(l *lane) {
	if w := l.wish; w != nil && !w.urgent {
		d.plain = slices.DeleteFunc(d.plain, func(x *wish) bool { return x == w })
		l.wish, l.asked = nil, false
		w.granted <- nil
	}
}

// wish takes in a wish.
func (d *dispatcher) wish(w *wish) {
	switch {
	case w.urgent:
		d.urgent = append(d.urgent, w)
	case w.lane.asked: // while the wish was on its way
		w.lane.asked = false
		w.granted <- nil
		return
	default:
		d.plain = append(d.plain, w)
	}
	w.lane.wish = w
}

// grant lets requests out as the pace allows.
func (d *dispatcher) grant() {
	for {
		line := &d.urgent
		if len(*line) == 0 {
			line = &d.plain
		}
		now := time.Now()
		if len(*line) == 0 || d.pace.next(now, len(d.urgent) > 0).After(now) {
			return
		}
		w := (*line)[0]
		*line = (*line)[1:]
		w.lane.wish = nil
		d.sends(w.lane)
		w.granted <- d.pace.take(now, w.urgent)
	}
}

// permit waits until a turn may make a request, in the slot that it gives; nil if
// the turn is to go round again first. A question about the chat is no message in it, and does not
// count as one.
func (d *dispatcher) permit(ctx context.Context, l *lane, urgent bool) (*slot, error) {
	w := &wish{lane: l, urgent: urgent, granted: make(chan *slot, 1)}
	select {
	case d.wishes <- w:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case s := <-w.granted:
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// start begins the turns that are due.
func (d *dispatcher) start(ctx, finish context.Context) {
	now := time.Now()
	for d.turns < maxTurns+maxAsked && d.asked.ready(now) {
		d.begin(ctx, finish, heap.Pop(&d.asked).(*lane), now)
	}
	for d.turns < maxTurns && d.unsent < maxUnsent && d.waiting.ready(now) {
		d.begin(ctx, finish, heap.Pop(&d.waiting).(*lane), now)
	}
}

// begin begins a turn, unless the chat must have a pause first.
func (d *dispatcher) begin(ctx, finish context.Context, l *lane, now time.Time) {
	// A reader's answer may not need the chat's pace.
	if free := d.pace.free(l.chat); free.After(now) && !l.asked {
		d.push(l, free)
		return
	}
	l.asked, l.unsent = false, true
	d.turns++
	d.unsent++
	if len(d.idle) > 0 {
		w := d.idle[len(d.idle)-1]
		d.idle = d.idle[:len(d.idle)-1]
		w <- l
		return
	}
	w := make(worker, 1)
	w <- l
	d.workers.Go(func() { d.work(ctx, finish, w) })
}

// work has the turns of the lanes that come.
func (d *dispatcher) work(ctx, finish context.Context, w worker) {
	for l := range w {
		rest, err := d.turn(ctx, finish, l)
		if err != nil {
			if !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrClosed) {
				d.Log.Error("delivery is delayed", "platform", d.name, "chat", l.chat.ID, "err", err)
			}
			rest.due = time.Now().Add(storeRetry)
		}
		d.finished <- finished{l, rest, w}
	}
}

// release has a worker wait for another turn, or end.
func (d *dispatcher) release(w worker) {
	if len(d.idle) == maxIdle {
		close(w)
		return
	}
	d.idle = append(d.idle, w)
}

// sends notes that a lane's turn makes a request, or has ended.
func (d *dispatcher) sends(l *lane) {
	if l.unsent {
		l.unsent = false
		d.unsent--
	}
}

// storeRetry is how soon a chat has its next turn after the store failed.
const storeRetry = 5 * time.Second

// end takes back a lane whose turn is over.
func (d *dispatcher) end(f finished) {
	d.turns--
	d.release(f.worker)
	l := f.lane
	d.sends(l)
	l.asked = l.asked || f.rest.asked
	switch {
	case l.renewed:
		l.renewed = false
		d.push(l, time.Now())
	case f.rest.due.IsZero():
		delete(d.lanes, l.chat)
	default:
		d.push(l, f.rest.due)
	}
}

// set lets the timer fire when there is something to be done that nothing else
// tells of.
func (d *dispatcher) set(timer *time.Timer) {
	const never = 24 * time.Hour
	now := time.Now()
	wait := never
	if len(d.urgent)+len(d.plain) > 0 {
		wait = min(wait, d.pace.next(now, len(d.urgent) > 0).Sub(now))
	}
	if len(d.asked) > 0 && d.turns < maxTurns+maxAsked {
		wait = min(wait, d.asked[0].due.Sub(now))
	}
	if len(d.waiting) > 0 && d.turns < maxTurns && d.unsent < maxUnsent {
		wait = min(wait, d.waiting[0].due.Sub(now))
	}
	timer.Reset(wait)
}

// laneQueue is a heap of the lanes that wait, the nearest first: those that are due
// together in the order in which they came, in which their deliveries stand in the
// store.
type laneQueue []*lane

// ready reports whether the first lane is due.
func (q laneQueue) ready(now time.Time) bool { return len(q) > 0 && !q[0].due.After(now) }

func (q laneQueue) Len() int { return len(q) }
func (q laneQueue) Less(i, j int) bool {
	return cmp.Or(q[i].due.Compare(q[j].due), cmp.Compare(q[i].place, q[j].place)) < 0
}
func (q laneQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *laneQueue) Push(x any) {
	l := x.(*lane)
	l.index = len(*q)
	*q = append(*q, l)
}
func (q *laneQueue) Pop() any {
	old := *q
	l := old[len(old)-1]
	l.queue = nil
	*q = old[:len(old)-1]
	return l
}
