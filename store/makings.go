package store

import (
	"context"
	"errors"
	"fmt"
)

// Makings is what a delivery's messages are made from.
type Makings struct {
	Channel Channel
	Place   Place
	Stories []Entry   // as the delivery has them
	Of      *Delivery // of an edit, what it changes, if that is still there
}

var (
	// ErrNoChannel is returned by Makings for a delivery whose channel is no
	// longer there.
	ErrNoChannel = errors.New("there is no such channel")
	// ErrNoPlace is returned by Makings for a delivery of whose chat nothing is
	// known yet.
	ErrNoPlace = errors.New("nothing is known of the chat")
)

// Makings gives what the delivery's messages are made from, or ErrNoChannel,
// ErrNoPlace, or ErrNotFound for a story.
func (s *Store) Makings(ctx context.Context, d Delivery) (Makings, error) {
	var m Makings
	err := s.e.View(ctx, func(r Reader) (err error) {
		if m.Channel, err = s.channels.get(r, key("channel", d.Channel)); err != nil {
			return instead(err, ErrNoChannel)
		}
		if err = get(r, placeKey(d.Chat), &m.Place); err != nil {
			return instead(err, ErrNoPlace)
		}
		m.Stories = make([]Entry, len(d.Stories))
		for i, ref := range d.Stories {
			if m.Stories[i], err = s.story(r, ref.ID); err != nil {
				return fmt.Errorf("story %s: %w", ref.ID, err)
			}
		}
		if d.Kind == EditDelivery {
			m.Of = new(Delivery)
			if err = get(r, deliveryKey(d.Of), m.Of); errors.Is(err, ErrNotFound) {
				m.Of, err = nil, nil
			}
		}
		return err
	})
	if err != nil {
		return Makings{}, fmt.Errorf("what delivery %d is made from: %w", d.ID, err)
	}
	return m, nil
}

// instead says what it is that was not found.
func instead(err, what error) error {
	if errors.Is(err, ErrNotFound) {
		return what
	}
	return err
}
