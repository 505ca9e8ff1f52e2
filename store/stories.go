package store

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Entry is a story as the store keeps it.
type Entry struct {
	Story Story `json:"story"`
	// Origin is the ID by which the story's source knows it, where that is no
	// longer the story's own: its file was renamed.
	Origin string `json:"origin,omitempty"`
	// Short names the story for people and in buttons: 5 or more letters and
	// digits, unique, and never changed.
	Short string `json:"short"`
	// Seq counts stories in the order in which they came in.
	Seq uint64 `json:"seq"`
	// Arrived is when the story came in.
	Arrived time.Time `json:"arrived"`
	// Removed is when the story's source took it back; zero if it stands.
	Removed time.Time `json:"removed,omitzero"`
	// Retracted says that those who read the story are to know that it was
	// taken back.
	Retracted bool `json:"retracted,omitempty"`
	// Over says that the story is posted nowhere any more: it is so old that
	// which channels have it is forgotten.
	Over bool `json:"over,omitempty"`
}

// Change is what putting a story did.
type Change int

// The changes.
const (
	Unchanged Change = iota // no reader would see a difference
	Added
	Revised
)

func (c Change) String() string {
	return [...]string{"unchanged", "added", "revised"}[c]
}

// PutStory takes in a story: a new one, or a new revision of the one with its
// ID, if a reader would see a difference. at is the time of its coming in.
func (s *Store) PutStory(ctx context.Context, story Story, at time.Time) (Entry, Change, error) {
	if err := checkID(story.ID); err != nil {
		return Entry{}, Unchanged, err
	}
	var entry Entry
	var change Change
	source := story.ID
	err := s.e.Update(ctx, func(w Writer) error {
		entry, change = Entry{}, Unchanged
		story.ID = ownID(w, source)
		err := get(w, key("story", story.ID), &entry)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		isNew, isBack := err != nil, !entry.Removed.IsZero()
		changed := isNew || entry.Retracted || !SameForReader(entry.Story, story)
		if !changed && !isBack {
			return nil
		}
		if isNew || isBack {
			// What was taken back comes in anew: channels that passed it over
			// get it, those that had it don't.
			if isBack {
				w.Delete(key("story-seq", number(entry.Seq)))
			}
			entry.Seq, entry.Arrived, entry.Removed, entry.Retracted = next(w, "story"), at, time.Time{}, false
			w.Put(key("story-seq", number(entry.Seq)), []byte(story.ID))
		}
		if changed {
			story.Revision, story.Updated = entry.Story.Revision+1, at
			entry.Story = story
		}
		switch {
		case isNew:
			change = Added
			entry.Short = freeShort(w, story.ID)
			w.Put(key("story-short", entry.Short), []byte(story.ID))
		case changed:
			change = Revised
			put(w, key("revised", story.ID), revision{})
		}
		put(w, key("story", story.ID), entry)
		return nil
	})
	if err != nil {
		return Entry{}, Unchanged, fmt.Errorf("store story %s: %w", story.ID, err)
	}
	return entry, change, nil
}

