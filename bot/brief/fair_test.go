package brief

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"briefbot/store"
)

// labels are those that generated stories have, each at most once.
var labels = []string{
	"Establishment-critical", "Pro-establishment", "Left", "Right", "Pro-Ferry", "Anti-Ferry", "Nerd", "Cynical", "Narrative A", "Narrative B", "المؤسسة",
}

// generated is a story with some narratives in some order, whose paragraphs
// begin with their label's place in labels: "§3§".
func generated(r *rand.Rand, narratives int) store.Entry {
	e := ferry()
	e.Short = fmt.Sprintf("%05d", r.IntN(100_000))
	e.Story.Narratives = nil
	for _, i := range r.Perm(max(len(labels), narratives))[:narratives] {
		label := fmt.Sprintf("Side %d", i)
		if i < len(labels) {
			label = labels[i]
		}
		n := store.Narrative{Label: label}
		for range 1 + r.IntN(3) {
			n.Paragraphs = append(n.Paragraphs, strings.Repeat(fmt.Sprintf("§%d§ says so. ", i), 1+r.IntN(20)))
		}
		e.Story.Narratives = append(e.Story.Narratives, n)
	}
	return e
}

// tells reports which of the story's narratives stand in the blocks.
func tells(e store.Entry, blocks []Block) map[int]bool {
	text := read(Message{Blocks: blocks})
	all := map[int]bool{}
	for i, n := range e.Story.Narratives {
		mark, _, _ := strings.Cut(n.Paragraphs[0], " ")
		all[i] = strings.Contains(text, mark)
	}
	return all
}

// leads gives the narratives that the buttons lead to: at once, and over a page
// of all narratives.
func leads(e store.Entry, buttons []Button) (atOnce, somehow map[int]bool) {
	atOnce, somehow = map[int]bool{}, map[int]bool{}
	var follow func(into map[int]bool, buttons []Button, depth int)
	follow = func(into map[int]bool, buttons []Button, depth int) {
		for _, b := range buttons {
			for i := range e.Story.Narratives {
				if b.Verb == verbOf(e.Story, i) {
					into[i] = true
				}
			}
			if b.Verb == ShowNarratives && depth > 0 {
				page, _ := PageOf(b.With)
				follow(into, english.Narratives(e, page).All(), depth-1)
			}
		}
	}
	follow(atOnce, buttons, 0)
	follow(somehow, buttons, 3)
	return atOnce, somehow
}

// Whichever of a platform's messages tells one narrative, in whatever view and
// however small the messages are: it tells each other one too, or has a button
// for it; where they are many, one that leads to all of them. The two that have
// commands have a button each even then.
func TestNeitherIsShownWithoutAWayToTheOther(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	told, split := 0, 0
	for range 40 {
		e := generated(r, 2+r.IntN(9))
		if r.IntN(20) == 0 {
			e = generated(r, 60)
		}
		views := map[string]Message{"folded": english.Post(e, true), "all": english.Narratives(e, 1), "all, page 2": english.Narratives(e, 2)}
		for i := range e.Story.Narratives {
			views[fmt.Sprint("one, ", i)] = english.NarrativeAt(e, Narrative(i))
		}
		for _, side := range []store.Side{store.Critical, store.Establishment} {
			views[fmt.Sprint("side ", side)] = english.Side(e, side)
		}
		most := 200 + r.IntN(3000)
		for name, m := range views {
			packed := Pack(m.Blocks, func(bs []Block) bool { return len(read(Message{Blocks: bs})) <= most })
			split += len(packed) - 1
			for n, blocks := range packed {
				buttons := m.Early()
				if n == len(packed)-1 {
					buttons = m.All()
				}
				if len(buttons) == 0 {
					t.Fatalf("%s: no button: the message can't be found", name)
				}
				here := tells(e, blocks)
				if !slices.Contains([]bool{here[0], here[1], here[2], here[3], here[4]}, true) {
					continue
				}
				told++
				atOnce, somehow := leads(e, buttons)
				for i, other := range e.Story.Narratives {
					switch {
					case here[i]:
					case !somehow[i]:
						t.Fatalf("%s, message %d of %d: no way to %q among %+v", name, n+1, len(packed), other.Label, buttons)
					case !atOnce[i] && (len(e.Story.Narratives) <= maxSides || other.Side() != store.OtherSide):
						t.Fatalf("%s, message %d of %d: no button for %q among %+v", name, n+1, len(packed), other.Label, buttons)
					}
				}
			}
		}
	}
	if told < 200 || split < 100 {
		t.Errorf("only %d messages told a narrative, and %d were second ones", told, split)
	}
}

