package brief

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"briefbot/store"
)

//go:embed words/*.yaml
var catalogues embed.FS

// Languages are the languages that the bot has words in.
type Languages struct {
	voices  []Voice // English first
	matcher language.Matcher
}

// LoadLanguages reads the catalogues, which are part of the program.
func LoadLanguages() (*Languages, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	l := &Languages{}
	var tags []language.Tag
	for _, code := range codes() {
		name := path.Join("words", code+".yaml")
		data, err := catalogues.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the words of language %s: %w", code, err)
		}
		if _, err := bundle.ParseMessageFileBytes(data, name); err != nil {
			return nil, fmt.Errorf("read the words of language %s: %w", code, err)
		}
		v := Voice{code: code, words: i18n.NewLocalizer(bundle, code)}
		v.rightToLeft = hasRightToLeft(v.Text(wordSources))
		l.voices = append(l.voices, v)
		tags = append(tags, language.Make(code))
	}
	l.matcher = language.NewMatcher(tags)
	return l, nil
}

// codes names the catalogues: English, then the others by their codes.
func codes() []string {
	files, err := catalogues.ReadDir("words")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	all := []string{"en"}
	for _, f := range files {
		if code := strings.TrimSuffix(f.Name(), ".yaml"); code != "en" {
			all = append(all, code)
		}
	}
	return all
}

// CheckLanguage reports that the bot has no words in the language of a code.
// A region makes no difference: de-AT is German.
func CheckLanguage(code string) error {
	tag, err := language.Parse(code)
	if err != nil {
		return err
	}
	base, _ := tag.Base()
	all := codes()
	for _, c := range all {
		if c == base.String() {
			return nil
		}
	}
	return fmt.Errorf("want one of %s", strings.Join(all, ", "))
}

// Voices are the voices of all languages, English first.
func (l *Languages) Voices() []Voice { return l.voices }

// Voice is the voice of the first of the wanted languages that the bot speaks,
// or speaks a near one of; English if there is none. Empty and malformed codes
// are passed over.
func (l *Languages) Voice(wanted ...string) Voice {
	for _, code := range wanted {
		if v, ok := l.speaks(code); ok {
			return v
		}
	}
	return l.voices[0]
}

// Speaks reports whether the bot has words that whoever wants the language
// understands.
func (l *Languages) Speaks(code string) bool {
	_, ok := l.speaks(code)
	return ok
}

func (l *Languages) speaks(code string) (Voice, bool) {
	for _, v := range l.voices {
		if v.code == code { // as a channel's is, each time that it gets a post
			return v, true
		}
	}
	tag, err := language.Parse(code)
	if code == "" || err != nil {
		return Voice{}, false
	}
	_, i, confidence := l.matcher.Match(tag)
	return l.voices[i], confidence > language.No
}

// Voice says things in one language.
type Voice struct {
	code        string
	words       *i18n.Localizer
	rightToLeft bool
}

// Code is the language's, as in "de".
func (v Voice) Code() string { return v.code }

// Text says a phrase that has no value in it.
func (v Voice) Text(p Phrase) string { return v.say(&i18n.LocalizeConfig{MessageID: string(p)}) }

// values are put into a phrase, by their names there.
type values map[string]any

// with says a phrase with values; texts among them keep their own direction.
func (v Voice) with(p Phrase, vs values) string {
	return v.say(&i18n.LocalizeConfig{MessageID: string(p), TemplateData: v.isolated(vs)})
}

// count says a phrase whose words depend on a number.
func (v Voice) count(p Phrase, n int, vs values) string {
	return v.say(&i18n.LocalizeConfig{MessageID: string(p), PluralCount: n, TemplateData: v.isolated(vs)})
}

func (v Voice) isolated(vs values) values {
	all := values{}
	for name, x := range vs {
		if s, ok := x.(string); ok {
			x = v.isolate(s)
		}
		all[name] = x
	}
	return all
}

// say never gives nothing: a phrase that a catalogue lacks, which no catalogue
// does, is said in English.
func (v Voice) say(c *i18n.LocalizeConfig) string {
	s, err := v.words.Localize(c)
	if err != nil && s == "" {
		return c.MessageID
	}
	return s
}

// Naming says a phrase that names a command to be typed.
func (v Voice) Naming(p Phrase, command string) string {
	return v.with(p, values{"Command": "/" + command})
}

// date is a day as people of the language write it.
func (v Voice) date(t time.Time) string {
	return v.with(wordDate, values{"Day": t.Day(), "Month": v.Text(months[t.Month()-1]), "Year": t.Year()})
}

// day is a story's or a source's date; empty if it is unknown.
func (v Voice) day(d store.Date) string {
	if d.IsZero() {
		return ""
	}
	return v.date(d.Time)
}

// list puts texts behind each other.
func (v Voice) list(all []string) string {
	kept := make([]string, len(all))
	for i, s := range all {
		kept[i] = v.isolate(s)
	}
	return strings.Join(kept, v.Text(wordList))
}
