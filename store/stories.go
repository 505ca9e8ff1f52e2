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
	// Told is, where several sources tell the story, the one whose telling
	// readers get, by its ID for the story; empty where only one does.
	Told string `json:"told,omitempty"`
	// Also are topics of the other tellings: a channel gets the story whichever
	// source it would have had it from.
	Also []string `json:"also,omitempty"`
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
	Joined   // it is a story that another source told, and told better
	Enriched // it is a story that another source told: a better telling, and so a revision
)

func (c Change) String() string {
	return [...]string{"unchanged", "added", "revised", "joined", "enriched"}[c]
}

// PutStory takes in a story: a new one, or a new revision of the one with its
// ID, if a reader would see a difference. at is the time of its coming in.
//
// A store that is Merging takes a new story that another source has told
// already for another telling of it.
func (s *Store) PutStory(ctx context.Context, story Story, at time.Time) (Entry, Change, error) {
	if err := checkID(story.ID); err != nil {
		return Entry{}, Unchanged, err
	}
	story.Revision, story.Updated = 0, at
	var by traits
	if s.same.Alike > 0 {
		by = traitsOf(story)
	}
	var entry Entry
	var change Change
	err := s.e.Update(ctx, func(w Writer) (err error) {
		entry, change, err = s.put(w, story, by, at)
		return err
	})
	if err != nil {
		return Entry{}, Unchanged, fmt.Errorf("store story %s: %w", story.ID, err)
	}
	return entry, change, nil
}

func (s *Store) put(w Writer, story Story, by traits, at time.Time) (Entry, Change, error) {
	var e Entry
	switch err := get(w, key("story", knownID(w, story.ID)), &e); {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return e, Unchanged, err
	case e.Told == "" && e.knownAs(w, story.ID):
		return s.revise(w, e, story, by, at)
	case e.knownAs(w, story.ID):
		e, change, stays, err := s.retell(w, e, story, by, at)
		if stays || err != nil {
			return e, change, err
		}
	}
	e, m, err := s.findSame(w, story, by)
	switch {
	case err == nil:
		return s.join(w, e, m, story, by, at)
	case errors.Is(err, ErrNotFound):
		return s.add(w, story, by, at)
	}
	return e, Unchanged, err
}

// add takes in a story that is new.
func (s *Store) add(w Writer, story Story, by traits, at time.Time) (Entry, Change, error) {
	source := story.ID
	story.ID = freeID(w, source)
	story.Revision = 1
	e := Entry{Story: story, Short: freeShort(w, story.ID)}
	w.Put(key("story-short", e.Short), []byte(story.ID))
	e.comeIn(w, at)
	put(w, key("story", story.ID), e)
	return e, Added, s.putClues(w, e.onlyTelling(), by)
}

// revise takes in what may be a new revision of a story with one telling.
func (s *Store) revise(w Writer, e Entry, story Story, by traits, at time.Time) (Entry, Change, error) {
	isBack := !e.Removed.IsZero()
	changed := e.Retracted || !SameForReader(e.Story, story)
	if !changed && !isBack {
		return e, Unchanged, nil
	}
	if err := dropClues(w, e.onlyTelling()); err != nil {
		return e, Unchanged, err
	}
	if isBack {
		e.comeIn(w, at)
	}
	change := Unchanged
	if changed {
		change = Revised
		e.tell(w, story, at)
	}
	put(w, key("story", e.Story.ID), e)
	return e, change, s.putClues(w, e.onlyTelling(), by)
}

// comeIn gives a story its place in the order of what came in. What was taken
// back comes in anew: channels that passed it over get it, those that had it
// don't.
func (e *Entry) comeIn(w Writer, at time.Time) {
	e.comeUp(w)
	e.Arrived, e.Removed, e.Retracted = at, time.Time{}, false
}

// comeUp lets the channels that passed a story over look at it again.
func (e *Entry) comeUp(w Writer) {
	if e.Seq != 0 {
		w.Delete(key("story-seq", number(e.Seq)))
	}
	e.Seq = next(w, "story")
	w.Put(key("story-seq", number(e.Seq)), []byte(e.Story.ID))
}

// tell makes what a source tells the story's new revision.
func (e *Entry) tell(w Writer, story Story, at time.Time) {
	story.ID, story.Revision, story.Updated = e.Story.ID, e.Story.Revision+1, at
	e.Story = story
	put(w, key("revised", e.Story.ID), revision{})
}

