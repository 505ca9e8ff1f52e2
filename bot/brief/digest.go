package brief

import (
	"fmt"
	"time"

	"briefbot/store"
)

// Digest is one post for what is new on a day, with a button that leads to each
// story.
func (v Voice) Digest(day time.Time, entries []store.Entry) Message {
	m := Message{Blocks: []Block{Heading{v.with(wordDigest, values{"Date": v.date(day)})}}}
	for i, e := range entries {
		mark := fmt.Sprintf("%d.", i+1)
		m.Blocks = append(m.Blocks, Item{Mark: mark, Text: v.digestText(e.Story)})
		m.Buttons = append(m.Buttons, numbered(i, e))
	}
	return m
}

// digestText is the headline and the first bullet: enough to know whether one
// wants the rest.
func (v Voice) digestText(s store.Story) Text {
	t := Text{{Text: s.Headline, URL: s.URL, Bold: true}}
	if len(s.Bullets) > 0 {
		t = append(t, Span{Text: "\n"})
		t = append(t, cited(s, s.Bullets[0].Text, s.Bullets[0].Citations)...)
	}
	if c := v.credit(s); c != nil {
		t = append(append(t, Span{Text: "\n"}), c...)
	}
	return t
}

// Say is a plain answer, with buttons to go on with.
func (v Voice) Say(text string, buttons ...Button) Message {
	if len(buttons) == 0 {
		buttons = []Button{{Label: v.Text(wordLatest), Action: Action{Verb: ShowLatest}}}
	}
	return Message{Blocks: []Block{Paragraph{Plain(text)}}, Buttons: buttons}
}
