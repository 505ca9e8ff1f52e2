package store

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"
)

// memory is an engine for one goroutine, as far as migrations need one.
type memory struct {
	Engine
	keys map[string][]byte
}

func (m memory) View(_ context.Context, fn func(Reader) error) error { return fn(m) }

func (m memory) Update(_ context.Context, fn func(Writer) error) error {
	before := maps.Clone(m.keys)
	err := fn(m)
	if err != nil {
		clear(m.keys)
		maps.Copy(m.keys, before)
	}
	return err
}

func (m memory) Get(k string) []byte    { return m.keys[k] }
func (m memory) Put(k string, v []byte) { m.keys[k] = v }
func (m memory) Delete(k string)        { delete(m.keys, k) }

func (m memory) Scan(from, to string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, k := range slices.Sorted(maps.Keys(m.keys)) {
			if from <= k && k < to && !yield(k, m.keys[k]) {
				return
			}
		}
	}
}

func (m memory) ScanBack(string, string) iter.Seq2[string, []byte] { panic("no migration scans back") }

var errPower = errors.New("power failure")

// Data of an old schema is lifted step by step; an interrupted migration goes on
// where it was, and a step that was finished is not made again.
func TestMigrate(t *testing.T) {
	m := memory{keys: map[string][]byte{"schema": []byte("1"), "word\x00a": []byte("1"), "word\x00b": []byte("1")}}
	var made []string
	fails := true
	steps := map[int]func(context.Context, Engine) error{
		1: func(ctx context.Context, e Engine) error {
			made = append(made, "1→2")
			return e.Update(ctx, func(w Writer) error {
				for k, v := range w.Scan("word", "word\xff") {
					w.Put(k, append(v, '2'))
				}
				return nil
			})
		},
		2: func(ctx context.Context, e Engine) error {
			made = append(made, "2→3")
			return e.Update(ctx, func(w Writer) error {
				for k, v := range w.Scan("word", "word\xff") {
					w.Put(k, append(slices.Clone(v), '3'))
				}
				if fails {
					return errPower
				}
				return nil
			})
		},
	}
	if err := migrate(t.Context(), m, 3, steps); !errors.Is(err, errPower) {
		t.Fatalf("interrupted: %v", err)
	}
	if got := string(m.keys["schema"]); got != "2" {
		t.Fatalf("schema %s after an interruption in the second step", got)
	}
	fails = false
	if err := migrate(t.Context(), m, 3, steps); err != nil {
		t.Fatal(err)
	}
	if want := []string{"1→2", "2→3", "2→3"}; !slices.Equal(made, want) {
		t.Errorf("steps made: %v, want %v", made, want)
	}
	if got := string(m.keys["word\x00a"]); got != "123" {
		t.Errorf("a value is %q", got)
	}
	if err := migrate(t.Context(), m, 2, steps); !errors.Is(err, ErrNewer) {
		t.Errorf("an older program: %v", err)
	}
}

// Every schema that ever was can be lifted to this one.
func TestMigrationsAreWhole(t *testing.T) {
	for from := range Schema {
		if migrations[from] == nil {
			t.Errorf("there is no migration from schema %d", from)
		}
	}
	m := memory{keys: map[string][]byte{}}
	if _, err := Open(t.Context(), m, time.Now()); err != nil {
		t.Fatal(err)
	}
}

func TestSameForReader(t *testing.T) {
	base := func() Story {
		return Story{
			ID: "a", Headline: "h", URL: "https://example.org/x?a=1&b=2",
			Bullets: []Bullet{{Text: "t", Citations: []int{1}}},
			Image:   &Image{URL: "https://example.org/i?w=1"},
			Sources: []Source{{N: 1, URL: "https://example.org/s?id=7"}},
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*Story)
		same   bool
	}{
		{"nothing", func(*Story) {}, true},
		{"identity", func(s *Story) { s.ID, s.Revision, s.Updated = "b", 7, time.Now() }, true},
		{"order of parameters", func(s *Story) { s.URL = "https://example.org/x?b=2&a=1" }, true},
		{"tracking", func(s *Story) { s.Sources[0].URL = "https://example.org/s?utm_source=x&id=7&fbclid=y" }, true},
		{"a parameter's value", func(s *Story) { s.Sources[0].URL = "https://example.org/s?id=8" }, false},
		{"a bullet", func(s *Story) { s.Bullets[0].Text = "T" }, false},
		{"a citation", func(s *Story) { s.Bullets[0].Citations = nil }, false},
		{"the picture", func(s *Story) { s.Image.URL = "https://example.org/j" }, false},
		{"no picture", func(s *Story) { s.Image = nil }, false},
		{"a narrative", func(s *Story) { s.Narratives = []Narrative{{Label: "Left"}} }, false},
	} {
		a, b := base(), base()
		tt.change(&b)
		if got := SameForReader(a, b); got != tt.same {
			t.Errorf("%s: same is %v", tt.name, got)
		}
	}
}

func TestKeepDates(t *testing.T) {
	day := func(d int) Date { return Day(2026, 11, d) }
	had := Story{Headline: "h", Date: day(1), Bullets: []Bullet{{Text: "t"}}, Sources: []Source{{N: 1, Date: day(1)}, {N: 2}}}
	for _, tt := range []struct {
		name   string
		change func(*Story)
		kept   bool
	}{
		{"dates", func(s *Story) { s.Date, s.Sources[0].Date = day(2), day(3) }, true},
		{"a date that was unknown", func(s *Story) { s.Sources[1].Date = day(2) }, false},
		{"a date that is gone", func(s *Story) { s.Date = Date{} }, false},
		{"dates and a text", func(s *Story) { s.Date, s.Headline = day(2), "H" }, false},
		{"dates and a source", func(s *Story) { s.Date, s.Sources = day(2), s.Sources[:1] }, false},
	} {
		is := had
		is.Sources = slices.Clone(had.Sources)
		tt.change(&is)
		got := KeepDates(had, is)
		if SameForReader(got, had) != tt.kept || SameForReader(got, is) == tt.kept {
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
}

func TestCanonicalURL(t *testing.T) {
	for address, want := range map[string]string{
		"https://a.example/x":                                    "https://a.example/x",
		"https://a.example/x?b=2&a=1":                            "https://a.example/x?a=1&b=2",
		"https://a.example/x?UTM_Source=rss&at_campaign=y&id=7":  "https://a.example/x?id=7",
		"https://a.example/x?gclid=1&mkt_tok=2&msclkid=3#part-2": "https://a.example/x#part-2",
		"https://a.example/x#xtor=RSS-1":                         "https://a.example/x",
		"https://a.example/x?utm=1&atlas=2":                      "https://a.example/x?atlas=2&utm=1",
		"tag:a.example,2026:1":                                   "tag:a.example,2026:1",
		"%zz?utm_source=rss":                                     "%zz?utm_source=rss",
	} {
		if got := CanonicalURL(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	text, cites := "In [2022] he said [sic] it [1][2], twice.[1]", []int{1, 2, 3}
	var got []int
	for _, m := range Marks(text, cites) {
		got = append(got, m.N)
	}
	if !slices.Equal(got, []int{1, 2, 1}) {
		t.Errorf("marks %v", got)
	}
	if rest := Trailing(text, cites); !slices.Equal(rest, []int{3}) {
		t.Errorf("trailing %v", rest)
	}
}
