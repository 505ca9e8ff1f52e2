package brief

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"briefbot/store"
)

func TestVoiceOfACode(t *testing.T) {
	for _, tt := range []struct {
		wanted []string
		want   string
	}{
		{nil, "en"}, {[]string{""}, "en"}, {[]string{"no code at all"}, "en"}, {[]string{"\xff"}, "en"},
		{[]string{"en-GB"}, "en"}, {[]string{"en-US"}, "en"},
		{[]string{"de"}, "de"}, {[]string{"de-AT"}, "de"}, {[]string{"DE_ch"}, "de"},
		{[]string{"fr-CA"}, "fr"}, {[]string{"es-ES"}, "es"}, {[]string{"es-419"}, "es"}, {[]string{"es-MX"}, "es"},
		{[]string{"pt-BR"}, "pt"}, {[]string{"pt-PT"}, "pt"}, {[]string{"ar-EG"}, "ar"}, {[]string{"uk"}, "uk"},
		{[]string{"zh"}, "zh"}, {[]string{"zh-CN"}, "zh"}, {[]string{"zh-TW"}, "zh"}, {[]string{"zh-Hans"}, "zh"}, {[]string{"zh-hant-hk"}, "zh"},
		{[]string{"nb"}, "en"}, {[]string{"no"}, "en"}, {[]string{"ja"}, "en"},
		{[]string{"ja", "ru", "de"}, "ru"}, {[]string{"", "fr"}, "fr"},
	} {
		if got := languages.Voice(tt.wanted...).Code(); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.wanted, got, tt.want)
		}
	}
}

