package brief

import (
	"fmt"
	"slices"
	"strings"

	"briefbot/store"
)

// Sources is the story's numbered list of articles. A story that came without
// it says so: its citations are shown all the same.
func (v Voice) Sources(e store.Entry) Message {
	s := e.Story
	m := Message{Blocks: []Block{Heading{v.Text(wordSources)}, about(s)}}
	for _, item := range v.sourceList(s).Items {
		m.Blocks = append(m.Blocks, item)
	}
	missing := slices.DeleteFunc(s.Cited(), func(n int) bool {
		_, ok := s.Source(n)
		return ok
	})
	switch {
	case len(s.Sources) == 0 && len(missing) == 0:
		m.Blocks = append(m.Blocks, Paragraph{Plain(v.Text(wordUncited))})
	case len(s.Sources) == 0:
		m.Blocks = append(m.Blocks, Paragraph{Plain(v.Text(wordNoSources))}, Paragraph{Plain(marks(missing))})
	case len(missing) > 0:
		m.Blocks = append(m.Blocks, Note{Plain(v.count(wordUnlisted, len(missing), values{"Marks": marks(missing)}))})
	}
	return v.withWays(v.withCredit(m, s), e, -1, v.button(wordStory, ShowStory, e))
}

// sourceList is the story's sources as they stand within another message.
func (v Voice) sourceList(s store.Story) SourceList {
	l := SourceList{Label: v.Text(wordSources)}
	for _, src := range s.Sources {
		l.Items = append(l.Items, Item{Mark: fmt.Sprintf("[%d]", src.N), Text: v.sourceText(src)})
	}
	return l
}

// Source is one of the story's articles by its number; where the story has none
// of that number, it says which it has.
func (v Voice) Source(e store.Entry, number int) Message {
	s := e.Story
	src, ok := s.Source(number)
	if !ok && len(s.Sources) == 0 {
		return v.Sources(e)
	}
	mark := marks([]int{number})
	m := Message{Blocks: []Block{Heading{v.with(wordSource, values{"Mark": mark})}, about(s)}}
	if ok {
		m.Blocks = append(m.Blocks, Item{Mark: mark, Text: v.sourceText(src)})
	} else {
		var has []int
		for _, src := range s.Sources[:min(len(s.Sources), maxNamed)] {
			has = append(has, src.N)
		}
		m.Blocks = []Block{about(s), Paragraph{Plain(v.with(wordNoSource, values{"Mark": mark, "Marks": marks(has)}))}}
	}
	return v.withWays(v.withCredit(m, s), e, -1, v.button(wordSources, ShowSources, e), v.button(wordStory, ShowStory, e))
}

// maxNamed is how many numbers are named to who asked for another one.
const maxNamed = 50

func marks(ns []int) string {
	var all []string
	for _, n := range ns {
		all = append(all, fmt.Sprintf("[%d]", n))
	}
	return strings.Join(all, " ")
}

// sourceText is outlet, title, date and leaning, as far as they are known.
func (v Voice) sourceText(src store.Source) Text {
	title := src.Title
	if title == "" {
		if title = src.URL; title == "" {
			title = v.Text(wordUntitled)
		}
	}
	var t Text
	if src.Outlet != "" {
		t = append(t, Span{Text: v.isolate(src.Outlet), Bold: true}, Span{Text: v.Text(wordColon)})
	}
	t = append(t, Span{Text: v.isolate(title), URL: src.URL})
	if d := v.day(src.Date); d != "" {
		t = append(t, Span{Text: v.Text(wordComma) + d})
	}
	if l := v.leaning(src.Leaning); l != "" {
		t = append(t, Span{Text: v.with(wordBrackets, values{"Text": l}), Italic: true})
	}
	return v.line(t)
}

// leaning puts an outlet's scores into words: LR from left to right, CP from
// establishment-critical to pro-establishment.
func (v Voice) leaning(l *store.Leaning) string {
	if l == nil {
		return ""
	}
	lr := []Phrase{"", wordLeft, wordCentreLeft, wordCentre, wordCentreRight, wordRight}
	cp := []Phrase{"", wordFarCritical, wordRatherCritical, wordBetween, wordRatherEstablish, wordFarEstablishment}
	var all []string
	if l.LR > 0 && l.LR < len(lr) {
		all = append(all, v.Text(lr[l.LR]))
	}
	if l.CP > 0 && l.CP < len(cp) {
		all = append(all, v.Text(cp[l.CP]))
	}
	return v.list(all)
}
