package intake

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/store"
)

// Forums pass stories on without their list of sources: each statement ends in
// the name of its outlet, with its scores where it is rated, and with a letter
// where two articles of one outlet are cited.

// creditOutlets turns the outlets at the ends of the statements into numbered
// sources and citations, and reports whether there were any. Nothing is done to
// a story that cites in another way, or in which the ends may be something
// else: all statements must have one, or most of them if one is rated.
func creditOutlets(s *store.Story) bool {
	if len(s.Sources) > 0 || len(s.Cited()) > 0 {
		return false
	}
	known := map[string]bool{}
	rated := false
	ends := make([]credit, len(s.Bullets))
	for i, b := range s.Bullets {
		ends[i] = cutCredit(b.Text, nil)
		if ends[i].outlet != "" {
			known[ends[i].outlet] = true
			rated = rated || ends[i].leaning != nil
		}
	}
	found := 0
	for i, b := range s.Bullets {
		if ends[i].outlet == "" {
			ends[i] = cutCredit(b.Text, known)
		}
		if ends[i].outlet != "" {
			found++
		}
	}
	if found == 0 || !rated && (found < 2 || found < len(ends)) || 2*found < len(ends) {
		return false
	}
	c := creditor{numbers: map[string]int{}, leanings: map[string]*store.Leaning{}}
	bullets := make([]store.Bullet, len(ends))
	for i, e := range ends {
		bullets[i].Text, bullets[i].Citations = c.cite(s.Bullets[i].Text, e)
	}
	narratives := slices.Clone(s.Narratives)
	for i, n := range narratives {
		n.Paragraphs = slices.Clone(n.Paragraphs)
		n.Citations = nil
		for j, p := range n.Paragraphs {
			if text, ok := cutBullet(p); ok && text != "" { // one of a list
				p = text
			}
			p, cited := c.cite(p, cutCredit(p, known))
			if j < len(n.Paragraphs)-1 && len(cited) > 0 {
				p += mark(cited[0]) // where it belongs, not at the narrative's end
			}
			n.Paragraphs[j], n.Citations = p, append(n.Citations, cited...)
		}
		n.Citations = unique(n.Citations)
		narratives[i] = n
	}
	if c.ambiguous(s) {
		return false
	}
	for i := range c.sources { // scores are an outlet's, wherever they stand
		c.sources[i].Leaning = c.leanings[c.sources[i].Outlet]
	}
	s.Bullets, s.Narratives, s.Sources = bullets, narratives, c.sources
	return true
}

// creditor numbers outlets in the order in which they are cited.
type creditor struct {
	sources  []store.Source
	numbers  map[string]int            // by outlet and letter
	leanings map[string]*store.Leaning // by outlet
}

// cite gives a statement without its end, and the number of its source.
func (c *creditor) cite(text string, e credit) (string, []int) {
	if e.outlet == "" {
		return text, nil
	}
	name := e.outlet + "\n" + e.letter
	n := c.numbers[name]
	if n == 0 {
		n = len(c.sources) + 1
		c.numbers[name] = n
		c.sources = append(c.sources, store.Source{N: n, Outlet: e.outlet})
	}
	c.leanings[e.outlet] = cmp.Or(c.leanings[e.outlet], e.leaning)
	return e.text, []int{n}
}

// ambiguous holds where the story has a bracketed number that would now be taken
// for a citation, or more sources than there are numbers.
func (c *creditor) ambiguous(s *store.Story) bool {
	cites := func(text string) bool {
		for _, m := range bracketed.FindAllString(text, -1) {
			if n, err := strconv.Atoi(m[1 : len(m)-1]); err == nil && n <= len(c.sources) {
				return true
			}
		}
		return false
	}
	return len(c.sources) > maxNumber ||
		slices.ContainsFunc(s.Bullets, func(b store.Bullet) bool { return cites(b.Text) }) ||
		slices.ContainsFunc(s.Narratives, func(n store.Narrative) bool { return slices.ContainsFunc(n.Paragraphs, cites) })
}

// credit is a statement that was cut from the outlet that it ends in.
type credit struct {
	text    string
	outlet  string // empty if it ends in none
	letter  string // "a" of "(a)"
	leaning *store.Leaning
}

var outletLetter = regexp.MustCompile(`\s?\(([a-z])\)$`)

