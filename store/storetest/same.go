package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"briefbot/store"
)

var sameness = store.Sameness{Alike: 0.5, Within: 48 * time.Hour}

// event is what happened, in words of its own; sources tell of it more or less
// richly.
func event(n int) store.Story {
	return store.Story{
		Headline: fmt.Sprintf("Ferry %d returns to Port Ansel", n),
		Bullets: []store.Bullet{
			{Text: fmt.Sprintf("Ferry%[1]d sails again%[1]d after nine%[1]d years.", n), Citations: []int{1}},
			{Text: fmt.Sprintf("Cabins%[1]d cost what%[1]d they did%[1]d before.", n), Citations: []int{2}},
		},
	}
}

// toldBy is the event as one source tells it: with as many narratives as it is
// rich.
func toldBy(s store.Story, id string, rich int) store.Story {
	s.ID = id
	s.Bullets = slices.Clone(s.Bullets)
	for n := range rich {
		s.Narratives = append(s.Narratives, store.Narrative{Label: fmt.Sprintf("Side %d", n), Paragraphs: []string{"As " + id + " sees it."}})
	}
	return s
}

// oneStory plays what several sources tell of one event.
func oneStory(t *testing.T, open Open) {
	type world struct {
		*testing.T
		*store.Store
		now   time.Time
		again func()
	}
	put := func(w *world, s store.Story, want store.Change, story string, revision int) store.Entry {
		w.Helper()
		e, change, err := w.PutStory(w.Context(), s, w.now)
		if err != nil {
			w.Fatal(err)
		}
		if change != want || e.Story.ID != story || e.Story.Revision != revision {
			w.Errorf("%s: %s of %s, revision %d, want %s of %s, revision %d", s.ID, change, e.Story.ID, e.Story.Revision, want, story, revision)
		}
		return e
	}
	remove := func(w *world, id string, retract bool) {
		w.Helper()
		if err := w.RemoveStory(w.Context(), id, retract, w.now); err != nil {
			w.Fatal(err)
		}
	}
	shown := func(w *world, story string) store.Entry {
		w.Helper()
		e, err := w.Story(w.Context(), story)
		if err != nil {
			w.Fatal(err)
		}
		return e
	}
	few, some, many := toldBy(event(1), "wire:1", 0), toldBy(event(1), "desk:f", 1), toldBy(event(1), "kagi:x", 2)
	for name, play := range map[string]func(w *world){
		"the poorer one joins, and its changes show nowhere": func(w *world) {
			put(w, some, store.Added, "desk:f", 1)
			put(w, few, store.Joined, "desk:f", 1)
			w.again()
			put(w, few, store.Unchanged, "desk:f", 1)
			few := toldBy(event(1), "wire:1", 0)
			few.Bullets[1].Text += " The operator said so."
			put(w, few, store.Unchanged, "desk:f", 1)
			few.Headline = "Another headline for the same"
			put(w, few, store.Unchanged, "desk:f", 1)
			put(w, toldBy(few, "wire:1", 3), store.Revised, "desk:f", 2)
		},
		"the richer one is a revision": func(w *world) {
			first := put(w, few, store.Added, "wire:1", 1)
			e := put(w, some, store.Enriched, "wire:1", 2)
			if e.Short != first.Short || len(e.Story.Narratives) != 1 || !e.Arrived.Equal(first.Arrived) {
				w.Errorf("the story is %+v", e)
			}
			w.again()
			put(w, few, store.Unchanged, "wire:1", 2)
			put(w, some, store.Unchanged, "wire:1", 2)
			w.now = w.now.Add(time.Minute)
			put(w, many, store.Enriched, "wire:1", 3)
			all, err := w.Tellings(w.Context(), "wire:1")
			if err != nil || len(all) != 3 || all[0].Source != "kagi:x" || all[0].By != store.ByHeadline || all[0].Alike != 1 || all[0].With == "" {
				w.Errorf("tellings %+v, %v", all, err)
			}
		},
		"what one takes back the other still tells": func(w *world) {
			put(w, few, store.Added, "wire:1", 1)
			put(w, some, store.Enriched, "wire:1", 2)
			remove(w, "desk:f", true)
			if e := shown(w, "wire:1"); !e.Removed.IsZero() || e.Retracted || len(e.Story.Narratives) != 0 || e.Story.Revision != 3 {
				w.Errorf("the richer one taken back: %+v", e)
			}
			w.again()
			put(w, some, store.Revised, "wire:1", 4)
			remove(w, "wire:1", true)
			if e := shown(w, "wire:1"); !e.Removed.IsZero() || e.Story.Revision != 4 {
				w.Errorf("the poorer one taken back: %+v", e)
			}
			remove(w, "desk:f", true)
			if e := shown(w, "wire:1"); e.Removed.IsZero() || !e.Retracted {
				w.Errorf("both taken back: %+v", e)
			}
			// What readers know as retracted is nobody's any more.
			put(w, many, store.Added, "kagi:x", 1)
			if e := put(w, few, store.Revised, "wire:1", 6); !e.Removed.IsZero() || e.Retracted {
				w.Errorf("back again: %+v", e)
			}
		},
		"what was taken back without a word is not told twice": func(w *world) {
			put(w, some, store.Added, "desk:f", 1)
			remove(w, "desk:f", false)
			if e := put(w, few, store.Joined, "desk:f", 1); !e.Removed.IsZero() || len(e.Story.Narratives) != 1 || e.Seq == 1 {
				w.Errorf("told again: %+v", e)
			}
			remove(w, "wire:1", false)
			if e := put(w, many, store.Enriched, "desk:f", 2); !e.Removed.IsZero() {
				w.Errorf("told better: %+v", e)
			}
			// Its text stays with readers, and goes if it is retracted.
			put(w, few, store.Unchanged, "desk:f", 2)
			remove(w, "kagi:x", false)
			if e := shown(w, "desk:f"); !e.Removed.IsZero() || len(e.Story.Narratives) != 2 {
				w.Errorf("the better one taken back: %+v", e)
			}
			put(w, many, store.Unchanged, "desk:f", 2)
			remove(w, "kagi:x", true)
			if e := shown(w, "desk:f"); !e.Removed.IsZero() || len(e.Story.Narratives) != 1 || e.Story.Revision != 3 {
				w.Errorf("the better one retracted: %+v", e)
			}
		},
		"the same address is enough, between sources": func(w *world) {
			a := store.Story{ID: "wire:1", Headline: "One", URL: "https://www.anselpost.example/ferry/?utm_source=rss", Bullets: []store.Bullet{{Text: "One."}}}
			b := store.Story{ID: "kagi:1", Headline: "Two", URL: "http://anselpost.example/ferry#top", Bullets: []store.Bullet{{Text: "Two."}}}
			put(w, a, store.Added, "wire:1", 1)
			put(w, b, store.Joined, "wire:1", 1)
			b.ID, b.URL = "kagi:2", "http://anselpost.example/ferry?page=2"
			put(w, b, store.Joined, "wire:1", 1) // by headline and bullets, with kagi:1
			a.ID, a.Headline, a.Bullets = "wire:2", "Three", []store.Bullet{{Text: "Three."}}
			put(w, a, store.Joined, "wire:1", 1) // kagi:1 has that address
			a.ID, a.URL = "wire:3", "https://anselpost.example/"
			a.Headline = "Four"
			put(w, a, store.Added, "wire:3", 1)
			a.ID, a.Headline = "kagi:3", "Five"
			put(w, a, store.Added, "kagi:3", 1) // the whole site is no story
		},
		"items of one list share its address": func(w *world) {
			for i, headline := range []string{"Version 1", "Version 2"} {
				id := fmt.Sprintf("feed:%d", i)
				put(w, store.Story{ID: id, Headline: headline, URL: "https://tool.example/changes", Bullets: []store.Bullet{{Text: headline + " is out."}}}, store.Added, id, 1)
			}
		},
		"an item under a new id": func(w *world) {
			put(w, few, store.Added, "wire:1", 1)
			put(w, toldBy(event(1), "wire:1b", 0), store.Joined, "wire:1", 1)
		},
		"case, accents and signs of a headline don't count": func(w *world) {
			put(w, few, store.Added, "wire:1", 1)
			other := toldBy(event(1), "desk:1", 0)
			other.Headline = "“FÉRRY 1”  returns, to Port-Ansel!"
			put(w, other, store.Joined, "wire:1", 1)
		},
		"what is not the same": func(w *world) {
			put(w, few, store.Added, "wire:1", 1)
			other := toldBy(event(1), "desk:1", 0)
			other.Bullets = []store.Bullet{{Text: "The harbour council met on Monday and talked of nothing but rope."}}
			put(w, other, store.Added, "desk:1", 1)
			other = toldBy(event(1), "desk:2", 0)
			other.Headline = "Another headline"
			put(w, other, store.Added, "desk:2", 1)
			other = toldBy(event(1), "desk:3", 0)
			other.Language = "de-CH"
			en := toldBy(event(9), "wire:9", 0)
			en.Language = "en"
			put(w, en, store.Added, "wire:9", 1)
			other.Headline, other.Bullets = en.Headline, en.Bullets
			put(w, other, store.Added, "desk:3", 1)
			w.now = w.now.Add(sameness.Within + time.Second)
			put(w, toldBy(event(1), "desk:4", 0), store.Added, "desk:4", 1)
		},
		"what is too large for one transaction stays alone": func(w *world) {
			large := toldBy(event(1), "wire:1", 1)
			large.Narratives[0].Paragraphs = []string{strings.Repeat("Nobody reads on to here. ", 20_000)}
			put(w, large, store.Added, "wire:1", 1)
			large.ID = "desk:1"
			put(w, large, store.Added, "desk:1", 1)
			put(w, few, store.Revised, "wire:1", 2)
			large.Narratives[0].Paragraphs[0] = large.Narratives[0].Paragraphs[0][:store.MaxBytes/5]
			large.ID = "kagi:1"
			put(w, large, store.Enriched, "wire:1", 3)
		},
		"a copy that is written over parts": func(w *world) {
			put(w, few, store.Added, "wire:1", 1)
			put(w, toldBy(event(1), "desk:copy", 0), store.Joined, "wire:1", 1)
			put(w, toldBy(event(2), "desk:copy", 0), store.Added, "desk:copy", 1)
			w.again()
			put(w, toldBy(event(2), "desk:copy", 1), store.Revised, "desk:copy", 2)
			put(w, toldBy(event(2), "kagi:2", 0), store.Joined, "desk:copy", 2)
			// And so does the first, which leaves its ID to the copy's story.
			first := toldBy(event(3), "desk:copy", 1)
			put(w, first, store.Added, "desk:copy#2", 1)
			if e := shown(w, "desk:copy"); e.Story.Headline != event(2).Headline || len(e.Story.Narratives) != 0 {
				w.Errorf("what is left is %+v", e)
			}
			put(w, first, store.Unchanged, "desk:copy#2", 1)
			put(w, toldBy(event(2), "kagi:2", 0), store.Unchanged, "desk:copy", 3)
		},
		"a copy parts from what is gone": func(w *world) {
			put(w, few, store.Added, "wire:1", 1)
			put(w, toldBy(event(1), "desk:copy", 0), store.Joined, "wire:1", 1)
			remove(w, "wire:1", false)
			put(w, toldBy(event(2), "desk:copy", 0), store.Added, "desk:copy", 1)
			if e := shown(w, "wire:1"); e.Removed.IsZero() || e.Retracted {
				w.Errorf("what nobody tells any more: %+v", e)
			}
		},
		"a file that is renamed goes on telling": func(w *world) {
			put(w, few, store.Added, "wire:1", 1)
			put(w, some, store.Enriched, "wire:1", 2)
			for _, names := range [][2]string{{"desk:f", "desk:g"}, {"wire:1", "wire:one"}} {
				if err := w.MoveStory(w.Context(), names[0], names[1]); err != nil {
					w.Fatal(err)
				}
			}
			put(w, toldBy(event(1), "desk:g", 1+1), store.Revised, "wire:1", 3)
			put(w, toldBy(event(1), "wire:one", 0), store.Unchanged, "wire:1", 3)
			put(w, toldBy(event(5), "wire:1", 0), store.Added, "wire:1#2", 1)
			put(w, toldBy(event(1), "kagi:x", 0), store.Joined, "wire:1", 3)
			remove(w, "desk:g", true)
			remove(w, "kagi:x", false)
			if e := shown(w, "wire:1"); !e.Removed.IsZero() || len(e.Story.Narratives) != 0 {
				w.Errorf("what is left: %+v", e)
			}
		},
		"a channel gets what any of its sources tells": func(w *world) {
			c := channel("c", "-1001")
			c.Topics = []string{"islands"}
			if err := w.PutChannel(w.Context(), c, w.now); err != nil {
				w.Fatal(err)
			}
			post := func() (ids []string) {
				made, err := w.RunSchedule(w.Context(), "c", func(a store.Agenda) store.Plan {
					a.New = slices.DeleteFunc(a.New, func(e store.Entry) bool { return !e.HasTopic(a.Channel.Topics) })
					return postAll(a)
				})
				if err != nil {
					w.Fatal(err)
				}
				for _, d := range made {
					ids = append(ids, d.Stories[0].ID)
				}
				return ids
			}
			some, few := toldBy(event(1), "desk:f", 1), toldBy(event(1), "wire:1", 0)
			some.Topics, few.Topics = []string{"transport"}, []string{"Islands"}
			put(w, some, store.Added, "desk:f", 1)
			other := toldBy(event(2), "desk:2", 0)
			other.Topics = []string{"islands"}
			put(w, other, store.Added, "desk:2", 1)
			if got := post(); !slices.Equal(got, []string{"desk:2"}) {
				w.Errorf("posted %v", got)
			}
			put(w, few, store.Joined, "desk:f", 1)
			if got := post(); !slices.Equal(got, []string{"desk:f"}) {
				w.Errorf("posted %v after another source's topics", got)
			}
			put(w, toldBy(some, "kagi:x", 3), store.Enriched, "desk:f", 2)
			if got := post(); got != nil {
				w.Errorf("posted again: %v", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			eng, again := open(t)
			w := &world{T: t, Store: openStore(t, eng).Merging(sameness), now: noon}
			w.again = func() {
				eng.Close()
				eng = again()
				w.Store = openStore(t, eng).Merging(sameness)
			}
			play(w)
		})
	}
}

// manySources lets sources tell, change and take back stories at random. After
// each step, readers have one story an event that a source tells, and the
// richest telling of it.
func manySources(t *testing.T, open Open) {
	eng, _ := open(t)
	s := openStore(t, eng).Merging(sameness)
	ctx, now := t.Context(), noon
	r := rand.New(rand.NewPCG(7, 7))
	const events, sources, steps = 4, 4, 200
	rich := map[[2]int]int{} // by event and source: how richly it told, or tells
	tells := map[[2]int]bool{}
	for range steps {
		now = now.Add(time.Minute)
		ev, src := r.IntN(events), r.IntN(sources)
		at := [2]int{ev, src}
		id := fmt.Sprintf("source%d:%d", src, ev)
		if tells[at] && r.IntN(2) == 0 {
			if err := s.RemoveStory(ctx, id, false, now); err != nil {
				t.Fatal(err)
			}
			delete(tells, at)
		} else {
			rich[at], tells[at] = r.IntN(4), true
			put(t, s, toldBy(event(ev), id, rich[at]), now)
		}
		standing, err := s.LatestStories(ctx, 100, 100, func(store.Entry) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		got, want := map[string][]int{}, map[string][]int{}
		for _, e := range standing {
			got[e.Story.Headline] = append(got[e.Story.Headline], len(e.Story.Narratives))
		}
		for ev := range events {
			stands, best := false, 0
			for src := range sources {
				stands = stands || tells[[2]int{ev, src}]
				best = max(best, rich[[2]int{ev, src}])
			}
			if stands {
				want[event(ev).Headline] = []int{best}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the narratives of each story: what the sources tell -, what readers have +:\n%s", diff)
		}
	}
}

// cluesAreSwept shows that what stories are found by does not grow for ever.
func cluesAreSwept(t *testing.T, open Open) {
	eng, _ := open(t)
	s := openStore(t, eng).Merging(store.Sameness{Alike: 0.5, Within: time.Hour})
	for i := range 200 {
		put(t, s, toldBy(event(i), fmt.Sprintf("wire:%d", i), 0), noon.Add(time.Duration(i)*time.Minute))
	}
	clues := 0
	for k := range All(t, eng) {
		if strings.HasPrefix(k, "clue") {
			clues++
		}
	}
	if clues > 2*61 {
		t.Errorf("%d keys of 200 stories, of which 60 are news", clues)
	}
}
