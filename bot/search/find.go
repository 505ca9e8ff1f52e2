package search

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"briefbot/store"
)

// headlineBonus decides the order of what is found: the newest first, but a story
// counts as so much newer if all words stand in its headline. What only has words
// like those asked for comes behind all that has them.
const headlineBonus = 60 * 24 * time.Hour

const (
	// few is of how many stories a reader had rather see those with words that
	// are spelt nearly so, too.
	few = 3
	// maxFrom is how far one can page.
	maxFrom = 10000
	// maxPhrase is how many stories that have a phrase's words are read for
	// whether they stand together: those that are first in order.
	maxPhrase = 250
)

// Search finds stories by what a reader typed, as Parse reads it: size of them
// from the one with index from on.
func (x *Index) Search(ctx context.Context, words string, from, size int) (store.Found, error) {
	q := Parse(words)
	found := store.Found{Built: int(x.built.Load()), Unread: q.Unread}
	if q.empty() || len(q.Unread) > 0 || from < 0 || from > maxFrom || size <= 0 {
		return found, nil
	}
	err := x.look(func(r index.IndexReader) error {
		f := finder{ctx: ctx, r: r, moments: &x.shelf.moments, stemmers: x.stemmers, query: q, wanted: from + size}
		if len(q.Phrases) > 0 {
			f.wanted = maxPhrase
		}
		all, total, err := f.find()
		if err == nil && len(q.Phrases) > 0 {
			all, err = x.withPhrases(ctx, all, q.Phrases)
			total = len(all)
		}
		found.Total = total
		found.IDs = all[min(from, len(all)):min(from+size, len(all))]
		return err
	})
	if err != nil {
		return store.Found{}, fmt.Errorf("search for %q: %w", words, err)
	}
	return found, nil
}

// Suggest gives the IDs of stories in whose headlines words begin as those
// typed so far, the newest first, at most limit.
func (x *Index) Suggest(ctx context.Context, words string, limit int) ([]string, error) {
	q := Query{}
	q.say(piece{value: words})
	if len(q.Words) == 0 || limit <= 0 {
		return nil, nil
	}
	var ids []string
	err := x.look(func(r index.IndexReader) (err error) {
		f := finder{ctx: ctx, r: r, moments: &x.shelf.moments, query: q, wanted: limit}
		ids, err = f.begun()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("suggest for %q: %w", words, err)
	}
	return ids, nil
}

// look calls fn with the index as it is now; not at all, if there is none yet.
// What is damaged may panic, which ends as an error.
func (x *Index) look(fn func(index.IndexReader) error) (err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.shelf == nil {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
			x.shelf.failed(err)
		}
	}()
	r, err := x.shelf.reader()
	if err != nil {
		return err
	}
	defer r.Close()
	return fn(r)
}

// finder answers one query.
type finder struct {
	ctx      context.Context
	r        index.IndexReader
	moments  *moments
	stemmers stemmers
	query    Query
	wanted   int // so many stories, the first in order
}

// noScore is how all is looked for: the order comes from elsewhere, so that
// whole sets are joined and met at once.
var noScore = search.SearcherOptions{Score: "none"}

// find gives the IDs of the first stories, and how many there are.
func (f *finder) find() (ids []string, total int, err error) {
	hits, total, err := f.rank(false, nil)
	if err != nil {
		return nil, 0, err
	}
	if total < few && slices.ContainsFunc(f.query.Words, func(w string) bool { return edits(w) > 0 }) {
		exact := make(map[uint64]bool, len(hits))
		for _, h := range hits {
			exact[h.doc] = true
		}
		if hits, total, err = f.rank(true, exact); err != nil {
			return nil, 0, err
		}
	}
	ids, err = f.names(hits)
	return ids, total, err
}

