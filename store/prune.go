package store

import (
	"context"
	"fmt"
	"time"
)

// pruneKeys is how many keys a step of Prune deletes at most, but for the last
// delivery's: it stays well within MaxKeys.
const pruneKeys = MaxKeys / 2

// Prune forgets deliveries that were planned before the given time and are
// done, a step at a time, and says how many. That a story was posted in a
// channel is remembered all the same.
func (s *Store) Prune(ctx context.Context, before time.Time) (int, error) {
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
			return total, fmt.Errorf("prune deliveries: %w", err)
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
		if p.Message != "" && p.Message != p.Target {
			w.Delete(messageKey(d.Chat, p.Message))
			n++
		}
	}
	return n
}
