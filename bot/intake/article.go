package intake

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/store"
)

// readSource reads a source's fields off its lines. Addresses, dates and
// scores are known by their form, from the end of each line; what is left is
// the outlet and the title.
func readSource(lines []string) store.Source {
	var s store.Source
	var texts []string
	for _, line := range lines {
		if line = takeFields(&s, line); line != "" {
			texts = append(texts, line)
		}
	}
	if len(texts) == 0 {
		return s
	}
	first := texts[0]
	if strings.Count(first, `"`)%2 == 1 { // a title that goes on in the next line
		first, texts = strings.Join(texts, " "), texts[:1]
	}
	s.Outlet, s.Title = cutTitle(first)
	rest := strings.Join(texts[1:], " ")
	switch {
	case rest == "":
	case s.Outlet == "" && quoted(first):
		s.Outlet = rest
	case s.Outlet == "": // what stands on a line of its own before a title is the outlet
		s.Outlet, s.Title = s.Title, unquote(rest)
	case s.Title == "":
		s.Title = unquote(rest)
	default:
		s.Title = fold(s.Title + " " + rest)
	}
	return s
}

// takeFields takes the fields with a form of their own off a line.
func takeFields(s *store.Source, line string) string {
	for line != "" {
		rest, ok := takeAddress(s, line)
		if !ok {
			rest, ok = takeBrackets(s, line)
		}
		if !ok {
			rest, ok = takeDate(s, line)
		}
		if !ok {
			break
		}
		line = fold(rest)
	}
	return line
}

func takeAddress(s *store.Source, line string) (string, bool) {
	if s.URL != "" {
		return line, false
	}
	start := 0
	if i := strings.LastIndexFunc(line, unicode.IsSpace); i >= 0 {
		_, size := utf8.DecodeRuneInString(line[i:])
		start = i + size
	}
	if a, ok := addressIn(line[start:]); ok {
		s.URL = a
		return line[:start], true
	}
	if first, rest, ok := strings.Cut(line, " "); ok {
		if a, ok := addressIn(first); ok {
			s.URL = a
			return rest, true
		}
	}
	return line, false
}

// addressIn gives the address of a word, with what is set around one.
func addressIn(word string) (string, bool) {
	if n := len(word); n > 2 && (word[0] == '<' && word[n-1] == '>' || word[0] == '(' && word[n-1] == ')') {
		word = word[1 : n-1]
	} else {
		word = strings.TrimRight(word, ",;.")
	}
	return word, len(word) > 4 && strings.EqualFold(word[:4], "http") && isAddress(word)
}

// takeBrackets takes "(Nov 01, 2026)" or "(LR: 3 CP: 5)" off a line's end.
func takeBrackets(s *store.Source, line string) (string, bool) {
	open := strings.LastIndexByte(line, '(')
	if open < 0 || line[len(line)-1] != ')' {
		return line, false
	}
	inner := fold(line[open+1 : len(line)-1])
	if l, ok := readLeaning(inner); ok && s.Leaning == nil {
		s.Leaning = l
		return line[:open], true
	}
	if d, ok := parseDate(inner); ok && s.Date.IsZero() {
		s.Date = d
		return line[:open], true
	}
	return line, false
}

// takeDate takes a date that is all of a line, or stands at its end behind a
// comma or a dash.
func takeDate(s *store.Source, line string) (string, bool) {
	if !s.Date.IsZero() {
		return line, false
	}
	if d, ok := parseDate(line); ok {
		s.Date = d
		return "", true
	}
	for from := max(0, len(line)-44); from < len(line); from++ {
		size := 0
		switch rest := line[from:]; {
		case rest[0] == ',', rest[0] == '|':
			size = 1
		case strings.HasPrefix(rest, " - "):
			size = 3
		case strings.HasPrefix(rest, "–"), strings.HasPrefix(rest, "—"), strings.HasPrefix(rest, "·"):
			_, size = utf8.DecodeRuneInString(rest)
		default:
			continue
		}
		if d, ok := parseDate(fold(line[from+size:])); ok {
			s.Date = d
			return line[:from], true
		}
	}
	return line, false
}

