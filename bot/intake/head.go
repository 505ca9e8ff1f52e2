package intake

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"briefbot/store"
)

// maxHeadline keeps prose from being taken for a headline.
const maxHeadline = 2000 // bytes

// head is what stands before a story's bullets.
type head struct {
	headline passage
	line     int    // where the headline stands; 0 if there is none
	whole    string // the headline, once it is known to be over
	echo     string // what is left of the headline's repetition

	date      store.Date
	topics    []string
	language  string
	link      string
	image     string
	credit    string
	caption   passage
	alt       passage
	linkLine  int
	imageLine int

	origin      store.Credit
	originLines [2]int // of its addresses
}

// headLine takes a line before the first bullet.
func (p *parser) headLine(text string, plain, gap bool) error {
	h := &p.head
	if !plain {
		switch known, err := p.headKey(text); {
		case err != nil:
			return err
		case known:
			return nil
		}
	}
	if gap && h.whole == "" {
		h.whole = h.headline.String()
	}
	switch {
	case h.line == 0:
		h.line, h.headline, p.open = p.n, passage{text}, &h.headline
	case !gap && p.open == &h.headline && len(h.headline) == 1 && text == h.headline[0]:
		p.open = nil
	case !gap && p.open != nil:
		p.goOn(text)
	case !gap && h.echo != "" && strings.HasPrefix(h.echo, text):
		h.echo = strings.TrimSpace(h.echo[len(text):])
	case gap && strings.HasPrefix(h.whole, text):
		h.echo, p.open = strings.TrimSpace(h.whole[len(text):]), nil
	default:
		p.open = nil
		p.strayed("text between the headline and the first bullet",
			"make it a bullet, or take it out")
	}
	return nil
}

func (h *head) tooLong(file string) error {
	return &Error{File: file, Line: h.line, Reason: "the headline is longer than 2000 bytes",
		Hint: "end it with a blank line"}
}

// headKey takes a line such as "Topics: a, b" or "Updated Nov 02, 2026".
func (p *parser) headKey(line string) (bool, error) {
	h := &p.head
	if d, ok := parseDate(line); ok {
		h.date, p.open = d, nil
		return true, nil
	}
	key, value := cutKey(line)
	switch key {
	case "updated", "published", "date":
		d, ok := parseDate(value)
		if !ok {
			return p.noDate(line, value)
		}
		h.date = d
	case "title", "headline":
		if value == "" || h.line != 0 {
			return false, nil
		}
		h.line, h.headline, p.open = p.n, passage{value}, &h.headline
		return true, nil
	case "topics", "topic":
		h.topics = cutTopics(value)
	case "language":
		h.language = value
	case "link", "url":
		h.link, h.linkLine = value, p.n
	case "image":
		h.image, h.imageLine = value, p.n
	case "image credit", "image copyright", "photo", "photo credit":
		h.credit = value
	case "image caption", "caption":
		h.caption = nil
		p.open = &h.caption
		p.goOn(value)
		return true, nil
	case "image alt", "alt":
		h.alt = nil
		p.open = &h.alt
		p.goOn(value)
		return true, nil
	case "story credit":
		h.origin.Name = value
	case "story credit link":
		h.origin.URL, h.originLines[0] = value, p.n
	case "story licence", "story license":
		h.origin.License = value
	case "story licence link", "story license link":
		h.origin.LicenseURL, h.originLines[1] = value, p.n
	default:
		return false, nil
	}
	p.open = nil
	return true, nil
}

// noDate tells a headline such as "Updated Rules For Fishing" from a date that
// can't be read.
func (p *parser) noDate(line, value string) (bool, error) {
	h := &p.head
	key := fold(strings.TrimSuffix(line, value))
	year := value[max(0, len(value)-4):]
	dated := len(year) == 4 && strings.Trim(year, "0123456789") == ""
	if !strings.HasSuffix(key, ":") && (h.line == 0 || !dated || strings.HasPrefix(h.headline[0], line)) {
		return false, nil
	}
	return false, &Error{File: p.file, Line: p.n, Reason: fmt.Sprintf("%q is no date", value), Hint: dateHint}
}

// cutKey cuts a line of the head at its colon; after a date's key the colon
// may be missing.
func cutKey(line string) (key, value string) {
	if i := strings.IndexFunc(line, unicode.IsSpace); i > 0 {
		word := strings.ToLower(strings.TrimSuffix(line[:i], ":"))
		if word == "updated" || word == "published" {
			return word, fold(line[i:])
		}
	}
	if i := strings.IndexByte(line, ':'); i > 0 && i <= len("image copyright")+8 {
		return ordinary(line[:i]), fold(line[i+1:])
	}
	return "", ""
}

func cutTopics(s string) []string {
	var all []string
	for t := range strings.SplitSeq(s, ",") {
		if t = fold(t); t != "" {
			all = append(all, t)
		}
	}
	return all
}

// story makes the beginning of a story.
func (h *head) story(file string) (store.Story, error) {
	for _, a := range []struct {
		address string
		line    int
	}{{h.link, h.linkLine}, {h.image, h.imageLine}, {h.origin.URL, h.originLines[0]}, {h.origin.LicenseURL, h.originLines[1]}} {
		if a.address != "" && !isAddress(a.address) {
			return store.Story{}, &Error{File: file, Line: a.line, Reason: fmt.Sprintf("%q is no web address", a.address), Hint: addressHint}
		}
	}
	s := store.Story{
		Headline: unescape(h.headline.String()),
		Date:     h.date,
		Topics:   h.topics,
		Language: h.language,
		URL:      h.link,
	}
	if len(s.Headline) > maxHeadline {
		return store.Story{}, h.tooLong(file)
	}
	if i := (store.Image{URL: h.image, Credit: h.credit, Caption: h.caption.String(), Alt: h.alt.String()}); i != (store.Image{}) {
		s.Image = &i
	}
	if h.origin.Name != "" {
		s.Credit = &h.origin
	}
	return s, nil
}

const addressHint = "write it whole, with https://"

// isAddress holds for an absolute http or https address.
func isAddress(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool {
		return isBlank(r) || unicode.IsControl(r) || strings.ContainsRune("\"<>\\", r)
	}) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func writeHead(b *strings.Builder, s store.Story) {
	b.WriteString(guarded(strings.ReplaceAll(clean(s.Headline), `\`, `\\`), headStructure) + "\n\n")
	line := func(key, value string) {
		if value = clean(value); value != "" {
			b.WriteString(key + ": " + value + "\n")
		}
	}
	address := func(key, value string) {
		if isAddress(value) {
			line(key, value)
		}
	}
	if date := formatDate(s.Date); date != "" {
		b.WriteString("Updated " + date + "\n")
	}
	line("Topics", strings.Join(s.Topics, ", "))
	line("Language", s.Language)
	address("Link", s.URL)
	if i := s.Image; i != nil {
		address("Image", i.URL)
		line("Image credit", i.Credit)
		line("Image caption", i.Caption)
		line("Image alt", i.Alt)
	}
	if c := s.Credit; c != nil && clean(c.Name) != "" {
		line("Story credit", c.Name)
		address("Story credit link", c.URL)
		line("Story licence", c.License)
		address("Story licence link", c.LicenseURL)
	}
}

// headStructure holds for a headline that would be taken for something else.
func headStructure(line string) bool {
	p := parser{}
	known, err := p.headKey(line)
	_, bullet := cutBullet(line)
	return known || err != nil || bullet || isRule(line) || isVersion(line)
}
