package intake

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/bot/brief"
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
	p = strings.ToValidUTF8(p[:min(len(p), enough)], "")
	var all []string
	from, last := 0, 0
	for _, end := range append(brief.SentenceEnds(p), len(p)) {
		if last > from && utf8.RuneCountInString(p[from:end]) > longBullet {
			all = append(all, strings.TrimSpace(p[from:last]))
			from = last
		}
		last = end
	}
	return append(all, strings.TrimSpace(p[from:]))
}

// firstSentence is the first sentence of a text.
func firstSentence(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), enough)], "")
	if ends := brief.SentenceEnds(text); len(ends) > 0 {
		return strings.TrimSpace(text[:ends[0]])
	}
	return text
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
