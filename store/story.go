package store

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Story is one event, told in neutral, cited bullets and then in opposing
// narratives. Its JSON form is the one that preview, export, import and the
// API share: unknown fields are errors on the way in, empty ones are left out
// on the way out.
type Story struct {
	// ID lasts as long as the story: it comes from the source's own identity
	// (path, guid, URL), prefixed by the source's name: "desk:port-ansel.txt".
	ID         string      `json:"id,omitempty"`
	Headline   string      `json:"headline"`
	Date       Date        `json:"date,omitzero"`
	Language   string      `json:"language,omitempty"` // BCP 47, "en"
	URL        string      `json:"url,omitempty"`
	Topics     []string    `json:"topics,omitempty"`
	Image      *Image      `json:"image,omitempty"`
	Bullets    []Bullet    `json:"bullets"`
	Narratives []Narrative `json:"narratives,omitempty"`
	Sources    []Source    `json:"sources,omitempty"`
	// Credit is due to whoever the story is taken from; each post shows it.
	Credit *Credit `json:"credit,omitempty"`
	// Revision counts the forms of the story that readers could tell apart,
	// from 1. The store sets it, and Updated with it.
	Revision int       `json:"revision,omitempty"`
	Updated  time.Time `json:"updated,omitzero"`
}

// Image is a story's picture. A credit without a URL is kept, but not posted.
type Image struct {
	URL     string `json:"url,omitempty"`
	Credit  string `json:"credit,omitempty"`
	Caption string `json:"caption,omitempty"`
	Alt     string `json:"alt,omitempty"`
}

// Credit names whose work a story is, where its licence asks for that. Any
// field but Name may be empty.
type Credit struct {
	Name       string `json:"name"`
	URL        string `json:"url,omitempty"`
	License    string `json:"license,omitempty"` // "CC BY-NC 4.0"
	LicenseURL string `json:"license_url,omitempty"`
}

// Bullet is one neutral statement with the numbers of the sources it cites.
//
// Citations holds every number cited, in order of appearance. A mark at the
// bullet's end is taken out of Text; a mark in the middle stays there as [n].
// A bracketed number in Text is a citation mark exactly if Citations holds it:
// "[2022]" in running text is not. A mark at the end that also stands in the
// middle stays in Text too, so that nothing of the original is lost.
type Bullet struct {
	Text      string `json:"text"`
	Citations []int  `json:"citations,omitempty"`
}

// Narrative is one side's telling. Label is as the story has it, without the
// word "narrative": "Establishment-critical", "Left", "Pro-X". Marks in
// Paragraphs follow the rule of Bullet; those at the end of the last paragraph
// are taken out.
type Narrative struct {
	Label      string   `json:"label"`
	Paragraphs []string `json:"paragraphs"`
	Citations  []int    `json:"citations,omitempty"`
}

// Source is one numbered article that the story cites. Any field but N may be
// empty.
type Source struct {
	N       int      `json:"n"`
	Outlet  string   `json:"outlet,omitempty"`
	Title   string   `json:"title,omitempty"`
	URL     string   `json:"url,omitempty"`
	Date    Date     `json:"date,omitzero"`
	Leaning *Leaning `json:"leaning,omitempty"`
}

// Leaning is where an outlet is said to stand: LR from 1 (left) to 5 (right),
// CP from 1 (establishment-critical) to 5 (pro-establishment), 0 unknown.
type Leaning struct {
	LR int `json:"lr,omitempty"`
	CP int `json:"cp,omitempty"`
}

// Side says which of the two narratives that have commands of their own a
// narrative is.
type Side int

// The sides. Other labels (Left, Right, Pro-X, Narrative A…) are OtherSide and
// are asked for by their label.
const (
	OtherSide Side = iota
	Critical
	Establishment
)

var (
	criticalLabel      = regexp.MustCompile(`(?i)^\s*(anti[- ]?establishment|establishment[- ]critical|critical)\s*$`)
	establishmentLabel = regexp.MustCompile(`(?i)^\s*(pro[- ]?establishment|establishment|pro)\s*$`)
)

