package telegram

import (
	"context"
	"fmt"
	"strings"
	"time"
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
	ID     int64 `json:"message_id"`
	Thread int   `json:"message_thread_id"`
	Topic  bool  `json:"is_topic_message"`
	From   *user `json:"from"`
	Via    *user `json:"via_bot"` // by whose inline mode it was written
	Chat   chat  `json:"chat"`
	// SenderChat is the chat as which somebody wrote.
	SenderChat *chat    `json:"sender_chat"`
	Text       string   `json:"text"`
	Entities   []entity `json:"entities"`
	ReplyTo    *message `json:"reply_to_message"`
	Markup     *struct {
		Rows [][]struct {
			Data string `json:"callback_data"`
			URL  string `json:"url"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
	// Of a post that was forwarded from a channel to its discussion group.
	Forwarded   bool  `json:"is_automatic_forward"`
	ForwardFrom *chat `json:"forward_from_chat"`
	ForwardID   int64 `json:"forward_from_message_id"`
	// Service messages: the group is a supergroup from now on; the topic is open
	// again.
	MigratedTo int64     `json:"migrate_to_chat_id"`
	Reopened   *struct{} `json:"forum_topic_reopened"`
}

type user struct {
	ID       int64  `json:"id"`
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

// askLimit bounds how long one reader's question may hold up the others'.
const askLimit = 5 * time.Second

// deal deals with an update. It reports whether the offset was recorded with
// what came of it.
func (in *inbox) deal(ctx context.Context, u update, o store.Offset) (recorded bool, err error) {
	switch {
	case u.Callback != nil:
		return in.press(ctx, *u.Callback, o)
	case u.Message != nil && u.Message.MigratedTo != 0:
		return false, in.migrate(ctx, store.Chat{Platform: store.Telegram, ID: fmt.Sprint(u.Message.Chat.ID)}, u.Message.MigratedTo)
	case u.Message != nil:
		if err := in.heard(ctx, *u.Message); err != nil {
			return false, err
		}
		q, ok := in.question(*u.Message)
		if !ok {
			return true, in.ledger.PutOffset(ctx, o)
		}
		return true, in.answer(ctx, q, *u.Message, o)
	case u.ChannelPost != nil:
		return true, in.ledger.PutOffset(ctx, o)
	case u.Inline != nil:
		in.offer(ctx, *u.Inline)
		return false, nil
	case u.Member != nil:
		return false, in.standing(ctx, *u.Member)
	}
	return false, nil
}

// question reads what a message asks; false if it asks nothing.
func (in *inbox) question(m message) (brief.Question, bool) {
	private := m.Chat.Type == "private"
	q := brief.Question{Chat: place(m), Private: private, Aloud: !private, User: sender(m), Asker: in.writer(m)}
	if m.From != nil {
		q.Language = m.From.Language
	}
	name, args, addressed, ok := in.command(m)
	switch {
	case m.Via != nil:
		return q, false // a story that was shared
	case ok:
	case private && m.Text != "" && !strings.HasPrefix(m.Text, "/"):
		name, args = "story", m.Text // words of a headline
	default:
		return q, false
	}
	if !ok || in.known(name) || private || addressed {
		q.Command, q.Argument = name, args
	} else {
		return q, false // another bot's command
	}
	if name == "start" && args != "" {
		if a, _, err := brief.ParsePayload(args); err == nil {
			q.Command, q.Argument, q.Action = "", "", a
		}
	}
	if r := m.ReplyTo; r != nil && !(m.Topic && r.ID == int64(m.Thread)) {
		q.Message, q.Button = fmt.Sprint(r.ID), in.button(*r)
	}
	return q, true
}

// command reads the command at a message's beginning. addressed says that it
// names this bot; a command for another one is none.
func (in *inbox) command(m message) (name, args string, addressed, ok bool) {
	if len(m.Entities) == 0 || m.Entities[0].Type != "bot_command" || m.Entities[0].Offset != 0 {
		return "", "", false, false
	}
	units := utf16.Encode([]rune(m.Text))
	n := m.Entities[0].Length
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

// press deals with a button. The reader's client waits for a word at once; the
// answer itself comes as a message.
func (in *inbox) press(ctx context.Context, c callback, o store.Offset) (recorded bool, err error) {
	q := brief.Question{User: fmt.Sprint(c.From.ID), Language: c.From.Language, Button: c.Data, Asker: in.presser(c)}
	if c.Message != nil {
		q.Chat, q.Private = place(*c.Message), c.Message.Chat.Type == "private"
		q.Aloud = !q.Private
	}
	a, tag, err := brief.ParseAction(c.Data)
	if err != nil || c.Message == nil {
		say := in.desk.Voice(ctx, q).Naming(brief.SayOldButton, "latest")
		in.reply(ctx, params{"callback_query_id": c.ID, "text": say})
		return false, nil
	}
	if c.Message.Chat.Type == "channel" {
		in.reply(ctx, params{"callback_query_id": c.ID, "url": deepLink(in.name(), a, tag)})
		return false, nil
	}
	in.reply(ctx, params{"callback_query_id": c.ID})
	q.Action, q.Message = a, fmt.Sprint(c.Message.ID)
	return true, in.answer(ctx, q, *c.Message, o)
}

// reply answers a press; nobody waits for it.
func (in *inbox) reply(ctx context.Context, p params) {
	in.parts.Go(func() {
		if err := in.api.call(ctx, "answerCallbackQuery", p, nil); err != nil && ctx.Err() == nil {
			in.log.Warn("a press was not answered", "err", err)
		}
	})
}

// answer asks the desk, and records the answer: the outbox sends it.
func (in *inbox) answer(ctx context.Context, q brief.Question, m message, o store.Offset) error {
	asking, cancel := context.WithTimeout(ctx, askLimit)
	a := in.desk.Answer(asking, q)
	cancel()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if a.Quiet {
		return in.ledger.PutOffset(ctx, o)
	}
	d := store.Delivery{Chat: q.Chat, Planned: time.Now(), Rich: in.wantsRich(ctx, q), Farewell: a.Farewell}
	if a.Story.ID != "" {
		d.Stories = []store.Ref{a.Story}
	}
	if !q.Private {
		d.ReplyTo = fmt.Sprint(m.ID)
	}
	_, err := in.ledger.PutAnswer(ctx, d, o, func(d store.Delivery) ([]store.Part, error) {
		bodies, err := in.Render(ctx, store.Place{Kind: kinds[m.Chat.Type]}, d, a.Message)
		var parts []store.Part
		for _, b := range bodies {
			parts = append(parts, store.Part{Body: b})
		}
		return parts, err
	})
	return err
}

// place is where a message stands.
func place(m message) store.Chat {
	c := store.Chat{Platform: store.Telegram, ID: fmt.Sprint(m.Chat.ID)}
	if m.Topic {
		c.Thread = m.Thread
	}
	return c
}

// sender is who wrote a message: an anonymous admin writes as the chat.
func sender(m message) string {
	if m.From == nil {
		return fmt.Sprint(m.Chat.ID)
	}
	return fmt.Sprint(m.From.ID)
}
