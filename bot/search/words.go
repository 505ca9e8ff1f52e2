package search

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/ar"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/es"
	"github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"github.com/blevesearch/bleve/v2/analysis/lang/hi"
	"github.com/blevesearch/bleve/v2/analysis/lang/pt"
	"github.com/blevesearch/bleve/v2/analysis/lang/ru"
	"github.com/blevesearch/bleve/v2/registry"
	index "github.com/blevesearch/bleve_index_api"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// stemmed are the languages whose words are found in whatever form they take.
// Words of others are found as they are, whatever their case and accents.
var stemmed = []string{ar.AnalyzerName, de.AnalyzerName, en.AnalyzerName, es.AnalyzerName, fr.AnalyzerName, hi.AnalyzerName, pt.AnalyzerName, ru.AnalyzerName}

// stemmer gives the terms that a language's words are indexed by.
type stemmer struct {
	analyzer analysis.Analyzer // nil: the language has none
	mu       sync.Mutex
	known    map[string][]term
}

// term is what words are indexed by. The index takes it in the form of freq,
// which is the same wherever the term stands.
type term struct {
	text string
	freq *index.TokenFreq
}

func newTerm(text string) term { return term{text, &index.TokenFreq{Term: []byte(text)}} }

// maxKnown is how many words a stemmer remembers: most of any text is made of
// few.
const maxKnown = 1 << 15

// stemmers are those of all languages; that of all others has no name.
type stemmers map[string]*stemmer

func newStemmers() (stemmers, error) {
	all := stemmers{"": {}}
	cache := registry.NewCache()
	for _, name := range stemmed {
		a, err := cache.AnalyzerNamed(name)
		if err != nil {
			return nil, fmt.Errorf("analysis of language %s: %w", name, err)
		}
		all[name] = &stemmer{analyzer: a}
	}
	return all, nil
}

// of gives the stemmer of a story's language, "pt-BR".
func (all stemmers) of(language string) *stemmer {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if s, ok := all[base]; ok {
		return s
	}
	return all[""]
}

// terms gives what a word is indexed by: itself first, without case and
// accents, and its stem if that is another.
func (s *stemmer) terms(word string) []term {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.known[word]; ok {
		return known
	}
	word = strings.Clone(word) // not the whole text that it stands in
	terms := []term{newTerm(fold(word))}
	if s.analyzer != nil {
		for _, t := range s.analyzer.Analyze([]byte(word)) {
			if stem := fold(string(t.Term)); stem != terms[0].text && len(stem) > 1 {
				terms = append(terms, newTerm(stem))
			}
		}
	}
	if s.known == nil || len(s.known) >= maxKnown {
		s.known = map[string][]term{}
	}
	s.known[word] = terms
	return terms
}

// asked gives all terms that a word which a reader typed may be indexed by,
// whatever its language.
func (all stemmers) asked(word string) []string {
	terms := []string{fold(word)}
	if strings.ContainsFunc(word, spaceless) {
		return terms
	}
	for _, name := range stemmed {
		for _, t := range all[name].terms(word) {
			if !slices.Contains(terms, t.text) {
				terms = append(terms, t.text)
			}
		}
	}
	return terms
}

// maxWord is the longest word that is indexed, in bytes; what is longer is no
// word, and found by its beginning.
const maxWord = 64

// eachWord calls fn with the words of a text. Letters of scripts that put no
// spaces between words are taken one by one, and with with their neighbours by
// two: together is whether a word is of such letters.
func eachWord(text string, fn func(word string, together bool)) {
	start, previous := -1, -1
	end := func(at int) {
		if start >= 0 {
			fn(cut(text[start:at]), false)
		}
		start = -1
	}
	for i, r := range text {
		switch {
		case spaceless(r):
			end(i)
			after := i + len(string(r))
			if previous >= 0 {
				fn(text[previous:after], true)
			}
			fn(text[i:after], true)
			previous = i
			continue
		case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r):
			if start < 0 {
				start = i
			}
		default:
			end(i)
		}
		previous = -1
	}
	end(len(text))
}

// cut shortens a word that is none.
func cut(word string) string {
	if len(word) <= maxWord {
		return word
	}
	return strings.ToValidUTF8(word[:maxWord], "")
}

// spaceless reports whether a letter belongs to a script that puts no spaces
// between words.
func spaceless(r rune) bool {
	return r >= 0x0e00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// fold gives words that a reader would call the same one form: without case,
// accents, ligatures and widths. Only the marks that stand on European letters
// are accents: elsewhere they spell.
func fold(word string) string {
	ascii := true
	for i := range len(word) {
		if word[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(word)
	}
	bare := strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36f {
			return -1
		}
		return r
	}, norm.NFKD.String(word))
	return cases.Fold().String(norm.NFC.String(bare))
}
