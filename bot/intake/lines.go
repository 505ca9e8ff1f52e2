package intake

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is a line of a text, folded, that holds more than blanks or a rule.
type line struct {
	text string
	n    int  // its number in the file, from 1
	gap  bool // a blank line or a rule stands before it
}

// linesOf gives the lines of a text whose lines end in LF, CRLF or CR.
func linesOf(text string) []line {
	if strings.IndexByte(text, '\r') >= 0 {
		text = lineEnds.Replace(text)
	}
	all := make([]line, 0, usualLines)
	gap := false
	for n := 1; text != ""; n++ {
		var l string
		l, text, _ = strings.Cut(text, "\n")
		if l = fold(l); l == "" || isRule(l) {
			gap = true
			continue
		}
		all = append(all, line{l, n, gap})
		gap = false
	}
	return all
}

// usualLines is how many lines the most stories have.
const usualLines = 32

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// isBlank holds for what takes no room at the edge of a line: white space, and
// the byte order mark and the zero-width space that pasted text brings along.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b'
}

// fold takes white space off the edges and leaves one where several stand
// together. A single no-break or ideographic space stays what it is.
func fold(s string) string {
	s = strings.TrimFunc(s, isBlank)
	space := false
	i := 0
	for ; i < len(s) && s[i] < utf8.RuneSelf; i++ { // most text, at little cost
		was := space
		if space = s[i] == ' '; space && was || s[i] < ' ' {
			break
		}
	}
	if i == len(s) {
		return s
	}
	space = false
	for i, r := range s {
		was := space
		space = unicode.IsSpace(r)
		if space && (was || !unicode.Is(unicode.Zs, r)) {
			return foldFrom(s, i)
		}
	}
	return s
}

// foldFrom is fold for a trimmed text whose first i bytes need none, but for a
// space at their end.
func foldFrom(s string, i int) string {
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(strings.TrimRightFunc(s[:i], unicode.IsSpace))
	rest := s[b.Len():]
	for rest != "" {
		end := strings.IndexFunc(rest, unicode.IsSpace)
		if end < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:end])
		rest = rest[end:]
		word := strings.TrimLeftFunc(rest, unicode.IsSpace)
		space, size := utf8.DecodeRuneInString(rest)
		if len(rest)-len(word) > size || !unicode.Is(unicode.Zs, space) {
			space = ' '
		}
		b.WriteRune(space)
		rest = word
	}
	return b.String()
}

// ordinary gives a short text with ordinary spaces in lower case, to compare
// it with a known word.
func ordinary(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// passage is a text as its lines stand in the file.
type passage []string

// String joins the lines. Scripts that set no space between words get none.
func (p passage) String() string {
	if len(p) == 1 {
		return p[0]
	}
	var b strings.Builder
	for i, line := range p {
		if i > 0 {
			last, _ := utf8.DecodeLastRuneInString(p[i-1])
			first, _ := utf8.DecodeRuneInString(line)
			if !unspaced(last) || !unspaced(first) {
				b.WriteByte(' ')
			}
		}
		b.WriteString(line)
	}
	return b.String()
}

func unspaced(r rune) bool {
	return r >= 0x2e80 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) ||
		0x3000 <= r && r <= 0x303f || 0xff00 <= r && r <= 0xffef)
}

// cutBullet takes a bullet's sign off its line. Signs that are also used in
// running text count only before a space.
func cutBullet(line string) (text string, ok bool) {
	line = strings.TrimLeft(line, "\u200e\u200f") // direction marks
	sign, size := utf8.DecodeRuneInString(line)
	text = line[size:]
	switch sign {
	case '•', '◦', '‣', '▪', '●', '○', '⁃', '·':
	case '-', '*', '–', '—', '−':
		if next, _ := utf8.DecodeRuneInString(text); text != "" && !unicode.IsSpace(next) {
			return "", false
		}
	default:
		return "", false
	}
	return fold(text), true
}

// isRule holds for a line that only separates: three or more of -, *, _, =.
func isRule(line string) bool {
	switch r, _ := utf8.DecodeRuneInString(line); r {
	case '-', '*', '_', '=', '–', '—':
	default:
		return false
	}
	n := 0
	for _, r := range line {
		switch r {
		case '-', '*', '_', '=', '–', '—':
			n++
		case ' ':
		default:
			return false
		}
	}
	return n >= 3
}

// plainText takes the backslash off a line that is plain text. One that stands
// before a [ or a backslash belongs to that sign and is left for unescape.
func plainText(line string) (text string, ok bool) {
	if len(line) < 2 || line[0] != '\\' {
		return line, line == `\`
	}
	if line[1] == '[' || line[1] == '\\' {
		return line, true
	}
	return fold(line[1:]), true
}

// unescape takes the backslashes off the signs that they make plain.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return plainSigns.Replace(s)
}

var plainSigns = strings.NewReplacer(`\\`, `\`, `\[`, `[`)
