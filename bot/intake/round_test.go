package intake_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"briefbot/bot/intake"
	"briefbot/store"
)

// one takes the only story that a parser gave.
func one(all []store.Story, err error) (store.Story, error) {
	switch {
	case err != nil && all != nil:
		return store.Story{}, fmt.Errorf("stories beside the error %w", err)
	case err != nil:
		return store.Story{}, err
	case len(all) != 1:
		return store.Story{}, fmt.Errorf("%d stories", len(all))
	}
	return all[0], nil
}

// FuzzParseText: whatever is read is written and read to the same story, and
// an error comes without one.
func FuzzParseText(f *testing.F) {
	f.Add([]byte(whole))
	for _, pattern := range []string{"testdata/*.txt", "testdata/forms/*.txt", "../sandbox/stories/*.txt"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("Title: \\Rain\r\rUpdated 2022-11-02T09:00:00+01:00\n* a [1][1, 2] \\[3]\n  b[2-4],[1]\n\n# N\n\\- x\n\nY\nSources\n1. A: \"b\" (LR:1)\nhttps://a.b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := intake.ParseText("f", data)
		checkError(t, all, err)
		for _, s := range all {
			checkText(t, s)
			checkFields(t, s)
		}
	})
}

// checkError holds an error to its promise: it has a place, and comes without a
// story.
func checkError(t *testing.T, all []store.Story, err error) {
	t.Helper()
	if err == nil {
		if len(all) == 0 {
			t.Fatal("neither a story nor an error")
		}
		return
	}
	if e := (*intake.Error)(nil); !errors.As(err, &e) || e.Line < 1 {
		t.Fatalf("error without a place: %v", err)
	}
	if len(all) > 0 {
		t.Fatalf("stories beside error %v", err)
	}
}

