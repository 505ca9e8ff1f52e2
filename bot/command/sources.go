package command

import (
	"context"
	"strconv"
	"strings"

	"briefbot/bot/brief"
	"briefbot/store"
)

// numberOption names one of a story's sources.
var numberOption = brief.Option{Name: "number", Called: brief.NameNumberOption, Help: brief.HelpNumberOption, Kind: brief.NumberOption}

// sources is the list of a story's sources, or one of them.
func (d *Desk) sources(_ context.Context, q asked, of store.Entry) (brief.Answer, error) {
	if n, ok := sourceNumber(numberOf(q)); ok {
		return brief.Answer{Message: q.voice.Source(of, n), Turn: true}, nil
	}
	return brief.Answer{Message: q.voice.Sources(of), Turn: true}, nil
}

// numberOf is the number of the source that is asked for, as a button holds it;
// empty if none is.
func numberOf(q asked) string {
	if n, ok := sourceNumber(q.Options[numberOption.Name]); ok {
		return strconv.Itoa(n)
	}
	return q.Action.With
}

// readSources takes apart what was typed behind the command: "3", "3 words of a
// headline", or "k7m2p 3". A number behind more than one word belongs to the
// headline.
func readSources(typed string) map[string]string {
	words := strings.Fields(typed)
	number, story := "", words
	switch {
	case isSourceNumber(words[0]):
		number, story = words[0], words[1:]
	case len(words) == 2 && isSourceNumber(words[1]):
		number, story = words[1], words[:1]
	}
	return map[string]string{numberOption.Name: number, storyOption.Name: strings.Join(story, " ")}
}

// maxSourceNumber has fewer digits than a short id.
const maxSourceNumber = 9999

func isSourceNumber(word string) bool {
	_, ok := sourceNumber(word)
	return ok
}

// sourceNumber reads a source's number, with or without the brackets of its
// mark.
func sourceNumber(word string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(word, "["), "]"))
	return n, err == nil && 0 <= n && n <= maxSourceNumber
}
