package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// PutAnswer writes an answer that is to be sent, and with it that the update
// asking for it was dealt with. render makes its parts, which hold the
// delivery's number; it may run again on a conflict.
func (s *Store) PutAnswer(ctx context.Context, d Delivery, offset Offset, render func(Delivery) ([]Part, error)) (Delivery, error) {
	d.Kind, d.State = AnswerDelivery, Planned
	err := s.e.Update(ctx, func(w Writer) error {
		d.Chat = atPlace(w, d.Chat)
		d.ID = next(w, "delivery")
		var err error
		if d.Parts, err = render(d); err != nil {
			return err
		}
		writeDelivery(w, Delivery{}, d)
		offset.write(w)
		return nil
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("store an answer: %w", err)
	}
	return d, nil
}

// Delivery gives the delivery with the id, or ErrNotFound.
func (s *Store) Delivery(ctx context.Context, id uint64) (Delivery, error) {
	var d Delivery
	err := s.e.View(ctx, func(r Reader) error { return get(r, deliveryKey(id), &d) })
	if err != nil {
		return Delivery{}, fmt.Errorf("delivery %d: %w", id, err)
	}
	return d, nil
}

// ChangeDelivery lets change turn the delivery into what it is now, and writes
// it with all that hangs on it: the queue, the way from a platform's message
// back to the story, the highest message id known in the chat. change is told
// that id, and may run again on a conflict.
func (s *Store) ChangeDelivery(ctx context.Context, id uint64, change func(d *Delivery, highest string) error) (Delivery, error) {
	var d Delivery
	err := s.e.Update(ctx, func(w Writer) error {
		var old Delivery
		if err := get(w, deliveryKey(id), &old); err != nil {
			return err
		}
		d = old
		d.Parts = slices.Clone(old.Parts)
		if err := change(&d, string(w.Get(highestKey(old.Chat)))); err != nil {
			return err
		}
		writeDelivery(w, old, d)
		return nil
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("change delivery %d: %w", id, err)
	}
	return d, nil
}

// writeDelivery writes d and what differs from old in the keys that follow from
// it.
func writeDelivery(w Writer, old, d Delivery) {
	if old.ID != 0 && (queueKey(old) != queueKey(d) || d.State.Final()) {
		w.Delete(queueKey(old))
	}
	if !d.State.Final() && (old.ID == 0 || queueKey(old) != queueKey(d)) {
		w.Put(queueKey(d), []byte{valueVersion})
	}
	for i, p := range d.Parts {
		if p.Message == "" || p.Message == p.Target || i < len(old.Parts) && old.Parts[i].Message == p.Message {
			continue
		}
		put(w, messageKey(d.Chat, p.Message), posted{Delivery: d.ID, Stories: d.Stories})
		raiseHighest(w, d.Chat, p.Message)
		forgetOthers(w, d.Chat, p.Message)
		if len(d.Stories) == 1 && (d.Kind == PostDelivery || d.Chat.Private()) {
			w.Put(lastKey(d.Chat), []byte(d.Stories[0].ID))
		}
	}
	if d.State.Final() {
		d.Parts = slices.Clone(d.Parts)
		for i := range d.Parts {
			d.Parts[i].Body = nil
		}
	}
	put(w, deliveryKey(d.ID), d)
}

// posted is what is known of a message of ours.
type posted struct {
	Delivery uint64 `json:"delivery"`
	Stories  []Ref  `json:"stories,omitempty"`
}

// Pending gives the deliveries of a chat that may have their turn: every answer
// that is not done, oldest first, and the first post that is not, since a later
// post never overtakes an earlier one.
func (s *Store) Pending(ctx context.Context, c Chat) ([]Delivery, error) {
	var all []Delivery
	err := s.e.View(ctx, func(r Reader) error {
		all = nil
		for _, rank := range []string{rankAnswer, rankPost} {
			from, to := under("queue", string(c.Platform), c.ID, rank)
			for k := range r.Scan(from, to) {
				id, err := strconv.ParseUint(last(k), 16, 64)
				if err != nil {
					return fmt.Errorf("%w: key %q", ErrDamaged, k)
				}
				var d Delivery
				if err := get(r, deliveryKey(id), &d); err != nil {
					return err
				}
				all = append(all, d)
				if rank == rankPost || len(all) == maxPending {
					break
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("pending deliveries of %s %s: %w", c.Platform, c.ID, err)
	}
	return all, nil
}

// maxPending bounds how many answers of a chat are looked at together.
const maxPending = 16

// PendingChats gives the chats of a platform that have deliveries to be made.
func (s *Store) PendingChats(ctx context.Context, p Platform) ([]Chat, error) {
	var all []Chat
	err := s.e.View(ctx, func(r Reader) error {
		all = nil
		from, to := under("queue", string(p))
		for {
			c, ok := firstChat(r, from, to)
			if !ok {
				return nil
			}
			all = append(all, c)
			_, from = under("queue", string(p), c.ID)
		}
	})
	return all, err
}

func firstChat(r Reader, from, to string) (Chat, bool) {
	for k := range r.Scan(from, to) {
		return queueChat(k)
	}
	return Chat{}, false
}

// WatchPending tells of chats that get something to be delivered from now on.
func (s *Store) WatchPending(p Platform) *PendingWatch {
	return &PendingWatch{s.e.Watch(key("queue", string(p)) + sep)}
}

// PendingWatch tells which chats got something to be delivered.
type PendingWatch struct{ w Watch }

// Next waits, and gives the chats.
func (p *PendingWatch) Next(ctx context.Context) ([]Chat, error) {
	keys, err := p.w.Next(ctx)
	if err != nil {
		return nil, err
	}
	var chats []Chat
	for _, k := range keys {
		if c, ok := queueChat(k); ok && !slices.Contains(chats[max(0, len(chats)-1):], c) {
			chats = append(chats, c)
		}
	}
	return chats, nil
}

// Close ends the watch.
func (p *PendingWatch) Close() { p.w.Close() }

const (
	rankAnswer = "0"
	rankPost   = "1"
)

func deliveryKey(id uint64) string { return key("delivery", number(id)) }

func queueKey(d Delivery) string {
	rank := rankPost
	if d.Kind == AnswerDelivery {
		rank = rankAnswer
	}
	return key("queue", string(d.Chat.Platform), d.Chat.ID, rank, number(d.ID))
}

func queueChat(k string) (Chat, bool) {
	parts := strings.Split(k, sep)
	if len(parts) != 5 {
		return Chat{}, false
	}
	return Chat{Platform: Platform(parts[1]), ID: parts[2]}, true
}

// MovePending gives everything that waits for the chat from to the chat to, and
// remembers that they are the same: a name that turned out to be a number, a
// group that became a supergroup. It works in steps and may be repeated.
func (s *Store) MovePending(ctx context.Context, from Chat, to Place) error {
	more := true
	for more {
		err := s.e.Update(ctx, func(w Writer) error {
			more = false
			put(w, placeKey(from), to)
			put(w, placeKey(to.Chat), to)
			if from.ID == to.Chat.ID {
				return nil
			}
			var moved []Delivery
			lo, hi := under("queue", string(from.Platform), from.ID)
			for k := range w.Scan(lo, hi) {
				if len(moved) == maxMoved {
					more = true
					break
				}
				id, err := strconv.ParseUint(last(k), 16, 64)
				if err != nil {
					return fmt.Errorf("%w: key %q", ErrDamaged, k)
				}
				var d Delivery
				if err := get(w, deliveryKey(id), &d); err != nil {
					return err
				}
				moved = append(moved, d)
			}
			for _, old := range moved {
				d := old
				d.Chat.ID = to.Chat.ID
				writeDelivery(w, old, d)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("move deliveries of %s to %s: %w", from.ID, to.Chat.ID, err)
		}
	}
	return nil
}

// maxMoved keeps a step of MovePending within MaxKeys and MaxBytes.
const maxMoved = 20
