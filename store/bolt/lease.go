package bolt

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"briefbot/store"
)

// leases are held within this process: bbolt allows no second one.
type leases struct {
	mu   sync.Mutex
	held map[string]chan struct{} // one token each: whoever has it holds the lease
}

type lease struct {
	fence uint64
	free  chan struct{}
	once  sync.Once
}

// Lease waits until nobody else in this process holds the name, and takes it.
func (e *Engine) Lease(ctx context.Context, name string) (store.Lease, error) {
	e.leases.mu.Lock()
	if e.leases.held == nil {
		e.leases.held = map[string]chan struct{}{}
	}
	token := e.leases.held[name]
	if token == nil {
		token = make(chan struct{}, 1)
		token <- struct{}{}
		e.leases.held[name] = token
	}
	e.leases.mu.Unlock()
	select {
	case <-token:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l := &lease{free: token}
	key := "lease\x00" + name
	err := e.Update(ctx, func(w store.Writer) error {
		l.fence = 1
		if old := w.Get(key); len(old) == 8 {
			l.fence += binary.BigEndian.Uint64(old)
		}
		w.Put(key, binary.BigEndian.AppendUint64(nil, l.fence))
		return nil
	})
	if err != nil {
		l.Release()
		return nil, fmt.Errorf("take lease %s: %w", name, err)
	}
	return l, nil
}

func (l *lease) Fence() uint64 { return l.fence }

func (l *lease) Release() { l.once.Do(func() { l.free <- struct{}{} }) }
