package store

import (
	"context"
	"errors"
	"iter"
)

// Engine is an ordered space of keys. Keys are compared byte by byte.
//
// A failed read does not show in the value that it returns (nil, or a scan
// that ends early): the engine remembers it and returns it from View or
// Update, whatever the function returned, and commits nothing.
type Engine interface {
	// View runs fn on one consistent state.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn and commits what it wrote, durably, before it returns; an
	// error of fn commits nothing. fn may run more than once (on a conflict), so it
	// has no side effects, and it calls nothing of the engine, which might wait for
	// it to end. One Update writes at most MaxKeys keys, of 1 byte to
	// 32 KiB each, and MaxBytes bytes of keys and values, else ErrTooLarge.
	Update(ctx context.Context, fn func(Writer) error) error
	// UpdateFirst is Update for what a reader waits for: it does not stand in
	// line behind all other updates.
	UpdateFirst(ctx context.Context, fn func(Writer) error) error
	// Watch tells which keys with the prefix are put from now on; what is
	// deleted waits for nobody.
	Watch(prefix string) Watch
	// Lease waits until nobody else holds the name, and takes it.
	Lease(ctx context.Context, name string) (Lease, error)
	// Close ends all watches and waits for what is running.
	Close() error
}

// Limits of one Update, held by every engine although some would take more:
// what is written for one must run on all. (etcd's default is 128 operations
// and 1.5 MiB.)
const (
	MaxKeys  = 100
	MaxBytes = 1 << 20
)

// Reader reads keys. What it returns is valid until its transaction's function
// returns, and must not be changed.
type Reader interface {
	// Get gives the key's value, or nil if there is none.
	Get(key string) []byte
	// Scan gives the keys in [from, to) in order.
	Scan(from, to string) iter.Seq2[string, []byte]
	// ScanBack gives the keys in [from, to), the last one first.
	ScanBack(from, to string) iter.Seq2[string, []byte]
}

// Writer reads and writes keys; it reads what it wrote.
type Writer interface {
	Reader
	// Put writes a value, which is the engine's from then on: it must not be
	// changed any more.
	Put(key string, value []byte)
	Delete(key string)
}

// Watch collects the names of keys that are put until they are fetched: a slow
// consumer gets each key once, and loses none.
type Watch interface {
	// Next waits for a change and gives the keys put since the last call.
	// It returns ErrClosed after Close.
	Next(ctx context.Context) ([]string, error)
	Close()
}

// Lease is the right to do something that only one process may do.
type Lease interface {
	// Fence is larger than that of every earlier holder of the name.
	Fence() uint64
	// Release gives the name free.
	Release()
}

// Errors that callers decide by.
var (
	// ErrNotFound is returned when there is no such story, channel or
	// delivery.
	ErrNotFound = errors.New("not found")
	// ErrClosed is returned by an engine or a watch after its Close.
	ErrClosed = errors.New("store is closed")
	// ErrLocked is returned by an engine's Open when another process has the
	// data open.
	ErrLocked = errors.New("in use by another process")
	// ErrDamaged is returned when what is on disk is not what was written.
	ErrDamaged = errors.New("data is damaged")
	// ErrTooLarge is returned by Update for a transaction beyond MaxKeys or
	// MaxBytes.
	ErrTooLarge = errors.New("transaction is too large")
	// ErrNewer is returned by Open for data that a newer briefbot wrote.
	ErrNewer = errors.New("data was written by a newer version")
)
