package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schema is the version of the keys' layout that this program writes.
const Schema = 4

// migrations lift the data from the schema of their index to the next one.
// Each goes on from where it was if it is interrupted: it works in steps of
// one Update, and the schema's number is written after the last.
var migrations = map[int]func(context.Context, Engine) error{
	0: func(context.Context, Engine) error { return nil }, // an empty store
	1: forgetLists,
	2: func(context.Context, Engine) error { return nil }, // both forms of a delivery are read
	3: func(context.Context, Engine) error { return nil }, // bolt has a journal, which who does not know it would pass over
}

// forgetLists drops the lists of others' messages: each has a key of its own now.
// What they held makes looks for a message shorter, and is learnt anew.
func forgetLists(ctx context.Context, e Engine) error {
	for more := true; more; {
		err := e.Update(ctx, func(w Writer) error {
			more = false
			n := 0
			from, to := under("others")
			for k := range w.Scan(from, to) {
				if n++; n > MaxKeys/2 {
					more = true
					return nil
				}
				w.Delete(k)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Store holds all of briefbot's data, in an Engine that it does not know.
type Store struct {
	e    Engine
	same Sameness
	*decoded
}

// decoded is what is read again and again, decoded once.
type decoded struct {
	stories    memo[Entry]
	channels   memo[Channel]
	deliveries memo[Delivery]
}

// Open takes the engine into use and brings its data to the current schema. It
// returns ErrNewer if a newer briefbot wrote it. The engine is closed by Close,
// not by a failed Open.
func Open(ctx context.Context, e Engine, now time.Time) (*Store, error) {
	if err := migrate(ctx, e, Schema, migrations); err != nil {
		return nil, err
	}
	begun := false
	err := e.View(ctx, func(r Reader) error {
		begun = current(r, "delivery") != 0
		return nil
	})
	if err == nil && !begun { // else a full disk would keep from reading, too
		err = e.Update(ctx, func(w Writer) error {
			startDeliveries(w, now)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("begin the numbers of deliveries: %w", err)
	}
	return &Store{e: e, decoded: &decoded{
		stories:    memo[Entry]{most: 2 << 20},
		channels:   memo[Channel]{most: 8 << 20}, // 20,000 and more: each is asked for again when its post is made
		deliveries: memo[Delivery]{most: 2 << 20},
	}}, nil
}

// startDeliveries lets the numbers of deliveries go on from the time, so that a
// new or restored store never gives a number that its chats have seen: the
// platforms know messages by it.
func startDeliveries(w Writer, now time.Time) {
	n := uint64(max(now.Unix(), 1)) << 20
	w.Put(key("sequence", "delivery"), []byte(number(max(n, current(w, "delivery")))))
}

func migrate(ctx context.Context, e Engine, to int, steps map[int]func(context.Context, Engine) error) error {
	var at int
	err := e.View(ctx, func(r Reader) error {
		v := r.Get(keySchema)
		if v == nil {
			return nil
		}
		var err error
		if at, err = strconv.Atoi(string(v)); err != nil {
			return fmt.Errorf("%w: schema number %q", ErrDamaged, v)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	if at > to {
		return fmt.Errorf("schema %d, this program knows %d: %w", at, to, ErrNewer)
	}
	if at == to {
		return nil
	}
	for ; at < to; at++ {
		if err := steps[at](ctx, e); err != nil {
			return fmt.Errorf("migrate from schema %d: %w", at, err)
		}
		next := strconv.Itoa(at + 1)
		err := e.Update(ctx, func(w Writer) error {
			w.Put(keySchema, []byte(next))
			return nil
		})
		if err != nil {
			return fmt.Errorf("write schema %s: %w", next, err)
		}
	}
	// An older program has to find the number, too, even after a crash.
	if f, ok := e.(interface{ Fold(context.Context) error }); ok {
		if err := f.Fold(ctx); err != nil {
			return fmt.Errorf("write schema %d: %w", to, err)
		}
	}
	return nil
}

// Lease waits until nobody else holds the name, and takes it.
func (s *Store) Lease(ctx context.Context, name string) (Lease, error) { return s.e.Lease(ctx, name) }

// ErrNoBackup is returned by Backup for an engine whose data is backed up by
// other means.
var ErrNoBackup = errors.New("this kind of data has backups of its own")

// Backup writes a copy of all data, as it is now, to a file.
func (s *Store) Backup(path string) error {
	b, ok := s.e.(interface{ Backup(path string) error })
	if !ok {
		return ErrNoBackup
	}
	return b.Backup(path)
}

// Close closes the engine.
func (s *Store) Close() error { return s.e.Close() }

// Keys are built of parts with a byte between them that no part holds.
const (
	sep       = "\x00"
	keySchema = "schema"
)

func key(parts ...string) string { return strings.Join(parts, sep) }

// under gives the range of all keys that begin with the parts.
func under(parts ...string) (from, to string) {
	p := key(parts...)
	return p + sep, p + "\x01"
}

// last gives a key's last part.
func last(k string) string { return k[strings.LastIndex(k, sep)+1:] }

// number writes n so that the order of the texts is that of the numbers.
func number(n uint64) string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i], n = digits[n%16], n/16
	}
	return string(b[:])
}

// next counts up the named sequence.
func next(w Writer, name string) uint64 {
	k := key("sequence", name)
	n := current(w, name) + 1
	w.Put(k, []byte(number(n)))
	return n
}

// current is the number that the named sequence gave last.
func current(r Reader, name string) uint64 {
	n, _ := strconv.ParseUint(string(r.Get(key("sequence", name))), 16, 64)
	return n
}
