package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

func (t *Telegram) place(c *tgChat) Chat {
	name := c.Title
	if c.Type == "private" {
		name = t.me.FirstName
	}
	return Chat{Platform: "telegram", ID: fmt.Sprint(c.ID), Name: name, Kind: c.Type, Writable: c.Type != "channel"}
}

// Chats lists the channels and groups, and the user's private chat with the
// bot.
func (t *Telegram) Chats(user string) []Chat {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Chat
	for _, c := range t.order {
		if c.moved == 0 && (c.Type != "private" || fmt.Sprint(c.user.ID) == user) {
			all = append(all, t.place(c))
		}
	}
	return all
}

// Commands lists what the menu of a chat offers to those whose language has no
// list of its own.
func (t *Telegram) Commands(chat string) []Command { return t.Menu("", chat) }

// Menu lists what the menu of a chat offers to a user: the list of the nearest
// scope, in the user's language if it is there.
func (t *Telegram) Menu(user, chat string) []Command {
	t.mu.Lock()
	defer t.mu.Unlock()
	language := ""
	if u := t.users[user]; u != nil {
		language, _, _ = strings.Cut(u.Language, "-")
	}
	c := t.chats[chat]
	if c == nil || c.Type == "channel" {
		return nil
	}
	scope := "all_group_chats"
	if c.Type == "private" {
		scope = "all_private_chats"
	}
	for _, s := range []string{"chat" + chat, scope, "default"} {
		menu := t.menus[s+"|"+language]
		if len(menu) == 0 {
			menu = t.menus[s+"|"]
		}
		if len(menu) > 0 {
			var all []Command
			for _, x := range menu {
				all = append(all, Command{Name: x.Name, Description: x.Help})
			}
			return all
		}
	}
	return nil
}

// Say types a line. In a channel it is posted by an editor.
func (t *Telegram) Say(_ context.Context, user, chat, text, reply string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	u, c := t.users[user], t.chats[chat]
	switch {
	case u == nil:
		return fmt.Errorf("no user %s", user)
	case c == nil, c.Type == "private" && c.user != u:
		return fmt.Errorf("no chat %s", chat)
	case c.moved != 0:
		return errors.New("this group is a supergroup now")
	case strings.TrimSpace(text) == "":
		return errors.New("there is nothing to say")
	}
	m := &tgMessage{Text: text, Entities: commandsIn(text), postedByOther: true}
	if c.Type != "channel" {
		m.From = u
	}
	if reply != "" {
		to := c.find(reply)
		if to == nil {
			return fmt.Errorf("no message %s to reply to", reply)
		}
		m.ReplyTo = to.quoted()
		m.Thread, m.InTopic = to.Thread, to.InTopic
	}
	if c.Type == "private" && strings.HasPrefix(text, "/start") && !strings.HasPrefix(c.out, "Forbidden: user") {
		c.out = ""
	}
	t.put(c, m)
	if c.out == "" && t.hears(c, m) {
		kind := "message"
		if c.Type == "channel" {
			kind = "channel_post"
		}
		t.update(kind, m)
	}
	return nil
}

// SayInTopic types a line into a topic. A message there that is no reply has
// the topic's creation as the message replied to.
func (t *Telegram) SayInTopic(_ context.Context, user, chat string, topic int, text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	u, c := t.users[user], t.chats[chat]
	if u == nil || c == nil || c.topics[topic] == nil {
		return fmt.Errorf("no topic %d in chat %s", topic, chat)
	}
	m := &tgMessage{From: u, Text: text, Entities: commandsIn(text), Thread: topic, InTopic: true, postedByOther: true}
	if created := c.find(fmt.Sprint(topic)); created != nil {
		m.ReplyTo = created.quoted()
	}
	t.put(c, m)
	if c.out == "" && t.hears(c, m) {
		t.update("message", m)
	}
	return nil
}

// hears reports whether the bot is told of a message: with privacy mode, which
// is the default, a member hears commands and replies to itself only.
func (t *Telegram) hears(c *tgChat, m *tgMessage) bool {
	if c.Type == "private" || c.Type == "channel" || c.rights.Admin || t.o.ReadsAll {
		return true
	}
	if m.ReplyTo != nil && m.ReplyTo.byBot {
		return true
	}
	if len(m.Entities) == 0 || m.Entities[0].Type != "bot_command" || m.Entities[0].Offset != 0 {
		return false
	}
	command, _, _ := strings.Cut(m.Text, " ")
	if _, to, named := strings.Cut(command, "@"); named {
		return strings.EqualFold(to, t.me.Username)
	}
	return true
}

// commandsIn finds the commands in a text, as clients mark them.
func commandsIn(text string) []tgEntity {
	var all []tgEntity
	at := 0
	for _, word := range strings.SplitAfter(text, " ") {
		bare := strings.TrimRight(word, " \n")
		if len(bare) > 1 && bare[0] == '/' && strings.Trim(bare[1:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@") == "" {
			all = append(all, tgEntity{Type: "bot_command", Offset: at, Length: utf16Len(bare)})
		}
		at += utf16Len(word)
	}
	return all
}

// Press presses a button.
func (t *Telegram) Press(_ context.Context, user, chat, message, data string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	u, c := t.users[user], t.chats[chat]
	if u == nil || c == nil {
		return fmt.Errorf("no user %s in chat %s", user, chat)
	}
	m := c.find(message)
	if m == nil || !m.has(data) {
		return fmt.Errorf("no such button on message %s", message)
	}
	if strings.HasPrefix(data, "http") {
		if _, ok := t.startLink(data); !ok {
			return errors.New("that button opens a page: " + data)
		}
		t.openLink(u, data)
		return nil
	}
	id := fmt.Sprintf("q%d", t.lastUpdate+1)
	t.queries[id] = &tgQuery{user: u, chat: c, at: t.o.Now()}
	t.update("callback_query", map[string]any{
		"id": id, "from": u, "message": m, "chat_instance": fmt.Sprint(c.ID), "data": data,
	})
	return nil
}

func (m *tgMessage) has(data string) bool {
	if m.Markup == nil {
		return false
	}
	for _, row := range m.Markup.Rows {
		for _, b := range row {
			if data != "" && (b.Data == data || b.URL == data) {
				return true
			}
		}
	}
	return false
}

// startLink reads the payload of a link that starts the bot.
func (t *Telegram) startLink(link string) (payload string, ok bool) {
	u, err := url.Parse(link)
	if err != nil || u.Host != "t.me" || !strings.EqualFold(strings.Trim(u.Path, "/"), t.me.Username) {
		return "", false
	}
	payload = u.Query().Get("start")
	valid := len(payload) <= 64 && strings.Trim(payload, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
	return payload, valid
}

// openLink opens the user's private chat with the bot, and starts it.
func (t *Telegram) openLink(u *tgUser, link string) {
	payload, _ := t.startLink(link)
	id := fmt.Sprint(u.ID)
	c := t.chats[id]
	c.out = ""
	t.hub.emit(Event{Platform: "telegram", Chat: id, Kind: "open", User: id, Text: id, At: t.o.Now()})
	text := strings.TrimSpace("/start " + payload)
	m := t.put(c, &tgMessage{From: u, Text: text, Entities: commandsIn(text), postedByOther: true})
	t.update("message", m)
}

// Complete gives nothing: Telegram completes no arguments.
func (t *Telegram) Complete(context.Context, string, string, string, string, string) ([]string, error) {
	return nil, nil
}
