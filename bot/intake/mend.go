package intake

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// The bounds of a feed: many times what any needs, and little enough that none
// costs much memory.
const (
	maxItems    = 1000
	maxElements = 200_000
	maxNesting  = 256
	maxNames    = 500 // attributes in a tag, and namespaces at one place
)

var (
	xmlDeclaration = regexp.MustCompile(`(?i)^\s*<\?xml\s[^>]*\?>`)
	xmlEncoding    = regexp.MustCompile(`(?i)\bencoding\s*=\s*["']\s*([A-Za-z0-9._:-]+)\s*["']`)
)

// mended is a feed that the library can read.
type mended struct {
	data []byte
	// lost tells what of the feed is left out; empty if it is whole.
	lost string
}

// mend makes a feed readable: in UTF-8, without a declaration that says
// otherwise, and whole as far as it goes. It refuses what is made to cost more
// than a feed may.
func mend(data []byte, contentType string) (mended, error) {
	declared := ""
	if m := xmlEncoding.FindSubmatch(xmlDeclaration.Find(head512(data))); m != nil {
		declared = string(m[1])
	}
	data = bytes.TrimLeft(toUTF8(data, declared, contentType), "\ufeff \t\r\n")
	switch {
	case len(data) == 0:
		return mended{}, errors.New("it is empty")
	case data[0] == '{':
		return mendJSON(data)
	case data[0] == '<':
		return mendXML(xmlDeclaration.ReplaceAll(data, nil))
	}
	return mended{}, errNoFeed
}

var errNoFeed = errors.New("it is no feed: neither RSS nor Atom, JSON Feed or RDF")

func head512(data []byte) []byte {
	return bytes.TrimPrefix(data[:min(len(data), 512)], []byte("\ufeff"))
}

// mendXML goes once over a feed's tags.
func mendXML(data []byte) (mended, error) {
	if crowded(data) {
		return mended{}, fmt.Errorf("a tag has more than %d attributes", maxNames)
	}
	data = legalXML(data)
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.Strict = false
	t := tags{}
	for {
		token, err := dec.RawToken()
		if err == nil {
			err = t.take(token, int(dec.InputOffset()))
		}
		switch {
		case err == nil && t.items < maxItems:
			continue
		case err == nil:
			return t.cut(data, fmt.Sprintf("only the first %d items are read", maxItems)), nil
		case errors.Is(err, io.EOF) && len(t.open) == 0 && t.elements > 0:
			return mended{data: data}, nil
		case errors.Is(err, io.EOF) || strings.Contains(err.Error(), "unexpected EOF"):
			if t.items > 0 {
				return t.cut(data, "it is cut off; the items before that are read"), nil
			}
			if t.elements == 0 {
				return mended{}, errNoFeed
			}
			return mended{}, errors.New("it is cut off before the end of its first item")
		}
		return mended{}, plainSyntax(err)
	}
}

// plainSyntax words what is wrong with a feed's XML.
func plainSyntax(err error) error {
	if s := (*xml.SyntaxError)(nil); errors.As(err, &s) {
		return fmt.Errorf("it is no XML: line %d: %s", s.Line, s.Msg)
	}
	return err
}

// tags keeps account of the tags of a feed.
type tags struct {
	open     []string // the elements that are open
	names    []int    // how many namespaces each of these declares
	spaces   int      // all of names
	elements int
	items    int
	itemEnd  int      // where the last whole item ends
	outside  []string // what is open there
}

func (t *tags) take(token xml.Token, offset int) error {
	switch token := token.(type) {
	case xml.Directive:
		if bytes.Contains(token, []byte("<!ENTITY")) {
			return errors.New("it defines entities of its own, which no feed needs")
		}
	case xml.StartElement:
		declared := 0
		for _, a := range token.Attr {
			if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
				declared++
			}
		}
		t.elements++
		t.spaces += declared
		t.open, t.names = append(t.open, qualified(token.Name)), append(t.names, declared)
		switch {
		case t.elements == 1 && !isFeedRoot(token.Name.Local):
			return errNoFeed
		case t.elements > maxElements:
			return fmt.Errorf("it has more than %d elements", maxElements)
		case len(t.open) > maxNesting:
			return fmt.Errorf("its elements stand more than %d deep in one another", maxNesting)
		case len(token.Attr) > maxNames, t.spaces > maxNames:
			return fmt.Errorf("a tag has more than %d attributes or namespaces", maxNames)
		}
	case xml.EndElement:
		t.end(qualified(token.Name), offset)
	}
	return nil
}

