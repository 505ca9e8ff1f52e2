package sandbox

import (
	"context"
	"slices"
	"sync"
)

// transcript is all that a bot has written, in order. The zero value is empty
// and ready.
type transcript struct {
	mu      sync.Mutex
	entries []Entry
}

// add puts an entry at the end and numbers it, from 1.
func (t *transcript) add(e Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.N = len(t.entries) + 1
	t.entries = append(t.entries, e)
}

// since returns a copy of what stands behind the first n entries.
func (t *transcript) since(n int) []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.entries[min(n, len(t.entries)):])
}

// hub hands events to watchers. The zero value is ready. Each watcher has a
// queue without a bound, so that emit never waits and a slow reader loses
// nothing.
//
// So that a watcher sees each event exactly once, call emit and watch under
// the lock under which the state changes that the events tell of.
type hub struct {
	mu       sync.Mutex
	watchers map[*watcher]struct{}
	done     chan struct{}
	closed   bool
	pumps    sync.WaitGroup
}

type watcher struct {
	mu    sync.Mutex
	queue []Event
	more  chan struct{} // holds a token when the queue may have something
}

// watched says whether anybody would see an event, for those that are
// expensive to make.
func (h *hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers) > 0
}

// emit gives an event to all that watch now.
func (h *hub) emit(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		w.put(e)
	}
}

// watch returns a channel that has what stands and then all that is emitted
// from now on. It is closed when ctx ends or the hub is closed.
func (h *hub) watch(ctx context.Context, standing []Event) <-chan Event {
	out := make(chan Event)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(out)
		return out
	}
	if h.watchers == nil {
		h.watchers = map[*watcher]struct{}{}
		h.done = make(chan struct{})
	}
	w := &watcher{queue: slices.Clone(standing), more: make(chan struct{}, 1)}
	w.more <- struct{}{}
	h.watchers[w] = struct{}{}
	h.pumps.Go(func() {
		defer close(out)
		defer h.leave(w)
		w.pump(ctx, h.done, out)
	})
	return out
}

func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
}

// close ends all watching and waits for its end.
func (h *hub) close() {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		if h.done != nil {
			close(h.done)
		}
	}
	h.mu.Unlock()
	h.pumps.Wait()
}

func (w *watcher) put(e Event) {
	w.mu.Lock()
	w.queue = append(w.queue, e)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

func (w *watcher) pump(ctx context.Context, done <-chan struct{}, out chan<- Event) {
	for {
		select {
		case <-w.more:
		case <-ctx.Done():
			return
		case <-done:
			return
		}
		w.mu.Lock()
		batch := w.queue
		w.queue = nil
		w.mu.Unlock()
		for _, e := range batch {
			select {
			case out <- e:
			case <-ctx.Done():
				return
			case <-done:
				return
			}
		}
	}
}