// cutCredit cuts a statement from its outlet. known are outlets that other
// statements end in.
func cutCredit(text string, known map[string]bool) credit {
	var e credit
	rest := text
	for range 2 { // scores and letter, in either order
		if open := strings.LastIndexByte(rest, '('); e.leaning == nil && open > 0 && strings.HasSuffix(rest, ")") {
			if l, ok := readLeaning(fold(rest[open+1 : len(rest)-1])); ok && isLeaning(*l) {
				e.leaning, rest = l, fold(rest[:open])
			}
		}
		if m := outletLetter.FindStringSubmatchIndex(rest); m != nil && e.letter == "" {
			e.letter, rest = rest[m[2]:m[3]], fold(rest[:m[0]])
		}
	}
	doubtful := credit{} // cut where an abbreviation may end a sentence too
	for _, at := range slices.Backward(sentenceEnds(rest)) {
		if len(rest)-at > maxOutletName+len(" ") { // no name is that long
			break
		}
		e.text, e.outlet = rest[:at], fold(rest[at:])
		switch {
		case !isOutlet(e.outlet):
		case !abbreviated(e.text) || known[e.outlet] || glued(rest, at):
			return e
		case doubtful.outlet == "":
			doubtful = e
		}
	}
	if e.leaning != nil || e.letter != "" { // what is rated is an outlet
		return doubtful
	}
	return credit{}
}

// sentenceEnd is a full stop and what closes with it, before a space, or before
// an outlet that is set without one.
var sentenceEnd = regexp.MustCompile(`[.!?…]["”’')\]»]*(\s|\p{Lu}|www\.)`)

func sentenceEnds(text string) []int {
	var all []int
	for _, m := range sentenceEnd.FindAllStringSubmatchIndex(text, -1) {
		all = append(all, m[2])
	}
	return all
}

// glued holds where an outlet is set without a space, as no name is behind its
// title.
func glued(text string, at int) bool {
	next, _ := utf8.DecodeRuneInString(text[at:])
	word, stopped := strings.CutSuffix(text[:at], ".")
	last, _ := utf8.DecodeLastRuneInString(word)
	return stopped && !unicode.IsSpace(next) && unicode.IsLower(last)
}

// abbreviated holds for a text that ends in an abbreviation.
func abbreviated(text string) bool {
	word := text[strings.LastIndexFunc(text, unicode.IsSpace)+1:]
	word, ok := strings.CutSuffix(strings.TrimLeft(word, `("“‘'`), ".")
	if !ok {
		return false
	}
	last := word[strings.LastIndexByte(word, '.')+1:] // of U.S.
	return utf8.RuneCountInString(last) == 1 && !unicode.IsDigit(rune(last[0])) || abbreviations[strings.ToLower(word)]
}

// abbreviations are those that news use, without their full stop.
var abbreviations = wordSet(`adm admin amb apr assoc asst att atty aug ave brig capt cmdr co col corp cpl dec dept dir dist dr ed est
	feb fri ft gen gov inc insp jan jr lt ltd maj mar min mon mr mrs ms mt no nov oct op pfc ph prof pres rep reps rev sat sec sen
	sens sept sgt spc sr st sun supt thu thur thurs tue tues univ vs wed
	ala ariz ark calif colo conn del fla ga ill ind kan ky la mass md mich minn miss mo mont neb nev okla ore pa tenn tex va vt wash wis wyo`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// The length of an outlet's name in a statement.
const (
	maxOutletName  = 60 // bytes
	maxCreditWords = 6
)

// smallWords may begin with a small letter in a name.
var smallWords = wordSet("& a al an and at da das de del della der di die do du el for in la le les of on the to und y")

// isOutlet holds for what can be an outlet's name, or the host of its site.
func isOutlet(name string) bool {
	words := strings.Fields(name)
	if len(words) == 0 || len(words) > maxCreditWords || len(name) > maxOutletName || strings.ContainsAny(name, `"“”()[]:;`) ||
		strings.ContainsAny(name[len(name)-1:], ".,?") {
		return false
	}
	if len(words) == 1 && strings.ContainsRune(name, '.') {
		return !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-' })
	}
	capital := false
	for _, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		switch {
		case unicode.IsUpper(first):
			capital = true
		case unicode.IsDigit(first), smallWords[w]:
		default:
			return false
		}
	}
	return capital
}
