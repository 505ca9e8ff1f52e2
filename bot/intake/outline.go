package intake

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/store"
)

// role is what a selector says that an element is.
type role int

const (
	headlineRole role = iota + 1
	bulletRole
	narrativeRole
	sourceRole
	dropRole
)

// section is where in a story a block stands.
type section int

const (
	beforeFacts section = iota
	inFacts             // under a heading that says so, or behind the first bullet
	inSides             // under a heading for all narratives
	inOneSide
	underHeading // whose meaning shows in what follows
	inSources
	inTail // what belongs to the page, not to the story
)

// The headings that say what follows, where no structure does.
var (
	factsNames = nameSet("the facts", "facts", "highlights", "key points", "key facts", "talking points", "what happened",
		"in brief", "at a glance", "what we know")
	sidesNames = nameSet("the spin", "the controversies", "the controversy", "perspectives", "narratives", "the narratives",
		"opposing views", "viewpoints", "both sides", "the sides")
	sourcesNames = nameSet("references", "footnotes", "endnotes", "citations", "further sources", "see sources",
		"sources and citations", "source articles")
	// lateNames are those of narratives that stand behind a tail.
	lateNames = nameSet("metaculus prediction", "nerd", "cynical")
	tailNames = nameSet("establishment split", "political split", "go deeper", "related", "related stories",
		"related articles", "related news", "more stories", "more on this story", "more like this", "read more", "read next",
		"recommended", "recommended for you", "most read", "most popular", "trending", "latest stories", "latest news",
		"newsletter", "sign up", "subscribe", "comments", "share", "share this story", "follow us", "about us",
		"about the author", "advertisement", "cookies", "contact", "topics", "tags", "timeline", "did you know")
)

func nameSet(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// draft is a story as it is found in the blocks.
type draft struct {
	headline   string
	level      int // of its heading; 0 if it has none
	line       int
	box        int
	top        int // the highest level of the headings below it; 0 if there are none
	section    section
	tail       int // the level of the heading that began the tail
	label      string
	bullets    []block
	facts      []block // paragraphs where bullets are to be expected
	narratives []side
	sources    []block
	numbered   bool // sources in paragraphs have numbers
	date       store.Date
	credit     string
	caption    string
	from, to   int // the blocks it was found in
	first      int // that of the first bullet
}

type side struct {
	label  string
	level  int // of its heading
	part   int // of a selector's match
	blocks []block
}

// outline finds the stories in blocks.
type outline struct {
	blocks []block
	boxes  []int
	host   string // of the page; empty if it is not known
	cited  map[string]bool
	lists  map[int]*listFacts
	drafts []*draft
	*draft
}

// listFacts is what the items of a list have in common.
type listFacts struct{ items, linked, numbered, cited int }

// outlineOf finds the stories. headline is that of the page, if it is known:
// the story begins there.
func outlineOf(w *walker, headline string) []*draft {
	o := outline{blocks: w.blocks, boxes: w.boxes, host: w.host(), cited: map[string]bool{}, lists: map[int]*listFacts{}}
	o.survey()
	from := o.start(headline)
	o.begin(from)
	for i := from; i < len(o.blocks); i++ {
		b := &o.blocks[i]
		if b.role != 0 {
			continue // a selector's
		}
		if len(o.bullets) > 0 && o.box > 0 && !o.inside(b.box, o.box) && !(b.kind == heading && o.isNext(i)) {
			if o.isCited(b) {
				o.sources = append(o.sources, *b)
			}
			continue // behind the article
		}
		o.to = i + 1
		if len(o.bullets) == 0 {
			o.first = i
		}
		switch {
		case b.kind == heading:
			o.heading(i)
		case b.kind == item:
			o.item(b)
		default:
			o.paragraph(b)
		}
	}
	return o.drafts
}

// start gives the block with the page's headline; 0 if none has it.
func (o *outline) start(headline string) int {
	want := sameWords(headline)
	if want == "" {
		return 0
	}
	found := 0
	for i, b := range o.blocks {
		if b.kind != heading {
			continue
		}
		if have := sameWords(plain(b.spans)); have == want {
			return i
		} else if found == 0 && len(have) > len(want)/2 && (strings.HasPrefix(want, have) || strings.HasPrefix(have, want)) {
			found = i
		}
	}
	return found
}

// sameWords gives two writings of a headline the same text.
func sameWords(s string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	}), " "))
}

