package search

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"briefbot/store"
)

// The fields of the index.
const (
	fieldHeadline = "headline"
	fieldAll      = "all"    // the headline too, bullets, narratives, topics, sources
	fieldBegin    = "begin"  // the first letters of the headline's words
	fieldTopic    = "topic"  // the words of topics
	fieldOutlet   = "outlet" // the words of outlets
	fieldMoment   = "moment" // the story's place in time and its state
)

// form is the version of the index: of what stands in which field, and how
// words become terms. An index of another form is built anew.
const form = "1"

// maxBegin is the longest beginning of a word, in letters, that has a term of
// its own: so many words begin so that to go through them all takes long.
const maxBegin = 3

// newDocument makes of a story what is indexed.
func newDocument(e store.Entry, all stemmers) *document.Document {
	stem := all.of(e.Story.Language)
	d := document.NewDocument(e.Story.ID)
	add := func(name string, t terms) {
		if len(t) > 0 {
			d.AddField(&field{name: name, terms: index.TokenFrequencies(t)})
		}
	}
	words, topics, outlets := terms{}, terms{}, terms{}
	words.addText(e.Story.Headline, stem)
	add(fieldHeadline, maps.Clone(words))
	for _, p := range passages(e)[1:] {
		words.addText(p.text, stem)
		switch p.filter {
		case fieldTopic:
			topics.addText(p.text, all[""])
		case fieldOutlet:
			outlets.addText(p.text, all[""])
		}
	}
	add(fieldAll, words)
	add(fieldTopic, topics)
	add(fieldOutlet, outlets)
	begins := terms{}
	eachWord(e.Story.Headline, func(word string, _ bool) { begins.addBegin(fold(word)) })
	add(fieldBegin, begins)
	m := newTerm(moment(e) + state(e))
	d.AddField(&field{name: fieldMoment, terms: index.TokenFrequencies{m.text: m.freq}, options: index.DocValues})
	return d
}

// field is a field of a document whose terms are known beforehand. Which story
// has which is all that is indexed.
type field struct {
	name    string
	terms   index.TokenFrequencies
	options index.FieldIndexingOptions
}

func (f *field) Name() string             { return f.name }
func (f *field) Value() []byte            { return nil }
func (f *field) ArrayPositions() []uint64 { return nil }
func (f *field) EncodedFieldType() byte   { return 't' }
func (f *field) Analyze()                 {}
func (f *field) Options() index.FieldIndexingOptions {
	return index.IndexField | index.SkipFreqNorm | f.options
}
func (f *field) AnalyzedLength() int                              { return len(f.terms) }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }
func (f *field) NumPlainTextBytes() uint64                        { return 0 }
func (f *field) Size() int                                        { return 0 }

// terms are what a field is indexed by.
type terms index.TokenFrequencies

func (t terms) add(term term) { t[term.text] = term.freq }

func (t terms) addText(text string, stem *stemmer) {
	eachWord(text, func(word string, together bool) {
		if together {
			t.add(newTerm(fold(word)))
			return
		}
		for _, term := range stem.terms(word) {
			t.add(term)
		}
	})
}

// addBegin adds a word's first letters.
func (t terms) addBegin(word string) {
	n := 0
	for i := range word {
		if n > 0 && n <= maxBegin {
			t.add(newTerm(word[:i]))
		}
		n++
	}
	if n <= maxBegin {
		t.add(newTerm(word))
	}
}

// passage is a part of a story's text, and the field by which it can be asked
// for, if any.
type passage struct{ text, filter string }

// passages gives a story's text, the headline first.
func passages(e store.Entry) []passage {
	s := &e.Story
	all := []passage{{text: s.Headline}}
	for _, b := range s.Bullets {
		all = append(all, passage{text: b.Text})
	}
	for _, n := range s.Narratives {
		all = append(all, passage{text: n.Label})
		for _, p := range n.Paragraphs {
			all = append(all, passage{text: p})
		}
	}
	for _, t := range slices.Concat(s.Topics, e.Also) {
		all = append(all, passage{t, fieldTopic})
	}
	for _, src := range s.Sources {
		all = append(all, passage{src.Outlet, fieldOutlet}, passage{text: src.Title})
	}
	return all
}

// state tells a story as it is now from the same story as it was, and as it was
// before a backup was restored.
func state(e store.Entry) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%s\x00%d\x00%d\x00%d\x00%q", e.Story.ID, e.Story.Revision, e.Story.Updated.UnixNano(), e.Seq, e.Also)
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// momentSize is how many letters a moment has; the state stands behind it.
const momentSize = 16

// seqBits is how many bits of a moment tell stories of one second apart.
const seqBits = 28

// when is a story's place in time, in seconds: its date, but no later than when
// it came in.
func when(e store.Entry) uint64 {
	at := e.Arrived
	if d := e.Story.Date; !d.IsZero() && d.Time.Before(at) && (d.Exact || !sameDay(d.Time, at)) {
		at = d.Time
	}
	return uint64(max(at.Unix(), 0))
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

// moment puts stories in the order of time, those of one second in the order in
// which they came in. Moments are compared letter by letter.
func moment(e store.Entry) string {
	return fmt.Sprintf("%0*x", momentSize, when(e)<<seqBits|e.Seq&(1<<seqBits-1))
}
