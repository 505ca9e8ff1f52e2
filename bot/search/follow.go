package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	index "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"

	"briefbot/store"
)

// Store is what the index is made of.
type Store interface {
	// StoriesBefore gives stories that came in before the one with number seq,
	// the newest first.
	StoriesBefore(ctx context.Context, seq uint64, limit int) ([]store.Entry, error)
	Story(ctx context.Context, id string) (store.Entry, error)
	WatchStories() *store.StoryWatch
}

// Index finds stories.
type Index struct {
	folder   string
	store    Store
	log      *slog.Logger
	stemmers stemmers

	mu    sync.RWMutex // held while somebody searches
	shelf *shelf       // nil: there is none yet
	built atomic.Int32 // percent
}

// New makes an Index that stands in the folder. Run opens it.
func New(folder string, st Store, log *slog.Logger) (*Index, error) {
	all, err := newStemmers()
	if err != nil {
		return nil, err
	}
	return &Index{folder: folder, store: st, log: log, stemmers: all}, nil
}

const (
	// batchSize is how many stories are indexed at once.
	batchSize = 1024
	// gather is how long the index rests after a story came in, so that what
	// comes in behind it is indexed at once.
	gather = 250 * time.Millisecond
	// retry is how long an index that failed is left alone.
	retry = time.Minute
)

// Run keeps the index up to date until ctx ends. What is wrong with it is
// mended, or else logged: the bot can do without.
func (x *Index) Run(ctx context.Context) {
	var removed time.Time
	for {
		err := x.run(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errDamaged) && time.Since(removed) > retry {
			x.log.Warn("the search is built anew", "reason", err)
			removed = time.Now()
			if err = os.RemoveAll(x.folder); err == nil {
				continue
			}
		}
		x.log.Error("the search stands still", "err", err, "again_in", retry)
		select {
		case <-ctx.Done():
			return
		case <-time.After(retry):
		}
	}
}

// open opens the index. One that can't be used is removed, to be built anew.
func (x *Index) open(failed func(error)) (*shelf, error) {
	s, err := openShelf(x.folder, failed)
	if !errors.Is(err, errDamaged) && !errors.Is(err, errOther) {
		return s, err
	}
	x.log.Warn("the search is built anew", "reason", err)
	if err := os.RemoveAll(x.folder); err != nil {
		return nil, fmt.Errorf("remove the old index: %w", err)
	}
	return openShelf(x.folder, failed)
}

