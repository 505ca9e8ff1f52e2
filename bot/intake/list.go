package intake

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/store"
)

// maxNumber is the highest number that a source can be cited by.
const maxNumber = 9999

// list takes the lines of the list of sources.
type list struct{ entries []entry }

// entry is one source's lines. n is 0 until it is numbered.
type entry struct {
	n, line int
	texts   []string
	linked  bool // has an address
}

// take takes a line. One with a number begins a source; one without goes on
// with it, unless it can only be the next one.
func (l *list) take(file string, at int, line string, gap bool) error {
	n, text, marked := cutNumber(line)
	if !marked {
		if t, bullet := cutBullet(line); bullet {
			n, text, marked = cutNumber(t)
			if !marked {
				text, marked = t, true
			}
		}
	}
	linked := strings.Contains(text, "http://") || strings.Contains(text, "https://")
	if !marked && len(l.entries) > 0 {
		last := &l.entries[len(l.entries)-1]
		onlyLink := strings.HasPrefix(text, "http") && !strings.ContainsFunc(text, unicode.IsSpace)
		switch {
		case onlyLink && !last.linked, !onlyLink && !gap && !(last.n == 0 && last.linked):
			last.texts = append(last.texts, text)
			last.linked = last.linked || linked
			return nil
		case !onlyLink && gap && last.n != 0:
			return &Error{File: file, Line: at, Reason: "a line behind the list of sources that is no part of it",
				Hint: "begin it with its number, as [4], or take it out"}
		}
	}
	l.entries = append(l.entries, entry{n: n, line: at, texts: []string{text}, linked: linked})
	return nil
}

// cutNumber takes a source's number off its line: [1], 1., 1).
func cutNumber(line string) (n int, text string, ok bool) {
	digits := strings.TrimPrefix(line, "[")
	end := 0
	for end < len(digits) && '0' <= digits[end] && digits[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(digits[:end])
	if err != nil || n < 1 || n > maxNumber || end == len(digits) {
		return 0, line, false
	}
	sign, text := digits[end], digits[end+1:]
	if len(digits) < len(line) {
		ok = sign == ']'
	} else {
		next, _ := utf8.DecodeRuneInString(text)
		ok = (sign == '.' || sign == ')') && (text == "" || unicode.IsSpace(next))
	}
	if !ok {
		return 0, line, false
	}
	return n, fold(text), true
}

// sources makes the sources of what was taken.
func (l *list) sources(file string) ([]store.Source, error) {
	var all []store.Source
	seen := map[int]bool{}
	top := 0
	for _, e := range l.entries {
		if e.n == 0 {
			e.n = top + 1
		}
		if seen[e.n] {
			return nil, &Error{File: file, Line: e.line, Reason: fmt.Sprintf("source %d stands twice in the list", e.n),
				Hint: "give each its own number"}
		}
		if e.n > maxNumber {
			return nil, &Error{File: file, Line: e.line, Reason: "more than 9999 sources", Hint: "shorten the list"}
		}
		seen[e.n] = true
		top = max(top, e.n)
		s := readSource(e.texts)
		s.N = e.n
		all = append(all, s)
	}
	return all, nil
}

const listHeading = "\nArticles on this story\n"

// writeList writes the list of sources.
func writeList(b *strings.Builder, sources []store.Source) {
	b.WriteString(listHeading + "\n")
	for _, s := range sources {
		b.WriteString(strings.TrimRight(mark(s.N)+" "+sourceText(s), " ") + "\n")
	}
}

// sourceText writes a source but for its number, so that it is read again.
func sourceText(s store.Source) string {
	s.Outlet, s.Title = clean(s.Outlet), clean(s.Title)
	if !isAddress(s.URL) {
		s.URL = ""
	}
	if s.Leaning != nil && !isLeaning(*s.Leaning) {
		s.Leaning = nil
	}
	text := writeSource(s, s.Outlet, s.URL)
	if n, read, ok := cutNumber(mark(max(s.N, 1)) + " " + text); !ok || n != max(s.N, 1) || !sameSource(readSource([]string{read}), s) {
		text = writeSource(s, quote(s.Outlet), "<"+s.URL+">")
	}
	return text
}
