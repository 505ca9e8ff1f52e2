package intake

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// landmark says what a line tells of the lines behind it, in texts taken from a
// page or a newsletter. The text form has none of these lines.
type landmark int

const (
	noMark landmark = iota
	factsMark
	viewsMark
	// tailMark is a heading over what belongs to no narrative.
	tailMark
	// sourcesMark stands where a newsletter's story ends.
	sourcesMark
	// noticeMark is a line of the page around the story: an invitation to sign
	// up, a footer. It says nothing of a text that has no other mark.
	noticeMark
)

// The lengths in bytes up to which a line may be a mark, or a notice.
const (
	maxMark   = 60
	maxNotice = 120
)

var landmarks = map[string]landmark{
	"the facts":           factsMark,
	"facts":               factsMark,
	"the spin":            viewsMark,
	"spin":                viewsMark,
	"the controversies":   viewsMark,
	"establishment split": tailMark,
	"political split":     tailMark,
	"public figures":      tailMark,
	"go deeper":           tailMark,
	"see sources":         sourcesMark,
	"about":               noticeMark,
	"about us":            noticeMark,
	"contact":             noticeMark,
	"contact us":          noticeMark,
	"cookie policy":       noticeMark,
	"newsletter":          noticeMark,
	"newsletters":         noticeMark,
	"terms":               noticeMark,
}

// noticeStarts are how other notices begin.
var noticeStarts = []string{
	"©", "all rights reserved", "copyright ©", "follow us", "privacy policy", "sign up", "subscribe now", "subscribe to", "terms of ", "unsubscribe",
}

// landmarkOf tells a landmark by its words alone. One that is written as plain
// text is none.
func landmarkOf(text string) landmark {
	if len(text) > maxNotice || text == "" {
		return noMark
	}
	if m := sectionOf(text); m != noMark {
		return m
	}
	for _, start := range noticeStarts {
		if len(text) >= len(start) && strings.EqualFold(text[:len(start)], start) {
			return noticeMark
		}
	}
	return noMark
}

// sectionOf is landmarkOf but for notices that go on behind their first words.
// It is asked of every line of every text, and makes no string for it.
func sectionOf(text string) landmark {
	if len(text) > maxMark {
		return noMark
	}
	switch text[0] | 0x20 { // in lower case, if it is a letter
	case 'a', 'c', 'e', 'f', 'g', 'm', 'n', 'p', 's', 't':
	default:
		return noMark
	}
	var buffer [maxMark]byte
	words := buffer[:0]
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		case c == 0xc2 && i+1 < len(text) && text[i+1] == 0xa0: // a no-break space
			c = ' '
			i++
		}
		words = append(words, c)
	}
	words = bytes.TrimSuffix(words, []byte(":"))
	if bytes.HasPrefix(words, []byte("more neutral ")) && bytes.HasSuffix(words, []byte(" articles")) {
		return tailMark
	}
	return landmarks[string(words)]
}

// cutAbove takes apart the line over a page's picture: "Above: CAPTION. Image
// credit: X".
func cutAbove(text string) (caption, credit string, ok bool) {
	rest, ok := strings.CutPrefix(text, "Above:")
	caption, credit, _ = strings.Cut(rest, "Image credit:")
	return fold(caption), fold(credit), ok
}

// versionLine is what a page shows of its own version before the headline.
var versionLine = regexp.MustCompile(`(?i)^(version|ver\.?|v)\s?\d+(\.\d+)*\.?$`)

// isVersion looks at few lines: most are longer.
func isVersion(text string) bool {
	return len(text) <= maxMark && text[0]|0x20 == 'v' && versionLine.MatchString(text)
}

// knownLabels are narratives' labels that need no more to be headings in a text
// taken from a page.
var knownLabels = map[string]bool{
	"left": true, "right": true, "critical": true, "pro": true, "establishment-critical": true, "pro-establishment": true,
	"anti-establishment": true, "democratic": true, "republican": true, "progressive": true, "conservative": true,
	"nerd": true, "cynical": true, "metaculus prediction": true,
}

// labelOf gives the label of a narrative's heading in a text taken from a page.
func labelOf(text string) (label string, ok bool) {
	if len(text) > maxHeading || text[0] == '#' {
		return "", false
	}
	if label, ok := cutHeading(text); ok {
		return label, true
	}
	label = fold(strings.TrimSuffix(text, ":"))
	words := ordinary(label)
	letter, lettered := strings.CutPrefix(words, narrativeWord+" ")
	sided := strings.HasPrefix(words, "pro-") || strings.HasPrefix(words, "anti-")
	switch {
	case knownLabels[words], lettered && utf8.RuneCountInString(letter) == 1:
		return label, true
	case sided:
		_, bare := bareHeading(label)
		return label, bare && len(strings.Fields(label)) <= maxSided
	}
	return "", false
}

// maxSided is how many words a label such as "Pro-X" may have.
const maxSided = 4

// cutLabel takes a heading off the paragraph that begins on its line: "Left
// narrative: It is late."
func cutLabel(text string) (label, rest string, ok bool) {
	before, rest, ok := strings.Cut(text[:min(len(text), maxHeading)], ": ")
	if !ok || !strings.Contains(strings.ToLower(before), narrativeWord) {
		return "", "", false
	}
	label, ok = labelOf(before)
	return label, fold(text[len(before)+1:]), ok && rest != ""
}
