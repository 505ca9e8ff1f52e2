package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Place gives what is known of a chat, or ErrNotFound.
func (s *Store) Place(ctx context.Context, c Chat) (Place, error) {
	var p Place
	err := s.e.View(ctx, func(r Reader) error { return get(r, placeKey(c), &p) })
	return p, err
}

// atPlace gives the chat its lasting id, if that is known: a Telegram @name and
// its number are one chat, with one queue.
func atPlace(r Reader, c Chat) Chat {
	var p Place
	if get(r, placeKey(c), &p) == nil {
		c.ID = p.Chat.ID
	}
	return c
}

// StoryOfMessage gives the ID of the story that a message of ours brought, or
// ErrNotFound. A message with several stories has none of its own.
func (s *Store) StoryOfMessage(ctx context.Context, c Chat, message string) (string, error) {
	all, err := s.StoriesOfMessage(ctx, c, message)
	if err != nil {
		return "", err
	}
	if len(all) != 1 {
		return "", fmt.Errorf("message %s in %s: %w", message, c.ID, ErrNotFound)
	}
	return all[0], nil
}

// StoriesOfMessage gives the IDs of the stories that a message of ours brought,
// in their order there, or ErrNotFound.
func (s *Store) StoriesOfMessage(ctx context.Context, c Chat, message string) ([]string, error) {
	var m posted
	err := s.e.View(ctx, func(r Reader) error { return get(r, messageKey(c, message), &m) })
	if err != nil {
		return nil, fmt.Errorf("message %s in %s: %w", message, c.ID, err)
	}
	var all []string
	for _, ref := range m.Stories {
		all = append(all, ref.ID)
	}
	return all, nil
}

// DeliveryOfMessage gives the delivery that a message of ours belongs to, or
// ErrNotFound for a message that is not known to be ours.
func (s *Store) DeliveryOfMessage(ctx context.Context, c Chat, message string) (uint64, error) {
	var m posted
	err := s.e.View(ctx, func(r Reader) error { return get(r, messageKey(c, message), &m) })
	return m.Delivery, err
}

// HighestMessage gives the highest message id known in the chat, ours or
// another's; empty if none is.
func (s *Store) HighestMessage(ctx context.Context, c Chat) (string, error) {
	var id string
	err := s.e.View(ctx, func(r Reader) error {
		id = string(r.Get(highestKey(c)))
		return nil
	})
	return id, err
}

// LastStory gives the ID of the story that was posted last in the chat, or
// ErrNotFound.
func (s *Store) LastStory(ctx context.Context, c Chat) (string, error) {
	var id string
	err := s.e.View(ctx, func(r Reader) error {
		if id = string(r.Get(lastKey(c))); id == "" {
			return ErrNotFound
		}
		return nil
	})
	return id, err
}

// noteTaken notes that a message id is known not to be that of a message of ours
// which is looked for.
func noteTaken(w Writer, c Chat, id string) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return
	}
	w.Put(takenKey(c, n), []byte(id))
	if n > maxTaken {
		w.Delete(takenKey(c, n-maxTaken)) // ids are given one after the other
	}
}

// maxTaken is how many ids of a sequence are remembered.
const maxTaken = 5000

func takenKey(c Chat, n uint64) string {
	return key("taken", string(c.Platform), c.sequence(), number(n))
}

// noteOurs notes that a message is ours. In a chat with a sequence of its own
// its record says so; where chats share one, the others are to know too.
func noteOurs(w Writer, c Chat, ours string) {
	if c.shared() {
		noteTaken(w, c, ours)
	}
}

// OthersMessages gives the ids, of the last ones, that are known to be somebody
// else's, or those of other chats where chats share a sequence.
func (s *Store) OthersMessages(ctx context.Context, c Chat) ([]string, error) {
	var others []string
	err := s.e.View(ctx, func(r Reader) error {
		others = nil
		from, to := under("taken", string(c.Platform), c.sequence())
		for _, id := range r.Scan(from, to) {
			others = append(others, string(id))
		}
		return nil
	})
	return others, err
}

// Offset gives the number of the account's first update that was not dealt
// with, or 0 if none ever was.
func (s *Store) Offset(ctx context.Context, account string) (int, error) {
	var n int
	err := s.e.View(ctx, func(r Reader) error {
		v := r.Get(key("offset", account))
		if v == nil {
			return nil
		}
		var err error
		n, err = strconv.Atoi(string(v))
		return err
	})
	return n, err
}

// raiseHighest notes a message id seen in a chat, if it is the highest yet.
func raiseHighest(w Writer, c Chat, id string) {
	k := highestKey(c)
	if old := string(w.Get(k)); CompareIDs(id, old) > 0 {
		w.Put(k, []byte(id))
	}
}

// CompareIDs orders message ids of a chat, which are numbers too long for comfort on
// Discord.
func CompareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// A topic is part of its chat: it shares the chat's place and message ids.

func placeKey(c Chat) string { return key("place", string(c.Platform), c.ID) }

// shared reports whether the chat's messages are numbered in one sequence for the
// whole bot: on Telegram, those of private chats and basic groups are. Supergroups
// and channels, at or below minus a trillion, have sequences of their own.
func (c Chat) shared() bool {
	n, err := strconv.ParseInt(c.ID, 10, 64)
	return c.Platform == Telegram && err == nil && n > -1_000_000_000_000
}

// sequence names what the chat's messages are numbered in.
func (c Chat) sequence() string {
	if c.shared() {
		return "account"
	}
	return c.ID
}

func highestKey(c Chat) string { return key("highest", string(c.Platform), c.sequence()) }

func messageKey(c Chat, message string) string {
	return key("message", string(c.Platform), c.ID, message)
}

func lastKey(c Chat) string {
	return key("last", string(c.Platform), c.ID, strconv.Itoa(c.Thread))
}
