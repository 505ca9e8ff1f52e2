package brief

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"briefbot/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// languages are those of the program, and english is the tests'.
var (
	languages = func() *Languages {
		l, err := LoadLanguages()
		if err != nil {
			panic(err)
		}
		return l
	}()
	english = languages.Voice("en")
)

// ferry is a story with everything.
func ferry() store.Entry {
	return store.Entry{Short: "k7m2p", Seq: 1, Story: store.Story{
		ID:       "desk:ferry.txt",
		Headline: "Night ferry returns to Port Ansel",
		Date:     store.Day(2026, time.November, 2),
		URL:      "https://anselpost.example/ferry",
		Topics:   []string{"transport", "islands"},
		Image:    &store.Image{URL: "https://anselpost.example/marguerite.jpg", Credit: "L. Roe", Caption: "The Marguerite", Alt: "A white ship at a pier"},
		Bullets: []store.Bullet{
			{Text: "The night ferry sails again after nine years.", Citations: []int{1, 2}},
			{Text: "The operator says [3] that 300 people fit in, up from 120 in [2017].", Citations: []int{3}},
			{Text: "A cabin costs what it did.", Citations: []int{4}},
		},
		Narratives: []store.Narrative{
			{Label: "Establishment-critical", Paragraphs: []string{"The islands waited nine years for a promise [2].", "They will remember who broke it."}, Citations: []int{2, 1}},
			{Label: "Pro-establishment", Paragraphs: []string{"A careful council waited until the sums added up."}},
		},
		Sources: []store.Source{
			{N: 1, Outlet: "Ansel Post", Title: "Ferry is back", URL: "https://anselpost.example/back", Date: store.Day(2026, time.November, 1), Leaning: &store.Leaning{LR: 2, CP: 1}},
			{N: 2, Outlet: "Sea Wire", Title: "Night boats return", URL: "https://seawire.example/boats"},
			{N: 3, URL: "https://harbour.example/statement"},
		},
	}}
}

// bare is the least that is a story.
func bare() store.Entry {
	return store.Entry{Short: "a2b3c", Story: store.Story{
		ID: "desk:bare.txt", Headline: "Lighthouse goes dark",
		Bullets: []store.Bullet{{Text: "The lamp of Cape Orrin was put out.", Citations: []int{1}}},
	}}
}

// credited is a story that is someone's work.
func credited() store.Entry {
	e := ferry()
	e.Short = "c4d5e"
	e.Story.Credit = &store.Credit{Name: "Island News", URL: "https://islandnews.example", License: "CC BY 4.0", LicenseURL: "https://licences.example/by"}
	return e
}

// many has more narratives than buttons in a row.
func many() store.Entry {
	e := ferry()
	e.Story.Narratives = nil
	for _, l := range []string{"Left", "Right", "Coastal Union", "Cynical", "Nerd"} {
		e.Story.Narratives = append(e.Story.Narratives, store.Narrative{Label: l, Paragraphs: []string{l + " words."}})
	}
	return e
}

func updated() store.Entry {
	e := bare()
	e.Story.Revision, e.Story.Updated = 3, time.Date(2026, 11, 3, 14, 5, 0, 0, time.UTC)
	return e
}

func retracted() store.Entry {
	e := updated()
	e.Retracted, e.Removed = true, time.Date(2026, 11, 4, 9, 0, 0, 0, time.UTC)
	return e
}

