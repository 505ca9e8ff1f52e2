package bolt

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"

	bbolt "go.etcd.io/bbolt"

	"briefbot/store"
)

// View runs fn on the state after the last commit.
func (e *Engine) View(ctx context.Context, fn func(store.Reader) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-e.closing:
		return store.ErrClosed
	default:
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	e.reading.RLock()
	defer e.reading.RUnlock()
	tx, err := e.db.Begin(false)
	if err != nil {
		return fmt.Errorf("read %s: %w", e.path, err)
	}
	defer tx.Rollback()
	b := tx.Bucket(bucket)
	r := &txn{b: b, c: b.Cursor()}
	if err := fn(r); err != nil && r.err == nil {
		return err
	}
	return r.err
}

// txn is the Reader and Writer of one function at a time.
type txn struct {
	b       *bbolt.Bucket
	c       *bbolt.Cursor // finds single keys: one for all of them
	err     error         // the first failure: it outlives what fn returns
	written []change      // no more than store.MaxKeys
	bytes   int
	key     []byte // for bytesOf
	writes  int    // counts changes, so that a scan knows when its cursor is stale
}

// begin makes it ready for the next function.
func (t *txn) begin() {
	t.err, t.written, t.bytes = nil, t.written[:0], 0
}

// change is what became of a key.
type change struct {
	key string
	put bool // else it was deleted
}

// damage turns a panic of bbolt, or a fault of its mapped file, into an error.
func damage(err *error) {
	if p := recover(); p != nil && *err == nil {
		*err = fmt.Errorf("%w: %v", store.ErrDamaged, p)
	}
}

func (t *txn) Get(key string) []byte {
	if t.err != nil {
		return nil
	}
	defer damage(&t.err)
	k, v := t.c.Seek(t.bytesOf(key))
	if string(k) != key {
		return nil
	}
	return v
}

// bytesOf gives a key for one call into bbolt, which keeps none.
func (t *txn) bytesOf(key string) []byte {
	t.key = append(t.key[:0], key...)
	return t.key
}

func (t *txn) Scan(from, to string) iter.Seq2[string, []byte] {
	return t.scan(from, to, func(c *bbolt.Cursor) ([]byte, []byte) {
		return c.Seek([]byte(from))
	}, func(c *bbolt.Cursor, last []byte, stale bool) (k, v []byte) {
		if !stale {
			return c.Next()
		}
		if k, v = c.Seek(last); bytes.Equal(k, last) {
			return c.Next()
		}
		return k, v
	})
}

func (t *txn) ScanBack(from, to string) iter.Seq2[string, []byte] {
	before := func(c *bbolt.Cursor, key string) ([]byte, []byte) {
		if k, _ := c.Seek([]byte(key)); k == nil {
			return c.Last()
		}
		return c.Prev()
	}
	return t.scan(from, to, func(c *bbolt.Cursor) ([]byte, []byte) {
		return before(c, to)
	}, func(c *bbolt.Cursor, last []byte, stale bool) ([]byte, []byte) {
		if !stale {
			return c.Prev()
		}
		return before(c, string(last))
	})
}

// scan walks a range. A write inside the loop makes bbolt's cursor unreliable,
// so next is told when it has to find its place anew.
func (t *txn) scan(from, to string, first func(*bbolt.Cursor) ([]byte, []byte), next func(c *bbolt.Cursor, last []byte, stale bool) ([]byte, []byte)) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if t.err != nil {
			return
		}
		var k, v []byte
		c := t.b.Cursor()
		t.guard(func() { k, v = first(c) })
		for t.err == nil && k != nil && string(k) >= from && string(k) < to {
			writes, last := t.writes, string(k)
			if !yield(last, v) {
				return
			}
			t.guard(func() { k, v = next(c, []byte(last), t.writes != writes) })
		}
	}
}

// guard runs f, a call into bbolt, and remembers damage that it meets; panics
// of the loop's own body pass by.
func (t *txn) guard(f func()) {
	defer damage(&t.err)
	f()
}

func (t *txn) Put(key string, value []byte) {
	if !t.notes(key, len(value), true) {
		return
	}
	defer damage(&t.err)
	t.wrote(key, t.b.Put(t.bytesOf(key), value))
}

func (t *txn) Delete(key string) {
	if !t.notes(key, 0, false) {
		return
	}
	defer damage(&t.err)
	t.wrote(key, t.b.Delete(t.bytesOf(key)))
}

// notes notes what is to become of a key, and says whether that may be.
func (t *txn) notes(key string, size int, put bool) bool {
	if t.err != nil {
		return false
	}
	i := slices.IndexFunc(t.written, func(c change) bool { return c.key == key })
	if i < 0 {
		i = len(t.written)
		t.written = append(t.written, change{key: key})
	}
	t.written[i].put = put
	t.bytes += len(key) + size
	if len(t.written) > store.MaxKeys || t.bytes > store.MaxBytes {
		t.err = fmt.Errorf("%w: %d keys, %d bytes", store.ErrTooLarge, len(t.written), t.bytes)
		return false
	}
	t.writes++
	return true
}

func (t *txn) wrote(key string, err error) {
	if err != nil {
		t.err = fmt.Errorf("write key %q: %w", key, err)
	}
}
