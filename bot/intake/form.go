package intake

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/url"
	"path"
	"strings"

	"briefbot/store"
)

// parseJSONFile reads what a file of JSON may hold: stories in our own form, the
// envelope of Kagi News, or a JSON Feed. What is none of the two others is taken
// for the first, whose errors say the most.
func parseJSONFile(name string, data []byte) ([]store.Story, error) {
	var top struct {
		Version           string
		Stories, Clusters json.RawMessage
	}
	// What can't be read here is told of by the parser that it goes to.
	_ = json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &top)
	switch {
	case strings.Contains(top.Version, "jsonfeed.org/"):
		return ParseFeed(name, data)
	case top.Stories != nil || top.Clusters != nil:
		return ParseKagi(name, data)
	}
	return ParseJSON(name, data)
}

// endings are the ends of names that say what a media type says.
var endings = map[string]string{
	"application/rss+xml": ".rss", "application/atom+xml": ".atom", "application/rdf+xml": ".rdf",
	"application/xml": ".xml", "text/xml": ".xml",
	"application/json": ".json", "application/feed+json": ".json",
	"application/yaml": ".yaml", "text/yaml": ".yaml",
	"text/markdown": ".md", "text/plain": ".txt",
	"text/html": ".html", "application/xhtml+xml": ".html",
}

// ParseAnswer reads the stories in what was fetched, of whatever form: a page, a
// feed, or what may also stand in a file. Stories may come beside an error,
// which tells of those that are none.
func ParseAnswer(a *Answer) ([]store.Story, error) {
	switch ending := endingOf(a); ending {
	case ".html", ".htm":
		s, err := ParsePage(a.Address, a.Body, Selectors{})
		if err != nil {
			return nil, err
		}
		return []store.Story{s}, nil
	default:
		return ParserFor(ending)(a.Address, a.Body)
	}
}

// endingOf says what form an answer has: by its media type; where that is no
// more than "text" or not known, by its address; else by how it begins.
func endingOf(a *Answer) string {
	kind, _, _ := mime.ParseMediaType(a.Type)
	ending := endings[kind]
	if ending != "" && ending != ".txt" {
		return ending
	}
	if u, err := url.Parse(a.Address); err == nil && ParserFor(u.Path) != nil {
		return strings.ToLower(path.Ext(u.Path))
	}
	switch begin := bytes.TrimSpace(bytes.TrimPrefix(a.Body, []byte("\ufeff"))); {
	case bytes.HasPrefix(begin, []byte("<")):
		head := bytes.ToLower(begin[:min(len(begin), 1024)])
		for _, root := range []string{"<rss", "<feed", "<rdf:rdf"} {
			if bytes.Contains(head, []byte(root)) {
				return ".xml"
			}
		}
		return ".html"
	case bytes.HasPrefix(begin, []byte("{")), bytes.HasPrefix(begin, []byte("[")):
		return ".json"
	}
	return ".txt"
}
