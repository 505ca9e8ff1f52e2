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

// List is an answer that offers several stories to choose from.
func (v Voice) List(title Phrase, entries []store.Entry) Message {
	m := Message{Blocks: []Block{Heading{v.Text(title)}}}
	for i, e := range entries {
		text := Text{{Text: v.isolate(e.Story.Headline), URL: e.Story.URL}}
		if d := v.day(e.Story.Date); d != "" {
			text = append(text, Span{Text: v.Text(wordComma) + d, Italic: true})
		}
		m.Blocks = append(m.Blocks, Item{Mark: fmt.Sprintf("%d.", i+1), Text: v.line(text)})
		m.Buttons = append(m.Buttons, numbered(i, e))
	}
	return m
}

// numbered is the button of the story at index i of a list.
func numbered(i int, e store.Entry) Button {
	return Button{fmt.Sprint(i + 1), Action{Verb: ShowStory, Story: e.Short}}
}

// Say is a plain answer, with buttons to go on with.
func (v Voice) Say(text string, buttons ...Button) Message {
	if len(buttons) == 0 {
		buttons = []Button{{Label: v.Text(wordLatest), Action: Action{Verb: ShowLatest}}}
	}
	return Message{Blocks: []Block{Paragraph{Plain(text)}}, Buttons: buttons}
}