func (o *outline) begin(at int) {
	o.draft = &draft{from: at, to: at}
	o.drafts = append(o.drafts, o.draft)
}

// survey looks at all links and lists before anything is decided.
func (o *outline) survey() {
	for _, b := range o.blocks {
		for _, s := range b.spans {
			if strings.HasPrefix(s.href, "#") {
				if _, ok := citationNumber(s.text); ok {
					o.cited[fragment(s.href)] = true
				}
			}
		}
	}
	for i := range o.blocks {
		b := &o.blocks[i]
		if b.kind != item || b.list == 0 {
			continue
		}
		l := o.lists[b.list]
		if l == nil {
			l = &listFacts{}
			o.lists[b.list] = l
		}
		l.items++
		if share, out := o.links(b); out && share >= 0.4 {
			l.linked++
		}
		if text := plain(b.spans); strings.HasPrefix(text, "[") {
			if _, _, ok := cutNumber(text); ok {
				l.numbered++
			}
		}
		for _, id := range b.ids {
			if o.cited[id] {
				l.cited++
				break
			}
		}
	}
}

// links gives how much of a block's text is links by words, and whether one of
// them leads to another site.
func (o *outline) links(b *block) (share float64, out bool) {
	linked, all := 0, 0
	for _, s := range b.spans {
		n := len(strings.TrimFunc(s.text, isBlank))
		all += n
		if _, number := citationNumber(s.text); number || s.href == "" {
			continue
		}
		linked += n
		out = out || !strings.HasPrefix(s.href, "#") && hostOf(s.href) != o.host
	}
	return float64(linked) / float64(max(all, 1)), out
}

// isWay holds for a block that is only a way to other pages of the site, or to
// more of the same.
func (o *outline) isWay(b *block) bool {
	share, out := o.links(b)
	return share >= 0.8 && (!out || readMore(plain(b.spans)))
}

// listsSources holds for an item of a list whose items are sources.
func (o *outline) listsSources(b *block) bool {
	l := o.lists[b.list]
	return l != nil && (l.cited > 0 || l.numbered == l.items || l.linked == l.items && len(o.bullets) > 0)
}

// headingLabel gives the label that a narrative's heading has.
func headingLabel(text string) string {
	if label, ok := cutHeading(text); ok {
		return label
	}
	return strings.TrimRight(text, ": ")
}

// heading takes a heading.
func (o *outline) heading(i int) {
	b := &o.blocks[i]
	text := plain(b.spans)
	name := ordinary(strings.Trim(text, ":. "))
	_, says := cutHeading(text)
	label := headingLabel(text)
	switch {
	case o.headline != "" && sameWords(text) == sameWords(o.headline):
		return // the headline once more
	case isListHeading(text) || sourcesNames[name]:
		o.section = inSources
	case factsNames[name] && len(o.bullets) == 0:
		o.section = inFacts
	case sidesNames[name]:
		o.section = inSides
	case isTail(name):
		o.section, o.tail = inTail, b.level
	case !says && o.isNext(i):
		o.begin(i)
		o.headlineAt(b, text)
		return
	case o.headline == "" && len(o.bullets) == 0 && !says && o.section == beforeFacts:
		o.headlineAt(b, text)
		return
	case says:
		o.section = inOneSide
		o.narratives = append(o.narratives, side{label: label, level: b.level})
	case len(o.bullets)+len(o.facts) == 0: // a deck, a kicker, the name of a part
	case o.section == inTail && (b.level > o.tail || len(o.narratives) > 0 && !lateNames[name]):
	case o.section == inSources:
		o.section, o.tail = inTail, b.level
	case o.section == inOneSide && b.level > o.last().level && o.last().level > 0 && len(o.last().blocks) > 0:
		o.paragraph(b) // a heading within a narrative
		return
	default:
		o.section, o.label = underHeading, label
	}
	if o.top == 0 || b.level < o.top {
		o.top = b.level
	}
	if o.section == underHeading {
		o.tail = b.level
	}
}

func (o *outline) headlineAt(b *block, text string) {
	o.headline, o.level, o.line, o.box = text, b.level, b.line, b.box
}

func (o *outline) last() *side { return &o.narratives[len(o.narratives)-1] }