// end closes an element, and what was left open within it.
func (t *tags) end(name string, offset int) {
	for i := len(t.open) - 1; i >= 0; i-- {
		if t.open[i] != name {
			continue
		}
		for _, n := range t.names[i:] {
			t.spaces -= n
		}
		t.open, t.names = t.open[:i], t.names[:i]
		if i <= 2 && isItem(name) {
			t.items++
			t.itemEnd = offset
			t.outside = append(t.outside[:0], t.open...)
		}
		return
	}
}

// cut ends a feed behind its last whole item.
func (t *tags) cut(data []byte, lost string) mended {
	var b bytes.Buffer
	b.Write(data[:t.itemEnd])
	for i := len(t.outside) - 1; i >= 0; i-- {
		b.WriteString("</" + t.outside[i] + ">")
	}
	return mended{b.Bytes(), lost}
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func isFeedRoot(local string) bool {
	return strings.EqualFold(local, "rss") || strings.EqualFold(local, "feed") || strings.EqualFold(local, "rdf")
}

func isItem(name string) bool {
	name = name[strings.LastIndexByte(name, ':')+1:]
	return strings.EqualFold(name, "item") || strings.EqualFold(name, "entry")
}

// crowded finds a tag with more attributes than any has: reading one would cost
// many times its size.
func crowded(data []byte) bool {
	for {
		start := bytes.IndexByte(data, '<')
		if start < 0 {
			return false
		}
		data = data[start+1:]
		end := bytes.IndexByte(data, '>')
		if end < 0 {
			end = len(data)
		}
		if end > 4*maxNames && bytes.Count(data[:end], []byte("=")) > maxNames {
			return true
		}
		data = data[end:]
	}
}

var badReference = regexp.MustCompile(`&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45])|[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[fF]{3}[efEF]));`)

// legalXML takes out the characters that XML forbids.
func legalXML(data []byte) []byte {
	illegal := func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff'
	}
	control := func(b byte) bool { return b < ' ' && b != '\t' && b != '\n' && b != '\r' }
	if slices.ContainsFunc(data, control) || bytes.Contains(data, []byte("\uffff")) || bytes.Contains(data, []byte("\ufffe")) {
		data = bytes.Map(func(r rune) rune {
			if illegal(r) {
				return -1
			}
			return r
		}, data)
	}
	if bytes.Contains(data, []byte("&#")) {
		data = badReference.ReplaceAll(data, nil)
	}
	return data
}

// mendJSON cuts a JSON Feed that is cut off behind its last whole item.
func mendJSON(data []byte) (mended, error) {
	if bytes.Count(data, []byte("{")) > maxElements {
		return mended{}, fmt.Errorf("it has more than %d objects", maxElements)
	}
	var syntax *json.SyntaxError
	dec := json.NewDecoder(bytes.NewReader(data))
	var whole json.RawMessage
	err := dec.Decode(&whole)
	switch {
	case err == nil:
		return mended{data: whole}, nil
	case errors.As(err, &syntax):
		return mended{}, fmt.Errorf("it is no JSON: %w", err)
	}
	if end := lastItem(data); end > 0 {
		return mended{append(bytes.Clone(data[:end]), "]}"...), "it is cut off; the items before that are read"}, nil
	}
	return mended{}, errors.New("it is cut off before the end of its first item")
}

// lastItem gives where the last whole element of the list "items" ends.
func lastItem(data []byte) int {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return 0
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return 0
		}
		if key != "items" {
			var skip json.RawMessage
			if dec.Decode(&skip) != nil {
				return 0
			}
			continue
		}
		if open, err := dec.Token(); err != nil || open != json.Delim('[') {
			return 0
		}
		end := 0
		for dec.More() {
			var item json.RawMessage
			if dec.Decode(&item) != nil {
				break
			}
			end = int(dec.InputOffset())
		}
		return end
	}
	return 0
}
