package discord

import (
	"fmt"
	"strconv"
	"strings"

	"briefbot/bot/brief"
)

// An answer that is longer than a message, and can be asked for again by a
// button, is shown a page at a time: the buttons that turn its pages ask for the
// answer anew, and name the page in their tag.

// answerTag stands in the buttons of an answer, which needs none of its own: it
// is found by its interaction.
const answerTag = "a"

// pageTag is the tag of a button that turns to a page.
func pageTag(page int) string { return answerTag + strconv.Itoa(page) }

// pageOf is the page that a tag names; 0 if it names none.
func pageOf(tag string) int {
	number, ok := strings.CutPrefix(tag, answerTag)
	page, err := strconv.Atoi(number)
	if !ok || err != nil || page < 1 {
		return 0
	}
	return page
}

// reply is an answer as it is brought.
type reply struct {
	messages []message // at least one
	turn     bool      // it takes the place of the message whose button was pressed
	quiet    bool      // behind a button, where nothing has to be said, nothing is
}

// reply lays out the answer to a question.
func (q asked) reply(a brief.Answer) reply {
	r := reply{quiet: a.Quiet}
	all := pages(a.Message)
	if m, ok := leaf(all, a, q.page); ok {
		r.messages = []message{m}
	} else {
		for _, p := range all {
			r.messages = append(r.messages, p.message(answerTag))
		}
	}
	r.turn = q.own && (a.Turn || q.page > 0) && len(r.messages) == 1
	return r
}

// leaf is one page of a long answer, with the buttons that turn to the others
// and all of the answer's own; false if it can't be turned.
func leaf(all []page, a brief.Answer, at int) (message, bool) {
	if len(all) < 2 || a.Again == (brief.Action{}) {
		return message{}, false
	}
	at = min(max(at, 1), len(all)) // the answer may have become shorter
	p := page{all[at-1].embeds, a.Buttons, a.Menu}
	m := p.message(answerTag)
	if len(m.Components) == maxRows {
		return message{}, false
	}
	m.Components = append([]component{turning(a.Again, at, len(all))}, m.Components...)
	return m, true
}

// turning is the row of buttons that turn the pages.
func turning(again brief.Action, at, of int) component {
	button := func(label string, page int, off bool) component {
		return component{Type: buttonComponent, Style: secondary, Label: label, CustomID: again.Data(pageTag(page)), Disabled: off}
	}
	return component{Type: rowComponent, Components: []component{
		button("‹", at-1, at == 1),
		button(fmt.Sprintf("%d/%d", at, of), at, true),
		button("›", at+1, at == of),
	}}
}
