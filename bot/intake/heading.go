package intake

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A heading's greatest length. Paragraphs this short are rare, and WriteText
// marks them.
const (
	maxHeading      = 80 // bytes, with the word "narrative" or a #
	maxBareHeading  = 60 // bytes, without
	maxHeadingWords = 7
)

const narrativeWord = "narrative"

// cutHeading gives the label of a line that says that it is a heading: "Left
// narrative", "## Left".
func cutHeading(line string) (label string, ok bool) {
	if line == "" {
		return "", false
	}
	if line[0] == '#' {
		label := strings.TrimLeft(line, "#")
		if r, _ := utf8.DecodeRuneInString(label); !unicode.IsSpace(r) {
			return "", false
		}
		label = fold(label)
		return cutNarrative(label), label != ""
	}
	if len(line) > maxHeading || line[0] == '[' { // a citation or a source's number
		return "", false
	}
	line = strings.TrimRight(line, ": ")
	if label = cutNarrative(line); label == line && !strings.EqualFold(line, narrativeWord) {
		return "", false
	}
	return label, len(strings.Fields(line)) <= maxHeadingWords
}

// cutNarrative takes the word "narrative" off a label's end, unless it is all
// of it.
func cutNarrative(label string) string {
	n := len(label) - len(narrativeWord)
	if n < 1 || !strings.EqualFold(label[n:], narrativeWord) {
		return label
	}
	if r, _ := utf8.DecodeLastRuneInString(label[:n]); !unicode.IsSpace(r) {
		return label
	}
	if name := fold(label[:n]); name != "" {
		return name
	}
	return label
}

// bareHeading gives the label of a line that may be a heading, if it stands
// alone.
func bareHeading(line string) (label string, ok bool) {
	if len(line) > maxBareHeading || strings.HasPrefix(line, "[") {
		return "", false
	}
	line = fold(strings.TrimSuffix(line, ":"))
	last, _ := utf8.DecodeLastRuneInString(line)
	ok = (unicode.IsLetter(last) || unicode.IsMark(last) || unicode.IsDigit(last) || last == ')') &&
		strings.ContainsFunc(line, unicode.IsLetter) &&
		len(strings.Fields(line)) <= maxHeadingWords
	return line, ok
}

// isListHeading holds for the heading of the list of sources.
func isListHeading(line string) bool {
	if len(line) > len("## Articles on this story : ") {
		return false
	}
	switch strings.TrimLeft(strings.TrimSuffix(ordinary(line), ":"), "# ") {
	case "articles on this story", "articles", "sources":
		return true
	}
	return false
}

// headingFor writes the heading from which the label is read again.
func headingFor(label string) string {
	long := label + " " + narrativeWord
	if read, ok := cutHeading(long); ok && read == label && writable(long) && usesWord(label) {
		return long
	}
	if read, ok := bareHeading(label); ok && read == label && writable(label) {
		if _, certain := cutHeading(label); !certain {
			return label
		}
	}
	if cutNarrative(label) != label || isListHeading(label) {
		return "## " + long
	}
	return "## " + label
}

// usesWord holds for labels that read badly without the word "narrative".
func usesWord(label string) bool {
	l := strings.ToLower(label)
	return strings.Contains(l, "establishment") || l == "left" || l == "right" || l == "critical" || l == "pro"
}

// writable holds for a heading that is taken for nothing else.
func writable(line string) bool {
	_, bullet := cutBullet(line)
	return line[0] != '\\' && !bullet && !isRule(line) && !isListHeading(line) && landmarkOf(line) == noMark
}

// ended holds for a text that a heading may follow without a blank line.
func (p passage) ended() bool {
	if len(p) == 0 {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(p[len(p)-1])
	return strings.ContainsRune(".!?…]\"”’')»。！？」』؟۔।", r)
}
