package telegram

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"briefbot/bot/brief"
	"briefbot/store"
)

// asker is what Telegram knows of who wrote or pressed.
type asker struct {
	*Telegram
	user    int64  // 0: who it is stays unknown
	chat    string // where it was
	private bool
	// anonymous says that the chat itself wrote: one of its administrators, who
	// stays unknown.
	anonymous bool
}

// writer is who wrote a message. Who writes as a channel or as the group itself
// has no name there but that of a stand-in, which is nobody.
func (t *Telegram) writer(m message) asker {
	a := asker{Telegram: t, chat: fmt.Sprint(m.Chat.ID), private: m.Chat.Type == "private"}
	switch {
	case m.SenderChat != nil:
		a.anonymous = m.SenderChat.ID == m.Chat.ID && !m.Forwarded && m.Chat.Type != "channel"
	case m.From != nil:
		a.user = m.From.ID
	}
	return a
}

// presser is who pressed a button: always known, an anonymous administrator too.
func (t *Telegram) presser(c callback) asker {
	a := asker{Telegram: t, user: c.From.ID}
	if c.Message != nil {
		a.chat, a.private = fmt.Sprint(c.Message.Chat.ID), c.Message.Chat.Type == "private"
	}
	return a
}

// Manages reports whether the asker is an administrator of a chat.
func (a asker) Manages(ctx context.Context, c store.Chat) (bool, error) {
	switch {
	case c.Platform != store.Telegram:
		return false, nil
	case c.Private():
		return a.user != 0 && c.ID == fmt.Sprint(a.user), nil
	case a.anonymous:
		return c.ID == a.chat, nil
	case a.user == 0:
		return false, nil
	}
	var s standing
	err := a.api.call(ctx, "getChatMember", params{"chat_id": c.ID, "user_id": a.user}, &s)
	if !refused(err) {
		return s.admin(), err
	}
	// A bot that is no administrator may not be told of other members, but it is
	// told who the administrators are.
	var admins []struct {
		standing
		User user `json:"user"`
	}
	err = a.api.call(ctx, "getChatAdministrators", params{"chat_id": c.ID}, &admins)
	if refused(err) {
		return false, nil
	}
	for _, m := range admins {
		if m.User.ID == a.user {
			return m.admin(), nil
		}
	}
	return false, err
}

// refused reports whether Telegram said no to a question: there is no such
// thing, or none that the bot may know of.
func refused(err error) bool {
	var e *tgbotapi.Error
	return errors.As(err, &e) && (e.Code == 400 || e.Code == 403)
}

// named is how a chat is named: by its @name, its number, or its address, of a
// chat without a name that of a message in it.
var named = regexp.MustCompile(`^(?:(?:@|(?:https?://)?(?:t|telegram)\.me/)([A-Za-z]\w{3,31})(?:/\d+)*|(-?\d{1,16})|(?:https?://)?t\.me/c/(\d{1,13})(?:/\d+)*)/?$`)

// Find gives the chat that is named, if the bot is in it.
func (a asker) Find(ctx context.Context, name string) (store.Place, error) {
	m := named.FindStringSubmatch(name)
	if m == nil {
		return store.Place{}, store.ErrNotFound
	}
	id := m[2]
	switch {
	case m[1] != "":
		id = "@" + m[1]
	case m[3] != "":
		id = "-100" + m[3]
	}
	c := store.Chat{Platform: store.Telegram, ID: id}
	var chat struct {
		ID    int64  `json:"id"`
		Type  string `json:"type"`
		Title string `json:"title"`
	}
	if err := a.ask(ctx, "getChat", params{"chat_id": id}, &chat); err != nil {
		return store.Place{}, err
	}
	if c.ID = fmt.Sprint(chat.ID); chat.Type == "private" {
		if a.user == 0 || chat.ID != a.user {
			return store.Place{}, store.ErrNotFound
		}
		return store.Place{Chat: c, Kind: store.Private}, nil
	}
	if _, err := a.bot(ctx, c); err != nil {
		return store.Place{}, err
	}
	return store.Place{Chat: c, Kind: kinds[chat.Type], Name: chat.Title}, nil
}

// ask asks for something that may not be there.
func (a asker) ask(ctx context.Context, method string, p params, result any) error {
	err := a.api.call(ctx, method, p, result)
	if refused(err) {
		return store.ErrNotFound
	}
	return err
}

// bot is what the bot is in a chat, if it is in it.
func (a asker) bot(ctx context.Context, c store.Chat) (standing, error) {
	var s standing
	err := a.ask(ctx, "getChatMember", params{"chat_id": c.ID, "user_id": a.account().ID}, &s)
	if err == nil && (s.Status == "left" || s.Status == "kicked") {
		err = store.ErrNotFound
	}
	return s, err
}

// Home is the private chat with the asker, if the bot may write there: only who
// would write is told that it may not. That the bot seems to write for some
// seconds is all that the reader sees of it.
func (a asker) Home(ctx context.Context) (store.Chat, error) {
	if a.user == 0 {
		return store.Chat{}, store.ErrNotFound
	}
	home := store.Chat{Platform: store.Telegram, ID: fmt.Sprint(a.user)}
	if a.private {
		return home, nil
	}
	if err := a.ask(ctx, "sendChatAction", params{"chat_id": home.ID, "action": "typing"}, nil); err != nil {
		return store.Chat{}, err
	}
	return home, nil
}

// Lacks names the rights that the bot lacks in a chat.
func (a asker) Lacks(ctx context.Context, c store.Chat) ([]brief.Phrase, error) {
	if c.Private() {
		return nil, nil
	}
	var chat examined
	if err := a.ask(ctx, "getChat", params{"chat_id": c.ID}, &chat); err != nil {
		return nil, err
	}
	s, err := a.bot(ctx, c)
	if err != nil {
		return nil, err
	}
	silent := func(can *bool) bool { return can != nil && !*can }
	switch {
	case chat.Type == "channel" && !(s.admin() && s.CanPost):
		return []brief.Phrase{brief.LackPost}, nil
	case chat.Type != "channel" && !s.admin() && (silent(s.CanSend) || silent(chat.Permissions.CanSend)):
		return []brief.Phrase{brief.LackWrite}, nil
	}
	return nil, nil
}