// RemoveStory notes that the story's source took it back. The story stays, for
// those who have its post before them; with retract, its posts are to say that
// it was retracted.
func (s *Store) RemoveStory(ctx context.Context, id string, retract bool, at time.Time) error {
	err := s.e.Update(ctx, func(w Writer) error {
		var e Entry
		id := knownID(w, id)
		if err := get(w, key("story", id), &e); err != nil {
			return err
		}
		if !e.Removed.IsZero() {
			return nil
		}
		e.Removed = at
		if retract {
			e.Retracted = true
			e.Story.Revision++
			e.Story.Updated = at
			put(w, key("revised", id), revision{})
		}
		put(w, key("story", id), e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove story %s: %w", id, err)
	}
	return nil
}

// MoveStory lets a story be known by another ID to its source: its file was
// renamed. The story keeps its own ID, its short id and its posts.
func (s *Store) MoveStory(ctx context.Context, from, to string) error {
	if err := checkID(to); err != nil {
		return err
	}
	err := s.e.Update(ctx, func(w Writer) error {
		var e Entry
		id := knownID(w, from)
		if err := get(w, key("story", id), &e); err != nil {
			return err
		}
		w.Delete(key("alias", from))
		w.Put(key("alias", to), []byte(id))
		e.Origin = to
		put(w, key("story", id), e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("rename story %s to %s: %w", from, to, err)
	}
	return nil
}

// knownID is the ID of the story that its source knows by this one.
func knownID(r Reader, source string) string {
	if id := r.Get(key("alias", source)); id != nil {
		return string(id)
	}
	return source
}

// ownID is knownID, and, where a new story comes in under the old name of one
// that was renamed, an ID of its own.
func ownID(w Writer, source string) string {
	if id := w.Get(key("alias", source)); id != nil {
		return string(id)
	}
	id := source
	for n := 2; taken(w, id, source); n++ {
		id = fmt.Sprintf("%s#%d", source, n)
	}
	if id != source {
		w.Put(key("alias", source), []byte(id))
	}
	return id
}

// taken reports whether the ID is that of a story which the source does not
// know by the given one.
func taken(r Reader, id, source string) bool {
	var e Entry
	return get(r, key("story", id), &e) == nil && (id != source || e.Origin != "" && e.Origin != source)
}

// Story gives the story with the ID, or ErrNotFound.
func (s *Store) Story(ctx context.Context, id string) (Entry, error) {
	var e Entry
	err := s.e.View(ctx, func(r Reader) (err error) {
		e, err = s.stories.get(r, key("story", id))
		if errors.Is(err, ErrNotFound) {
			e, err = s.stories.get(r, key("story", knownID(r, id)))
		}
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("story %s: %w", id, err)
	}
	return e, nil
}

// StoryByShort gives the story with the short id, or ErrNotFound.
func (s *Store) StoryByShort(ctx context.Context, short string) (Entry, error) {
	var e Entry
	err := s.e.View(ctx, func(r Reader) (err error) {
		id := r.Get(key("story-short", strings.ToLower(short)))
		if id == nil {
			return ErrNotFound
		}
		e, err = s.stories.get(r, key("story", string(id)))
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("story %s: %w", short, err)
	}
	return e, nil
}

// LatestStories gives the stories that came in last, the newest first, at most
// limit of those that keep holds for, out of at most reach looked at.
func (s *Store) LatestStories(ctx context.Context, limit, reach int, keep func(Entry) bool) ([]Entry, error) {
	var all []Entry
	err := s.e.View(ctx, func(r Reader) (err error) {
		all, err = s.latest(r, limit, reach, keep)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("latest stories: %w", err)
	}
	return all, nil
}

func (s *Store) latest(r Reader, limit, reach int, keep func(Entry) bool) ([]Entry, error) {
	var all []Entry
	from, to := under("story-seq")
	for _, id := range r.ScanBack(from, to) {
		if len(all) == limit || reach == 0 {
			break
		}
		reach--
		e, err := s.stories.get(r, key("story", string(id)))
		if err != nil {
			return nil, err
		}
		if e.Removed.IsZero() && keep(e) {
			all = append(all, e)
		}
	}
	return all, nil
}

// storiesAfter gives stories that came in after the one with number seq, in
// order.
func (s *Store) storiesAfter(r Reader, seq uint64, limit int) ([]Entry, error) {
	_, to := under("story-seq")
	var all []Entry
	for _, id := range r.Scan(key("story-seq", number(seq+1)), to) {
		if len(all) == limit {
			break
		}
		e, err := s.stories.get(r, key("story", string(id)))
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// HasTopic reports whether the story belongs to one of the topics; every story
// belongs to no topics at all.
func (e Entry) HasTopic(topics []string) bool {
	return len(topics) == 0 || slices.ContainsFunc(topics, func(want string) bool {
		return slices.ContainsFunc(e.Story.Topics, func(has string) bool { return strings.EqualFold(has, want) })
	})
}

// MatchesWords reports whether every word of the text begins a word of the
// headline.
func (e Entry) MatchesWords(text string) bool {
	has := words(e.Story.Headline)
	for _, want := range words(text) {
		if !slices.ContainsFunc(has, func(h string) bool { return strings.HasPrefix(h, want) }) {
			return false
		}
	}
	return true
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
	})
}

// shortAlphabet has no letters that are taken for digits or for each other.
var shortAlphabet = base32.NewEncoding("23456789abcdefghjkmnpqrstuvwxyz_").WithPadding(base32.NoPadding)

// minShort is a short id's least length: 32^5 is 33 million.
const minShort = 5

// freeShort makes a short id of the story's ID: the shortest beginning of its
// hash that no other story has.
func freeShort(r Reader, id string) string {
	sum := sha256.Sum256([]byte(id))
	full := strings.ReplaceAll(shortAlphabet.EncodeToString(sum[:]), "_", "0")
	for n := minShort; n < len(full); n++ {
		if r.Get(key("story-short", full[:n])) == nil {
			return full[:n]
		}
	}
	return full
}

// maxID is the longest story ID, in bytes: engines and platforms have limits
// for keys.
const maxID = 1024

func checkID(id string) error {
	switch {
	case id == "":
		return errors.New("a story without an id")
	case len(id) > maxID:
		return fmt.Errorf("story id of %d bytes: at most %d", len(id), maxID)
	case strings.ContainsFunc(id, unicode.IsControl):
		return errors.New("story id " + strconv.Quote(id) + " holds a control character")
	}
	return nil
}