// run opens the index and follows the store until ctx ends or the index fails.
func (x *Index) run(ctx context.Context) (err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s, err := x.open(stop)
	if err != nil {
		return err
	}
	x.use(s)
	defer func() {
		x.use(nil)
		err = errors.Join(err, s.close())
	}()
	watch := x.store.WatchStories()
	defer watch.Close()
	f := follower{Index: x, shelf: s}
	if err = f.catchUp(ctx); err == nil {
		err = f.follow(ctx, watch)
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// use lets searches look into another index; nil: into none.
func (x *Index) use(s *shelf) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.shelf = s
	x.built.Store(0)
}

// follower brings what the store has into the index.
type follower struct {
	*Index
	shelf *shelf
}

// catchUp brings the index to what the store has, the newest stories first. It
// asks of each story whether the index has it as it is: so it goes on where it
// was, whatever became of either meanwhile.
func (f *follower) catchUp(ctx context.Context) error {
	began, added, standing := time.Now(), 0, 0
	top := uint64(0)
	// What was taken apart is written while the next stories are.
	writing := new(errgroup.Group)
	defer func() { writing.Wait() }()
	for before := uint64(math.MaxUint64); ; {
		began := time.Now()
		some, err := f.store.StoriesBefore(ctx, before, batchSize)
		if err != nil {
			return err
		}
		if len(some) == 0 {
			break
		}
		top = max(top, some[0].Seq)
		before = some[len(some)-1].Seq
		b, n, left, err := f.batch(some)
		if err := errors.Join(err, writing.Wait()); err != nil {
			return err
		}
		writing = new(errgroup.Group)
		writing.Go(func() error { return f.write(ctx, b) })
		added += n
		standing += left
		has, err := f.count()
		if err != nil {
			return err
		}
		f.built.Store(int32(min(99, 100*max(has, top-before+1)/top)))
		if n > 0 {
			// Others have work to do, too.
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Since(began) / 8):
			}
		}
	}
	if err := writing.Wait(); err != nil {
		return err
	}
	if err := f.sweep(ctx, standing); err != nil {
		return err
	}
	f.built.Store(100)
	if added > 0 {
		f.log.Info("the search is built", "stories", standing, "added", added, "took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// count is how many stories the index has.
func (f *follower) count() (uint64, error) {
	r, err := f.shelf.reader()
	if err != nil {
		return 0, err
	}
	n, err := r.DocCount()
	return n, errors.Join(err, r.Close())
}

// batch is what brings the index to what the stories are: how many are to be
// added, and how many of them stand.
func (f *follower) batch(some []store.Entry) (b *index.Batch, added, standing int, err error) {
	r, err := f.shelf.reader()
	if err != nil {
		return nil, 0, 0, err
	}
	v, err := newValues(r)
	b = index.NewBatch()
	for _, e := range some {
		if err != nil {
			break
		}
		var known bool
		if known, err = knows(r, v, e); err != nil {
			break
		}
		switch {
		case !e.Removed.IsZero() && known:
			b.Delete(e.Story.ID)
		case e.Removed.IsZero() && !known:
			b.Update(newDocument(e, f.stemmers))
			added++
		}
		if e.Removed.IsZero() {
			standing++
		}
	}
	return b, added, standing, errors.Join(err, r.Close())
}

// knows reports whether the index has a story as it is; one that was taken
// back, whether it has it at all.
func knows(r index.IndexReader, v *values, e store.Entry) (bool, error) {
	id, err := r.InternalID(e.Story.ID)
	if id == nil || err != nil || !e.Removed.IsZero() {
		return id != nil, err
	}
	err = v.read(id)
	return v.state == state(e), err
}

// write writes a batch, and waits while too much is on its way to the disk.
func (f *follower) write(ctx context.Context, b *index.Batch) error {
	if len(b.IndexOps) == 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case f.shelf.unsafe <- struct{}{}:
	}
	b.SetPersistedCallback(func(error) { <-f.shelf.unsafe })
	if err := f.shelf.index.Batch(b); err != nil {
		return fmt.Errorf("write %d stories: %w", len(b.IndexOps), err)
	}
	return nil
}

// sweep takes stories out of the index that the store does not have: a backup
// was restored. standing is how many there ought to be.
func (f *follower) sweep(ctx context.Context, standing int) error {
	r, err := f.shelf.reader()
	if err != nil {
		return err
	}
	defer r.Close()
	if n, err := r.DocCount(); err != nil || n <= uint64(standing) {
		return err
	}
	ids, err := r.DocIDReaderAll()
	if err != nil {
		return err
	}
	defer ids.Close()
	b := index.NewBatch()
	for {
		at, err := ids.Next()
		if err != nil || at == nil {
			return errors.Join(err, f.write(ctx, b))
		}
		id, err := r.ExternalID(at)
		if err != nil {
			return err
		}
		if _, stands, err := f.standing(ctx, id); err != nil {
			return err
		} else if !stands {
			b.Delete(id)
		}
		if len(b.IndexOps) == batchSize {
			if err := f.write(ctx, b); err != nil {
				return err
			}
			b = index.NewBatch()
		}
	}
}

// standing gives a story, if it is there and was not taken back.
func (f *follower) standing(ctx context.Context, id string) (e store.Entry, stands bool, err error) {
	e, err = f.store.Story(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return e, false, nil
	}
	return e, err == nil && e.Story.ID == id && e.Removed.IsZero(), err
}

// follow brings what changes into the index.
func (f *follower) follow(ctx context.Context, watch *store.StoryWatch) error {
	for {
		changed, err := watch.Next(ctx)
		if err != nil {
			return err
		}
		for len(changed) > 0 {
			n := min(len(changed), batchSize)
			b := index.NewBatch()
			for _, id := range changed[:n] {
				e, stands, err := f.standing(ctx, id)
				switch {
				case err != nil:
					return err
				case stands:
					b.Update(newDocument(e, f.stemmers))
				default:
					b.Delete(id)
				}
			}
			if err := f.write(ctx, b); err != nil {
				return err
			}
			changed = changed[n:]
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(gather):
		}
	}
}
