package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"briefbot/store"
)

// scrubStep is how many pages are overwritten while writers wait.
const scrubStep = 1000

// Scrub overwrites with zeros what the file holds beside its data: what was written
// to the journal, and pages that held something once, and are free. bbolt leaves them
// as they were.
//
// It writes to pages past bbolt, within a transaction of its own that changes
// nothing. That is safe where a page can be of no transaction's: it is free after
// the last commit, so whoever reads since then does not come to it; whoever read
// before has ended when the transaction begins; and nobody else writes meanwhile.
// A crash finds the last commit, to which the page is free.
func (e *Engine) Scrub(ctx context.Context) error {
	e.copying.Lock() // a backup takes long
	defer e.copying.Unlock()
	err := e.between(ctx, e.wipe)
	for from := 0; err == nil && from >= 0; {
		err = e.between(ctx, func() (err error) {
			from, err = e.scrub(from)
			return err
		})
	}
	switch {
	case errors.Is(err, store.ErrClosed):
		return nil // it is begun anew when the file is opened again
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("scrub %s: %w", e.path, err)
	}
	return err
}

// wipe overwrites the journal. It runs in the writer.
func (e *Engine) wipe() error {
	if err := e.foldAll(); err != nil {
		return err
	}
	return e.journal.wipe()
}

// scrub overwrites free pages, durably, and says with which to go on; -1: with none.
// It runs in the writer, which waits for the disk by the same descriptor.
func (e *Engine) scrub(from int) (next int, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damage(&err)
	e.reading.Lock() // until whoever reads what was before has ended
	tx, err := e.db.Begin(true)
	e.reading.Unlock()
	if err != nil {
		return from, err
	}
	defer tx.Rollback()
	file := e.journal.file
	next = from + scrubStep
	size := e.db.Info().PageSize
	zeros, page := make([]byte, size), make([]byte, size)
	for id := from; id < next; id++ {
		info, err := tx.Page(id)
		switch {
		case err != nil:
			return id, err
		case info == nil: // behind the last page
			return -1, datasync(file)
		case info.Type != "free":
			continue
		}
		at := int64(id) * int64(size)
		if _, err = file.ReadAt(page, at); err != nil {
			return id, err
		}
		if bytes.Equal(page, zeros) {
			continue
		}
		if _, err = file.WriteAt(zeros, at); err != nil {
			return id, err
		}
	}
	return next, datasync(file)
}
