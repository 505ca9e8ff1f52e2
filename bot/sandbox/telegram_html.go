package sandbox

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// tgTags are the tags that the Bot API knows, and the entities that they make.
var tgTags = map[string]string{
	"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler", "tg-spoiler": "spoiler",
	"a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-time": "date_time",
}

// tgOpen is a tag that is not closed yet.
type tgOpen struct {
	name   string
	entity tgEntity
}

// parseHTML reads a text with the markup of parse_mode HTML, as the server
// does: it gives the text and its entities, in order. An error is in the
// platform's words.
func parseHTML(s string) (text string, entities []tgEntity, err error) {
	var b strings.Builder
	b.Grow(len(s))
	entities = make([]tgEntity, 0, strings.Count(s, "</"))
	var open []tgOpen
	units := 0
	fail := func(at int, format string, args ...any) (string, []tgEntity, error) {
		return "", nil, fmt.Errorf("can't parse entities: %s at byte offset %d", fmt.Sprintf(format, args...), at)
	}
	write := func(part string) {
		b.WriteString(part)
		units += utf16Len(part)
	}
	for i := 0; i < len(s); {
		switch s[i] {
		case '&':
			word, n := htmlEntity(s[i:])
			write(word)
			i += n
		case '<':
			end := strings.IndexByte(s[i:], '>')
			if end < 0 {
				return fail(i, "Unclosed start tag")
			}
			tag := s[i+1 : i+end]
			if name, closes := strings.CutPrefix(tag, "/"); closes {
				if len(open) == 0 {
					return fail(i, "Unexpected end tag")
				}
				last := open[len(open)-1]
				if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != last.name {
					return fail(i, "Unmatched end tag, expected \"&lt;/%s&gt;\", found \"&lt;/%s&gt;\"", last.name, name)
				}
				open = open[:len(open)-1]
				if last.entity.Length = units - last.entity.Offset; last.entity.Length > 0 && last.entity.Type != "" {
					entities = append(entities, last.entity)
				}
			} else {
				o, why := openTag(tag, units, open)
				if why != "" {
					return fail(i, "%s", why)
				}
				open = append(open, o)
			}
			i += end + 1
		default:
			n := strings.IndexAny(s[i:], "<&")
			if n < 0 {
				n = len(s) - i
			}
			write(s[i : i+n])
			i += n
		}
	}
	if len(open) > 0 {
		return fail(len(s), "Can't find end tag corresponding to start tag \"%s\"", open[len(open)-1].name)
	}
	text, entities = trimText(b.String(), entities)
	slices.SortStableFunc(entities, func(a, b tgEntity) int {
		if a.Offset != b.Offset {
			return a.Offset - b.Offset
		}
		return b.Length - a.Length
	})
	return text, entities, nil
}

// openTag reads a start tag.
func openTag(tag string, at int, open []tgOpen) (tgOpen, string) {
	name, attributes, _ := strings.Cut(strings.TrimSpace(tag), " ")
	name = strings.ToLower(name)
	kind, ok := tgTags[name]
	if !ok {
		return tgOpen{}, fmt.Sprintf("Unsupported start tag \"%s\"", name)
	}
	e := tgEntity{Type: kind, Offset: at}
	switch name {
	case "a":
		e.URL = attribute(attributes, "href")
		if !strings.HasPrefix(e.URL, "http://") && !strings.HasPrefix(e.URL, "https://") && !strings.HasPrefix(e.URL, "tg://") {
			e.Type = "" // the server makes no link of it
		}
	case "span":
		if attribute(attributes, "class") != "tg-spoiler" {
			return tgOpen{}, "Tag \"span\" must have class \"tg-spoiler\""
		}
	case "blockquote":
		for _, o := range open {
			if o.name == "blockquote" {
				return tgOpen{}, "blockquotes can't be nested"
			}
		}
		if strings.Contains(attributes, "expandable") {
			e.Type = "expandable_blockquote"
		}
	}
	return tgOpen{name, e}, ""
}

// attribute gives an attribute's value, quoted or not.
func attribute(s, name string) string {
	_, rest, ok := strings.Cut(s, name+"=")
	if !ok || rest == "" {
		return ""
	}
	if q := rest[0]; q == '"' || q == '\'' {
		value, _, _ := strings.Cut(rest[1:], string(q))
		return html.UnescapeString(value)
	}
	value, _, _ := strings.Cut(rest, " ")
	return html.UnescapeString(value)
}

// htmlEntity reads an entity: the four names that the server knows, or a number.
func htmlEntity(s string) (text string, n int) {
	end := strings.IndexByte(s, ';')
	if end < 0 || end > 10 {
		return "&", 1
	}
	switch name := s[1:end]; {
	case name == "lt", name == "gt", name == "amp", name == "quot", strings.HasPrefix(name, "#"):
		if text := html.UnescapeString(s[:end+1]); text != s[:end+1] {
			return text, end + 1
		}
	}
	return "&", 1
}

// trimText takes the white space off a text's ends, and shortens and drops
// entities accordingly.
func trimText(s string, entities []tgEntity) (string, []tgEntity) {
	left := len(s)
	s = strings.TrimLeft(s, " \t\r\n")
	left -= len(s)
	s = strings.TrimRight(s, " \t\r\n")
	length := utf16Len(s)
	kept := entities[:0]
	for _, e := range entities {
		from, to := max(0, e.Offset-left), min(length, e.Offset-left+e.Length)
		if e.Offset, e.Length = from, to-from; e.Length > 0 {
			kept = append(kept, e)
		}
	}
	if len(kept) == 0 {
		return s, nil // as of a text without markup: an edit to that changes nothing
	}
	return s, kept
}

// utf16Len is how many units of UTF-16 a text in UTF-8 has: one for each rune, and
// one more for those that take four bytes.
func utf16Len(s string) int {
	n := 0
	for i := range len(s) {
		if !utf8.RuneStart(s[i]) {
			continue
		}
		n++
		if s[i] >= 0xF0 {
			n++
		}
	}
	return n
}

// Limits of a text, as the server has them.
const (
	tgMaxText        = 4096
	tgMaxCaption     = 1024
	tgMaxRaw         = 32768
	tgMaxEntities    = 100
	tgMaxEntityBytes = 9500
)

// tgText reads text and markup of a request, and holds them against the limits.
func tgText(s, mode string, most int) (string, []tgEntity, error) {
	if !utf8.ValidString(s) {
		return "", nil, fmt.Errorf("strings must be encoded in UTF-8")
	}
	if len(s) > tgMaxRaw {
		return "", nil, fmt.Errorf("message is too long")
	}
	var entities []tgEntity
	var err error
	switch strings.ToLower(mode) {
	case "html":
		s, entities, err = parseHTML(s)
	case "":
		s, _ = trimText(s, nil)
	default:
		err = fmt.Errorf("unsupported parse_mode")
	}
	if err != nil {
		return "", nil, err
	}
	if utf16Len(s) > most {
		if most == tgMaxCaption {
			return "", nil, fmt.Errorf("message caption is too long")
		}
		return "", nil, fmt.Errorf("message is too long")
	}
	bytes := 0
	for _, e := range entities {
		bytes += len(e.URL)
	}
	if bytes > tgMaxEntityBytes {
		return "", nil, fmt.Errorf("ENTITIES_TOO_LONG")
	}
	return s, entities[:min(len(entities), tgMaxEntities)], nil
}
