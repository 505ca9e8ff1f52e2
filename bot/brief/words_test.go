package brief

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// spoken are the languages that there have to be.
var spoken = []string{"en", "ar", "de", "es", "fr", "hi", "pt", "ru", "uk", "zh"}

// forms are a message's texts by CLDR's names of the plural forms; a message
// without a count has only "other".
type forms map[string]string

// catalogue reads a language's file by itself, apart from the library.
func catalogue(t *testing.T, code string) map[string]forms {
	t.Helper()
	data, err := catalogues.ReadFile("words/" + code + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	all := map[string]forms{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		m, ok := v.(map[string]any)
		if !ok {
			all[at] = forms{"other": fmt.Sprint(v)}
			return
		}
		if _, counted := m["other"]; counted {
			all[at] = forms{}
			for form, text := range m {
				all[at][form] = fmt.Sprint(text)
			}
			return
		}
		for key, v := range m {
			walk(strings.TrimPrefix(at+"."+key, "."), v)
		}
	}
	walk("", tree)
	return all
}

// phrases are those of words.go: the id of each, by its name in the program or,
// where it has none, by its id.
func phrases(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "words.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	text := func(e ast.Expr) string {
		s, err := strconv.Unquote(e.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if list, ok := spec.Values[0].(*ast.CompositeLit); ok {
			for _, e := range list.Elts {
				all[text(e)] = text(e)
			}
		} else {
			all[spec.Names[0].Name] = text(spec.Values[0])
		}
		return true
	})
	return all
}

func TestLanguages(t *testing.T) {
	if got := codes(); !slices.Equal(got, spoken) {
		t.Errorf("there are %v, want %v", got, spoken)
	}
}

// Each language has each phrase of the program, and nothing besides.
func TestNoPhraseIsMissing(t *testing.T) {
	want := slices.Sorted(maps.Values(phrases(t)))
	for _, code := range spoken {
		got := slices.Sorted(maps.Keys(catalogue(t, code)))
		for _, id := range want {
			if !slices.Contains(got, id) {
				t.Errorf("%s lacks %s", code, id)
			}
		}
		for _, id := range got {
			if !slices.Contains(want, id) {
				t.Errorf("%s has %s, which nothing says", code, id)
			}
		}
	}
}

// Each phrase is said somewhere in the program.
func TestNoPhraseIsUnused(t *testing.T) {
	said := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "brief/words.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				said[id.Name] = true
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range phrases(t) {
		if !said[name] && !(strings.HasPrefix(name, "month.") && said["months"]) {
			t.Errorf("nothing says %s (%s)", name, id)
		}
	}
}

var (
	actionPattern = regexp.MustCompile(`\{\{.*?\}\}`)
	fieldPattern  = regexp.MustCompile(`\.[A-Za-z]+`)
)

// placeholders are the values that a text has in it.
func placeholders(text string) []string {
	var all []string
	for _, action := range actionPattern.FindAllString(text, -1) {
		all = append(all, fieldPattern.FindAllString(action, -1)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestPlaceholdersAreTheSame(t *testing.T) {
	english := catalogue(t, "en")
	for _, code := range spoken {
		for id, all := range catalogue(t, code) {
			want := placeholders(english[id]["other"])
			for form, text := range all {
				if got := placeholders(text); !slices.Equal(got, want) {
					t.Errorf("%s, %s (%s) has %v, want %v", code, id, form, got, want)
				}
				if strings.TrimSpace(text) == "" || strings.Contains(actionPattern.ReplaceAllString(text, ""), "{{") {
					t.Errorf("%s, %s (%s) is %q", code, id, form, text)
				}
			}
		}
	}
}

// pluralForms are the forms that a language has for whole numbers, and "other".
func pluralForms(code string) []string {
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}
	needed := map[string]bool{"other": true}
	for _, n := range append([]int{1_000_000}, numbersUpTo(200)...) {
		needed[names[plural.Cardinal.MatchPlural(language.Make(code), n, 0, 0, 0, 0)]] = true
	}
	return slices.Sorted(maps.Keys(needed))
}

func numbersUpTo(n int) []int {
	all := make([]int, n+1)
	for i := range all {
		all[i] = i
	}
	return all
}

// A phrase with a count has each plural form that the language needs, and no
// other. The library knows a newer CLDR than x/text, which gives Romance
// languages a form for millions.
func TestPluralForms(t *testing.T) {
	counted := 0
	english := catalogue(t, "en")
	for _, code := range spoken {
		for id, all := range catalogue(t, code) {
			want := []string{"other"}
			if len(english[id]) > 1 {
				want = pluralForms(code)
				if slices.Contains([]string{"es", "fr", "pt"}, code) {
					want = []string{"many", "one", "other"}
				}
				counted++
				for _, n := range append(numbersUpTo(200), 1_000_000) {
					_, err := languages.Voice(code).words.Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: n, TemplateData: values{}})
					if err != nil {
						t.Errorf("%s, %d: %v", code, n, err)
					}
				}
			}
			if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, want) {
				t.Errorf("%s, %s has the forms %v, want %v", code, id, got, want)
			}
		}
	}
	if counted == 0 {
		t.Error("no phrase has a count")
	}
}

func TestCounts(t *testing.T) {
	for _, tt := range []struct {
		code string
		n    int
		want string
	}{
		{"en", 1, "[4] is not in"}, {"en", 2, "[4] are not in"},
		{"ru", 1, "Источника [4] нет"}, {"ru", 3, "Источников [4] нет"}, {"ru", 21, "Источника [4] нет"},
		{"ar", 1, "المصدر [4] غير"}, {"ar", 2, "المصدران [4] غير"}, {"ar", 7, "المصادر [4] غير"},
		{"zh", 1, "没有 [4]"},
	} {
		if got := languages.Voice(tt.code).count(wordUnlisted, tt.n, values{"Marks": "[4]"}); !strings.Contains(got, tt.want) {
			t.Errorf("%s, %d: %q, want %q", tt.code, tt.n, got, tt.want)
		}
	}
}

// Dates are as CLDR's long form has them, but for the word for "year" that
// Russian and Ukrainian put behind them in full sentences, and the ordinal that
// people write for the first of a month.
func TestDates(t *testing.T) {
	for code, want := range map[string][2]string{
		"en": {"2 November 2026", "1 May 2026"},
		"de": {"2. November 2026", "1. Mai 2026"},
		"fr": {"2 novembre 2026", "1er mai 2026"},
		"es": {"2 de noviembre de 2026", "1 de mayo de 2026"},
		"pt": {"2 de novembro de 2026", "1º de maio de 2026"},
		"ru": {"2 ноября 2026", "1 мая 2026"},
		"uk": {"2 листопада 2026", "1 травня 2026"},
		"ar": {"2 نوفمبر 2026", "1 مايو 2026"},
		"hi": {"2 नवंबर 2026", "1 मई 2026"},
		"zh": {"2026年11月2日", "2026年5月1日"},
	} {
		v := languages.Voice(code)
		got := [2]string{v.date(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)), v.date(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))}
		if got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}
