package intake

import (
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"briefbot/store"
)

// meta is what a page tells of itself beside its text: Open Graph, JSON-LD and
// the like.
type meta struct {
	headline  string
	site      string // whose page it is
	title     string // of the window
	canonical string
	language  string
	date      store.Date
	modified  store.Date
	image     store.Image
	topics    []string
}

// story gives the headline that the page goes by.
func (m *meta) story() string {
	if m.headline != "" {
		return m.headline
	}
	for _, sep := range []string{" | ", " – ", " — ", " - ", " · ", " » "} {
		if i := strings.LastIndex(m.title, sep); i > 0 {
			rest := m.title[i+len(sep):]
			if m.site != "" && sameWords(rest) == sameWords(m.site) ||
				m.site == "" && len(strings.Fields(rest)) <= maxOutletWords && len(strings.Fields(m.title[:i])) > 2 {
				return m.title[:i]
			}
		}
	}
	return m.title
}

// fill adds to a story what its page tells of it.
func (m *meta) fill(s *store.Story) {
	s.URL = m.canonical
	if m.language != "" {
		s.Language = m.language
	}
	s.Topics = m.topics
}

// maxTopics is how many topics are taken from a page's metadata.
const maxTopics = 10

// metaOf reads them. What JSON-LD says comes first: it is meant for machines.
func (w *walker) metaOf(nodes []*html.Node) meta {
	var ld, og meta
	var base string
	for _, n := range nodes {
		if n.DataAtom == atom.Base && base == "" {
			base = attribute(n, "href")
		}
	}
	if u := w.address(base); isAddress(u) {
		w.rebase(u)
	}
	for _, n := range nodes {
		switch n.DataAtom {
		case atom.Title:
			if og.title == "" && !standsIn(n, atom.Svg) {
				og.title = textOf(n)
			}
		case atom.Html:
			og.language = languageTag(attribute(n, "lang"))
		case atom.Link:
			if strings.EqualFold(attribute(n, "rel"), "canonical") && og.canonical == "" {
				og.canonical = w.webAddress(attribute(n, "href"))
			}
		case atom.Script:
			if isData(n) && n.FirstChild != nil {
				ld.readLD(w, n.FirstChild.Data)
			}
		case atom.Meta:
			og.readMeta(w, n)
		}
	}
	return merge(ld, og)
}

// merge fills in what a lacks.
func merge(a, b meta) meta {
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	fill(&a.headline, b.headline)
	fill(&a.site, b.site)
	fill(&a.title, b.title)
	fill(&a.canonical, b.canonical)
	fill(&b.language, a.language) // the page's own is nearer to its text
	a.language = b.language
	if a.image.URL == "" {
		a.image.URL = b.image.URL
	}
	fill(&a.image.Alt, b.image.Alt)
	fill(&a.image.Credit, b.image.Credit)
	fill(&a.image.Caption, b.image.Caption)
	if a.date.IsZero() {
		a.date = b.date
	}
	if a.modified.IsZero() {
		a.modified = b.modified
	}
	a.topics = addTopics(a.topics, b.topics)
	a.topics = a.topics[:min(len(a.topics), maxTopics)]
	return a
}

// webAddress gives a whole address, or nothing.
func (w *walker) webAddress(s string) string {
	if s = w.address(s); isAddress(s) {
		return s
	}
	return ""
}

