package bot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"briefbot/store"
)

// sink puts what the sources find into the store.
type sink struct {
	store   *store.Store
	retract bool // what is removed
	// undated passes over changes of nothing but dates: feeds date anew what is
	// as it was.
	undated bool
	log     *slog.Logger
}

func (s sink) Put(ctx context.Context, story store.Story) error {
	if s.undated {
		had, err := s.store.Story(ctx, story.ID)
		switch {
		case err == nil:
			story = store.KeepDates(had.Story, story)
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	e, change, err := s.store.PutStory(ctx, story, time.Now())
	if err == nil && change != store.Unchanged {
		s.log.Info("story "+change.String(), "story", e.Story.ID, "short", e.Short, "revision", e.Story.Revision, "headline", e.Story.Headline)
	}
	return err
}

func (s sink) Moved(ctx context.Context, from, to string) error {
	s.log.Info("story renamed", "from", from, "to", to)
	return s.store.MoveStory(ctx, from, to)
}

func (s sink) Removed(ctx context.Context, id string) error {
	err := s.store.RemoveStory(ctx, id, s.retract, time.Now())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		s.log.Info("story taken back", "story", id)
	}
	return err
}

func (s sink) Problem(_ context.Context, err error) {
	s.log.Error("no story", "err", err)
}
