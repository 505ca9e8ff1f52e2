package store

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Pattern finds words, or a regular expression, in a text, whatever their case
// and accents.
type Pattern struct {
	words      string         // as plain gives them
	expression *regexp.Regexp // instead
}

// ParsePattern reads a pattern as people write it: "night ferry" is found where
// these words stand, whole and in this order; "/rail(way)?s?/" is a regular
// expression (RE2), found anywhere.
func ParsePattern(text string) (Pattern, error) {
	inner, isExpression := strings.CutPrefix(text, "/")
	if isExpression {
		inner, isExpression = strings.CutSuffix(inner, "/")
	}
	if !isExpression {
		p := Pattern{words: plain(text)}
		if p.words == "" {
			return Pattern{}, errors.New("is empty")
		}
		return p, nil
	}
	e, err := regexp.Compile("(?i)" + bareExpression(inner))
	if wrong := (*syntax.Error)(nil); errors.As(err, &wrong) {
		return Pattern{}, fmt.Errorf("is no regular expression: %s: %s", wrong.Code, strings.TrimPrefix(wrong.Expr, "(?i)"))
	} else if err != nil {
		return Pattern{}, err
	}
	if e.MatchString("") {
		return Pattern{}, errors.New("fits every text: an expression that fits an empty one does")
	}
	return Pattern{expression: e}, nil
}

// bareExpression is an expression as it fits bare texts. Its spaces stay.
func bareExpression(text string) string {
	fields := strings.Split(text, " ")
	for i, f := range fields {
		fields[i] = bare(f)
	}
	return strings.Join(fields, " ")
}

// searched is a text as patterns search it.
type searched struct{ bare, plain string }

func newSearched(text string) searched {
	b := bare(text)
	return searched{b, folded(b)}
}

// in reports whether the pattern is found in a text.
func (p Pattern) in(s searched) bool {
	if p.expression != nil {
		return p.expression.MatchString(s.bare)
	}
	for start := 0; ; {
		i := strings.Index(s.plain[start:], p.words)
		if i < 0 {
			return false
		}
		i += start
		if parted(s.plain, i) && parted(s.plain, i+len(p.words)) {
			return true
		}
		_, n := utf8.DecodeRuneInString(s.plain[i:])
		start = i + n
	}
}

// parted reports whether no word goes on over a place in a text.
func parted(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at:])
	return !inWord(before) || !inWord(after)
}
