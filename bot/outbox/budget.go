package outbox

import (
	"container/heap"
	"slices"
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
	early    []*slot       // guarded by mu: what posts wait for and can give up, in the order in which they were taken, and some whose time has come
	answers  int           // guarded by mu
	quickest time.Duration // guarded by mu: of all requests, from leaving to answer
}

// slot is the right to one request, not before its time. Its times are guarded by
// its budget's mu.
type slot struct {
	from  time.Time // when the request may be made
	free  time.Time // when the slot may be used again
	made  time.Time // when the request was made
	index int       // in the heap
}

const (
	// ahead is how long before its time a request is let go: it is claimed on
	// disk meanwhile, which takes longer when many are.
	ahead = 50 * time.Millisecond
	// aheadOfPosts is the same for what is urgent: so much longer that it finds
	// posts that were let go before it, and takes the time of the first.
	aheadOfPosts = 4 * ahead
	// hanging is how long after it was made a request counts as not yet
	// counted: one that takes longer hangs behind the count, and must not keep
	// its slot from all others.
	hanging = time.Second
)

// next is when the next request can be let go, so long ahead of its time.
func (b *budget) next(now time.Time, lead time.Duration) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.used) < b.most {
		return now
	}
	return b.used[0].free.Add(-lead)
}

// rests reports whether nothing was sent for as long as the limit is for.
func (b *budget) rests(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !slices.ContainsFunc(b.used, func(s *slot) bool { return s.free.After(now) })
}

// take gives the next slot from a time on. What is urgent need not wait for those
// posts that were let go ahead of their time: it gets the time of the first, which
// gets its. No post gives way twice: its chat waits for it, and its slot is kept for
// so long only.
func (b *budget) take(from time.Time, urgent bool) *slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &slot{from: from}
	for len(b.used) >= b.most || len(b.used) > 0 && !b.used[0].free.After(from) {
		s.from = later(from, heap.Pop(&b.used).(*slot).free)
	}
	s.free = s.from.Add(b.per + hanging)
	heap.Push(&b.used, s)
	// By the clock as it is now: those whose time has come may have left.
	now := time.Now()
	b.early = slices.DeleteFunc(b.early, func(post *slot) bool { return !post.from.After(now) })
	if !urgent {
		b.early = append(b.early, s)
		return s
	}
	for i, post := range b.early {
		if post.from.Before(s.from) {
			post.from, s.from = s.from, post.from
			b.early = slices.Delete(b.early, i, i+1)
			break
		}
	}
	return s
}

// leave waits until the slot's request may be made, and notes that it is.
func (b *budget) leave(s *slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for wait := time.Until(s.from); wait > 0; wait = time.Until(s.from) {
		b.mu.Unlock()
		time.Sleep(wait)
		b.mu.Lock() // what is urgent may have taken its time meanwhile
	}
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
	if took := now.Sub(s.made); b.answers == 0 || took < b.quickest {
		b.quickest = took
	}
	b.answers++
	s.free = now.Add(b.per - b.onTheWay())
	heap.Fix(&b.used, s.index)
}

// onTheWay is what a request and its answer need at the very least: with so many
// answers as there are slots, the quickest is known well enough. The first ones had
// to connect, and how a request's way and its answer's share the time is not known.
func (b *budget) onTheWay() time.Duration {
	if b.answers < b.most {
		return 0
	}
	return b.quickest * 3 / 4
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
