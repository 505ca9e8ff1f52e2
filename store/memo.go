package store

import (
	"hash/maphash"
	"sync"
)

// memo remembers what values were decoded to, so that what is read again and
// again is decoded once. It is asked with the bytes that a transaction sees, and
// knows only those very bytes: so it need not be told of writes, whether or not
// they were committed. Values share what they point to, and must not be changed
// in place.
type memo[T any] struct {
	most int // how much is remembered at most, in bytes of the encoded values
	mu   sync.Mutex
	size int // bytes of the young
	// What is asked for moves from the old to the young; when the young have
	// grown to half of most, they become the old, and the old are forgotten.
	young, old map[string]remembered[T]
}

type remembered[T any] struct {
	from  footprint
	value T
}

// footprint tells the bytes of a value from all others, but for one in 2^64: the
// bytes themselves would take as much memory again as the values.
type footprint struct {
	sum  uint64
	size int
}

var footprints = maphash.MakeSeed()

func footprintOf(raw []byte) footprint { return footprint{maphash.Bytes(footprints, raw), len(raw)} }

// get reads the value at k. It returns ErrNotFound if there is none.
func (m *memo[T]) get(r Reader, k string) (T, error) {
	known, err := m.read(r, k)
	return known.value, err
}

// read is get, and tells the value's bytes too.
func (m *memo[T]) read(r Reader, k string) (remembered[T], error) {
	raw := r.Get(k)
	if raw == nil {
		return remembered[T]{}, ErrNotFound
	}
	from := footprintOf(raw)
	if known, ok := m.recall(k); ok && known.from == from {
		return known, nil
	}
	read := remembered[T]{from: from}
	if err := decode(k, raw, &read.value); err != nil {
		return remembered[T]{}, err
	}
	m.keep(k, read)
	return read, nil
}

// recall gives what is remembered of the key. It may have been written since.
func (m *memo[T]) recall(k string) (known remembered[T], ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok = m.young[k]; ok {
		return known, true
	}
	if known, ok = m.old[k]; ok {
		m.add(k, known)
	}
	return known, ok
}

func (m *memo[T]) keep(k string, r remembered[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(k, r)
}

func (m *memo[T]) add(k string, r remembered[T]) {
	if m.young == nil || m.size > m.most/2 {
		m.old, m.young, m.size = m.young, map[string]remembered[T]{}, 0
	}
	m.size += len(k) + r.from.size - m.young[k].from.size
	m.young[k] = r
}
