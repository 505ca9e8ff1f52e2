package bot

import (
	"context"
	"log/slog"
	"time"

	"briefbot/store"
)

// pruneEvery is how often old records are dropped.
const pruneEvery = 24 * time.Hour

// prune drops the records of deliveries that are older than keep, once a day,
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
	}
}
