package command

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
	"briefbot/store/bolt"
)

var group = store.Chat{Platform: store.Telegram, ID: "-1001"}

// open makes a desk over a store with three stories; the ferry's post is
// message 41 in the group, the lighthouse's 42.
func open(t testing.TB) (*Desk, map[string]store.Entry) {
	t.Helper()
	e, err := bolt.Open(filepath.Join(t.TempDir(), "briefbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	entries := map[string]store.Entry{}
	for _, name := range []string{"ferry", "lighthouse", "harbour"} {
		s := store.Story{
			ID:       name,
			Headline: map[string]string{"ferry": "Night ferry returns to Port Ansel", "lighthouse": "Lighthouse of Port Ansel goes dark", "harbour": "Harbour strike ends"}[name],
			Bullets:  []store.Bullet{{Text: "About the " + name + ".", Citations: []int{1}}},
			Narratives: []store.Narrative{
				{Label: "Establishment-critical", Paragraphs: []string{"Critical of the " + name + "."}},
				{Label: "Pro-establishment", Paragraphs: []string{"In favour of the " + name + "."}},
				{Label: "Nerd", Paragraphs: []string{"Numbers of the " + name + "."}},
			},
			Sources: []store.Source{{N: 1, Outlet: "Ansel Post", Title: "On the " + name}},
		}
		if entries[name], _, err = st.PutStory(t.Context(), s, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	c := store.Channel{Name: "c", Chat: group, Timezone: "UTC"}
	if err := st.PutChannel(t.Context(), c, time.Now()); err != nil {
		t.Fatal(err)
	}
	made, err := st.RunSchedule(t.Context(), "c", func(a store.Agenda) store.Plan {
		p := store.Plan{Progress: a.Progress}
		for _, id := range []string{"ferry", "lighthouse"} {
			p.Deliveries = append(p.Deliveries, store.Delivery{Kind: store.PostDelivery, State: store.Planned, Stories: []store.Ref{{ID: id, Revision: 1}}})
		}
		return p
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range made {
		_, err := st.ChangeDelivery(t.Context(), d.ID, func(d *store.Delivery) {
			d.Parts = []store.Part{{Body: json.RawMessage("{}"), Message: fmt.Sprint(41 + i)}}
			d.State = store.Sent
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return New(Options{Store: st, Search: headlines{st}, Languages: languages(t), Language: "en", Log: slog.New(slog.DiscardHandler)}), entries
}

// headlines is a search that knows nothing but the beginnings of the headlines'
// words.
type headlines struct{ *store.Store }

func (h headlines) Search(ctx context.Context, words string, from, size int) (store.Found, error) {
	if strings.HasPrefix(words, "on:") {
		return store.Found{Unread: []string{words[3:]}, Built: 100}, nil
	}
	all, err := h.LatestStories(ctx, 1000, 1000, func(e store.Entry) bool {
		for _, w := range strings.Fields(words) {
			if !strings.Contains(strings.ToLower(" "+e.Story.Headline), " "+strings.ToLower(w)) {
				return false
			}
		}
		return true
	})
	f := store.Found{Total: len(all), Built: 100}
	for _, e := range all[min(from, len(all)):min(from+size, len(all))] {
		f.IDs = append(f.IDs, e.Story.ID)
	}
	return f, err
}

func (h headlines) Suggest(ctx context.Context, words string, limit int) ([]string, error) {
	f, err := h.Search(ctx, words, 0, limit)
	return f.IDs, err
}

func languages(t testing.TB) *brief.Languages {
	t.Helper()
	l, err := brief.LoadLanguages()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// text is what an answer says.
func text(a brief.Answer) string {
	var all []string
	for _, b := range a.Blocks {
		switch b := b.(type) {
		case brief.Headline:
			all = append(all, b.Text)
		case brief.Heading:
			all = append(all, b.Text)
		case brief.Paragraph:
			all = append(all, b.Text.String())
		case brief.Bullet:
			all = append(all, b.Text.String())
		case brief.Item:
			all = append(all, b.Mark+" "+b.Text.String())
		case brief.Note:
			all = append(all, "("+b.Text.String()+")")
		}
	}
	return strings.Join(all, " | ")
}

func TestAnswer(t *testing.T) {
	d, entries := open(t)
	button := func(v brief.Verb, story string) brief.Action {
		return brief.Action{Verb: v, Story: entries[story].Short}
	}
	thread := func(id string) store.Chat { return store.Chat{Platform: store.Discord, ID: id} }
	for _, tt := range []struct {
		name string
		q    brief.Question
		want string // in the answer's text
	}{
		{"words of a headline", brief.Question{Command: "critical", Argument: "night FERRY"}, "Critical of the ferry."},
		{"a short id", brief.Question{Command: "establishment", Argument: entries["harbour"].Short}, "In favour of the harbour."},
		{"a short id in capitals", brief.Question{Command: "establishment", Argument: strings.ToUpper(entries["harbour"].Short)}, "In favour of the harbour."},
		{"the post replied to", brief.Question{Chat: group, Command: "critical", Message: "41"}, "Critical of the ferry."},
		{
			"the post replied to, before its id is recorded",
			brief.Question{Chat: group, Command: "critical", Message: "99", Button: button(brief.ShowSources, "harbour").Data("t")},
			"Critical of the harbour.",
		},
		{"the post above the thread", brief.Question{Chat: thread("41"), Above: group, Command: "critical"}, "Critical of the ferry."},
		{"a thread below another message", brief.Question{Chat: thread("7"), Above: group, Command: "critical"}, "Critical of the lighthouse."},
		{"the last post in the chat", brief.Question{Chat: group, Command: "critical"}, "Critical of the lighthouse."},
		{"the latest story, where nothing was posted", brief.Question{Chat: store.Chat{Platform: store.Discord, ID: "9"}, Command: "critical"}, "Critical of the harbour."},
		{"what is named goes before what is replied to", brief.Question{Chat: group, Command: "critical", Argument: "strike", Message: "41"}, "Critical of the harbour."},
		{"words that fit several ask which", brief.Question{Command: "sources", Argument: "port ansel"}, "Which one? | 1. Lighthouse of Port Ansel goes dark | 2. Night ferry returns to Port Ansel"},
		{"words that fit none", brief.Question{Command: "sources", Argument: "volcano"}, "I found no story like that."},
		{"sources", brief.Question{Command: "sources", Argument: "ferry"}, "[1] Ansel Post: On the ferry"},
		{"a story", brief.Question{Command: "story", Argument: "ferry"}, "Night ferry returns to Port Ansel | About the ferry.[1]"},
		{"latest", brief.Question{Command: "latest"}, "1. Harbour strike ends | 2. Lighthouse of Port Ansel goes dark | 3. Night ferry"},
		{"help", brief.Question{Command: "help"}, "/critical – The establishment-critical narrative"},
		{"start", brief.Question{Command: "start"}, "Both opposing narratives of a story are one tap away"},
		{"unknown", brief.Question{Command: "frobnicate"}, "/help lists what I can do"},
		{"a button", brief.Question{Action: button(brief.ShowEstablishment, "ferry")}, "In favour of the ferry."},
		{"a button of a narrative with a label of its own", brief.Question{Action: button(brief.Narrative(2), "ferry")}, "Nerd | (Night ferry"},
		{"a button of all narratives", brief.Question{Action: button(brief.ShowNarratives, "ferry")}, "Nerd | Numbers of the ferry."},
		{"a button of a story that is not there", brief.Question{Action: brief.Action{Verb: brief.ShowCritical, Story: "zzzzz"}}, "no longer know that button"},
		{"a button of another version", brief.Question{Action: brief.Action{Verb: "dance", Story: "zzzzz"}}, "no longer know that button"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := d.Answer(t.Context(), tt.q)
			if got := text(a); !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(a.Buttons) == 0 {
				t.Errorf("the answer has no button: nobody could find it again")
			}
		})
	}
}

// A reader is answered in the language that the platform tells; where it tells
// none that the bot speaks, in that of the chat's channel, else in the
// configuration's.
func TestLanguageOfTheAnswer(t *testing.T) {
	d, _ := open(t)
	d.language = "fr"
	c := store.Channel{Name: "c", Chat: group, Timezone: "UTC", Language: "de"}
	if err := d.store.(*store.Store).PutChannel(t.Context(), c, time.Now()); err != nil {
		t.Fatal(err)
	}
	elsewhere := store.Chat{Platform: store.Telegram, ID: "-1002"}
	if got := text(d.Answer(t.Context(), brief.Question{Chat: store.Chat{Platform: store.Discord, ID: "41"}, Above: group, Command: "latest"})); !strings.HasPrefix(got, "Neueste") {
		t.Errorf("in a thread: %q", got)
	}
	for _, tt := range []struct {
		chat     store.Chat
		language string
		want     string
	}{
		{group, "ru", "Последние новости"}, {group, "pt-BR", "Últimas notícias"},
		{group, "", "Neueste Meldungen"}, {group, "ja", "Neueste Meldungen"},
		{elsewhere, "", "Derniers articles"}, {elsewhere, "zh-hans", "最新新闻"},
	} {
		a := d.Answer(t.Context(), brief.Question{Chat: tt.chat, Language: tt.language, Command: "latest"})
		if got := text(a); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s, %q: %q", tt.chat.ID, tt.language, got)
		}
	}
	if got := text(d.Answer(t.Context(), brief.Question{Language: "de", Command: "frobnicate"})); !strings.Contains(got, "/help zeigt, was ich kann") {
		t.Errorf("an unknown command: %q", got)
	}
	// The help calls the commands as the asker's menu does.
	for own, want := range map[bool]string{true: "/quellen – Die Quellen", false: "/sources – Die Quellen"} {
		if got := text(d.Answer(t.Context(), brief.Question{Language: "de", OwnNames: own, Command: "help"})); !strings.Contains(got, want) {
			t.Errorf("help lacks %q: %q", want, got)
		}
	}
}

// Where several stories fit, the buttons go on with what was asked.
func TestWhichOne(t *testing.T) {
	d, entries := open(t)
	a := d.Answer(t.Context(), brief.Question{Command: "sources", Argument: "port ansel"})
	for i, want := range []string{"lighthouse", "ferry"} {
		if got := a.Buttons[i].Action; got != (brief.Action{Verb: brief.ShowSources, Story: entries[want].Short}) {
			t.Errorf("button %d is %+v", i, got)
		}
	}
	b := d.Answer(t.Context(), brief.Question{Action: a.Buttons[1].Action})
	if got := text(b); !strings.Contains(got, "On the ferry") {
		t.Errorf("the button answers %q", got)
	}
	// The source that was asked for is not forgotten.
	a = d.Answer(t.Context(), brief.Question{Command: "sources", Argument: "1 port ansel"})
	b = d.Answer(t.Context(), brief.Question{Action: a.Buttons[1].Action})
	if got := text(b); !strings.HasPrefix(got, "Source [1] | (Night ferry") {
		t.Errorf("the button answers %q", got)
	}
}

// A reply to a digest, or to a list of stories, asks which of them is meant.
func TestReplyToAList(t *testing.T) {
	d, entries := open(t)
	st := d.store.(*store.Store)
	made, err := st.RunSchedule(t.Context(), "c", func(a store.Agenda) store.Plan {
		return store.Plan{Progress: a.Progress, Deliveries: []store.Delivery{{Kind: store.DigestDelivery, State: store.Planned, Stories: []store.Ref{{ID: "harbour", Revision: 1}, {ID: "late", Revision: 1}}}}}
	})
	if err != nil {
		t.Fatal(err)
	}
	late := put(t, st, "late", time.Now())
	_, err = st.ChangeDelivery(t.Context(), made[0].ID, func(d *store.Delivery) {
		d.Parts, d.State = []store.Part{{Body: json.RawMessage("{}"), Message: "77"}}, store.Sent
	})
	if err != nil {
		t.Fatal(err)
	}
	first := brief.Action{Verb: brief.ShowStory, Story: entries["harbour"].Short}.Data("t")
	for _, q := range []brief.Question{
		{Chat: group, Command: "sources", Argument: "2", Message: "77", Button: first},                         // the digest
		{Chat: group, Command: "sources", Argument: "2", Message: "99", Button: first},                         // an answer
		{Chat: store.Chat{Platform: store.Discord, ID: "77"}, Above: group, Command: "sources", Argument: "2"}, // in a thread below the digest
	} {
		a := d.Answer(t.Context(), q)
		if got := text(a); !strings.HasPrefix(got, "Which one?") || !strings.Contains(got, "Harbour strike ends") || !strings.Contains(got, "late") {
			t.Errorf("reply to %s: %q", q.Message, got)
		}
		if !slices.ContainsFunc(a.Buttons, func(b brief.Button) bool {
			return b.Action == brief.Action{Verb: brief.ShowSources, Story: late.Short, With: "2"}
		}) {
			t.Errorf("reply to %s: buttons %+v", q.Message, a.Buttons)
		}
	}
}

// The answer with one side offers the other.
func TestOtherSide(t *testing.T) {
	d, _ := open(t)
	for command, other := range map[string]brief.Verb{"critical": brief.ShowEstablishment, "establishment": brief.ShowCritical} {
		a := d.Answer(t.Context(), brief.Question{Command: command, Argument: "ferry"})
		if a.Buttons[0].Verb != other {
			t.Errorf("/%s offers %+v first", command, a.Buttons[0])
		}
	}
}

func TestEmptyStore(t *testing.T) {
	e, err := bolt.Open(filepath.Join(t.TempDir(), "briefbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d := New(Options{Store: st, Search: headlines{st}, Languages: languages(t), Language: "en", Log: slog.New(slog.DiscardHandler)})
	for _, c := range []string{"critical", "latest", "sources", "story"} {
		if got := text(d.Answer(t.Context(), brief.Question{Command: c})); !strings.Contains(got, "no stories yet") {
			t.Errorf("/%s: %q", c, got)
		}
	}
	st.Close()
	if got := text(d.Answer(t.Context(), brief.Question{Command: "latest"})); !strings.Contains(got, "went wrong") {
		t.Errorf("store closed: %q", got)
	}
}

func TestSuggest(t *testing.T) {
	d, entries := open(t)
	got := d.Suggest(t.Context(), brief.Question{}, "story", "port an", 10)
	if len(got) != 2 || got[0].Value != entries["lighthouse"].Short || got[1].Label != "Night ferry returns to Port Ansel" {
		t.Errorf("got %+v", got)
	}
	if got := d.Suggest(t.Context(), brief.Question{}, "story", "", 2); len(got) != 2 {
		t.Errorf("an empty beginning suggests %d", len(got))
	}
}

func BenchmarkAnswer(b *testing.B) {
	d, _ := open(b)
	for b.Loop() {
		d.Answer(b.Context(), brief.Question{Chat: group, Private: true, Command: "critical"})
	}
}

// What is handed on is found by words, or is the latest, page by page.
func TestShare(t *testing.T) {
	d, entries := open(t)
	for _, tt := range []struct {
		words       string
		from, limit int
		want        string
		more        bool
	}{
		{"", 0, 2, "harbour lighthouse", true},
		{" ", 2, 2, "ferry", false},
		{"", 9, 2, "", false},
		{"port ansel", 0, 1, "lighthouse", true},
		{"port ansel", 1, 1, "ferry", false},
		{"zebra", 0, 5, "", false},
	} {
		all, more := d.Share(t.Context(), brief.Question{Language: "de"}, tt.words, tt.from, tt.limit)
		var got []string
		for _, s := range all {
			for name, e := range entries {
				if e.Short == s.Short {
					got = append(got, name)
				}
			}
		}
		if strings.Join(got, " ") != tt.want || more != tt.more {
			t.Errorf("%q from %d, %d of them: %q, more: %v; want %q, %v", tt.words, tt.from, tt.limit, got, more, tt.want, tt.more)
		}
	}
	all, _ := d.Share(t.Context(), brief.Question{Language: "de"}, "night ferry", 0, 5)
	if labels := fmt.Sprint(all[0].Message.Buttons); !strings.Contains(labels, "Quellen") || !strings.Contains(labels, "Kritisch") {
		t.Errorf("in German the buttons are %s", labels)
	}
}
