package intake

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/store"
)

// linker makes the numbered sources of a story on a page, and the citations of
// its texts.
type linker struct {
	host    string
	sources []store.Source
	byURL   map[string]int // numbers of sources, by their addresses
	byID    map[string]int // by what leads to them within the page
	used    map[int]bool
	top     int
	listed  bool // the story numbers its sources: a link by words is none
}

// linkerOf reads the list of sources of a draft.
func linkerOf(d *draft, host string) *linker {
	l := &linker{host: host, byURL: map[string]int{}, byID: map[string]int{}, used: map[int]bool{}}
	for _, b := range d.sources {
		l.list(b)
	}
	l.listed = len(l.sources) > 0
	for _, b := range d.texts() {
		for _, s := range b.spans {
			if _, ok := citationNumber(s.text); ok && (s.href != "" || s.sup) {
				l.listed = true
			}
		}
	}
	return l
}

// texts gives all blocks that may cite.
func (d *draft) texts() []block {
	all := slices.Concat(d.bullets)
	for _, n := range d.narratives {
		all = append(all, n.blocks...)
	}
	return all
}

// list adds a source of the list.
func (l *linker) list(b block) {
	n, s := readLinked(b)
	if s == (store.Source{}) {
		return
	}
	if n < 1 || n > maxNumber || l.used[n] {
		n = l.top + 1
	}
	if l.add(n, s) {
		for _, id := range b.ids {
			l.byID[id] = n
		}
	}
}

// add adds a source, unless there are too many.
func (l *linker) add(n int, s store.Source) bool {
	if n > maxNumber || len(l.sources) >= maxSources {
		return false
	}
	s.N, s.Outlet, s.Title = n, clean(s.Outlet), clean(s.Title)
	l.sources = append(l.sources, s)
	l.used[n] = true
	l.top = max(l.top, n)
	if key := pageKey(s.URL); key != "" && l.byURL[key] == 0 {
		l.byURL[key] = n
	}
	return true
}

// maxSources is how many sources a story may have: some hundreds more than any
// has.
const maxSources = 500

// pageKey gives two addresses of the same page the same text.
func pageKey(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return ""
	}
	query := u.Query()
	for name := range query {
		if strings.HasPrefix(name, "utm_") || name == "fbclid" || name == "gclid" || name == "ref" {
			query.Del(name)
		}
	}
	key := strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimRight(u.EscapedPath(), "/")
	if rest := query.Encode(); rest != "" {
		key += "?" + rest
	}
	return key
}

// readLinked reads an item of the list of sources: its number, 0 if it has
// none, and what its link and the text beside it tell.
func readLinked(b block) (int, store.Source) {
	var s store.Source
	var linked, beside strings.Builder
	before := 0 // how much stands before the link
	for _, sp := range b.spans {
		switch {
		case strings.HasPrefix(sp.href, "#"): // back to where it is cited
			if _, ok := citationNumber(sp.text); ok && beside.Len()+linked.Len() == 0 {
				beside.WriteString(sp.text)
			}
		case sp.href != "" && (s.URL == "" || s.URL == sp.href) && isAddress(sp.href):
			if s.URL == "" {
				before = beside.Len()
			}
			s.URL = sp.href
			linked.WriteString(sp.text)
			beside.WriteByte(' ')
		default:
			beside.WriteString(sp.text)
		}
	}
	link, rest := clean(linked.String()), joinAround(beside.String(), before)
	n := b.number
	if number, text, ok := cutNumber(rest); ok {
		n, rest = number, text
	} else if number, ok := citationNumber(rest); ok {
		n, rest = number, ""
	} else if number, text, ok := cutNumber(link); ok && strings.HasPrefix(link, "[") {
		n, link = number, text
	}
	if isAddress(link) || strings.Contains(link, "/") && !strings.Contains(link, " ") || readMore(link) {
		link = ""
	}
	if link == "" {
		address := s.URL
		s = readSource([]string{trimSeparators(rest)})
		if address != "" {
			s.URL = address
		}
		return n, s
	}
	kept := s.URL
	link = takeFields(&s, link)
	rest = takeFields(&s, trimSeparators(emptyQuotes.Replace(rest)))
	if rest != "" && rest[0] == '(' && rest[len(rest)-1] == ')' {
		rest = takeFields(&s, clean(rest[1:len(rest)-1]))
	}
	rest = trimSeparators(rest)
	s.URL = kept
	switch words := len(strings.Fields(rest)); {
	case rest == "":
		s.Outlet, s.Title = cutTitle(link)
	case quoted(rest), words > 2*maxOutletWords && len(strings.Fields(link)) <= maxOutletWords:
		s.Outlet, s.Title = link, unquote(rest)
	default:
		s.Outlet, s.Title = rest, unquote(link)
	}
	return n, s
}

