package command

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
	"briefbot/store/bolt"
)

// fresh makes a desk over an empty store.
func fresh(t testing.TB) (*Desk, *store.Store) {
	t.Helper()
	e, err := bolt.Open(filepath.Join(t.TempDir(), "briefbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(context.Background(), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return New(Options{Store: st, Languages: languages(t), Language: "en", Log: slog.New(slog.DiscardHandler)}), st
}

// put stores a story with topics.
func put(t testing.TB, st *store.Store, headline string, at time.Time, topics ...string) store.Entry {
	t.Helper()
	e, _, err := st.PutStory(context.Background(), store.Story{
		ID: headline, Headline: headline, Topics: topics, Bullets: []store.Bullet{{Text: "First of " + headline + "."}, {Text: "Second."}},
	}, at)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// labels are those of an answer's buttons.
func labels(a brief.Answer) []string {
	var all []string
	for _, b := range a.Buttons {
		all = append(all, b.Label)
	}
	return all
}

// follow presses the button with a label.
func follow(t testing.TB, d *Desk, q brief.Question, a brief.Answer, label string) brief.Answer {
	t.Helper()
	i := slices.Index(labels(a), label)
	if i < 0 {
		t.Fatalf("no button %q among %q", label, labels(a))
	}
	data := a.Buttons[i].Data("t.0")
	if len(data) > 64 {
		t.Errorf("the data of %q is too long: %s", label, data)
	}
	q.Command, q.Argument = "", ""
	var err error
	if q.Action, _, err = brief.ParseAction(data); err != nil {
		t.Fatal(err)
	}
	return d.Answer(context.Background(), q)
}

// Pages turn in place, each goes on where the one before ended, and a page that
// is no longer there is the first one.
func TestLatestInPages(t *testing.T) {
	d, st := fresh(t)
	for i := range 20 {
		put(t, st, fmt.Sprintf("Story %02d", i), time.Now())
	}
	q := brief.Question{}
	one := d.Answer(t.Context(), brief.Question{Command: "latest"})
	two := follow(t, d, q, one, "Next ›")
	three := follow(t, d, q, two, "Next ›")
	for _, tt := range []struct {
		name    string
		a       brief.Answer
		want    string
		buttons string
	}{
		{"one", one, "Latest stories | 1. Story 19 | 2. Story 18 | 3. Story 17 | 4. Story 16 | 5. Story 15 | 6. Story 14 | 7. Story 13 | 8. Story 12", "1 2 3 4 5 6 7 8 Next ›"},
		{"two", two, "Latest stories (page 2) | 9. Story 11 | 10. Story 10 |", "9 10 11 12 13 14 15 16 ‹ Previous Next ›"},
		{"three", three, "Latest stories (page 3) | 17. Story 03 | 18. Story 02 | 19. Story 01 | 20. Story 00", "17 18 19 20 ‹ Previous"},
		{"back", follow(t, d, q, three, "‹ Previous"), "Latest stories (page 2) | 9. Story 11", "9 10 11 12 13 14 15 16 ‹ Previous Next ›"},
		{"beyond the end", d.Answer(t.Context(), brief.Question{Action: brief.Action{Verb: brief.ShowLatest, With: "77"}}), "Latest stories | 1. Story 19", "1 2 3 4 5 6 7 8 Next ›"},
		{"no page at all", d.Answer(t.Context(), brief.Question{Action: brief.Action{Verb: brief.ShowLatest, With: "x.-3"}}), "Latest stories | 1. Story 19", "1 2 3 4 5 6 7 8 Next ›"},
		{"the 20th", follow(t, d, q, three, "20"), "Story 00 | First of Story 00.", ""},
	} {
		if got := text(tt.a); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if got := strings.Join(labels(tt.a), " "); tt.buttons != "" && got != tt.buttons {
			t.Errorf("%s: the buttons are %q, want %q", tt.name, got, tt.buttons)
		}
		if !tt.a.Turn {
			t.Errorf("%s: it does not turn in place", tt.name)
		}
	}
}

// The day begins at midnight by the asker's clock, else by the channel's, else
// by the configuration's; and a chat's brief has what its channel wants.
func TestToday(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * time.Hour) // it is 20:00 in London, and 05:00 of the next day in Tokyo
		d, st := fresh(t)
		d.zone = time.UTC
		ctx := context.Background()
		put(t, st, "Yesterday in London", time.Now().Add(-21*time.Hour), "sea")
		put(t, st, "Noon in London", time.Now().Add(-8*time.Hour), "sea")
		put(t, st, "Morning in Tokyo", time.Now().Add(-time.Hour), "sea", "islands")
		put(t, st, "Lottery", time.Now().Add(-time.Hour), "islands")
		for _, c := range []store.Channel{
			{Name: "tokyo", Chat: store.Chat{Platform: store.Discord, ID: "1"}, Timezone: "Asia/Tokyo"},
			{Name: "sea", Chat: store.Chat{Platform: store.Discord, ID: "2"}, Timezone: "UTC", Topics: []string{"Sea"}},
			{Name: "calm", Chat: store.Chat{Platform: store.Discord, ID: "3"}, Timezone: "UTC", Exclude: []string{"lottery"}},
			{Name: "none", Chat: store.Chat{Platform: store.Discord, ID: "4"}, Timezone: "UTC", Topics: []string{"chess"}},
		} {
			if err := st.PutChannel(ctx, c, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		traveller := store.UserID{Platform: store.Discord, ID: "7"}
		_, err := st.ChangeProfile(ctx, traveller, time.Now(), func(p *store.Profile) error {
			p.Timezone = "Asia/Tokyo"
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		in := func(chat, user string) brief.Question {
			return brief.Question{Chat: store.Chat{Platform: store.Discord, ID: chat}, User: user, Command: "brief"}
		}
		for _, tt := range []struct {
			name string
			q    brief.Question
			want string
		}{
			{"no channel", in("9", ""), "Today so far, 1 January 2000 | 1. Lottery\nFirst of Lottery. | 2. Morning in Tokyo\nFirst of Morning in Tokyo. | 3. Noon in London\nFirst of Noon in London."},
			{"the channel's clock", in("1", "8"), "Today so far, 2 January 2000 | 1. Lottery\nFirst of Lottery. | 2. Morning in Tokyo\nFirst of Morning in Tokyo."},
			{"the asker's clock", in("2", "7"), "Today so far, 2 January 2000 | 1. Morning in Tokyo\nFirst of Morning in Tokyo."},
			{"the channel's topics", in("2", "8"), "Today so far, 1 January 2000 | 1. Morning in Tokyo\nFirst of Morning in Tokyo. | 2. Noon in London\nFirst of Noon in London."},
			{"the channel's filter", in("3", "8"), "Today so far, 1 January 2000 | 1. Morning in Tokyo\nFirst of Morning in Tokyo. | 2. Noon in London\nFirst of Noon in London."},
			{"nothing yet", in("4", "8"), "No story has come in yet today, 1 January 2000."},
		} {
			a := d.Answer(ctx, tt.q)
			if got := text(a); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
			if tt.name == "nothing yet" {
				if got := text(follow(t, d, tt.q, a, "Latest")); !strings.HasPrefix(got, "Latest stories | 1. Lottery") {
					t.Errorf("the way on leads to %q", got)
				}
			}
		}
		for i := range 9 {
			put(t, st, fmt.Sprint("More ", i), time.Now(), "sea")
		}
		a := follow(t, d, in("2", "8"), d.Answer(ctx, in("2", "8")), "Next ›")
		if got := text(a); !strings.HasPrefix(got, "Today so far, 1 January 2000 (page 2) | 9. More 0") || !strings.Contains(got, "11. Noon in London") {
			t.Errorf("the second page: %q", got)
		}
		st.Close()
	})
}

// Topics of any script lead to their stories, page by page, and back.
func TestTopics(t *testing.T) {
	d, st := fresh(t)
	if got := text(d.Answer(t.Context(), brief.Question{Command: "topics"})); got != "No story has a topic yet." {
		t.Errorf("without topics: %q", got)
	}
	for i := range 10 {
		put(t, st, fmt.Sprint("Sumo ", i), time.Now(), "相撲 と 島", "sport")
	}
	put(t, st, "Ferry", time.Now(), "Sport", "sport", "")
	for i := range 9 {
		put(t, st, fmt.Sprint("Other ", i), time.Now(), fmt.Sprint("rare ", i))
	}
	q := brief.Question{}
	a := d.Answer(t.Context(), brief.Question{Command: "topics"})
	if got := text(a); !strings.HasPrefix(got, "Topics | Sport – 11 stories | 相撲 と 島 – 10 stories | rare 0 – 1 story |") || strings.Contains(got, "rare 6") {
		t.Errorf("topics: %q", got)
	}
	if got := text(follow(t, d, q, a, "Next ›")); got != "Topics (page 2) | rare 6 – 1 story | rare 7 – 1 story | rare 8 – 1 story" {
		t.Errorf("second page: %q", got)
	}
	sumo := follow(t, d, q, a, "相撲 と 島")
	if got := text(sumo); !strings.HasPrefix(got, "Topic: 相撲 と 島 | 1. Sumo 9 | 2. Sumo 8") {
		t.Errorf("a topic: %q", got)
	}
	more := follow(t, d, q, sumo, "Next ›")
	if got := text(more); got != "Topic: 相撲 と 島 (page 2) | 9. Sumo 1 | 10. Sumo 0" {
		t.Errorf("a topic's second page: %q", got)
	}
	if got := text(follow(t, d, q, more, "Topics")); !strings.HasPrefix(got, "Topics | Sport") {
		t.Errorf("back: %q", got)
	}
	for argument, want := range map[string]string{"SPORT": "Topic: Sport | 1. Ferry", "chess": "No recent story has that topic. /topics lists"} {
		if got := text(d.Answer(t.Context(), brief.Question{Command: "topics", Argument: argument})); !strings.HasPrefix(got, want) {
			t.Errorf("/topics %s: %q", argument, got)
		}
	}
	if got := text(d.Answer(t.Context(), brief.Question{Action: brief.Action{Verb: brief.ShowTopics, With: "zzz.1"}})); !strings.HasPrefix(got, "No recent story has that topic.") {
		t.Errorf("a topic that is gone: %q", got)
	}
	if got := d.Suggest(t.Context(), brief.Question{Command: "topics"}, "topic", "RARE", 3); len(got) != 3 || got[0].Value != "rare 0" {
		t.Errorf("suggested are %+v", got)
	}
}

// What is only for private chats is not offered in groups, and what only admins
// can use stands by itself.
func TestHelpSaysWhatCanBeUsedHere(t *testing.T) {
	d, _ := fresh(t)
	d.table = append(d.table, entry{Command: brief.Command{Name: "secret", Called: brief.NameLatest, Help: brief.HelpLatest, Audience: brief.Alone}})
	for _, tt := range []struct {
		private bool
		want    string
		not     string
	}{
		{false, "For those who manage this chat: /subscribe, /unsubscribe, ", "/secret"},
		{true, "/secret – ", "/settings –"},
	} {
		got := text(d.Answer(t.Context(), brief.Question{Command: "help", Private: tt.private}))
		if !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
			t.Errorf("private %v: %q", tt.private, got)
		}
	}
}

// recently fills a store with as many stories of a usual size as lists look
// through.
func recently(b *testing.B, at time.Time) *Desk {
	d, st := fresh(b)
	for i := range searched {
		s := store.Story{ID: fmt.Sprint(i), Headline: fmt.Sprint("Story ", i), Topics: []string{fmt.Sprint("topic ", i%40)}}
		for n := range 8 {
			s.Bullets = append(s.Bullets, store.Bullet{Text: strings.Repeat("The night ferry sails again. ", 6), Citations: []int{n + 1}})
			s.Sources = append(s.Sources, store.Source{N: n + 1, Outlet: "Ansel Post", Title: "The ferry is back", URL: "https://anselpost.example/back"})
		}
		for _, label := range []string{"Establishment-critical", "Pro-establishment"} {
			s.Narratives = append(s.Narratives, store.Narrative{Label: label, Paragraphs: []string{strings.Repeat("They waited nine years for it. ", 50)}})
		}
		if _, _, err := st.PutStory(b.Context(), s, at); err != nil {
			b.Fatal(err)
		}
	}
	return d
}

// BenchmarkToday asks for a brief where nothing came in today.
func BenchmarkToday(b *testing.B) {
	d := recently(b, time.Now().Add(-48*time.Hour))
	for i := 0; b.Loop(); i++ {
		d.Answer(b.Context(), brief.Question{Chat: group, User: fmt.Sprint(i), Private: true, Command: "brief"})
	}
}

func BenchmarkTopics(b *testing.B) {
	d := recently(b, time.Now())
	for b.Loop() {
		d.Suggest(b.Context(), brief.Question{}, "topic", "top", 25)
	}
}
