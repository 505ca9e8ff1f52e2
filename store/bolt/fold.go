package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tidwall/btree"
	bbolt "go.etcd.io/bbolt"

	"briefbot/store"
)

const (
	// foldAt is how much of a volume is written when it is folded, in bytes: some
	// hundred posts, that have many of bbolt's pages in common.
	foldAt = 384 << 10
	// foldAgain is how long after a fold that failed the next one is tried. As long
	// as there is no room for what is written meanwhile, it fails.
	foldAgain = time.Second
)

// layer is what was written last: of a key its value, or nil if it was deleted.
type layer = btree.Map[string, []byte]

// degree is half of how many keys a node of a layer has at most: few, since a
// commit copies the nodes that it touches.
const degree = 8

func newLayer() *layer { return btree.NewMap[string, []byte](degree) }

// above is what was written since the state of bbolt's tree.
type above struct {
	fresh *layer // the volume that is written
	older *layer // the one that is folded; nil: none
	folds uint64 // how many were folded
}

// folding is a volume that is being folded, or waits for it to be tried again.
type folding struct {
	layer  *layer
	mark   mark      // the end of the volume
	failed error     // why it has to be tried again; nil: it is under way
	since  time.Time // when it failed
}

// read gives a state: bbolt's tree, and what stands above it.
func (e *Engine) read() (*bbolt.Tx, *above, error) {
	for {
		folds := e.above.Load().folds
		tx, err := e.db.Begin(false)
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", e.path, err)
		}
		// What is above now is all that this tree may lack, unless something of it
		// was folded and dropped since; that the tree may have some of it already
		// does no harm.
		if a := e.above.Load(); a.folds == folds {
			return tx, a, nil
		}
		tx.Rollback()
	}
}

// publish lets others read what the writer has committed.
func (e *Engine) publish() {
	a := &above{fresh: e.fresh.Copy(), folds: e.folds}
	if e.folding != nil {
		a.older = e.folding.layer
	}
	e.above.Store(a)
}

// fold begins to fold the volume that is written, if that is due, beside the
// writer, who alone calls what follows.
func (e *Engine) fold() {
	switch f := e.folding; {
	case f == nil && e.journal.at >= e.foldAt:
		// Whoever writes where no room is left hears of it, if it goes on failing.
		_ = e.turn()
	case f != nil && f.failed != nil && time.Since(f.since) >= foldAgain:
		e.carry()
	}
}

// turn begins a new volume, and to fold the one before.
func (e *Engine) turn() error {
	end := e.journal.mark
	if err := e.journal.begin(); err != nil {
		return fmt.Errorf("begin a volume of the journal: %w", err)
	}
	e.folding = &folding{layer: e.fresh, mark: end}
	e.fresh = newLayer()
	e.publish()
	e.carry()
	return nil
}

// carry folds a volume beside the writer, who hears of the outcome by e.carried.
func (e *Engine) carry() {
	f := e.folding
	f.failed = nil
	go func() { e.carried <- foldLayer(e.db, f.layer, f.mark) }()
}

// folded takes note of how folding a volume has ended.
func (e *Engine) folded(err error) {
	if err != nil {
		e.folding.failed, e.folding.since = fmt.Errorf("fold the journal: %w", err), time.Now()
		return
	}
	e.folding = nil
	e.folds++
	e.publish()
}

// finish waits until no volume is to be folded but the one that is written.
func (e *Engine) finish() error {
	f := e.folding
	if f == nil {
		return nil
	}
	if f.failed != nil {
		e.carry()
	}
	e.folded(<-e.carried)
	return f.failed
}

// foldAll folds everything.
func (e *Engine) foldAll() error {
	if err := e.finish(); err != nil {
		return err
	}
	if e.journal.at == 0 { // a volume without a record would end what is read
		return e.journal.settle()
	}
	if err := e.turn(); err != nil {
		return err
	}
	return e.finish()
}

// foldLeft folds what was left in the journal when the file was last closed. Where
// the disk has no room for that it is as it was then, and tried again later.
func (e *Engine) foldLeft(left []volume) error {
	if n := len(left); n > 0 {
		e.fresh = left[n-1].layer
	}
	if len(left) > 1 {
		e.folding = &folding{layer: left[0].layer, mark: left[0].end}
		e.carry()
	}
	e.publish()
	if err := e.foldAll(); errors.Is(err, store.ErrDamaged) {
		return err
	}
	return nil
}

// Fold carries all that was committed over into bbolt's tree, where also a program
// finds it that knows of no journal.
func (e *Engine) Fold(ctx context.Context) error { return e.between(ctx, e.foldAll) }

// foldLayer carries a layer over into bbolt's tree, and the mark of how far that goes.
func foldLayer(db *bbolt.DB, l *layer, m mark) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damage(&err)
	tx, err := db.Begin(true)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	b := tx.Bucket(bucket)
	l.Scan(func(key string, value []byte) bool {
		if value == nil {
			err = b.Delete([]byte(key))
		} else {
			err = b.Put([]byte(key), value)
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	if err := tx.Bucket(foldedBucket).Put(markKey, m.encode()); err != nil {
		return err
	}
	return tx.Commit()
}
