package outbox

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"briefbot/store"
)

// maxTurns is how many chats of a platform are served at the same time. It is
// far more than a platform's rate needs, so that chats that hang, each for as
// long as a request may take, leave room for all others.
const maxTurns = 512

// dispatcher gives the chats of one platform their turns: many chats at once,
// each by one goroutine at a time.
type dispatcher struct {
	*Outbox
	name     store.Platform
	platform Platform
	pace     *pace
	started  time.Time
	lanes    map[store.Chat]*lane
	waiting  laneQueue
	running  int
	finished chan finished
}

// lane is a chat that has something pending.
type lane struct {
	chat    store.Chat
	due     time.Time
	index   int  // in the queue; -1 while it has its turn
	renewed bool // something came in during its turn
}

// finished is the end of a chat's turn.
type finished struct {
	lane *lane
	due  time.Time // when to go on; zero: nothing is pending
}

func newDispatcher(o *Outbox, name store.Platform, p Platform) *dispatcher {
	return &dispatcher{
		Outbox:   o,
		name:     name,
		platform: p,
		pace:     newPace(o.Rates[name]),
		started:  time.Now(),
		lanes:    map[store.Chat]*lane{},
		finished: make(chan finished),
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

	news := make(chan []store.Chat)
	var assistants sync.WaitGroup
	assistants.Go(func() { relay(ctx, watch, news) })
	assistants.Go(func() { d.pace.run(ctx) })
	defer assistants.Wait()

	for {
		d.start(ctx, finish)
		select {
		case chats := <-news:
			d.wake(chats)
		case f := <-d.finished:
			d.end(f)
		case <-d.nearest():
		case <-ctx.Done():
			for d.running > 0 {
				<-d.finished
				d.running--
			}
			return nil
		}
	}
}

// relay passes on what the watch tells.
func relay(ctx context.Context, watch *store.PendingWatch, news chan<- []store.Chat) {
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
func (d *dispatcher) wake(chats []store.Chat) {
	now := time.Now()
	for _, c := range chats {
		l := d.lanes[c]
		switch {
		case l == nil:
			l = &lane{chat: c, due: now}
			d.lanes[c] = l
			heap.Push(&d.waiting, l)
		case l.index < 0:
			l.renewed = true
		case l.due.After(now):
			l.due = now
			heap.Fix(&d.waiting, l.index)
		}
	}
}

// start begins the turns that are due.
func (d *dispatcher) start(ctx, finish context.Context) {
	now := time.Now()
	for d.running < maxTurns && len(d.waiting) > 0 && !d.waiting[0].due.After(now) {
		l := heap.Pop(&d.waiting).(*lane)
		d.running++
		go func() {
			due, err := d.turn(ctx, finish, l.chat)
			if err != nil {
				if !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrClosed) {
					d.Log.Error("delivery is delayed", "platform", d.name, "chat", l.chat.ID, "err", err)
				}
				due = time.Now().Add(storeRetry)
			}
			d.finished <- finished{l, due}
		}()
	}
}

// storeRetry is how soon a chat has its next turn after the store failed.
const storeRetry = 5 * time.Second

// end takes back a lane whose turn is over.
func (d *dispatcher) end(f finished) {
	d.running--
	l := f.lane
	switch {
	case l.renewed:
		l.due = time.Now()
	case f.due.IsZero():
		delete(d.lanes, l.chat)
		return
	default:
		l.due = f.due
	}
	l.renewed = false
	heap.Push(&d.waiting, l)
}

// nearest fires when the next waiting lane is due; never, if none is waiting or
// all turns are taken.
func (d *dispatcher) nearest() <-chan time.Time {
	if len(d.waiting) == 0 || d.running >= maxTurns {
		return nil
	}
	return time.After(time.Until(d.waiting[0].due))
}

// laneQueue is a heap of the lanes that wait, the nearest first.
type laneQueue []*lane

func (q laneQueue) Len() int           { return len(q) }
func (q laneQueue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
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
	l.index = -1
	*q = old[:len(old)-1]
	return l
}