// rank gives the first stories in order, and how many there are. near takes in
// words that are spelt nearly as those asked for; stories that have the very
// words are first.
func (f *finder) rank(near bool, first map[uint64]bool) ([]hit, int, error) {
	all, err := f.matches(fieldAll, near)
	if err != nil {
		return nil, 0, err
	}
	defer all.close()
	var better *matches
	if len(f.query.Words)+len(f.query.Phrases) > 0 {
		if better, err = f.matches(fieldHeadline, near); err != nil {
			return nil, 0, err
		}
		defer better.close()
	}
	moments, err := f.moments.of(f.r)
	if err != nil {
		return nil, 0, err
	}
	top := newTop(f.wanted)
	total := 0
	for all.next() {
		at := moments.at(all.doc)
		if !f.query.includes(at >> seqBits) {
			continue
		}
		total++
		if better.has(all.doc) {
			at += uint64(headlineBonus/time.Second) << seqBits
		}
		if first[all.doc] {
			at |= 1 << 63
		}
		top.add(hit{all.doc, at})
	}
	if err = all.err; better != nil {
		err = errors.Join(err, better.err)
	}
	return top.sorted(), total, err
}

// begun gives the IDs of the first stories in whose headlines all words begin.
func (f *finder) begun() ([]string, error) {
	var each []search.Searcher
	for _, w := range f.query.Words {
		w = fold(w)
		field, build := fieldBegin, searcher.NewTermSearcher
		if len([]rune(w)) > maxBegin {
			field, build = fieldHeadline, searcher.NewTermPrefixSearcher
		}
		s, err := build(f.ctx, f.r, w, field, 1, noScore)
		if err != nil {
			return nil, err
		}
		each = append(each, s)
	}
	m, err := f.together(each)
	if err != nil {
		return nil, err
	}
	defer m.close()
	moments, err := f.moments.of(f.r)
	if err != nil {
		return nil, err
	}
	top := newTop(f.wanted)
	for m.next() {
		top.add(hit{m.doc, moments.at(m.doc)})
	}
	if m.err != nil {
		return nil, m.err
	}
	return f.names(top.sorted())
}

