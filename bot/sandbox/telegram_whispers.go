package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// A message that only one user sees, which the API calls ephemeral, has no number
// among the chat's messages, but one of its own.

// whispered makes a message one that only its receiver sees. The bot may send it
// in a group, to who pressed a button or gave a command there just now.
func (t *Telegram) whispered(c *tgChat, m *tgMessage, parameters string) *tgError {
	var p struct {
		Receiver json.Number `json:"receiver_user_id"`
		Query    string      `json:"callback_query_id"`
	}
	if json.Unmarshal([]byte(parameters), &p) != nil {
		return bad("can't parse ephemeral message parameters JSON object")
	}
	u := t.users[p.Receiver.String()]
	switch {
	case c.Type != "group" && c.Type != "supergroup":
		return bad("ephemeral messages can be sent only to groups and supergroups")
	case u == nil:
		return bad("USER_ID_INVALID")
	case p.Query != "":
		q := t.queries[p.Query]
		if q == nil || q.user != u || q.chat != c || t.o.Now().Sub(q.at) > queryLife {
			return bad("query is too old and response timeout expired or query ID is invalid")
		}
	case m.ReplyTo == nil || m.ReplyTo.From == nil || m.ReplyTo.From.ID != u.ID || !startsWithCommand(m.ReplyTo):
		return bad("there is nothing of the user's to be answered")
	case t.o.Now().Unix()-m.ReplyTo.Date > int64(queryLife.Seconds()):
		return bad("message to be replied is too old")
	}
	m.Receiver, m.Whisper = u, 1 // its number comes when it is put into its chat
	return nil
}

// editWhisper changes what one user sees.
func (t *Telegram) editWhisper(c *tgCall) (any, *tgError) {
	if t.whisperless() {
		return nil, &tgError{code: http.StatusNotFound, text: "Not Found"}
	}
	var now tgMessage
	if rich := c.form.Get("rich_message"); rich != "" {
		var e *tgError
		if now.Rich, now.plain, e = readRich(rich); e != nil {
			return nil, e
		}
	} else {
		var err error
		if now.Text, now.Entities, err = tgText(c.form.Get("text"), c.form.Get("parse_mode"), tgMaxText); err != nil {
			return nil, bad("%v", err)
		}
		if now.Text == "" {
			return nil, bad("message text is empty")
		}
	}
	if s := c.form.Get("link_preview_options"); s != "" {
		now.Preview = json.RawMessage(s)
	}
	chat, e := t.writable(c)
	if e != nil {
		return nil, e
	}
	m := chat.find("e" + c.form.Get("ephemeral_message_id"))
	if m == nil || m.Receiver == nil || m.seenBy() != c.form.Get("receiver_user_id") {
		return nil, bad("message to edit not found")
	}
	if _, e := t.changed(c, m, func(m *tgMessage) {
		m.Rich, m.plain, m.Text, m.Entities, m.Preview = now.Rich, now.plain, now.Text, now.Entities, now.Preview
	}); e != nil {
		return nil, e
	}
	return true, nil
}

// Expire takes away what only one user sees of a chat, as clients do in time.
func (t *Telegram) Expire(chat string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chats[chat]
	if c == nil {
		return
	}
	for n := range c.whispers {
		t.remove(c, fmt.Sprintf("e%d", n+1))
	}
}

// startsWithCommand reports whether a message is a command.
func startsWithCommand(m *tgMessage) bool {
	marks := m.Entities
	if m.Text == "" {
		marks = m.CaptionMarks
	}
	return len(marks) > 0 && marks[0].Type == "bot_command" && marks[0].Offset == 0
}
