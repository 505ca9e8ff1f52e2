package discord

import (
	"net/url"
	"strings"
	"unicode"
)

// signs are what Markdown, mentions, emoji and time stamps are made of.
const signs = "\\*_~|`[]()<>@:"

// escape makes foreign text plain in Discord's Markdown.
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
// a numbered list: the line so far is a number.
func orderedList(before string) bool {
	line := strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:])
	return line != "" && strings.Trim(line, "0123456789") == ""
}

// inLink turns what would end a masked link's address.
var inLink = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", "\\", "%5C", "|", "%7C", "*", "%2A", "`", "%60")

// link gives the address as it stands in a masked link or an embed; false for
// anything but the web.
func link(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	s := inLink.Replace(u.String())
	return s, len(s) <= maxLinkLength
}
