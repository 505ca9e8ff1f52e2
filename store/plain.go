package store

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// plain gives texts that a reader would call the same word for word the same
// form: without case, accents, ligatures and widths, and with single spaces.
func plain(text string) string { return folded(bare(text)) }

// folded is a text without case.
func folded(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	return cases.Fold().String(text)
}

// bare is a text without accents, ligatures and widths, and with single spaces.
// Only the marks that stand on European letters are accents: elsewhere they
// spell.
func bare(text string) string {
	if !isASCII(text) {
		text = norm.NFC.String(strings.Map(func(r rune) rune {
			if r >= 0x300 && r <= 0x36f {
				return -1
			}
			return r
		}, norm.NFKD.String(text)))
	}
	return strings.Join(strings.Fields(text), " ")
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// inWord reports whether a letter or digit is part of a word that spaces part
// from the next one.
func inWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)) && !spaceless(r)
}

// spaceless reports whether a letter belongs to a script that puts no spaces
// between words: there, each letter is taken for a word.
func spaceless(r rune) bool {
	return r >= 0x0e00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
