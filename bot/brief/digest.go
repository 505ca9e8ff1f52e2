package brief

import (
	"fmt"
	"time"

	"briefbot/store"
)

// Digest is one post for what is new on a day, with a button that leads to each
// story.
func Digest(day time.Time, entries []store.Entry) Message {
	m := Message{Blocks: []Block{Heading{wordDigest + day.Format("2 January 2006")}}}
	for i, e := range entries {
		mark := fmt.Sprintf("%d.", i+1)
		m.Blocks = append(m.Blocks, Item{Mark: mark, Text: digestText(e.Story)})
		m.Buttons = append(m.Buttons, button(fmt.Sprintf("%d", i+1), ShowStory, e))
	}
	return m
}

// digestText is the headline and the first bullet: enough to know whether one
// wants the rest.
func digestText(s store.Story) Text {
	t := Text{{Text: s.Headline, URL: s.URL, Bold: true}}
	if len(s.Bullets) > 0 {
		t = append(t, Span{Text: "\n"})
		t = append(t, cited(s, s.Bullets[0].Text, s.Bullets[0].Citations)...)
	}
	if c := credit(s); c != nil {
		t = append(append(t, Span{Text: "\n"}), c...)
	}
	return t
}

// List is an answer that offers several stories to choose from.
func List(title string, entries []store.Entry) Message {
	m := Message{Blocks: []Block{Heading{title}}}
	for i, e := range entries {
		text := Text{{Text: e.Story.Headline, URL: e.Story.URL}}
		if d := date(e.Story.Date); d != "" {
			text = append(text, Span{Text: ", " + d, Italic: true})
		}
		m.Blocks = append(m.Blocks, Item{Mark: fmt.Sprintf("%d.", i+1), Text: text})
		m.Buttons = append(m.Buttons, button(fmt.Sprintf("%d", i+1), ShowStory, e))
	}
	return m
}

// Say is a plain answer, with buttons to go on with.
func Say(text string, buttons ...Button) Message {
	if len(buttons) == 0 {
		buttons = []Button{{Label: wordLatest, Action: Action{Verb: ShowLatest}}}
	}
	return Message{Blocks: []Block{Paragraph{Plain(text)}}, Buttons: buttons}
}
