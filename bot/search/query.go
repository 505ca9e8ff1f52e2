package search

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Query is what a reader looks for, as Parse understood it. A story has to fit
// all of it.
type Query struct {
	Words   []string
	Phrases [][]string // words that stand one behind the other
	Topics  []string
	Outlets []string
	// From and Until bound the story's day: From is the first, Until the first
	// that is too late. Zero: no bound.
	From, Until time.Time
	// Unread are dates that are none.
	Unread []string
}

// Bounds of what is looked at: what is longer is no question.
const (
	maxQuery = 512 // bytes
	maxWords = 16
)

// Parse reads what a reader typed:
//
//	words "a phrase" topic:world outlet:"Harbour Post" 2026-11-02 on:2026-11 after:2026-11-01 before:2027
//
// Whatever it doesn't know is words.
func Parse(text string) Query {
	var q Query
	text = strings.ToValidUTF8(text, " ")
	if len(text) > maxQuery {
		text = strings.ToValidUTF8(text[:maxQuery], "")
	}
	text = alike.Replace(text)
	for left := maxWords; text != "" && left > 0; left-- {
		var p piece
		if p, text = nextPiece(text); p.value != "" {
			q.add(p)
		}
	}
	return q
}

// alike turns signs that readers type for others into those.
var alike = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "「", `"`, "」", `"`, "：", ":", "＂", `"`)

// piece is a part of a query: "topic:world" has the key topic.
type piece struct {
	key, value string
	quoted     bool
}

var keys = map[string]bool{"topic": true, "outlet": true, "on": true, "after": true, "before": true}

// nextPiece gives the first piece of a text, and the rest of it.
func nextPiece(text string) (piece, string) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	var p piece
	if key, rest, found := strings.Cut(text, ":"); found && keys[strings.ToLower(key)] {
		p.key, text = strings.ToLower(key), strings.TrimLeftFunc(rest, unicode.IsSpace)
	}
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		var rest string
		p.quoted = true
		p.value, rest, _ = strings.Cut(quoted, `"`)
		p.value = strings.TrimSpace(p.value)
		return p, rest
	}
	end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
	if end < 0 {
		end = len(text)
	}
	p.value = text[:end]
	return p, text[end:]
}

func (q *Query) add(p piece) {
	switch p.key {
	case "topic":
		q.Topics = append(q.Topics, p.value)
		return
	case "outlet":
		q.Outlets = append(q.Outlets, p.value)
		return
	case "":
		if from, until, ok := period(p.value); ok && !p.quoted && len(p.value) == len(time.DateOnly) {
			q.within(from, until)
			return
		}
		q.say(p)
		return
	}
	from, until, ok := period(p.value)
	switch {
	case !ok:
		q.Unread = append(q.Unread, p.value)
	case p.key == "on":
		q.within(from, until)
	case p.key == "after":
		q.within(from, time.Time{})
	case p.key == "before":
		q.within(time.Time{}, from)
	}
}

// say adds words.
func (q *Query) say(p piece) {
	var words []string
	eachWord(p.value, func(word string, _ bool) { words = append(words, word) })
	words = words[:min(len(words), maxWords)]
	if p.quoted && len(words) > 1 {
		q.Phrases = append(q.Phrases, words)
		return
	}
	q.Words = append(q.Words, words...)
	q.Words = q.Words[:min(len(q.Words), maxWords)]
}

// within narrows the days.
func (q *Query) within(from, until time.Time) {
	if from.After(q.From) {
		q.From = from
	}
	if !until.IsZero() && (q.Until.IsZero() || until.Before(q.Until)) {
		q.Until = until
	}
}

// period reads a day, a month or a year: from its first day to the first behind
// it.
func period(s string) (from, until time.Time, ok bool) {
	for form, next := range map[string][3]int{time.DateOnly: {0, 0, 1}, "2006-01": {0, 1, 0}, "2006": {1, 0, 0}} {
		if t, err := time.Parse(form, s); err == nil && t.Year() > 0 {
			return t, t.AddDate(next[0], next[1], next[2]), true
		}
	}
	return time.Time{}, time.Time{}, false
}

// empty reports whether nothing is looked for.
func (q Query) empty() bool {
	return len(q.Words)+len(q.Phrases)+len(q.Topics)+len(q.Outlets) == 0 && q.From.IsZero() && q.Until.IsZero()
}

// edits is how many letters of a word may be other ones: in short words each
// makes another word, and a number is another number.
func edits(word string) int {
	if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsDigit(r) || spaceless(r) }) {
		return 0
	}
	switch n := utf8.RuneCountInString(word); {
	case n >= 8:
		return 2
	case n >= 4:
		return 1
	}
	return 0
}