// isTail holds for the names of what stands behind stories.
func isTail(name string) bool {
	return tailNames[name] || strings.HasPrefix(name, "more ") && strings.HasSuffix(name, "articles") ||
		strings.HasPrefix(name, "more from ") || strings.HasPrefix(name, "sign up")
}

// isNext holds for the heading of the next story.
func (o *outline) isNext(i int) bool {
	b := &o.blocks[i]
	if len(o.bullets) == 0 || o.level == 0 || b.level > o.level {
		return false
	}
	if o.top > 0 && b.level < o.top || b.box != o.box && !o.inside(b.box, o.box) {
		return true
	}
	for i++; i < len(o.blocks); i++ {
		switch next := &o.blocks[i]; {
		case next.kind == item:
			return next.role == 0 && !o.isWay(next) && !o.listsSources(next)
		case next.kind == heading && factsNames[ordinary(strings.Trim(plain(next.spans), ":. "))]:
		case next.kind == paragraph && headLineKey(plain(next.spans)):
		default:
			return false
		}
	}
	return false
}

// inside holds for a box that stands in another one.
func (o *outline) inside(box, outer int) bool {
	for ; box > 0; box = o.boxes[box-1] {
		if box == outer {
			return true
		}
	}
	return outer == 0
}

// item takes an item of a list.
func (o *outline) item(b *block) {
	source := o.listsSources(b)
	switch o.section {
	case inSources:
		o.sources = append(o.sources, *b)
	case inTail:
		if l := o.lists[b.list]; l != nil && l.cited > 0 {
			o.sources = append(o.sources, *b)
		}
	case beforeFacts, inFacts:
		switch {
		case source && len(o.bullets) > 0:
			o.sources = append(o.sources, *b)
		case !o.isWay(b):
			o.section = inFacts
			o.bullets = append(o.bullets, *b)
		}
	case inSides:
		if source {
			o.sources = append(o.sources, *b)
		} else if !o.isWay(b) {
			o.labelled(b)
		}
	case underHeading:
		switch {
		case source:
			o.sources = append(o.sources, *b)
		case len(o.narratives) == 0 && !o.isWay(b):
			o.bullets = append(o.bullets, *b)
		}
	case inOneSide:
		if source {
			o.section = inSources
			o.sources = append(o.sources, *b)
		} else if !o.isWay(b) {
			b.spans = append([]span{{text: "• "}}, b.spans...)
			o.last().blocks = append(o.last().blocks, *b)
		}
	}
}

// paragraph takes a paragraph.
func (o *outline) paragraph(b *block) {
	text := plain(b.spans)
	if len(o.narratives) == 0 && o.headLine(text) {
		return
	}
	if b.alone && o.headline == "" && len(text) <= maxAlone && !(passage{text}).ended() {
		o.headlineAt(b, text) // plain text whose lines are cut by <br>
		return
	}
	switch o.section {
	case inSources:
		_, _, numbered := cutNumber(text)
		if _, out := o.links(b); numbered || out && !o.numbered || o.isCited(b) {
			o.numbered = o.numbered || numbered
			o.sources = append(o.sources, *b)
		}
	case inFacts:
		if len(o.bullets) == 0 && !o.isWay(b) {
			o.facts = append(o.facts, *b)
		}
	case inSides:
		if !o.isWay(b) {
			o.labelled(b)
		}
	case underHeading:
		if !o.isWay(b) {
			o.section = inOneSide
			o.narratives = append(o.narratives, side{label: o.label, level: o.tail, blocks: []block{*b}})
		}
	case inOneSide:
		if o.isCited(b) {
			o.section = inSources
			o.sources = append(o.sources, *b)
		} else if !o.isWay(b) {
			o.last().blocks = append(o.last().blocks, *b)
		}
	case inTail, beforeFacts:
		if o.isCited(b) {
			o.sources = append(o.sources, *b)
		}
	}
}

// maxAlone is how long a headline may be that only stands where one does.
const maxAlone = 200

func (o *outline) isCited(b *block) bool {
	for _, id := range b.ids {
		if o.cited[id] {
			return true
		}
	}
	return false
}

