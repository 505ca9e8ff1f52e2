package bolt

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime/debug"
)

// scrubStep is how many pages are overwritten while writers wait.
const scrubStep = 1000

// Scrub overwrites with zeros what the file holds beside its data: pages that
// held something once, and are free. bbolt leaves them as they were.
//
// It writes to the file past bbolt, within a transaction of its own that changes
// nothing. That is safe where a page can be of no transaction's: it is free after
// the last commit, so whoever reads since then does not come to it; whoever read
// before has ended when the transaction begins; and nobody else writes meanwhile.
// A crash finds the last commit, to which the page is free.
func (e *Engine) Scrub(ctx context.Context) error {
	f, err := os.OpenFile(e.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("scrub %s: %w", e.path, err)
	}
	defer f.Close()
	e.copying.Lock() // a backup takes long
	defer e.copying.Unlock()
	for from := 0; from >= 0; {
		s := &scrub{file: f, from: from, done: make(chan struct{})}
		select {
		case e.scrubs <- s:
		case <-ctx.Done():
			return ctx.Err()
		case <-e.closing:
			return nil // it is begun anew when the file is opened again
		}
		<-s.done
		if s.err != nil {
			return fmt.Errorf("scrub %s: %w", e.path, s.err)
		}
		from = s.next
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("scrub %s: %w", e.path, err)
	}
	return nil
}

// scrub is one step of Scrub on its way through the writer.
type scrub struct {
	file *os.File
	from int // the first page that is looked at
	next int // where to go on; -1: nowhere
	err  error
	done chan struct{}
}

// run overwrites free pages. It runs in the writer.
func (s *scrub) run(e *Engine) {
	defer close(s.done)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damage(&s.err)
	e.reading.Lock() // until whoever reads what was before has ended
	tx, err := e.db.Begin(true)
	e.reading.Unlock()
	if err != nil {
		s.err = err
		return
	}
	defer tx.Rollback()
	size := e.db.Info().PageSize
	zeros, page := make([]byte, size), make([]byte, size)
	for id, looked := s.from, 0; ; id++ {
		if looked++; looked > scrubStep {
			s.next = id
			return
		}
		info, err := tx.Page(id)
		switch {
		case err != nil:
			s.err = err
			return
		case info == nil: // behind the last page
			s.next = -1
			return
		case info.Type != "free":
			continue
		}
		at := int64(id) * int64(size)
		if _, s.err = s.file.ReadAt(page, at); s.err != nil {
			return
		}
		if bytes.Equal(page, zeros) {
			continue
		}
		if _, s.err = s.file.WriteAt(zeros, at); s.err != nil {
			return
		}
	}
}
