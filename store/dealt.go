package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Dealt is what came of one update that a platform gave.
type Dealt struct {
	// Next is the number of the first update behind it.
	Next int
	// Seen is the message of somebody's that it told of, if it did: an id that
	// can't be one of ours.
	Seen Spot
	// CopyOf is, of a message that is a channel's post in the discussion group,
	// that post: who comments there means it.
	CopyOf Spot
	At     time.Time // when that was
	// Answer is what is to be said, if anything is. Render makes its parts, which
	// hold the delivery's number; it may run more than once.
	Answer *Delivery
	Render func(Delivery) ([]Part, error)
}

// Spot is a message in a chat. The zero Spot is none.
type Spot struct {
	Chat    Chat   `json:"chat"`
	Message string `json:"message"`
}

// keys is how many keys it writes at most.
func (d Dealt) keys() int {
	n := 0
	if d.Seen.Message != "" {
		n += 3 // the highest, it itself, and the one that is forgotten for it
	}
	if d.CopyOf.Message != "" {
		n++
	}
	if d.Answer != nil {
		n += 2 // it itself, and its place in the queue
	}
	return n
}

// together is how many of the first are written in one step, most at most. All of
// them together write the offset and the last delivery's number.
func together(all []Dealt, most int) int {
	keys := 2
	for i, d := range all[:min(len(all), most)] {
		if keys += d.keys(); keys > MaxKeys {
			return i
		}
	}
	return min(len(all), most)
}

// PutDealt writes what came of the account's updates, in their order: the answers
// that are to be sent, and with each that its update was dealt with. It goes in
// steps; those that were made stand, whatever becomes of the next.
func (s *Store) PutDealt(ctx context.Context, account string, all []Dealt) error {
	for atOnce := MaxKeys; len(all) > 0; {
		some := all[:together(all, atOnce)]
		err := s.e.UpdateFirst(ctx, func(w Writer) error {
			for _, d := range some {
				if err := d.write(w); err != nil {
					return err
				}
			}
			w.Put(key("offset", account), []byte(strconv.Itoa(some[len(some)-1].Next)))
			return nil
		})
		if errors.Is(err, ErrTooLarge) && len(some) > 1 {
			atOnce = len(some) / 2 // they are long ones
			continue
		}
		if err != nil {
			return fmt.Errorf("store what came of the updates of %s: %w", account, err)
		}
		all = all[len(some):]
	}
	return nil
}

func (d Dealt) write(w Writer) error {
	if d.Seen.Message != "" {
		raiseHighest(w, d.Seen.Chat, d.Seen.Message)
		noteTaken(w, d.Seen.Chat, d.Seen.Message)
		if d.CopyOf.Message != "" {
			put(w, copyKey(d.Seen), copied{d.CopyOf, d.At})
		}
	}
	if d.Answer == nil {
		return nil
	}
	return putAnswer(w, *d.Answer, d.Render)
}

// copied is a channel's post that was copied into its discussion group.
type copied struct {
	Spot
	At time.Time `json:"at"`
}

// CopyOf gives the channel's post that a message in the discussion group is the
// copy of, or ErrNotFound.
func (s *Store) CopyOf(ctx context.Context, copy Spot) (Spot, error) {
	var of copied
	err := s.e.View(ctx, func(r Reader) error { return get(r, copyKey(copy), &of) })
	return of.Spot, err
}

func copyKey(s Spot) string { return key("copy", string(s.Chat.Platform), s.Chat.ID, s.Message) }

// pruneCopies forgets copies that were made before the time.
func (s *Store) pruneCopies(ctx context.Context, before time.Time) error {
	return pruneOlder(ctx, s.e, "copy", before, func(c copied) time.Time { return c.At })
}
