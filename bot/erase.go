package bot

import (
	"context"
	"log/slog"
	"time"

	"briefbot/store"
)

const (
	// eraseAgain is how soon readers are forgotten again: those who want it
	// meanwhile are together.
	eraseAgain = time.Second
	// eraseRetry is how soon it is tried again after the store failed.
	eraseRetry = time.Minute
)

// erase forgets readers who want it, until ctx ends; first those whose erasing a
// crash broke off.
func erase(ctx context.Context, st *store.Store, log *slog.Logger) {
	watch := st.WatchErasures()
	defer watch.Close()
	for {
		erased, err := st.Erase(ctx)
		wait := eraseAgain
		switch {
		case err != nil && ctx.Err() == nil:
			log.Error("readers who want to be forgotten are not yet", "err", err)
			wait = eraseRetry
		case erased:
			log.Info("what was known of a reader is erased")
		}
		if err == nil {
			if _, err := watch.Next(ctx); err != nil {
				return // ctx ended, or the store is closed
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
