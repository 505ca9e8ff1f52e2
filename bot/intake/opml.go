package intake

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// Feed is an entry of a list of feeds.
type Feed struct {
	Title      string
	URL        string
	Categories []string // the folders that it stands in, and those that it names
}

// ParseOPML reads a list of feeds as feed readers export it. name is what errors
// call the file. An error is an *Error, and comes with no feeds.
func ParseOPML(name string, data []byte) ([]Feed, error) {
	if len(data) > maxSize {
		return nil, &Error{File: name, Line: 1, Reason: "the list is larger than 1 MiB"}
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return transform.NewReader(r, e.NewDecoder()), nil
	}
	var feeds []Feed
	var folders []string // the outlines that are open; "" for a feed's own
	known := map[string]bool{}
	listed := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, _ := d.InputPos()
			said := err.Error()
			if syntax := (*xml.SyntaxError)(nil); errors.As(err, &syntax) {
				line, said = syntax.Line, syntax.Msg
			}
			return nil, &Error{File: name, Line: line, Reason: "no OPML: " + said}
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch strings.ToLower(e.Name.Local) {
			case "opml":
				listed = true
			case "outline":
				f, folder := readOutline(e.Attr, folders)
				folders = append(folders, folder)
				if isAddress(f.URL) && !known[f.URL] {
					known[f.URL] = true
					feeds = append(feeds, f)
				}
			}
		case xml.EndElement:
			if strings.EqualFold(e.Name.Local, "outline") {
				folders = folders[:len(folders)-1]
			}
		}
		if len(folders) > maxFolders {
			line, _ := d.InputPos()
			return nil, &Error{File: name, Line: line, Reason: "more than 100 folders within each other"}
		}
	}
	switch {
	case !listed:
		return nil, &Error{File: name, Line: 1, Reason: "no OPML: it has no element <opml>", Hint: "export the list of feeds from a feed reader"}
	case len(feeds) == 0:
		return nil, &Error{File: name, Line: 1, Reason: "the list has no feeds"}
	}
	return feeds, nil
}

// maxFolders bounds how deep folders may stand within each other.
const maxFolders = 100

// readOutline reads an entry, which is a feed or a folder.
func readOutline(attributes []xml.Attr, folders []string) (f Feed, folder string) {
	own := map[string]string{}
	for _, a := range attributes {
		own[strings.ToLower(a.Name.Local)] = fold(a.Value)
	}
	title := cmp.Or(own["title"], own["text"])
	if own["xmlurl"] == "" {
		return Feed{}, title
	}
	f = Feed{Title: cmp.Or(title, own["xmlurl"]), URL: own["xmlurl"]}
	for _, c := range append(folders[:len(folders):len(folders)], strings.Split(own["category"], ",")...) {
		if c = fold(strings.Trim(fold(c), "/")); c != "" && !containsFold(f.Categories, c) {
			f.Categories = append(f.Categories, c)
		}
	}
	return f, ""
}