// A post, its sources, and what is said instead of a narrative lead to each
// narrative too.
func TestEveryViewLeadsToEachNarrative(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		e := generated(r, 1+r.IntN(12))
		for name, m := range map[string]Message{"post": english.Post(e, false), "sources": english.Sources(e), "source": english.Source(e, 2), "none": english.NarrativeAt(e, "n99")} {
			_, somehow := leads(e, m.All())
			if len(somehow) != len(e.Story.Narratives) {
				t.Errorf("%s: ways to %d of %d narratives", name, len(somehow), len(e.Story.Narratives))
			}
		}
	}
}

// Over many stories, of any two narratives either comes first about as often,
// whatever they are called and however an editor puts them; and for one story
// always the same of two, wherever it stands and whichever the editor puts first.
func TestOrderIsFair(t *testing.T) {
	for _, pair := range [][2]string{{"Establishment-critical", "Pro-establishment"}, {"Left", "Right"}, {"Pro-Ferry", "Anti-Ferry"}, {"Narrative A", "Narrative B"}} {
		first := 0
		const stories = 2000
		for i := range stories {
			e := ferry()
			e.Short = fmt.Sprintf("%05d", i*7919)
			e.Story.Narratives = []store.Narrative{{Label: pair[0], Paragraphs: []string{"One."}}, {Label: pair[1], Paragraphs: []string{"Other."}}}
			turned := e
			turned.Story.Narratives = []store.Narrative{e.Story.Narratives[1], e.Story.Narratives[0]}
			shown := e.Story.Narratives[order(e)[0]].Label
			if other := turned.Story.Narratives[order(turned)[0]].Label; other != shown {
				t.Fatalf("%s: %s comes first, and %s where the story has them the other way round", e.Short, shown, other)
			}
			if shown == pair[0] {
				first++
			}
		}
		if first < stories*45/100 || first > stories*55/100 {
			t.Errorf("%s comes before %s in %d of %d", pair[0], pair[1], first, stories)
		}
	}
}

// Buttons, menus, folds, headings and lists have the same order in every
// language.
func TestOrderIsTheSameEverywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 80 {
		e := generated(r, 2+r.IntN(6))
		want := order(e)
		for _, v := range []Voice{english, languages.Voice("ar")} {
			got := map[string][]int{}
			note := func(view, label string) {
				for i, n := range e.Story.Narratives {
					if label == v.label(n) || label == n.Label {
						got[view] = append(got[view], i)
					}
				}
			}
			ofButtons := func(view string, m Message) {
				for _, b := range m.All() {
					for i := range e.Story.Narratives {
						if b.Verb == verbOf(e.Story, i) {
							got[view] = append(got[view], i)
						}
					}
				}
			}
			for _, b := range v.Post(e, true).Blocks {
				if f, ok := b.(Fold); ok {
					note("folds", f.Label)
				}
			}
			for _, b := range v.Narratives(e, 1).Blocks[1:] {
				switch b := b.(type) {
				case Heading:
					note("all", b.Text)
				case Item:
					note("all", b.Text.String())
				}
			}
			ofButtons("buttons of all", v.Narratives(e, 1))
			if len(e.Story.Narratives) <= maxSides {
				ofButtons("buttons of the post", v.Post(e, false))
				ofButtons("buttons of the sources", v.Sources(e))
			}
			for _, view := range []string{"folds", "all", "buttons of all"} {
				if !slices.Equal(got[view], want) {
					t.Fatalf("%s: %s are %v, want %v", v.Code(), view, got[view], want)
				}
			}
			for view, order := range got {
				if !slices.Equal(order, want) {
					t.Fatalf("%s: %s are %v, want %v", v.Code(), view, order, want)
				}
			}
		}
	}
}

// A menu has no more than every platform shows, and leads on where there is
// more.
func TestMenu(t *testing.T) {
	e := generated(rand.New(rand.NewPCG(7, 8)), 60)
	for name, m := range map[string]Message{"post": english.Post(e, false), "all": english.Narratives(e, 1), "the last page": english.Narratives(e, 3), "no such page": english.Narratives(e, 9)} {
		if len(m.Menu.Options) == 0 || len(m.Menu.Options) > MaxMenu || m.Menu.Hint == "" || len(m.Buttons) == 0 {
			t.Errorf("%s: %+v", name, m.Menu)
		}
	}
	for name, m := range map[string]Message{"two narratives": english.Post(ferry(), false), "a post that has them all in it": english.Post(e, true)} {
		if len(m.Menu.Options) > 0 || len(m.Buttons) > 4 {
			t.Errorf("%s: a menu of %d, and %d buttons", name, len(m.Menu.Options), len(m.Buttons))
		}
	}
}
