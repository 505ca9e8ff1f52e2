package command

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/bot/brief"
)

// maxSaid is how many characters may be said with a command, or with one of its
// options.
const maxSaid = 500

// bounded gives the question with what was said in one line, without characters
// that nobody sees. Too long an argument is answered at once.
func bounded(q asked) (brief.Question, error) {
	asks := q.Question
	asks.Argument = visible(asks.Argument)
	long := utf8.RuneCountInString(asks.Argument) > maxSaid
	if asks.Options != nil {
		asks.Options = map[string]string{}
		for name, value := range q.Options {
			asks.Options[name] = visible(value)
			long = long || utf8.RuneCountInString(asks.Options[name]) > maxSaid
		}
	}
	if long {
		return asks, say(q.voice, brief.SayTooLong)
	}
	return asks, nil
}

// visible is a text in one line, without control characters and those that turn
// the direction of what stands around them. Letters are joined as they were.
func visible(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
