package intake_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"briefbot/bot/intake"
	"briefbot/store"
)

func TestJSON(t *testing.T) {
	s := wholeStory
	s.ID, s.Revision, s.Updated = "desk:ferry.txt", 2, time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	want, err := os.ReadFile(filepath.Join("testdata", "whole.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(intake.WriteJSON(s))); diff != "" {
		t.Error(diff)
	}
	got, err := one(intake.ParseJSON("whole.json", want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseJSONErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", "s.json:1: the file is empty; write a headline, then bullets that begin with •"},
		{"no JSON", "{\n  \"headline\": \"Rain\",\n}", "s.json:3:1: no JSON: invalid character '}' looking for beginning of object key string"},
		{"cut off", `{"headline": "Rain"`, "s.json:1:19: no JSON: unexpected end of JSON input"},
		{"a second one", "{\"headline\": \"Rain\", \"bullets\": [{\"text\": \"a\"}]}\n {\"headline\": 1}", `s.json:2:15: headline: want a text`},
		{"in a list", `[{"headline": "Rain", "bullets": [{"text": "a"}]}, {"headline": "Snow"}]`, `s.json:1:52: the story has no bullets`},
		{"a field in a list", `[{"headline": "Rain", "deck": "x"}]`, `s.json:1:23: unknown field "deck"`},
		{"words behind", `{"headline": "Rain", "bullets": [{"text": "a"}]} x`, `s.json:1:50: no JSON: invalid character 'x' looking for beginning of value`},
		{"unknown field", "{\n  \"headline\": \"Rain\",\n  \"deck\": \"x\"}", `s.json:3:3: unknown field "deck"`},
		{"unknown field within", `{"headline": "Ré", "bullets": [{"text": "a", "cites": [1]}]}`, `s.json:1:46: unknown field "cites"`},
		{"another case", `{"Headline": "Rain"}`, `s.json:1:2: unknown field "Headline"`},
		{"a field twice", `{"headline": "Rain", "headline": "Snow"}`, `s.json:1:22: field "headline" stands twice`},
		{"no object", `1`, `s.json:1:1: the story: want an object in braces`},
		{"no object in a list", `[1]`, `s.json:1:2: [0]: want an object in braces`},
		{"a number as text", "{\"headline\": \"Rain\",\n\"bullets\": [{\"text\": 3}]}", `s.json:2:22: bullets[0].text: want a text`},
		{"a text as list", `{"headline": "Rain", "bullets": "x"}`, `s.json:1:33: bullets: want a list in square brackets`},
		{"a fraction", `{"headline": "Rain", "bullets": [{"text": "a", "citations": [1.5]}]}`, `s.json:1:62: bullets[0].citations[0]: want a whole number`},
		{"no date", `{"headline": "Rain", "date": "yesterday"}`, `s.json:1:30: date: date "yesterday": want a day (2022-11-02) or a time (RFC 3339)`},
		{"no headline", `{"bullets": [{"text": "a"}]}`, `s.json:1:1: the story has no headline`},
		{"no bullets", "\n{\"headline\": \"Rain\"}", `s.json:2:1: the story has no bullets`},
		{"an empty bullet", `{"headline": "Rain", "bullets": [{"text": " "}]}`, `s.json:1:34: bullets[0] has no text`},
		{"no label", `{"headline": "Rain", "bullets": [{"text": "a"}], "narratives": [{"paragraphs": ["x"]}]}`, `s.json:1:65: narratives[0] has no label`},
		{"no web address", `{"headline": "Rain", "url": "javascript:alert(1)", "bullets": [{"text": "a"}]}`, `s.json:1:29: "javascript:alert(1)" is no web address; write it whole, with https://`},
		{"a credit to nobody", `{"headline": "Rain", "bullets": [{"text": "a"}], "credit": {"url": "https://a.example"}}`, `s.json:1:60: the credit has no name`},
		{"a credit's address", `{"headline": "Rain", "bullets": [{"text": "a"}], "credit": {"name": "A", "url": "x"}}`, `s.json:1:81: "x" is no web address; write it whole, with https://`},
		{"a source twice", `{"headline": "Rain", "bullets": [{"text": "a"}], "sources": [{"n": 1}, {"n": 1}]}`, `s.json:1:72: source 1 stands twice in the list; give each its own number`},
		{"scores", `{"headline": "Rain", "bullets": [{"text": "a"}], "sources": [{"n": 1, "leaning": {"lr": 6}}]}`, `s.json:1:82: sources[0]: scores go from 1 to 5`},
		{"no citation", `{"headline": "Rain", "bullets": [{"text": "a", "citations": [1, 2022]}]}`, `s.json:1:61: 2022 is no citation: it is below 1, or above 999 and no source has it`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := one(intake.ParseJSON("s.json", []byte(tt.in)))
			if e := (*intake.Error)(nil); !errors.As(err, &e) {
				t.Fatalf("error %v is no *Error", err)
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
			if !cmp.Equal(s, store.Story{}) {
				t.Errorf("a story beside the error: %v", s)
			}
		})
	}
}