// Side reads the narrative's side off its label.
func (n Narrative) Side() Side {
	switch {
	case criticalLabel.MatchString(n.Label):
		return Critical
	case establishmentLabel.MatchString(n.Label):
		return Establishment
	}
	return OtherSide
}

// Date is a day or an instant, as exact as its source. The zero Date is
// unknown.
type Date struct {
	Time time.Time
	// Exact says that the clock time is known too, not only the day.
	Exact bool
}

// Day makes the Date of a day.
func Day(year int, month time.Month, day int) Date {
	return Date{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// ParseDate reads the text form: "2022-11-02", or RFC 3339.
func ParseDate(s string) (Date, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return Date{Time: t}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: want a day (2022-11-02) or a time (RFC 3339)", s)
	}
	return Date{Time: t, Exact: true}, nil
}

// IsZero reports whether the date is unknown.
func (d Date) IsZero() bool { return d.Time.IsZero() }

// String gives the text form that ParseDate reads; empty if unknown.
func (d Date) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Exact:
		return d.Time.Format(time.RFC3339)
	}
	return d.Time.Format(time.DateOnly)
}

// MarshalText gives the text form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text form; an empty text is an unknown date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// Source gives the source with number n, or false if the story has none.
func (s *Story) Source(n int) (Source, bool) {
	for _, src := range s.Sources {
		if src.N == n {
			return src, true
		}
	}
	return Source{}, false
}

// Cited gives every number that the story cites, in order of appearance.
func (s *Story) Cited() []int {
	var all []int
	seen := map[int]bool{}
	add := func(ns []int) {
		for _, n := range ns {
			if !seen[n] {
				seen[n] = true
				all = append(all, n)
			}
		}
	}
	for _, b := range s.Bullets {
		add(b.Citations)
	}
	for _, n := range s.Narratives {
		add(n.Citations)
	}
	return all
}

// SameForReader reports whether no reader could tell a from b. Identity,
// revision and the time of the update are not what a reader sees.
func SameForReader(a, b Story) bool {
	for _, s := range []*Story{&a, &b} {
		s.ID, s.Revision, s.Updated = "", 0, time.Time{}
		s.URL = CanonicalURL(s.URL)
		s.Sources = append([]Source(nil), s.Sources...)
		for i := range s.Sources {
			s.Sources[i].URL = CanonicalURL(s.Sources[i].URL)
		}
		if s.Image != nil {
			img := *s.Image
			img.URL = CanonicalURL(img.URL)
			s.Image = &img
		}
	}
	return bytes.Equal(encode(a), encode(b))
}

// KeepDates gives s with the dates that it had, if nothing else about it
// changed: feeds date anew what is as it was.
func KeepDates(had, s Story) Story {
	kept := s
	keep := func(d *Date, had Date) {
		if !had.IsZero() && !d.IsZero() {
			*d = had
		}
	}
	keep(&kept.Date, had.Date)
	kept.Sources = append([]Source(nil), s.Sources...)
	for i := range min(len(kept.Sources), len(had.Sources)) {
		keep(&kept.Sources[i].Date, had.Sources[i].Date)
	}
	if SameForReader(had, kept) {
		return kept
	}
	return s
}

// A Mark is a citation mark found in a text: the bytes from Start to End stand
// for number N.
type Mark struct{ Start, End, N int }

var markPattern = regexp.MustCompile(`\[(\d{1,4})\]`)

// Marks finds the citation marks in text: the bracketed numbers that citations
// holds.
func Marks(text string, citations []int) []Mark {
	var marks []Mark
	for _, m := range markPattern.FindAllStringSubmatchIndex(text, -1) {
		n, err := strconv.Atoi(text[m[2]:m[3]])
		if err != nil {
			continue
		}
		for _, c := range citations {
			if c == n {
				marks = append(marks, Mark{m[0], m[1], n})
				break
			}
		}
	}
	return marks
}

// Trailing gives the citations that have no mark in text: those that are shown
// behind it.
func Trailing(text string, citations []int) []int {
	in := map[int]bool{}
	for _, m := range Marks(text, citations) {
		in[m.N] = true
	}
	var rest []int
	for _, c := range citations {
		if !in[c] {
			rest = append(rest, c)
		}
	}
	return rest
}