// readLeaning reads "LR: 3 CP: 5", or one of the two.
func readLeaning(s string) (*store.Leaning, bool) {
	var l store.Leaning
	rest := strings.ToUpper(s)
	for rest != "" {
		key, after, ok := strings.Cut(rest, ":")
		if after = strings.TrimLeft(after, " "); !ok || after == "" || after[0] < '1' || after[0] > '5' {
			return nil, false
		}
		switch n := int(after[0] - '0'); {
		case key == "LR" && l.LR == 0:
			l.LR = n
		case key == "CP" && l.CP == 0:
			l.CP = n
		default:
			return nil, false
		}
		rest = after[1:]
		next := strings.TrimLeft(rest, " ,;/")
		if next == rest && rest != "" {
			return nil, false
		}
		rest = next
	}
	return &l, l != store.Leaning{}
}

// maxOutletWords is how many words a text without quotation marks may have to
// be an outlet's name rather than a title.
const maxOutletWords = 4

// cutTitle tells an outlet from a title: Outlet: "Title", Outlet: Title.
func cutTitle(text string) (outlet, title string) {
	if name, rest, ok := cutQuoted(text); ok {
		if after, ok := strings.CutPrefix(rest, ":"); ok {
			return name, unquote(fold(after))
		}
	}
	if open := titleStart(text); open >= 0 {
		outlet = strings.TrimRightFunc(fold(text[:open]), func(r rune) bool { return strings.ContainsRune(" :,–—-", r) })
		return outlet, unquote(text[open:])
	}
	if outlet, title, ok := strings.Cut(text, ": "); ok {
		return fold(outlet), fold(title)
	}
	if outlet, ok := strings.CutSuffix(text, ":"); ok {
		return fold(outlet), ""
	}
	if len(strings.Fields(text)) <= maxOutletWords {
		return text, ""
	}
	return "", text
}

// titleStart finds where the quotation begins that ends the text, or -1.
func titleStart(text string) int {
	last, size := utf8.DecodeLastRuneInString(text)
	var opening rune
	switch last {
	case '"':
		opening = '"'
	case '”':
		opening = '“'
	case '»':
		opening = '«'
	default:
		return -1
	}
	open := strings.IndexRune(text[:len(text)-size], opening)
	if open > 0 && text[open-1] != ' ' {
		return -1
	}
	return open
}

func quoted(text string) bool { return titleStart(text) == 0 }

// unquote takes the quotation marks off a title that has them.
func unquote(text string) string {
	if !quoted(text) {
		return text
	}
	_, first := utf8.DecodeRuneInString(text)
	_, last := utf8.DecodeLastRuneInString(text)
	inner := fold(text[first : len(text)-last])
	if text[0] == '"' {
		inner = unquoter.Replace(inner)
	}
	return inner
}

// cutQuoted cuts a quotation in straight marks off the beginning.
func cutQuoted(text string) (inner, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", "", false
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return unquote(text[:i+1]), text[i+1:], true
		}
	}
	return "", "", false
}

var (
	quoter   = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	unquoter = strings.NewReplacer(`\\`, `\`, `\"`, `"`)
)

func quote(s string) string { return `"` + quoter.Replace(s) + `"` }

// sameSource compares what a source's line tells, but for its number.
func sameSource(a, b store.Source) bool {
	return a.Outlet == b.Outlet && a.Title == b.Title && a.URL == b.URL
}

// writeSource writes one source but for its number, with its outlet and address
// as given.
func writeSource(s store.Source, outlet, address string) string {
	var parts []string
	switch {
	case s.Outlet == "":
	case s.Title == "" && outlet == s.Outlet && len(strings.Fields(outlet)) <= maxOutletWords:
		parts = append(parts, outlet)
	default:
		parts = append(parts, outlet+":")
	}
	if s.Title != "" {
		parts = append(parts, quote(s.Title))
	}
	if date := formatDate(s.Date); date != "" {
		parts = append(parts, "("+date+")")
	}
	if l := s.Leaning; l != nil {
		parts = append(parts, "("+writeLeaning(*l)+")")
	}
	if s.URL != "" {
		parts = append(parts, address)
	}
	return strings.Join(parts, " ")
}

// isLeaning holds for scores that say something.
func isLeaning(l store.Leaning) bool {
	return 0 <= l.LR && l.LR <= 5 && 0 <= l.CP && l.CP <= 5 && l != store.Leaning{}
}

func writeLeaning(l store.Leaning) string {
	switch {
	case l.LR == 0:
		return fmt.Sprintf("CP: %d", l.CP)
	case l.CP == 0:
		return fmt.Sprintf("LR: %d", l.LR)
	}
	return fmt.Sprintf("LR: %d CP: %d", l.LR, l.CP)
}
