package store

import (
	"context"
	"hash/fnv"
	"strconv"
	"time"
)

// Asked are words that a reader searched for, kept for the buttons that turn the
// pages of what was found: they are longer than what a button can hold.
type Asked struct {
	User  UserID    `json:"user"`
	Words string    `json:"words"`
	At    time.Time `json:"at"`
}

func askedKey(u UserID, name string) string { return key("asked", string(u.Platform), u.ID, name) }

// PutAsked keeps words, and gives the name by which their reader gets them
// again: letters and digits, at most 13.
func (s *Store) PutAsked(ctx context.Context, a Asked) (name string, err error) {
	h := fnv.New64a()
	h.Write([]byte(a.Words))
	name = strconv.FormatUint(h.Sum64(), 36)
	err = s.e.UpdateFirst(ctx, func(w Writer) error {
		put(w, askedKey(a.User, name), a)
		return nil
	})
	return name, err
}

// Asked gives what a reader's words were, or ErrNotFound.
func (s *Store) Asked(ctx context.Context, u UserID, name string) (Asked, error) {
	var a Asked
	err := s.e.View(ctx, func(r Reader) error { return get(r, askedKey(u, name), &a) })
	return a, err
}
