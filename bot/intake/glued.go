package intake

import (
	"regexp"
	"strings"
)

// A light page sets its citations as small digits. In its text they are glued
// to the full stop: "on Tuesday.1".

var (
	// gluedEnd is one at the end of a statement; in the second form, digits
	// stand before the full stop too, and it might be a fraction.
	gluedEnd   = regexp.MustCompile(`[\pL\pM%)\]"”’'][.!?…]["”’')\]]*(\d{1,2}(?:, ?\d{1,2})*)$`)
	gluedDigit = regexp.MustCompile(`\d[.!?…]["”’')\]]*(\d{1,2}(?:, ?\d{1,2})*)$`)
	// gluedInside is one before the next sentence.
	gluedInside = regexp.MustCompile(`[\pL\pM%)\]"”’'][.!?…]["”’')\]]*(\d{1,2}(?:, ?\d{1,2})*)\s["“‘(]?\p{Lu}`)
	// gluedYear is one behind a year: "since 2024.2 It rained".
	gluedYear = regexp.MustCompile(`\b[12]\d{3}[.!?…](\d{1,2})\s["“‘(]?\p{Lu}`)
	bracketed = regexp.MustCompile(`\[\d+\]`)
)

// cutGlued writes glued citations in brackets, if the bullets have them: most
// must end in one, and none may have brackets.
func (p *parser) cutGlued() {
	sure, likely := 0, 0
	for _, b := range p.bullets {
		text := b.String()
		switch {
		case bracketed.MatchString(text):
			return
		case gluedEnd.MatchString(text):
			sure++
		case gluedDigit.MatchString(text):
			likely++
		}
	}
	if sure == 0 || 2*(sure+likely) < len(p.bullets) {
		return
	}
	ends := []*regexp.Regexp{gluedEnd, gluedInside, gluedYear}
	if sure+likely == len(p.bullets) {
		ends = append(ends, gluedDigit)
	}
	for i, b := range p.bullets {
		p.bullets[i] = passage{inBrackets(b.String(), ends)}
	}
	for _, n := range p.narratives {
		for i, paragraph := range n.paragraphs {
			n.paragraphs[i] = passage{inBrackets(paragraph.String(), ends)}
		}
	}
}

// inBrackets sets brackets around what the patterns find.
func inBrackets(text string, patterns []*regexp.Regexp) string {
	for _, pattern := range patterns {
		var b strings.Builder
		end := 0
		for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
			b.WriteString(text[end:m[2]] + "[" + text[m[2]:m[3]] + "]")
			end = m[3]
		}
		b.WriteString(text[end:])
		text = b.String()
	}
	return text
}
