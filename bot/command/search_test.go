package command

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
	"briefbot/store/bolt"
)

// foggy makes a desk over a store with so many stories about fog.
func foggy(t *testing.T, n int) (*Desk, *store.Store) {
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
	for i := range n {
		s := store.Story{ID: fmt.Sprint("fog", i), Headline: fmt.Sprint("Fog over Pell, day ", i+1), Bullets: []store.Bullet{{Text: "It is grey."}}}
		if _, _, err := st.PutStory(t.Context(), s, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return New(Options{Store: st, Search: headlines{st}, Languages: languages(t), Language: "en", Log: slog.New(slog.DiscardHandler)}), st
}

// turning gives the button that turns to another page.
func turning(a brief.Answer, label string) (brief.Action, bool) {
	for _, b := range a.Buttons {
		if b.Label == label {
			return b.Action, true
		}
	}
	return brief.Action{}, false
}

// A search is paged by buttons, which turn the very message, and hold all that
// they need whatever was typed.
func TestSearchPages(t *testing.T) {
	d, _ := foggy(t, 19)
	ask := brief.Question{Chat: group, User: "ada", Command: "search", Argument: strings.Repeat("fog ", 100)}
	a := d.Answer(t.Context(), ask)
	for page, want := range []string{"1. Fog over Pell, day 19", "9. Fog over Pell, day 11", "17. Fog over Pell, day 3"} {
		got := text(a)
		if !strings.HasPrefix(got, "19 stories for “fog fog") || !strings.Contains(got, want) || !a.Turn {
			t.Errorf("page %d: %q, turns: %t", page+1, got, a.Turn)
		}
		if _, ok := turning(a, "‹ Previous"); ok != (page > 0) {
			t.Errorf("page %d leads back: %t", page+1, ok)
		}
		next, ok := turning(a, "Next ›")
		if ok != (page < 2) {
			t.Fatalf("page %d leads on: %t", page+1, ok)
		}
		if !ok {
			break
		}
		if data := next.Data("0123456789abc"); len(data) > 64 {
			t.Errorf("%q has %d bytes", data, len(data))
		}
		if len(next.With) > brief.MaxWith {
			t.Errorf("%q has %d letters", next.With, len(next.With))
		}
		a = d.Answer(t.Context(), brief.Question{Chat: group, User: "ada", Action: next})
	}
	back, _ := turning(a, "‹ Previous")
	if got := text(d.Answer(t.Context(), brief.Question{Chat: group, User: "ada", Action: back})); !strings.Contains(got, "9. Fog over Pell, day 11") {
		t.Errorf("back: %q", got)
	}
	// Another's words are nobody else's business.
	if got := text(d.Answer(t.Context(), brief.Question{Chat: group, User: "bob", Action: back})); !strings.Contains(got, "no longer know that button") {
		t.Errorf("another's button: %q", got)
	}
	for _, with := range []string{"", ".", "x", "x.-1", "2", "." + back.With} {
		if got := text(d.Answer(t.Context(), brief.Question{Chat: group, User: "ada", Action: brief.Action{Verb: brief.ShowFound, With: with}})); !strings.Contains(got, "no longer know that button") {
			t.Errorf("button with %q: %q", with, got)
		}
	}
	// The story of a result is a tap away.
	if got := text(d.Answer(t.Context(), brief.Question{Chat: group, User: "ada", Action: a.Buttons[0].Action})); !strings.HasPrefix(got, "Fog over Pell, day 3") {
		t.Errorf("the first result: %q", got)
	}
}

func TestSearchAnswers(t *testing.T) {
	d, _ := foggy(t, 2)
	for _, tt := range []struct{ name, words, language, want string }{
		{"some", "fog", "", "2 stories for “fog” | 1. Fog over Pell, day 2 | 2. Fog over Pell, day 1"},
		{"one", "fog 2", "", "1 story for “fog 2” | 1. Fog over Pell, day 2"},
		{"one in Russian", "fog 2", "ru", "1 новость"},
		{"some in Ukrainian", "fog", "uk", "2 новини"},
		{"some in German", "fog", "de", "2 Meldungen zu"},
		{"none", "volcano", "", "I found no story for “volcano”. Try fewer words"},
		{"none for very many", strings.Repeat("volcano ", 50), "", "volcano volcano…”"},
		{"no date", "on:someday", "", "I know no date “someday”. Write a day, a month or a year: 2026-11-02, 2026-11, 2026."},
		{"nothing", "", "", `topic:world, outlet:"Harbour Post", on:2026-11-02, after:2026-11`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := d.Answer(t.Context(), brief.Question{Chat: group, User: "ada", Language: tt.language, Command: "search", Argument: tt.words})
			if got := text(a); !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(a.Buttons) == 0 {
				t.Error("the answer has no button")
			}
		})
	}
}

// half is a search whose index is being built.
type half struct{ headlines }

func (h half) Search(ctx context.Context, words string, from, size int) (store.Found, error) {
	f, err := h.headlines.Search(ctx, words, from, size)
	f.Built = 42
	return f, err
}

func TestSearchWhileItIsBuilt(t *testing.T) {
	d, st := foggy(t, 1)
	d.search = half{headlines{st}}
	for _, words := range []string{"fog", "volcano"} {
		got := text(d.Answer(t.Context(), brief.Question{Chat: group, User: "ada", Command: "search", Argument: words}))
		if !strings.Contains(got, "still being built: it knows 42 % of the stories") {
			t.Errorf("%s: %q", words, got)
		}
	}
}

// behind is an index that knows nothing yet.
type behind struct{ headlines }

func (behind) Search(context.Context, string, int, int) (store.Found, error) {
	return store.Found{}, nil
}
func (behind) Suggest(context.Context, string, int) ([]string, error) { return nil, nil }

// A story that has just come in is named by its words, whatever the index knows.
func TestNamedBeforeItIsIndexed(t *testing.T) {
	d, _ := open(t)
	d.search = behind{}
	for argument, want := range map[string]string{"night ferry": "Critical of the ferry.", "zebra": "I found no story like that."} {
		if got := text(d.Answer(t.Context(), brief.Question{Chat: group, Command: "critical", Argument: argument})); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", argument, got, want)
		}
	}
}
