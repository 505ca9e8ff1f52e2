package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The accounts that stand for who writes as a chat.
var (
	tgAnonymous = &tgUser{ID: 1087968824, IsBot: true, FirstName: "Group", Username: "GroupAnonymousBot"}
	tgAsChannel = &tgUser{ID: 136817688, IsBot: true, FirstName: "Channel", Username: "Channel_Bot"}
	tgService   = &tgUser{ID: 777000, FirstName: "Telegram"}
)

// SetAdmin makes a user an administrator of a group or channel, or no longer
// one.
func (t *Telegram) SetAdmin(user, chat string, admin bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u, c := t.users[user], t.chats[chat]
	if u == nil || c == nil || c.Type == "private" {
		return
	}
	c.admins = slices.DeleteFunc(c.admins, func(x *tgUser) bool { return x == u })
	if admin {
		c.admins = append(c.admins, u)
	}
}

// SayAs types a line as a chat: as the group itself, which only an administrator
// who is anonymous does, or as a channel.
func (t *Telegram) SayAs(_ context.Context, as, chat, text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	sender, c := t.chats[as], t.chats[chat]
	switch {
	case c == nil || c.Type != "supergroup" && c.Type != "group":
		return fmt.Errorf("no group %s", chat)
	case sender == nil || sender != c && sender.Type != "channel":
		return fmt.Errorf("nobody writes as chat %s", as)
	case strings.TrimSpace(text) == "":
		return errors.New("there is nothing to say")
	}
	m := &tgMessage{From: tgAsChannel, SenderChat: sender, Text: text, Entities: commandsIn(text), postedByOther: true}
	if sender == c {
		m.From = tgAnonymous
	}
	t.put(c, m)
	if c.out == "" && t.hears(c, m) {
		t.update("message", m)
	}
	return nil
}

// getChatMember tells what the bot, or anybody else, is in a chat. Of others it
// tells only administrators for certain.
func (t *Telegram) getChatMember(c *tgCall) (any, *tgError) {
	chat, err := t.target(c)
	if err != nil {
		return nil, err
	}
	if c.form.Get("user_id") == fmt.Sprint(t.me.ID) {
		return t.membership(chat), nil
	}
	u := t.users[c.form.Get("user_id")]
	switch {
	case chat.Type == "channel" && !chat.rights.Admin && !chat.rights.Post:
		return nil, bad("member list is inaccessible")
	case chat.rights.Hidden && !chat.rights.Admin:
		return nil, bad("CHAT_ADMIN_REQUIRED")
	case u == nil, chat.Type == "private" && chat.user != u:
		return nil, bad("PARTICIPANT_ID_INVALID")
	case slices.Contains(chat.admins, u):
		return chat.administrator(u), nil
	}
	return map[string]any{"status": "member", "user": u}, nil
}

// administrator is what is told of an administrator who is no bot.
func (c *tgChat) administrator(u *tgUser) map[string]any {
	return map[string]any{
		"status": "administrator", "user": u, "can_be_edited": false, "is_anonymous": false, "can_manage_chat": true,
		"can_delete_messages": true, "can_manage_video_chats": true, "can_restrict_members": true, "can_promote_members": false,
		"can_change_info": true, "can_invite_users": true, "can_post_stories": true, "can_edit_stories": true, "can_delete_stories": true,
	}
}

func (t *Telegram) membership(chat *tgChat) map[string]any {
	if chat.rights.Muted {
		return map[string]any{
			"status": "restricted", "user": t.me, "is_member": true, "until_date": 0, "can_send_messages": false,
		}
	}
	if !chat.rights.Admin && !chat.rights.Post {
		return map[string]any{"status": "member", "user": t.me}
	}
	m := map[string]any{
		"status": "administrator", "user": t.me, "can_be_edited": false, "is_anonymous": false, "can_manage_chat": true,
	}
	if chat.Type == "channel" {
		m["can_post_messages"], m["can_edit_messages"] = chat.rights.Post, chat.rights.Edit
	}
	return m
}

// getAdmins lists a chat's administrators, without other bots.
func (t *Telegram) getAdmins(c *tgCall) (any, *tgError) {
	chat, err := t.target(c)
	if err != nil {
		return nil, err
	}
	switch {
	case chat.Type == "private":
		return nil, bad("there are no administrators in the private chat")
	case chat.Type == "channel" && !chat.rights.Admin && !chat.rights.Post:
		return nil, bad("member list is inaccessible")
	}
	all := []any{}
	if m := t.membership(chat); m["status"] == "administrator" {
		all = append(all, m)
	}
	for _, u := range chat.admins {
		all = append(all, chat.administrator(u))
	}
	return all, nil
}
