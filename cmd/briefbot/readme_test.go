package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"briefbot/bot/command"
	"briefbot/bot/config"
	"briefbot/bot/intake"
)

var update = flag.Bool("update", false, "write the README's tables anew")

const readme = "../../README.md"

// The README's table of keys is printed from the table that the configuration
// is read by.
func TestReadmeKeys(t *testing.T) {
	var b strings.Builder
	b.WriteString("| key | what it is | default |\n| --- | --- | --- |\n")
	for _, k := range config.Keys() {
		value := "–"
		switch {
		case k.Default != "":
			value = "`" + k.Default + "`"
		case k.Required:
			value = "must be given"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Path, strings.ReplaceAll(k.Doc, "|", "\\|"), value)
	}
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), "<!-- keys -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- /keys -->")
	if !ok || !ok2 {
		t.Fatal("the README has no place for the keys")
	}
	want := before + "<!-- keys -->\n" + b.String() + "<!-- /keys -->" + after
	if *update {
		if err := os.WriteFile(readme, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Error("the README's keys are not those of the configuration: go test ./cmd/briefbot -run Readme -update")
	}
}

// Each configuration that the README shows for a kind of source works.
func TestReadmeSources(t *testing.T) {
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(data), "\n## Where stories come from\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var texts []string
	for i, block := range strings.Split(section, "```yaml\n") {
		text, _, ok := strings.Cut(block, "```")
		switch {
		case i == 0 || !ok:
		case strings.HasPrefix(text, " "): // keys of the source before
			texts[len(texts)-1] += text
		default:
			texts = append(texts, text)
		}
	}
	kinds := map[string]bool{}
	for _, text := range texts {
		c, err := config.Parse("README.md", []byte(text+"discord: {token: x}\nchannels: [{name: a, discord: 1}]\n"), os.LookupEnv,
			config.Checks{Selector: intake.CheckSelector})
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		for _, s := range c.Sources {
			kinds["dir"] = kinds["dir"] || s.Dir != ""
			kinds["feed"] = kinds["feed"] || s.Feed != ""
			kinds["page"] = kinds["page"] || s.Page != "" && s.Selectors.Bullets != ""
			kinds["kagi"] = kinds["kagi"] || s.Kagi != ""
		}
	}
	for _, kind := range []string{"dir", "feed", "page", "kagi"} {
		if !kinds[kind] {
			t.Errorf("no configuration of a %s", kind)
		}
	}
}

// Every command of the program, and every command of the chats, stands in the
// README.
func TestReadmeCommands(t *testing.T) {
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands() {
		if !strings.Contains(string(data), "| `briefbot "+c.name) {
			t.Errorf("the README does not tell of briefbot %s", c.name)
		}
	}
	for _, c := range command.New(command.Options{}).Commands() {
		if !strings.Contains(string(data), "| `/"+c.Name+"` |") {
			t.Errorf("the README does not tell of /%s", c.Name)
		}
	}
}
