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
	m = v.withCredit(m, s)
	m.Sources = v.sourceList(s)
	m.Buttons = append(v.sideButtons(e, i), v.button(wordSources, ShowSources, e))
	return m
}

// about is the line that says which story an answer is of.
func about(s store.Story) Block {
	return Note{Text{{Text: s.Headline, URL: s.URL}}}
}

// Narratives is a list of all sides of the story, with a button for each.
func (v Voice) Narratives(e store.Entry) Message {
	s := e.Story
	if len(s.Narratives) == 0 {
		return v.noSide(e)
	}
	m := Message{Blocks: []Block{Heading{s.Headline}}}
	for place, i := range order(e) {
		m.Blocks = append(m.Blocks, Item{Mark: fmt.Sprintf("%d.", place+1), Text: Plain(s.Narratives[i].Label)})
	}
	m.Buttons = append(v.everySide(e, -1), v.button(wordSources, ShowSources, e))
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
	return Message{
		Blocks:  []Block{about(s), Paragraph{Plain(say)}},
		Buttons: v.storyButtons(e),
	}
}
