package brief

import (
	"slices"
	"time"

	"briefbot/store"
)

// Post is a story as a channel gets it: headline, date and topics, picture,
// every bullet, and buttons for either side and the sources. With fold, the
// narratives stand in it too, each under its label, opened by a tap, and so do
// the sources.
func (v Voice) Post(e store.Entry, fold bool) Message {
	s := e.Story
	m := Message{Blocks: v.head(e)}
	for _, b := range s.Bullets {
		m.Blocks = append(m.Blocks, Bullet{cited(s, b.Text, b.Citations)})
	}
	if fold {
		for _, i := range order(e) {
			n := s.Narratives[i]
			m.Blocks = append(m.Blocks, Fold{v.label(n), paragraphs(s, n)})
		}
		m.Sources = v.sourceList(s)
		m.early = v.early(e, -1)
	}
	m = v.withCredit(m, s)
	if s.Revision > 1 && !e.Retracted {
		m.Blocks = append(m.Blocks, Note{Plain(v.updated(s.Updated))})
	}
	sources := v.button(wordSources, ShowSources, e)
	if fold { // the narratives stand in it already: there is no need for a menu
		m.Buttons = append(slices.Clone(m.early), sources)
		return m
	}
	return v.withWays(m, e, -1, sources)
}

// updated says when a story changed.
func (v Voice) updated(at time.Time) string {
	at = at.UTC()
	return v.with(wordUpdated, values{"Date": v.date(at), "Time": at.Format("15:04")})
}

// head is what every post begins with.
func (v Voice) head(e store.Entry) []Block {
	s := e.Story
	blocks := []Block{Headline{s.Headline, s.URL}}
	if e.Retracted {
		say := v.with(wordRetracted, values{"Date": v.date(e.Removed.UTC())})
		blocks = append(blocks, Paragraph{Text{{Text: say, Bold: true}}})
	}
	if !s.Date.IsZero() || len(s.Topics) > 0 {
		blocks = append(blocks, Dateline{v.day(s.Date), s.Topics})
	}
	if s.Image != nil && s.Image.URL != "" {
		blocks = append(blocks, Picture{URL: s.Image.URL, Alt: s.Image.Alt, Caption: s.Image.Caption, Credit: s.Image.Credit})
	}
	return blocks
}

// credit names whose work the story is, with the licence, where that is asked
// for.
func (v Voice) credit(s store.Story) Text {
	c := s.Credit
	if c == nil || c.Name == "" {
		return nil
	}
	t := Text{{Text: v.Text(wordFrom)}, {Text: v.isolate(c.Name), URL: c.URL}}
	if c.License != "" {
		t = append(t, Span{Text: v.Text(wordComma)}, Span{Text: v.isolate(c.License), URL: c.LicenseURL})
	}
	return t
}

// withCredit adds the credit to a message that tells of the story.
func (v Voice) withCredit(m Message, s store.Story) Message {
	if c := v.credit(s); c != nil {
		m.Blocks = append(m.Blocks, Note{c})
	}
	return m
}

// maxSides is how many narratives have a button each; of more, only the two that
// have commands do, and the others stand in a menu.
const maxSides = 4

// withWays adds the ways to the story's narratives but the one at index except,
// and the buttons that stand behind them.
func (v Voice) withWays(m Message, e store.Entry, except int, behind ...Button) Message {
	own, others := v.ways(e, except)
	if len(others) > MaxMenu {
		others = append(others[:MaxMenu-1:MaxMenu-1], v.button(wordMore, ShowNarratives, e))
	}
	if len(others) > 0 {
		m.Menu = Menu{v.Text(wordChoose), others}
	}
	m.Buttons = append(own, behind...)
	return m
}

// early are the ways that stand on each of the platform's messages that tell a
// narrative: the one at index except, or several.
func (v Voice) early(e store.Entry, except int) []Button {
	own, others := v.ways(e, except)
	if len(others) > 0 {
		own = append(own, v.button(wordMore, ShowNarratives, e))
	}
	return own
}

// ways are the narratives but the one at index except: those that have a button,
// and those that stand in a menu.
func (v Voice) ways(e store.Entry, except int) (own, others []Button) {
	all := v.everySide(e, except)
	if len(all) <= maxSides {
		return all, nil
	}
	for _, b := range all {
		if isSide(b.Verb) {
			own = append(own, b)
		} else {
			others = append(others, b)
		}
	}
	return own, others
}

// everySide has a button for each narrative but the one at index except. Beside
// one of the two sides that have commands, the other comes first.
func (v Voice) everySide(e store.Entry, except int) []Button {
	var all []Button
	for _, i := range order(e) {
		if i == except {
			continue
		}
		b := Button{v.shortLabel(e.Story.Narratives[i]), Action{Verb: verbOf(e.Story, i), Story: e.Short}}
		if except >= 0 && isSide(verbOf(e.Story, except)) && isSide(b.Verb) {
			all = slices.Insert(all, 0, b)
		} else {
			all = append(all, b)
		}
	}
	return all
}

// isSide reports whether a verb asks for one of the two sides that have
// commands.
func isSide(v Verb) bool { return v == ShowCritical || v == ShowEstablishment }

func (v Voice) button(label Phrase, verb Verb, e store.Entry) Button {
	return Button{v.Text(label), Action{Verb: verb, Story: e.Short}}
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
func (v Voice) shortLabel(n store.Narrative) string {
	switch n.Side() {
	case store.Critical:
		return v.Text(wordCritical)
	case store.Establishment:
		return v.Text(wordEstablishment)
	}
	return n.Label
}

// label is a narrative's label as a heading.
func (v Voice) label(n store.Narrative) string {
	if n.Side() == store.OtherSide {
		return n.Label
	}
	return v.with(wordNarrative, values{"Label": n.Label})
}
