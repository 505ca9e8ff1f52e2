package bot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"briefbot/bot/brief"
)

// menuEntry is a command, an option or a choice as Discord has it, with what it
// is called in each of Discord's locales.
type menuEntry struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations"`
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations"`
	Required     bool              `json:"required"`
	Suggests     bool              `json:"autocomplete"`
	Value        string            `json:"value"`
	Choices      []menuEntry       `json:"choices"`
	Options      []menuEntry       `json:"options"`
	Contexts     []int             `json:"contexts"`
	Installs     []int             `json:"integration_types"`
}

// commandName is Discord's rule, with sc= written out
// (discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming).
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

// What the program registers is within Discord's rules in all languages, and in
// each of them no two things in one menu are called the same.
func TestDiscordMenus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.config(""))
	w.until("the commands", func() bool { return len(w.discord.Commands(w.text)) > 0 })
	address := fmt.Sprintf("%s/api/v10/applications/%s/commands?with_localizations=true", w.server.URL, w.discord.Bot())
	req, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bot "+discordToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all []menuEntry
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	languages, err := brief.LoadLanguages()
	if err != nil {
		t.Fatal(err)
	}
	byType := map[int][]menuEntry{}
	for _, c := range all {
		byType[c.Type] = append(byType[c.Type], c)
		for _, v := range languages.Voices()[1:] {
			spoken := false
			for locale := range c.Names {
				code, _, _ := strings.Cut(locale, "-")
				spoken = spoken || code == v.Code()
			}
			if !spoken {
				t.Errorf("/%s has no name in %s", c.Name, v.Code())
			}
		}
		if n := textOf(c); n > 8000 {
			t.Errorf("/%s has %d characters of text", c.Name, n)
		}
		if len(c.Contexts) == 0 || len(c.Installs) == 0 {
			t.Errorf("/%s can be used nowhere, or by nobody", c.Name)
		}
	}
	for kind, most := range map[int]int{1: 100, 3: 15} {
		if n := len(byType[kind]); n == 0 || n > most {
			t.Errorf("%d commands of type %d", n, kind)
		}
		checkMenu(t, fmt.Sprint("type ", kind), byType[kind], kind == 1)
	}
}

// checkMenu checks what stands beside each other in a menu.
func checkMenu(t *testing.T, where string, entries []menuEntry, named bool) {
	t.Helper()
	taken := map[string]string{}
	optional := false
	for _, e := range entries {
		here := where + " " + e.Name
		for locale, name := range inAll(e.Name, e.Names) {
			if other, is := taken[locale+" "+name]; is {
				t.Errorf("%s: in %s, %s is called %q too", here, locale, other, name)
			}
			taken[locale+" "+name] = e.Name
			if named && (!commandName.MatchString(name) || strings.ToLower(name) != name) {
				t.Errorf("%s: Discord does not take the name %q in %s", here, name, locale)
			}
			if n := utf8.RuneCountInString(name); !named && (n < 1 || n > 32) {
				t.Errorf("%s: the name %q in %s has %d characters", here, name, locale, n)
			}
		}
		for locale, text := range inAll(e.Description, e.Descriptions) {
			if n := utf8.RuneCountInString(text); named && (n < 1 || n > 100) {
				t.Errorf("%s: the description in %s has %d characters", here, locale, n)
			}
		}
		if e.Required && optional {
			t.Errorf("%s is required, and stands behind what is not", here)
		}
		optional = optional || !e.Required
		if len(e.Options) > 25 || len(e.Choices) > 25 || e.Suggests && len(e.Choices) > 0 {
			t.Errorf("%s has %d options and %d choices, suggests: %v", here, len(e.Options), len(e.Choices), e.Suggests)
		}
		for _, c := range e.Choices {
			for locale, name := range inAll(c.Name, c.Names) {
				if n := utf8.RuneCountInString(name); n < 1 || n > 100 {
					t.Errorf("%s: the choice %q in %s has %d characters", here, name, locale, n)
				}
			}
		}
		checkMenu(t, here, e.Options, true)
	}
}

func inAll(english string, others map[string]string) map[string]string {
	all := map[string]string{"en-US": english}
	for locale, s := range others {
		all[locale] = s
	}
	return all
}

// textOf is how much text a command has as Discord counts it: the longest
// language of each.
func textOf(e menuEntry) int {
	longest := func(english string, others map[string]string) int {
		n := 0
		for _, s := range inAll(english, others) {
			n = max(n, utf8.RuneCountInString(s))
		}
		return n
	}
	n := longest(e.Name, e.Names) + longest(e.Description, e.Descriptions) + utf8.RuneCountInString(e.Value)
	for _, below := range [][]menuEntry{e.Choices, e.Options} {
		for _, x := range below {
			n += textOf(x)
		}
	}
	return n
}
