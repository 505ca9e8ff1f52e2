package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func told(bullets ...string) Story {
	var s Story
	for _, b := range bullets {
		s.Bullets = append(s.Bullets, Bullet{Text: b, Citations: []int{1, 2, 3}})
	}
	return s
}

func TestAlike(t *testing.T) {
	const one, two = "The night ferry sails again after nine years.", "A cabin costs what it did in 2017, the operator says."
	for _, tt := range []struct {
		name     string
		a, b     Story
		low, top float64
	}{
		{"the same", told(one, two), told(one, two), 1, 1},
		{"in another order, with other marks", told(one, two), told(two, "The night[2] ferry sails again, after nine years![3]"), 1, 1},
		{"one bullet of two", told(one, two), told(one), 1, 1},
		{"one word of eight", told(one), told("The night ferry sails again after ten years."), 0.66, 0.67},
		{"one of two", told(one), told("The lamp of Saint Wenna burns by day.", one[:20]), 0, 0.5},
		{"nothing", told(one), told("The council of Saint Wenna met."), 0, 0},
		{"the same words, otherwise put", told(one), told("Nine years after, again the ferry sails night."), 0, 0.1},
		{"a script without spaces", told("夜行フェリーが九年ぶりに再開する"), told("夜行フェリーが十年ぶりに再開する"), 0.7, 0.8},
		{"a word", told("Fire"), told("fire."), 1, 1},
		{"no words", told("…"), told("…"), 0, 0},
		{"no bullets", Story{}, told(one), 0, 0},
	} {
		x, y := sketchOf(tt.a), sketchOf(tt.b)
		got, back := alike(x, y), alike(y, x)
		if got < tt.low || got > tt.top || got != back {
			t.Errorf("%s: %.3f and %.3f, want %.2f to %.2f", tt.name, got, back, tt.low, tt.top)
		}
	}
}

// What is too long to be kept whole is measured nearly as well.
func TestAlikeOfLongTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string { return fmt.Sprint("w", r.IntN(1e9)) }
	for _, share := range []float64{0, 0.2, 0.5, 0.8, 1} {
		var a, b []string
		for range 20 * sketchSize {
			w := word()
			a = append(a, w)
		}
		same := int(share * float64(len(a)))
		b = append(b, a[:same]...)
		for len(b) < len(a) {
			b = append(b, word())
		}
		got := alike(sketchOf(told(strings.Join(a, " "))), sketchOf(told(strings.Join(b, " "))))
		if math.Abs(got-share) > 3/math.Sqrt(sketchSize) {
			t.Errorf("%.2f in common measures as %.2f", share, got)
		}
	}
}

func TestRicher(t *testing.T) {
	cited := func(n int) Story {
		s := told("One.")
		for i := range n {
			s.Sources = append(s.Sources, Source{N: i + 1})
		}
		return s
	}
	long := told("One.")
	long.Narratives = []Narrative{{"Left", []string{strings.Repeat("word ", 100)}, nil}}
	more := told("One.")
	more.Narratives = []Narrative{{"Left", []string{"Short."}, nil}, {"Right", []string{"Short."}, nil}}
	picture := told("One.")
	picture.Image = &Image{URL: "https://anselpost.example/i"}
	credit := told("One.")
	credit.Image = &Image{Credit: "L. Roe"}
	order := []Story{
		told("One."), picture, told(strings.Repeat("word ", 30)), told("One.", "Two."), cited(1), cited(2), long, more,
	}
	for i, a := range order {
		for j, b := range order {
			if richer(a, b) != (i > j) {
				t.Errorf("richer(%d, %d) is %v", i, j, richer(a, b))
			}
		}
	}
	if richer(told("One of these."), told("One.")) || richer(credit, told("One.")) {
		t.Error("a few words more, or a credit without a picture, are richer")
	}
}

func TestPageOf(t *testing.T) {
	for _, same := range [][]string{
		{"https://anselpost.example/a", "http://www.AnselPost.example:80/a/", "https://anselpost.example:443/a?utm_source=rss#top"},
		{"https://anselpost.example/?id=7&b=1", "https://anselpost.example?b=1&id=7"},
		{"", "https://anselpost.example/", "https://anselpost.example", "mailto:a@b.example", "::", "/a"},
		{"https://anselpost.example/A"},
		{"https://anselpost.example:8080/a"},
		{"https://m.anselpost.example/a"},
	} {
		for _, u := range same {
			if got := pageOf(u); got != pageOf(same[0]) || got == pageOf("https://anselpost.example/other") {
				t.Errorf("%q is %q, %q is %q", same[0], pageOf(same[0]), u, got)
			}
		}
	}
}

func FuzzAlike(f *testing.F) {
	f.Add("The night ferry sails.", "The night ferry")
	f.Add("夜行", "\xff[1] ")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := sketchOf(told(a)), sketchOf(told(b))
		if got := alike(x, y); got < 0 || got > 1 || got != alike(y, x) {
			t.Errorf("%q and %q: %v", a, b, got)
		}
		if got := alike(x, x); x.size > 0 && got != 1 {
			t.Errorf("%q and itself: %v", a, got)
		}
	})
}
