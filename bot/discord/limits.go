package discord

import (
	"strings"
	"unicode/utf8"

	"briefbot/bot/brief"
)

// Limits of Discord's API. Lengths are in code points, after white space at
// both ends was trimmed (discord/discord-api-docs issue 1315).
const (
	// Embeds: discord.com/developers/docs/resources/message#embed-object-embed-limits
	maxEmbeds      = 10
	maxTitle       = 256
	maxDescription = 4096
	maxFooter      = 2048
	maxEmbedText   = 6000 // of all embeds of a message together
	maxAddress     = 2048

	// Components: discord.com/developers/docs/components/reference
	maxLabel = 80
	maxInRow = 5
	maxRows  = 5
	// The words of a menu (discord.com/developers/docs/components/reference#string-select).
	maxOption = 100
	maxHint   = 150

	// Threads: discord.com/developers/docs/resources/channel#start-thread-in-forum-or-media-channel
	maxThreadName = 100
	maxTags       = 5

	// Commands: discord.com/developers/docs/interactions/application-commands
	maxChoices = 25 // of an autocompletion
	maxChoice  = 100

	// Messages: discord.com/developers/docs/resources/message#get-channel-messages
	pageSize = 100
)

// A message holds what all platforms are said to.
const _ = uint(maxDescription - brief.OneMessage)

// So does a menu: Discord's has so many options.
const _ = uint(25 - brief.MaxMenu)

// length counts a text as Discord does.
func length(s string) int { return utf8.RuneCountInString(strings.TrimSpace(s)) }

// short cuts what is only a name for something: one line of at most so many
// code points.
func short(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= most {
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
