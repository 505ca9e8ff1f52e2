package bolt

import (
	"syscall"
	"time"

	bbolt "go.etcd.io/bbolt"
)

const (
	// largeFile is how large a file must be before its pages are given back.
	largeFile = 8 << 20
	// giveBackEvery is how often the writer does: what a broadcast looks at
	// meanwhile is some ten megabytes.
	giveBackEvery = 100 * time.Millisecond
)

// giveBack is GiveBack for the writer, between commits.
func (e *Engine) giveBack() {
	now := time.Now()
	if now.Sub(e.gaveBack) < giveBackEvery {
		return
	}
	e.gaveBack = now
	e.GiveBack()
}

// GiveBack tells the system that the pages of a large mapped file that were
// looked at need not stay in the program's memory: a broadcast looks at nearly
// all of them once, and so does the start. What is wanted again still comes from
// the system's cache, not from the disk. It must not be called within a
// transaction.
func (e *Engine) GiveBack() {
	// A transaction that is open keeps the file mapped where it is. That the
	// system does not take the advice, does no harm.
	e.db.View(func(tx *bbolt.Tx) error {
		if size := tx.Size(); size > largeFile {
			syscall.Syscall(syscall.SYS_MADVISE, e.db.Info().Data, uintptr(size), syscall.MADV_DONTNEED)
		}
		return nil
	})
}
