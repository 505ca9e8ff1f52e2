package intake

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// block is a piece of a page that stands by itself: a heading, an item of a
// list, a paragraph.
type block struct {
	kind   blockKind
	level  int // of a heading; looksLikeHeading if only its look says so
	list   int // which list it is an item of, from 1
	number int // its number in an ordered list
	box    int // which article or main part of the page it stands in
	line   int // where it stands, if that is known
	role   role
	part   int  // which of the elements with its role
	alone  bool // the first line of several, with an empty one behind it
	spans  []span
	ids    []string // by which links lead here
}

type blockKind int

const (
	paragraph blockKind = iota
	heading
	item
	itemMore // goes on with the item before
)

// looksLikeHeading is the level of a heading that only its look makes one.
const looksLikeHeading = 7

// span is text of one look.
type span struct {
	text string
	href string // absolute, or "#id" within the page
	sup  bool
	bold bool
}

// figure is a picture with what stands below it.
type figure struct {
	src, alt string
	caption  []string // the lines of its caption
	at       int      // how many blocks stand before it
}

// clock is an instant that the page marks as one.
type clock struct {
	value string
	at    int
}

// walker makes blocks of a tree.
type walker struct {
	tree
	base  *url.URL            // of relative addresses; nil if it is not known
	whole bool                // nothing that surrounds a story is left out
	roles map[*html.Node]role // given by selectors

	blocks  []block
	figures []figure
	clocks  []clock
	boxes   []int // the box that each box stands in, by number
	lists   int
	parts   int

	open    block     // what is being read
	ids     []string  // of what comes next
	begun   *bool     // whether the item that is being read has a block yet
	caption *[]string // where text goes instead
}

// place is what an element hands on to what stands in it.
type place struct {
	block       // what a text here begins
	span        // how it looks
	pre   bool  // its line ends are meant
	begun *bool // of the item
	count *int  // of the ordered list
}

func (w *walker) inside(n *html.Node, p place) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, p)
	}
}

// walk goes through a node and what stands in it.
func (w *walker) walk(n *html.Node, p place) {
	switch {
	case n.Type == html.TextNode:
		w.write(n.Data, p)
		return
	case n.Type == html.ElementNode && w.left(n), isData(n):
		return
	}
	if id := attribute(n, "id"); id != "" {
		w.ids = append(w.ids, id)
	}
	if r := w.roles[n]; r != 0 {
		w.flush()
		w.parts++
		p.block = block{role: r, part: w.parts, box: p.box, line: w.lines[n]}
		if r == bulletRole || r == sourceRole {
			p.kind, p.begun = item, new(bool)
		}
		w.inside(n, p)
		w.flush()
		return
	}
	switch a := n.DataAtom; {
	case a == atom.Br:
		w.write("\n", place{block: p.block, pre: true, begun: p.begun})
	case a == atom.Img:
		w.image(n)
	case a == atom.A:
		if name := attribute(n, "name"); name != "" {
			w.ids = append(w.ids, name)
		}
		p.href = w.address(attribute(n, "href"))
		w.inside(n, p)
	case a == atom.Sup:
		p.sup = true
		w.inside(n, p)
	case a == atom.B || a == atom.Strong:
		p.bold = true
		w.inside(n, p)
	case a == atom.Q:
		w.write("“", p)
		w.inside(n, p)
		w.write("”", p)
	case a == atom.Time:
		if v := attribute(n, "datetime"); v != "" {
			w.clocks = append(w.clocks, clock{v, len(w.blocks)})
		}
		w.inside(n, p)
	case a == atom.Figure:
		w.figure(n, p)
	case a == atom.Figcaption && w.caption == nil:
		var lines []string
		w.flush()
		w.caption = &lines
		w.inside(n, place{})
		w.flush()
		w.caption = nil
		if len(w.figures) > 0 {
			f := &w.figures[len(w.figures)-1]
			f.caption = append(f.caption, lines...)
		}
	case isBlock[a] || headingLevel(n) > 0:
		w.flush()
		w.inside(n, w.enter(n, p))
		w.flush()
	default:
		w.inside(n, p)
	}
}