// readMeta reads a <meta>.
func (m *meta) readMeta(w *walker, n *html.Node) {
	name := attribute(n, "property")
	if name == "" {
		name = attribute(n, "name")
	}
	if name == "" {
		name = attribute(n, "itemprop")
	}
	value := clean(attribute(n, "content"))
	set := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	day := func(to *store.Date) {
		if to.IsZero() {
			*to = pageDate(value)
		}
	}
	switch strings.ToLower(name) {
	case "og:title":
		m.headline = value
	case "twitter:title":
		set(&m.headline, value)
	case "og:site_name":
		m.site = value
	case "og:url":
		set(&m.canonical, w.webAddress(value))
	case "og:image", "og:image:url", "og:image:secure_url", "twitter:image":
		set(&m.image.URL, w.webAddress(value))
	case "og:image:alt", "twitter:image:alt":
		set(&m.image.Alt, value)
	case "og:locale":
		set(&m.language, languageTag(strings.ReplaceAll(value, "_", "-")))
	case "article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "parsely-pub-date", "pubdate":
		day(&m.date)
	case "article:modified_time", "og:updated_time", "datemodified", "last-modified":
		day(&m.modified)
	case "article:section":
		m.topics = addTopics(cutTopics(value), m.topics)
	case "article:tag", "news_keywords":
		if len(m.topics) < maxTopics {
			m.topics = addTopics(m.topics, cutTopics(value))
		}
	}
}

// maxLD is how much JSON-LD is read.
const maxLD = 1 << 20

// readLD reads what JSON-LD says of the article.
func (m *meta) readLD(w *walker, data string) {
	var v any
	if len(data) > maxLD || json.Unmarshal([]byte(data), &v) != nil {
		return
	}
	a := articleIn(v, 3)
	if a == nil || m.headline != "" {
		return
	}
	m.headline = wordsIn(a["headline"])
	if m.headline == "" {
		m.headline = wordsIn(a["name"])
	}
	m.date = pageDate(stringIn(a["datePublished"]))
	m.modified = pageDate(stringIn(a["dateModified"]))
	m.language = languageTag(stringIn(a["inLanguage"]))
	for _, key := range []string{"url", "mainEntityOfPage", "@id"} {
		if m.canonical == "" {
			m.canonical = w.webAddress(stringIn(a[key]))
		}
	}
	image := a["image"]
	if all, ok := image.([]any); ok && len(all) > 0 {
		image = all[0]
	}
	m.image.URL = w.webAddress(stringIn(image))
	if o, ok := image.(map[string]any); ok {
		m.image.Caption = wordsIn(o["caption"])
		m.image.Credit = wordsIn(o["creditText"])
		if m.image.Credit == "" {
			m.image.Credit = wordsIn(o["copyrightHolder"])
		}
	}
	for _, key := range []string{"articleSection", "keywords"} {
		all, _ := a[key].([]any)
		if s := wordsIn(a[key]); s != "" {
			all = append([]any{s}, all...)
		}
		for _, t := range all[:min(len(all), maxTopics)] {
			m.topics = addTopics(m.topics, cutTopics(wordsIn(t)))
		}
	}
}

// articleIn finds the article in JSON-LD: the object itself, one of a list,
// one of a graph.
func articleIn(v any, deep int) map[string]any {
	if deep == 0 {
		return nil
	}
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			if a := articleIn(inner, deep-1); a != nil {
				return a
			}
		}
	case map[string]any:
		kinds, _ := v["@type"].([]any)
		kinds = append(kinds, v["@type"])
		if slices.ContainsFunc(kinds, func(k any) bool {
			s, _ := k.(string)
			return strings.HasSuffix(s, "Article") || strings.HasSuffix(s, "Posting") || s == "Report"
		}) {
			return v
		}
		for _, key := range []string{"@graph", "mainEntity"} {
			if a := articleIn(v[key], deep-1); a != nil {
				return a
			}
		}
	}
	return nil
}

// wordsIn gives a text, or an object's name, without the markup that some
// pages leave in it.
func wordsIn(v any) string {
	if o, ok := v.(map[string]any); ok {
		v = o["name"]
	}
	s, _ := v.(string)
	return clean(textOfHTML(s))
}

// stringIn gives a text, or what an object names itself by.
func stringIn(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		for _, key := range []string{"url", "@id", "name", "contentUrl"} {
			if s, ok := v[key].(string); ok {
				return s
			}
		}
	}
	return ""
}
