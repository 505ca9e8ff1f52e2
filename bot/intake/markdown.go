package intake

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	mdparser "github.com/yuin/goldmark/parser"
	mdtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"go.yaml.in/yaml/v3"

	"briefbot/store"
)

// ParseMarkdown reads a story in Markdown: front matter with the fields of the
// JSON form, the headline as the first heading, a list of bullets, a heading
// and paragraphs for each narrative, and the sources as footnotes or as a list
// under the heading "Sources". name is what errors call the file. An error is
// an *Error, and comes with no story.
func ParseMarkdown(name string, data []byte) ([]store.Story, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := legible(name, data); err != nil {
		return nil, err
	}
	data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	if err := tame(name, data); err != nil {
		return nil, err
	}
	front, body, before := cutFrontMatter(data)
	y := yamlStory{file: name, before: 1, places: map[string]*yaml.Node{"": {}}}
	s, err := y.frontMatter(front)
	if err != nil {
		return nil, err
	}
	m := markdown{file: name, source: body, before: before}
	if s.Headline != "" {
		m.add(1, guarded(plainly(s.Headline), headStructure))
	}
	if err := m.blocks(); err != nil {
		return nil, err
	}
	sources := s.Sources
	if sources == nil && !m.sources {
		sources = m.linked
	}
	for _, src := range sources {
		m.startSources(1)
		m.add(1, mark(src.N)+" "+sourceText(src))
	}
	told, err := parseStory(name, storyText{lines: m.lines})
	if err != nil {
		return nil, err
	}
	s.Headline, s.Bullets, s.Narratives, s.Sources = told.Headline, told.Bullets, told.Narratives, told.Sources
	s.URL, s.Language = cmp.Or(s.URL, told.URL), cmp.Or(s.Language, told.Language)
	if s.Date.IsZero() {
		s.Date = told.Date
	}
	if s.Topics == nil {
		s.Topics = told.Topics
	}
	s.Image = cmp.Or(s.Image, told.Image)
	if err := y.check(s); err != nil {
		return nil, err
	}
	return []store.Story{s}, nil
}

// Bounds within which reading Markdown takes no long time, whatever it holds:
// it grows with the square of a block's length, and with its depth.
const (
	maxMarkdown = 128 << 10
	maxBlock    = 16 << 10
	maxQuotes   = 20
)

// tame reports what would take too long to read.
func tame(name string, data []byte) error {
	if len(data) > maxMarkdown {
		return &Error{File: name, Line: 1, Reason: "the file is larger than 128 KiB", Hint: "a story is a few pages of text: split the file"}
	}
	n, size := 0, 0
	for l := range bytes.Lines(data) {
		n++
		text := bytes.TrimSpace(l)
		if size += len(l); len(text) == 0 {
			size = 0
		}
		marks := len(text) - len(bytes.TrimLeft(text, "> \t"))
		switch {
		case size > maxBlock:
			return &Error{File: name, Line: n, Reason: "a block of more than 16 KiB ends here", Hint: "set blank lines between paragraphs"}
		case marks > maxQuotes && bytes.Count(text[:marks], []byte{'>'}) > maxQuotes:
			return &Error{File: name, Line: n, Reason: "quotations within quotations, more than 20 deep"}
		}
	}
	return nil
}

// cutFrontMatter cuts the YAML between two lines of --- off the beginning.
// before is how many lines stand before the body.
func cutFrontMatter(data []byte) (front, body []byte, before int) {
	rest, ok := bytes.CutPrefix(data, []byte("---\n"))
	if !ok {
		return nil, data, 0
	}
	end := bytes.Index(append([]byte{'\n'}, rest...), []byte("\n---\n"))
	if end < 0 {
		return nil, data, 0
	}
	front, body = rest[:end], rest[end+len("---\n"):]
	return front, body, bytes.Count(data[:len(data)-len(body)], []byte{'\n'})
}

