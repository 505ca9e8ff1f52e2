package brief

import (
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// Clients let the first letter of a line decide in which direction it runs, and
// a foreign text within it carries what stands around it along: a date jumps to
// the wrong side, a slash behind its command. Invisible signs keep each text
// within its own bounds.
const (
	firstStrongIsolate    = "\u2068"
	popDirectionalIsolate = "\u2069"
	leftToRightMark       = "\u200e"
	rightToLeftMark       = "\u200f"
)

// isolate keeps a text that has letters of the other direction to itself.
func (v Voice) isolate(s string) string {
	foreign := hasRightToLeft
	if v.rightToLeft {
		foreign = hasLeftToRight
	}
	if !foreign(s) || strings.Contains(s, firstStrongIsolate) {
		return s
	}
	return firstStrongIsolate + s + popDirectionalIsolate
}

// line makes a line of the bot's own, which begins with a foreign text, run in
// the direction of the language.
func (v Voice) line(t Text) Text {
	if !strings.Contains(t.String(), firstStrongIsolate) {
		return t
	}
	mark := leftToRightMark
	if v.rightToLeft {
		mark = rightToLeftMark
	}
	return append(Text{{Text: mark}}, t...)
}

// turned ends a text so that a citation mark behind it stands where the text
// ends: behind a last word of the other direction it would stand before it.
func turned(t Text) Text {
	first, last := bidi.L, bidi.L
	found := false
	for _, r := range t.String() {
		switch p, _ := bidi.LookupRune(r); p.Class() {
		case bidi.L:
			last = bidi.L
		case bidi.R, bidi.AL:
			last = bidi.R
		default:
			continue
		}
		if !found {
			first, found = last, true
		}
	}
	switch {
	case first == last:
		return t
	case first == bidi.R:
		return append(t, Span{Text: rightToLeftMark})
	}
	return append(t, Span{Text: leftToRightMark})
}

// RightToLeft reports whether most of what the message says is read from right
// to left.
func (m Message) RightToLeft() bool {
	right, left := 0, 0
	count := func(s string) {
		for _, r := range s {
			switch p, _ := bidi.LookupRune(r); p.Class() {
			case bidi.R, bidi.AL:
				right++
			case bidi.L:
				left++
			}
		}
	}
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case Headline:
			count(b.Text)
		case Bullet:
			count(b.Text.String())
		case Heading:
			count(b.Text)
		case Paragraph:
			count(b.Text.String())
		case Item:
			count(b.Text.String())
		case Note:
			count(b.Text.String())
		case Fold:
			for _, t := range b.Paragraphs {
				count(t.String())
			}
		}
	}
	return right > left
}

func hasRightToLeft(s string) bool { return has(s, bidi.R, bidi.AL) }

func hasLeftToRight(s string) bool { return has(s, bidi.L) }

// has reports whether a character of the text is of one of the classes.
func has(s string, classes ...bidi.Class) bool {
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		for _, c := range classes {
			if p.Class() == c {
				return true
			}
		}
	}
	return false
}
