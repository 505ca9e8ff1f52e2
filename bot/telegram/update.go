package telegram

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"briefbot/bot/brief"
	"briefbot/store"
)

// What the bot reads of an update; the rest is not looked at.

type update struct {
	Message     *message     `json:"message"`
	ChannelPost *message     `json:"channel_post"`
	Callback    *callback    `json:"callback_query"`
	Inline      *inlineQuery `json:"inline_query"`
	Member      *member      `json:"my_chat_member"`
}

type message struct {
	ID int64 `json:"message_id"`
	// Whisper is the number of a message that only one person and the bot see;
	// it has no ID.
	Whisper int64 `json:"ephemeral_message_id"`
	Thread  int   `json:"message_thread_id"`
	Topic   bool  `json:"is_topic_message"`
	From    *user `json:"from"`
	Via     *user `json:"via_bot"` // by whose inline mode it was written
	Chat    chat  `json:"chat"`
	// SenderChat is the chat as which somebody wrote.
	SenderChat      *chat    `json:"sender_chat"`
	Text            string   `json:"text"`
	Entities        []entity `json:"entities"`
	Caption         string   `json:"caption"` // of a picture
	CaptionEntities []entity `json:"caption_entities"`
	ReplyTo         *message `json:"reply_to_message"`
	Markup          *struct {
		Rows [][]struct {
			Data string `json:"callback_data"`
			URL  string `json:"url"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
	// Forwarded says that it is a channel's post in its discussion group.
	Forwarded bool `json:"is_automatic_forward"`
	// Origin is what was forwarded; older servers tell it in the other two.
	Origin *struct {
		Chat *chat `json:"chat"` // of a channel's post
		ID   int64 `json:"message_id"`
	} `json:"forward_origin"`
	ForwardFrom *chat `json:"forward_from_chat"`
	ForwardID   int64 `json:"forward_from_message_id"`
	// Service messages: the group is a supergroup from now on; the topic is open
	// again.
	MigratedTo int64     `json:"migrate_to_chat_id"`
	Reopened   *struct{} `json:"forum_topic_reopened"`
}

type user struct {
	ID       int64  `json:"id"`
	Bot      bool   `json:"is_bot"`
	Language string `json:"language_code"`
}

type chat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

type entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
}

type callback struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

type member struct {
	Chat chat `json:"chat"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

// question reads what a message asks; false if it asks nothing.
func (in *inbox) question(ctx context.Context, m message) (brief.Question, bool, error) {
	private := m.Chat.Type == "private"
	q := brief.Question{Chat: place(m), Private: private, Aloud: !private && in.hearer(m) == nil, User: sender(m), Asker: in.writer(m)}
	if m.From != nil {
		q.Language = m.From.Language
	}
	if m.From != nil && m.From.Bot && m.SenderChat == nil {
		return q, false, nil // who writes as a chat is shown as a bot, too
	}
	name, args, addressed, ok := in.command(m)
	switch {
	case m.Via != nil:
		return q, false, nil // a story that was shared
	case ok:
	case private && m.Text != "" && !strings.HasPrefix(m.Text, "/"):
		name, args = "story", m.Text // words of a headline
	default:
		return q, false, nil
	}
	if !ok || in.known(name) || private || addressed {
		q.Command, q.Argument = name, args
	} else {
		return q, false, nil // another bot's command
	}
	if name == "start" && args != "" {
		if a, _, err := brief.ParsePayload(args); err == nil {
			q.Command, q.Argument, q.Action = "", "", a
		}
	}
	if r := m.ReplyTo; r != nil && !(m.Topic && r.ID == int64(m.Thread)) {
		q.Message, q.Button = fmt.Sprint(r.ID), in.button(*r)
	}
	var err error
	q.Post, err = in.below(ctx, m)
	return q, true, err
}

// below finds the channel's post that a message is a comment on: the message
// replies to its copy in the discussion group, or stands somewhere in the thread
// of that copy.
func (in *inbox) below(ctx context.Context, m message) (store.Spot, error) {
	if r := m.ReplyTo; r != nil && r.post() != (store.Spot{}) {
		return r.post(), nil
	}
	if m.Thread == 0 || m.Topic {
		return store.Spot{}, nil
	}
	of, err := in.ledger.CopyOf(ctx, store.Spot{Chat: place(m), Message: fmt.Sprint(m.Thread)})
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return of, err
}

// post is the channel's post that was forwarded; zero if none was.
func (m message) post() store.Spot {
	of, id := m.ForwardFrom, m.ForwardID
	if m.Origin != nil {
		of, id = m.Origin.Chat, m.Origin.ID
	}
	if of == nil || id == 0 {
		return store.Spot{}
	}
	return store.Spot{Chat: store.Chat{Platform: store.Telegram, ID: fmt.Sprint(of.ID)}, Message: fmt.Sprint(id)}
}

// command reads the command at the beginning of a message, or of a picture's
// caption. addressed says that it names this bot; a command for another one is
// none.
func (in *inbox) command(m message) (name, args string, addressed, ok bool) {
	text, marks := m.Text, m.Entities
	if text == "" {
		text, marks = m.Caption, m.CaptionEntities
	}
	if len(marks) == 0 || marks[0].Type != "bot_command" || marks[0].Offset != 0 {
		return "", "", false, false
	}
	units := utf16.Encode([]rune(text))
	n := marks[0].Length
	if n < 1 || n > len(units) {
		return "", "", false, false
	}
	word := strings.TrimPrefix(string(utf16.Decode(units[:n])), "/")
	args = strings.TrimSpace(string(utf16.Decode(units[n:])))
	name, to, addressed := strings.Cut(word, "@")
	if addressed && !strings.EqualFold(to, in.name()) {
		return "", "", false, false
	}
	return strings.ToLower(name), args, addressed, true
}

func (in *inbox) known(name string) bool {
	for _, c := range in.desk.Commands() {
		if c.Name == name {
			return true
		}
	}
	return name == "start"
}

// button finds what a button of ours on a message asks for, as its data has it.
func (in *inbox) button(m message) string {
	if m.Markup == nil {
		return ""
	}
	for _, row := range m.Markup.Rows {
		for _, b := range row {
			if _, _, err := brief.ParseAction(b.Data); err == nil {
				return b.Data
			}
			if _, payload, ok := strings.Cut(b.URL, "?start="); ok {
				if a, tag, err := brief.ParsePayload(payload); err == nil {
					return a.Data(tag)
				}
			}
		}
	}
	return ""
}

// place is where a message stands.
func place(m message) store.Chat {
	c := store.Chat{Platform: store.Telegram, ID: fmt.Sprint(m.Chat.ID)}
	if m.Topic {
		c.Thread = m.Thread
	}
	return c
}

// sender is who wrote a message. Who writes as a chat, such as an anonymous
// administrator, is known as that.
func sender(m message) string {
	switch {
	case m.SenderChat != nil:
		return fmt.Sprint(m.SenderChat.ID)
	case m.From == nil:
		return fmt.Sprint(m.Chat.ID)
	}
	return fmt.Sprint(m.From.ID)
}
