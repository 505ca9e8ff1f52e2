package intake

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"briefbot/store"
)

// reduced is what is left of HTML when its markup is gone.
type reduced struct {
	paragraphs []string
	image      *store.Image // the first that is a picture, and no counter
}

// reduce takes HTML, or plain text, apart into paragraphs of plain text.
func reduce(text string) reduced {
	if !strings.ContainsRune(text, '<') {
		return reduced{paragraphs: plainParagraphs(html.UnescapeString(text))}
	}
	var r reduced
	var b strings.Builder
	flush := func() {
		if p := fold(b.String()); p != "" {
			r.paragraphs = append(r.paragraphs, p)
		}
		b.Reset()
	}
	z := html.NewTokenizer(strings.NewReader(text))
	breaks := 0 // line breaks in a row
	for silent := 0; ; {
		kind := z.Next()
		if kind == html.ErrorToken { // the end: a string gives no other error
			flush()
			return r
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			if silent == 0 {
				b.WriteString(token.Data)
				if strings.TrimSpace(token.Data) != "" {
					breaks = 0
				}
			}
			continue
		case html.CommentToken, html.DoctypeToken:
			continue
		}
		switch token.DataAtom {
		case atom.Script, atom.Style, atom.Template, atom.Iframe, atom.Svg, atom.Math, atom.Noscript, atom.Figcaption,
			atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6: // what stands below a heading tells it
			flush()
			if kind == html.StartTagToken {
				silent++
			} else if kind == html.EndTagToken {
				silent = max(silent-1, 0)
			}
		case atom.Br:
			b.WriteByte(' ')
			if breaks++; breaks == 2 {
				flush()
			}
		case atom.Img:
			if r.image == nil {
				r.image = imageOf(token)
			}
		case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Blockquote, atom.Hr, atom.Table, atom.Tr, atom.Pre, atom.Section, atom.Article, atom.Figure, atom.Aside:
			flush()
		case atom.Td, atom.Th:
			b.WriteByte(' ')
		}
	}
}

// imageOf gives the picture of an img tag; nil if it shows nothing.
func imageOf(t html.Token) *store.Image {
	var i store.Image
	for _, a := range t.Attr {
		switch a.Key {
		case "src":
			i.URL = strings.TrimSpace(a.Val)
		case "alt":
			i.Alt = fold(a.Val)
		case "width", "height":
			if a.Val == "0" || a.Val == "1" {
				return nil
			}
		}
	}
	if i.URL == "" || strings.HasPrefix(i.URL, "data:") {
		return nil
	}
	return &i
}

// reduceLine gives what should be one line of text.
func reduceLine(text string) string {
	return strings.Join(reduce(text).paragraphs, " ")
}

func plainParagraphs(text string) []string {
	var all []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = fold(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// chaff are paragraphs that feeds add to what they tell: counters, which change
// all the time, and links to the rest.
var chaff = regexp.MustCompile(`(?i)^(?:` +
	`[#\s]*(?:comments?|views?|points?|shares?|likes?|reads?|votes?|score|replies)\s*:?\s*[\d.,]*k?` +
	`|[\d.,]+k?\s+(?:comments?|views?|points?|shares?|likes?|reads?|votes?|replies)` +
	`|\(?(?:continue reading|read more|read the (?:full|rest).*|more)\b[^.]{0,80}[.…»→)]*` +
	`|the post .* (?:appeared first|first appeared) on .*` +
	`|(?:article|comments) url:.*` +
	`|leave a comment|\[?(?:…|\.\.\.)\]?` +
	`)$`)

// withoutChaff leaves out what is no part of the text.
func withoutChaff(paragraphs []string) []string {
	var kept []string
	for _, p := range paragraphs {
		if !chaff.MatchString(p) {
			kept = append(kept, p)
		}
	}
	return kept
}
