package intake

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Warning says what an editor may want to look at in a story that can be posted
// all the same.
type Warning struct {
	File string
	Line int // from 1; 0 if it is not known
	Text string
}

// String gives "file:line: text".
func (w Warning) String() string {
	if w.Line == 0 {
		return w.File + ": " + w.Text
	}
	return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text)
}

// LintFile reads the stories in a file of any form, and tells what may be wrong
// with them. Stories may come beside an error, as with ReadFile.
func LintFile(path string) ([]store.Story, []Warning, error) {
	parse := ParserFor(path)
	if parse == nil {
		return nil, nil, noForm(path)
	}
	data, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	stories, err := parse(path, data)
	return stories, Lint(path, data, stories), err
}

// Lint tells what may be wrong with stories. data is what they were read from,
// in any form: lines are found by the words that stand on them. Without it, no
// lines are told.
func Lint(file string, data []byte, stories []store.Story) []Warning {
	l := lint{file: file, data: data}
	for _, s := range stories {
		l.story(s)
	}
	slices.SortStableFunc(l.all, func(a, b Warning) int { return a.Line - b.Line })
	return l.all
}

// lint goes through the stories of a file.
type lint struct {
	file  string
	data  []byte
	start int // where the story begins
	all   []Warning
}

func (l *lint) story(s store.Story) {
	if at := l.find(s.Headline); at >= 0 {
		l.start = at
	}
	if s.Date.IsZero() {
		l.warn(s.Headline, "no date: nobody can tell how old the story is")
	}
	if i := s.Image; i != nil && i.URL != "" && i.Credit == "" {
		l.warn(i.URL, "the image has no credit")
	}
	l.citations(s)
	l.narratives(s)
	l.addresses(s)
	for i, b := range s.Bullets {
		if n := units(b.Text) + len(b.Citations)*len("[99]"); n > brief.OneMessage {
			l.warn(b.Text, "bullet %d is %d characters long: more than one message holds (%d), so that it goes on in a second", i+1, n, brief.OneMessage)
		}
	}
}

func (l *lint) citations(s store.Story) {
	cited := s.Cited()
	for _, n := range cited {
		if _, ok := s.Source(n); !ok && len(s.Sources) > 0 {
			l.warn(citing(s, n), "[%d] is cited, but the list of sources has no %d", n, n)
		}
	}
	if len(s.Sources) == 0 && len(cited) > 0 {
		l.warn(citing(s, cited[0]), "%s cited, but there is no list of sources", marksOf(cited))
	}
	for _, src := range s.Sources {
		if !slices.Contains(cited, src.N) {
			l.warn(sourceWords(src), "source %d is never cited", src.N)
		}
	}
}

func marksOf(numbers []int) string {
	var all []string
	for _, n := range numbers {
		all = append(all, mark(n))
	}
	if len(all) == 1 {
		return all[0] + " is"
	}
	return strings.Join(all, ", ") + " are"
}

// citing gives the first text that cites n.
func citing(s store.Story, n int) string {
	for _, b := range s.Bullets {
		if slices.Contains(b.Citations, n) {
			return b.Text
		}
	}
	for _, told := range s.Narratives {
		for _, p := range told.Paragraphs {
			if len(store.Marks(p, []int{n})) > 0 {
				return p
			}
		}
		if slices.Contains(told.Citations, n) {
			return told.Paragraphs[len(told.Paragraphs)-1]
		}
	}
	return s.Headline
}

func sourceWords(s store.Source) string {
	for _, words := range []string{s.URL, s.Title, s.Outlet} {
		if words != "" {
			return words
		}
	}
	return strconv.Itoa(s.N)
}

// Narratives get the same room, but for some words and a share of them.
const (
	unevenWords = 20
	unevenShare = 1.6
)

