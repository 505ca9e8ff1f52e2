package brief

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// OneMessage is how long a text may be, in UTF-16 units, to fit into one message
// on every platform. Each adapter holds its own limits against it.
const OneMessage = 4096

// Pack spreads blocks over as few messages as their order allows: fits says
// whether some blocks fit into one. A block that alone is too large is split
// between its paragraphs, else between sentences, else between words, else
// between what a reader sees as characters; nothing is left out. A heading
// stays with what it heads.
func Pack(blocks []Block, fits func([]Block) bool) [][]Block {
	if len(blocks) > 0 && fits(blocks) {
		return [][]Block{blocks} // nearly always: the rest has to try block by block
	}
	var messages [][]Block
	var now []Block
	flush := func() {
		if len(now) == 0 {
			return
		}
		var carry []Block
		if h, ok := now[len(now)-1].(Heading); ok && len(now) > 1 {
			now, carry = now[:len(now)-1], []Block{h}
		}
		messages = append(messages, now)
		now = carry
	}
	with := func(b Block) []Block { return append(now[:len(now):len(now)], b) }
	for len(blocks) > 0 {
		b := blocks[0]
		blocks = blocks[1:]
		if fits(with(b)) {
			now = with(b)
			continue
		}
		heading := len(now) == 1 && isHeading(now[0])
		if heading || !fits([]Block{b}) {
			// Split so that the first piece fills what is left of this message,
			// if anything worth having does.
			if first, rest, ok := split(b, func(b Block) bool { return fits(with(b)) }); ok {
				now = with(first)
				blocks = append([]Block{rest}, blocks...)
				flush()
				continue
			}
		}
		if heading || len(now) == 0 {
			now = with(b) // it can't be split: the platform's refusal will say so
			continue
		}
		flush()
		blocks = append([]Block{b}, blocks...)
	}
	if len(now) > 0 {
		messages = append(messages, now)
	}
	return messages
}

func isHeading(b Block) bool {
	_, ok := b.(Heading)
	return ok
}

// split cuts a block in two, so that the first piece is as large as fits
// allows. It reports false if not even the smallest piece fits.
func split(b Block, fits func(Block) bool) (first, rest Block, ok bool) {
	switch b := b.(type) {
	case Headline:
		return splitText(Plain(b.Text), fits, func(t Text) Block { return Headline{t.String(), b.URL} })
	case Bullet:
		first, rest, ok = splitText(b.Text, fits, func(t Text) Block { return Bullet{t} })
		if r, is := rest.(Bullet); is {
			rest = Paragraph(r) // no second bullet sign for the same statement
		}
		return first, rest, ok
	case Paragraph:
		return splitText(b.Text, fits, func(t Text) Block { return Paragraph{t} })
	case Item:
		first, rest, ok = splitText(b.Text, fits, func(t Text) Block { return Item{b.Mark, t} })
		if r, is := rest.(Item); is {
			rest = Paragraph{r.Text}
		}
		return first, rest, ok
	case Note:
		return splitText(b.Text, fits, func(t Text) Block { return Note{t} })
	case Fold:
		return splitFold(b, fits)
	case SourceList:
		n := largest(len(b.Items)-1, func(n int) bool { return fits(SourceList{b.Label, b.Items[:n]}) })
		return SourceList{b.Label, b.Items[:n]}, SourceList{b.Label, b.Items[n:]}, n > 0
	}
	return nil, nil, false
}

func splitFold(b Fold, fits func(Block) bool) (first, rest Block, ok bool) {
	part := func(ps []Text) Fold { return Fold{b.Label, ps} }
	n := largest(len(b.Paragraphs)-1, func(n int) bool { return fits(part(b.Paragraphs[:n])) })
	if n > 0 {
		return part(b.Paragraphs[:n]), part(b.Paragraphs[n:]), true
	}
	if len(b.Paragraphs) == 0 {
		return nil, nil, false
	}
	one := func(t Text) Block { return part([]Text{t}) }
	first, rest, ok = splitText(b.Paragraphs[0], fits, one)
	if r, is := rest.(Fold); is {
		rest = part(append(r.Paragraphs, b.Paragraphs[1:]...))
	}
	return first, rest, ok
}

