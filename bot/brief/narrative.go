package brief

import (
	"fmt"
	"strconv"
	"strings"

	"briefbot/store"
)

// Side is one side's telling of the story, with the way to the others.
func Side(e store.Entry, side store.Side) Message {
	i, ok := indexOf(e.Story, side)
	if !ok {
		return noSide(e)
	}
	return narrative(e, i)
}

// NarrativeAt is the telling that the verb of Narrative names.
func NarrativeAt(e store.Entry, v Verb) Message {
	n, err := strconv.Atoi(strings.TrimPrefix(string(v), "n"))
	if err != nil || n < 1 || n > len(e.Story.Narratives) {
		return noSide(e)
	}
	return narrative(e, n-1)
}

func narrative(e store.Entry, i int) Message {
	s := e.Story
	n := s.Narratives[i]
	m := Message{Blocks: []Block{Heading{label(n)}, about(s)}}
	for _, p := range paragraphs(s, n) {
		m.Blocks = append(m.Blocks, Paragraph{p})
	}
	m = withCredit(m, s)
	m.Buttons = append(sideButtons(e, i), button(wordSources, ShowSources, e))
	return m
}

// about is the line that says which story an answer is of.
func about(s store.Story) Block {
	return Note{Text{{Text: s.Headline, URL: s.URL}}}
}

// Narratives is a list of all sides of the story, with a button for each.
func Narratives(e store.Entry) Message {
	s := e.Story
	if len(s.Narratives) == 0 {
		return noSide(e)
	}
	m := Message{Blocks: []Block{Heading{s.Headline}}}
	for i, n := range s.Narratives {
		m.Blocks = append(m.Blocks, Item{Mark: fmt.Sprintf("%d.", i+1), Text: Plain(label(n))})
	}
	m.Buttons = append(everySide(e, -1), button(wordSources, ShowSources, e))
	return m
}

// noSide says that the story lacks what was asked for, and what it has.
func noSide(e store.Entry) Message {
	s := e.Story
	say := wordNoNarratives
	if len(s.Narratives) > 0 {
		var labels []string
		for _, n := range s.Narratives {
			labels = append(labels, label(n))
		}
		say = wordNoSide + strings.Join(labels, ", ") + "."
	}
	return Message{
		Blocks:  []Block{about(s), Paragraph{Plain(say)}},
		Buttons: storyButtons(e),
	}
}
