package intake

import (
	"slices"
	"strings"

	"briefbot/store"
)

// ParseText reads the stories of a text: one in the text form, or one or more
// in the forms in which pages, newsletters and forums pass them on. name is
// what errors call the file. An error is an *Error, and comes with no story.
func ParseText(name string, data []byte) ([]store.Story, error) {
	if err := legible(name, data); err != nil {
		return nil, err
	}
	texts := cut(linesOf(string(data)))
	stories := make([]store.Story, 0, len(texts))
	for _, t := range texts {
		s, err := parseStory(name, t)
		if err != nil {
			return nil, err
		}
		stories = append(stories, s)
	}
	return stories, nil
}

func parseStory(name string, t storyText) (store.Story, error) {
	p := parser{file: name, dumped: t.dumped, part: inHead}
	for _, l := range t.lines {
		p.n = l.n
		if err := p.take(l.text, l.gap); err != nil {
			return store.Story{}, err
		}
	}
	if p.dumped {
		p.cutGlued()
	}
	s, err := p.story()
	if err != nil {
		return store.Story{}, err
	}
	if !p.listed {
		creditOutlets(&s)
	}
	return s, nil
}

// part is where in a story's text a line stands.
type part int

const (
	inHead part = iota
	inBullets
	inNarratives
	inList
)

// parser takes a story's lines in order. It looks ahead nowhere: what a line
// that may be a heading is, is decided when the next one is there.
type parser struct {
	file   string
	n      int // number of the line
	part   part
	dumped bool // the lines are those that cut arranged
	listed bool // there is a list of sources, though it may be empty

	head       head
	bullets    []passage
	narratives []narrative
	list       list

	open  *passage // what the next unmarked line goes on with
	maybe string   // a line that is a heading if a paragraph follows
	stray *Error   // the first line that belongs to nothing
}

type narrative struct {
	label      string
	paragraphs []passage
}

// take takes one line; gap says that a blank one stands before it.
func (p *parser) take(line string, gap bool) error {
	if p.part == inList {
		_, _, numbered := cutNumber(line)
		if label, ok := cutHeading(line); ok && gap && !numbered {
			p.startNarrative(label)
			return nil
		}
		return p.list.take(p.file, p.n, line, gap)
	}
	text, plain := plainText(line)
	if !plain && p.structure(line, gap) {
		return nil
	}
	if p.part == inHead {
		return p.headLine(text, plain, gap)
	}
	switch _, bare := bareHeading(text); {
	case p.maybe != "" && !gap: // it did not stand alone
		p.paragraph(p.takeMaybe())
		p.goOn(text)
	case p.open != nil && !gap:
		p.goOn(text)
	case bare && !plain && gap:
		if p.maybe != "" && p.part == inNarratives {
			p.paragraph(p.takeMaybe())
		}
		p.maybe, p.open = text, nil
	default:
		if p.maybe != "" {
			label, _ := bareHeading(p.takeMaybe())
			p.startNarrative(label)
		}
		p.paragraph(text)
	}
	return nil
}

// structure takes a line that says itself what it is.
func (p *parser) structure(line string, gap bool) bool {
	if text, ok := cutBullet(line); ok {
		p.bullet(line, text)
		return true
	}
	mayEnd := gap || p.open == nil && p.maybe == "" || p.open != nil && p.open.ended()
	if !mayEnd || p.part == inHead && !(p.dumped && line[0] == '#') {
		return false
	}
	list := isListHeading(line)
	label, heading := cutHeading(line)
	if !list && !heading {
		return false
	}
	p.dropMaybe()
	p.open = nil
	if list {
		p.part, p.listed = inList, true
	} else {
		p.startNarrative(label)
	}
	return true
}

// bullet begins a bullet. A list within a narrative is paragraphs of it, which
// keep their marks.
func (p *parser) bullet(line, text string) {
	p.dropMaybe()
	if p.part == inNarratives {
		p.paragraph(line)
		return
	}
	p.part = inBullets
	p.bullets = append(p.bullets, nil)
	p.open = &p.bullets[len(p.bullets)-1]
	p.goOn(text)
}

// startNarrative begins a narrative.
func (p *parser) startNarrative(label string) {
	p.part, p.open = inNarratives, nil
	p.narratives = append(p.narratives, narrative{label: label})
}

// paragraph begins a paragraph of the narrative.
func (p *parser) paragraph(text string) {
	if p.part != inNarratives {
		p.open = nil
		p.strayed("a paragraph that belongs to no narrative",
			"give it a heading that ends in the word narrative, or make it a bullet")
		return
	}
	n := &p.narratives[len(p.narratives)-1]
	n.paragraphs = append(n.paragraphs, passage{text})
	p.open = &n.paragraphs[len(n.paragraphs)-1]
}

// goOn adds a line to what is open, if it is.
func (p *parser) goOn(text string) {
	if p.open != nil && text != "" {
		*p.open = append(*p.open, text)
	}
}

func (p *parser) takeMaybe() string {
	s := p.maybe
	p.maybe = ""
	return s
}

// dropMaybe decides that the line in waiting is no heading: it is a paragraph,
// or, where there is no narrative yet, a heading with nothing under it.
func (p *parser) dropMaybe() {
	if s := p.takeMaybe(); s != "" && p.part == inNarratives {
		p.paragraph(s)
	}
}

