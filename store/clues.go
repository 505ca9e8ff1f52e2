package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Clues are the keys by which a story that comes in is found to be one that
// another source has told already: one for its address, one for its headline.
// They are kept for as long as Sameness says; each story that comes in sweeps
// out a few that are older.
//
//	clue      <hash> <time> <telling> → whose it is, and the bullets' sketch
//	clue-age         <time> <telling> → the telling's clues

// Sameness says when what two sources tell is one story.
type Sameness struct {
	// Alike is how near to each other, from 0 to 1, the bullets of two stories
	// with one headline must be. 0: nothing is found to be the same.
	Alike float64
	// Within is how far apart the two may come in.
	Within time.Duration
}

// Merging gives the store as it takes in stories from several sources: those
// that are the same become one.
func (s *Store) Merging(m Sameness) *Store { return &Store{s.e, m, s.decoded} }

// clue is a way from an address or a headline to a telling.
type clue struct {
	source, language string
	bullets          sketch // of a headline
}

// putClue writes a clue in a form that is read faster than JSON: each story
// that comes in reads all of its headline. The parts have their length in
// front.
func putClue(w Writer, k string, c clue) {
	b := []byte{valueVersion}
	for _, part := range [][]byte{[]byte(c.source), []byte(c.language), c.bullets.least} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	w.Put(k, binary.AppendUvarint(b, uint64(c.bullets.size)))
}

// readClue reads what putClue wrote. The sketch is valid as long as b is.
func readClue(k string, b []byte) (clue, error) {
	if len(b) == 0 || b[0] != valueVersion {
		return clue{}, fmt.Errorf("value of %q is of another form: %w", k, ErrNewer)
	}
	b = b[1:]
	whole := true
	number := func() uint64 {
		n, read := binary.Uvarint(b)
		if read <= 0 {
			whole = false
			return 0
		}
		b = b[read:]
		return n
	}
	part := func() []byte {
		n := number()
		if n > uint64(len(b)) {
			whole = false
			return nil
		}
		p := b[:n]
		b = b[n:]
		return p
	}
	c := clue{source: string(part()), language: string(part())}
	c.bullets.least = part()
	c.bullets.size = int(number())
	if !whole || len(b) > 0 || len(c.bullets.least)%4 != 0 {
		return clue{}, fmt.Errorf("%w: value of %q", ErrDamaged, k)
	}
	return c, nil
}

const (
	// maxClues is how many of the newest stories with one headline or address
	// are looked at.
	maxClues = 64
	// sweep is how many tellings' clues one that comes in sweeps out at most.
	// Two, so that there are ever fewer that are too old.
	sweep = 2
)

// What a telling was found to be of a known story by.
const (
	ByAddress  = "address"
	ByHeadline = "headline" // and the bullets
)

// traits are what a story can be found by.
type traits struct {
	address, headline string // hashes; empty where there is nothing to go by
	bullets           sketch
}

// maxMerged is how large a story may be to become one with another, in bytes:
// two tellings and the story itself are written in one transaction.
const maxMerged = MaxBytes / 4

// traitsOf takes some time: it is called outside of transactions where it can
// be.
func traitsOf(s Story) traits {
	if len(encode(s)) > maxMerged {
		return traits{}
	}
	return traits{
		address:  clueHash(ByAddress, pageOf(s.URL)),
		headline: clueHash(ByHeadline, strings.Join(words(plain(s.Headline)), " ")),
		bullets:  sketchOf(s),
	}
}

func clueHash(by, text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(by + sep + text))
	return hex.EncodeToString(sum[:16])
}

// moment is a time in keys.
func moment(t time.Time) string { return number(uint64(max(t.UnixMilli(), 0))) }

func clueAgeKey(t Telling) string {
	sum := sha256.Sum256([]byte(t.Source))
	return key("clue-age", moment(t.Story.Updated), hex.EncodeToString(sum[:8]))
}

