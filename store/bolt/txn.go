package bolt

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"unsafe"

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
	tx, above, err := e.read()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	r := newTxn(tx, above.fresh, above.older)
	if err := fn(r); err != nil && r.err == nil {
		return err
	}
	return r.err
}

// txn is the Reader and Writer of one function at a time.
type txn struct {
	b       *bbolt.Bucket
	c       *bbolt.Cursor // finds single keys: one for all of them
	layers  []*layer      // what stands above the tree, the newest first
	err     error         // the first failure: it outlives what fn returns
	written []change      // no more than store.MaxKeys
	bytes   int
	key     []byte  // for Get
	from    uintptr // where the tree is mapped
	to      uintptr
	writes  int // counts changes, so that a scan knows when its place is stale
}

// newTxn makes one that reads a tree and the layers above it, of which some may be
// nil, and writes to the first.
func newTxn(tx *bbolt.Tx, layers ...*layer) *txn {
	b := tx.Bucket(bucket)
	return &txn{b: b, c: b.Cursor(), layers: slices.DeleteFunc(layers, func(l *layer) bool { return l == nil })}
}

// begin makes it ready for the next function.
func (t *txn) begin() {
	t.err, t.written, t.bytes = nil, t.written[:0], 0
}

// undo takes back what the function has written.
func (t *txn) undo() {
	for _, c := range t.written {
		if c.stood {
			t.layers[0].Set(c.key, c.was)
		} else {
			t.layers[0].Delete(c.key)
		}
	}
	t.written = t.written[:0]
}

// change is what became of a key.
type change struct {
	key   string
	is    []byte // nil: it was deleted
	was   []byte // what the layer had of it before,
	stood bool   // if it had
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
	for _, l := range t.layers {
		if v, ok := l.Get(key); ok {
			return v
		}
	}
	defer damage(&t.err)
	t.key = append(t.key[:0], key...)
	k, v := t.c.Seek(t.key)
	if string(k) != key {
		return nil
	}
	return v
}

func (t *txn) Scan(from, to string) iter.Seq2[string, []byte] {
	return t.scan(from, to, from, false)
}

func (t *txn) ScanBack(from, to string) iter.Seq2[string, []byte] {
	return t.scan(from, to, to, true)
}

// scan walks a range in all that holds keys, side by side. Where two have the same
// key, the newer counts.
func (t *txn) scan(from, to, start string, back bool) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if t.err != nil {
			return
		}
		walks := make([]walk, 0, len(t.layers)+1)
		for _, l := range t.layers {
			walks = append(walks, &layerWalk{layer: l, back: back})
		}
		walks = append(walks, &treeWalk{c: t.b.Cursor(), back: back})
		m := merged{walks: walks, from: from, to: to, back: back}
		t.guard(func() { m.seek(start) })
		for t.err == nil {
			var k string
			var v []byte
			var ok bool
			t.guard(func() { k, v, ok = m.next() })
			if !ok {
				return
			}
			writes := t.writes
			if v != nil && !yield(k, v) {
				return
			}
			if t.writes != writes {
				m.again(k)
			}
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
	if value == nil {
		value = []byte{}
	}
	if t.mapped(value) {
		value = bytes.Clone(value)
	}
	t.set(key, value)
}

func (t *txn) Delete(key string) { t.set(key, nil) }

// mapped reports whether a value is one of the tree's, which may be written elsewhere
// and is valid only as long as the function runs.
func (t *txn) mapped(value []byte) bool {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(value)))
	return at >= t.from && at < t.to
}

// set gives a key a value, or deletes it, if that may be.
func (t *txn) set(key string, value []byte) {
	if t.err != nil {
		return
	}
	// bbolt would take neither, when the journal is folded.
	if key == "" || len(key) > bbolt.MaxKeySize {
		t.err = fmt.Errorf("write a key of %d bytes, where 1 to %d may be", len(key), bbolt.MaxKeySize)
		return
	}
	i := slices.IndexFunc(t.written, func(c change) bool { return c.key == key })
	t.bytes += len(key) + len(value)
	if n := len(t.written); i < 0 && n == store.MaxKeys || t.bytes > store.MaxBytes {
		t.err = fmt.Errorf("%w: more than %d keys or %d bytes", store.ErrTooLarge, store.MaxKeys, store.MaxBytes)
		return
	}
	was, stood := t.layers[0].Set(key, value)
	if i < 0 {
		i = len(t.written)
		t.written = append(t.written, change{key: key, was: was, stood: stood})
	}
	t.written[i].is = value
	t.writes++
}
