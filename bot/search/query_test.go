package search

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	for text, want := range map[string]Query{
		"":                                     {},
		"night ferry":                          {Words: []string{"night", "ferry"}},
		"night-ferry, Ansel's!":                {Words: []string{"night", "ferry", "Ansel", "s"}},
		`"night ferry" late`:                   {Words: []string{"late"}, Phrases: [][]string{{"night", "ferry"}}},
		`"ferry"`:                              {Words: []string{"ferry"}},
		`"night ferry`:                         {Phrases: [][]string{{"night", "ferry"}}},
		"«night ferry»":                        {Phrases: [][]string{{"night", "ferry"}}},
		"topic:world":                          {Topics: []string{"world"}},
		"TOPIC: world ferry":                   {Words: []string{"ferry"}, Topics: []string{"world"}},
		"topic：世界":                             {Topics: []string{"世界"}},
		`outlet:"Harbour Post"`:                {Outlets: []string{"Harbour Post"}},
		`outlet:”Harbour Post” x`:              {Words: []string{"x"}, Outlets: []string{"Harbour Post"}},
		"topic:":                               {},
		"https://sea.example/x":                {Words: []string{"https", "sea", "example", "x"}},
		"re:union":                             {Words: []string{"re", "union"}},
		"2026-11-02":                           {From: day(2026, 11, 2), Until: day(2026, 11, 3)},
		`"2026-11-02"`:                         {Phrases: [][]string{{"2026", "11", "02"}}},
		"2026":                                 {Words: []string{"2026"}},
		"2026-13-02":                           {Words: []string{"2026", "13", "02"}},
		"on:2026-12":                           {From: day(2026, 12, 1), Until: day(2027, 1, 1)},
		"on:2026":                              {From: day(2026, 1, 1), Until: day(2027, 1, 1)},
		"after:2026-11 before:2026-11-05":      {From: day(2026, 11, 1), Until: day(2026, 11, 5)},
		"after:2026-11-04 after:2026-11-02":    {From: day(2026, 11, 4)},
		"after:yesterday":                      {Unread: []string{"yesterday"}},
		"before:0000":                          {Unread: []string{"0000"}},
		"渡轮":                                   {Words: []string{"渡", "渡轮", "轮"}},
		strings.Repeat("a ", 40):               {Words: strings.Fields(strings.Repeat("a ", maxWords))},
		strings.Repeat("ab", 300) + " topic:x": {Words: []string{strings.Repeat("ab", maxWord/2)}},
	} {
		if diff := cmp.Diff(want, Parse(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// Whatever is typed is understood as something of bounded size, and asked
// without harm.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", `night "ferry to" topic:world outlet:"A B" after:2026-11-01`, "on:2026-11 渡轮 «x", "topic:topic:", "\xff\xfe:\"", "ÅÄ̈ß ﬁ"} {
		f.Add(s)
	}
	all, err := newStemmers()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := Parse(text)
		if len(q.Words) > maxWords || len(q.Phrases)+len(q.Topics)+len(q.Outlets)+len(q.Unread) > maxWords {
			t.Errorf("more is looked for than has a bound: %+v", q)
		}
		words := q.Words
		for _, p := range q.Phrases {
			if len(p) < 2 || len(p) > maxWords {
				t.Errorf("a phrase of %d words", len(p))
			}
			words = append(words, p...)
		}
		for _, w := range words {
			if w == "" || len(w) > maxWord || !utf8.ValidString(w) || strings.ContainsAny(w, " \t\n\"") {
				t.Errorf("%q is a word", w)
			}
			for _, term := range all.asked(w) {
				if !utf8.ValidString(term) {
					t.Errorf("%q becomes %q", w, term)
				}
			}
			if n := edits(w); n > 2 {
				t.Errorf("%d letters of %q may differ", n, w)
			}
		}
	})
}
