package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Error is one thing that is wrong in a configuration file.
type Error struct {
	File         string
	Line, Column int
	Key          string // such as channels[0].schedule; empty: the file as a whole
	Value        string // what stands there; never a secret
	Reason       string // reads on from Value, or else from Key
	Hint         string // what to write instead
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	if e.Value != "" {
		fmt.Fprintf(&b, "%q ", e.Value)
	}
	b.WriteString(e.Reason)
	if e.Hint != "" {
		b.WriteString(": " + e.Hint)
	}
	return b.String()
}

// Errors are all that is wrong in a configuration file, in its order.
type Errors []*Error

// Error tells one error a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the errors one by one.
func (es Errors) Unwrap() []error {
	all := make([]error, len(es))
	for i, e := range es {
		all[i] = e
	}
	return all
}

func (es Errors) sort() {
	slices.SortStableFunc(es, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// problem is what is wrong with a value.
type problem struct {
	value, reason, hint string
}

// tokenish is what a bot's token or a URL's password looks like. Both are
// easily put beside the wrong key.
var tokenish = regexp.MustCompile(`[A-Za-z0-9_-]{24,}|[0-9]{5,}:|//[^/]*@`)

// maxShown is how much of a value an error shows, in runes.
const maxShown = 60

// harmless is a text as it may be shown.
func harmless(text string) string {
	if tokenish.MatchString(text) {
		return "<hidden>"
	}
	if r := []rune(text); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return text
}
