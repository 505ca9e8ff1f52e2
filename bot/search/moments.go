package search

import (
	"cmp"
	"strconv"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// moments remembers the moments of all stories: each search asks for those of
// all that it finds. The index is of parts that never change, but are joined to
// larger ones by and by.
type moments struct {
	mu    sync.Mutex
	parts map[uint64][]uint64 // the stories' moments, by the number of their part
}

// of gives the moments of the stories as the index has them now.
func (m *moments) of(r index.IndexReader) (*snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, err := newValues(r)
	if err != nil {
		return nil, err
	}
	known := m.parts
	m.parts = map[uint64][]uint64{}
	s := &snapshot{}
	first := uint64(0)
	for _, part := range r.(*scorch.IndexSnapshot).Segments() {
		n := uint64(part.FullSize())
		all, ok := known[part.Id()]
		if !ok {
			all = make([]uint64, n)
			for i := range all {
				if err := v.read(index.NewIndexInternalID(nil, first+uint64(i))); err != nil {
					return nil, err
				}
				all[i] = v.moment
			}
		}
		m.parts[part.Id()] = all
		s.first, s.moments = append(s.first, first), append(s.moments, all)
		first += n
	}
	return s, nil
}

// snapshot is the moments of the stories at one time, part by part.
type snapshot struct {
	first   []uint64 // the number of each part's first story
	moments [][]uint64
	part    int // that was asked last
}

// at gives the moment of a story. It is asked in the order of the index.
func (s *snapshot) at(doc uint64) uint64 {
	for s.part+1 < len(s.first) && doc >= s.first[s.part+1] {
		s.part++
	}
	return s.moments[s.part][doc-s.first[s.part]]
}

// values reads the moment and the state of stories.
type values struct {
	reader index.DocValueReader
	moment uint64
	state  string
	err    error
	take   func(string, []byte)
}

func newValues(r index.IndexReader) (*values, error) {
	reader, err := r.DocValueReader([]string{fieldMoment})
	v := &values{reader: reader}
	v.take = func(_ string, value []byte) {
		n := min(momentSize, len(value))
		v.moment, v.err = strconv.ParseUint(string(value[:n]), 16, 64)
		v.state = string(value[n:])
	}
	return v, err
}

// read reads those of one story.
func (v *values) read(id index.IndexInternalID) error {
	v.moment, v.state = 0, ""
	err := v.reader.VisitDocValues(id, v.take)
	return cmp.Or(err, v.err)
}
