package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// reachBack is how many of the newest stories are looked at for a channel's
// backfill.
const reachBack = 200

// PutChannel writes a channel's settings, and begins it if it is new: what came
// in before at is then not new to it, but for its backfill.
func (s *Store) PutChannel(ctx context.Context, c Channel, at time.Time) error {
	old, err := s.LatestStories(ctx, c.Backfill, reachBack, func(e Entry) bool {
		return e.HasTopic(c.Topics) && at.Sub(e.Arrived) <= c.MaxAge
	})
	if err != nil {
		return fmt.Errorf("begin channel %s: %w", c.Name, err)
	}
	var backfill []string
	for _, e := range slices.Backward(old) {
		backfill = append(backfill, e.Story.ID)
	}
	err = s.e.Update(ctx, func(w Writer) error {
		put(w, key("channel", c.Name), c)
		if w.Get(key("progress", c.Name)) != nil {
			return nil
		}
		p := Progress{Began: at, Cursor: current(w, "story"), Backfill: backfill}
		if w.Get(restoredKey(c.Name)) != nil {
			p.Backfill = nil
			w.Delete(restoredKey(c.Name))
		}
		put(w, key("progress", c.Name), p)
		return nil
	})
	if err != nil {
		return fmt.Errorf("store channel %s: %w", c.Name, err)
	}
	return nil
}

// RemoveChannel ends a channel. How far it came is kept, in case that it comes
// back.
func (s *Store) RemoveChannel(ctx context.Context, name string) error {
	return s.e.Update(ctx, func(w Writer) error {
		w.Delete(key("channel", name))
		return nil
	})
}

// Channel gives the channel with the name, or ErrNotFound.
func (s *Store) Channel(ctx context.Context, name string) (Channel, error) {
	var c Channel
	err := s.e.View(ctx, func(r Reader) (err error) {
		c, err = s.channels.get(r, key("channel", name))
		return err
	})
	if err != nil {
		return Channel{}, fmt.Errorf("channel %s: %w", name, err)
	}
	return c, nil
}

// Channels gives all channels, by name.
func (s *Store) Channels(ctx context.Context) ([]Channel, error) {
	var all []Channel
	err := s.e.View(ctx, func(r Reader) error {
		from, to := under("channel")
		for k := range r.Scan(from, to) {
			var c Channel
			if err := get(r, k, &c); err != nil {
				return err
			}
			all = append(all, c)
		}
		return nil
	})
	return all, err
}

// Progress gives how far the channel has come, or ErrNotFound before it began.
func (s *Store) Progress(ctx context.Context, channel string) (Progress, error) {
	var p Progress
	err := s.e.View(ctx, func(r Reader) error { return get(r, key("progress", channel), &p) })
	return p, err
}

// Agenda is what a run of a channel's schedule has before it.
type Agenda struct {
	Channel  Channel
	Progress Progress
	Place    Place   // zero until the platform told
	Backfill []Entry // from before the channel began
	New      []Entry // what came in since the last run, oldest first, at most maxAgenda
}

// Plan is what a run decides.
type Plan struct {
	// Deliveries are to be made; the store gives them their numbers.
	Deliveries []Delivery
	// Progress is the channel's from now on.
	Progress Progress
}

// maxAgenda bounds what one run reads; what is beyond it has its turn in the
// next.
const maxAgenda = 200

// RunSchedule lets choose decide what a channel's run posts, and writes its
// deliveries and the channel's progress in one transaction. choose may be
// called again on a conflict. A story that the channel had already is left
// out, and nothing is planned for a chat that is paused: its news waits. It
// returns the deliveries as written.
func (s *Store) RunSchedule(ctx context.Context, channel string, choose func(Agenda) Plan) ([]Delivery, error) {
	var made []Delivery
	err := s.e.Update(ctx, func(w Writer) error {
		made = nil
		a, err := s.agenda(w, channel)
		if err != nil {
			return err
		}
		if isPaused(w, atPlace(w, a.Channel.Chat)) {
			return nil
		}
		plan := choose(a)
		for _, d := range plan.Deliveries {
			d.Channel = channel
			d.Chat = atPlace(w, a.Channel.Chat)
			d.Stories = slices.DeleteFunc(d.Stories, func(r Ref) bool {
				return w.Get(postKey(r.ID, channel)) != nil
			})
			if len(d.Stories) == 0 {
				continue
			}
			d.ID = next(w, "delivery")
			for _, r := range d.Stories {
				put(w, postKey(r.ID, channel), post{Delivery: d.ID, Last: d.ID})
			}
			writeDelivery(w, Delivery{}, d)
			made = append(made, d)
		}
		put(w, key("progress", channel), plan.Progress)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("plan for channel %s: %w", channel, err)
	}
	return made, nil
}

func (s *Store) agenda(r Reader, channel string) (a Agenda, err error) {
	if a.Channel, err = s.channels.get(r, key("channel", channel)); err != nil {
		return a, err
	}
	if err := get(r, key("progress", channel), &a.Progress); err != nil {
		return a, err
	}
	if a.Place, err = s.places.get(r, placeKey(a.Channel.Chat)); err != nil && !errors.Is(err, ErrNotFound) {
		return a, err
	}
	for _, id := range a.Progress.Backfill {
		switch e, err := s.stories.get(r, key("story", id)); {
		case err == nil && e.Removed.IsZero():
			a.Backfill = append(a.Backfill, e)
		case err != nil && !errors.Is(err, ErrNotFound):
			return a, err
		}
	}
	a.New, err = s.storiesAfter(r, a.Progress.Cursor, maxAgenda)
	return a, err
}
