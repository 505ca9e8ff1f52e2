package bolt

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"briefbot/store"
)

// maxGathered is how many functions share a commit at most: enough that the
// fsync no longer counts, few enough that the first one does not wait long.
const maxGathered = 512

// write is one call of Update or UpdateFirst on its way through the writer.
type write struct {
	ctx  context.Context
	fn   func(store.Writer) error
	keys []string // what it put, for the watches
	err  error
	// panicked is what fn panicked with: it goes on in the goroutine of the
	// caller, whose fault it is.
	panicked any
	done     chan struct{}
}

// Update hands fn to the writer and waits for the commit.
func (e *Engine) Update(ctx context.Context, fn func(store.Writer) error) error {
	return e.update(ctx, e.writes, fn)
}

// UpdateFirst is Update in a lane of its own.
func (e *Engine) UpdateFirst(ctx context.Context, fn func(store.Writer) error) error {
	return e.update(ctx, e.firsts, fn)
}

func (e *Engine) update(ctx context.Context, lane chan<- *write, fn func(store.Writer) error) error {
	w := &write{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case lane <- w:
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closing:
		return store.ErrClosed
	}
	<-w.done
	if w.panicked != nil {
		panic(w.panicked)
	}
	return w.err
}

// writer runs all writes, one at a time, and commits those that waited
// together with one fsync. What goes first has a commit of its own, a short one, if
// it does not share the one that is under way; after it the two lanes have the same
// chance, so that neither starves.
func (e *Engine) writer() {
	defer close(e.done)
	for {
		select {
		case w := <-e.firsts:
			e.commit(gather([]*write{w}, e.firsts))
			e.giveBack()
		default:
		}
		select {
		case w := <-e.firsts:
			e.commit(gather([]*write{w}, e.firsts))
		case w := <-e.writes:
			// What comes while the others have the processor once is taken in too:
			// on a busy machine that is much, and what a commit costs hardly
			// depends on how much is in it.
			batch := gather([]*write{w}, e.writes)
			runtime.Gosched()
			e.commit(gather(batch, e.writes))
		case s := <-e.scrubs:
			s.run(e)
			continue
		case <-e.closing:
			return
		}
		e.giveBack()
	}
}

// gather adds to a batch what waits in a lane.
func gather(batch []*write, lane <-chan *write) []*write {
	for len(batch) < maxGathered {
		select {
		case w := <-lane:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// commit runs the batch in one transaction: of a function that fails nothing is
// in it. If the commit fails, all have failed.
func (e *Engine) commit(batch []*write) {
	spoilt, err := e.transact(&batch)
	for spoilt && err == nil {
		spoilt, err = e.transact(&batch)
	}
	for _, w := range batch {
		if !w.failed() && err != nil {
			w.err = fmt.Errorf("write %s: %w", e.path, err)
		}
		if !w.failed() {
			e.watches.tell(w.keys)
		}
		close(w.done)
	}
}

// transact runs and commits what has not failed of a batch, and adds to it what
// goes first and has come while the others ran. A function that fails after it
// wrote has spoilt the transaction for the others: nothing is committed, and they
// have to run again, without it. It hardly ever happens, and to keep of each key
// what it was before would cost more.
func (e *Engine) transact(batch *[]*write) (spoilt bool, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damage(&err)
	tx, err := e.db.Begin(true)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	b := tx.Bucket(bucket)
	t := &txn{b: b, c: b.Cursor()}
	for ran := 0; ran < len(*batch); {
		for _, w := range (*batch)[ran:] {
			ran++
			if w.failed() {
				continue
			}
			if w.err = w.ctx.Err(); w.err != nil {
				continue
			}
			t.begin()
			w.run(t)
			if w.failed() && len(t.written) > 0 {
				return true, nil
			}
		}
		*batch = gather(*batch, e.firsts)
	}
	return false, tx.Commit()
}

// run runs the function.
func (w *write) run(t *txn) {
	func() {
		defer func() { w.panicked = recover() }()
		w.err = w.fn(t)
	}()
	if t.err != nil {
		w.err = t.err
	}
	w.keys = w.keys[:0]
	for _, c := range t.written {
		if c.put {
			w.keys = append(w.keys, c.key)
		}
	}
}

func (w *write) failed() bool { return w.err != nil || w.panicked != nil }
