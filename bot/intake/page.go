package intake

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/text/language"

	"briefbot/store"
)

// ParsePage reads the story on a web page. address is where the page is; it is
// what errors call it too. An error is an *Error, or, for a selector that is
// none, names its key; it comes with no story.
//
// The story is found as in ParseHTML. Open Graph and JSON-LD tell which
// heading is the headline, and the date, the picture, the language, the topics
// and the address by which the page wants to be known.
func ParsePage(address string, data []byte, sel Selectors) (store.Story, error) {
	m, err := sel.compile()
	if err != nil {
		return store.Story{}, err
	}
	if err := readable(address, data); err != nil {
		return store.Story{}, err
	}
	w := &walker{tree: treeOf(decodeHTML(data))}
	if isAddress(address) {
		w.rebase(address)
	}
	doc := goquery.NewDocumentFromNode(w.root)
	about := w.metaOf(doc.FindMatcher(tellsOfItself).Nodes)
	w.choose(doc, m)
	from := w.root
	if m.story != nil {
		if from = first(doc, m.story); from == nil {
			return store.Story{}, &Error{File: address, Line: 1, Reason: fmt.Sprintf("selector story: nothing on the page matches %q", sel.Story)}
		}
		w.need(from)
	}
	w.inside(from, place{})
	w.flush()
	d := w.find(about, m)
	c := w.chosen(doc, m)
	d.date = firstDate(c.date, about.date, d.date, w.clock(d), about.modified, dateIn(address))
	s, err := w.story(address, d)
	if err != nil {
		return store.Story{}, err
	}
	if s.Headline == "" {
		return store.Story{}, &Error{File: address, Line: 1, Reason: "the page has no headline"}
	}
	about.fill(&s)
	if s.URL == "" {
		s.URL = w.webAddress(address)
	}
	if m.topics != nil {
		s.Topics = c.topics
	}
	s.Image = mergeImages(c.image, about.image, s.Image)
	return s, nil
}

// tellsOfItself matches what a page tells of itself beside its text.
var tellsOfItself = cascadia.MustCompile("html, base, title, link, meta, script")

func (w *walker) rebase(address string) {
	if u, err := url.Parse(address); err == nil {
		w.base = u
	}
}

func first(doc *goquery.Document, m goquery.Matcher) *html.Node {
	if found := doc.FindMatcher(goquery.SingleMatcher(m)); found.Length() > 0 {
		return found.Get(0)
	}
	return nil
}

// choose gives the elements that selectors name their roles.
func (w *walker) choose(doc *goquery.Document, m matchers) {
	w.roles = map[*html.Node]role{}
	for _, c := range []struct {
		matcher goquery.Matcher
		role    role
	}{
		{m.headline, headlineRole}, {m.bullets, bulletRole}, {m.narratives, narrativeRole}, {m.sources, sourceRole},
		{m.date, dropRole}, {m.credit, dropRole}, {m.topics, dropRole}, {m.drop, dropRole},
	} {
		if c.matcher == nil {
			continue
		}
		for _, n := range doc.FindMatcher(c.matcher).Nodes {
			if w.roles[n] == 0 || c.role == dropRole {
				w.roles[n] = c.role
			}
			if c.role != dropRole {
				w.need(n)
			}
		}
	}
}

// chosen is what selectors name beside the text.
type chosen struct {
	date   store.Date
	image  store.Image
	topics []string
}

func (w *walker) chosen(doc *goquery.Document, m matchers) chosen {
	var c chosen
	if m.date != nil {
		for _, n := range doc.FindMatcher(m.date).Nodes {
			d, _ := dateLine(textOf(n))
			if c.date = firstDate(pageDate(attribute(n, "datetime")), pageDate(attribute(n, "content")), d); !c.date.IsZero() {
				break
			}
		}
	}
	if m.image != nil {
		found := doc.FindMatcher(m.image)
		inner := walker{tree: w.tree, base: w.base, whole: true}
		for _, n := range found.AddSelection(found.Find("img")).Nodes {
			if inner.image(n); len(inner.figures) > 0 {
				c.image.URL, c.image.Alt = inner.figures[0].src, inner.figures[0].alt
				break
			}
			if c.image.URL = w.webAddress(attribute(n, "content")); c.image.URL != "" {
				break
			}
		}
	}
	if m.credit != nil {
		if n := first(doc, m.credit); n != nil {
			c.image.Credit = textOf(n)
			if _, credit, ok := pictureCredit(c.image.Credit); ok {
				c.image.Credit = credit
			}
		}
	}
	if m.topics != nil {
		for _, n := range doc.FindMatcher(m.topics).Nodes {
			c.topics = addTopics(c.topics, cutTopics(textOf(n)))
		}
	}
	return c
}

