package bot

import (
	"fmt"
	"strings"

	"briefbot/bot/brief"
	"briefbot/bot/discord"
	"briefbot/bot/telegram"
	"briefbot/store"
)

// Post is a story as a kind of chat would show it.
type Post struct {
	Name string // of the kind of chat
	Text string // as it is read
}

// Preview gives what each platform would post of a story, by default, with the
// bot's own words in the story's language.
func Preview(languages *brief.Languages, s store.Story) []Post {
	voice := languages.Voice(s.Language)
	e := store.Entry{Story: s, Short: "00000"}
	var all []Post
	for _, kind := range []struct {
		name   string
		fold   bool
		render func(brief.Message) []string
	}{
		{"Discord", false, discord.Preview},
		{"Telegram, where readers can answer", false, telegram.Preview},
		{"Telegram channel", true, telegram.Preview},
		{"Telegram, rich", true, telegram.PreviewRich},
	} {
		messages := kind.render(voice.Post(e, kind.fold))
		name := kind.name
		if len(messages) > 1 {
			name = fmt.Sprintf("%s, %d messages", name, len(messages))
		}
		all = append(all, Post{name, strings.Join(messages, "\n\n· · ·\n\n") + "\n"})
	}
	return all
}
