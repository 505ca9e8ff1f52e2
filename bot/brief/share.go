package brief

import (
	"strings"

	"briefbot/store"
)

// Shared is a story as a reader hands it on in another chat.
type Shared struct {
	Short    string
	Headline string
	Line     string // what tells more in a list of stories: its day and first bullet
	Picture  string // an address; empty if there is none
	Message  Message
}

// Share is a story to be handed on: its post, with the ways to everything else.
func (v Voice) Share(e store.Entry) Shared {
	s := e.Story
	x := Shared{Short: e.Short, Headline: s.Headline, Message: v.Post(e, false)}
	x.Message.Buttons = append(x.Message.Buttons, v.button(wordStory, ShowStory, e))
	var line []string
	if d := v.day(s.Date); d != "" {
		line = append(line, d)
	}
	if len(s.Bullets) > 0 {
		line = append(line, v.isolate(s.Bullets[0].Text))
	}
	x.Line = strings.Join(line, " · ")
	if s.Image != nil {
		x.Picture = s.Image.URL
	}
	return x
}
