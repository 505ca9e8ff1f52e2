package discord

import (
	"strings"
	"unicode/utf8"
)

// Limits of Discord's API (discord.com/developers/docs). Lengths are in code
// points, after white space at both ends was trimmed.
const (
	maxEmbeds      = 10
	maxTitle       = 256
	maxDescription = 4096
	maxFooter      = 2048
	maxEmbedText   = 6000 // of all embeds of a message together
	maxLabel       = 80
	maxInRow       = 5
	maxRows        = 5
	maxThreadName  = 100
	maxTags        = 5
	maxChoices     = 25 // of an autocompletion
	maxChoice      = 100
	maxLinkLength  = 2048
	pageSize       = 100 // of a list of messages
)

// length counts a text as Discord does.
func length(s string) int { return utf8.RuneCountInString(strings.TrimSpace(s)) }

// short cuts a label that is only a name for something.
func short(s string, most int) string {
	if s = strings.TrimSpace(s); utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}

func (e embed) length() int { return length(e.Title) + length(e.Description) + e.footer() }

func (e embed) footer() int {
	if e.Footer == nil {
		return 0
	}
	return length(e.Footer.Text)
}

// fits reports whether embeds stay within the limits of one message.
func fits(es []embed) bool {
	total := 0
	for _, e := range es {
		if length(e.Title) > maxTitle || length(e.Description) > maxDescription || e.footer() > maxFooter {
			return false
		}
		total += e.length()
	}
	return len(es) <= maxEmbeds && total <= maxEmbedText
}
