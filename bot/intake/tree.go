package intake

import (
	"bytes"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// maxPage is the most that HTML may take: many times a story's page, and what
// a feed with all its items may have.
const maxPage = 10 << 20

// maxTags is how many tags HTML may have: what each takes in memory is a
// hundred times what it takes in the file.
const maxTags = 200_000

// maxDepth is how deep elements are nested in the tree; what is nested deeper
// stands beside the deepest.
const maxDepth = 200

// maxAttributes is how many attributes an element keeps.
const maxAttributes = 50

// tree is HTML as a tree of elements and texts, without what no reader sees:
// scripts, styles, drawings, comments.
type tree struct {
	root    *html.Node
	lines   map[*html.Node]int // where headings stand
	ids     map[string]*html.Node
	needed  map[*html.Node]bool // what a first-level heading or a cited source stands in
	anchors []*html.Node        // links within the page
	slab    []html.Node
}

// treeOf reads HTML in UTF-8.
//
// It reads the tokens of x/net/html and nests them itself. The library's own
// tree follows browsers in opening each unclosed <b> or <font> anew in every
// paragraph behind it, so that a page of 26 KB takes 300 MB; this one is never
// larger than what it was made of, of any depth, and made in one pass.
func treeOf(data []byte) tree {
	t := tree{lines: map[*html.Node]int{}, ids: map[string]*html.Node{}, needed: map[*html.Node]bool{}}
	t.root = t.node(html.DocumentNode, "", 0)
	open := []*html.Node{t.root}
	line, tags := 1, 0
	z := html.NewTokenizer(bytes.NewReader(data))
	var hidden atom.Atom // what no reader sees the inside of,
	within := 0          // and how often it is open
	for {
		kind := z.Next()
		if tags++; kind == html.ErrorToken || tags > 2*maxTags {
			t.needSources()
			return t
		}
		at := line
		line += bytes.Count(z.Raw(), []byte{'\n'})
		switch kind {
		case html.TextToken:
			top := open[len(open)-1]
			if within > 0 || unseen[top.DataAtom] && !isData(top) {
				continue
			}
			top.AppendChild(t.node(html.TextNode, string(z.Text()), 0))
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			switch {
			case within > 0 && token.DataAtom == hidden && kind == html.StartTagToken:
				within++
			case within > 0 && (!foreign[hidden] || !isBlock[token.DataAtom]):
				continue
			case foreign[token.DataAtom] || unread[token.DataAtom]:
				if hidden = token.DataAtom; kind == html.StartTagToken {
					within = 1
				}
				continue
			}
			if within > 0 && token.DataAtom == hidden {
				continue
			}
			within = 0
			open = implyEnds(open, token.DataAtom)
			n := t.node(html.ElementNode, token.Data, token.DataAtom)
			n.Attr = token.Attr[:min(len(token.Attr), maxAttributes)]
			open[len(open)-1].AppendChild(n)
			t.note(n, at)
			if !void[token.DataAtom] && len(open) < maxDepth {
				open = append(open, n)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			if within > 0 {
				if a == hidden {
					within--
				}
				continue
			}
			open = closeElement(open, a, name)
		}
	}
}

// note remembers what will be looked for.
func (t *tree) note(n *html.Node, line int) {
	if headingLevel(n) > 0 {
		t.lines[n] = line
	}
	if n.DataAtom == atom.H1 {
		t.need(n)
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "id", a.Key == "name" && n.DataAtom == atom.A:
			if _, there := t.ids[a.Val]; !there {
				t.ids[a.Val] = n
			}
		case a.Key == "href" && len(a.Val) > 1 && a.Val[0] == '#' && n.DataAtom == atom.A:
			t.anchors = append(t.anchors, n)
		}
	}
}

// need keeps what an element stands in from being left out.
func (t *tree) need(n *html.Node) {
	for ; n != nil && !t.needed[n]; n = n.Parent {
		t.needed[n] = true
	}
}

// needSources keeps what citations lead to from being left out.
func (t *tree) needSources() {
	for _, a := range t.anchors {
		if _, ok := citationNumber(textOf(a)); ok {
			if target := t.ids[fragment(attribute(a, "href"))]; target != nil {
				t.need(target)
			}
		}
	}
}

// node makes a node; many share one allocation.
func (t *tree) node(kind html.NodeType, data string, a atom.Atom) *html.Node {
	if len(t.slab) == 0 {
		t.slab = make([]html.Node, 64)
	}
	n := &t.slab[0]
	t.slab = t.slab[1:]
	n.Type, n.Data, n.DataAtom = kind, data, a
	return n
}

// implyEnds closes what can't hold the element that begins: a paragraph ends
// before the next one, an item before the next item.
func implyEnds(open []*html.Node, a atom.Atom) []*html.Node {
	switch a {
	case atom.Li:
		open = closeUpTo(open, isList, atom.Li)
	case atom.Dt, atom.Dd:
		open = closeUpTo(open, isDefinitions, atom.Dt, atom.Dd)
	case atom.Td, atom.Th:
		open = closeUpTo(open, isTable, atom.Td, atom.Th)
	case atom.Tr:
		open = closeUpTo(open, isTable, atom.Tr)
	case atom.Tbody, atom.Thead, atom.Tfoot:
		open = closeUpTo(open, isTable, atom.Tbody, atom.Thead, atom.Tfoot)
	case atom.A:
		return closeUpTo(open, isBlock, atom.A)
	case atom.Option:
		return closeUpTo(open, isBlock, atom.Option)
	}
	if isBlock[a] {
		open = closeUpTo(open, isCell, atom.P)
	}
	top := len(open) - 1
	if headings[open[top].DataAtom] > 0 && (headings[a] > 0 || belowHeadings[a] && open[top].FirstChild != nil) {
		open = open[:top] // it was left open
	}
	return open
}

// closeUpTo closes the innermost of the elements named, if it is open within
// the innermost of the bounds.
func closeUpTo(open []*html.Node, bounds map[atom.Atom]bool, names ...atom.Atom) []*html.Node {
	for i := len(open) - 1; i > 0; i-- {
		a := open[i].DataAtom
		for _, n := range names {
			if a == n {
				return open[:i]
			}
		}
		if bounds[a] {
			break
		}
	}
	return open
}

// closeElement takes an end tag. That of an element within a line closes no
// block, and one that closes nothing is passed over.
func closeElement(open []*html.Node, a atom.Atom, name []byte) []*html.Node {
	for i := len(open) - 1; i > 0; i-- {
		n := open[i]
		if n.DataAtom == a && (a != 0 || n.Data == string(name)) {
			return open[:i]
		}
		if headingLevel(n) > 0 && headings[a] > 0 { // <h2>…</h3>
			return open[:i]
		}
		if !isBlock[a] && isBlock[n.DataAtom] || isCell[n.DataAtom] && !isTable[a] {
			break
		}
	}
	return open
}

func atoms(all ...atom.Atom) map[atom.Atom]bool {
	set := make(map[atom.Atom]bool, len(all))
	for _, a := range all {
		set[a] = true
	}
	return set
}

// The kinds of elements. A map is never written after it is made.
var (
	void = atoms(atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link,
		atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr, atom.Keygen)
	// unseen have text that the tokenizer gives in one piece.
	unseen = atoms(atom.Script, atom.Style, atom.Iframe, atom.Noembed, atom.Noframes, atom.Textarea, atom.Xmp)
	// unread are left out with all that stands in them.
	unread = atoms(atom.Template, atom.Noscript, atom.Object, atom.Canvas, atom.Audio, atom.Video, atom.Select, atom.Datalist)
	// foreign are drawings and formulas; a block of HTML ends them.
	foreign = atoms(atom.Svg, atom.Math)
	isBlock = atoms(atom.Html, atom.Head, atom.Body, atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Center,
		atom.Details, atom.Dialog, atom.Dd, atom.Dir, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption,
		atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header,
		atom.Hgroup, atom.Hr, atom.Li, atom.Main, atom.Menu, atom.Nav, atom.Ol, atom.P, atom.Pre, atom.Search, atom.Section,
		atom.Summary, atom.Table, atom.Tbody, atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Ul)
	isList        = atoms(atom.Ul, atom.Ol, atom.Menu, atom.Dir, atom.Td, atom.Th)
	isDefinitions = atoms(atom.Dl, atom.Td, atom.Th)
	isTable       = atoms(atom.Table)
	isCell        = atoms(atom.Td, atom.Th, atom.Caption, atom.Table)
	belowHeadings = atoms(atom.P, atom.Ul, atom.Ol, atom.Blockquote, atom.Table, atom.Section, atom.Article)
	headings      = map[atom.Atom]int{atom.H1: 1, atom.H2: 2, atom.H3: 3, atom.H4: 4, atom.H5: 5, atom.H6: 6}
)

// isData holds for the one kind of script that is read.
func isData(n *html.Node) bool {
	return n.DataAtom == atom.Script && strings.EqualFold(strings.TrimSpace(attribute(n, "type")), "application/ld+json")
}

// headingLevel is 1 for the highest, 0 for what is no heading.
func headingLevel(n *html.Node) int {
	if level := headings[n.DataAtom]; level > 0 {
		return level
	}
	if attribute(n, "role") == "heading" {
		if l := attribute(n, "aria-level"); len(l) == 1 && '1' <= l[0] && l[0] <= '6' {
			return int(l[0] - '0')
		}
		return 2
	}
	return 0
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// decodeHTML gives HTML in UTF-8. What is UTF-8 is taken as that, whatever it
// declares: no other encoding looks like it by chance.
func decodeHTML(data []byte) []byte {
	if utf8.Valid(data) && bytes.IndexByte(data, 0x1b) < 0 {
		return bytes.TrimPrefix(data, []byte("\ufeff"))
	}
	encoding, name, certain := charset.DetermineEncoding(data, "")
	if name == "utf-8" || !certain && mostlyUTF8(data) {
		return bytes.ToValidUTF8(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\ufffd"))
	}
	decoded, err := encoding.NewDecoder().Bytes(data)
	if err != nil { // a part that can't be decoded is no reason to lose the rest
		return bytes.ToValidUTF8(data, []byte("\ufffd"))
	}
	return bytes.TrimPrefix(decoded, []byte("\ufeff"))
}

// mostlyUTF8 holds for UTF-8 with a few bytes that are none.
func mostlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		data = data[size:]
	}
	return good > bad
}

// textOf gives the text of an element on one line.
func textOf(n *html.Node) string {
	var b strings.Builder
	var write func(*html.Node)
	write = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if isBlock[n.DataAtom] || n.DataAtom == atom.Br {
			b.WriteByte(' ')
		}
		for c := n.FirstChild; c != nil && !isData(n); c = c.NextSibling {
			write(c)
		}
	}
	write(n)
	return clean(b.String())
}

// fragment gives the id that an address within the page leads to.
func fragment(href string) string {
	id, err := url.PathUnescape(strings.TrimPrefix(href, "#"))
	if err != nil {
		return ""
	}
	return id
}
