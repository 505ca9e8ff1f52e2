package intake

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// storyText is one story's lines, in the order of the text form.
type storyText struct {
	lines  []line
	dumped bool // they were taken from a page, a newsletter or a forum
}

// cut cuts a text into its stories. What is in the text form is one, as it is.
// Of others it drops what stands around a story, and writes what is marked in
// another way as the text form does; the lines keep their numbers.
func cut(all []line) []storyText {
	if !isDump(all) {
		return []storyText{{lines: all}}
	}
	var texts []storyText
	var date []line
	starts := append(storyStarts(all), len(all))
	for i, start := range starts[:len(starts)-1] {
		p := page{lines: all[start:starts[i+1]], date: date}
		texts = append(texts, storyText{p.arranged(), true})
		date = p.date
	}
	return texts
}

// isDump reports whether a text has marks of another form than the text form.
func isDump(all []line) bool {
	bullets, scored := false, false
	listAt := sync.OnceValue(func() int { // few texts need to know
		return slices.IndexFunc(all, func(l line) bool { return isListHeading(l.text) })
	})
	for i, l := range all {
		if i == 0 {
			if isVersion(l.text) && len(all) > 1 {
				return true
			}
			continue
		}
		if _, bullet := cutBullet(l.text); bullet {
			bullets = true
			scored = scored || isScored(l.text)
			continue
		}
		if !bullets && l.gap && i < maxHeadLines && (strings.HasPrefix(l.text, "Above:") || standsBefore(all[:i], l.text)) {
			return true
		}
		if sectionOf(l.text) == noMark {
			continue
		}
		switch m := landmarkAt(all, i); {
		case m == noMark, m == noticeMark:
		case m == factsMark && bullets && !bulletAt(all, i+1): // a narrative's label
		case m == tailMark, listAt() < 0, listAt() > i:
			return true
		}
	}
	return scored && listAt() < 0
}

// maxHeadLines is how far a headline is looked for that stands twice.
const maxHeadLines = 40

// standsBefore holds for a headline that stands twice, but not in the first
// line: that one is then a site's name, or the like.
func standsBefore(head []line, text string) bool {
	return text != head[0].text && slices.ContainsFunc(head, func(l line) bool { return l.gap && l.text == text })
}

// isScored holds for a statement that ends in its outlet's scores.
func isScored(text string) bool {
	if !strings.HasSuffix(text, ")") {
		return false
	}
	_, ok := readLeaning(fold(text[strings.LastIndexByte(text, '(')+1 : len(text)-1]))
	return ok
}

// landmarkAt gives the mark of a line that stands alone.
func landmarkAt(all []line, i int) landmark {
	m := landmarkOf(all[i].text)
	if m == noMark || i == 0 || all[i].gap || bulletAt(all, i+1) {
		return m
	}
	before := all[i-1].text
	if landmarkOf(before) != noMark || (passage{before}).ended() {
		return m
	}
	return noMark
}

func bulletAt(all []line, i int) bool {
	if i >= len(all) {
		return false
	}
	_, ok := cutBullet(all[i].text)
	return ok
}

// storyStarts gives where the stories of a text begin.
func storyStarts(all []line) []int {
	starts := []int{0}
	floor := 0 // what stands before is no later story's head
	bullets, ended := false, false
	for i := range all {
		switch m := landmarkAt(all, i); {
		case m == factsMark && bullets && bulletAt(all, i+1):
			starts = append(starts, headStart(all, i, floor))
			floor, bullets, ended = i+1, false, false
		case m == sourcesMark:
			floor, ended = i+1, true
		case m != noMark:
			floor = i + 1
		case bulletAt(all, i):
			if ended && floor < i {
				starts = append(starts, floor)
				ended = false
			}
			floor, bullets = i+1, true
		}
	}
	return starts
}