// putClues lets a telling be found by its traits, and sweeps out old clues.
func (s *Store) putClues(w Writer, t Telling, by traits) error {
	if s.same.Alike == 0 {
		return nil
	}
	age := clueAgeKey(t)
	var keys []string
	way := func(hash string, k sketch) {
		if hash != "" {
			at := key("clue", hash) + strings.TrimPrefix(age, "clue-age")
			putClue(w, at, clue{t.Source, t.Story.Language, k})
			keys = append(keys, at)
		}
	}
	way(by.address, sketch{})
	way(by.headline, by.bullets)
	put(w, age, keys)
	return s.sweepClues(w, t.Story.Updated)
}

// dropClues lets a telling no longer be found.
func dropClues(w Writer, t Telling) error { return dropCluesAt(w, clueAgeKey(t)) }

func dropCluesAt(w Writer, age string) error {
	if w.Get(age) == nil {
		return nil
	}
	var keys []string
	if err := get(w, age, &keys); err != nil {
		return err
	}
	for _, k := range keys {
		w.Delete(k)
	}
	w.Delete(age)
	return nil
}

// sweepClues sweeps out a few clues that are older than they need to be.
func (s *Store) sweepClues(w Writer, now time.Time) error {
	from, _ := under("clue-age")
	var old []string
	for k := range w.Scan(from, key("clue-age", moment(now.Add(-s.same.Within)))) {
		if old = append(old, k); len(old) == sweep {
			break
		}
	}
	for _, k := range old {
		if err := dropCluesAt(w, k); err != nil {
			return err
		}
	}
	return nil
}

// match is the telling that a story was found to be the same as.
type match struct {
	source string
	by     string
	alike  float64
}

// findSame finds the story that another source, or the same one under another
// ID, told already. That it was taken back since makes no difference, unless
// readers were told so: its post is out.
//
// A source's own IDs tell its stories apart even where they share an address:
// all items of a list of changes link to the one page. So within a source only
// headline and bullets count; with those, an item that came again under a new
// ID is found.
func (s *Store) findSame(r Reader, story Story, by traits) (Entry, match, error) {
	if s.same.Alike == 0 {
		return Entry{}, match{}, ErrNotFound
	}
	var found Entry
	var best match
	look := func(way, hash string, near func(clue) (float64, bool)) error {
		if hash == "" {
			return nil
		}
		_, to := under("clue", hash)
		n := 0
		for k, v := range r.ScanBack(key("clue", hash, moment(story.Updated.Add(-s.same.Within))), to) {
			if n++; n > maxClues {
				break
			}
			c, err := readClue(k, v)
			if err != nil {
				return err
			}
			score, ok := near(c)
			if !ok || score <= best.alike || c.source == story.ID || !sameLanguage(c.language, story.Language) {
				continue
			}
			var e Entry
			if err := get(r, key("story", knownID(r, c.source)), &e); errors.Is(err, ErrNotFound) {
				continue
			} else if err != nil {
				return err
			}
			if e.Retracted {
				continue // who tells it all the same tells it anew
			}
			found, best = e, match{c.source, way, score}
		}
		return nil
	}
	err := look(ByAddress, by.address, func(c clue) (float64, bool) {
		return 1, sourceOf(c.source) != sourceOf(story.ID)
	})
	if err != nil || best.source != "" {
		return found, best, err
	}
	err = look(ByHeadline, by.headline, func(c clue) (float64, bool) {
		score := alike(by.bullets, c.bullets)
		return score, score >= s.same.Alike
	})
	if err == nil && best.source == "" {
		err = ErrNotFound
	}
	return found, best, err
}

// sourceOf is the name of the source that an ID begins with; an ID without one
// is a source of its own.
func sourceOf(id string) string {
	name, _, _ := strings.Cut(id, ":")
	return name
}

// sameLanguage reports whether two stories may be in one language: an unknown
// one may be any.
func sameLanguage(a, b string) bool {
	base := func(s string) string {
		s, _, _ = strings.Cut(s, "-")
		return strings.ToLower(s)
	}
	return a == "" || b == "" || base(a) == base(b)
}
