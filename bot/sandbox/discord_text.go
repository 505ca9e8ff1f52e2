package sandbox

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
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
	eachComponent(m.Components, "", func(c *dcComponent, _ string) {
		if c.Type == dcTextBlock {
			add(c.Content)
		}
	})
	return strings.Join(parts, "\n")
}

var (
	lineMarks  = regexp.MustCompile(`(?m)^(?:>>> |> |#{1,3} |-# )+`)
	maskedLink = regexp.MustCompile(`^\[((?:[^\[\]\\]|\\.|\[(?:[^\[\]\\]|\\.)*\])*)\]\(<?[^()\s]*(?:\([^()\s]*\)[^()\s]*)*>?\)`)
	bareLink   = regexp.MustCompile(`^<?(https?://[^\s<>]+)>?`)
)

// plain takes Discord's markdown off a text, as far as it is used in posts:
// what was escaped stands as it is, links keep their words.
func plain(s string) string {
	s = lineMarks.ReplaceAllString(s, "")
	var b strings.Builder
	last := ' '
	for i := 0; i < len(s); {
		rest := s[i:]
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && s[i+1] < 0x80 && (unicode.IsPunct(rune(s[i+1])) || unicode.IsSymbol(rune(s[i+1]))):
			b.WriteByte(s[i+1])
			last = rune(s[i+1])
			i += 2
			continue
		case c == '[':
			if m := maskedLink.FindStringSubmatch(rest); m != nil {
				b.WriteString(plain(m[1]))
				last = ')'
				i += len(m[0])
				continue
			}
		case c == '<' || strings.HasPrefix(rest, "http"):
			if m := bareLink.FindStringSubmatch(rest); m != nil {
				b.WriteString(m[1])
				last = '/'
				i += len(m[0])
				continue
			}
		case c == '*' || c == '`':
			i++
			continue
		case strings.HasPrefix(rest, "||") || strings.HasPrefix(rest, "~~") || strings.HasPrefix(rest, "__"):
			i += 2
			continue
		case c == '_' && !(inWord(last) && i+1 < len(s) && inWord(rune(s[i+1]))):
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(rest)
		b.WriteRune(r)
		last = r
		i += n
	}
	return strings.TrimSpace(b.String())
}

func inWord(r rune) bool { return r >= 0x80 || unicode.IsLetter(r) || unicode.IsDigit(r) }
