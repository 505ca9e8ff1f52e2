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

// Telling is what one source tells of a story that several tell. Readers get
// the richest one; the others are kept for when it is taken back.
type Telling struct {
	// Source is the ID by which the source knows the story.
	Source string    `json:"source"`
	Story  Story     `json:"story"`
	Since  time.Time `json:"since"`
	// By is what it was found to be of a known story by, and With the telling
	// that it was compared with; both are empty for the first. Alike is how
	// near their bullets were.
	By    string  `json:"by,omitempty"`
	With  string  `json:"with,omitempty"`
	Alike float64 `json:"alike,omitempty"`
	// Removed is when the source took it back; zero if it stands. Its text stays
	// with readers all the same, unless it was Retracted.
	Removed   time.Time `json:"removed,omitzero"`
	Retracted bool      `json:"retracted,omitempty"`
}

func tellingKey(story, source string) string { return key("telling", story, source) }

// onlyTelling is the telling of a story that only one source tells.
func (e Entry) onlyTelling() Telling {
	t := Telling{Source: cmp.Or(e.Origin, e.Story.ID), Story: e.Story, Since: e.Arrived, Removed: e.Removed, Retracted: e.Retracted}
	t.Story.ID = t.Source
	return t
}

// telling is what the source that knows the story by the ID tells of it.
func (e Entry) telling(r Reader, source string) (Telling, error) {
	if e.Told == "" {
		return e.onlyTelling(), nil
	}
	var t Telling
	return t, get(r, tellingKey(e.Story.ID, source), &t)
}