func TestGolden(t *testing.T) {
	day := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	for name, m := range map[string]Message{
		"post":            english.Post(ferry(), false),
		"post folded":     english.Post(ferry(), true),
		"post bare":       english.Post(bare(), true),
		"post many":       english.Post(many(), false),
		"post updated":    english.Post(updated(), false),
		"post retracted":  english.Post(retracted(), false),
		"post credited":   english.Post(credited(), true),
		"side credited":   english.Side(credited(), store.Critical),
		"digest credited": english.Digest(day, []store.Entry{credited(), bare()}),
		"source credited": english.Sources(credited()),
		"critical":        english.Side(ferry(), store.Critical),
		"establishment":   english.Side(ferry(), store.Establishment),
		"no side":         english.Side(many(), store.Critical),
		"no narratives":   english.Side(bare(), store.Critical),
		"third narrative": english.NarrativeAt(many(), Narrative(2)),
		"narratives":      english.Narratives(ferry(), 1),
		"narratives many": english.Narratives(many(), 1),
		"sources":         english.Sources(ferry()),
		"source":          english.Source(ferry(), 1),
		"no source":       english.Source(ferry(), 7),
		"today":           english.Today(day, []store.Entry{ferry(), bare()}, Page{Number: 2, More: true, Turn: Action{Verb: ShowToday}}),
		"nothing today":   english.NothingToday(day),
		"topics":          english.Topics([]TopicCount{{"transport", 2}, {"islands", 1}}, Page{Number: 1, More: true, Turn: Action{Verb: ShowTopics}}),
		"topic":           english.Topic("islands", []store.Entry{ferry()}, Page{Number: 2}),
		"sources missing": english.Sources(bare()),
		"digest":          english.Digest(day, []store.Entry{ferry(), bare()}),
		"list":            english.List(TitleLatest, []store.Entry{ferry(), bare()}),
		"found":           english.Found(Results{Words: "ferry <b>", Name: "k2x9", Stories: []store.Entry{ferry(), bare()}, Page: 2, Total: 19, Built: 42}),
		"help":            english.Help([]Command{{Name: "critical", Help: HelpCritical}, {Name: "latest", Help: HelpLatest}, {Name: "manage", Audience: Admins}, {Name: "rule", Audience: Admins}}, false),
	} {
		t.Run(name, func(t *testing.T) {
			got := read(m)
			path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// read writes a message as plain text.
func read(m Message) string {
	var b strings.Builder
	for _, block := range m.Blocks {
		switch x := block.(type) {
		case Headline:
			fmt.Fprintf(&b, "# %s <%s>\n", x.Text, x.URL)
		case Dateline:
			fmt.Fprintf(&b, "%s · %s\n", x.Date, strings.Join(x.Topics, ", "))
		case Picture:
			fmt.Fprintf(&b, "picture %s (%s; %s; %s)\n", x.URL, x.Caption, x.Credit, x.Alt)
		case Bullet:
			fmt.Fprintf(&b, "• %s\n", readText(x.Text))
		case Heading:
			fmt.Fprintf(&b, "## %s\n", x.Text)
		case Paragraph:
			fmt.Fprintf(&b, "%s\n", readText(x.Text))
		case Fold:
			fmt.Fprintf(&b, "▸ %s\n", x.Label)
			for _, p := range x.Paragraphs {
				fmt.Fprintf(&b, "  %s\n", readText(p))
			}
		case Item:
			fmt.Fprintf(&b, "%s %s\n", x.Mark, readText(x.Text))
		case Note:
			fmt.Fprintf(&b, "(%s)\n", readText(x.Text))
		}
	}
	for _, button := range m.Buttons {
		fmt.Fprintf(&b, "[%s] %s\n", button.Label, button.Data("t.0"))
	}
	if len(m.Menu.Options) > 0 {
		fmt.Fprintf(&b, "[%s ▾]\n", m.Menu.Hint)
		for _, button := range m.Menu.Options {
			fmt.Fprintf(&b, "  [%s] %s\n", button.Label, button.Data("t.0"))
		}
	}
	return b.String()
}

func readText(t Text) string {
	var b strings.Builder
	for _, s := range t {
		text := s.Text
		if s.Bold {
			text = "*" + text + "*"
		}
		if s.Italic {
			text = "_" + text + "_"
		}
		if s.URL != "" {
			text += "<" + s.URL + ">"
		}
		b.WriteString(text)
	}
	return b.String()
}

func TestAction(t *testing.T) {
	const tag = "3k2j5h8d1a.0"
	for data, a := range map[string]Action{
		"1/crit/k7m2p/3k2j5h8d1a.0":                       {Verb: ShowCritical, Story: "k7m2p"},
		"2/more/k7m2p/2.x/3k2j5h8d1a.0":                   {Verb: ShowNarratives, Story: "k7m2p", With: "2.x"},
		"2/latest//abcdefghijklmnopqrstuvwx/3k2j5h8d1a.0": {Verb: ShowLatest, With: "abcdefghijklmnopqrstuvwx"},
	} {
		if got := a.Data(tag); got != data {
			t.Errorf("data %q, want %q", got, data)
		}
		if got, gotTag, err := ParseAction(data); err != nil || got != a || gotTag != tag {
			t.Errorf("read back %+v, %q, %v", got, gotTag, err)
		}
		payload := a.Payload(tag)
		if len(payload) > 64 || strings.ContainsFunc(payload, func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", r)
		}) {
			t.Errorf("payload %q", payload)
		}
		if got, gotTag, err := ParsePayload(payload); err != nil || got != a || gotTag != tag {
			t.Errorf("read back %+v, %q, %v", got, gotTag, err)
		}
	}
	for _, bad := range []string{"", "crit", "2/crit/k7m2p/t", "1//k7m2p/t", "1/crit/k7m2p", "1/crit/k7m2p/t/x", "2/crit/k7m2p//t", "3/crit/k7m2p/t"} {
		if _, _, err := ParseAction(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// pack spreads blocks over messages of at most n bytes, and gives their texts.
func pack(n int, blocks ...Block) []string {
	size := func(bs []Block) bool { return len(read(Message{Blocks: bs})) <= n }
	var all []string
	for _, bs := range Pack(blocks, size) {
		all = append(all, read(Message{Blocks: bs}))
	}
	return all
}

func TestPack(t *testing.T) {
	bullet := func(s string) Block { return Bullet{Plain(s)} }
	for _, tt := range []struct {
		name   string
		n      int
		blocks []Block
		want   []string
	}{
		{"all in one", 100, []Block{bullet("one"), bullet("two")}, []string{"• one\n• two\n"}},
		{"between bullets", 12, []Block{bullet("one"), bullet("two")}, []string{"• one\n", "• two\n"}},
		{
			"between sentences, not behind an abbreviation", 45,
			[]Block{bullet("On Tues. Pres. Ono spoke. The council of Sec. Ray left. Nobody stayed.")},
			[]string{"• On Tues. Pres. Ono spoke.\n", "The council of Sec. Ray left. Nobody stayed.\n"},
		},
		{
			"a citation stays with its sentence", 30,
			[]Block{Bullet{Text{{Text: "One is said."}, {Text: "[1]", Cite: true}, {Text: " Two is said."}}}},
			[]string{"• One is said.[1]\n", "Two is said.\n"},
		},
		{
			"a citation behind a turn of direction stays with its sentence", 40,
			[]Block{Bullet{Text{{Text: "Says ابج."}, {Text: "\u200e"}, {Text: "[1]", Cite: true}, {Text: " Two is said by him."}}}},
			[]string{"• Says ابج.\u200e[1]\n", "Two is said by him.\n"},
		},
		{"between words", 16, []Block{bullet("alpha beta gamma delta")}, []string{"• alpha beta\n", "gamma delta\n"}},
		{"between characters", 10, []Block{bullet("ааааа")}, []string{"• аа\n", "ааа\n"}},
		{
			"a heading stays with what it heads", 22,
			[]Block{Paragraph{Plain("introduction")}, Heading{"Left"}, Paragraph{Plain("words of it")}},
			[]string{"introduction\n", "## Left\nwords of it\n"},
		},
		{
			"a fold between its paragraphs, under its label each time", 32,
			[]Block{Fold{"Left", []Text{Plain("first thought"), Plain("second thought")}}},
			[]string{"▸ Left\n  first thought\n", "▸ Left\n  second thought\n"},
		},
		{
			"a fold between sentences", 24,
			[]Block{Fold{"Left", []Text{Plain("It is so. It was not.")}}},
			[]string{"▸ Left\n  It is so.\n", "▸ Left\n  It was not.\n"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := pack(tt.n, tt.blocks...)
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// However small the messages, every character that is not white space comes
// through, in order, and none is too large.
func FuzzPack(f *testing.F) {
	f.Add("One. Two three.\n\nfour [1] five", 30)
	f.Add("日本語の文章です。次の文です。👩‍🚀👩‍🚀", 24)
	f.Fuzz(func(t *testing.T, text string, n int) {
		if n < 20 || n > 5000 || len(text) > 5000 || !utf8.ValidString(text) {
			return
		}
		letters := func(s string) string { return strings.Join(strings.Fields(s), "") }
		var got strings.Builder
		plain := func(bs []Block) string {
			s := ""
			for _, b := range bs {
				switch b := b.(type) {
				case Bullet:
					s += b.Text.String()
				case Paragraph:
					s += b.Text.String()
				}
			}
			return s
		}
		fits := func(bs []Block) bool { return len(plain(bs)) <= n }
		for _, bs := range Pack([]Block{Bullet{Plain(text)}, Paragraph{Plain(text)}}, fits) {
			if s := plain(bs); len(s) > n && len(s) > 64 {
				t.Errorf("%d bytes in a message of %d", len(s), n)
			}
			got.WriteString(plain(bs))
		}
		if got, want := letters(got.String()), letters(text+text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
