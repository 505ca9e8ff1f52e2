package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a reader gets unasked comes by channels of their own, in their private
// chat. They follow from the profile: whoever changes it need not know of them.

// MaxFollowed is how many topics, and how many stories, a reader can follow: so
// that what follows from a profile fits into one transaction.
const MaxFollowed = 12

// readerPrefix begins the names of readers' channels.
const readerPrefix = "reader:"

// The channels that a reader can have.
const (
	readerBrief   = "brief"
	readerTopics  = "topics"
	readerStories = "stories"
)

func readerChannel(u UserID, which string) string {
	return readerPrefix + string(u.Platform) + ":" + u.ID + ":" + which
}

// OfReader reports whether a channel's name is that of a reader's own.
func OfReader(channel string) bool { return strings.HasPrefix(channel, readerPrefix) }

// channels are those that follow from what a reader chose.
func (p Profile) channels() []Channel {
	if p.Stopped || p.Home.ID == "" {
		return nil
	}
	base := Channel{
		Chat: p.Home, Origin: FromReader, Owner: p.User, Timezone: cmp.Or(p.Timezone, "UTC"), Language: cmp.Or(p.Language, p.Told),
		Mode: Each, Limit: 10, Format: p.Format, Narratives: "ask", CatchUp: 6 * time.Hour, MaxAge: 48 * time.Hour, Updates: "edit",
	}
	var all []Channel
	add := func(which string, change func(*Channel)) {
		c := base
		c.Name = readerChannel(p.User, which)
		change(&c)
		all = append(all, c)
	}
	if h, m, ok := strings.Cut(p.Brief, ":"); ok {
		add(readerBrief, func(c *Channel) { c.Schedule, c.Mode, c.Limit = m+" "+h+" * * *", Digest, 20 })
	}
	if len(p.Topics) > 0 {
		add(readerTopics, func(c *Channel) { c.Schedule, c.Topics = "@new", p.Topics })
	}
	if len(p.Stories) > 0 {
		add(readerStories, func(c *Channel) { c.Mode = Follow })
	}
	return all
}

// changeChannels makes a reader's channels what they are to be. A new one begins
// now: what came before is not new to it.
func changeChannels(w Writer, was, p Profile, now time.Time) error {
	wanted := p.channels()
	if len(wanted) > 0 && w.Get(placeKey(p.Home)) == nil {
		// Its platform need not be asked, and it counts as known from now on.
		put(w, placeKey(p.Home), Place{Chat: p.Home, Kind: Private})
	}
	for _, c := range was.channels() {
		if !slices.ContainsFunc(wanted, func(x Channel) bool { return x.Name == c.Name }) {
			endReaders(w, c.Name)
		}
	}
	for _, c := range wanted {
		var old Channel
		if err := get(w, key("channel", c.Name), &old); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if !slices.Equal(encode(old), encode(c)) {
			put(w, key("channel", c.Name), c)
		}
		if w.Get(key("progress", c.Name)) == nil {
			begin(w, c.Name, now)
		}
	}
	return nil
}

// begin begins a channel with nothing from before.
func begin(w Writer, channel string, now time.Time) {
	put(w, key("progress", channel), Progress{Began: now, Cursor: current(w, "story")})
	w.Delete(restoredKey(channel))
}

// endReaders ends a reader's channel. If it comes back, it begins anew: who took a
// rest doesn't want to make up for it.
func endReaders(w Writer, name string) {
	for _, k := range []string{key("channel", name), key("progress", name), restoredKey(name)} {
		w.Delete(k)
	}
}

// followStories notes, at the stories that a reader follows, that they do: there
// a change of the story comes by.
func followStories(w Writer, was, p Profile) error {
	channel := readerChannel(p.User, readerStories)
	for _, id := range was.Stories {
		if !slices.Contains(p.Stories, id) {
			w.Delete(postKey(id, channel))
		}
	}
	for _, id := range p.Stories {
		if slices.Contains(was.Stories, id) {
			continue
		}
		var e Entry
		if err := get(w, key("story", id), &e); err != nil {
			return err
		}
		put(w, postKey(id, channel), post{Follows: true, Seen: e.Story.Revision})
	}
	return nil
}