// frontMatter reads the fields that stand before the text.
func (y *yamlStory) frontMatter(front []byte) (store.Story, error) {
	if len(bytes.TrimSpace(front)) == 0 {
		return store.Story{}, nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(front, &doc); err != nil {
		return store.Story{}, noYAML(y.file, y.before, err)
	}
	if len(doc.Content) == 0 { // only comments
		return store.Story{}, nil
	}
	s, err := y.read(doc.Content[0])
	if err != nil {
		return store.Story{}, err
	}
	for _, field := range []string{"bullets", "narratives"} {
		if n := y.places[field]; n != nil {
			e := y.errorAt(n, fmt.Errorf("%s stand in the text", field))
			e.Hint = "write them below the front matter"
			return store.Story{}, e
		}
	}
	return s, nil
}

// markdown turns a text in Markdown into lines of the text form.
type markdown struct {
	file   string
	source []byte
	before int // lines before the source
	lines  []line

	part    part
	headed  bool           // there is a first heading
	sources bool           // there is a list of sources
	linked  []store.Source // what citations lead to that are links
	behind  string         // addresses of the source that is being written
}

// markdownParser knows plain Markdown and footnotes, which it leaves as they
// stand: those that nothing cites are sources too.
var markdownParser = mdparser.NewParser(
	mdparser.WithBlockParsers(append(mdparser.DefaultBlockParsers(), util.Prioritized(extension.NewFootnoteBlockParser(), 999))...),
	mdparser.WithInlineParsers(mdparser.DefaultInlineParsers()...),
	mdparser.WithParagraphTransformers(mdparser.DefaultParagraphTransformers()...),
)

func (m *markdown) blocks() error {
	doc := markdownParser.Parse(mdtext.NewReader(m.source))
	var notes []ast.Node // footnotes come last, wherever they stand
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if n.Kind() == extast.KindFootnoteList {
			notes = append(notes, n)
			continue
		}
		if err := m.block(n); err != nil {
			return err
		}
	}
	for _, list := range notes {
		for n := list.FirstChild(); n != nil; n = n.NextSibling() {
			if err := m.footnote(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// add adds a line of the text form, with a blank one before it.
func (m *markdown) add(n int, text string) { m.lines = append(m.lines, line{text, n, true}) }

// block takes a block of the document.
func (m *markdown) block(n ast.Node) error {
	switch n := n.(type) {
	case *ast.Heading:
		return m.heading(n)
	case *ast.List:
		return m.list(n)
	case *ast.Blockquote:
		for inner := n.FirstChild(); inner != nil; inner = inner.NextSibling() {
			if err := m.block(inner); err != nil {
				return err
			}
		}
	case *ast.Paragraph, *ast.TextBlock:
		m.paragraph(n)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		m.add(m.lineOf(n), guarded(plainly(fold(string(n.Lines().Value(m.source)))), paragraphStructure))
	case *ast.HTMLBlock:
		if !bytes.HasPrefix(bytes.TrimSpace(n.Lines().Value(m.source)), []byte("<!--")) {
			return &Error{File: m.file, Line: m.lineOf(n), Reason: "HTML within Markdown", Hint: "write it as Markdown, or the story as an .html file"}
		}
	}
	return nil
}

func (m *markdown) heading(n *ast.Heading) error {
	text, at := m.inline(n), m.lineOf(n)
	switch {
	case text == "":
	case !m.headed && n.Level == 1:
		m.headed = true
		m.add(at, guarded(text, headStructure))
	case n.Level == 1:
		return &Error{File: m.file, Line: at, Reason: "a second headline", Hint: "write narratives under ## headings, and each story in a file of its own"}
	case isListHeading(text):
		m.startSources(at)
	case sectionOf(text) == factsMark || sectionOf(text) == viewsMark:
	case m.part == inHead:
		return &Error{File: m.file, Line: at, Reason: "a narrative before the bullets", Hint: "write the facts first, as a list"}
	default:
		m.part = inNarratives
		m.add(at, "## "+unescape(text))
	}
	return nil
}

func (m *markdown) startSources(at int) {
	if !m.sources {
		m.sources = true
		m.add(at, "Articles on this story")
	}
	m.part = inList
}

// list takes a list: of bullets, of sources, or of a narrative's paragraphs.
func (m *markdown) list(n *ast.List) error {
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		var texts []string
		at := m.lineOf(item)
		for inner := item.FirstChild(); inner != nil; inner = inner.NextSibling() {
			if nested, ok := inner.(*ast.List); ok { // its items are as good as ours
				if err := m.item(at, texts, number, n.IsOrdered()); err != nil {
					return err
				}
				texts = nil
				if err := m.list(nested); err != nil {
					return err
				}
				continue
			}
			texts = append(texts, m.inline(inner))
		}
		if err := m.item(at, texts, number, n.IsOrdered()); err != nil {
			return err
		}
		number++
	}
	return nil
}

func (m *markdown) item(at int, texts []string, number int, ordered bool) error {
	text := fold(strings.Join(texts, " "))
	switch {
	case text == "":
	case m.part == inList && ordered:
		m.add(at, mark(number)+" "+text)
	case m.part == inNarratives && ordered:
		m.add(at, guarded(strconv.Itoa(number)+". "+text, paragraphStructure))
	case m.part == inHead:
		m.part = inBullets
		fallthrough
	default:
		m.add(at, "• "+text)
	}
	return nil
}

// paragraph takes a paragraph. One that is a picture is the story's.
func (m *markdown) paragraph(n ast.Node) {
	at := m.lineOf(n)
	if img, ok := n.FirstChild().(*ast.Image); ok && m.part == inHead && img.NextSibling() == nil {
		m.add(at, "Image: "+string(img.Destination))
		m.add(at, "Image alt: "+unescape(m.inline(img)))
		return
	}
	text := m.inline(n)
	switch m.part {
	case inHead: // lines with keys, as in the text form
		for l := range strings.SplitSeq(m.lined(n), "\n") {
			if l = fold(l); l != "" {
				m.add(at, l)
			}
		}
	case inList:
		m.add(at, text)
	default:
		if text != "" {
			m.add(at, guarded(text, paragraphStructure))
		}
	}
}

// footnote takes a footnote, which is a source by its number.
func (m *markdown) footnote(n ast.Node) error {
	note, _ := n.(*extast.Footnote)
	at := m.lineOf(n)
	number, err := strconv.Atoi(string(note.Ref))
	if err != nil {
		return &Error{File: m.file, Line: at, Reason: fmt.Sprintf("footnote %q has no number", note.Ref), Hint: "sources are footnotes by number, as in [^1]"}
	}
	m.startSources(at)
	var texts []string
	for inner := n.FirstChild(); inner != nil; inner = inner.NextSibling() {
		texts = append(texts, m.inline(inner))
	}
	m.add(at, mark(number)+" "+fold(strings.Join(texts, " ")))
	return nil
}

// lineOf gives the number of the line on which a block begins.
func (m *markdown) lineOf(n ast.Node) int {
	at := -1
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Type() != ast.TypeInline && n.Lines().Len() > 0 {
			at = n.Lines().At(0).Start
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return m.before + bytes.Count(m.source[:max(at, 0)], []byte{'\n'}) + 1
}

// inline gives the text of a block, as the text form writes it: on one line,
// and with a backslash before each bracket that is plain text. In the list of
// sources it is plain, with addresses behind what they are linked to.
func (m *markdown) inline(n ast.Node) string {
	var lines passage
	for l := range strings.SplitSeq(m.lined(n), "\n") {
		if l = fold(l); l != "" {
			lines = append(lines, l)
		}
	}
	return lines.String()
}

func (m *markdown) lined(n ast.Node) string {
	var b strings.Builder
	m.write(&b, n)
	if m.part == inList {
		b.WriteString(m.behind)
		m.behind = ""
		return b.String()
	}
	return footnoteMark(b.String())
}

func (m *markdown) write(b *strings.Builder, parent ast.Node) {
	listed := m.part == inList
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			writePlain(b, n.Value(m.source), n.IsRaw(), listed)
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.WriteString(escaped(string(n.Value), listed))
		case *ast.AutoLink:
			address := string(n.URL(m.source))
			if listed {
				address = "<" + address + ">"
			}
			b.WriteString(escaped(address, listed))
		case *ast.Link:
			m.link(b, n)
		case *ast.RawHTML: // a line's end, an emphasis
			if bytes.HasPrefix(bytes.ToLower(n.Segments.Value(m.source)), []byte("<br")) {
				b.WriteByte('\n')
			}
		default:
			m.write(b, n)
		}
	}
}

// link writes a link: what it is set on, or the citation that it is. In the
// list of sources its address goes behind all else.
func (m *markdown) link(b *strings.Builder, n *ast.Link) {
	var text strings.Builder
	m.write(&text, n)
	number, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(text.String(), "^"), `[]\`))
	address := string(n.Destination)
	switch {
	case m.part == inList:
		m.behind += " <" + address + ">"
	case err == nil && number > 0 && number <= maxNumber && isAddress(address):
		if !slices.ContainsFunc(m.linked, func(s store.Source) bool { return s.N == number }) {
			m.linked = append(m.linked, store.Source{N: number, URL: address})
		}
		b.WriteString(mark(number))
		return
	}
	b.WriteString(text.String())
}

// writePlain writes a piece of text without Markdown's own backslashes and
// entities.
func writePlain(b *strings.Builder, s []byte, raw, listed bool) {
	for len(s) > 0 {
		switch i := bytes.IndexAny(s, `\&`); {
		case raw: // code, in which nothing is a mark
			b.WriteString(escaped(string(s), listed))
			return
		case i < 0:
			b.Write(s)
			return
		case i > 0:
			b.Write(s[:i])
			s = s[i:]
		case s[0] == '\\' && len(s) > 1 && util.IsPunct(s[1]):
			b.WriteString(escaped(string(s[1:2]), listed))
			s = s[2:]
		case s[0] == '\\':
			b.WriteString(escaped(`\`, listed))
			s = s[1:]
		default:
			size := bytes.IndexByte(s[:min(len(s), maxEntity)], ';') + 1
			sign := util.ResolveNumericReferences(util.ResolveEntityNames(s[:size]))
			if size == 0 {
				size, sign = 1, s[:1]
			}
			b.WriteString(escaped(string(sign), listed))
			s = s[size:]
		}
	}
}

const maxEntity = 34 // bytes of the longest, with its & and ;

// escaped writes plain text as the text form does, or as it is in the list of
// sources.
func escaped(s string, listed bool) string {
	if listed {
		return s
	}
	return plainly(s)
}

// plainly sets a backslash before what the text form would take for a citation.
func plainly(s string) string { return plainlyEscaper.Replace(s) }

var plainlyEscaper = strings.NewReplacer(`\`, `\\`, `[`, `\[`)

// footnoteMark writes footnotes' marks as citations.
func footnoteMark(s string) string {
	if !strings.Contains(s, "[^") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		case strings.HasPrefix(s[i:], "[^"):
			b.WriteByte('[')
			i++
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// WriteMarkdown writes the story in Markdown: what ParseMarkdown reads.
func WriteMarkdown(s store.Story) []byte {
	var b strings.Builder
	front := storyNode(s)
	var kept []*yaml.Node
	for i := 0; i+1 < len(front.Content); i += 2 {
		switch front.Content[i].Value {
		case "headline", "bullets", "narratives", "sources":
		default:
			kept = append(kept, front.Content[i], front.Content[i+1])
		}
	}
	if front.Content = kept; len(kept) > 0 {
		b.WriteString("---\n" + string(writeNode(front)) + "---\n\n")
	}
	b.WriteString("# " + inMarkdown(clean(s.Headline)) + "\n\n")
	for _, bullet := range s.Bullets {
		if text := clean(bullet.Text); text != "" {
			b.WriteString("- " + citedInMarkdown(text, bullet.Citations) + footnotes(store.Trailing(text, bullet.Citations)) + "\n")
		}
	}
	for _, n := range s.Narratives {
		label := clean(n.Label)
		if label == "" || cutNarrative(label) != label || isListHeading(label) || sectionOf(label) != noMark {
			label = fold(label + " " + narrativeWord)
		}
		b.WriteString("\n## " + inMarkdown(label) + "\n")
		rest := unique(n.Citations)
		for i, p := range n.Paragraphs {
			p = clean(p)
			rest = store.Trailing(p, rest)
			b.WriteString("\n" + citedInMarkdown(p, n.Citations))
			if i == len(n.Paragraphs)-1 {
				b.WriteString(footnotes(rest))
			}
			b.WriteByte('\n')
		}
	}
	if len(s.Sources) > 0 {
		b.WriteByte('\n')
	}
	for _, src := range s.Sources {
		address := ""
		if isAddress(src.URL) {
			address, src.URL = "<"+src.URL+">", ""
		}
		fmt.Fprintf(&b, "[^%d]: %s\n", src.N, strings.TrimSpace(inMarkdown(sourceText(src))+" "+address))
	}
	return []byte(b.String())
}

func footnotes(numbers []int) string {
	var b strings.Builder
	for _, n := range numbers {
		fmt.Fprintf(&b, "[^%d]", n)
	}
	return b.String()
}

// citedInMarkdown writes a text with its citations as footnotes.
func citedInMarkdown(text string, cited []int) string {
	var b strings.Builder
	end := 0
	for _, m := range store.Marks(text, cited) {
		b.WriteString(inMarkdown(text[end:m.Start]) + footnotes([]int{m.N}))
		end = m.End
	}
	b.WriteString(inMarkdown(text[end:]))
	return b.String()
}

// inMarkdown escapes a text so that Markdown shows it as it is.
func inMarkdown(text string) string {
	text = markdownEscaper.Replace(text)
	if text == "" {
		return ""
	}
	if strings.IndexByte("+-=", text[0]) >= 0 {
		return `\` + text
	}
	digits := strings.TrimLeft(text, "0123456789")
	if n := len(text) - len(digits); n > 0 && n <= 9 && (strings.HasPrefix(digits, ".") || strings.HasPrefix(digits, ")")) {
		return text[:n] + `\` + digits
	}
	return text
}

var markdownEscaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `{`, `\{`, `}`, `\}`, `[`, `\[`, `]`, `\]`,
	`<`, `\<`, `>`, `\>`, `#`, `\#`, `&`, `\&`, `|`, `\|`, `~`, `\~`)