func TestCheckLanguage(t *testing.T) {
	for _, code := range []string{"en", "de-AT", "pt-BR", "zh-TW", "zh-Hans", "es-419"} {
		if err := CheckLanguage(code); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, code := range []string{"nb", "ja", "be", "ca"} {
		err := CheckLanguage(code)
		if err == nil || err.Error() != "want one of en, ar, de, es, fr, hi, pt, ru, uk, zh" {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// visible shows the invisible signs of direction.
var visible = strings.NewReplacer(firstStrongIsolate, "⟦", popDirectionalIsolate, "⟧", rightToLeftMark, "⟵", leftToRightMark, "⟶")

// What people read in each language: a post, a narrative, the sources, the
// help, and what is said instead of an answer.
func TestGoldenLanguages(t *testing.T) {
	for _, v := range languages.Voices() {
		t.Run(v.Code(), func(t *testing.T) {
			post := ferry()
			post.Story.Bullets = post.Story.Bullets[:1]
			post.Story.Revision, post.Story.Updated = 2, updated().Story.Updated
			var b strings.Builder
			for _, m := range []Message{
				v.Post(post, true), v.Post(retracted(), false), v.Side(ferry(), store.Critical), v.Side(many(), store.Critical), v.Sources(ferry()), v.Sources(bare()),
				v.Digest(updated().Story.Updated, []store.Entry{bare()}), v.List(TitleWhich, []store.Entry{ferry()}),
				v.Help([]Command{{Name: "critical", Called: NameCritical, Help: HelpCritical}, {Name: "establishment", Called: NameEstablishment, Help: HelpEstablishment}}, true),
				v.Say(v.Text(SayNoStories)), v.Say(v.Naming(SayUnknown, "help")), v.Say(v.Text(SayNoSuch)), v.Say(v.Naming(SayOldButton, "latest")), v.Say(v.Text(SayTrouble)),
			} {
				fmt.Fprintf(&b, "%s\n", visible.Replace(read(m)))
			}
			path := filepath.Join("testdata", "languages", v.Code()+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", &b, want)
			}
		})
	}
}

// A text of the other direction keeps to itself, and a line of the bot's own
// runs in its language's direction whatever it begins with.
func TestDirection(t *testing.T) {
	arabic := languages.Voice("ar")
	hebrew := ferry()
	hebrew.Story.Headline = "המעבורת חוזרת"
	latinEnd, arabicEnd := ferry(), ferry()
	latinEnd.Story.Bullets = []store.Bullet{{Text: "السعر كما كان وفق شركة Ansel Lines.", Citations: []int{1, 2}}}
	arabicEnd.Story.Bullets = []store.Bullet{{Text: "So says صحيفة.", Citations: []int{1, 2}}}
	for _, tt := range []struct{ name, got, want string }{
		{"a command in Arabic", arabic.Naming(SayUnknown, "help"), "⟦/help⟧"},
		{"a command in English", english.Naming(SayUnknown, "help"), " /help "},
		{"a Latin label in Arabic", arabic.label(store.Narrative{Label: "Pro-establishment"}), ": ⟦Pro-establishment⟧"},
		{"an Arabic label in Arabic", arabic.list([]string{"يسار"}), "يسار"},
		{"a Latin headline in an Arabic list", arabic.List(TitleLatest, []store.Entry{ferry()}).Blocks[1].(Item).Text.String(), "⟵⟦Night ferry returns to Port Ansel⟧، 2 نوفمبر 2026"},
		{"a Hebrew headline in an English list", english.List(TitleLatest, []store.Entry{hebrew}).Blocks[1].(Item).Text.String(), "⟶⟦המעבורת חוזרת⟧, 2 November 2026"},
		{"a Latin headline in an English list", english.List(TitleLatest, []store.Entry{ferry()}).Blocks[1].(Item).Text.String(), "Night ferry returns to Port Ansel, 2 November 2026"},
		{"a mark behind a Latin word", arabic.Post(latinEnd, false).Blocks[3].(Bullet).Text.String(), "وفق شركة Ansel Lines.⟵[1][2]"},
		{"a mark behind an Arabic word", english.Post(arabicEnd, false).Blocks[3].(Bullet).Text.String(), "So says صحيفة.⟶[1][2]"},
		{"the story's own text", arabic.Post(ferry(), false).Blocks[3].(Bullet).Text.String(), "The night ferry sails again after nine years.[1][2]"},
	} {
		if got := visible.Replace(tt.got); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Over many stories either side comes first about as often, and for one story
// always the same, wherever it stands.
func TestOrderIsFair(t *testing.T) {
	first := 0
	const stories = 2000
	for i := range stories {
		e := ferry()
		e.Short = fmt.Sprintf("%05d", i*7919)
		if got := order(e); got[0] == 0 {
			first++
		} else if got[0] != 1 || got[1] != 0 {
			t.Fatalf("%v", got)
		}
		turned := e
		turned.Story.Narratives = []store.Narrative{e.Story.Narratives[1], e.Story.Narratives[0]}
		for _, v := range []Voice{english, languages.Voice("ru")} {
			if a, b := v.Post(e, false).Buttons[0].Verb, v.Post(turned, true).Buttons[0].Verb; a != b {
				t.Fatalf("%s: %s comes first, and %s where the story has them the other way round", e.Short, a, b)
			}
		}
	}
	if first < stories*45/100 || first > stories*55/100 {
		t.Errorf("the critical side comes first in %d of %d", first, stories)
	}
}

// Buttons, folds and lists have the same order; other narratives keep their
// places.
func TestOrderIsTheSameEverywhere(t *testing.T) {
	seen := map[bool]bool{}
	for _, short := range []string{"k7m2p", "k7m2q"} {
		e := ferry()
		e.Short = short
		e.Story.Narratives = []store.Narrative{
			{Label: "Left", Paragraphs: []string{"Left words."}}, e.Story.Narratives[0],
			{Label: "Right", Paragraphs: []string{"Right words."}}, e.Story.Narratives[1],
		}
		var folds, items, buttons []string
		for _, b := range english.Post(e, true).Blocks {
			if f, ok := b.(Fold); ok {
				folds = append(folds, strings.TrimSuffix(f.Label, " narrative"))
			}
		}
		m := english.Narratives(e)
		for _, b := range m.Blocks {
			if i, ok := b.(Item); ok {
				items = append(items, i.Text.String())
			}
		}
		for _, b := range m.Buttons[:4] {
			buttons = append(buttons, map[string]string{"Critical": "Establishment-critical", "Establishment": "Pro-establishment"}[b.Label])
			if buttons[len(buttons)-1] == "" {
				buttons[len(buttons)-1] = b.Label
			}
		}
		if !slices.Equal(folds, items) || !slices.Equal(items, buttons) || folds[0] != "Left" || folds[2] != "Right" {
			t.Errorf("%s: folds %q, items %q, buttons %q", short, folds, items, buttons)
		}
		seen[folds[1] == "Pro-establishment"] = true
		if got := english.NarrativeAt(e, Narrative(2)).Blocks[2].(Paragraph).Text.String(); got != "Right words." {
			t.Errorf("the third narrative says %q", got)
		}
	}
	if len(seen) != 2 {
		t.Error("the same side comes first in both")
	}
}

// Whatever a platform says the language is, there is a voice.
func FuzzVoice(f *testing.F) {
	for _, code := range []string{"de", "zh-Hant-TW-u-ca-chinese-x-y", "no", "", "x-", "en_US.UTF-8", "\xff-\x00", "a-bb-ccc-dddd-eeeee"} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		v := languages.Voice(code)
		if !slices.Contains(spoken, v.Code()) || v.Text(wordSources) == "" {
			t.Errorf("%q gives %q", code, v.Code())
		}
		if languages.Speaks(code) != (languages.Voice(code, "ar").Code() == languages.Voice(code, "hi").Code()) {
			t.Errorf("%q: the next one is asked where it should not be, or not where it should", code)
		}
	})
}

func BenchmarkPost(b *testing.B) {
	v, e := languages.Voice("ru"), ferry()
	for b.Loop() {
		v.Post(e, true)
	}
}

func BenchmarkVoice(b *testing.B) {
	for b.Loop() {
		languages.Voice("pt-BR")
	}
}

func BenchmarkLoadLanguages(b *testing.B) {
	for b.Loop() {
		if _, err := LoadLanguages(); err != nil {
			b.Fatal(err)
		}
	}
}
