package intake_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"briefbot/bot/intake"
	"briefbot/store"
)

// doubtful is a story about which there is something to say in each respect.
func doubtful() store.Story {
	return store.Story{
		Headline: "Ferry's \"Return\" to Ansel",
		URL:      "https://ferry.local/x",
		Image:    &store.Image{URL: "https://anselpost.example/ferry.jpg"},
		Bullets: []store.Bullet{
			{Text: "It sails again.", Citations: []int{1, 4}},
			{Text: strings.Repeat("It sails at night. ", 250) + "End."},
		},
		Narratives: []store.Narrative{
			{Label: "Left", Paragraphs: []string{"It's late."}, Citations: []int{5}},
			{Label: "Right", Paragraphs: []string{"Nothing less.", strings.Repeat("word ", 30) + "end."}},
		},
		Sources: []store.Source{
			{N: 1, Outlet: "Ansel Post", URL: "https://ansel_post.example/a"},
			{N: 3, Outlet: "Sea Wire", Title: "Boats"},
		},
	}
}

// TestLintLines finds the lines in every form, as far as it tells its stories
// apart.
func TestLintLines(t *testing.T) {
	what := []string{"no date", "address of the story", "image has no credit", "[4] is cited", "[5] is cited", "bullet 2 is", `narrative "Right" has 33 words`,
		"source 3 is never", "address of source 1"}
	for _, f := range intake.Formats() {
		if f.Name == "html" {
			continue // which is only written here
		}
		t.Run(f.Name, func(t *testing.T) {
			// Another story before it must not draw the lines to itself.
			before := store.Story{Headline: "Before", Date: store.Day(2026, 11, 2), Bullets: []store.Bullet{{Text: "It sails again."}}}
			data := f.Write(before)
			if f.Name == "yaml" {
				data = append(data, "---\n"...)
			}
			if f.Name != "json" && f.Name != "yaml" {
				data = nil
			}
			first := strings.Count(string(data), "\n")
			data = append(data, f.Write(doubtful())...)
			name := filepath.Join(t.TempDir(), "s"+f.Ext)
			must(t, os.WriteFile(name, data, 0o600))
			stories, warnings, err := intake.LintFile(name)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(data), "\n")
			var told []string
			for _, w := range warnings {
				told = append(told, w.Text)
				if w.Line <= first || w.Line > len(lines) || lines[w.Line-1] == "" {
					t.Errorf("line %d of %s: %s", w.Line, data, w.Text)
				}
			}
			for _, text := range what {
				if !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, text) }) {
					t.Errorf("%q is not told: %q", text, told)
				}
			}
			if len(told) != len(what) {
				t.Errorf("%d warnings, want %d: %q", len(told), len(what), told)
			}
			if got := intake.Lint("feed", nil, stories); len(got) != len(what) || got[0].Line != 0 {
				t.Errorf("without a text: %v", got)
			}
		})
	}
}

func TestLintAddresses(t *testing.T) {
	tests := []struct{ address, want string }{
		{"https://anselpost.example/a?b=c#d", ""},
		{"https://example.com", ""},
		{"http://müller.example/ä", ""},
		{"https://xn--mller-kva.example:8443/", ""},
		{"https://93.184.216.34/x", ""},
		{"https://[2606:2800::1]/x", ""},
		{"https://localhost/x", "localhost is no public name"},
		{"https://ansel", "ansel has no domain"},
		{"https://ansel..example/", `"" can't be part of a host's name`},
		{"https://-ansel.example/", `"-ansel" can't be part of a host's name`},
		{"https://ansel.post.123/", "no domain ends in a number"},
		{"https://10.0.0.1/", "10.0.0.1 is no public address"},
		{"https://[::1]/", "::1 is no public address"},
		{"https://printer.local/", "printer.local is no public name"},
		{"https://ada:secret@ansel.example/", "it holds a name or a password"},
	}
	for _, tt := range tests {
		s := store.Story{Headline: "Rain", Date: store.Day(2026, 11, 2), URL: tt.address, Bullets: []store.Bullet{{Text: "It rains."}}}
		got := intake.Lint("s", nil, []store.Story{s})
		switch {
		case tt.want == "" && len(got) > 0:
			t.Errorf("%s: %v", tt.address, got)
		case tt.want != "" && (len(got) != 1 || !strings.HasSuffix(got[0].Text, "looks dead: "+tt.want)):
			t.Errorf("%s: got %v, want %s", tt.address, got, tt.want)
		}
	}
}
