package intake

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"briefbot/store"
)

// ParseHTML reads the stories in HTML: a whole page, or a piece such as the
// content of a feed's item. name is what errors call it. An error is an *Error
// and comes with no story.
//
// A story is told by its structure: a heading, a list of bullets, headings
// with paragraphs below them, a list of sources. Citations are numbers in
// brackets or set high, or links; where they lead to gives the sources. A
// piece whose headline stands elsewhere, as a feed's item has it in its title,
// gives a story without one.
func ParseHTML(name string, data []byte) ([]store.Story, error) {
	if err := readable(name, data); err != nil {
		return nil, err
	}
	w := &walker{tree: treeOf(decodeHTML(data))}
	about := w.metaOf(goquery.NewDocumentFromNode(w.root).FindMatcher(tellsOfItself).Nodes)
	w.inside(w.root, place{})
	w.flush()
	drafts := outlineOf(w, about.story())
	var all []store.Story
	var first error
	for _, d := range drafts {
		d.date = firstDate(d.date, w.clock(d))
		if len(drafts) == 1 {
			d.date = firstDate(about.date, d.date, about.modified)
			d.headline = cmp.Or(d.headline, about.story())
		}
		s, err := w.story(name, d)
		switch {
		case err != nil:
			first = cmp.Or(first, err)
			continue
		case len(drafts) == 1:
			about.fill(&s)
			s.Image = mergeImages(store.Image{}, about.image, s.Image)
		default:
			s.Language = about.language
		}
		all = append(all, s)
	}
	if all == nil {
		return nil, first
	}
	return all, nil
}

// parseHTMLFile reads a story file in HTML: its stories have their headlines in
// it.
func parseHTMLFile(name string, data []byte) ([]store.Story, error) {
	stories, err := ParseHTML(name, data)
	for _, s := range stories {
		if s.Headline == "" {
			return nil, &Error{File: name, Line: 1, Reason: "no headline", Hint: "write it as <h1> before the bullets"}
		}
	}
	return stories, err
}

// readable reports HTML that is more than a story's page can be.
func readable(name string, data []byte) error {
	switch {
	case len(data) > maxPage:
		return &Error{File: name, Line: 1, Reason: "more than 10 MiB of HTML", Hint: "a story's page is a fraction of that"}
	case bytes.Count(data, []byte{'<'}) > maxTags:
		return &Error{File: name, Line: 1, Reason: fmt.Sprintf("more than %d tags of HTML", maxTags), Hint: "a story's page is a fraction of that"}
	}
	return nil
}

// textOfHTML reduces HTML to plain text: a line for each paragraph, heading
// and item of a list.
func textOfHTML(text string) string {
	if !strings.ContainsAny(text, "<&") {
		return clean(text)
	}
	if len(text) > maxPage {
		text = text[:maxPage]
	}
	w := walker{tree: treeOf([]byte(text)), whole: true}
	w.inside(w.root, place{})
	w.flush()
	lines := make([]string, 0, len(w.blocks))
	for _, b := range w.blocks {
		lines = append(lines, plain(b.spans))
	}
	return strings.Join(lines, "\n")
}

// story makes the story of a draft.
func (w *walker) story(name string, d *draft) (store.Story, error) {
	line := max(d.line, 1)
	if len(d.bullets) == 0 {
		d.bullets = d.facts
	}
	if len(d.bullets) == 0 {
		return store.Story{}, &Error{File: name, Line: line, Reason: "no bullets: no list of facts behind the headline",
			Hint: "a story needs at least one; write it as <li>"}
	}
	if len(d.headline) > maxHeadline {
		return store.Story{}, &Error{File: name, Line: line, Reason: fmt.Sprintf("the headline is longer than %d bytes", maxHeadline)}
	}
	s := store.Story{Headline: d.headline, Date: d.date}
	l := linkerOf(d, w.host())
	bullets := l.texts(d.bullets)
	sides := make([][]string, len(d.narratives))
	for i, n := range d.narratives {
		sides[i] = l.texts(n.blocks)
	}
	s.Sources = l.sources
	c := newCiter(s.Sources)
	for _, b := range bullets {
		if text, cited := c.passages([]passage{{b}}); text != nil {
			s.Bullets = append(s.Bullets, store.Bullet{Text: text[0], Citations: cited})
		}
	}
	if len(s.Bullets) == 0 {
		return store.Story{}, &Error{File: name, Line: line, Reason: "the bullets are empty"}
	}
	for i, n := range d.narratives {
		var all []passage
		for _, p := range sides[i] {
			all = append(all, passage{p})
		}
		label := clean(n.label)
		if label == "" {
			label = unnamed(i)
		}
		if paragraphs, cited := c.passages(all); paragraphs != nil {
			s.Narratives = append(s.Narratives, store.Narrative{Label: label, Paragraphs: paragraphs, Citations: cited})
		}
	}
	s.Image = w.picture(d)
	if err := bounded(s); err != nil {
		return store.Story{}, &Error{File: name, Line: line, Reason: err.Error()}
	}
	return s, nil
}

// maxStory is the most text that a story from a page may have: ten times a
// long one. More is a page that was taken for a story.
const maxStory = 128 << 10

// bounded reports a story that is too large to be one.
func bounded(s store.Story) error {
	size := len(s.Headline) + len(s.URL) + 64*(len(s.Bullets)+len(s.Narratives)+len(s.Sources))
	for _, b := range s.Bullets {
		size += len(b.Text) + 8*len(b.Citations)
	}
	for _, n := range s.Narratives {
		size += len(n.Label) + 8*len(n.Citations)
		for _, p := range n.Paragraphs {
			size += len(p) + 8
		}
	}
	for _, src := range s.Sources {
		size += len(src.Outlet) + len(src.Title) + len(src.URL)
	}
	for _, t := range s.Topics {
		size += len(t)
	}
	if i := s.Image; i != nil {
		size += len(i.URL) + len(i.Credit) + len(i.Caption) + len(i.Alt)
	}
	if size > maxStory {
		return fmt.Errorf("more than %d KiB of text behind one headline: that is no story", maxStory>>10)
	}
	return nil
}

// texts gives the texts of blocks, without the empty ones.
func (l *linker) texts(blocks []block) []string {
	var all []string
	for _, b := range blocks {
		if text := l.text(b.spans); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// picture gives the first picture of a draft, with its credit.
func (w *walker) picture(d *draft) *store.Image {
	i := store.Image{Credit: d.credit, Caption: d.caption}
	for _, f := range w.figures {
		if f.at < d.from || f.at > d.to {
			continue
		}
		i.URL, i.Alt = f.src, f.alt
		f.tell(&i)
		break
	}
	if i == (store.Image{}) {
		return nil
	}
	return &i
}

// tell adds what stands below a picture.
func (f figure) tell(i *store.Image) {
	var caption []string
	for _, line := range f.caption {
		before, credit, ok := pictureCredit(line)
		if !ok {
			caption = append(caption, line)
			continue
		}
		if i.Credit == "" {
			i.Credit = credit
		}
		if before != "" {
			caption = append(caption, before)
		}
	}
	if i.Caption == "" {
		i.Caption = clean(strings.Join(caption, " "))
	}
}

// host is that of the page; empty if its address is not known.
func (w *walker) host() string {
	if w.base == nil {
		return ""
	}
	return hostOf(w.base.String())
}