// labelled takes "Label: text", which is a narrative of its own; what has no
// label goes on with the one before.
func (o *outline) labelled(b *block) {
	if label, rest, ok := cutLabelled(b.spans); ok {
		b.spans = rest
		o.narratives = append(o.narratives, side{label: label, blocks: []block{*b}})
	} else if len(o.narratives) > 0 {
		o.last().blocks = append(o.last().blocks, *b)
	}
}

// cutLabelled cuts a label off spans: what is in bold, or what stands before a
// colon.
func cutLabelled(spans []span) (label string, rest []span, ok bool) {
	for i, s := range spans {
		switch {
		case strings.TrimFunc(s.text, isBlank) == "":
			continue
		case s.bold && i+1 < len(spans):
			label = strings.TrimRight(clean(s.text), ": ")
			rest = append([]span(nil), spans[i+1:]...)
			rest[0].text = strings.TrimLeft(rest[0].text, " :–—-\u00a0")
		default:
			before, after, cut := cutView(s.text)
			if !cut {
				return "", nil, false
			}
			label = before
			rest = append([]span(nil), spans[i:]...)
			rest[0].text = after
		}
		return cutNarrative(label), rest, label != "" && len(label) <= maxLabel && plain(rest) != ""
	}
	return "", nil, false
}

// maxLabel keeps a sentence with a colon from being taken for a label and a
// text.
const maxLabel = 80 // bytes

// cutView cuts "Who: view" at its colon. One within a time or a quotation
// separates nothing.
func cutView(text string) (label, rest string, ok bool) {
	quote := rune(0)
	for i, r := range text {
		if i > maxLabel {
			break
		}
		next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
		case r == '"':
			quote = '"'
		case r == '“', r == '„':
			quote = '”'
		case r == '«':
			quote = '»'
		case r == '「':
			quote = '」'
		case r == '：' || r == ':' && !unicode.IsDigit(next) && next != '/' && next != ':':
			label = clean(text[:i])
			rest = clean(text[i+utf8.RuneLen(r):])
			return label, rest, label != "" && rest != ""
		}
	}
	return "", "", false
}

// headLine takes a line that tells the date or the picture's credit.
func (o *outline) headLine(text string) bool {
	if caption, credit, ok := pictureCredit(text); ok {
		if o.credit == "" {
			o.caption, o.credit = caption, credit
		}
		return true
	}
	if len(o.bullets) > 0 {
		return false
	}
	d, ok := dateLine(text)
	if ok && o.date.IsZero() {
		o.date = d
	}
	return ok
}

// headLineKey holds for a line that tells the date or the picture's credit.
func headLineKey(text string) bool {
	_, _, credit := pictureCredit(text)
	_, date := dateLine(text)
	return credit || date
}

// dateLine reads "Nov 02, 2026", with "Updated" or the like before it.
func dateLine(text string) (store.Date, bool) {
	if len(text) > 80 {
		return store.Date{}, false
	}
	for _, word := range []string{"last updated", "updated", "published", "posted", "date"} {
		if len(text) > len(word) && strings.EqualFold(text[:len(word)], word) {
			text = strings.TrimLeft(text[len(word):], ": ")
			text = strings.TrimPrefix(text, "on ")
			break
		}
	}
	return parseDate(text)
}

// creditKeys say that a picture's credit follows.
var creditKeys = []string{"image credit:", "image copyright:", "photo credit:", "photograph:", "photo:", "picture:", "credit:",
	"foto:", "bild:", "crédit photo :", "crédit :", "fotografía:", "©"}

// pictureCredit reads a picture's credit out of the line below it: "Photo: X",
// "Above: CAPTION. Image credit: X".
func pictureCredit(text string) (caption, credit string, ok bool) {
	if len(text) > 1000 || !strings.ContainsAny(text, ":©") {
		return "", "", false
	}
	start := true // of a word
	for at, r := range text {
		if start {
			for _, key := range creditKeys {
				if len(text)-at > len(key) && strings.EqualFold(text[at:at+len(key)], key) {
					caption = clean(text[:at])
					if len(caption) > 6 && strings.EqualFold(caption[:6], "above:") {
						caption = clean(caption[6:])
					}
					credit = clean(text[at+len(key):])
					return strings.TrimRight(caption, "|–—-(/ "), strings.TrimRight(credit, ")"), credit != ""
				}
			}
		}
		start = !unicode.IsLetter(r)
	}
	return "", "", false
}

func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return strings.TrimPrefix(strings.ToLower(host), "www.")
}