// find finds the draft of the page's story: the first that has bullets. What
// selectors name takes the place of what was found.
func (w *walker) find(about meta, m matchers) *draft {
	drafts := outlineOf(w, about.story())
	best := drafts[0]
	for _, d := range drafts {
		if len(d.bullets)+len(d.facts) > 0 {
			best = d
			break
		}
	}
	if best.headline == "" {
		best.headline = about.story()
	}
	if m.headline != nil {
		best.headline = ""
	}
	if m.bullets != nil {
		best.bullets, best.facts = nil, nil
	}
	if m.narratives != nil {
		best.narratives = nil
	}
	if m.sources != nil {
		best.sources = nil
	}
	for _, b := range w.blocks {
		if b.role != 0 {
			best.choose(b)
		}
	}
	return best
}

// choose takes what a selector names.
func (d *draft) choose(b block) {
	text := plain(b.spans)
	switch b.role {
	case headlineRole:
		if d.headline == "" {
			d.headline, d.line = text, b.line
		}
	case bulletRole:
		d.bullets = append(d.bullets, b)
	case sourceRole:
		d.sources = append(d.sources, b)
	case narrativeRole:
		if n := len(d.narratives); n > 0 && d.narratives[n-1].part == b.part {
			last := &d.narratives[n-1]
			last.blocks = append(last.blocks, b)
			return
		}
		s := side{part: b.part}
		if label, rest, ok := cutLabelled(b.spans); b.kind == heading {
			s.label = headingLabel(text)
		} else if ok {
			b.spans = rest
			s.label, s.blocks = label, []block{b}
		} else {
			s.blocks = []block{b}
		}
		d.narratives = append(d.narratives, s)
	}
}

// clock gives the first instant that stands between a draft's headline and its
// bullets.
func (w *walker) clock(d *draft) store.Date {
	for _, c := range w.clocks {
		if d.from <= c.at && c.at <= d.first {
			if at := pageDate(c.value); !at.IsZero() {
				return at
			}
		}
	}
	return store.Date{}
}

func firstDate(all ...store.Date) store.Date {
	for _, d := range all {
		if !d.IsZero() {
			return d
		}
	}
	return store.Date{}
}

var addressDay = regexp.MustCompile(`[/-]((?:19|20)\d\d)[/-](0[1-9]|1[0-2])[/-](0[1-9]|[12]\d|3[01])(?:[/-]|$)`)

// dateIn reads the day that an address has, as in /2026/11/02/ferry.
func dateIn(address string) store.Date {
	m := addressDay.FindStringSubmatch(address)
	if m == nil {
		return store.Date{}
	}
	d, _ := store.ParseDate(m[1] + "-" + m[2] + "-" + m[3])
	return d
}

// mergeImages gives the first address, and the first of all that is told of
// the picture.
func mergeImages(chosen, about store.Image, found *store.Image) *store.Image {
	if found == nil {
		found = &store.Image{}
	}
	i := store.Image{
		URL:     cmp.Or(chosen.URL, about.URL, found.URL),
		Credit:  cmp.Or(chosen.Credit, about.Credit, found.Credit),
		Caption: cmp.Or(found.Caption, about.Caption),
		Alt:     cmp.Or(chosen.Alt, found.Alt, about.Alt),
	}
	if i == (store.Image{}) {
		return nil
	}
	return &i
}

// languageTag gives a language in the form of BCP 47, or nothing if it is
// none.
func languageTag(s string) string {
	tag, err := language.Parse(s)
	if err != nil || tag == language.Und {
		return ""
	}
	return tag.String()
}
