package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const example = "../../config.example.yaml"

// commented is a line of the example with a key that is commented out.
var commented = regexp.MustCompile(`^( *)# ([a-z_]+: .*)$`)

// block is a line of a source that is commented out as a whole.
var block = regexp.MustCompile(`^  # ((?:- |  +)[a-z_]+:.*)$`)

func exampleLines(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(data), "\n")
}

func TestExampleWorks(t *testing.T) {
	c, err := Load(example, env, checks)
	if err != nil {
		t.Fatal(err)
	}
	if c.Discord.Token.Reveal() != "disc-0rd" || c.Telegram.Token.Reveal() != "tele-gr4m" {
		t.Error("the tokens are not those of the environment")
	}
	if len(c.Sources) != 1 || len(c.Channels) != 2 {
		t.Errorf("%d sources, %d channels", len(c.Sources), len(c.Channels))
	}
}

// So do the sources that are commented out.
func TestExampleSources(t *testing.T) {
	text := exampleLines(t)
	for i, line := range text {
		text[i] = block.ReplaceAllString(line, "  $1")
	}
	c, err := Parse("config.yaml", []byte(strings.Join(text, "\n")), env, checks)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Sources) != 4 {
		t.Errorf("%d sources", len(c.Sources))
	}
}

// Each line that is commented out works when it is not.
func TestExampleUncommented(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"discord.token", "telegram.token", "admin.token"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lines := exampleLines(t)
	found := 0
	for i, line := range lines {
		m := commented.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		found++
		text := append([]string{}, lines...)
		text[i] = m[1] + m[2]
		if strings.HasPrefix(m[2], "token_file:") {
			text[i-1] = "" // it is instead of the token above
		}
		if _, err := Parse(filepath.Join(dir, "config.yaml"), []byte(strings.Join(text, "\n")), env, checks); err != nil {
			t.Errorf("%s: %v", m[2], err)
		}
	}
	if found == 0 {
		t.Error("nothing is commented out")
	}
}

// The example shows every key with its default and a comment.
func TestExampleIsComplete(t *testing.T) {
	lines := exampleLines(t)
	text := make([]string, len(lines))
	for i, line := range lines {
		text[i] = block.ReplaceAllString(commented.ReplaceAllString(line, "$1$2"), "  $1")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(strings.Join(text, "\n")), &doc); err != nil {
		t.Fatal(err)
	}
	shown := map[string][]*yaml.Node{} // pairs of key and value, by path
	var walk func(path string, n *yaml.Node)
	walk = func(path string, n *yaml.Node) {
		for i, e := range n.Content {
			switch {
			case n.Kind == yaml.SequenceNode:
				walk(path+"[]", e)
			case i%2 == 1:
				at := join(path, n.Content[i-1].Value)
				shown[at] = append(shown[at], n.Content[i-1], e)
				walk(at, e)
			}
		}
	}
	walk("", doc.Content[0])

	for _, k := range Keys() {
		if k.Doc == "" || k.Type == "" {
			t.Errorf("%s is not documented", k.Path)
		}
		pairs := shown[k.Path]
		hasDefault, hasComment := k.Default == "", false
		for i := 0; i < len(pairs); i += 2 {
			name, v := pairs[i], pairs[i+1]
			hasDefault = hasDefault || v.Value == k.Default
			above := lines[name.Line-2]
			hasComment = hasComment || strings.Contains(text[name.Line-1], " # ") || strings.HasPrefix(strings.TrimSpace(above), "# ")
		}
		switch {
		case pairs == nil:
			t.Errorf("%s is not shown", k.Path)
		case !hasDefault:
			t.Errorf("%s is not shown with its default %s", k.Path, k.Default)
		case !hasComment:
			t.Errorf("%s has no comment", k.Path)
		}
	}
}

// Every default is a value that could stand in the file.
func TestDefaultsAreValues(t *testing.T) {
	for _, k := range Keys() {
		parts := strings.Split(k.Path, ".")
		if k.Default == "" || len(parts) > 2 {
			continue
		}
		line := parts[len(parts)-1] + `: "` + k.Default + `"`
		text := small + line + "\n"
		switch {
		case len(parts) == 2 && parts[0] == "channels[]":
			text = channel(line)
		case len(parts) == 2 && parts[0] == "sources[]":
			text = strings.Replace(small, "dir:", line+", dir:", 1)
			if k.Path != "sources[].on_removed" && k.Path != "sources[].rescan" {
				text = strings.Replace(text, "dir: stories", "feed: https://wire.example/", 1)
			}
		case len(parts) == 2 && parts[0] == "discord":
			text = strings.Replace(small, "token:", line+", token:", 1)
		case len(parts) == 2:
			text = small + parts[0] + ": {" + line + "}\n"
		}
		if _, err := Parse("config.yaml", []byte(text), env, checks); err != nil {
			t.Errorf("%s: %v", k.Path, err)
		}
	}
}
