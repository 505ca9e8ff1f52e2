package store

import (
	"context"
	"fmt"
	"time"
)

// Restored turns data that came back from a backup into data that can be used:
// since the backup was made, its chats have gone on. Posts that were waiting
// then are given up, since they may be out by now; each channel begins anew, so
// that what came in since the backup is not posted again; and the deliveries'
// numbers go on from the time, so that none is used twice.
func (s *Store) Restored(ctx context.Context, now time.Time) error {
	for _, step := range []func(context.Context, time.Time) (more bool, err error){s.dropPending, s.beginAnew} {
		for more := true; more; {
			var err error
			if more, err = step(ctx, now); err != nil {
				return fmt.Errorf("take the backup into use: %w", err)
			}
		}
	}
	return s.e.Update(ctx, func(w Writer) error {
		startDeliveries(w, now)
		return nil
	})
}

// dropPending gives up some of what is pending, and says whether there is more.
func (s *Store) dropPending(ctx context.Context, now time.Time) (more bool, err error) {
	for _, where := range []string{"queue", "parked"} {
		var left bool
		err := s.e.Update(ctx, func(w Writer) (err error) {
			from, to := under(where)
			left, err = changeWaiting(w, from, to, anyTopic, func(d *Delivery) {
				d.State, d.Done, d.Reason = GivenUp, now, "a backup was restored: it may have been sent since"
			})
			return err
		})
		if err != nil {
			return false, err
		}
		more = more || left
	}
	return more, nil
}

// beginAnew forgets how far some channels came, but not that they had begun.
func (s *Store) beginAnew(ctx context.Context, _ time.Time) (more bool, err error) {
	err = s.e.Update(ctx, func(w Writer) error {
		more = false
		n := 0
		from, to := under("progress")
		for k := range w.Scan(from, to) {
			if n++; n > MaxKeys/2 {
				more = true
				return nil
			}
			w.Delete(k)
			w.Put(restoredKey(last(k)), []byte{valueVersion})
		}
		return nil
	})
	return more, err
}

// restoredKey marks a channel that is to begin without a backfill, since it had
// begun before.
func restoredKey(channel string) string { return key("restored", channel) }
