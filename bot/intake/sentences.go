package intake

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// The lengths of the bullets that are made of a summary, in characters.
const (
	longBullet = 320  // a paragraph up to here is one bullet
	maxSummary = 1200 // all bullets together; the rest stands at the source
)

// enough is more than a summary takes, in bytes.
const enough = 8 << 10

// bulletsOf makes bullets of a summary: its paragraphs, or, where these are
// long, their sentences, as many as fit.
func bulletsOf(paragraphs []string) []string {
	var all []string
	left := maxSummary
	for _, p := range paragraphs {
		for _, text := range shorter(p) {
			text = clip(text, maxSummary)
			n := utf8.RuneCountInString(text)
			if len(all) > 0 && n > left {
				return all
			}
			all = append(all, text)
			left -= n
		}
	}
	return all
}

// shorter splits a paragraph that is long between its sentences.
func shorter(p string) []string {
	if utf8.RuneCountInString(p) <= longBullet {
		return []string{p}
	}
	var all []string
	var b strings.Builder
	for _, s := range inSentences(strings.ToValidUTF8(p[:min(len(p), enough)], "")) {
		if b.Len() > 0 && utf8.RuneCountInString(b.String())+utf8.RuneCountInString(s) > longBullet {
			all = append(all, strings.TrimSpace(b.String()))
			b.Reset()
		}
		b.WriteString(s)
	}
	if rest := strings.TrimSpace(b.String()); rest != "" {
		all = append(all, rest)
	}
	return all
}

// inSentences splits a text between its sentences, whose blanks stay with them. A
// full stop behind a short word with a capital, as in "Pres." or "U.S.", may
// end none.
func inSentences(text string) []string {
	var all []string
	state, open := -1, false
	for text != "" {
		var s string
		s, text, state = uniseg.FirstSentenceInString(text, state)
		if open {
			all[len(all)-1] += s
		} else {
			all = append(all, s)
		}
		open = shortened(s)
	}
	return all
}

// clip ends a text that is longer than n characters behind a word, and shows
// it.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	cut := string([]rune(text[:min(len(text), n*utf8.UTFMax)])[:n-1])
	if i := strings.LastIndexFunc(cut, unicode.IsSpace); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRightFunc(cut, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }) + "…"
}

func shortened(s string) bool {
	s = strings.TrimSpace(s)
	if !strings.HasSuffix(s, ".") {
		return false
	}
	word := s[strings.LastIndexFunc(s, unicode.IsSpace)+1:]
	first, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(first) && utf8.RuneCountInString(word) <= 6
}
