package discord

import (
	"net/url"
	"strings"
	"unicode"

	"briefbot/bot/brief"
)

// signs are what Markdown, links, mentions, emoji, time stamps and bare
// addresses are made of. A backslash makes each of them plain.
const signs = "\\*_~|`[]()<>@:"

// escape makes foreign text plain in Discord's Markdown, wherever it stands.
func escape(s string) string {
	var b strings.Builder
	start := true // of a line
	for i, r := range s {
		switch {
		case strings.ContainsRune(signs, r), start && strings.ContainsRune("#-+", r), r == '.' && orderedList(s[:i]):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		start = r == '\n' || start && unicode.IsSpace(r)
	}
	return b.String()
}

// orderedList reports whether a full stop behind the text would begin an item of
// a numbered list: the line so far is a number, or nothing, and the number may
// stand in the span before.
func orderedList(before string) bool {
	line := strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:])
	return strings.Trim(line, "0123456789") == ""
}

// text renders spans.
func text(t brief.Text) string {
	var b strings.Builder
	styled := false // the last sign belongs to a style
	for _, s := range t {
		// A style's signs must stand next to its words.
		core := strings.TrimSpace(s.Text)
		if core == "" {
			b.WriteString(s.Text)
			styled = styled && s.Text == ""
			continue
		}
		before, after, _ := strings.Cut(s.Text, core)
		b.WriteString(before)
		around := strings.Repeat("*", style(s))
		if around != "" && styled && before == "" {
			b.WriteString(noSpace) // keeps the signs of two styles apart
		}
		b.WriteString(around + words(s, core) + around + after)
		styled = around != "" && after == ""
	}
	return b.String()
}

// noSpace is a space without width.
const noSpace = "\u200b"

// style is how many asterisks make the span's style.
func style(s brief.Span) int {
	n := 0
	if s.Italic {
		n = 1
	}
	if s.Bold {
		n += 2
	}
	return n
}

// words renders a span's words, as a link if it has an address.
func words(s brief.Span, core string) string {
	plain := escape(core)
	address, ok := webAddress(s.URL)
	if !ok {
		return plain
	}
	address = inLink.Replace(address)
	switch {
	case s.Cite && isMark(core):
		return "[" + core + "](" + address + ")"
	case core == s.URL:
		return "<" + address + ">"
	case strings.Contains(core, "://"), !balanced(core):
		// Words that look like an address are never shown as a link, since
		// they may lie about where it goes; and brackets would end the link.
		return plain + " [↗](" + address + ")"
	}
	return "[" + plain + "](" + address + ")"
}

// isMark reports whether a text is a citation mark, "[3]", which needs no
// escaping within a link.
func isMark(s string) bool {
	n, ok := strings.CutPrefix(s, "[")
	n, end := strings.CutSuffix(n, "]")
	return ok && end && n != "" && strings.Trim(n, "0123456789") == ""
}

// balanced reports whether every bracket is closed, and none stands within
// another: more than that the words of a link do not take.
func balanced(s string) bool {
	open := false
	for _, r := range s {
		if r == '[' && open || r == ']' && !open {
			return false
		}
		open = r == '[' || open && r != ']'
	}
	return !open
}

// inLink turns what would end a link within a text, or be taken for Markdown.
var inLink = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20",
	"\\", "%5C", "|", "%7C", "*", "%2A", "`", "%60", "[", "%5B", "]", "%5D")

// webAddress gives the address as Discord takes it; false for anything but the
// web.
func webAddress(address string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	s := u.String()
	return s, length(s) <= maxAddress
}
