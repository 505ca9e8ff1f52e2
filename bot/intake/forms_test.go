package intake_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"briefbot/bot/intake"
	"briefbot/store"
)

// TestForms reads a file of each form in which stories are met; what each gives
// stands beside it as JSON, or the error as text.
func TestForms(t *testing.T) {
	files, err := filepath.Glob("testdata/forms/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.Contains(name, ".golden") {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			stories, err := intake.ReadFile(name)
			golden, got := name+".golden.json", []byte(nil)
			if err != nil {
				golden, got = name+".golden.error", []byte(err.Error()+"\n")
			}
			for _, s := range stories {
				got = append(got, intake.WriteJSON(s)...)
			}
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
			for _, s := range stories {
				checkFields(t, s)
				s.ID = ""
				checkText(t, s)
			}
		})
	}
}

// TestOtherForms tells what is wrong with files of the other forms, and where.
func TestOtherForms(t *testing.T) {
	tests := []struct{ name, file, in, want string }{
		{"YAML, unknown field", "s.yaml", "headline: Rain\nbullets:\n  - text: It rains.\n    cites: [1]\n", `s.yaml:4:5: unknown field "cites"`},
		{"YAML, a number as text", "s.yaml", "headline: 2026\n", `s.yaml:1:11: headline: want a text: put 2026 in quotes`},
		{"YAML, no date", "s.yml", "headline: Rain\ndate: yesterday\n", `s.yml:2:7: date: date "yesterday": want a day (2022-11-02) or a time (RFC 3339)`},
		{"YAML, a field twice", "s.yaml", "headline: Rain\nheadline: Snow\n", `s.yaml:2:1: field "headline" stands twice`},
		{"YAML, a text as list", "s.yaml", "headline: Rain\nbullets: It rains.\n", `s.yaml:2:10: bullets: want a list`},
		{"YAML, an alias", "s.yaml", "headline: &a Rain\nlanguage: *a\n", `s.yaml:2:11: an alias: write out what it stands for`},
		{"YAML, no bullets", "s.yaml", "# a story\nheadline: Rain\n", `s.yaml:2:1: the story has no bullets`},
		{"YAML, the second of a list", "s.yaml", "- headline: Rain\n  bullets: [{text: It rains.}]\n- headline: Snow\n  bullets: [{}]\n", `s.yaml:4:13: bullets[0] has no text`},
		{"no YAML", "s.yaml", "headline: Rain\n\tbullets: x\n", "s.yaml:2: no YAML: found a tab character that violates indentation"},
		{"only a comment", "s.yaml", "# nothing", "s.yaml:1: the file has no stories"},
		{"Markdown, front matter", "s.md", "---\ndate: 2026-11-02\ndeck: x\n---\n\n# Rain\n\n- It rains.\n", `s.md:3:1: unknown field "deck"`},
		{"Markdown, no address", "s.md", "---\nurl: example.org\n---\n\n# Rain\n\n- It rains.\n", `s.md:2:6: "example.org" is no web address; write it whole, with https://`},
		{"Markdown, bullets in front", "s.md", "---\nbullets: [{text: x}]\n---\n\n# Rain\n", `s.md:2:10: bullets stand in the text; write them below the front matter`},
		{"Markdown, no headline", "s.md", "- It rains.\n", "s.md:1: no headline; write it on the first line, with a blank line behind it"},
		{"Markdown, two headlines", "s.md", "# Rain\n\n- It rains.\n\n# Snow\n", "s.md:5: a second headline; write narratives under ## headings, and each story in a file of its own"},
		{"Markdown, two headlines, one in front", "s.md", "---\nheadline: Rain\n---\n# Snow\n\n- It rains.\n", "s.md:4: text between the headline and the first bullet; make it a bullet, or take it out"},
		{"Markdown, a footnote without a number", "s.md", "# Rain\n\n- It rains.[^a]\n\n[^a]: Coast Post\n", `s.md:5: footnote "a" has no number; sources are footnotes by number, as in [^1]`},
		{"Markdown, HTML", "s.md", "# Rain\n\n- It rains.\n\n<div>\nx\n</div>\n", "s.md:5: HTML within Markdown; write it as Markdown, or the story as an .html file"},
		{"Markdown, no bullets", "s.md", "# Rain\n\nIt rains.\n", "s.md:1: no bullets behind the headline; write each fact on a line of its own that begins with •, - or *"},
		{"Markdown, too large", "s.md", "# Rain\n\n" + strings.Repeat("- It rains.\n\n", 12_000), "s.md:1: the file is larger than 128 KiB; a story is a few pages of text: split the file"},
		{"Markdown, a long block", "s.md", "# Rain\n\n- " + strings.Repeat("*a_ ", 5000), "s.md:3: a block of more than 16 KiB ends here; set blank lines between paragraphs"},
		{"Markdown, deep", "s.md", "# Rain\n\n" + strings.Repeat("> ", 21) + "It rains.", "s.md:3: quotations within quotations, more than 20 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parse := intake.ParseYAML
			if strings.HasSuffix(tt.file, ".md") {
				parse = intake.ParseMarkdown
			}
			all, err := parse(tt.file, []byte(tt.in))
			if err == nil {
				t.Fatalf("read %v", all)
			}
			checkError(t, all, err)
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
		})
	}
}

// FuzzParseYAML and FuzzParseMarkdown: whatever is read is written and read to
// the same story, and an error comes without one.
func FuzzParseYAML(f *testing.F) {
	f.Add(intake.WriteYAML(wholeStory))
	f.Add([]byte("- headline: a\n  bullets: [{text: \"b\\n \"}]\n---\nheadline: !!str 1\nbullets:\n- text: |\n    c\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := intake.ParseYAML("f", data)
		checkError(t, all, err)
		for _, s := range all {
			for _, form := range fields[:2] {
				again, err := one(form.parse("again", form.write(s)))
				if err != nil || !store.SameForReader(s, again) {
					t.Fatalf("as %s: %v\n%s\n%s", form.name, err, cmp.Diff(s, again), form.write(s))
				}
			}
		}
	})
}

func FuzzParseMarkdown(f *testing.F) {
	f.Add(intake.WriteMarkdown(wholeStory))
	files, _ := filepath.Glob("testdata/forms/*.md")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := intake.ParseMarkdown("f", data)
		checkError(t, all, err)
		for _, s := range all {
			checkFields(t, s)
		}
	})
}
