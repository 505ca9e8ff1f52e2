package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// reachBack is how many of the newest stories are looked at for a channel's
// backfill.
const reachBack = 200

// channelStep is how many channels are written in one transaction: each has at
// most five keys.
const channelStep = MaxKeys / 5

// PutChannels writes channels' settings, and begins those that are new: what
// came in before at is then not new to them, but for their backfill.
func (s *Store) PutChannels(ctx context.Context, all []Channel, at time.Time) error {
	for step := range slices.Chunk(all, channelStep) {
		err := s.putChannels(ctx, step, at)
		if err != nil {
			return fmt.Errorf("store channels %s to %s: %w", step[0].Name, step[len(step)-1].Name, err)
		}
	}
	return nil
}

// PutChannel is PutChannels for one.
func (s *Store) PutChannel(ctx context.Context, c Channel, at time.Time) error {
	return s.PutChannels(ctx, []Channel{c}, at)
}

func (s *Store) putChannels(ctx context.Context, all []Channel, at time.Time) error {
	changed := map[string][]string{} // channels to be written, and their backfill
	err := s.e.View(ctx, func(r Reader) error {
		for _, c := range all {
			begun := r.Get(key("progress", c.Name)) != nil
			in := string(r.Get(channelInKey(atPlace(r, c.Chat)))) == c.Name
			if begun && in && bytes.Equal(r.Get(key("channel", c.Name)), encode(c)) {
				continue // nearly always, but for the first start
			}
			changed[c.Name] = nil
			if begun {
				continue
			}
			var err error
			if changed[c.Name], err = s.before(r, c, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(changed) == 0 {
		return err
	}
	return s.e.Update(ctx, func(w Writer) error {
		for _, c := range all {
			backfill, ok := changed[c.Name]
			if !ok {
				continue
			}
			if err := leaveChat(w, c.Name); err != nil {
				return err
			}
			put(w, key("channel", c.Name), c)
			w.Put(channelInKey(atPlace(w, c.Chat)), []byte(c.Name))
			if w.Get(key("progress", c.Name)) != nil {
				continue
			}
			p := Progress{Began: at, Cursor: current(w, "story"), Backfill: backfill}
			if w.Get(restoredKey(c.Name)) != nil {
				p.Backfill = nil
				w.Delete(restoredKey(c.Name))
			}
			put(w, key("progress", c.Name), p)
		}
		return nil
	})
}

// before are the stories of a channel's backfill, by their IDs, oldest first.
func (s *Store) before(r Reader, c Channel, at time.Time) ([]string, error) {
	filter, err := c.Filter()
	if err != nil {
		return nil, err
	}
	old, err := s.latest(r, c.Backfill, reachBack, func(e Entry) bool {
		return e.HasTopic(c.Topics) && at.Sub(e.Arrived) <= c.MaxAge && filter.Refuses(e.Story) == ""
	})
	var all []string
	for _, e := range slices.Backward(old) {
		all = append(all, e.Story.ID)
	}
	return all, err
}

// WatchChannels tells of the channels that are made or changed from now on, by
// the keys that NameOf reads. What ends is not told.
func (s *Store) WatchChannels() Watch { return s.e.Watch(key("channel") + sep) }

// NameOf is the name of the channel that a watch told of.
func NameOf(told string) string { return last(told) }

// ChangeChannel changes a channel's settings. change may be called more than
// once; its error comes back as it is, and nothing is changed then. It returns
// ErrNotFound if there is no such channel. A channel stays in its chat, and its
// owner's.
func (s *Store) ChangeChannel(ctx context.Context, name string, change func(*Channel) error) (Channel, error) {
	var c Channel
	err := s.e.Update(ctx, func(w Writer) error {
		c = Channel{}
		if err := get(w, key("channel", name), &c); err != nil {
			return err
		}
		chat, owner := c.Chat, c.Owner
		if err := change(&c); err != nil {
			return err
		}
		c.Name, c.Chat, c.Owner = name, chat, owner
		put(w, key("channel", name), c)
		return nil
	})
	return c, err
}

// RemoveChannel ends a channel. How far it came is kept, in case that it comes
// back.
func (s *Store) RemoveChannel(ctx context.Context, name string) error {
	return s.e.Update(ctx, func(w Writer) error {
		var c Channel
		if err := get(w, key("channel", name), &c); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		w.Delete(ownedKey(c.Owner, name))
		if err := leaveChat(w, name); err != nil {
			return err
		}
		w.Delete(key("channel", name))
		forgetBare(w, name)
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

// ChannelOf gives the channel that is in the chat, or one of another of its
// topics, or ErrNotFound. A chat's @name and its number are one chat.
func (s *Store) ChannelOf(ctx context.Context, c Chat) (Channel, error) {
	var of Channel
	err := s.e.View(ctx, func(r Reader) error {
		c := atPlace(r, c)
		name := r.Get(channelInKey(c))
		if name == nil {
			from, to := under("channel-in", string(c.Platform), c.ID)
			for k := range r.Scan(from, to) {
				name = r.Get(k)
				break
			}
		}
		if name == nil {
			return ErrNotFound
		}
		var err error
		of, err = s.channels.get(r, key("channel", string(name)))
		return err
	})
	if err != nil {
		return Channel{}, fmt.Errorf("channel in chat %s: %w", c.ID, err)
	}
	return of, nil
}

// channelInKey leads from a chat, under its lasting id, to its channel's name.
func channelInKey(c Chat) string {
	return key("channel-in", string(c.Platform), c.ID, strconv.Itoa(c.Thread))
}

// leaveChat forgets that a channel is in its chat.
func leaveChat(w Writer, channel string) error {
	var c Channel
	if err := get(w, key("channel", channel), &c); errors.Is(err, ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if in := channelInKey(atPlace(w, c.Chat)); string(w.Get(in)) == channel {
		w.Delete(in)
	}
	return nil
}

// maxMovedChannels is how many channels one transaction moves to their chat's
// new id.
const maxMovedChannels = MaxKeys / 4

// moveChannels moves some of the channels that are in a chat to the id that
// lasts.
func moveChannels(w Writer, from, to Chat) (more bool) {
	var names []string
	lo, hi := under("channel-in", string(from.Platform), from.ID)
	for k := range w.Scan(lo, hi) {
		if len(names) == maxMovedChannels {
			more = true
			break
		}
		names = append(names, k)
	}
	for _, k := range names {
		w.Put(key("channel-in", string(to.Platform), to.ID, last(k)), w.Get(k))
		w.Delete(k)
	}
	return more
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

// EachChannel gives each channel and how far it has come, by name. It reads on
// while others write: what they change behind it, it does not tell.
func (s *Store) EachChannel(ctx context.Context, each func(Channel, Progress) error) error {
	for from, _ := under("channel"); from != ""; {
		err := s.someChannels(ctx, &from, func(r Reader, k string) error {
			var c Channel
			var p Progress
			if err := errors.Join(get(r, k, &c), get(r, key("progress", last(k)), &p)); err != nil {
				return fmt.Errorf("channel %s: %w", last(k), err)
			}
			return each(c, p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readStep is how many channels are read in one transaction. All at once would
// have all of their data in memory, and hold up what the engine tidies away.
const readStep = 1000

// someChannels gives the keys of the next channels, and moves from to where it
// goes on; to nothing behind the last one.
func (s *Store) someChannels(ctx context.Context, from *string, each func(r Reader, k string) error) error {
	defer s.rest()
	return s.e.View(ctx, func(r Reader) error {
		n := 0
		_, to := under("channel")
		for k := range r.Scan(*from, to) {
			if n++; n > readStep {
				*from = k
				return nil
			}
			if err := each(r, k); err != nil {
				return err
			}
		}
		*from = ""
		return nil
	})
}

// rest lets the engine give back the memory that a longer look at the data took,
// if it is one that keeps some.
func (s *Store) rest() {
	if e, ok := s.e.(interface{ GiveBack() }); ok {
		e.GiveBack()
	}
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
	New      []Entry // what came in since the last run, oldest first, at most MaxAgenda
}

// chat is the channel's, by its lasting id.
func (a Agenda) chat() Chat {
	c := a.Channel.Chat
	if a.Place.Chat.ID != "" {
		c.ID = a.Place.Chat.ID
	}
	return c
}

// Plan is what a run decides.
type Plan struct {
	// Deliveries are to be made; the store gives them their numbers.
	Deliveries []Delivery
	// Progress is the channel's from now on.
	Progress Progress
}

// MaxAgenda bounds what one run reads; what is beyond it has its turn in the
// next.
const MaxAgenda = 200

// RunSchedule lets choose decide what a channel's run posts, and writes its
// deliveries and the channel's progress in one transaction. choose may be
// called more than once. A story that the channel had already, or that is
// over, is left out, and nothing is planned for a chat that is paused: its news
// waits. It returns the deliveries as written.
func (s *Store) RunSchedule(ctx context.Context, channel string, choose func(Agenda) Plan) ([]Delivery, error) {
	_, made, err := s.RunSchedules(ctx, []string{channel}, func(_ int, a Agenda) Plan { return choose(a) })
	return made, err
}

// RunSchedules is RunSchedule for the first of the channels, as many as fit into
// one transaction: it says how many they were. choose is told which one it
// decides for.
func (s *Store) RunSchedules(ctx context.Context, channels []string, choose func(i int, a Agenda) Plan) (done int, made []Delivery, err error) {
	err = s.e.Update(ctx, func(w Writer) error {
		done, made = 0, make([]Delivery, 0, len(channels))
		keys := 1 // the deliveries' sequence
		for i, channel := range channels {
			a, err := s.agenda(w, channel)
			if err != nil {
				return err
			}
			if a.Channel.Paused || a.Channel.Waiting || isPaused(w, a.chat()) {
				done++
				continue
			}
			plan := choose(i, a)
			if keys += plan.keys(); keys > MaxKeys && i > 0 {
				break
			}
			ds, err := s.carryOut(w, a, plan)
			if err != nil {
				return err
			}
			made = append(made, ds...)
			done++
		}
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("plan for channel %s: %w", channels[min(done, len(channels)-1)], err)
	}
	return done, made, nil
}

// keys is how many keys the plan takes at most, beside the deliveries' sequence.
func (p Plan) keys() int {
	n := 1
	for _, d := range p.Deliveries {
		n += 2 + len(d.Stories)
	}
	return n
}

// carryOut writes what a run decided.
func (s *Store) carryOut(w Writer, a Agenda, plan Plan) (made []Delivery, err error) {
	channel, chat := a.Channel.Name, a.chat()
	for _, d := range plan.Deliveries {
		d.Channel, d.Chat = channel, chat
		d.Stories = slices.DeleteFunc(d.Stories, func(r Ref) bool {
			over, failed := s.over(w, r.ID)
			err = errors.Join(err, failed)
			return over || w.Get(postKey(r.ID, channel)) != nil
		})
		if err != nil {
			return nil, err
		}
		if len(d.Stories) == 0 {
			continue
		}
		d.ID = next(w, "delivery")
		for _, r := range d.Stories {
			put(w, postKey(r.ID, channel), post{Delivery: d.ID, Last: d.ID})
		}
		planned := writeDelivery(w, Delivery{}, d)
		s.deliveries.keep(deliveryKey(d.ID), planned) // it has its turn soon
		made = append(made, d)
	}
	put(w, key("progress", channel), plan.Progress)
	return made, nil
}

func (s *Store) agenda(r Reader, channel string) (a Agenda, err error) {
	if a.Channel, err = s.channels.get(r, key("channel", channel)); err != nil {
		return a, err
	}
	var p Progress
	if err := get(r, key("progress", channel), &p); err != nil {
		return a, err
	}
	a.Progress = p
	var place Place // by itself, since whatever is decoded into outlives the run
	if err := get(r, placeKey(a.Channel.Chat), &place); err != nil && !errors.Is(err, ErrNotFound) {
		return a, err
	}
	a.Place = place
	for _, id := range a.Progress.Backfill {
		switch e, err := s.stories.get(r, key("story", id)); {
		case err == nil && e.Removed.IsZero():
			a.Backfill = append(a.Backfill, e)
		case err != nil && !errors.Is(err, ErrNotFound):
			return a, err
		}
	}
	a.New, err = s.storiesAfter(r, a.Progress.Cursor, MaxAgenda)
	return a, err
}
