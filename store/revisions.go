package store

import (
	"context"
	"errors"
	"fmt"
)

// post is the record that a story came, or is to come, to a channel. It outlives
// the deliveries, so that no story is posted twice.
type post struct {
	Delivery uint64 `json:"delivery"` // the post
	Last     uint64 `json:"last"`     // the post, or the last edit of it
	// Follows says that the channel is that of a reader who follows the story, and
	// is told of its changes alone. Seen is the revision that the reader knows.
	Follows bool `json:"follows,omitempty"`
	Seen    int  `json:"seen,omitempty"`
}

func postKey(story, channel string) string { return key("post", story, channel) }

// Post gives the delivery that brought, or is to bring, a story to a channel. A
// post that is recorded but older than the deliveries that are kept comes as a
// Delivery without a state.
func (s *Store) Post(ctx context.Context, story, channel string) (d Delivery, recorded bool, err error) {
	err = s.e.View(ctx, func(r Reader) error {
		d, recorded = Delivery{}, false
		var p post
		if err := get(r, postKey(story, channel), &p); errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		recorded = true
		if err := get(r, deliveryKey(p.Delivery), &d); !errors.Is(err, ErrNotFound) {
			return err
		}
		return nil
	})
	if err != nil {
		return Delivery{}, false, fmt.Errorf("post of %s in %s: %w", story, channel, err)
	}
	return d, recorded, nil
}

// revision is how far the channels that have a story's post were told of its
// change.
type revision struct {
	Cursor string `json:"cursor,omitempty"` // the last channel that was
}

// WatchRevisions tells of stories that change from now on.
func (s *Store) WatchRevisions() Watch { return s.e.Watch(key("revised") + sep) }

// RevisedStories gives the IDs of stories whose change is still to be brought
// to channels that have their post, at most limit.
func (s *Store) RevisedStories(ctx context.Context, limit int) ([]string, error) {
	var ids []string
	err := s.e.View(ctx, func(r Reader) error {
		from, to := under("revised")
		for k := range r.Scan(from, to) {
			if len(ids) == limit {
				break
			}
			ids = append(ids, last(k))
		}
		return nil
	})
	return ids, err
}

// revisionStep is how many channels are told of a change in one transaction.
const revisionStep = 20

// PlanRevision brings a story's change to some of the channels that have its
// post: choose says which delivery, if any, a channel gets. It reports whether
// there are more channels. Each step is recorded, so that a long work goes on
// where it was.
func (s *Store) PlanRevision(ctx context.Context, story string, choose func(Channel, Entry, Delivery) (Delivery, bool)) (more bool, err error) {
	err = s.e.Update(ctx, func(w Writer) error {
		more = false
		var at revision
		var e Entry
		if err := get(w, key("revised", story), &at); errors.Is(err, ErrNotFound) {
			return nil // another has done it
		} else if err != nil {
			return err
		}
		if err := get(w, key("story", story), &e); err != nil {
			return err
		}
		from, to := under("post", story)
		if at.Cursor != "" {
			from = postKey(story, at.Cursor) + sep
		}
		n := 0
		for k := range w.Scan(from, to) {
			if n++; n > revisionStep {
				more = true
				break
			}
			at.Cursor = last(k)
			if err := planRevision(w, k, e, choose); err != nil {
				return err
			}
		}
		if more {
			put(w, key("revised", story), at)
		} else {
			w.Delete(key("revised", story))
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("plan the revision of %s: %w", story, err)
	}
	return more, nil
}

// planRevision brings the change to the channel whose post has the key.
func planRevision(w Writer, k string, e Entry, choose func(Channel, Entry, Delivery) (Delivery, bool)) error {
	var p post
	if err := get(w, k, &p); err != nil {
		return err
	}
	if p.Follows {
		return tellFollower(w, k, p, e, choose)
	}
	var c Channel
	var posted, latest Delivery
	for _, want := range []struct {
		key string
		v   any
	}{{key("channel", last(k)), &c}, {deliveryKey(p.Delivery), &posted}, {deliveryKey(p.Last), &latest}} {
		switch err := get(w, want.key, want.v); {
		case errors.Is(err, ErrNotFound):
			return nil // the channel has gone, or the post is too old to be known
		case err != nil:
			return err
		}
	}
	if !latest.State.Final() && len(latest.Parts) == 0 {
		return nil // what is said is taken from the story when it is sent
	}
	if c.Origin == FromReader && !e.Retracted && w.Get(postKey(e.Story.ID, readerChannel(c.Owner, readerStories))) != nil {
		return nil // the reader follows the story, and is told of the change
	}
	d, wanted := choose(c, e, posted)
	if !wanted {
		return nil
	}
	d.ID = next(w, "delivery")
	d.Channel, d.Chat = c.Name, posted.Chat
	if d.Kind != EditDelivery {
		d.Chat = atPlace(w, c.Chat)
		p.Delivery = d.ID
	}
	p.Last = d.ID
	put(w, k, p)
	writeDelivery(w, Delivery{}, d)
	return nil
}

// tellFollower brings the change to a reader who follows the story, unless the
// reader knows of it.
func tellFollower(w Writer, k string, p post, e Entry, choose func(Channel, Entry, Delivery) (Delivery, bool)) error {
	var c Channel
	if err := get(w, key("channel", last(k)), &c); errors.Is(err, ErrNotFound) {
		return nil // nothing is to come unasked
	} else if err != nil {
		return err
	}
	if e.Story.Revision <= p.Seen {
		return nil
	}
	p.Seen = e.Story.Revision
	var latest Delivery
	if err := get(w, deliveryKey(p.Last), &latest); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	waits := latest.ID != 0 && !latest.State.Final() && len(latest.Parts) == 0
	if d, wanted := choose(c, e, Delivery{}); wanted && !waits {
		d.ID, d.Channel, d.Chat = next(w, "delivery"), c.Name, atPlace(w, c.Chat)
		p.Delivery, p.Last = d.ID, d.ID
		writeDelivery(w, Delivery{}, d)
	}
	put(w, k, p)
	return nil
}