// headStart finds where the head begins whose facts begin at end: a headline,
// perhaps twice, perhaps with a deck, and lines with keys.
func headStart(all []line, end, floor int) int {
	keys := func(at int) int {
		for at > floor && isKey(all[at-1].text) {
			at--
		}
		return at
	}
	block := func(at int) int {
		for at > floor {
			if at--; all[at].gap || at > 0 && isKey(all[at-1].text) {
				break
			}
		}
		return at
	}
	from := keys(end)
	start := block(from)
	for above := block(start); above < start; above = block(start) {
		echo := joined(all[above:start]) == joined(all[start:from])
		deck := (passage{all[from-1].text}).ended() && !(passage{all[start-1].text}).ended() && start-above <= 2
		if !echo && !deck {
			break
		}
		from, start = start, above
	}
	return keys(start)
}

func joined(all []line) string {
	var p passage
	for _, l := range all {
		p = append(p, l.text)
	}
	return p.String()
}

// isKey holds for a line that the text form knows in a story's head, and for
// what stands for one.
func isKey(text string) bool {
	p := parser{}
	known, err := p.headKey(text)
	_, _, above := cutAbove(text)
	return known || err != nil || above || isAddress(text)
}

// page is a story as it stands on a page: its parts in any order, with other
// things around them.
type page struct {
	lines []line
	// date is the one that stands over all stories of a text. arranged sets it
	// to what the next story is to have.
	date []line

	facts, views, list []line
	linked             bool // the head has an address
	gap                bool // something was dropped before the next line
}

// arranged gives the story's lines in the order of the text form.
func (p *page) arranged() []line {
	end := 0
	for end < len(p.lines) {
		if m := landmarkAt(p.lines, end); end > 0 && m != noMark && m != noticeMark || bulletAt(p.lines, end) {
			break
		}
		end++
	}
	head := p.head(p.lines[:end])
	head = append(head, p.body(p.lines[end:])...)
	return slices.Concat(head, p.facts, p.views, p.list)
}

