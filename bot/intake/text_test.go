package intake_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"briefbot/bot/intake"
	"briefbot/store"
)

// read parses a story that must be one.
func read(t *testing.T, text string) store.Story {
	t.Helper()
	s, err := one(intake.ParseText("story.txt", []byte(text)))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

const whole = `Ferry Line Reopens After Nine Years

    Ferry Line Reopens After Nine Years
    Updated Nov 02, 2026
    Topics: transport, coast
    Language: en
    Link: https://example.org/ferry
    Image: https://example.org/ferry.jpg
    Image credit: A. Lind [via Coast Photo]
    Image caption: The first boat
      leaves the quay.
    Image alt: A white ferry at a quay.

    • The ferry sailed on Monday.[1]
    • Fares are fixed until 2028 [sic], the line says,[2] and
      may rise then.[1, 3]

    • Three boats [2022] were bought second-hand.[2-4]

    Establishment-critical narrative

    The line was closed to save money,[2] and that
    cost more.

    It should never have been sold.[3]

    Pro-establishment narrative

    Nine years of repairs are over.

    Articles on this story

    [1] Coast Post: "Ferry back" (Nov 01, 2026) (LR: 3 CP: 5) https://example.org/a
    2. Herald: A quay, rebuilt (28 October 2026)
       https://example.net/b
    3) https://example.com/c
    [4] Quay Radio
`

var wholeStory = store.Story{
	Headline: "Ferry Line Reopens After Nine Years",
	Date:     store.Day(2026, 11, 2),
	Topics:   []string{"transport", "coast"},
	Language: "en",
	URL:      "https://example.org/ferry",
	Image: &store.Image{
		URL:     "https://example.org/ferry.jpg",
		Credit:  "A. Lind [via Coast Photo]",
		Caption: "The first boat leaves the quay.",
		Alt:     "A white ferry at a quay.",
	},
	Bullets: []store.Bullet{
		{Text: "The ferry sailed on Monday.", Citations: []int{1}},
		{Text: "Fares are fixed until 2028 [sic], the line says,[2] and may rise then.", Citations: []int{2, 1, 3}},
		{Text: "Three boats [2022] were bought second-hand.", Citations: []int{2, 3, 4}},
	},
	Narratives: []store.Narrative{
		{
			Label:      "Establishment-critical",
			Paragraphs: []string{"The line was closed to save money,[2] and that cost more.", "It should never have been sold."},
			Citations:  []int{2, 3},
		},
		{Label: "Pro-establishment", Paragraphs: []string{"Nine years of repairs are over."}},
	},
	Sources: []store.Source{
		{N: 1, Outlet: "Coast Post", Title: "Ferry back", Date: store.Day(2026, 11, 1), Leaning: &store.Leaning{LR: 3, CP: 5}, URL: "https://example.org/a"},
		{N: 2, Outlet: "Herald", Title: "A quay, rebuilt", Date: store.Day(2026, 10, 28), URL: "https://example.net/b"},
		{N: 3, URL: "https://example.com/c"},
		{N: 4, Outlet: "Quay Radio"},
	},
}

func TestParseTextWhole(t *testing.T) {
	forms := map[string]string{
		"as it is":        whole,
		"CRLF and BOM":    "\ufeff" + strings.ReplaceAll(whole, "\n", "\r\n"),
		"CR":              strings.ReplaceAll(whole, "\n", "\r"),
		"tabs":            strings.ReplaceAll(whole, "    ", "\t"),
		"no-break spaces": strings.ReplaceAll(whole, "    ", "\u00a0\u00a0"),
		"spaces at ends":  strings.ReplaceAll(whole, "\n", " \u00a0\t\n"),
		"no indentation":  strings.ReplaceAll(whole, "    ", ""),
		"rules":           strings.ReplaceAll(whole, "\n\n", "\n\n-----\n\n"),
		"wide gaps":       strings.ReplaceAll(whole, "\n\n", "\n\n\n \n"),
		"title key":       "Title: " + whole,
		"list called sources": strings.ReplaceAll(whole, "Articles on this story",
			"SOURCES:"),
	}
	for _, sign := range []string{"-", "*", "–", "—", "·", "◦", "\u200f•"} {
		forms["bullets with "+sign] = strings.ReplaceAll(whole, "•", sign)
	}
	for name, text := range forms {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(wholeStory, read(t, text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWrite writes a story in each form.
func TestWrite(t *testing.T) {
	for name, write := range map[string]func(store.Story) []byte{
		"whole.txt": intake.WriteText, "whole.md": intake.WriteMarkdown, "whole.yaml": intake.WriteYAML, "whole.html": intake.WriteHTML,
	} {
		name, got := filepath.Join("testdata", name), write(wholeStory)
		if *update {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestParseTextHead(t *testing.T) {
	tests := []struct {
		name, head, headline string
		date                 store.Date
	}{
		{"once", "Rain", "Rain", store.Date{}},
		{"twice without a blank line", "Rain\nRain", "Rain", store.Date{}},
		{"wrapped", "Rain falls\nfor a week", "Rain falls for a week", store.Date{}},
		{"wrapped and twice", "Rain falls\nfor a week\n\n  Rain falls\n  for a week", "Rain falls for a week", store.Date{}},
		{"date first", "28 June 2024\n\nRain", "Rain", store.Day(2024, 6, 28)},
		{"a date as headline", `\28 June 2024`, "28 June 2024", store.Date{}},
		{"with the word narrative", "A Narrative of Rain", "A Narrative of Rain", store.Date{}},
		{"a headline like a date line", "Updated Rules For Boats\nUpdated 08 Jul 2024", "Updated Rules For Boats", store.Day(2024, 7, 8)},
		{"wrapped without spaces", "豪雨は\n続く", "豪雨は続く", store.Date{}},
		{"right to left", "المطر يستمر", "المطر يستمر", store.Date{}},
		{"escaped", `\Topics: none`, "Topics: none", store.Date{}},
		{"long month", "Rain\nUpdated: Tuesday, November 1st, 2022", "Rain", store.Day(2022, 11, 1)},
		{"dotted month", "Rain\nPublished Sept. 9, 2022", "Rain", store.Day(2022, 9, 9)},
		{"ISO", "Rain\nUpdated 2022-11-02", "Rain", store.Day(2022, 11, 2)},
		{"no-break spaces", "Rain\nUpdated\u00a0Nov\u00a002,\u00a02022", "Rain", store.Day(2022, 11, 2)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := read(t, tt.head+"\n\n• It rains.")
			if s.Headline != tt.headline || s.Date != tt.date {
				t.Errorf("got %q, %v; want %q, %v", s.Headline, s.Date, tt.headline, tt.date)
			}
		})
	}
	s := read(t, "Rain\nUpdated 2022-11-02T09:00:00+01:00\n\n• It rains.")
	if got := s.Date.String(); got != "2022-11-02T09:00:00+01:00" {
		t.Errorf("exact date: %s", got)
	}
}

func TestCitations(t *testing.T) {
	tests := []struct {
		in, text string
		cited    []int
	}{
		{"Rain fell.[1]", "Rain fell.", []int{1}},
		{"Rain fell. [1] [2]", "Rain fell.", []int{1, 2}},
		{"Rain fell.[1], [2]", "Rain fell.", []int{1, 2}},
		{"Rain fell.[1, 3]", "Rain fell.", []int{1, 3}},
		{"Rain fell.[2-4]", "Rain fell.", []int{2, 3, 4}},
		{"Rain fell.[2–4; 7]", "Rain fell.", []int{2, 3, 4, 7}},
		{"Rain,[1, 2] then snow.[3]", "Rain,[1][2] then snow.", []int{1, 2, 3}},
		{"Rain fell [1].", "Rain fell [1].", []int{1}},
		{"Rain,[2] then snow.[1][2]", "Rain,[2] then snow.[2]", []int{2, 1}},
		{"It rained more than in [2022], they said [sic].", "It rained more than in [2022], they said [sic].", nil},
		{"In [2022] they did.[2031]", "In [2022] they did.", []int{2031}},
		{"Nothing [] [0] [01] [a] [1,] [4-2] [1-200] here.", "Nothing [] [0] [01] [a] [1,] [4-2] [1-200] here.", nil},
		{`Row \[5] of \\[6].`, `Row [5] of \[6].`, []int{6}},
		{`At the end \[5]`, "At the end [5]", nil},
		{`AC\DC played.[1]`, `AC\DC played.`, []int{1}},
		{"“Rain,” she said.[1]", "“Rain,” she said.", []int{1}},
		{"雨が降った。[1]", "雨が降った。", []int{1}},
		{"هطل المطر.[1]", "هطل المطر.", []int{1}},
	}
	for _, tt := range tests {
		s := read(t, "Rain\n\n• "+tt.in+"\n\nSources\n\n[1] A\n[2031] B")
		want := []store.Bullet{{Text: tt.text, Citations: tt.cited}}
		if diff := cmp.Diff(want, s.Bullets); diff != "" {
			t.Errorf("%s\n%s", tt.in, diff)
		}
		if diff := cmp.Diff(s, read(t, string(intake.WriteText(s)))); diff != "" {
			t.Errorf("%s written and read:\n%s", tt.in, diff)
		}
	}
}

func TestNarratives(t *testing.T) {
	label := func(l string, paragraphs ...string) store.Narrative {
		return store.Narrative{Label: l, Paragraphs: paragraphs}
	}
	tests := []struct {
		name, in string
		want     []store.Narrative
	}{
		{"none", "", nil},
		{"bare labels", "Coastal Alliance\n\nIt is late.\n\nNerd:\n\nIt is 2 a.m.", []store.Narrative{
			label("Coastal Alliance", "It is late."), label("Nerd", "It is 2 a.m.")}},
		{"no blank lines", "Left narrative\nIt is late.\nRight Narrative:\nIt is not.", []store.Narrative{
			label("Left", "It is late."), label("Right", "It is not.")}},
		{"marked", "# Left\nIt is late.\n## Pro-X narrative\nIt is not.", []store.Narrative{
			label("Left", "It is late."), label("Pro-X", "It is not.")}},
		{"labels that begin with narrative", "Narrative A\n\nOne.\n\nNarrative B\n\nTwo.", []store.Narrative{
			label("Narrative A", "One."), label("Narrative B", "Two.")}},
		{"the word in a wrapped line", "Left narrative\n\nThey all accept the official\nnarrative\nwithout a word.", []store.Narrative{
			label("Left", "They all accept the official narrative without a word.")}},
		{"a short paragraph", "Left narrative\n\nEnough is enough\n\nIt is late.\n\nAnd over", []store.Narrative{
			label("Left"), label("Enough is enough", "It is late.", "And over")}[1:]},
		{"a short paragraph, escaped", "Left narrative\n\n\\Enough is enough\n\nIt is late.", []store.Narrative{
			label("Left", "Enough is enough", "It is late.")}},
		{"a heading over headings", "The Views\n\nLeft narrative\n\nIt is late.", []store.Narrative{label("Left", "It is late.")}},
		{"nothing under it", "Left narrative\n\nRight narrative\n\nIt is late.", []store.Narrative{label("Right", "It is late.")}},
		{"a list in it", "Left narrative\n\nTwo reasons:\n- It is late.\n- It is dark.", []store.Narrative{
			label("Left", "Two reasons:", "- It is late.", "- It is dark.")}},
		{"behind the sources", "Sources\n\nLeft narrative\n\nIt is late.", []store.Narrative{label("Left", "It is late.")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := read(t, "Rain\n\n• It rains.\n\n"+tt.in)
			if diff := cmp.Diff(tt.want, s.Narratives); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(s, read(t, string(intake.WriteText(s)))); diff != "" {
				t.Errorf("written and read:\n%s", diff)
			}
		})
	}
}

func TestSources(t *testing.T) {
	day := store.Day(2026, 11, 1)
	full := store.Source{N: 1, Outlet: "Coast Post", Title: "Ferry back", Date: day, URL: "https://example.org/a"}
	tests := []struct {
		in   string
		want []store.Source
	}{
		{`[1] Coast Post: "Ferry back" (Nov 01, 2026) https://example.org/a`, []store.Source{full}},
		{`[1] Coast Post, “Ferry back”, 1 November 2026, https://example.org/a.`, []store.Source{full}},
		{`1. Coast Post – "Ferry back" – 2026-11-01 <https://example.org/a>`, []store.Source{full}},
		{"1) Coast Post\n   Ferry back\n   Nov 01, 2026\n   https://example.org/a", []store.Source{full}},
		{"[1]\nCoast Post\n\"Ferry back\"\n(Nov 1, 2026)\n\nhttps://example.org/a", []store.Source{full}},
		{"Coast Post\nFerry back\nNov 01, 2026\nhttps://example.org/a", []store.Source{full}},
		{"• [1] Coast Post: Ferry back (Nov 01, 2026)\n  https://example.org/a", []store.Source{full}},
		{"[1] Coast Post: \"Ferry\nback\" (Nov 01, 2026) https://example.org/a", []store.Source{full}},
		{"[1] \"Ferry back\"\nCoast Post\nNov 01, 2026\nhttps://example.org/a", []store.Source{full}},
		{"https://example.org/a\nhttps://example.org/b", []store.Source{
			{N: 1, URL: "https://example.org/a"}, {N: 2, URL: "https://example.org/b"}}},
		{"Coast Post: Ferry back https://example.org/a\nHerald: A quay https://example.org/b", []store.Source{
			{N: 1, Outlet: "Coast Post", Title: "Ferry back", URL: "https://example.org/a"},
			{N: 2, Outlet: "Herald", Title: "A quay", URL: "https://example.org/b"}}},
		{"- Coast Post\n- Herald", []store.Source{{N: 1, Outlet: "Coast Post"}, {N: 2, Outlet: "Herald"}}},
		{"[3]\n[7] The ferry comes back to its quay", []store.Source{{N: 3}, {N: 7, Title: "The ferry comes back to its quay"}}},
		{"[1] Coast Post (LR: 3 CP: 5)", []store.Source{{N: 1, Outlet: "Coast Post", Leaning: &store.Leaning{LR: 3, CP: 5}}}},
		{"[1] Coast Post (CP:2) https://example.org/a", []store.Source{
			{N: 1, Outlet: "Coast Post", Leaning: &store.Leaning{CP: 2}, URL: "https://example.org/a"}}},
		{"[1] Coast Post: He said \"no\" (part 2)", []store.Source{{N: 1, Outlet: "Coast Post", Title: `He said "no" (part 2)`}}},
		{"[1] Coast Post: \"He \\\"won\\\"\"", []store.Source{{N: 1, Outlet: "Coast Post", Title: `He "won"`}}},
		{"[1] Coast Post: The official narrative", []store.Source{{N: 1, Outlet: "Coast Post", Title: "The official narrative"}}},
	}
	for _, tt := range tests {
		s := read(t, "Rain\n\n• It rains.\n\nArticles on this story\n\n"+tt.in)
		if diff := cmp.Diff(tt.want, s.Sources); diff != "" {
			t.Errorf("%s\n%s", tt.in, diff)
		}
		if diff := cmp.Diff(s, read(t, string(intake.WriteText(s)))); diff != "" {
			t.Errorf("%s written and read:\n%s", tt.in, diff)
		}
	}
}

func TestParseTextErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", "s.txt:1: the file is empty; write a headline, then bullets that begin with •"},
		{"blank", " \n\ufeff\n\t", "s.txt:1: the file is empty; write a headline, then bullets that begin with •"},
		{"binary", "Rain\n\n• It\x00rains", "s.txt:3:5: a NUL byte: the file is no text; save the story as plain UTF-8 text"},
		{"Latin-1", "Rain\n\n• Caf\xe9", "s.txt:3:6: byte 0xe9 is no UTF-8; save the file as UTF-8"},
		{"UTF-16", "\xff\xfeR\x00", "s.txt:1: the text is in UTF-16; save it as UTF-8"},
		{"too large", "Rain\n\n• " + strings.Repeat("It rains. ", 110_000), "s.txt:1: the file is larger than 1 MiB; a story is a few pages of text: split the file, or keep it elsewhere"},
		{"no headline", "• It rains.", "s.txt:1: no headline; write it on the first line, with a blank line behind it"},
		{"no bullets", "\nRain\n\nLeft narrative\n\nIt rains.", "s.txt:2: no bullets behind the headline; write each fact on a line of its own that begins with •, - or *"},
		{"empty bullets", "Rain\n\n•\n•", "s.txt:1: the bullets are empty; write each fact behind its •"},
		{"no date", "Rain\nUpdated: Smarch 13, 2026\n\n• It rains.", `s.txt:2: "Smarch 13, 2026" is no date; write it as Nov 02, 2026, as 2 November 2026 or as 2026-11-02`},
		{"no such day", "Rain\nUpdated Feb 30, 2026\n\n• It rains.", `s.txt:2: "Feb 30, 2026" is no date; write it as Nov 02, 2026, as 2 November 2026 or as 2026-11-02`},
		{"no address", "Rain\n\nLink: example.org\n\n• It rains.", `s.txt:3: "example.org" is no web address; write it whole, with https://`},
		{"a stray line", "Rain\n\nBy A. Lind\n\n• It rains.", "s.txt:3: text between the headline and the first bullet; make it a bullet, or take it out"},
		{"a stray paragraph", "Rain\n\n• It rains.\n\nIt is a wet year.", "s.txt:5: a paragraph that belongs to no narrative; give it a heading that ends in the word narrative, or make it a bullet"},
		{"a number twice", "Rain\n\n• It rains.\n\nSources\n[1] A\n[1] B", "s.txt:7: source 1 stands twice in the list; give each its own number"},
		{"a line behind the list", "Rain\n\n• It rains.\n\nSources\n[1] A\n\nSign up!", "s.txt:8: a line behind the list of sources that is no part of it; begin it with its number, as [4], or take it out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := one(intake.ParseText("s.txt", []byte(tt.in)))
			if e := (*intake.Error)(nil); !errors.As(err, &e) {
				t.Fatalf("error %v is no *Error", err)
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
			if !cmp.Equal(s, store.Story{}) {
				t.Errorf("a story beside the error: %v", s)
			}
		})
	}
}

// TestSamples reads the stories that the demo shows.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "sandbox", "stories", "*.txt"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d sample stories, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			s := read(t, string(data))
			if s.Date.IsZero() || s.Image == nil || len(s.Topics) == 0 || len(s.Narratives) < 2 || len(s.Sources) < 3 {
				t.Error("an incomplete sample")
			}
			for _, n := range s.Cited() {
				if _, ok := s.Source(n); !ok {
					t.Errorf("cites %d, which is not in its list", n)
				}
			}
			for _, src := range s.Sources {
				if src.Outlet == "" || src.Title == "" || src.Date.IsZero() || src.URL == "" {
					t.Errorf("source %d lacks something: %+v", src.N, src)
				}
			}
			short, long := 1<<20, 0
			for _, n := range s.Narratives {
				words := len(strings.Fields(strings.Join(n.Paragraphs, " ")))
				short, long = min(short, words), max(long, words)
			}
			if short < 55 || long > 115 || long-short > 20 {
				t.Errorf("narratives of %d to %d words", short, long)
			}
			if diff := cmp.Diff(s, read(t, string(intake.WriteText(s)))); diff != "" {
				t.Errorf("written and read:\n%s", diff)
			}
		})
	}
}
