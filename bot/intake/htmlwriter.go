package intake

import (
	"bytes"
	"html/template"
	"strconv"

	"briefbot/store"
)

// WriteHTML writes the story as a small page whose elements say what they hold:
// a heading, a time, a figure, a list of bullets whose citations are links, a
// section for each narrative, a list of sources.
func WriteHTML(s store.Story) []byte {
	p := htmlPage{Story: s, Date: s.Date.String()}
	p.Day = formatDate(s.Date)
	if !isAddress(p.URL) {
		p.URL = ""
	}
	if i := s.Image; i != nil {
		image := *i
		if !isAddress(image.URL) {
			image.URL = ""
		}
		p.Image = &image
	}
	for _, b := range s.Bullets {
		p.Bullets = append(p.Bullets, pieces(b.Text, b.Citations, store.Trailing(b.Text, b.Citations)))
	}
	for _, n := range s.Narratives {
		told := htmlNarrative{Label: n.Label}
		rest := unique(n.Citations)
		for _, text := range n.Paragraphs {
			rest = store.Trailing(text, rest)
		}
		for i, text := range n.Paragraphs {
			var behind []int
			if i == len(n.Paragraphs)-1 {
				behind = rest
			}
			told.Paragraphs = append(told.Paragraphs, pieces(text, n.Citations, behind))
		}
		p.Narratives = append(p.Narratives, told)
	}
	for _, src := range s.Sources {
		h := htmlSource{Source: src, Date: src.Date.String(), Day: formatDate(src.Date)}
		if !isAddress(h.URL) {
			h.URL = ""
		}
		if l := src.Leaning; l != nil && isLeaning(*l) {
			h.Leaning = writeLeaning(*l)
		}
		p.Sources = append(p.Sources, h)
	}
	var b bytes.Buffer
	_ = htmlForm.Execute(&b, p) // all of it is there, and a buffer takes all
	return b.Bytes()
}

// htmlPage is a story cut into what its elements hold.
type htmlPage struct {
	store.Story
	Date, Day  string
	Bullets    [][]piece
	Narratives []htmlNarrative
	Sources    []htmlSource
}

type htmlNarrative struct {
	Label      string
	Paragraphs [][]piece
}

type htmlSource struct {
	store.Source
	Date, Day, Leaning string
}

// piece is some text, or a citation.
type piece struct{ Text, Mark string }

// pieces cuts a text at its citations, and adds those behind it.
func pieces(text string, cited, behind []int) []piece {
	var all []piece
	end := 0
	add := func(text string, n int) { all = append(all, piece{text, strconv.Itoa(n)}) }
	for _, m := range store.Marks(text, cited) {
		add(text[end:m.Start], m.N)
		end = m.End
	}
	if len(behind) == 0 {
		return append(all, piece{Text: text[end:]})
	}
	for i, n := range behind {
		before := ""
		if i == 0 {
			before = text[end:]
		}
		add(before, n)
	}
	return all
}

var htmlForm = template.Must(template.New("story").Parse(`<!DOCTYPE html>
<html{{with .Language}} lang="{{.}}"{{end}}>
<head>
<meta charset="utf-8">
<title>{{.Headline}}</title>
{{- with .URL}}
<link rel="canonical" href="{{.}}">
{{- end}}
{{- range .Topics}}
<meta property="article:tag" content="{{.}}">
{{- end}}
</head>
<body>
<article>
<h1>{{.Headline}}</h1>
{{- with .Day}}
<p><time datetime="{{$.Date}}">{{.}}</time></p>
{{- end}}
{{- with .Image}}
<figure>
{{- if .URL}}
<img src="{{.URL}}" alt="{{.Alt}}">
{{- end}}
{{- if or .Caption .Credit}}
<figcaption>{{.Caption}}{{if .Credit}} <span class="credit">Image credit: {{.Credit}}</span>{{end}}</figcaption>
{{- end}}
</figure>
{{- end}}
<ul>
{{- range .Bullets}}
<li>{{template "text" .}}</li>
{{- end}}
</ul>
{{- range .Narratives}}
<section>
<h2>{{.Label}}</h2>
{{- range .Paragraphs}}
<p>{{template "text" .}}</p>
{{- end}}
</section>
{{- end}}
{{- with .Sources}}
<section>
<h2>Articles on this story</h2>
<ol>
{{- range .}}
<li id="source-{{.N}}" value="{{.N}}">
{{- with .Outlet}}<cite>{{.}}</cite>{{end}}
{{- if and .Outlet (or .Title .URL)}}: {{end}}
{{- if .URL}}<a href="{{.URL}}">{{or .Title .URL}}</a>{{else}}{{.Title}}{{end}}
{{- if .Day}} (<time datetime="{{.Date}}">{{.Day}}</time>){{end}}
{{- with .Leaning}} ({{.}}){{end}}</li>
{{- end}}
</ol>
</section>
{{- end}}
</article>
</body>
</html>
{{- define "text"}}{{range .}}{{.Text}}{{with .Mark}}<sup><a href="#source-{{.}}">{{.}}</a></sup>{{end}}{{end}}{{end}}
`))