// splitText cuts a text at the last sentence's end at which the piece made of
// its beginning fits; where no sentence does, at a word's, else at a
// character's.
func splitText(t Text, fits func(Block) bool, piece func(Text) Block) (first, rest Block, ok bool) {
	s := t.String()
	for _, ends := range []func(string) []int{SentenceEnds, wordEnds, characterEnds} {
		at := ends(s)
		n := largest(len(at), func(n int) bool { return fits(piece(t.upTo(at[n-1]))) })
		if n > 0 {
			return piece(t.upTo(at[n-1])), piece(t.from(at[n-1])), true
		}
	}
	return nil, nil, false
}

// largest gives the largest n in 1..max for which ok(n) holds, or 0; ok holds
// up to some n and not beyond it.
func largest(max int, ok func(int) bool) int {
	lo, hi := 0, max
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if ok(mid) {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// upTo is the text before byte n, without the white space at its end; from is
// what stands behind it.
func (t Text) upTo(n int) Text {
	var head Text
	for _, s := range t {
		if n <= 0 {
			break
		}
		if len(s.Text) > n {
			s.Text = s.Text[:n]
		}
		n -= len(s.Text)
		head = append(head, s)
	}
	if len(head) > 0 {
		l := &head[len(head)-1]
		l.Text = strings.TrimRightFunc(l.Text, unicode.IsSpace)
	}
	return head
}

func (t Text) from(n int) Text {
	var tail Text
	for _, s := range t {
		if n >= len(s.Text) {
			n -= len(s.Text)
			continue
		}
		s.Text = s.Text[n:]
		n = 0
		if len(tail) == 0 {
			if s.Text = strings.TrimLeftFunc(s.Text, unicode.IsSpace); s.Text == "" {
				continue
			}
		}
		tail = append(tail, s)
	}
	return tail
}

// SentenceEnds gives the ends of all sentences but the last, in bytes. A
// citation mark belongs to the sentence before it, and an abbreviation (Pres.,
// Sec., U.S.) ends none.
func SentenceEnds(s string) []int {
	var ends []int
	pos, state := 0, -1
	for rest := s; rest != ""; {
		var sentence string
		sentence, rest, state = uniseg.FirstSentenceInString(rest, state)
		pos += len(sentence)
		if end := pastMarks(s, pos); 0 < end && end < len(s) && !abbreviated(sentence) {
			ends = append(ends, end)
		}
	}
	return ends
}

// pastMarks moves a sentence's end behind the citation marks that follow it.
// Unicode's rules count an opening bracket as part of the sentence before it.
func pastMarks(s string, end int) int {
	if end > 0 && s[end-1] == '[' {
		end--
	}
	for {
		mark := strings.TrimLeft(s[end:], " "+leftToRightMark+rightToLeftMark)
		digits := strings.TrimLeft(strings.TrimPrefix(mark, "["), "0123456789")
		rest, ok := strings.CutPrefix(digits, "]")
		if !ok || !strings.HasPrefix(mark, "[") {
			return end
		}
		end = len(s) - len(rest)
	}
}

// abbreviated reports whether the sentence seems to end in an abbreviation: a
// full stop behind a capitalised word of up to four letters.
func abbreviated(sentence string) bool {
	s, dot := strings.CutSuffix(strings.TrimRightFunc(sentence, unicode.IsSpace), ".")
	if !dot {
		return false
	}
	word := s[strings.LastIndexFunc(s, unicode.IsSpace)+1:]
	letters := []rune(word)
	return len(letters) > 0 && len(letters) <= 4 && unicode.IsUpper(letters[0])
}

// wordEnds gives the places behind white space; in scripts that write none
// between words, where a line may be broken.
func wordEnds(s string) []int {
	var ends []int
	pos, state := 0, -1
	for rest := s; rest != ""; {
		var segment string
		segment, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		pos += len(segment)
		if rest != "" {
			ends = append(ends, pos)
		}
	}
	return ends
}

func characterEnds(s string) []int {
	var ends []int
	pos, state := 0, -1
	for rest := s; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		pos += len(cluster)
		if rest != "" {
			ends = append(ends, pos)
		}
	}
	return ends
}