// withdraw takes back what waits to be sent by channels that have ended, or of
// stories that are no longer followed. What is on its way, or may be, is let be.
func (s *Store) withdraw(ctx context.Context, was, p Profile) error {
	ended := map[string]bool{}
	for _, c := range was.channels() {
		ended[c.Name] = true
	}
	for _, c := range p.channels() {
		delete(ended, c.Name)
	}
	stories := readerChannel(p.User, readerStories)
	unwanted := func(d Delivery) bool {
		if d.State != Planned || d.Next() > 0 || slices.ContainsFunc(d.Parts, func(p Part) bool { return p.Doubt }) {
			return false
		}
		return ended[d.Channel] || d.Channel == stories && len(d.Stories) == 1 && !slices.Contains(p.Stories, d.Stories[0].ID)
	}
	less := func(id string) bool { return !slices.Contains(p.Stories, id) }
	if was.Home.ID == "" || len(ended) == 0 && !slices.ContainsFunc(was.Stories, less) {
		return nil
	}
	return s.inSteps(ctx, func(w Writer) (more bool, err error) {
		for _, where := range []string{"queue", "parked"} {
			left, err := dropWaiting(w, where, atPlace(w, was.Home), unwanted)
			if err != nil {
				return false, err
			}
			more = more || left
		}
		return more, nil
	})
}

// dropWaiting forgets some of what waits for a chat, and says whether there is
// more.
func dropWaiting(w Writer, where string, c Chat, unwanted func(Delivery) bool) (more bool, err error) {
	from, to := under(where, string(c.Platform), c.ID)
	var drop []Delivery
	for k := range w.Scan(from, to) {
		d, err := queued(w, k)
		if err != nil {
			return false, err
		}
		if !unwanted(d) {
			continue
		}
		if len(drop) == maxMoved {
			more = true
			break
		}
		drop = append(drop, d)
	}
	for _, d := range drop {
		w.Delete(queueKey(d))
		forget(w, d)
	}
	return more, nil
}

// BeginChannels begins the channels that have not begun: those that are not the
// configuration's, after a backup was restored. What came in since the backup
// is not new to them, nor what became of the stories that a reader follows.
func (s *Store) BeginChannels(ctx context.Context, at time.Time) error {
	for from, _ := under("channel"); from != ""; {
		if err := s.beginSome(ctx, &from, at); err != nil {
			return fmt.Errorf("begin the channels of a restored backup: %w", err)
		}
	}
	return nil
}

func (s *Store) beginSome(ctx context.Context, from *string, at time.Time) error {
	var some []Channel
	err := s.someChannels(ctx, from, func(r Reader, k string) error {
		if r.Get(key("progress", last(k))) != nil {
			return nil
		}
		var c Channel
		if err := get(r, k, &c); err != nil {
			return err
		}
		some = append(some, c)
		return nil
	})
	for _, c := range some {
		if err != nil {
			break
		}
		err = s.e.Update(ctx, func(w Writer) error {
			begin(w, c.Name, at)
			if c.Mode != Follow {
				return nil
			}
			return catchUp(w, c)
		})
	}
	return err
}

// catchUp takes the stories that a reader follows for known, as they are now.
func catchUp(w Writer, c Channel) error {
	var p Profile
	if err := get(w, profileKey(c.Owner), &p); err != nil {
		return err
	}
	for _, id := range p.Stories {
		var e Entry
		if err := get(w, key("story", id), &e); err != nil {
			return err
		}
		put(w, postKey(id, c.Name), post{Follows: true, Seen: e.Story.Revision})
	}
	return nil
}