// tellings are all that is told of a story that several sources tell.
func (e Entry) tellings(r Reader) ([]Telling, error) {
	var all []Telling
	from, to := under("telling", e.Story.ID)
	for k := range r.Scan(from, to) {
		var t Telling
		if err := get(r, k, &t); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// Telling gives what a source tells of the story that it knows by the ID, or
// ErrNotFound.
func (s *Store) Telling(ctx context.Context, source string) (Telling, error) {
	var t Telling
	err := s.e.View(ctx, func(r Reader) error {
		var e Entry
		err := get(r, key("story", knownID(r, source)), &e)
		if err == nil && !e.knownAs(r, source) {
			err = ErrNotFound
		}
		if err == nil {
			t, err = e.telling(r, source)
		}
		return err
	})
	if err != nil {
		return Telling{}, fmt.Errorf("story %s: %w", source, err)
	}
	return t, nil
}

// Tellings gives all that is told of a story, first that which readers get.
func (s *Store) Tellings(ctx context.Context, story string) ([]Telling, error) {
	var all []Telling
	err := s.e.View(ctx, func(r Reader) error {
		var e Entry
		if err := get(r, key("story", story), &e); err != nil {
			return err
		}
		if e.Told == "" {
			all = []Telling{e.onlyTelling()}
			return nil
		}
		var err error
		all, err = e.tellings(r)
		slices.SortStableFunc(all, func(a, b Telling) int {
			switch e.Told {
			case a.Source:
				return -1
			case b.Source:
				return 1
			}
			return a.Since.Compare(b.Since)
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("tellings of %s: %w", story, err)
	}
	return all, nil
}

// join makes a story that came in another telling of the one that it was found
// to be.
func (s *Store) join(w Writer, e Entry, m match, story Story, by traits, at time.Time) (Entry, Change, error) {
	if e.Told == "" {
		first := e.onlyTelling()
		e.Told = first.Source
		put(w, tellingKey(e.Story.ID, first.Source), first)
	}
	t := Telling{Source: story.ID, Story: story, Since: at, By: m.by, With: m.source, Alike: m.alike}
	put(w, tellingKey(e.Story.ID, t.Source), t)
	w.Put(key("alias", t.Source), []byte(e.Story.ID))
	if !e.Removed.IsZero() { // it was told before, and taken back
		all, err := e.tellings(w)
		if err != nil {
			return e, Unchanged, err
		}
		change := Joined
		if e.settle(w, all, at) == Revised {
			change = Enriched
		}
		put(w, key("story", e.Story.ID), e)
		return e, change, s.putClues(w, t, by)
	}
	change := Joined
	also := addTopics(e.Also, story.Topics, e.Story.Topics)
	if richer(story, e.Story) {
		change = Enriched
		also = addTopics(e.Also, e.Story.Topics, story.Topics)
		e.Told = t.Source
		e.tell(w, story, at)
	}
	if change == Enriched || len(also) > len(e.Also) {
		e.comeUp(w)
	}
	e.Also = also
	put(w, key("story", e.Story.ID), e)
	return e, change, s.putClues(w, t, by)
}

// retell takes in what a source tells anew of a story that several tell. It
// does not stay with the story if it has come to be about something else: a
// file that was a copy, and is written over now.
func (s *Store) retell(w Writer, e Entry, story Story, by traits, at time.Time) (_ Entry, _ Change, stays bool, err error) {
	t, err := e.telling(w, story.ID)
	if err != nil {
		return e, Unchanged, true, err
	}
	if t.Removed.IsZero() && SameForReader(t.Story, story) {
		return e, Unchanged, true, nil
	}
	if err := dropClues(w, t); err != nil {
		return e, Unchanged, true, err
	}
	all, err := e.tellings(w)
	if err != nil {
		return e, Unchanged, true, err
	}
	others := slices.DeleteFunc(all, func(o Telling) bool { return o.Source == t.Source || o.Retracted })
	if len(others) > 0 && !slices.ContainsFunc(others, func(o Telling) bool { return s.stillSame(traitsOf(o.Story), by) }) {
		return e, Unchanged, false, s.part(w, e, t, others, at)
	}
	t.Story, t.Removed, t.Retracted = story, time.Time{}, false
	put(w, tellingKey(e.Story.ID, t.Source), t)
	change := e.settle(w, append(others, t), at)
	put(w, key("story", e.Story.ID), e)
	return e, change, true, s.putClues(w, t, by)
}

// stillSame reports whether two tellings have anything in common that makes
// them one story.
func (s *Store) stillSame(a, b traits) bool {
	return a.address != "" && a.address == b.address || a.headline == b.headline || alike(a.bullets, b.bullets) >= s.same.Alike
}

// part takes a telling that is of another story by now out of this one, which
// is left to the others.
func (s *Store) part(w Writer, e Entry, t Telling, others []Telling, at time.Time) error {
	w.Delete(tellingKey(e.Story.ID, t.Source))
	w.Delete(key("alias", t.Source))
	e.settle(w, others, at)
	if t.Source == e.Story.ID || t.Source == e.Origin {
		e.Origin = e.Told // its own ID is free for what parts
	}
	put(w, key("story", e.Story.ID), e)
	return nil
}

// untell notes that a source took its telling back, and reports whether the
// story goes on as the others tell it. It leaves the story unwritten if not.
func (e *Entry) untell(w Writer, source string, retract bool, at time.Time) (goesOn bool, err error) {
	t, err := e.telling(w, source)
	if err != nil {
		return false, err
	}
	if !t.Removed.IsZero() {
		return true, nil
	}
	t.Removed, t.Retracted = at, retract
	put(w, tellingKey(e.Story.ID, source), t)
	all, err := e.tellings(w)
	if err != nil || !slices.ContainsFunc(all, Telling.stands) {
		return false, err
	}
	e.settle(w, all, at)
	put(w, key("story", e.Story.ID), *e)
	return true, nil
}

// stands reports whether the source still tells it.
func (t Telling) stands() bool { return t.Removed.IsZero() }

// settle chooses which of the tellings readers get: that which they have,
// unless it was retracted or another is richer. A reader who would see a
// difference gets a revision. The story stands if one of the tellings does.
func (e *Entry) settle(w Writer, all []Telling, at time.Time) Change {
	told := slices.DeleteFunc(slices.Clone(all), func(t Telling) bool { return t.Retracted })
	shown := told[0]
	for _, t := range told {
		if t.Source == e.Told {
			shown = t
		}
	}
	for _, t := range told {
		if richer(t.Story, shown.Story) {
			shown = t
		}
	}
	e.Told, e.Also = shown.Source, nil
	for _, t := range told {
		e.Also = addTopics(e.Also, t.Story.Topics, shown.Story.Topics)
	}
	changed := e.Retracted || !SameForReader(e.Story, shown.Story)
	switch stands := slices.ContainsFunc(told, Telling.stands); {
	case stands && !e.Removed.IsZero():
		e.comeIn(w, at)
	case !stands && e.Removed.IsZero():
		e.Removed = at
	}
	if !changed {
		return Unchanged
	}
	e.tell(w, shown.Story, at)
	return Revised
}

// addTopics gives the topics of all, and those of more that neither all nor but
// has.
func addTopics(all, more, but []string) []string {
	all = slices.Clone(all)
	for _, t := range more {
		if !containsFold(all, t) && !containsFold(but, t) {
			all = append(all, t)
		}
	}
	return all
}

// richer reports whether a tells more than b: more narratives; or as many, and
// more sources cited, or listed; then more bullets; then more words, in steps
// of twenty, so that a typo that is mended is no reason; then a picture.
func richer(a, b Story) bool {
	x, y := riches(a), riches(b)
	return slices.Compare(x[:], y[:]) > 0
}

func riches(s Story) [6]int {
	cited, said := 0, 0
	for _, n := range s.Cited() {
		if _, ok := s.Source(n); ok {
			cited++
		}
	}
	for _, b := range s.Bullets {
		said += len(strings.Fields(b.Text))
	}
	for _, n := range s.Narratives {
		for _, p := range n.Paragraphs {
			said += len(strings.Fields(p))
		}
	}
	picture := 0
	if s.Image != nil && s.Image.URL != "" {
		picture = 1
	}
	return [6]int{len(s.Narratives), cited, len(s.Sources), len(s.Bullets), said / 20, picture}
}

// ToldBy gives the IDs by which a source, named as IDs begin, knows the stories
// that it has not taken back.
func (s *Store) ToldBy(ctx context.Context, source string) ([]string, error) {
	var all []string
	err := s.e.View(ctx, func(r Reader) error {
		all = nil
		for _, space := range []string{"alias", "story"} {
			for k := range r.Scan(key(space, source+":"), key(space, source+";")) {
				id := last(k)
				if space == "story" && r.Get(key("alias", id)) != nil {
					continue // found by its alias
				}
				stands, err := s.toldAs(r, id)
				if err != nil {
					return err
				}
				if stands {
					all = append(all, id)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("stories of %s: %w", source, err)
	}
	return all, nil
}

// toldAs reports whether a source tells a story by the ID.
func (s *Store) toldAs(r Reader, id string) (bool, error) {
	e, err := s.stories.get(r, key("story", knownID(r, id)))
	if errors.Is(err, ErrNotFound) || err == nil && (!e.Removed.IsZero() || !e.knownAs(r, id)) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	t, err := e.telling(r, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return t.Removed.IsZero(), err
}
