package command

import (
	"maps"
	"strings"
	"testing"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Whatever is said with a command gets a sentence that helps.
func TestHostileArguments(t *testing.T) {
	d, entries := open(t)
	for _, tt := range []struct {
		name string
		said string
		want string
	}{
		{"too long", strings.Repeat("ferry ", 200), "That is too long for me."},
		{"long, of letters that take several bytes", strings.Repeat("щ", 400), "I found no story like that."},
		{"nothing but control characters", "\x00\x01\u202e\u2066", "Lighthouse of Port Ansel"},
		{"control characters within", "ni\x00ght\u202e  \n\tferry", "On the ferry"},
		{"a short id with a character that joins keys", entries["ferry"].Short + "\x00", "On the ferry"},
		{"not UTF-8", "\xff\xfeferry", "On the ferry"},
		{"markup", "<b>*|`[x](https://x.example)", "I found no story like that."},
		{"a mention", "@everyone <@&1>", "I found no story like that."},
		{"signs alone", "!?…", "I found no story like that."},
	} {
		for _, q := range []brief.Question{
			{Chat: group, Command: "sources", Argument: tt.said},
			{Chat: group, Command: "sources", Options: map[string]string{"story": tt.said}},
		} {
			a := d.Answer(t.Context(), q)
			if got := text(a); !strings.Contains(got, tt.want) {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
			if len(a.Buttons) == 0 {
				t.Errorf("%s: the answer has no button", tt.name)
			}
		}
	}
}

// Whatever anybody says or presses, there is an answer with a button.
func FuzzAnswer(f *testing.F) {
	d, entries := open(f)
	for _, s := range []string{"", "3", "3 night ferry", entries["ferry"].Short + " 3", "\x00", "9999999999999999999", "[2]", "1/more/x/y", "2/topics//zz.2/t"} {
		f.Add("sources", s)
	}
	f.Fuzz(func(t *testing.T, command, said string) {
		questions := []brief.Question{{Chat: group, Command: command, Argument: said}, {Chat: group, Command: command, Options: map[string]string{"story": said, "number": said, "topic": said}}}
		if a, _, err := brief.ParseAction(said); err == nil {
			questions = append(questions, brief.Question{Chat: group, Action: a})
		}
		for _, verb := range []brief.Verb{brief.ShowLatest, brief.ShowToday, brief.ShowTopics, brief.ShowNarratives} {
			questions = append(questions, brief.Question{Chat: group, Action: brief.Action{Verb: verb, Story: entries["ferry"].Short, With: said}})
		}
		for _, q := range questions {
			if a := d.Answer(t.Context(), q); len(a.Blocks) == 0 || len(a.All()) == 0 || strings.Contains(text(a), "went wrong") {
				t.Errorf("%+v is answered with %q", q, text(a))
			}
		}
	})
}

func TestOneSource(t *testing.T) {
	d, entries := open(t)
	d.outlets = store.NewOutlets([]store.Outlet{{Name: "ansel post", Leaning: store.Leaning{LR: 2, CP: 5}}})
	short := entries["harbour"].Short
	const leaning = " (centre-left, pro-establishment)"
	for _, tt := range []struct {
		said, want string
	}{
		{"1", "Source [1] | (Lighthouse of Port Ansel goes dark) | [1] Ansel Post: On the lighthouse" + leaning},
		{"[1]", "Source [1] | (Lighthouse"},
		{"1 night ferry", "Source [1] | (Night ferry returns to Port Ansel) | [1] Ansel Post: On the ferry" + leaning},
		{short + " 1", "Source [1] | (Harbour strike ends)"},
		{short, "Sources | (Harbour strike ends) | [1] Ansel Post: On the harbour" + leaning},
		{"", "Sources | (Lighthouse"},
		{"7", "(Lighthouse of Port Ansel goes dark) | This story has no source [7]. It has: [1]."},
		{"0 strike", "(Harbour strike ends) | This story has no source [0]. It has: [1]."},
		{"123456 strike", "I found no story like that."},
		{"-1", "I found no story like that."},
	} {
		if got := text(d.Answer(t.Context(), brief.Question{Chat: group, Command: "sources", Argument: tt.said})); !strings.HasPrefix(got, tt.want) {
			t.Errorf("/sources %s: %q, want %q", tt.said, got, tt.want)
		}
	}
	apart := brief.Question{Command: "sources", Options: map[string]string{"number": "1", "story": "ferry"}}
	if got := text(d.Answer(t.Context(), apart)); !strings.HasPrefix(got, "Source [1] | (Night ferry") {
		t.Errorf("options apart: %q", got)
	}
	if got := readSources("2022 was a year"); !maps.Equal(got, map[string]string{"number": "2022", "story": "was a year"}) {
		t.Errorf("%v", got)
	}
}