// joinAround joins what stands on both sides of a link, in place of which the
// text has a gap.
func joinAround(text string, gap int) string {
	before := clean(strings.Map(backArrow, text[:gap]))
	after := clean(strings.Map(backArrow, text[gap:]))
	if rest, ok := strings.CutSuffix(before, ":"); ok && strings.HasPrefix(after, ",") {
		return rest + after
	}
	return clean(before + " " + after)
}

// trimSeparators takes what separates a source's fields off its edges.
func trimSeparators(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return isBlank(r) || strings.ContainsRune(".,:;–—-·|", r) })
}

// emptyQuotes are what is left of a title's quotation marks when the title is
// a link.
var emptyQuotes = strings.NewReplacer("“ ”", "", `" "`, "", "« »", "", "‘ ’", "", "( )", "", "[ ]", "")

// backArrow leaves out the signs of links that lead back to the text.
func backArrow(r rune) rune {
	if strings.ContainsRune("↑↩↪⤴^\ufe0e\ufe0f", r) {
		return -1
	}
	return r
}

// readMore holds for what a link says that leads on.
func readMore(text string) bool {
	switch strings.ToLower(strings.Trim(text, " .…→»>[]()")) {
	case "read more", "continue reading", "more", "link", "source", "here", "full story", "read the full story", "read on", "":
		return true
	}
	return false
}

// citationNumber reads the number of a mark: 3, [3], (3), ³.
func citationNumber(text string) (int, bool) {
	if len(text) > 24 {
		return 0, false
	}
	text = strings.Trim(strings.Map(raised, text), "[]() \t\n\u00a0")
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && n <= maxNumber && text[0] != '+' && text[0] != '0'
}

// raised brings superscript digits down.
func raised(r rune) rune {
	switch r {
	case '¹':
		return '1'
	case '²':
		return '2'
	case '³':
		return '3'
	case '⁰', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹':
		return r - '⁰' + '0'
	}
	return r
}

// raise sets digits high.
func raise(r rune) rune {
	if '0' <= r && r <= '9' {
		return []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0']
	}
	return r
}

// writer writes a text with its marks, in the form that citer reads.
type writer struct {
	*linker
	strings.Builder
	open bool // within brackets that hold numbers
}

// text gives a text with its citations as marks.
func (l *linker) text(spans []span) string {
	w := writer{linker: l}
	end := l.credits(spans)
	for i, s := range spans[:end] {
		w.span(s, i == 0 || !spans[i-1].sup && endsInNumber(spans[i-1].text), i+1 == end || spans[i+1].href != s.href)
	}
	if end < len(spans) {
		last := strings.TrimRight(w.String(), " ([–—-:\u00a0")
		w.Reset()
		w.WriteString(last)
		if closing := plain(spans[len(spans)-1:]); !(passage{last}).ended() && closing != "" {
			w.WriteString(strings.Trim(closing, ")] ")) // … nine years (Sea Wire).
		}
		for _, s := range spans[end:] {
			if l.leadsOut(s.href) && !readMore(s.text) {
				w.cite(s.href, 0, strings.Trim(clean(s.text), "()[] "))
			}
		}
	}
	return clean(w.String())
}

// credits gives where a text ends that closes with links to its sources, by
// their names: "… on Tuesday. Ansel Post, Sea Wire".
func (l *linker) credits(spans []span) int {
	end := len(spans)
	for i := len(spans) - 1; i > 0 && i > len(spans)-maxCredits; i-- {
		s := spans[i]
		_, number := citationNumber(s.text)
		words := strings.TrimFunc(s.text, func(r rune) bool { return isBlank(r) || strings.ContainsRune(".,;:|·()[]–—-&/", r) })
		switch {
		case number:
			return end
		case l.leadsOut(s.href) && len(strings.Fields(s.text)) <= 2*maxOutletWords:
			if endsSentence(spans[:i]) {
				end = i
			}
		case words == "", words == "and", strings.EqualFold(words, "source"), strings.EqualFold(words, "sources"):
		default:
			return end
		}
	}
	return end
}