// strayed notes a line that belongs to nothing, to say so at the end: a file
// that is no story at all is told that first.
func (p *parser) strayed(reason, hint string) {
	if p.stray == nil {
		p.stray = &Error{File: p.file, Line: p.n, Reason: reason, Hint: hint}
	}
}

// story makes the story of what was taken.
func (p *parser) story() (store.Story, error) {
	p.dropMaybe()
	s, err := p.head.story(p.file)
	switch {
	case err != nil:
		return store.Story{}, err
	case p.head.line == 0:
		return store.Story{}, &Error{File: p.file, Line: 1, Reason: "no headline",
			Hint: "write it on the first line, with a blank line behind it"}
	case len(p.bullets) == 0 && len(p.narratives) > 0:
		return store.Story{}, &Error{File: p.file, Line: p.head.line, Reason: "no bullets behind the headline, only narratives",
			Hint: "a story begins with its facts: write each on a line of its own that begins with •, - or *"}
	case len(p.bullets) == 0:
		return store.Story{}, &Error{File: p.file, Line: p.head.line, Reason: "no bullets behind the headline",
			Hint: "write each fact on a line of its own that begins with •, - or *"}
	case p.stray != nil:
		return store.Story{}, p.stray
	}
	if s.Sources, err = p.list.sources(p.file); err != nil {
		return store.Story{}, err
	}
	c := newCiter(s.Sources)
	s.Bullets = make([]store.Bullet, 0, len(p.bullets))
	for _, b := range p.bullets {
		if text, cited := c.passages([]passage{b}); text != nil {
			s.Bullets = append(s.Bullets, store.Bullet{Text: text[0], Citations: cited})
		}
	}
	if len(s.Bullets) == 0 {
		return store.Story{}, &Error{File: p.file, Line: p.head.line, Reason: "the bullets are empty",
			Hint: "write each fact behind its •"}
	}
	for _, n := range p.narratives {
		if paragraphs, cited := c.passages(n.paragraphs); paragraphs != nil {
			s.Narratives = append(s.Narratives, store.Narrative{Label: n.label, Paragraphs: paragraphs, Citations: cited})
		}
	}
	return s, nil
}

// passages gives the texts of passages and the numbers that they cite.
func (c citer) passages(all []passage) (texts []string, cited []int) {
	for _, p := range all {
		if len(p) > 0 {
			var text string
			text, cited = c.read(p.String(), cited)
			texts = append(texts, text)
		}
	}
	if texts != nil {
		cited = settle(texts, cited)
	}
	return texts, cited
}

// WriteText writes the story in the text form. Reading it gives the same story
// again, but for its ID, revision and time of update, which are not written,
// and in the form that ParseText gives: white space folded, marks at the end
// of a text taken out, topics cut at commas.
func WriteText(s store.Story) []byte {
	var b strings.Builder
	writeHead(&b, s)
	c := newCiter(s.Sources)
	b.WriteByte('\n')
	for _, bullet := range s.Bullets {
		if text := clean(bullet.Text); text != "" {
			b.WriteString("• " + c.write(text, bullet.Citations))
			writeMarks(&b, store.Trailing(text, bullet.Citations))
			b.WriteByte('\n')
		}
	}
	for _, n := range s.Narratives {
		c.writeNarrative(&b, n)
	}
	switch {
	case len(s.Sources) > 0:
		writeList(&b, s.Sources)
	case creditOutlets(&s), slices.ContainsFunc(s.Bullets, func(b store.Bullet) bool { return isScored(clean(b.Text)) }):
		// A list, though empty, says that the outlets are part of the text.
		b.WriteString(listHeading)
	}
	return []byte(b.String())
}

func (c citer) writeNarrative(b *strings.Builder, n store.Narrative) {
	label := clean(n.Label)
	if label == "" {
		label = narrativeWord
	}
	b.WriteString("\n" + headingFor(label) + "\n")
	rest := unique(n.Citations)
	for i, p := range n.Paragraphs {
		p = clean(p)
		rest = store.Trailing(p, rest)
		b.WriteString("\n" + guarded(c.write(p, n.Citations), paragraphStructure))
		if i == len(n.Paragraphs)-1 {
			writeMarks(b, rest)
		}
		b.WriteByte('\n')
	}
}

func writeMarks(b *strings.Builder, numbers []int) {
	for _, n := range numbers {
		b.WriteString(mark(n))
	}
}

// paragraphStructure holds for a paragraph that would be taken for something
// else.
func paragraphStructure(line string) bool {
	_, heading := cutHeading(line)
	_, bare := bareHeading(line)
	_, bullet := cutBullet(line)
	return heading || bare || bullet || isRule(line) || isListHeading(line) || landmarkOf(line) != noMark
}

// guarded sets a backslash before a line that would be taken for something
// else.
func guarded(line string, structure func(string) bool) string {
	if line != "" && line[0] != '\\' && structure(line) {
		return `\` + line
	}
	return line
}

// clean makes a text of one line that the text form can hold.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return fold(strings.ToValidUTF8(s, "\ufffd"))
}
