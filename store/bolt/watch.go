package bolt

import (
	"context"
	"strings"
	"sync"

	"briefbot/store"
)

// watches knows who wants to hear of which keys.
type watches struct {
	mu     sync.Mutex
	all    map[*watch]bool
	closed bool
}

type watch struct {
	hub    *watches
	prefix string
	mu     sync.Mutex
	keys   []string
	seen   map[string]bool
	closed bool
	wake   chan struct{} // holds one token when there is news
}

// Watch tells which keys with the prefix are put from now on.
func (e *Engine) Watch(prefix string) store.Watch {
	w := &watch{hub: &e.watches, prefix: prefix, seen: map[string]bool{}, wake: make(chan struct{}, 1)}
	e.watches.mu.Lock()
	defer e.watches.mu.Unlock()
	if e.watches.closed {
		w.closed = true
		return w
	}
	if e.watches.all == nil {
		e.watches.all = map[*watch]bool{}
	}
	e.watches.all[w] = true
	return w
}

func (ws *watches) tell(keys []string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		for _, k := range keys {
			if strings.HasPrefix(k, w.prefix) {
				w.add(k)
			}
		}
	}
}

func (ws *watches) close() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.closed = true
	for w := range ws.all {
		w.end()
	}
	ws.all = nil
}

func (w *watch) add(key string) {
	w.mu.Lock()
	if !w.seen[key] {
		w.seen[key] = true
		w.keys = append(w.keys, key)
	}
	w.mu.Unlock()
	w.signal()
}

func (w *watch) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watch) end() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
}

// Next waits for a change and gives the keys put since the last call.
func (w *watch) Next(ctx context.Context) ([]string, error) {
	for {
		w.mu.Lock()
		keys, closed := w.keys, w.closed
		w.keys = nil
		clear(w.seen)
		w.mu.Unlock()
		switch {
		case len(keys) > 0:
			return keys, nil
		case closed:
			return nil, store.ErrClosed
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close ends the watch.
func (w *watch) Close() {
	w.hub.mu.Lock()
	delete(w.hub.all, w)
	w.hub.mu.Unlock()
	w.end()
}
