package store

import (
	"slices"
	"testing"
)

func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"ferry", "The FERRY sails.", true},
		{"ferry", "Ferryman", false},
		{"art", "A party starts", false},
		{"art", "State-of-the-art", true},
		{"night  Ferry", "the Night\n ferry sails", true},
		{"night ferry", "night's ferry", false},
		{"cafe", "In the Café", true},
		{"CAFÉ", "in the cafe", true},
		{"strasse", "Hauptstr. und Straße", true},
		{"ﬁre", "Fire", true},
		{"й", "и", true}, // an accent as any other
		{"日本", "新日本語の船", true},
		{"c++", "C++17 is here", true},
		{"c++", "objc++", false},
		{"a.b", "axb", false},
		{"a/b", "A/B test", true},
		{"/", "either/or", true},
		{"ab", "aab ab", true},
		{"/rail(way)?s?/", "Two RAILWAYS meet", true},
		{"/rail(way)?s?/", "derailed", true},
		{`/\brail\b/`, "derailed", false},
		{"/Café [0-9]+/", "the cafe 7", true},
		{"/^night/", "Night ferry", true},
		{`/\W{3}/`, "a – b", true},
	} {
		p, err := ParsePattern(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		if got := p.in(newSearched(tt.text)); got != tt.want {
			t.Errorf("%s in %q: %v", tt.pattern, tt.text, got)
		}
	}
	for pattern, want := range map[string]string{
		"":        "is empty",
		"  ":      "is empty",
		"/(/":     "is no regular expression: missing closing ): (",
		"/(?=a)/": "is no regular expression: invalid or unsupported Perl syntax: (?=",
		"//":      "fits every text: an expression that fits an empty one does",
		"/x*/":    "fits every text: an expression that fits an empty one does",
	} {
		if _, err := ParsePattern(pattern); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
}

func TestFilter(t *testing.T) {
	s := told("The night ferry sails again.")
	s.Headline = "Port Ansel"
	s.Narratives = []Narrative{{"Left", []string{"A scandal, says the harbour."}, nil}}
	for _, tt := range []struct {
		include, exclude []string
		want             string
	}{
		{nil, nil, ""},
		{[]string{"lamp", "ferry"}, nil, ""},
		{[]string{"port ansel"}, nil, ""},
		{[]string{"scandal"}, nil, "it has none of the words to include"},
		{nil, []string{"lamp"}, ""},
		{nil, []string{"lamp", "SCANDAL"}, `it has "SCANDAL", which is to be excluded`},
		{[]string{"ferry"}, []string{"/sails?/"}, `it has "/sails?/", which is to be excluded`},
	} {
		f, err := NewFilter(tt.include, tt.exclude)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Refuses(s); got != tt.want {
			t.Errorf("%q, %q: %q, want %q", tt.include, tt.exclude, got, tt.want)
		}
	}
	var topics Topics
	for topic, words := range map[string][]string{"Transport": {"tram", "ferry"}, "islands": {"/ansel/"}, "scandals": {"scandal"}} {
		if err := topics.Add(topic, words); err != nil {
			t.Fatal(err)
		}
	}
	s.Topics = []string{"transport"}
	if got := topics.Of(s); !slices.Equal(got, []string{"transport", "islands"}) {
		t.Errorf("topics %q", got)
	}
	if err := topics.Add("x", []string{"/(/"}); err == nil {
		t.Error("a senseless expression is taken")
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("night ferry", "The Night Ferry")
	f.Add("/rail(way)?/", "Straße")
	f.Add("ẞ日", "\xff")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := ParsePattern(pattern)
		if err != nil {
			return
		}
		p.in(newSearched(text))
		if s := newSearched(pattern); p.expression == nil && !p.in(s) {
			t.Errorf("%q is not in itself: %+v", pattern, s)
		}
	})
}