// enter gives the place that a block element makes.
func (w *walker) enter(n *html.Node, p place) place {
	a := n.DataAtom
	level := headingLevel(n)
	switch {
	case level > 0:
		p.kind, p.level, p.line = heading, level, w.lines[n]
		if p.begun != nil {
			*p.begun = true
			p.begun = nil
		}
	case a == atom.Summary, a == atom.Dt:
		p.kind, p.level = heading, looksLikeHeading
	case a == atom.Ul, a == atom.Ol:
		w.lists++
		p.list, p.count = w.lists, nil
		if a == atom.Ol {
			from, _ := strconv.Atoi(attribute(n, "start"))
			p.count = new(int)
			*p.count = max(from, 1) - 1
		}
	case a == atom.Li:
		p.kind, p.begun, p.level, p.number = item, new(bool), 0, 0
		if p.count != nil {
			*p.count++
			if v, err := strconv.Atoi(attribute(n, "value")); err == nil {
				*p.count = v
			}
			p.number = *p.count
		}
	case a == atom.Article, a == atom.Main:
		w.boxes = append(w.boxes, p.box)
		p.box = len(w.boxes)
	case a == atom.Pre:
		p.pre = true
	}
	if attribute(n, "role") == "tabpanel" {
		if tab := w.tree.ids[attribute(n, "aria-labelledby")]; tab != nil {
			w.write(textOf(tab), place{block: block{kind: heading, level: looksLikeHeading, box: p.box}})
			w.flush()
		}
	}
	return p
}

// figure reads a picture with its caption, in either order.
func (w *walker) figure(n *html.Node, p place) {
	w.flush()
	before := len(w.figures)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Figcaption {
			w.walk(c, p)
		}
	}
	w.flush()
	for c := n.FirstChild; c != nil && len(w.figures) > before; c = c.NextSibling {
		if c.DataAtom == atom.Figcaption {
			w.walk(c, p)
		}
	}
}

// minPicture is the least width or height of a picture that is more than a
// sign.
const minPicture = 64

func (w *walker) image(n *html.Node) {
	for _, name := range []string{"width", "height"} {
		if size, err := strconv.Atoi(attribute(n, name)); err == nil && size < minPicture {
			return
		}
	}
	for _, name := range []string{"src", "data-src", "data-original"} {
		if src := w.address(attribute(n, name)); isAddress(src) {
			w.figures = append(w.figures, figure{src: src, alt: clean(attribute(n, "alt")), at: len(w.blocks)})
			return
		}
	}
}

// address makes an address whole. One that leads elsewhere than to the web is
// none; one that can't be made whole, since it isn't known to where it is
// relative, neither.
func (w *walker) address(href string) string {
	href = strings.Trim(href, " \t\r\n\f")
	if href == "" || href[0] == '#' {
		return href
	}
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	if w.base != nil {
		if u.Fragment != "" && u.Path == "" && u.Host == "" {
			return "#" + u.EscapedFragment()
		}
		if u = w.base.ResolveReference(u); u.Fragment != "" {
			page, here := *u, *w.base
			page.Fragment, page.RawFragment, here.Fragment, here.RawFragment = "", "", "", ""
			if page.String() == here.String() {
				return "#" + u.EscapedFragment()
			}
		}
	}
	if s := u.String(); isAddress(s) {
		return s
	}
	return ""
}

// write adds text to the block that is being read, or begins one.
func (w *walker) write(text string, p place) {
	if len(w.open.spans) == 0 {
		if strings.TrimFunc(text, isBlank) == "" {
			return
		}
		w.open = p.block
		w.begun = p.begun
		if p.begun != nil && *p.begun {
			w.open.kind = itemMore
		}
	}
	if !p.pre {
		text = oneLine(text)
	}
	s := p.span
	s.text = text
	if last := len(w.open.spans) - 1; last >= 0 {
		if l := &w.open.spans[last]; s.href == "" && !s.sup && l.href == "" && !l.sup && l.bold == s.bold && len(l.text) < 64 {
			l.text += text
			return
		}
	}
	w.open.spans = append(w.open.spans, s)
}

