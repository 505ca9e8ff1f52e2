package brief

import (
	"fmt"
	"slices"
	"strings"

	"briefbot/store"
)

// Sources is the story's numbered list of articles. A story that came without
// it says so: its citations are shown all the same.
func Sources(e store.Entry) Message {
	s := e.Story
	m := Message{Blocks: []Block{Heading{wordSources}, about(s)}}
	for _, src := range s.Sources {
		m.Blocks = append(m.Blocks, Item{Mark: fmt.Sprintf("[%d]", src.N), Text: sourceText(src)})
	}
	missing := slices.DeleteFunc(s.Cited(), func(n int) bool {
		_, ok := s.Source(n)
		return ok
	})
	switch {
	case len(s.Sources) == 0 && len(missing) == 0:
		m.Blocks = append(m.Blocks, Paragraph{Plain(wordUncited)})
	case len(s.Sources) == 0:
		m.Blocks = append(m.Blocks, Paragraph{Plain(wordNoSources)}, Paragraph{Plain(marks(missing))})
	case len(missing) > 0:
		m.Blocks = append(m.Blocks, Note{Plain(marks(missing) + " " + wordUnlisted)})
	}
	m = withCredit(m, s)
	m.Buttons = append(sideButtons(e, -1), button(wordStory, ShowStory, e))
	return m
}

func marks(ns []int) string {
	var all []string
	for _, n := range ns {
		all = append(all, fmt.Sprintf("[%d]", n))
	}
	return strings.Join(all, " ")
}

// sourceText is outlet, title, date and leaning, as far as they are known.
func sourceText(src store.Source) Text {
	title := src.Title
	if title == "" {
		if title = src.URL; title == "" {
			title = wordUntitled
		}
	}
	var t Text
	if src.Outlet != "" {
		t = append(t, Span{Text: src.Outlet, Bold: true}, Span{Text: ": "})
	}
	t = append(t, Span{Text: title, URL: src.URL})
	if d := date(src.Date); d != "" {
		t = append(t, Span{Text: ", " + d})
	}
	if l := leaning(src.Leaning); l != "" {
		t = append(t, Span{Text: " (" + l + ")", Italic: true})
	}
	return t
}

// leaning puts an outlet's scores into words: LR from left to right, CP from
// establishment-critical to pro-establishment.
func leaning(l *store.Leaning) string {
	if l == nil {
		return ""
	}
	lr := []string{"", "left", "centre-left", "centre", "centre-right", "right"}
	cp := []string{"", "establishment-critical", "rather establishment-critical", "between critical and establishment", "rather pro-establishment", "pro-establishment"}
	var all []string
	if l.LR > 0 && l.LR < len(lr) {
		all = append(all, lr[l.LR])
	}
	if l.CP > 0 && l.CP < len(cp) {
		all = append(all, cp[l.CP])
	}
	return strings.Join(all, ", ")
}
