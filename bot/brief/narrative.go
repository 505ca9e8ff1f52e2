package brief

import (
	"fmt"
	"strconv"
	"strings"

	"briefbot/store"
)

// Side is one side's telling of the story, with the way to the others.
func (v Voice) Side(e store.Entry, side store.Side) Message {
	i, ok := indexOf(e.Story, side)
	if !ok {
		return v.noSide(e)
	}
	return v.narrative(e, i)
}

// NarrativeAt is the telling that the verb of Narrative names.
func (v Voice) NarrativeAt(e store.Entry, verb Verb) Message {
	n, err := strconv.Atoi(strings.TrimPrefix(string(verb), "n"))
	if err != nil || n < 1 || n > len(e.Story.Narratives) {
		return v.noSide(e)
	}
	return v.narrative(e, n-1)
}

func (v Voice) narrative(e store.Entry, i int) Message {
	s := e.Story
	n := s.Narratives[i]
	m := Message{Blocks: []Block{Heading{v.label(n)}, about(s)}}
	for _, p := range paragraphs(s, n) {
		m.Blocks = append(m.Blocks, Paragraph{p})
	}
	m.Sources = v.sourceList(s)
	m.early = v.early(e, i)
	return v.withWays(v.withCredit(m, s), e, i, v.button(wordSources, ShowSources, e))
}

// about is the line that says which story an answer is of.
func about(s store.Story) Block {
	return Note{Text{{Text: s.Headline, URL: s.URL}}}
}

// Narratives is all sides of the story under their own labels: each in full
// where they are few, else a page of a list of them, and a menu.
func (v Voice) Narratives(e store.Entry, page int) Message {
	s := e.Story
	if len(s.Narratives) == 0 {
		return v.noSide(e)
	}
	sources := v.button(wordSources, ShowSources, e)
	m := Message{Blocks: []Block{Heading{s.Headline}}}
	if len(s.Narratives) > maxSides {
		return v.narrativeList(m, e, page, sources)
	}
	m.Blocks = []Block{about(s)}
	for _, i := range order(e) {
		n := s.Narratives[i]
		m.Blocks = append(m.Blocks, Heading{v.label(n)})
		for _, p := range paragraphs(s, n) {
			m.Blocks = append(m.Blocks, Paragraph{p})
		}
	}
	m.Sources = v.sourceList(s)
	m.early = v.early(e, -1)
	return v.withWays(v.withCredit(m, s), e, -1, sources)
}

func (v Voice) narrativeList(m Message, e store.Entry, page int, sources Button) Message {
	all, sides := order(e), v.everySide(e, -1)
	p := Page{Number: page, Turn: Action{Verb: ShowNarratives, Story: e.Short}}
	from := (page - 1) * MaxMenu
	if from < 0 || from >= len(all) {
		p.Number, from = 1, 0
	}
	to := min(from+MaxMenu, len(all))
	p.More = to < len(all)
	m.Blocks = []Block{v.pageTitle(e.Story.Headline, p)}
	for place, i := range all[from:to] {
		m.Blocks = append(m.Blocks, Item{Mark: fmt.Sprintf("%d.", from+place+1), Text: Plain(e.Story.Narratives[i].Label)})
	}
	m.Menu = Menu{v.Text(wordChoose), sides[from:to]}
	m.Buttons = append(v.turns(p), sources)
	return m
}

// noSide says that the story lacks what was asked for, and what it has.
func (v Voice) noSide(e store.Entry) Message {
	s := e.Story
	say := v.Text(wordNoNarratives)
	if len(s.Narratives) > 0 {
		var labels []string
		for _, i := range order(e) {
			labels = append(labels, s.Narratives[i].Label)
		}
		say = v.with(wordNoSide, values{"Labels": v.list(labels)})
	}
	return v.withWays(Message{Blocks: []Block{about(s), Paragraph{Plain(say)}}}, e, -1, v.button(wordSources, ShowSources, e))
}