// maxCredits is how many links and what separates them may close a text.
const maxCredits = 24

// endsSentence holds for a text that is a whole sentence, but for a dash behind
// it, and for one behind which a bracket opens.
func endsSentence(spans []span) bool {
	for i := len(spans) - 1; i >= 0 && i > len(spans)-maxCredits; i-- {
		if strings.HasSuffix(strings.TrimRightFunc(spans[i].text, isBlank), "(") {
			return true
		}
		text := strings.TrimRightFunc(spans[i].text, func(r rune) bool { return isBlank(r) || strings.ContainsRune("([–—-:", r) })
		if text != "" {
			return (passage{text}).ended()
		}
	}
	return false
}

// leadsOut holds for an address of another site.
func (l *linker) leadsOut(href string) bool {
	return href != "" && href[0] != '#' && hostOf(href) != l.host
}

// span writes one span. power says that a number that is set high may be one,
// last that the link ends here.
func (w *writer) span(s span, power, last bool) {
	n, number := citationNumber(s.text)
	switch {
	case strings.HasPrefix(s.href, "#") && number:
		if listed := w.byID[fragment(s.href)]; listed > 0 {
			n = listed
		}
		w.mark(n)
	case strings.HasPrefix(s.href, "#") && strings.Map(backArrow, clean(s.text)) == "":
	case number && s.href != "" && (w.leadsOut(s.href) || s.sup || strings.Contains(s.text, "[")):
		w.cite(s.href, n, "")
	case s.sup && s.href == "" && raisedNumbers(s.text) != nil:
		if power {
			w.plain(strings.Map(raise, s.text))
			return
		}
		for _, n := range raisedNumbers(s.text) {
			w.mark(n)
		}
	default:
		w.plain(s.text)
		if last && w.leadsOut(s.href) {
			if n := w.byURL[pageKey(s.href)]; n > 0 {
				w.mark(n)
			} else if !w.listed && !readMore(s.text) {
				w.cite(s.href, 0, "")
			}
		}
	}
}

// cite writes the mark of the source at an address. n is the number it is
// cited by, 0 if none; outlet its name, if it is known.
func (w *writer) cite(address string, n int, outlet string) {
	if known := w.byURL[pageKey(address)]; known > 0 {
		w.mark(known)
		return
	}
	for i := range w.sources {
		if s := &w.sources[i]; s.N == n && s.URL == "" { // the list has no links
			s.URL = address
			w.byURL[pageKey(address)] = n
			w.mark(n)
			return
		}
	}
	if n == 0 || w.used[n] {
		n = w.top + 1
	}
	if isAddress(address) && w.add(n, store.Source{URL: address, Outlet: outlet}) {
		w.mark(n)
	}
}

// mark writes a mark, or only its number where the brackets stand already.
func (w *writer) mark(n int) {
	if w.open {
		w.WriteString(strconv.Itoa(n))
	} else {
		w.WriteString(mark(n))
	}
}

// plain writes text as it is.
func (w *writer) plain(text string) {
	if i := strings.LastIndexByte(text, '['); i >= 0 {
		w.open = strings.Trim(text[i+1:], " ,;0123456789") == ""
	} else if w.open {
		w.open = strings.Trim(text, " ,;0123456789") == ""
	}
	w.WriteString(strings.ReplaceAll(text, `\`, `\\`))
}

// raisedNumbers reads "1", "[1]", "1, 2".
func raisedNumbers(text string) []int {
	var all []int
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }) {
		n, ok := citationNumber(word)
		if !ok {
			return nil
		}
		all = append(all, n)
	}
	return all
}

// endsInNumber holds for a text behind which a raised number is a power or a
// part of a unit, not a mark: 10², km².
func endsInNumber(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	if unicode.IsDigit(last) {
		return true
	}
	word := text
	if i := strings.LastIndexFunc(text, unicode.IsSpace); i >= 0 {
		_, size := utf8.DecodeRuneInString(text[i:])
		word = text[i+size:]
	}
	switch strings.ToLower(word) {
	case "m", "km", "cm", "mm", "mi", "ft", "yd":
		return true
	}
	return false
}
