package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A reader who wants to be forgotten is so at once, as far as anything would
// still be sent; what lies about is erased in steps. Until that is done, it is
// noted that it is to be, so that a crash can't forget to forget.

// erasure is what is to be erased of a reader. A chat that is a reader's private
// one is erased with all that was said in it.
type erasure struct {
	User  UserID `json:"user,omitzero"`
	Chats []Chat `json:"chats,omitempty"`
	// Last is the last answer, once it is out: an erasing that began before does
	// not see to it.
	Last uint64 `json:"last,omitempty"`
	raw  []byte // as it was read
}

func erasureKey(u UserID) string { return key("erasure", string(u.Platform), u.ID) }

// keyScrub says that erased data may still lie about where the engine keeps it.
const keyScrub = "scrub"

// Forget forgets what a reader chose, and has all else that is known of them
// erased by Erase: what hangs on their channels, and on the private chats that are
// named.
func (s *Store) Forget(ctx context.Context, u UserID, chats ...Chat) error {
	p, err := s.Profile(ctx, u)
	if err == nil || errors.Is(err, ErrNotFound) {
		err = s.DisownChannels(ctx, u, append(slices.Clone(chats), p.Home)...)
	}
	if err != nil {
		return fmt.Errorf("forget a reader: %w", err)
	}
	err = s.e.Update(ctx, func(w Writer) error {
		var p Profile
		if err := get(w, profileKey(u), &p); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		all := slices.Clone(chats)
		if p.Home.ID != "" {
			all = append(all, p.Home)
		}
		put(w, erasureKey(u), erasure{User: u, Chats: all})
		w.Delete(profileKey(u))
		for _, which := range []string{readerBrief, readerTopics, readerStories} {
			endReaders(w, readerChannel(u, which))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget a reader: %w", err)
	}
	return nil
}

// WatchErasures tells that there is something to Erase.
func (s *Store) WatchErasures() Watch { return s.e.Watch(key("erasure") + sep) }

// Erase erases what is to be erased. A last answer that is still to be sent stays
// until it is. It reports whether anything was erased, and may be repeated.
func (s *Store) Erase(ctx context.Context) (erased bool, err error) {
	var all []erasure
	scrub := false
	err = s.e.View(ctx, func(r Reader) error {
		all, scrub = nil, r.Get(keyScrub) != nil
		from, to := under("erasure")
		for k, v := range r.Scan(from, to) {
			var x erasure
			if err := decode(k, v, &x); err != nil {
				return err
			}
			parts := strings.Split(k, sep)
			x.User, x.raw = UserID{Platform(parts[1]), parts[2]}, slices.Clone(v)
			all = append(all, x)
		}
		return nil
	})
	if err == nil && len(all) > 0 {
		err = s.eraseAll(ctx, all)
	}
	if err != nil {
		return false, fmt.Errorf("erase what is known of readers: %w", err)
	}
	if len(all) == 0 && !scrub {
		return false, nil
	}
	if e, ok := s.e.(interface{ Scrub(context.Context) error }); ok {
		if err := e.Scrub(ctx); err != nil {
			return true, fmt.Errorf("overwrite what was erased: %w", err)
		}
	}
	return true, s.e.Update(ctx, func(w Writer) error {
		w.Delete(keyScrub)
		return nil
	})
}

func (s *Store) eraseAll(ctx context.Context, all []erasure) error {
	channels, chats := map[string]bool{}, map[Chat]bool{}
	for _, x := range all {
		for _, which := range []string{readerBrief, readerTopics, readerStories} {
			channels[readerChannel(x.User, which)] = true
		}
		for _, c := range x.Chats {
			chats[Chat{Platform: c.Platform, ID: c.ID}] = true
			channels[ChatChannel(c)] = true
		}
	}
	mine := func(channel string, c Chat) bool {
		return channels[channel] || chats[Chat{Platform: c.Platform, ID: c.ID}]
	}
	// An answer in a group that is for one reader alone names the reader until it
	// is out.
	heard := func(raw []byte) bool {
		return slices.ContainsFunc(all, func(x erasure) bool {
			return bytes.Contains(raw, []byte(`"receiver_user_id":`+x.User.ID+`,`)) || bytes.Contains(raw, []byte(`"receiver_user_id":`+x.User.ID+`}`))
		})
	}
	waiting, err := s.eraseDeliveries(ctx, mine, heard)
	if err != nil {
		return err
	}
	err = s.eraseWhere(ctx, "post", func(k string, _ []byte) (bool, error) { return channels[last(k)], nil })
	if err == nil {
		err = s.eraseWhere(ctx, "incident", func(k string, v []byte) (bool, error) {
			var i Incident
			return len(v) > 0 && decode(k, v, &i) == nil && mine(i.Channel, i.Chat), nil
		})
	}
	for _, x := range all {
		for _, prefix := range x.prefixes() {
			if err == nil {
				err = s.eraseUnder(ctx, prefix)
			}
		}
	}
	if err != nil {
		return err
	}
	var done []erasure
	for _, x := range all {
		if !slices.ContainsFunc(x.Chats, func(c Chat) bool { return waiting[Chat{Platform: c.Platform, ID: c.ID}] }) {
			done = append(done, x)
		} // else it is gone on with when the last answer is out
	}
	for {
		some := done[:min(len(done), pruneKeys)]
		err := s.e.Update(ctx, func(w Writer) error {
			w.Put(keyScrub, []byte{valueVersion})
			for _, x := range some {
				if k := erasureKey(x.User); bytes.Equal(w.Get(k), x.raw) { // else there is more to be erased by now
					w.Delete(k)
				}
			}
			return nil
		})
		if done = done[len(some):]; err != nil || len(done) == 0 {
			return err
		}
	}
}

// prefixes are where the keys stand that are the reader's and the chats' alone.
func (x erasure) prefixes() []string {
	all := []string{key("asked", string(x.User.Platform), x.User.ID)}
	for _, c := range x.Chats {
		for _, kind := range []string{"message", "last", "paused", "place", "channel-in"} {
			all = append(all, key(kind, string(c.Platform), c.ID))
		}
		if c.sequence() == c.ID {
			all = append(all, highestKey(c), key("taken", string(c.Platform), c.ID))
		}
	}
	return all
}

// eraseDeliveries erases deliveries, and what leads to them. It says in which
// chats a last answer is still to be sent.
func (s *Store) eraseDeliveries(ctx context.Context, mine func(channel string, c Chat) bool, heard func(raw []byte) bool) (waiting map[Chat]bool, err error) {
	waiting = map[Chat]bool{}
	err = s.eraseBy(ctx, "delivery", func(k string, v []byte) (bool, error) {
		var d Delivery
		if err := decode(k, v, &d); err != nil {
			return false, err
		}
		if !mine(d.Channel, d.Chat) && !(d.Kind == AnswerDelivery && heard(v)) {
			return false, nil
		}
		last := d.Farewell && !d.State.Final()
		if last {
			waiting[Chat{Platform: d.Chat.Platform, ID: d.Chat.ID}] = true
		}
		return !last, nil
	}, eraseStep, eraseSome)
	if err != nil {
		return nil, err
	}
	return waiting, nil
}

const (
	// eraseLook is how many keys are looked at together.
	eraseLook = 1000
	// eraseStep is how many deliveries are erased together: one has a key for
	// itself, one in the queue, and one for each of its messages.
	eraseStep = 5
)

// eraseSome erases the deliveries with the keys.
func eraseSome(w Writer, keys []string) error {
	for _, k := range keys {
		var d Delivery
		if err := get(w, k, &d); errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		w.Delete(queueKey(d))
		forget(w, d)
	}
	return nil
}

// eraseWhere erases the keys below a prefix that are meant.
func (s *Store) eraseWhere(ctx context.Context, prefix string, meant func(k string, v []byte) (bool, error)) error {
	return s.eraseBy(ctx, prefix, meant, pruneKeys, func(w Writer, keys []string) error {
		for _, k := range keys {
			w.Delete(k)
		}
		return nil
	})
}

// eraseBy has what is meant below a prefix erased, so many keys together.
func (s *Store) eraseBy(ctx context.Context, prefix string, meant func(k string, v []byte) (bool, error), together int, erase func(w Writer, keys []string) error) error {
	from, to := under(prefix)
	for from != "" {
		var some []string
		err := s.e.View(ctx, func(r Reader) error {
			looked, start := 0, from
			from = ""
			for k, v := range r.Scan(start, to) {
				if looked++; looked > eraseLook || len(some) == pruneKeys {
					from = k
					return nil
				}
				is, err := meant(k, v)
				if err != nil {
					return err
				}
				if is {
					some = append(some, k)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for few := range slices.Chunk(some, together) {
			if err := s.e.Update(ctx, func(w Writer) error { return erase(w, few) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// eraseUnder erases a key, and all that begin with it and a further part.
func (s *Store) eraseUnder(ctx context.Context, prefix string) error {
	return s.inSteps(ctx, func(w Writer) (more bool, err error) {
		var some []string
		from, to := under(prefix)
		for k := range w.Scan(from, to) {
			if len(some) == pruneKeys {
				more = true
				break
			}
			some = append(some, k)
		}
		for _, k := range append(some, prefix) {
			w.Delete(k)
		}
		return more, nil
	})
}
