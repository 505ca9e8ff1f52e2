package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Channels that are made from within their chat.

// ErrTooMany is returned by StartChannel if its owner has as many channels as
// one may have.
var ErrTooMany = errors.New("the reader has too many channels")

// ErrExists is returned by StartChannel if there is such a channel already.
var ErrExists = errors.New("the channel exists already")

// StartChannel makes a channel that begins at the given time, whatever became of
// an earlier one of its name. most is how many its owner may have of the kind.
func (s *Store) StartChannel(ctx context.Context, c Channel, at time.Time, most int) error {
	err := s.e.Update(ctx, func(w Writer) error {
		if w.Get(key("channel", c.Name)) != nil {
			return ErrExists
		}
		from, to := under("owned", string(c.Owner.Platform), c.Owner.ID)
		n := 0
		for range w.Scan(from, to) {
			n++
		}
		if n >= most {
			return ErrTooMany
		}
		w.Put(ownedKey(c.Owner, c.Name), []byte(c.Name))
		w.Put(channelInKey(atPlace(w, c.Chat)), []byte(c.Name))
		return s.begin(w, c, at)
	})
	if err != nil {
		return fmt.Errorf("start channel %s: %w", c.Name, err)
	}
	return nil
}

// begin writes a channel that begins now.
func (s *Store) begin(w Writer, c Channel, at time.Time) error {
	backfill, err := s.before(w, c, at)
	if err != nil {
		return err
	}
	w.Delete(restoredKey(c.Name))
	put(w, key("channel", c.Name), c)
	put(w, key("progress", c.Name), Progress{Began: at, Cursor: current(w, "story"), Backfill: backfill})
	return nil
}

// ApproveChannel lets a channel begin that waits for it. It reports whether it
// did wait, and returns ErrNotFound if there is no such channel.
func (s *Store) ApproveChannel(ctx context.Context, name string, at time.Time) (waited bool, err error) {
	err = s.e.Update(ctx, func(w Writer) error {
		var c Channel
		if err := get(w, key("channel", name), &c); err != nil {
			return err
		}
		if waited = c.Waiting; !waited {
			return nil
		}
		c.Waiting = false
		return s.begin(w, c, at)
	})
	if err != nil {
		return false, fmt.Errorf("approve channel %s: %w", name, err)
	}
	return waited, nil
}

// ChannelIn gives the channel that is in the chat, and in this topic of it, or
// ErrNotFound.
func (s *Store) ChannelIn(ctx context.Context, c Chat) (Channel, error) {
	var in Channel
	err := s.e.View(ctx, func(r Reader) (err error) {
		name := r.Get(channelInKey(atPlace(r, c)))
		if name == nil {
			return ErrNotFound
		}
		in, err = s.channels.get(r, key("channel", string(name)))
		return err
	})
	return in, err
}

// ChatChannel is the name of the channel that is made from a chat.
func ChatChannel(c Chat) string {
	name := string(c.Platform) + ":" + c.ID
	if c.Thread != 0 {
		name += "/" + strconv.Itoa(c.Thread)
	}
	return name
}

// DisownChannels forgets that a reader made channels. Those in the private chats
// that are named, which are the reader's alone, end, and how far they came is
// forgotten too; the others stay.
func (s *Store) DisownChannels(ctx context.Context, u UserID, private ...Chat) error {
	return s.inSteps(ctx, func(w Writer) (bool, error) {
		from, to := under("owned", string(u.Platform), u.ID)
		var names []string
		more := false
		for k := range w.Scan(from, to) {
			if len(names) == MaxKeys/5 {
				more = true
				break
			}
			names = append(names, last(k))
		}
		for _, name := range names {
			w.Delete(ownedKey(u, name))
			var c Channel
			err := get(w, key("channel", name), &c)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return false, err
			}
			if slices.Contains(private, c.Chat) {
				if err := leaveChat(w, name); err != nil {
					return false, err
				}
				for _, k := range []string{key("channel", name), key("progress", name), restoredKey(name)} {
					w.Delete(k)
				}
				continue
			}
			c.Owner = UserID{}
			put(w, key("channel", name), c)
		}
		return more, nil
	})
}

// ownedKey says that a reader made a channel. Nobody has all that nobody made.
func ownedKey(u UserID, channel string) string {
	return key("owned", string(u.Platform), u.ID, channel)
}

// EndAbandoned ends the channels that were made from their chat, and whose chat
// has not been to be had since before the given time. It gives their names.
func (s *Store) EndAbandoned(ctx context.Context, before time.Time) ([]string, error) {
	var ended []string
	for _, p := range []Platform{Discord, Telegram} {
		paused, err := s.Paused(ctx, p)
		if err != nil {
			return ended, err
		}
		paused = slices.DeleteFunc(paused, func(p Pause) bool { return !p.Since.Before(before) })
		for _, p := range paused {
			names, err := s.madeIn(ctx, p.Chat)
			if err != nil {
				return ended, err
			}
			for _, name := range names {
				if err := s.RemoveChannel(ctx, name); err != nil {
					return ended, fmt.Errorf("end channel %s: %w", name, err)
				}
				ended = append(ended, name)
			}
		}
	}
	return ended, nil
}

// madeIn names the channels in a chat, or in one topic of it, that were made
// from there.
func (s *Store) madeIn(ctx context.Context, chat Chat) (all []string, err error) {
	err = s.e.View(ctx, func(r Reader) error {
		all = nil
		from, to := under("channel-in", string(chat.Platform), chat.ID)
		for k, name := range r.Scan(from, to) {
			if chat.Thread != 0 && k != channelInKey(chat) {
				continue
			}
			c, err := s.channels.get(r, key("channel", string(name)))
			if err != nil {
				return err
			}
			if c.Origin == FromChat {
				all = append(all, c.Name)
			}
		}
		return nil
	})
	return all, err
}