// checkText writes a story as text and reads it.
func checkText(t *testing.T, s store.Story) {
	t.Helper()
	text := intake.WriteText(s)
	again, err := one(intake.ParseText("again", text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(s, again); diff != "" {
		t.Fatalf("%s\n%s", diff, text)
	}
}

// fields are the forms that hold all of a story.
var fields = []struct {
	name  string
	write func(store.Story) []byte
	parse func(string, []byte) ([]store.Story, error)
}{
	{"JSON", intake.WriteJSON, intake.ParseJSON},
	{"YAML", intake.WriteYAML, intake.ParseYAML},
	{"Markdown", intake.WriteMarkdown, intake.ParseMarkdown},
}

// checkFields writes a story in each of these forms and reads it.
func checkFields(t *testing.T, s store.Story) {
	t.Helper()
	for _, form := range fields {
		data := form.write(s)
		again, err := one(form.parse("again", data))
		if err != nil {
			t.Fatalf("as %s: %v\n%s", form.name, err, data)
		}
		if !store.SameForReader(s, again) || s.ID != again.ID {
			t.Fatalf("as %s: %s\n%s", form.name, cmp.Diff(s, again), data)
		}
	}
}

// FuzzParseJSON: whatever is read as JSON survives the text form, in the form
// that the text form gives.
func FuzzParseJSON(f *testing.F) {
	f.Add(intake.WriteJSON(wholeStory))
	f.Add([]byte(`{"headline":"a","bullets":[{"text":"b"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := intake.ParseJSON("f", data)
		checkError(t, all, err)
		for _, s := range all {
			for _, form := range fields[:2] { // Markdown folds white space, as the text form does
				again, err := one(form.parse("again", form.write(s)))
				if err != nil || !store.SameForReader(s, again) {
					t.Fatalf("as %s: %v\n%s\n%s", form.name, err, cmp.Diff(s, again), form.write(s))
				}
			}
			text, err := one(intake.ParseText("text", intake.WriteText(s)))
			if err != nil {
				t.Fatalf("%v\n%s", err, intake.WriteText(s))
			}
			if len(text.Bullets) != len(s.Bullets) || len(text.Narratives) != len(s.Narratives) || len(text.Sources) != len(s.Sources) {
				t.Fatalf("%s\n%s", cmp.Diff(s, text), intake.WriteText(s))
			}
		}
	})
}

// texts are what stories may hold and what the text form could take for
// something else.
var texts = []string{
	"Plain words.", "No stop", "Updated Nov 02, 2026", "Updated: never", "Topics: a", "Title: b", "Image: c",
	"• bullet", "- dash", "–", "---", "* * *", "_____", "# mark", "## Left narrative", "#tag", "Left narrative", "narrative",
	"The official narrative", "Narrative A", "Articles on this story", "Sources", "SOURCES:", "Articles narrative",
	`\`, `\\`, `\x`, `\[1]`, `a\`, `\• b`, "[1] first", "[sic]", "[2022]", "in [5] the middle", "[1, 3] group", "range [2-4].",
	"at the end [5]", "ends in a colon:", "1. one", "[1]", "1)", "https://example.org/x", "“curly”", `"straight"`, `a "b" c`,
	"(Nov 01, 2026)", "x, May 1, 2026", "(LR: 3 CP: 5)", "May 1, 2026", "https://example.org/a b", "<https://example.org>",
	"豪雨は続く。", "المطر", "non\u00a0break", "\u200f• marked", "Name: other", "Outlet, inc.", "a: \"b\"", `"a": "b"`, `"`, `"a": b`,
	"A name of a good many words", strings.Repeat("long ", 40) + "narrative", "Q?", "“quote",
}

// randomStory makes a story that the text form can hold, out of texts that
// make it hard.
func randomStory(r *rand.Rand) store.Story {
	text := func() string { return texts[r.IntN(len(texts))] }
	maybe := func() string {
		if r.IntN(2) == 0 {
			return ""
		}
		return text()
	}
	date := func() store.Date {
		switch r.IntN(3) {
		case 0:
			return store.Day(r.IntN(3000)+1, time.Month(r.IntN(12)+1), r.IntN(28)+1)
		case 1:
			return store.Date{Time: time.Date(2026, 11, 2, r.IntN(24), 30, 15, 0, time.UTC), Exact: true}
		}
		return store.Date{}
	}
	address := func() string { return []string{"", "https://example.org/x.", "http://example.net/a?b=(c)"}[r.IntN(3)] }
	s := store.Story{Headline: text(), Date: date(), Language: []string{"", "en"}[r.IntN(2)], URL: address()}
	for range r.IntN(3) {
		s.Topics = append(s.Topics, []string{"world", "a b", "x:y"}[r.IntN(3)])
	}
	if img := (store.Image{URL: address(), Credit: maybe(), Caption: maybe(), Alt: maybe()}); img != (store.Image{}) {
		s.Image = &img
	}
	if r.IntN(2) == 0 {
		s.Credit = &store.Credit{Name: text(), URL: address(), License: maybe(), LicenseURL: address()}
	}
	// Numbers from 11 on stand in no text, so that a mark in one is never a
	// citation by chance.
	cite := func(text string) (string, []int) {
		switch r.IntN(4) {
		case 0:
			return text, []int{11, 12}
		case 1:
			return "Said,[13] " + text, []int{13, 11}
		case 2:
			return text + " [12] again", []int{12}
		}
		return text, nil
	}
	for range r.IntN(4) + 1 {
		var b store.Bullet
		b.Text, b.Citations = cite(text())
		s.Bullets = append(s.Bullets, b)
	}
	for range r.IntN(4) {
		n := store.Narrative{Label: text()}
		for range r.IntN(3) {
			n.Paragraphs = append(n.Paragraphs, text())
		}
		var last string
		last, n.Citations = cite(text())
		n.Paragraphs = append(n.Paragraphs, last)
		s.Narratives = append(s.Narratives, n)
	}
	for i := range r.IntN(5) {
		src := store.Source{N: i*7 + 1, Outlet: maybe(), Title: maybe(), URL: address(), Date: date()}
		if r.IntN(2) == 0 {
			src.Leaning = &store.Leaning{LR: r.IntN(6), CP: r.IntN(5) + 1}
		}
		s.Sources = append(s.Sources, src)
	}
	return s
}

func TestWriteTextHoldsAnything(t *testing.T) {
	for seed := range uint64(3000) {
		s := randomStory(rand.New(rand.NewPCG(seed, 0)))
		text := intake.WriteText(s)
		again, err := one(intake.ParseText("again", text))
		if err != nil {
			t.Fatalf("story %d: %v\n%s", seed, err, text)
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Fatalf("story %d: %s\n%s", seed, diff, text)
		}
		checkFields(t, s)
	}
}

// TestWriteTextFolds: what one line can't hold does no harm.
func TestWriteTextFolds(t *testing.T) {
	s := store.Story{
		Headline: "Rain\n\n• not a bullet",
		Topics:   []string{"a\nUpdated Nov 02, 2026"},
		URL:      "javascript:alert(1)",
		Bullets:  []store.Bullet{{Text: "It rains\x00 \xff\r\n• here.[1]\n", Citations: []int{1}}, {Text: " "}},
		Narratives: []store.Narrative{
			{Label: "Left\nnarrative", Paragraphs: []string{"One.\n\nSources\n\n[1] Two."}},
		},
		Sources: []store.Source{{N: 1, Outlet: "A\n[2] B", URL: "ftp://example.org"}},
	}
	want := store.Story{
		Headline: "Rain • not a bullet",
		Topics:   []string{"a Updated Nov 02", "2026"},
		Bullets:  []store.Bullet{{Text: "It rains \ufffd • here.", Citations: []int{1}}},
		Narratives: []store.Narrative{
			{Label: "Left narrative", Paragraphs: []string{"One. Sources [1] Two."}},
		},
		Sources: []store.Source{{N: 1, Outlet: "A [2] B"}},
	}
	if diff := cmp.Diff(want, read(t, string(intake.WriteText(s)))); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkParseText reads the sample stories, and the seed if its folder is
// named.
func BenchmarkParseText(b *testing.B) {
	patterns := []string{"../sandbox/stories/*.txt"}
	if dir := os.Getenv("BRIEFBOT_STORIES"); dir != "" {
		patterns = append(patterns, filepath.Join(dir, "seed.txt"))
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			b.Fatalf("no stories: %v", err)
		}
		var all [][]byte
		var size int64
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			all, size = append(all, data), size+int64(len(data))
		}
		b.Run(filepath.Base(pattern), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				for i, data := range all {
					if _, err := one(intake.ParseText(files[i], data)); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