// oneLine makes a space of each line end, or nothing between signs of a script
// that sets none between words.
func oneLine(s string) string {
	i := strings.IndexAny(s, "\n\r")
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i >= 0 {
		b.WriteString(s[:i])
		last, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(s[:i], unicode.IsSpace))
		s = strings.TrimLeftFunc(s[i:], unicode.IsSpace)
		if next, _ := utf8.DecodeRuneInString(s); !unspaced(last) || !unspaced(next) {
			b.WriteByte(' ')
		}
		i = strings.IndexAny(s, "\n\r")
	}
	b.WriteString(s)
	return b.String()
}

// flush ends the block that is being read. Its lines are blocks of their own
// where they look like it: behind an empty line, or as an item of a list.
func (w *walker) flush() {
	b := w.open
	w.open = block{}
	if len(b.spans) == 0 {
		return
	}
	ids := w.ids
	w.ids = nil
	gap := true
	lines := linesIn(b.spans)
	for i, line := range lines {
		text := plain(line)
		if text == "" {
			gap = true
			continue
		}
		if w.caption != nil {
			*w.caption = append(*w.caption, text)
			continue
		}
		next := b
		next.spans, next.ids, ids = line, ids, nil
		next.alone = len(w.blocks) == 0 && i+1 < len(lines) && plain(lines[i+1]) == ""
		if b.kind == paragraph {
			next.look(text, gap)
		}
		if next.kind == itemMore && len(w.blocks) > 0 && w.blocks[len(w.blocks)-1].kind == heading {
			next.kind = paragraph // an item with a heading of its own
		}
		if next.kind == itemMore || !gap && next.kind == b.kind && !next.begins(text) {
			w.goOn(next)
		} else {
			w.blocks = append(w.blocks, next)
		}
		if b.kind == item {
			b.kind = itemMore
			if w.begun != nil {
				*w.begun = true
			}
		}
		gap = false
	}
}

// goOn adds to the block before.
func (w *walker) goOn(b block) {
	if len(w.blocks) == 0 {
		b.kind = paragraph
		w.blocks = append(w.blocks, b)
		return
	}
	last := &w.blocks[len(w.blocks)-1]
	last.spans = append(append(last.spans, span{text: " "}), b.spans...)
	last.ids = append(last.ids, b.ids...)
}

// look finds what a paragraph is that was not marked as more.
func (b *block) look(text string, gap bool) {
	if _, ok := cutBullet(text); ok && !isRule(text) {
		b.kind = item
		b.cutSign()
		return
	}
	_, says := cutHeading(text)
	_, short := bareHeading(text)
	bold := short && gap
	for _, s := range b.spans {
		bold = bold && (s.bold || strings.TrimFunc(s.text, isBlank) == "")
	}
	if says || bold || isListHeading(text) {
		b.kind, b.level = heading, looksLikeHeading
	}
}

// cutSign takes a bullet's sign off.
func (b *block) cutSign() {
	for i := range b.spans {
		s := strings.TrimLeftFunc(b.spans[i].text, func(r rune) bool { return isBlank(r) || r == '\u200e' || r == '\u200f' })
		if s == "" {
			continue
		}
		_, size := utf8.DecodeRuneInString(s)
		b.spans = append([]span(nil), b.spans[i:]...)
		b.spans[0].text = s[size:]
		return
	}
}

// begins holds for a line that begins a block though no empty line stands
// before it.
func (b *block) begins(text string) bool {
	_, _, numbered := cutNumber(text)
	return b.kind == item || b.kind == heading || numbered || headLineKey(text)
}

// linesIn cuts spans at the line ends in them.
func linesIn(spans []span) [][]span {
	all := [][]span{nil}
	for _, s := range spans {
		for {
			before, after, cut := strings.Cut(s.text, "\n")
			last := len(all) - 1
			if before != "" {
				all[last] = append(all[last], span{before, s.href, s.sup, s.bold})
			}
			if !cut {
				break
			}
			all = append(all, nil)
			s.text = after
		}
	}
	return all
}

// plain gives the text of spans on one line.
func plain(spans []span) string {
	if len(spans) == 1 {
		return clean(spans[0].text)
	}
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.text)
	}
	return clean(b.String())
}
