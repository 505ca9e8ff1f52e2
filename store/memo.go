package store

import (
	"bytes"
	"sync"
)

// memo remembers what values were decoded to, so that what is read again and
// again is decoded once. It is asked with the bytes that a transaction sees, and
// knows only those very bytes: so it need not be told of writes, whether or not
// they were committed. Values share what they point to, and must not be changed
// in place.
type memo[T any] struct {
	mu   sync.Mutex
	size int // bytes of the young
	// What is asked for moves from the old to the young; when the young have
	// grown to half of maxMemo, they become the old, and the old are forgotten.
	young, old map[string]remembered[T]
}

type remembered[T any] struct {
	raw   []byte
	value T
}

// maxMemo is how many bytes of encoded values a memo remembers at most.
const maxMemo = 2 << 20

// get reads the value at k. It returns ErrNotFound if there is none.
func (m *memo[T]) get(r Reader, k string) (T, error) {
	v, _, err := m.read(r, k)
	return v, err
}

// read is get, and gives the value's bytes too; they outlive the transaction.
func (m *memo[T]) read(r Reader, k string) (v T, raw []byte, err error) {
	raw = r.Get(k)
	if known, ok := m.find(k, raw); ok {
		return known.value, known.raw, nil
	}
	if err := get(r, k, &v); err != nil {
		return v, nil, err
	}
	raw = bytes.Clone(raw)
	m.keep(k, raw, v)
	return v, raw, nil
}

func (m *memo[T]) find(k string, raw []byte) (known remembered[T], ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, young := m.young[k]
	if !young {
		found, ok = m.old[k]
	}
	if !young && !ok || !bytes.Equal(found.raw, raw) {
		return known, false
	}
	if !young {
		m.add(k, found)
	}
	return found, true
}

func (m *memo[T]) keep(k string, raw []byte, v T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(k, remembered[T]{raw, v})
}

func (m *memo[T]) add(k string, r remembered[T]) {
	if m.young == nil || m.size > maxMemo/2 {
		m.old, m.young, m.size = m.young, map[string]remembered[T]{}, 0
	}
	m.size += len(k) + len(r.raw) - len(m.young[k].raw)
	m.young[k] = r
}
