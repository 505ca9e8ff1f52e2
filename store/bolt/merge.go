package bolt

import (
	"github.com/tidwall/btree"
	bbolt "go.etcd.io/bbolt"
)

// walk goes through one of the things that hold keys: bbolt's tree, or a layer
// above it, in which nil is the value of a key that was deleted.
type walk interface {
	// seek goes to the first key that is not before the given one; going back, to
	// the last one before it.
	seek(key string)
	// next goes to the next key; going back, to the one before.
	next()
	// at gives the key at which it is, which has to be in [from, to).
	at(from, to string) (key string, value []byte, ok bool)
}

// merged goes through several walks side by side, the newest first: of a key that
// more than one of them has, the first one's value counts.
type merged struct {
	walks    []walk
	from, to string
	back     bool
	heads    [3]head // where the walks are
}

// head is where a walk is.
type head struct {
	key   string
	value []byte
	ok    bool // else it has ended
}

// seek sends all to where they begin.
func (m *merged) seek(start string) {
	for i, w := range m.walks {
		w.seek(start)
		m.look(i)
	}
}

func (m *merged) look(i int) {
	h := &m.heads[i]
	h.key, h.value, h.ok = m.walks[i].at(m.from, m.to)
}

// next gives the next key, with its newest value, and goes on.
func (m *merged) next() (key string, value []byte, ok bool) {
	for _, h := range m.heads[:len(m.walks)] {
		if h.ok && (!ok || m.back && h.key > key || !m.back && h.key < key) {
			key, value, ok = h.key, h.value, true
		}
	}
	if !ok {
		return "", nil, false
	}
	for i, w := range m.walks {
		if h := m.heads[i]; h.ok && h.key == key {
			w.next()
			m.look(i)
		}
	}
	return key, value, true
}

// again sends the first walk, of what was changed meanwhile, to behind the key that
// was given last.
func (m *merged) again(last string) {
	if !m.back {
		last += "\x00" // the first key that is after it
	}
	m.walks[0].seek(last)
	m.look(0)
}

// treeWalk is a walk through bbolt's tree.
type treeWalk struct {
	c    *bbolt.Cursor
	back bool
	k, v []byte
}

func (w *treeWalk) seek(key string) {
	w.k, w.v = w.c.Seek([]byte(key))
	switch {
	case !w.back:
	case w.k == nil:
		w.k, w.v = w.c.Last()
	default:
		w.k, w.v = w.c.Prev()
	}
}

func (w *treeWalk) next() {
	if w.back {
		w.k, w.v = w.c.Prev()
	} else {
		w.k, w.v = w.c.Next()
	}
}

func (w *treeWalk) at(from, to string) (string, []byte, bool) {
	if w.k == nil || string(w.k) < from || string(w.k) >= to {
		return "", nil, false
	}
	return string(w.k), w.v, true
}

// layerWalk is a walk through a layer.
type layerWalk struct {
	layer *layer
	i     btree.MapIter[string, []byte]
	back  bool
	ok    bool
}

func (w *layerWalk) seek(key string) {
	w.i = w.layer.Iter() // anew, since what is written makes the old one unreliable
	w.ok = w.i.Seek(key)
	switch {
	case !w.back:
	case !w.ok:
		w.ok = w.i.Last()
	default:
		w.ok = w.i.Prev()
	}
}

func (w *layerWalk) next() {
	if w.back {
		w.ok = w.i.Prev()
	} else {
		w.ok = w.i.Next()
	}
}

func (w *layerWalk) at(from, to string) (string, []byte, bool) {
	if !w.ok || w.i.Key() < from || w.i.Key() >= to {
		return "", nil, false
	}
	return w.i.Key(), w.i.Value(), true
}
