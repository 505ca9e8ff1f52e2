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
				v.Narratives(many(), 1), v.Source(ferry(), 1), v.Source(ferry(), 7), v.Today(updated().Story.Updated, []store.Entry{bare()}, Page{Number: 2, More: true}),
				v.NothingToday(updated().Story.Updated), v.Topics([]TopicCount{{"transport", 1}, {"islands", 3}}, Page{Number: 1}), v.Topic("islands", []store.Entry{bare()}, Page{Number: 1}),
				v.Help([]Command{{Name: "critical", Called: NameCritical, Audience: Admins}}, true), v.Say(v.Naming(SayNoSuchTopic, "topics")),
				v.Say(v.Text(SayNoTopics)), v.Say(v.Text(SayTooLong)), v.Say(v.Text(SayWait)),
				v.Found(Results{Words: "ferry", Name: "k2x9", Stories: []store.Entry{ferry()}, Page: 2, Total: 19, Built: 42}), v.Found(Results{Words: "ferry", Stories: []store.Entry{ferry()}, Total: 1, Built: 100}),
				v.Found(Results{Words: "ferry", Built: 100}), v.HowToSearch("search"), v.NoDate("someday"),
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
	for _, code := range []string{"de", "pt-BR"} {
		b.Run(code, func(b *testing.B) {
			for b.Loop() {
				languages.Voice(code)
			}
		})
	}
}

func BenchmarkLoadLanguages(b *testing.B) {
	for b.Loop() {
		if _, err := LoadLanguages(); err != nil {
			b.Fatal(err)
		}
	}
}