// matches finds the stories in whose field all words stand, of the topics and
// outlets asked for.
func (f *finder) matches(field string, near bool) (*matches, error) {
	var each []search.Searcher
	add := func(s search.Searcher, err error) error {
		if err == nil {
			each = append(each, s)
		}
		return err
	}
	for _, w := range f.query.Words {
		if err := add(f.word(field, w, near)); err != nil {
			return nil, err
		}
	}
	for _, phrase := range f.query.Phrases {
		for _, w := range phrase {
			if err := add(f.term(field, fold(w))); err != nil {
				return nil, err
			}
		}
	}
	for filter, names := range map[string][]string{fieldTopic: f.query.Topics, fieldOutlet: f.query.Outlets} {
		for _, name := range names {
			var err error
			eachWord(name, func(word string, _ bool) {
				if err == nil {
					err = add(f.term(filter, fold(word)))
				}
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return f.together(each)
}

// together finds the stories that all searchers find; all stories, if there are
// none.
func (f *finder) together(each []search.Searcher) (*matches, error) {
	var s search.Searcher
	var err error
	switch len(each) {
	case 0:
		s, err = searcher.NewMatchAllSearcher(f.ctx, f.r, 1, noScore)
	case 1:
		s = each[0]
	default:
		s, err = searcher.NewConjunctionSearcher(f.ctx, f.r, each, noScore)
	}
	if err != nil {
		return nil, err
	}
	return newMatches(s), nil
}

func (f *finder) term(field, term string) (search.Searcher, error) {
	return searcher.NewTermSearcher(f.ctx, f.r, term, field, 1, noScore)
}

// word finds a word in all forms that it takes in any language.
func (f *finder) word(field, word string, near bool) (search.Searcher, error) {
	var any []search.Searcher
	for _, t := range f.stemmers.asked(word) {
		s, err := f.term(field, t)
		if err != nil {
			return nil, err
		}
		any = append(any, s)
	}
	if n := edits(word); near && n > 0 {
		s, err := searcher.NewFuzzySearcher(f.ctx, f.r, fold(word), 1, n, field, 1, noScore)
		if err != nil {
			return nil, err
		}
		any = append(any, s)
	}
	if len(any) == 1 {
		return any[0], nil
	}
	return searcher.NewDisjunctionSearcher(f.ctx, f.r, any, 1, noScore)
}

// names gives the IDs of stories.
func (f *finder) names(hits []hit) ([]string, error) {
	ids := make([]string, 0, len(hits))
	for _, h := range hits {
		id, err := f.r.ExternalID(index.NewIndexInternalID(nil, h.doc))
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// includes reports whether the second is within the days asked for.
func (q Query) includes(second uint64) bool {
	return (q.From.IsZero() || int64(second) >= q.From.Unix()) && (q.Until.IsZero() || int64(second) < q.Until.Unix())
}

// matches goes through what a searcher finds, in the order of the index.
type matches struct {
	searcher search.Searcher
	context  *search.SearchContext
	match    *search.DocumentMatch
	doc      uint64
	begun    bool
	err      error
}

func newMatches(s search.Searcher) *matches {
	pool := search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0)
	return &matches{searcher: s, context: &search.SearchContext{DocumentMatchPool: pool}}
}

func (m *matches) next() bool {
	m.begun = true
	m.context.DocumentMatchPool.Put(m.match)
	if m.match, m.err = m.searcher.Next(m.context); m.match == nil || m.err != nil {
		m.match = nil
		return false
	}
	m.doc = m.match.IndexInternalID.Value()
	return true
}

// has reports whether the story is found too. It is asked in the order of the
// index.
func (m *matches) has(doc uint64) bool {
	if m == nil {
		return false
	}
	for !m.begun || m.match != nil && m.doc < doc {
		m.next()
	}
	return m.match != nil && m.doc == doc
}

func (m *matches) close() { m.searcher.Close() }

// hit is a story that was found, and its place.
type hit struct{ doc, place uint64 }

// top keeps the hits with the highest places: a heap with the lowest of them in
// front.
type top struct {
	hits []hit
	size int
}

func newTop(size int) *top { return &top{size: size} }

func (t *top) add(h hit) {
	switch {
	case len(t.hits) < t.size:
		heap.Push(t, h)
	case t.hits[0].place < h.place:
		t.hits[0] = h
		heap.Fix(t, 0)
	}
}

func (t *top) sorted() []hit {
	slices.SortFunc(t.hits, func(a, b hit) int { return cmp.Compare(b.place, a.place) })
	return t.hits
}

func (t *top) Len() int           { return len(t.hits) }
func (t *top) Less(i, j int) bool { return t.hits[i].place < t.hits[j].place }
func (t *top) Swap(i, j int)      { t.hits[i], t.hits[j] = t.hits[j], t.hits[i] }
func (t *top) Push(h any)         { t.hits = append(t.hits, h.(hit)) }
func (t *top) Pop() (last any) {
	last, t.hits = t.hits[len(t.hits)-1], t.hits[:len(t.hits)-1]
	return last
}

// withPhrases keeps the stories in which the words of each phrase stand one
// behind the other.
func (x *Index) withPhrases(ctx context.Context, ids []string, phrases [][]string) ([]string, error) {
	var want []string
	for _, p := range phrases {
		want = append(want, inOrder(strings.Join(p, " ")))
	}
	kept := ids[:0]
	for _, id := range ids {
		e, err := x.store.Story(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var text []string
		for _, passage := range passages(e) {
			text = append(text, inOrder(passage.text))
		}
		whole := strings.Join(text, "\n")
		if !slices.ContainsFunc(want, func(p string) bool { return !strings.Contains(whole, p) }) {
			kept = append(kept, id)
		}
	}
	return kept, nil
}

// inOrder is a text's words, each between two spaces.
func inOrder(text string) string {
	var b strings.Builder
	b.WriteByte(' ')
	eachWord(text, func(word string, together bool) {
		if together && len([]rune(word)) > 1 {
			return // each letter comes by itself, too
		}
		b.WriteString(fold(word))
		b.WriteByte(' ')
	})
	return b.String()
}
