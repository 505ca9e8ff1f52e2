package bolt

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

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
// together as one record of the journal. What goes first has a commit of its own, a
// short one, if it does not share the one that is under way; after it the two lanes
// have the same chance, so that neither starves.
func (e *Engine) writer() {
	defer close(e.done)
	for {
		select {
		case w := <-e.firsts:
			e.commit(gather([]*write{w}, e.firsts))
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
		case err := <-e.carried:
			e.folded(err)
		case chore := <-e.chores:
			chore()
		case <-e.closing:
			e.ended = e.foldAll()
			return
		}
	}
}

// between runs a chore in the writer, between two commits, and waits for it.
func (e *Engine) between(ctx context.Context, chore func() error) error {
	done := make(chan error, 1)
	select {
	case e.chores <- func() { done <- chore() }:
		return <-done
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closing:
		return store.ErrClosed
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

// commit runs the batch, and what goes first and has come meanwhile, and writes it.
// Of a function that fails nothing is written; if the journal is not, all have failed.
func (e *Engine) commit(batch []*write) {
	for len(batch) > 0 {
		ran, err := e.transact(&batch)
		if err != nil {
			ran = len(batch)
			e.fresh = e.above.Load().fresh.Copy()
		}
		for _, w := range batch[:ran] {
			if !w.failed() && err != nil {
				w.err = fmt.Errorf("write %s: %w", e.path, err)
			}
			if !w.failed() {
				e.watches.tell(w.keys)
			}
			close(w.done)
		}
		batch = batch[ran:]
	}
	e.fold()
	e.giveBack()
}

// transact runs as much of a batch as there is room for in the journal, writes it
// there, and says how many that were.
func (e *Engine) transact(batch *[]*write) (ran int, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damage(&err)
	if err := e.makeRoom(); err != nil {
		return 0, err
	}
	tx, above, err := e.read()
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	t := newTxn(tx, e.fresh, above.older)
	t.written = e.written
	t.from = e.db.Info().Data
	t.to = t.from + uintptr(tx.Size())
	record := append(e.record[:0], make([]byte, headSize)...)
	for ran < len(*batch) && len(record)+largest <= e.journal.room() {
		w := (*batch)[ran]
		ran++
		if w.err = w.ctx.Err(); w.err == nil {
			record = w.run(t, record)
		}
		if ran == len(*batch) {
			*batch = gather(*batch, e.firsts)
		}
	}
	e.record, e.written = record, t.written
	if len(record) == headSize {
		return ran, nil
	}
	tx.Rollback() // it keeps the file mapped where it is, while the disk is waited for
	if err := e.journal.append(record); err != nil {
		return 0, err
	}
	e.publish()
	return ran, nil
}

// makeRoom makes sure that there is room for what one function may write. It fails at
// once where a fold has just failed that would make some.
func (e *Engine) makeRoom() error {
	if headSize+largest <= e.journal.room() {
		return nil
	}
	if f := e.folding; f != nil && f.failed != nil && time.Since(f.since) < foldAgain {
		return f.failed
	}
	if err := e.finish(); err != nil {
		return err
	}
	return e.turn()
}

// run runs the function. It adds to the record what that wrote, or takes it back if
// it fails.
func (w *write) run(t *txn, record []byte) []byte {
	t.begin()
	func() {
		defer func() { w.panicked = recover() }()
		w.err = w.fn(t)
	}()
	if t.err != nil {
		w.err = t.err
	}
	if w.failed() {
		t.undo()
		return record
	}
	for _, c := range t.written {
		record = appendChange(record, c.key, c.is)
		if c.is != nil {
			w.keys = append(w.keys, c.key)
		}
	}
	return record
}

func (w *write) failed() bool { return w.err != nil || w.panicked != nil }
