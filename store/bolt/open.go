package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"briefbot/store"
)

// lockWait is how long Open waits for another process to let go of the file:
// long enough for one that is just ending.
const lockWait = 500 * time.Millisecond

var bucket = []byte("kv")

// Engine is a store.Engine on one bbolt file.
type Engine struct {
	db      *bbolt.DB
	path    string
	above   atomic.Pointer[above]
	writes  chan *write
	firsts  chan *write // those that go first
	chores  chan func()
	carried chan error    // the outcome of a fold
	reading sync.RWMutex  // held by whoever reads
	copying sync.Mutex    // held by a backup, and by whoever would wait for one
	closing chan struct{} // closed by Close: no new writes
	done    chan struct{} // closed when the writer has ended
	watches watches
	leases  leases

	// What only the writer knows.
	journal  *journal
	fresh    *layer
	folding  *folding // nil: none
	folds    uint64   // how many have ended well
	foldAt   int      // how much of a volume is written when it is folded, in bytes
	record   []byte   // the last one: its space is used again,
	written  []change // and that of what the last function wrote
	gaveBack time.Time
	ended    error // how it has ended
}

var _ store.Engine = (*Engine)(nil)

// Open opens the file at path, and makes it and its folder if they are
// missing. It returns store.ErrLocked if another process has the file open,
// and store.ErrDamaged if the file is no intact data file.
func Open(path string) (*Engine, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	db, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	e, err := start(db, path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return e, nil
}

// start makes an engine of a file that is open.
func start(db *bbolt.DB, path string) (*Engine, error) {
	j, left, err := openJournal(db, path)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		db:      db,
		path:    path,
		writes:  make(chan *write),
		firsts:  make(chan *write),
		chores:  make(chan func()),
		carried: make(chan error, 1),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
		journal: j,
		fresh:   newLayer(),
		foldAt:  foldAt,
	}
	if err := e.foldLeft(left); err != nil {
		return nil, errors.Join(err, j.close())
	}
	go e.writer()
	return e, nil
}

// openFile opens and looks over the file; bbolt panics or faults on some kinds
// of damage, which must end as an error.
func openFile(path string) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", store.ErrDamaged, p)
		}
		if err != nil && db != nil {
			db.Close()
			db = nil
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, store.ErrLocked
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrInvalidMapping):
		return nil, fmt.Errorf("%w: %w", store.ErrDamaged, err)
	case err != nil && isSizeError(path):
		return nil, fmt.Errorf("%w: %w", store.ErrDamaged, err)
	case err != nil:
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: the file has %d bytes of %d", store.ErrDamaged, info.Size(), tx.Size())
		}
		if _, err = tx.CreateBucketIfNotExists(bucket); err != nil {
			return err
		}
		return makeJournal(tx)
	})
	return db, err
}

// isSizeError reports whether the file is too short to be a data file: bbolt
// has no error value for that.
func isSizeError(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0 && info.Size() < 4*int64(os.Getpagesize())
}

// Check reads the whole file and reports the first thing that does not fit.
func (e *Engine) Check() error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	e.reading.RLock()
	defer e.reading.RUnlock()
	return e.db.View(func(tx *bbolt.Tx) (err error) {
		defer damage(&err)
		for problem := range tx.Check() {
			if err == nil {
				err = fmt.Errorf("%s: %w: %w", e.path, store.ErrDamaged, problem)
			}
		}
		return err
	})
}

// Close waits for the writes under way, ends the watches and closes the file.
func (e *Engine) Close() error {
	select {
	case <-e.closing:
		return nil
	default:
	}
	close(e.closing)
	<-e.done
	e.watches.close()
	return errors.Join(e.ended, e.journal.close(), e.db.Close())
}
