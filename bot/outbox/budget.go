package outbox

import (
	"container/heap"
	"sync"
	"time"
)

// budget keeps the whole bot within so many requests in so long, by the
// platform's count. When the platform counts a request is not known, but that it
// does between the request's leaving and its answer: so a slot that was used is
// free again so long after the answer came, less what a request and its answer
// need on their way at the very least. Of each slot at most one request falls
// into any window, wherever the platform lets it begin, and however late a
// request was.
type budget struct {
	most int
	per  time.Duration

	mu       sync.Mutex
	used     slots         // guarded by mu: the one that is free next in front
	quickest time.Duration // guarded by mu: of all requests, from leaving to answer
}

// slot is the right to one request, not before its time.
type slot struct {
	from  time.Time // when the request may be made
	free  time.Time // when the slot may be used again
	made  time.Time // when the request was made
	index int       // in the heap
}

const (
	// ahead is how long before its time a request is let go: it is claimed on
	// disk meanwhile.
	ahead = 20 * time.Millisecond
	// hanging is how long after it was made a request counts as not yet
	// counted: one that takes longer hangs behind the count, and must not keep
	// its slot from all others.
	hanging = time.Second
)

// next is when the next request can be let go.
func (b *budget) next(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.used) < b.most {
		return now
	}
	return b.used[0].free.Add(-ahead)
}

// take gives the next slot.
func (b *budget) take(now time.Time) *slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &slot{from: now}
	for len(b.used) >= b.most || len(b.used) > 0 && !b.used[0].free.After(now) {
		s.from = later(now, heap.Pop(&b.used).(*slot).free)
	}
	s.free = s.from.Add(b.per + hanging)
	heap.Push(&b.used, s)
	return s
}

// leave waits until the slot's request may be made, and notes that it is.
func (b *budget) leave(s *slot) {
	time.Sleep(time.Until(s.from)) // no longer than ahead
	b.mu.Lock()
	defer b.mu.Unlock()
	s.made = time.Now()
	s.free = s.made.Add(b.per + hanging)
	if s.index < 0 { // it is late, and was given up
		heap.Push(&b.used, s)
	} else {
		heap.Fix(&b.used, s.index)
	}
}

// back says that the slot's request was answered.
func (b *budget) back(s *slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.index < 0 {
		return // it hung, and was given up
	}
	now := time.Now()
	if took := now.Sub(s.made); b.quickest == 0 || took < b.quickest {
		b.quickest = took
	}
	s.free = now.Add(b.per - b.quickest)
	heap.Fix(&b.used, s.index)
}

// slots is a heap, the one that is free next in front.
type slots []*slot

func (q slots) Len() int           { return len(q) }
func (q slots) Less(i, j int) bool { return q[i].free.Before(q[j].free) }
func (q slots) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *slots) Push(x any) {
	s := x.(*slot)
	s.index = len(*q)
	*q = append(*q, s)
}
func (q *slots) Pop() any {
	old := *q
	s := old[len(old)-1]
	s.index = -1
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return s
}
