package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pruneKeys is how many keys a step of Prune deletes at most, but for the last
// delivery's: it stays well within MaxKeys, and holds up no other writer.
const pruneKeys = MaxKeys / 2

// Prune forgets deliveries that were planned before the given time and are
// done, a step at a time, and says how many. Which channels have a story is
// forgotten too, once the story is so old that no channel would take it, and its
// deliveries are forgotten: it is over then, and is posted nowhere any more, even
// if its source brings it back.
func (s *Store) Prune(ctx context.Context, before time.Time) (int, error) {
	total, err := s.pruneDeliveries(ctx, before)
	if err != nil {
		return total, fmt.Errorf("prune deliveries: %w", err)
	}
	if err := s.prunePosts(ctx, before); err != nil {
		return total, fmt.Errorf("prune the records of posts: %w", err)
	}
	if err := s.pruneCopies(ctx, before); err != nil {
		return total, fmt.Errorf("prune the copies of posts: %w", err)
	}
	return total, nil
}

func (s *Store) pruneDeliveries(ctx context.Context, before time.Time) (int, error) {
	total := 0
	from, to := under("delivery")
	for from != "" {
		start, n := from, 0
		err := s.e.Update(ctx, func(w Writer) error {
			n, from = 0, ""
			deleted, looked := 0, 0
			for k := range w.Scan(start, to) {
				var d Delivery
				if err := get(w, k, &d); err != nil {
					return err
				}
				if !d.Planned.Before(before) {
					return nil // their numbers grow with time
				}
				if looked++; deleted >= pruneKeys || looked > MaxKeys {
					from = k
					return nil
				}
				if d.State.Final() {
					deleted += forget(w, d)
					n++
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// forget deletes a delivery and the way to it from its messages, and says how
// many keys that were.
func forget(w Writer, d Delivery) int {
	w.Delete(deliveryKey(d.ID))
	n := 1
	for _, p := range d.Parts {
		if p.Message != "" && (p.Message != p.Target || d.Kind == AnswerDelivery) {
			w.Delete(messageKey(d.Chat, p.Message))
			n++
		}
	}
	return n
}

// prunePosts forgets the posts of stories that came in so long before the time
// that no channel took them after it.
func (s *Store) prunePosts(ctx context.Context, before time.Time) error {
	longest := time.Duration(0)
	err := s.EachChannel(ctx, func(c Channel, _ Progress) error {
		longest = max(longest, c.MaxAge)
		return nil
	})
	if err != nil {
		return err
	}
	for seq := uint64(0); ; {
		var some []Entry
		err := s.e.View(ctx, func(r Reader) (err error) {
			some, err = s.storiesAfter(r, seq, MaxKeys)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range some {
			if !e.Arrived.Add(longest).Before(before) {
				return nil // their numbers grow with time
			}
			if err := s.forgetPosts(ctx, e.Story.ID); err != nil {
				return err
			}
			seq = e.Seq
		}
		if len(some) == 0 {
			return nil
		}
	}
}

// forgetPosts forgets the posts of a story whose deliveries are forgotten. That
// the story is over is written with the first of them.
func (s *Store) forgetPosts(ctx context.Context, story string) error {
	from, to := under("post", story)
	for from != "" {
		old, err := s.oldPosts(ctx, &from, to)
		if err != nil {
			return err
		}
		if len(old) == 0 {
			continue
		}
		err = s.e.Update(ctx, func(w Writer) error {
			var e Entry
			if err := get(w, key("story", story), &e); err != nil {
				return err
			}
			if !e.Over {
				e.Over = true
				put(w, key("story", story), e)
			}
			for _, k := range old {
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

// oldPosts gives some records of posts whose deliveries are forgotten, and moves
// from on; empty behind the last. Nothing brings such a record back to life.
func (s *Store) oldPosts(ctx context.Context, from *string, to string) (old []string, err error) {
	err = s.e.View(ctx, func(r Reader) error {
		for k := range r.Scan(*from, to) {
			if len(old) == pruneKeys {
				*from = k
				return nil
			}
			var p post
			if err := get(r, k, &p); err != nil {
				return err
			}
			if !p.Follows && r.Get(deliveryKey(p.Delivery)) == nil && r.Get(deliveryKey(p.Last)) == nil {
				old = append(old, k)
			}
		}
		*from = ""
		return nil
	})
	return old, err
}

// PruneAsked forgets what readers asked for before the time.
func (s *Store) PruneAsked(ctx context.Context, before time.Time) error {
	err := pruneOlder(ctx, s.e, "asked", before, func(a Asked) time.Time { return a.At })
	if err != nil {
		return fmt.Errorf("prune what readers asked for: %w", err)
	}
	return nil
}

// pruneOlder forgets, a step at a time, what stands under a prefix and is from
// before the time.
func pruneOlder[T any](ctx context.Context, e Engine, prefix string, before time.Time, at func(T) time.Time) error {
	from, to := under(prefix)
	for from != "" {
		start := from
		err := e.Update(ctx, func(w Writer) error {
			from = ""
			looked := 0
			for k := range w.Scan(start, to) {
				if looked++; looked > pruneKeys {
					from = k
					return nil
				}
				var v T
				if err := get(w, k, &v); err != nil {
					return err
				}
				if at(v).Before(before) {
					w.Delete(k)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// over reports whether a story is posted nowhere any more.
func (s *Store) over(r Reader, story string) (bool, error) {
	e, err := s.stories.get(r, key("story", story))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return e.Over, err
}
