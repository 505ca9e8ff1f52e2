package sandbox

import (
	"strings"
	"unicode"
)

// readable is what a reader reads of a message: the texts in order, without
// markup; buttons are not text.
func readable(m *dcMessage) string {
	var parts []string
	add := func(s string) {
		if s = plain(s); s != "" {
			parts = append(parts, s)
		}
	}
	add(m.Content)
	for _, e := range m.Embeds {
		if e.Author != nil {
			add(e.Author.Name)
		}
		add(e.Title)
		add(e.Description)
		for _, f := range e.Fields {
			add(f.Name)
			add(f.Value)
		}
		if e.Footer != nil {
			add(e.Footer.Text)
		}
	}
	eachComponent(m.Components, func(c *dcComponent) {
		if c.Type == dcTextBlock {
			add(c.Content)
		}
	})
	return strings.Join(parts, "\n")
}

// plain takes Discord's markdown off a text, as far as it is used in posts:
// what was escaped stands as it is, links keep their words.
func plain(s string) string {
	b := make([]byte, 0, len(s))
	last := byte(' ')
	for i := 0; i < len(s); {
		if i == 0 || s[i-1] == '\n' {
			if i += lineMarks(s[i:]); i == len(s) {
				break
			}
		}
		switch c := s[i]; c {
		case '\\':
			if i+1 < len(s) && s[i+1] < 0x80 && (unicode.IsPunct(rune(s[i+1])) || unicode.IsSymbol(rune(s[i+1]))) {
				last = s[i+1]
				b = append(b, last)
				i += 2
				continue
			}
		case '[':
			if words, n := maskedLink(s[i:]); n > 0 {
				b = append(b, plain(words)...)
				last = ')'
				i += n
				continue
			}
		case '<', 'h':
			if link, n := bareLink(s[i:]); n > 0 {
				b = append(b, link...)
				last = '/'
				i += n
				continue
			}
		case '*', '`':
			i++
			continue
		case '|', '~', '_':
			if i+1 < len(s) && s[i+1] == c {
				i += 2
				continue
			}
			if c == '_' && !(inWord(last) && i+1 < len(s) && inWord(s[i+1])) {
				i++
				continue
			}
		}
		last = s[i]
		b = append(b, last)
		i++
	}
	return strings.TrimSpace(string(b))
}

// lineMarks is how long the marks are that a line begins with.
func lineMarks(s string) int {
	for _, mark := range []string{">>> ", "> ", "# ", "## ", "### ", "-# "} {
		if strings.HasPrefix(s, mark) {
			return len(mark) + lineMarks(s[len(mark):])
		}
	}
	return 0
}

// maskedLink reads [words](address), and how long it is: 0 if it is none.
func maskedLink(s string) (words string, n int) {
	n = bracket(s, '[', ']')
	if n == 0 {
		return "", 0
	}
	address := bracket(s[n:], '(', ')')
	if address == 0 || strings.ContainsAny(s[n:n+address], " \t\r\n\f") {
		return "", 0
	}
	return s[1 : n-1], n + address
}

// bracket is how long the bracket is that s begins with: 0 if it is none. It may
// have others in it, but these none. In square ones, what is escaped is text.
func bracket(s string, opens, closes byte) int {
	if s == "" || s[0] != opens {
		return 0
	}
	depth := 0
	for i := 0; i < len(s) && depth <= 2; i++ {
		switch c := s[i]; {
		case c == '\\' && opens == '[':
			if i++; i < len(s) && s[i] == '\n' {
				return 0
			}
		case c == opens:
			depth++
		case c == closes:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// bareLink reads an address that stands for itself, and how long it is with what
// encloses it: 0 if it is none.
func bareLink(s string) (link string, n int) {
	link = strings.TrimPrefix(s, "<")
	host, ok := strings.CutPrefix(link, "http://")
	if !ok {
		host, ok = strings.CutPrefix(link, "https://")
	}
	end := strings.IndexAny(host, " \t\r\n\f<>")
	if end < 0 {
		end = len(host)
	}
	if !ok || end == 0 {
		return "", 0
	}
	rest := host[end:]
	link = link[:len(link)-len(rest)]
	return link, len(s) - len(strings.TrimPrefix(rest, ">"))
}

func inWord(c byte) bool {
	return c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