func (l *lint) narratives(s store.Story) {
	if len(s.Narratives) == 1 {
		n := s.Narratives[0]
		l.warn(n.Paragraphs[0], "only one narrative, %q: readers can't ask for the other side", n.Label)
	}
	if len(s.Narratives) < 2 {
		return
	}
	words := func(n store.Narrative) int { return len(strings.Fields(strings.Join(n.Paragraphs, " "))) }
	short := slices.MinFunc(s.Narratives, func(a, b store.Narrative) int { return words(a) - words(b) })
	long := slices.MaxFunc(s.Narratives, func(a, b store.Narrative) int { return words(a) - words(b) })
	if few, many := words(short), words(long); many-few > unevenWords && float64(many) > unevenShare*float64(few) {
		l.warn(long.Paragraphs[0], "the narrative %q has %d words, %q has %d: give both the same room", long.Label, many, short.Label, few)
	}
}

func (l *lint) addresses(s store.Story) {
	look := func(address, of string) {
		if reason := dead(address); reason != "" {
			l.warn(address, "the address of %s, %s, looks dead: %s", of, address, reason)
		}
	}
	look(s.URL, "the story")
	if s.Image != nil {
		look(s.Image.URL, "the image")
	}
	for _, src := range s.Sources {
		look(src.URL, "source "+strconv.Itoa(src.N))
		for _, text := range []string{src.Title, src.Outlet} {
			if broken := brokenAddress.FindString(text); broken != "" && src.URL == "" {
				l.warn(text, "source %d has an address that can't be read: %s", src.N, broken)
			}
		}
	}
}

// brokenAddress is what is left in a source's text of an address that is none.
var brokenAddress = regexp.MustCompile(`(?i)\bhttps?:\S*`)

// hostLabel is a part of a host's name, in ASCII or in any other letters.
var hostLabel = regexp.MustCompile(`^[\pL\pN]([\pL\pM\pN-]*[\pL\pM\pN])?$`)

// dead tells why an address can lead nowhere; empty if it may lead somewhere.
// Nothing is asked of the network.
func dead(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return "it can't be read"
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() {
			return host + " is no public address"
		}
		return ""
	}
	labels := strings.Split(host, ".")
	last := strings.ToLower(labels[len(labels)-1])
	switch {
	case slices.Contains([]string{"localhost", "local", "internal", "invalid", "test"}, last):
		return host + " is no public name"
	case len(labels) < 2:
		return host + " has no domain"
	case strings.Trim(last, "0123456789") == "":
		return "no domain ends in a number"
	}
	for _, label := range labels {
		if len(label) > 63 || !hostLabel.MatchString(label) {
			return fmt.Sprintf("%q can't be part of a host's name", label)
		}
	}
	if u.User != nil {
		return "it holds a name or a password"
	}
	return ""
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// warn notes a warning about what stands where the words are.
func (l *lint) warn(words, format string, args ...any) {
	w := Warning{File: l.file, Text: fmt.Sprintf(format, args...)}
	if len(l.data) > 0 {
		at := l.find(words)
		w.Line = bytes.Count(l.data[:max(at, l.start)], []byte{'\n'}) + 1
	}
	l.all = append(l.all, w)
}

// find gives where the words stand, from the story's beginning on; -1 if they
// are not found. As forms write signs in their own ways, it looks at last for
// the longest piece near their beginning that has only letters, digits and what
// addresses are made of.
func (l *lint) find(words string) int {
	if at := bytes.Index(l.data[l.start:], []byte(words)); at >= 0 && words != "" {
		return l.start + at
	}
	signed := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .,:/-?=%", r)
	}
	longest := ""
	for _, piece := range strings.FieldsFunc(words[:min(len(words), nearBeginning)], signed) {
		if piece = strings.TrimSpace(piece); len(piece) > len(longest) {
			longest = piece
		}
	}
	for longest != "" {
		if at := bytes.Index(l.data[l.start:], []byte(longest)); at >= 0 {
			return l.start + at
		}
		longest = strings.TrimSpace(longest[:max(strings.LastIndexByte(longest, ' '), 0)]) // the line may end here
	}
	return -1
}

const nearBeginning = 120 // bytes
