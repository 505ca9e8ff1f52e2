package bot

import (
	"context"
	"log/slog"
	"time"

	"briefbot/store"
)

// pruneEvery is how often old records are dropped.
const pruneEvery = 24 * time.Hour

// askedKept is how long the words that a reader searched for are kept.
const askedKept = 7 * 24 * time.Hour

// prune drops the records of deliveries that are older than keep, what readers
// asked for, and the subscriptions of chats that have long been gone, once a day,
// until ctx ends.
func prune(ctx context.Context, st *store.Store, keep time.Duration, log *slog.Logger) {
	for wait := time.Hour; ; wait = pruneEvery {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		n, err := st.Prune(ctx, time.Now().Add(-keep))
		switch {
		case err != nil && ctx.Err() == nil:
			log.Error("old records are kept", "err", err)
		case n > 0:
			log.Info("old records dropped", "deliveries", n)
		}
		if err := st.PruneAsked(ctx, time.Now().Add(-askedKept)); err != nil && ctx.Err() == nil {
			log.Error("what readers asked for is kept", "err", err)
		}
		endAbandoned(ctx, st, log)
	}
}
