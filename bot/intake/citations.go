package intake

import (
	"slices"
	"strconv"
	"strings"

	"briefbot/store"
)

// maxRange is the most that a range such as [2-4] may name: more is no
// citation, and would let a small file become a large story.
const maxRange = 20

// citer finds citations. It knows the numbers that the story's list has.
type citer struct{ listed map[int]bool }

func newCiter(sources []store.Source) citer {
	c := citer{make(map[int]bool, len(sources))}
	for _, s := range sources {
		c.listed[s.N] = true
	}
	return c
}

// plausible holds for a number that is a citation if it stands in brackets.
func (c citer) plausible(n int) bool { return n >= 1 && n <= 999 || c.listed[n] }

// group reads the citations at the start of s, which begins with a bracket:
// [1], [1, 3], [2-4]. size is 0 if there are none.
func (c citer) group(s string) (numbers []int, size int) {
	from := 0 // where a range began
	for i := 1; ; {
		for i < len(s) && s[i] == ' ' {
			i++
		}
		start, n := i, 0
		for i < len(s) && '0' <= s[i] && s[i] <= '9' && i-start < 4 {
			n = n*10 + int(s[i]-'0')
			i++
		}
		if i == start || s[start] == '0' || !c.plausible(n) {
			return nil, 0
		}
		if from == 0 {
			from = n
		} else if n <= from || n-from >= maxRange {
			return nil, 0
		}
		for ; from <= n; from++ {
			if !c.plausible(from) {
				return nil, 0
			}
			if !slices.Contains(numbers, from) {
				numbers = append(numbers, from)
			}
		}
		for i < len(s) && s[i] == ' ' {
			i++
		}
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, "]"):
			return numbers, i + 1
		case strings.HasPrefix(rest, ","), strings.HasPrefix(rest, ";"):
			from = 0
			i++
		case strings.HasPrefix(rest, "-"):
			from = n
			i++
		case strings.HasPrefix(rest, "–"):
			from = n
			i += len("–")
		default:
			return nil, 0
		}
	}
}

// read takes the citations out of a text's own form: it gives the text without
// backslashes and with each mark as [n], and the numbers cited.
func (c citer) read(s string, cited []int) (string, []int) {
	if strings.IndexByte(s, '[') < 0 {
		return unescape(s), cited
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexAny(s, `[\`)
		if i < 0 {
			b.WriteString(s)
			return b.String(), cited
		}
		b.WriteString(s[:i])
		s = s[i:]
		if s[0] == '\\' {
			if len(s) > 1 && (s[1] == '[' || s[1] == '\\') {
				s = s[1:]
			}
		} else if numbers, size := c.group(s); size > 0 {
			for _, n := range numbers {
				b.WriteString(mark(n))
			}
			cited = append(cited, numbers...)
			s = s[size:]
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
}

// write is read's inverse, but for marks that stand behind the text.
func (c citer) write(s string, cited []int) string {
	if !strings.ContainsAny(s, `[\`) {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexAny(s, `[\`)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		if s[0] == '\\' {
			b.WriteByte('\\')
		} else if numbers, size := c.group(s); size > 0 {
			if n := numbers[0]; !slices.Contains(cited, n) || s[:size] != mark(n) {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
}

// settle brings a text's paragraphs and citations into the form of the store:
// marks at the end of the last paragraph are taken out, but for those that also
// stand elsewhere; citations are in order of appearance.
func settle(paragraphs []string, cited []int) []int {
	if len(cited) == 0 {
		return nil
	}
	cited = unique(cited)
	end := len(paragraphs) - 1
	var run []int
	paragraphs[end], run = cutMarks(paragraphs[end], cited)
	inside := marksIn(paragraphs, cited)
	for _, n := range unique(run) {
		if slices.Contains(inside, n) {
			paragraphs[end] += mark(n)
		}
	}
	return unique(slices.Concat(inside, run, cited))
}

// marksIn gives the citations that have a mark in one of the paragraphs, in
// order of appearance.
func marksIn(paragraphs []string, cited []int) []int {
	var all []int
	for _, p := range paragraphs {
		if strings.IndexByte(p, '[') >= 0 {
			for _, m := range store.Marks(p, cited) {
				all = append(all, m.N)
			}
		}
	}
	return unique(all)
}

// cutMarks cuts the marks off a text's end, with what separates them. A text
// of nothing but marks is left as it is.
func cutMarks(text string, cited []int) (body string, run []int) {
	body = text
	for rest := text; strings.HasSuffix(rest, "]"); rest = strings.TrimRight(body, ",; ") {
		open := strings.LastIndexByte(rest, '[')
		if open < 0 {
			break
		}
		n, err := strconv.Atoi(rest[open+1 : len(rest)-1])
		if err != nil || rest[open:] != mark(n) || !slices.Contains(cited, n) {
			break
		}
		run = append(run, n)
		body = strings.TrimRightFunc(rest[:open], isBlank)
	}
	if body == "" {
		return text, nil
	}
	slices.Reverse(run)
	return body, run
}

func mark(n int) string { return "[" + strconv.Itoa(n) + "]" }

// unique gives the numbers without repetitions.
func unique(numbers []int) []int {
	if len(numbers) < 2 {
		return numbers
	}
	kept := make([]int, 0, len(numbers))
	if len(numbers) <= few {
		for _, n := range numbers {
			if !slices.Contains(kept, n) {
				kept = append(kept, n)
			}
		}
		return kept
	}
	seen := make(map[int]bool, len(numbers))
	for _, n := range numbers {
		if !seen[n] {
			seen[n] = true
			kept = append(kept, n)
		}
	}
	return kept
}

// few is up to how many numbers looking at all is faster than a map.
const few = 16
