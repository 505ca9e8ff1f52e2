package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

func (t *Telegram) place(c *tgChat) Chat {
	name := c.Title
	if c.Type == "private" {
		name = t.me.FirstName
	}
	return Chat{Platform: "telegram", ID: c.id(), Name: name, Kind: c.Type, Writable: c.Type != "channel"}
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
	u, c := t.users[user], t.chats[chat]
	if c == nil || c.Type == "channel" {
		return nil
	}
	var all []Command
	for _, x := range t.menu(u, c) {
		all = append(all, Command{Name: x.Name, Description: x.Help})
	}
	return all
}

// menu is the nearest list of commands, for a user who may be nil.
func (t *Telegram) menu(u *tgUser, c *tgChat) []tgCommand {
	language := ""
	if u != nil {
		language, _, _ = strings.Cut(u.Language, "-")
	}
	scopes := []string{fmt.Sprintf("chat%d", c.ID)}
	switch {
	case c.Type == "private":
		scopes = append(scopes, "all_private_chats")
	case slices.Contains(c.admins, u):
		scopes = append(scopes, "all_chat_administrators", "all_group_chats")
	default:
		scopes = append(scopes, "all_group_chats")
	}
	for _, s := range append(scopes, "default") {
		for _, l := range []string{language, ""} {
			if menu := t.menus[s+"|"+l]; len(menu) > 0 {
				return menu
			}
		}
	}
	return nil
}

// whispers reports whether a user's client sends a line so that only the bot sees
// it: a command that the user's menu has as such.
func (t *Telegram) whispers(u *tgUser, c *tgChat, text string) bool {
	word, _, _ := strings.Cut(text, " ")
	name, isCommand := strings.CutPrefix(word, "/")
	name, to, named := strings.Cut(name, "@")
	if !isCommand || c.Type == "private" || c.Type == "channel" || named && !strings.EqualFold(to, t.me.Username) {
		return false
	}
	return slices.ContainsFunc(t.menu(u, c), func(x tgCommand) bool { return x.Whisper && x.Name == name })
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
		if to.AutoForward {
			m.Thread = to.ID // it is a comment
		}
	}
	if t.whispers(u, c, text) {
		m.Whisper = 1 // its number comes when it is put into its chat
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

// SendPhoto sends a picture with a caption.
func (t *Telegram) SendPhoto(_ context.Context, user, chat, caption string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	u, c := t.users[user], t.chats[chat]
	if u == nil || c == nil || c.Type == "channel" {
		return fmt.Errorf("no user %s in chat %s", user, chat)
	}
	m := t.put(c, &tgMessage{
		From: u, Caption: caption, CaptionMarks: commandsIn(caption), postedByOther: true,
		Photo: []tgPhoto{{ID: "photo", Unique: "photo", Width: 1280, Height: 720}},
	})
	if c.out == "" && t.hears(c, m) {
		t.update("message", m)
	}
	return nil
}

// Correct changes what somebody wrote.
func (t *Telegram) Correct(_ context.Context, chat, message, text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chats[chat]
	if c == nil {
		return fmt.Errorf("no chat %s", chat)
	}
	m := c.find(message)
	if m == nil || !m.postedByOther {
		return fmt.Errorf("nobody wrote message %s", message)
	}
	m.Text, m.Entities, m.EditDate = text, commandsIn(text), t.o.Now().Unix()
	t.show("edit", m)
	if c.out == "" && t.hears(c, m) {
		t.update("edited_message", m)
	}
	return nil
}

// SayAsBot has another bot write into a group.
func (t *Telegram) SayAsBot(_ context.Context, chat, text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chats[chat]
	if c == nil || c.Type == "private" || c.Type == "channel" {
		return fmt.Errorf("no group %s", chat)
	}
	other := &tgUser{ID: 900001, IsBot: true, FirstName: "Other", Username: "other_bot"}
	m := t.put(c, &tgMessage{From: other, Text: text, Entities: commandsIn(text), postedByOther: true})
	if c.out == "" && t.hears(c, m) {
		t.update("message", m)
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
	if !startsWithCommand(m) {
		return false
	}
	command, _, _ := strings.Cut(m.Text+m.Caption, " ")
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
	if m == nil || !m.has(data) || m.Whisper != 0 && m.seenBy() != user {
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
		"id": id, "from": u, "message": m, "chat_instance": c.id(), "data": data,
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
