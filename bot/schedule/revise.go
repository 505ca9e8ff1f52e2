package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"briefbot/store"
)

// RevisionStore is what the Reviser needs of the store.
type RevisionStore interface {
	WatchRevisions() store.Watch
	RevisedStories(ctx context.Context, limit int) ([]string, error)
	PlanRevision(ctx context.Context, story string, choose func(store.Channel, store.Entry, store.Delivery) (store.Delivery, bool)) (more bool, err error)
}

// Reviser brings changes of stories to the channels that have their posts.
type Reviser struct {
	store RevisionStore
	log   *slog.Logger
}

// NewReviser makes a Reviser.
func NewReviser(st RevisionStore, log *slog.Logger) *Reviser { return &Reviser{st, log} }

// atOnce is how many changed stories are read together.
const atOnce = 100

// Run plans edits and reposts for stories as they change, until ctx ends.
func (r *Reviser) Run(ctx context.Context) error {
	watch := r.store.WatchRevisions()
	defer watch.Close()
	for {
		err := r.all(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Error("changes are delayed", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(retryAfter):
			}
			continue
		}
		if _, err := watch.Next(ctx); err != nil {
			return nil // ctx ended, or the store is closed
		}
	}
}

// all plans until no change is left.
func (r *Reviser) all(ctx context.Context) error {
	for {
		ids, err := r.store.RevisedStories(ctx, atOnce)
		if err != nil {
			return fmt.Errorf("read the changed stories: %w", err)
		}
		for _, id := range ids {
			for more := true; more; {
				if more, err = r.store.PlanRevision(ctx, id, r.choose); err != nil {
					return err
				}
			}
		}
		if len(ids) < atOnce {
			return nil
		}
	}
}

// choose says what a channel that has a story's post gets when the story
// changes.
func (r *Reviser) choose(c store.Channel, e store.Entry, posted store.Delivery) (store.Delivery, bool) {
	if posted.State == store.GivenUp {
		return store.Delivery{}, false
	}
	now := time.Now()
	d := store.Delivery{State: store.Planned, Planned: now, Silent: quiet(c, now)}
	switch {
	case c.Mode == store.Follow:
		d.Kind, d.Stories = store.UpdateDelivery, []store.Ref{{ID: e.Story.ID, Revision: e.Story.Revision}}
	case c.Updates == "ignore":
		return store.Delivery{}, false
	case c.Updates == "repost" && !e.Retracted:
		d.Kind = store.PostDelivery
		if c.Mode == store.Digest {
			d.Kind = store.DigestDelivery
		}
		d.Stories, d.Again = []store.Ref{{ID: e.Story.ID, Revision: e.Story.Revision}}, true
	default:
		d.Kind, d.Of, d.Stories = store.EditDelivery, posted.ID, posted.Stories
	}
	return d, true
}
