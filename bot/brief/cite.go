package brief

import (
	"fmt"

	"briefbot/store"
)

// cited gives a text of the story's with its citation marks as spans, each a
// link to its source where the story has the address. Marks that have no place
// in the text stand behind it.
func cited(s store.Story, text string, citations []int) Text {
	return behind(s, inline(s, text, citations), store.Trailing(text, citations))
}

// paragraphs gives a narrative's paragraphs as texts. Citations that stand in
// none of them are shown behind the last.
func paragraphs(s store.Story, n store.Narrative) []Text {
	var all []Text
	rest := n.Citations
	for _, p := range n.Paragraphs {
		all = append(all, inline(s, p, n.Citations))
		rest = store.Trailing(p, rest)
	}
	if len(all) > 0 {
		all[len(all)-1] = behind(s, all[len(all)-1], rest)
	}
	return all
}

// inline makes spans of the marks that stand in the text.
func inline(s store.Story, text string, citations []int) Text {
	var t Text
	at := 0
	for _, m := range store.Marks(text, citations) {
		if m.Start > at {
			t = append(t, Span{Text: text[at:m.Start]})
		}
		t = append(turned(t), citation(s, m.N))
		at = m.End
	}
	if at < len(text) {
		t = append(t, Span{Text: text[at:]})
	}
	return t
}

// behind adds the marks that have no place in the text.
func behind(s store.Story, t Text, citations []int) Text {
	if len(citations) > 0 {
		t = turned(t)
	}
	for _, n := range citations {
		t = append(t, citation(s, n))
	}
	return t
}

func citation(s store.Story, n int) Span {
	src, _ := s.Source(n)
	return Span{Text: fmt.Sprintf("[%d]", n), URL: src.URL, Cite: true}
}