// head takes the headline and the keys out of what stands before a story.
func (p *page) head(lines []line) []line {
	var blocks [][]line
	var keys []line
	dated, address := -1, "" // where the date stands among the blocks
	var date line
	add := func(l line, text string) { keys = append(keys, line{text, l.n, len(keys) == 0}) }
	open := false
	for i, l := range lines {
		caption, credit, above := cutAbove(l.text)
		switch {
		case above:
			add(l, "Image caption: "+caption)
			add(l, "Image credit: "+credit)
		case isAddress(l.text):
			address, p.linked = l.text, true
			add(l, "Link: "+l.text)
		case isKey(l.text):
			add(l, l.text)
			if isDateLine(l.text) {
				dated = len(blocks)
				date = l
			}
		case i == 0 && isVersion(l.text) && len(lines) > 1, landmarkOf(l.text) == noticeMark && len(lines) > 1:
		case l.gap || !open:
			blocks = append(blocks, []line{l})
			open = true
			continue
		case l.text == joined(blocks[len(blocks)-1]): // the headline again
		default:
			last := &blocks[len(blocks)-1]
			*last = append(*last, l)
			continue
		}
		open = false
	}
	at := headline(blocks)
	switch day := dayIn(address); {
	case dated >= 0 && dated <= at: // before the headline, it is all stories'
		p.date = []line{date}
	case dated >= 0:
	case day != "":
		keys = append(keys, line{text: day, n: keys[0].n})
	default:
		keys = append(keys, p.date...)
	}
	if at < 0 {
		return keys
	}
	head := blocks[at]
	if head[0].text[0] == '#' { // no narrative's heading
		head[0].text = `\` + head[0].text
	}
	return append(head, keys...)
}

// isDateLine holds for a line that gives the story's date.
func isDateLine(text string) bool {
	p := parser{}
	known, _ := p.headKey(text)
	return known && !p.head.date.IsZero()
}

// dayInAddress is the day in the path of a story's address.
var dayInAddress = regexp.MustCompile(`/(\d{4})[/-](\d{2})[/-](\d{2})([/-]|$)`)

// dayIn gives the day that an address holds.
func dayIn(address string) string {
	m := dayInAddress.FindStringSubmatch(address)
	if m == nil {
		return ""
	}
	day := m[1] + "-" + m[2] + "-" + m[3]
	if _, ok := parseDate(day); !ok {
		return ""
	}
	return day
}

// headline tells which block is the headline, or -1 if there are none: it
// stands twice, or it is the last that is no sentence, as a deck or a greeting
// is.
func headline(blocks [][]line) int {
	var texts []string
	for _, b := range blocks {
		texts = append(texts, joined(b))
	}
	for i, t := range texts {
		if first := slices.Index(texts, t); first < i {
			return first
		}
	}
	for i, t := range slices.Backward(texts) {
		if !(passage{t}).ended() && !strings.HasPrefix(t, "By ") {
			return i
		}
	}
	return min(0, len(texts)-1)
}

// part of a page that a line of the body belongs to.
type pagePart int

const (
	atFacts pagePart = iota
	atViews
	atSources // a list with its heading
	behind    // behind a newsletter's story: a list of sources, or nothing
	atNotice  // up to the next narrative
	atTail    // up to the next part of the story
)

// body sorts the lines behind the head. It gives the lines that belong to the
// head all the same: the story's address.
func (p *page) body(lines []line) (head []line) {
	at := atFacts
	marked := slices.ContainsFunc(lines, func(l line) bool { _, ok := cutBullet(l.text); return ok })
	for i, l := range lines {
		m := landmarkAt(lines, i)
		alone := i == 0 || l.gap || landmarkOf(lines[i-1].text) != noMark || (passage{lines[i-1].text}).ended()
		switch {
		case m == factsMark:
			at, p.gap = atFacts, true
			continue
		case m == viewsMark && len(p.views) == 0:
			at = atViews
			p.put(&p.views, l, "# "+l.text)
			continue
		case m == viewsMark || m == tailMark:
			at = atTail
			continue
		case m == sourcesMark:
			at = behind
			continue
		case m == noticeMark && at != atTail:
			p.dropMenu()
			at = atNotice
			continue
		case alone && isListHeading(l.text):
			at = atSources
		case at == behind && isEntry(l.text):
			at = atSources
			p.put(&p.list, l, "Articles on this story")
		case isAddress(l.text) && at != atSources:
			if !p.linked {
				p.linked = true
				head = append(head, line{"Link: " + l.text, l.n, true})
			}
			continue
		}
		switch at {
		case atTail, behind:
		case atSources:
			p.put(&p.list, l, l.text)
		default:
			at = p.take(l, at, alone, marked)
		}
	}
	return head
}

// take takes a line of the facts or of a narrative, and gives where it stands.
func (p *page) take(l line, at pagePart, alone, marked bool) pagePart {
	label, rest, inline := cutLabel(l.text)
	if !inline {
		label, inline = labelOf(l.text)
	}
	_, bullet := cutBullet(l.text)
	switch {
	case inline && alone && !bullet:
		p.put(&p.views, l, "# "+label)
		if rest != "" {
			p.put(&p.views, l, rest)
		}
		return atViews
	case at == atNotice && bullet && len(p.views) == 0:
		p.put(&p.facts, l, l.text)
		return atFacts
	case at == atNotice:
	case at == atViews:
		p.put(&p.views, l, l.text)
	case !marked && (l.gap || len(p.facts) == 0):
		p.put(&p.facts, l, "• "+l.text)
	default:
		p.put(&p.facts, l, l.text)
	}
	return at
}

// put adds a line to a part.
func (p *page) put(part *[]line, l line, text string) {
	*part = append(*part, line{text, l.n, l.gap || p.gap || len(*part) == 0})
	p.gap = false
}

// dropMenu takes the short lines off the end that a footer begins with.
func (p *page) dropMenu() {
	for n := len(p.views); n > 0; n-- {
		last := p.views[n-1].text
		if last[0] == '#' || len(strings.Fields(last)) > maxMenu || (passage{last}).ended() {
			return
		}
		p.views = p.views[:n-1]
	}
}

// maxMenu is how many words an entry of a page's menu has at most.
const maxMenu = 3

// isEntry holds for a line that can be a source in a list.
func isEntry(text string) bool {
	_, _, numbered := cutNumber(text)
	_, bullet := cutBullet(text)
	first, _ := utf8.DecodeRuneInString(text)
	return numbered || bullet || first == 'h' && isAddress(text)
}
