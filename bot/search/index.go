package search

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// errDamaged is returned when the index on disk is not what was written.
var errDamaged = errors.New("the index is damaged")

// shelf is an open index.
type shelf struct {
	index  index.Index
	queue  *index.AnalysisQueue
	unsafe chan struct{} // as many as there are batches not yet on disk
	failed func(error)   // told what goes wrong beside what is asked
	// moments of the stories, as far as they are known
	moments moments
}

// maxUnsafe is how many batches may wait for their way to disk: what is lost of
// them in a crash is indexed again.
const maxUnsafe = 2

var keyForm = []byte("form")

// openShelf opens the index in a folder, and makes it if it is missing or of
// another form. failed is told what goes wrong later, beside what is asked of
// it.
func openShelf(folder string, failed func(error)) (*shelf, error) {
	files, _ := os.ReadDir(folder)
	s, err := tryOpen(folder, failed)
	if err != nil {
		return nil, err
	}
	has, err := s.form()
	switch {
	case err == nil && has == nil && len(files) > 0:
		// What can't be read of it was passed over.
		err = fmt.Errorf("%w: it can't be read", errDamaged)
	case err == nil && string(has) == form:
		return s, nil
	case err == nil && has != nil:
		err = fmt.Errorf("%w: it has form %q", errOther, has)
	case err == nil:
		b := index.NewBatch()
		b.SetInternal(keyForm, []byte(form))
		if err = s.index.Batch(b); err == nil {
			return s, nil
		}
	}
	s.close()
	return nil, err
}

// errOther is returned when the index is one that another program wrote.
var errOther = errors.New("the index is another program's")

// tryOpen opens the index. What is damaged may panic or fault, which ends as an
// error.
func tryOpen(folder string, failed func(error)) (s *shelf, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			s.queue.Close()
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	s = &shelf{queue: index.NewAnalysisQueue(1), unsafe: make(chan struct{}, maxUnsafe), failed: failed}
	if s.index, err = newScorch(folder, s.queue, failed); err == nil {
		err = s.index.Open()
	}
	if err != nil {
		s.queue.Close()
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err := s.check(); err != nil {
		s.close()
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return s, nil
}

// naming guards scorch's list of whom to tell of what fails in the background:
// it is the program's, and read while an index is made.
var naming sync.Mutex

func newScorch(folder string, queue *index.AnalysisQueue, failed func(error)) (index.Index, error) {
	naming.Lock()
	defer naming.Unlock()
	const name = "briefbot"
	scorch.RegistryAsyncErrorCallbacks[name] = func(err error, _ string) {
		if errors.Is(err, scorch.ErrAsyncPanic) {
			err = fmt.Errorf("%w: %w", errDamaged, err)
		}
		failed(err)
	}
	defer delete(scorch.RegistryAsyncErrorCallbacks, name)
	return scorch.NewScorch(scorch.Name, map[string]any{
		"path":                   folder,
		"bolt_timeout":           "1s",
		"unsafe_batch":           true, // the store has it all
		"asyncErrorCallbackName": name,
	}, queue)
}

// check makes sure that the files hold what was written: each ends in its sum.
func (s *shelf) check() error {
	r, err := s.reader()
	if err != nil {
		return err
	}
	defer r.Close()
	for _, part := range r.(*scorch.IndexSnapshot).Segments() {
		f, ok := part.Segment().(segment.PersistedSegment)
		if !ok {
			continue // not on disk yet
		}
		if err := checkFile(f.Path()); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(f.Path()), err)
		}
	}
	return nil
}

func checkFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-crc32.Size); err != nil {
		return err
	}
	var want uint32
	if err := binary.Read(f, binary.BigEndian, &want); err != nil {
		return err
	}
	if sum.Sum32() != want {
		return errors.New("its sum is wrong")
	}
	return nil
}

// form is the version of the index; nil if it is new.
func (s *shelf) form() ([]byte, error) {
	r, err := s.reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.GetInternal(keyForm)
}

// reader looks at the index as it is now.
func (s *shelf) reader() (index.IndexReader, error) { return s.index.Reader() }

// close closes the index. What is not on disk yet is forgotten, and indexed
// again the next time.
func (s *shelf) close() error {
	err := s.index.Close()
	s.queue.Close()
	return err
}
