package brief

import (
	"briefbot/store"
)

// Post is a story as a channel gets it: headline, date and topics, picture,
// every bullet, and buttons for either side and the sources. With fold, the
// narratives stand in it too, each under its label, opened by a tap.
func Post(e store.Entry, fold bool) Message {
	s := e.Story
	m := Message{Blocks: head(e)}
	for _, b := range s.Bullets {
		m.Blocks = append(m.Blocks, Bullet{cited(s, b.Text, b.Citations)})
	}
	if fold {
		for _, n := range s.Narratives {
			m.Blocks = append(m.Blocks, Fold{label(n), paragraphs(s, n)})
		}
	}
	m = withCredit(m, s)
	if s.Revision > 1 && !e.Retracted {
		m.Blocks = append(m.Blocks, Note{Plain(wordUpdated + s.Updated.UTC().Format("2 January 2006, 15:04 MST"))})
	}
	m.Buttons = storyButtons(e)
	return m
}

// head is what every post begins with.
func head(e store.Entry) []Block {
	s := e.Story
	blocks := []Block{Headline{s.Headline, s.URL}}
	if e.Retracted {
		blocks = append(blocks, Paragraph{Text{{Text: wordRetracted + e.Removed.UTC().Format("2 January 2006") + ".", Bold: true}}})
	}
	if !s.Date.IsZero() || len(s.Topics) > 0 {
		blocks = append(blocks, Dateline{date(s.Date), s.Topics})
	}
	if s.Image != nil && s.Image.URL != "" {
		blocks = append(blocks, Picture{URL: s.Image.URL, Alt: s.Image.Alt, Caption: s.Image.Caption, Credit: s.Image.Credit})
	}
	return blocks
}

// credit names whose work the story is, with the licence, where that is asked
// for.
func credit(s store.Story) Text {
	c := s.Credit
	if c == nil || c.Name == "" {
		return nil
	}
	t := Text{{Text: wordFrom}, {Text: c.Name, URL: c.URL}}
	if c.License != "" {
		t = append(t, Span{Text: ", "}, Span{Text: c.License, URL: c.LicenseURL})
	}
	return t
}

// withCredit adds the credit to a message that tells of the story.
func withCredit(m Message, s store.Story) Message {
	if c := credit(s); c != nil {
		m.Blocks = append(m.Blocks, Note{c})
	}
	return m
}

func date(d store.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.Time.Format("2 January 2006")
}

// maxSides is how many narratives have a button of their own; beyond it one
// button leads to all of them.
const maxSides = 3

// storyButtons are the ways from a post to everything else of its story.
func storyButtons(e store.Entry) []Button {
	return append(sideButtons(e, -1), button(wordSources, ShowSources, e))
}

// sideButtons has a button for each narrative but the one at index except, and,
// where that would be too many, one that leads to the rest.
func sideButtons(e store.Entry, except int) []Button {
	all := everySide(e, except)
	if len(all) > maxSides {
		all = append(all[:maxSides:maxSides], button(wordMore, ShowNarratives, e))
	}
	return all
}

func everySide(e store.Entry, except int) []Button {
	var all []Button
	for i, n := range e.Story.Narratives {
		if i != except {
			all = append(all, button(shortLabel(n), verbOf(e.Story, i), e))
		}
	}
	return all
}

func button(label string, v Verb, e store.Entry) Button {
	return Button{Label: label, Action: Action{Verb: v, Story: e.Short}}
}

// verbOf is how the narrative at index i is asked for: by its side, if it is
// the first of that side, else by its place.
func verbOf(s store.Story, i int) Verb {
	side := s.Narratives[i].Side()
	if first, ok := indexOf(s, side); ok && first == i {
		if side == store.Critical {
			return ShowCritical
		}
		return ShowEstablishment
	}
	return Narrative(i)
}

// indexOf finds the first narrative of a side that has a command of its own.
func indexOf(s store.Story, side store.Side) (int, bool) {
	for i, n := range s.Narratives {
		if side != store.OtherSide && n.Side() == side {
			return i, true
		}
	}
	return 0, false
}

// shortLabel is a narrative's label as it fits on a button.
func shortLabel(n store.Narrative) string {
	switch n.Side() {
	case store.Critical:
		return wordCritical
	case store.Establishment:
		return wordEstablishment
	}
	return n.Label
}

// label is a narrative's label as a heading.
func label(n store.Narrative) string {
	if n.Side() == store.OtherSide {
		return n.Label
	}
	return n.Label + wordNarrative
}
