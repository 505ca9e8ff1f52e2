package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Pause is why a chat, or a topic of one, gets nothing: it is not to be had.
// What is to be posted in it waits, parked, and its channels plan nothing.
type Pause struct {
	// Chat is the chat; with a Thread, that topic of it alone.
	Chat   Chat      `json:"chat"`
	Guild  string    `json:"guild,omitempty"` // the chat's server, on Discord
	Since  time.Time `json:"since"`
	Reason string    `json:"reason"` // the platform's words
	// Retry is when the chat is tried without a sign that it is back.
	Retry time.Time `json:"retry"`
	Tries int       `json:"tries,omitempty"` // how often that was done
	// Trial says that the chat is being tried: all goes on as if it were back,
	// and the next refusal pauses it again at once.
	Trial bool `json:"trial,omitempty"`
}

// PauseChat parks all that waits for the chat, until ResumeChat. It works in
// steps and may be repeated.
func (s *Store) PauseChat(ctx context.Context, p Pause) error {
	p.Trial = false
	err := s.inSteps(ctx, func(w Writer) (bool, error) {
		put(w, pauseKey(p.Chat), p) // first, so that what is planned meanwhile is parked
		return park(w, p.Chat, true)
	})
	if err != nil {
		return fmt.Errorf("pause %s %s: %w", p.Chat.Platform, p.Chat.ID, err)
	}
	return nil
}

// ResumeChat lets a paused chat have what waits for it: for good, or, with
// trial, to see whether it is back. It reports whether the chat was paused. It
// works in steps and may be repeated.
func (s *Store) ResumeChat(ctx context.Context, c Chat, trial bool) (was bool, err error) {
	err = s.inSteps(ctx, func(w Writer) (bool, error) {
		var p Pause
		if err := get(w, pauseKey(c), &p); errors.Is(err, ErrNotFound) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		was = true
		more, err := park(w, c, false)
		switch {
		case err != nil || more:
		case trial:
			p.Trial = true
			p.Tries++
			put(w, pauseKey(c), p)
		default:
			w.Delete(pauseKey(c))
		}
		return more, err
	})
	if err != nil {
		return was, fmt.Errorf("resume %s %s: %w", c.Platform, c.ID, err)
	}
	return was, nil
}

// inSteps runs step, a transaction each time, until there is no more to do.
func (s *Store) inSteps(ctx context.Context, step func(Writer) (more bool, err error)) error {
	for more := true; more; {
		err := s.e.Update(ctx, func(w Writer) error {
			var err error
			more, err = step(w)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// park moves some of what waits for the chat out of the queue, or back into it.
func park(w Writer, c Chat, parked bool) (more bool, err error) {
	if !parked {
		from, to := under("parked", string(c.Platform), c.ID)
		if c.Thread != 0 {
			from, to = under("parked", string(c.Platform), c.ID, strconv.Itoa(c.Thread))
		}
		return changeWaiting(w, from, to, anyTopic, func(d *Delivery) {
			d.Parked, d.Refusals = false, 0
			if d.Kind != RemovalDelivery {
				d.Due = time.Time{}
			}
		})
	}
	from, to := under("queue", string(c.Platform), c.ID)
	meant := anyTopic
	if c.Thread != 0 {
		own := queueValue(Delivery{Chat: c})
		meant = func(topic []byte) bool { return bytes.Equal(topic, own) }
	}
	return changeWaiting(w, from, to, meant, func(d *Delivery) { d.Parked = true })
}

// Paused gives what is paused on the platform, trials too.
func (s *Store) Paused(ctx context.Context, p Platform) ([]Pause, error) {
	var all []Pause
	err := s.e.View(ctx, func(r Reader) error {
		all = nil
		from, to := under("paused", string(p))
		for k := range r.Scan(from, to) {
			var one Pause
			if err := get(r, k, &one); err != nil {
				return err
			}
			all = append(all, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("what is paused on %s: %w", p, err)
	}
	return all, nil
}

// PauseOf gives the pause that holds the chat, or its topic, or ErrNotFound.
func (s *Store) PauseOf(ctx context.Context, c Chat) (Pause, error) {
	var p Pause
	err := s.e.View(ctx, func(r Reader) error {
		var err error
		p, err = pauseOf(r, atPlace(r, c))
		return err
	})
	return p, err
}

// pauseOf gives the pause of the chat, else of its topic.
func pauseOf(r Reader, c Chat) (Pause, error) {
	whole := c
	whole.Thread = 0
	k := pauseKey(whole)
	if r.Get(k) == nil {
		if c.Thread == 0 {
			return Pause{}, ErrNotFound // as nearly always
		}
		k = pauseKey(c)
	}
	var p Pause
	err := get(r, k, &p)
	return p, err
}

// isPaused reports whether what is planned for the chat now is to wait.
func isPaused(r Reader, c Chat) bool {
	p, err := pauseOf(r, c)
	return err == nil && !p.Trial
}

// endTrial ends the trial of a chat in which a message came to stand.
func endTrial(w Writer, c Chat) {
	if p, err := pauseOf(w, c); err == nil && p.Trial {
		w.Delete(pauseKey(p.Chat))
	}
}

func pauseKey(c Chat) string {
	parts := []string{"paused", string(c.Platform), c.ID}
	if c.Thread != 0 {
		parts = append(parts, strconv.Itoa(c.Thread))
	}
	return strings.Join(parts, sep)
}
