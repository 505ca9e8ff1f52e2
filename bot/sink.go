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
	source  string
	filter  store.Filter // what is wanted of the source
	topics  store.Topics // that stories get by their words
	retract bool         // what is removed
	// undated passes over changes of nothing but dates: feeds date anew what is
	// as it was.
	undated bool
	log     *slog.Logger
}

func (s sink) Put(ctx context.Context, story store.Story) error {
	if reason := s.filter.Refuses(story); reason != "" {
		return s.refuse(ctx, story, reason)
	}
	story.Topics = s.topics.Of(story)
	if s.undated {
		had, err := s.store.Telling(ctx, story.ID)
		switch {
		case err == nil:
			story = store.KeepDates(had.Story, story)
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	_, _, err := s.take(ctx, story)
	return err
}

// take takes in a story that is wanted, and has its topics by words.
func (s sink) take(ctx context.Context, story store.Story) (store.Entry, store.Change, error) {
	e, change, err := s.store.PutStory(ctx, story, time.Now())
	if err != nil || change == store.Unchanged {
		return e, change, err
	}
	about := []any{"story", e.Story.ID, "short", e.Short, "revision", e.Story.Revision, "headline", e.Story.Headline}
	if change == store.Joined || change == store.Enriched {
		t, err := s.store.Telling(ctx, story.ID)
		if err != nil {
			return e, change, err
		}
		about = append(about, "told_by", t.Source, "same_as", t.With, "by", t.By, "alike", t.Alike)
	}
	s.log.Info("story "+change.String(), about...)
	return e, change, nil
}

// refuse leaves out a story that is not wanted. If it was, until it or the
// filter changed, its source has it no more, as far as the bot goes; nobody was
// told anything wrong, so its posts stay as they are.
func (s sink) refuse(ctx context.Context, story store.Story, reason string) error {
	t, err := s.store.Telling(ctx, story.ID)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !t.Removed.IsZero():
		s.log.Debug("story left out", "story", story.ID, "reason", reason, "headline", story.Headline)
		return nil
	case err != nil:
		return err
	}
	s.log.Info("story left out from now on", "story", story.ID, "reason", reason, "headline", story.Headline)
	return s.store.RemoveStory(ctx, story.ID, false, time.Now())
}

func (s sink) Moved(ctx context.Context, from, to string) error {
	s.log.Info("story renamed", "from", from, "to", to)
	err := s.store.MoveStory(ctx, from, to)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it was left out
	}
	return err
}

func (s sink) Removed(ctx context.Context, id string) error {
	err := s.store.RemoveStory(ctx, id, s.retract, time.Now())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	e, err := s.store.Story(ctx, id)
	if err == nil {
		s.log.Info("story taken back", "story", id, "told_by_others", e.Removed.IsZero())
	}
	return err
}

// Known are the stories that the source told before.
func (s sink) Known(ctx context.Context) ([]string, error) { return s.store.ToldBy(ctx, s.source) }

func (s sink) Problem(_ context.Context, err error) {
	s.log.Error("no story", "err", err)
}