// RemoveStory notes that the story's source took it back. The story stays, for
// those who have its post before them; with retract, its posts are to say that
// it was retracted. A story that another source still tells goes on; with
// retract, as that one tells it.
func (s *Store) RemoveStory(ctx context.Context, id string, retract bool, at time.Time) error {
	err := s.e.Update(ctx, func(w Writer) error {
		var e Entry
		if err := get(w, key("story", knownID(w, id)), &e); err != nil {
			return err
		}
		if !e.Removed.IsZero() {
			return nil
		}
		if e.Told != "" {
			if goesOn, err := e.untell(w, id, retract, at); goesOn || err != nil {
				return err
			}
		}
		e.Removed = at
		if retract {
			e.Retracted = true
			e.Story.Revision++
			e.Story.Updated = at
			put(w, key("revised", e.Story.ID), revision{})
		}
		put(w, key("story", e.Story.ID), e)
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
		if err := get(w, key("story", knownID(w, from)), &e); err != nil {
			return err
		}
		t, err := e.telling(w, from)
		if err != nil {
			return err
		}
		if err := dropClues(w, t); err != nil {
			return err
		}
		w.Delete(key("alias", from))
		w.Put(key("alias", to), []byte(e.Story.ID))
		if e.Told == "" || from == e.Story.ID || from == e.Origin {
			e.Origin = to
		}
		t.Source, t.Story.ID = to, to
		if e.Told != "" {
			w.Delete(tellingKey(e.Story.ID, from))
			put(w, tellingKey(e.Story.ID, to), t)
			if e.Told == from {
				e.Told = to
			}
		}
		put(w, key("story", e.Story.ID), e)
		return s.putClues(w, t, traitsOf(t.Story))
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

// knownAs reports whether a source knows the story by the given ID, or has
// renamed it, so that the ID is free for another one.
func (e Entry) knownAs(r Reader, source string) bool {
	return r.Get(key("alias", source)) != nil || e.Origin == "" || e.Origin == source
}

// freeID is an ID for a new story: the one that its source has for it, but
// where another story has that already, which goes by another name by now.
func freeID(w Writer, source string) string {
	id := source
	for n := 2; w.Get(key("story", id)) != nil; n++ {
		id = fmt.Sprintf("%s#%d", source, n)
	}
	if id != source {
		w.Put(key("alias", source), []byte(id))
	}
	return id
}

// Story gives the story with the ID, or ErrNotFound.
func (s *Store) Story(ctx context.Context, id string) (Entry, error) {
	var e Entry
	err := s.e.View(ctx, func(r Reader) (err error) {
		e, err = s.story(r, id)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("story %s: %w", id, err)
	}
	return e, nil
}

func (s *Store) story(r Reader, id string) (Entry, error) {
	e, err := s.stories.get(r, key("story", id))
	if errors.Is(err, ErrNotFound) {
		return s.stories.get(r, key("story", knownID(r, id)))
	}
	return e, err
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

// WatchArrivals tells of stories that come in from now on.
func (s *Store) WatchArrivals() Watch { return s.e.Watch(key("story-seq") + sep) }

// NewestStory gives the number of the story that came in last; 0 if none did.
func (s *Store) NewestStory(ctx context.Context) (uint64, error) {
	var n uint64
	err := s.e.View(ctx, func(r Reader) error {
		n = current(r, "story")
		return nil
	})
	return n, err
}

// StoriesAfter gives stories that came in after the one with number seq, in
// order, at most limit of them. Those that were taken back are among them.
func (s *Store) StoriesAfter(ctx context.Context, seq uint64, limit int) ([]Entry, error) {
	var all []Entry
	err := s.e.View(ctx, func(r Reader) (err error) {
		all, err = s.storiesAfter(r, seq, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("stories after %d: %w", seq, err)
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

// StoriesBefore gives stories that came in before the one with number seq, the
// newest first, at most limit of them. Those that were taken back are among
// them.
func (s *Store) StoriesBefore(ctx context.Context, seq uint64, limit int) ([]Entry, error) {
	defer s.rest() // all stories go by here at the start
	var all []Entry
	err := s.e.View(ctx, func(r Reader) error {
		from, _ := under("story-seq")
		for _, id := range r.ScanBack(from, key("story-seq", number(seq))) {
			if len(all) == limit {
				break
			}
			var e Entry // not of those that are remembered
			if err := get(r, key("story", string(id)), &e); err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("stories before %d: %w", seq, err)
	}
	return all, nil
}

// WatchStories tells of stories that come in, change or are taken back from now
// on.
func (s *Store) WatchStories() *StoryWatch { return &StoryWatch{s.e.Watch(key("story") + sep)} }

// StoryWatch tells which stories changed.
type StoryWatch struct{ w Watch }

// Next waits for a change, and gives the IDs of the stories that changed since
// the last call. It returns ErrClosed after Close.
func (w *StoryWatch) Next(ctx context.Context) ([]string, error) {
	keys, err := w.w.Next(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = last(k)
	}
	return ids, nil
}

// Close ends the watch.
func (w *StoryWatch) Close() { w.w.Close() }

// HasTopic reports whether the story belongs to one of the topics; every story
// belongs to no topics at all.
func (e Entry) HasTopic(topics []string) bool {
	return len(topics) == 0 || slices.ContainsFunc(topics, func(want string) bool {
		return containsFold(e.Story.Topics, want) || containsFold(e.Also, want)
	})
}

func containsFold(all []string, s string) bool {
	return slices.ContainsFunc(all, func(has string) bool { return strings.EqualFold(has, s) })
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
