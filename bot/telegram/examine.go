package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"briefbot/store"
)

// Examine finds out how the bot stands: whether the token is good and the
// updates are its own, and of each chat, whether all is there that posts need.
// It makes requests that change nothing, and takes no updates.
func (t *Telegram) Examine(ctx context.Context, channels []store.Channel) []store.Finding {
	var bot me
	if err := t.api.call(ctx, "getMe", nil, &bot); err != nil {
		return []store.Finding{{Grade: store.Wrong, Text: unexamined(err)}}
	}
	all := []store.Finding{
		{Grade: store.Well, Text: "the token is good, and the bot is @" + bot.Username},
	}
	if grade, text := t.examineWebhook(ctx); grade != store.Well {
		all = append(all, store.Finding{Grade: grade, Text: text})
	}
	for _, c := range channels {
		grade, text := t.examineChat(ctx, bot, c.Chat)
		all = append(all, store.Finding{Chat: c.Chat, Grade: grade, Text: text})
	}
	return all
}

// examineWebhook says whether a webhook takes what readers write. Its address
// may hold a secret, but for the host.
func (t *Telegram) examineWebhook(ctx context.Context) (store.Grade, string) {
	var hook struct {
		URL string `json:"url"`
	}
	if err := t.api.call(ctx, "getWebhookInfo", nil, &hook); err != nil {
		return store.Wrong, "whether a webhook takes the updates is not known: " + unexamined(err)
	}
	if hook.URL == "" {
		return store.Well, ""
	}
	host := "another server"
	if u, err := url.Parse(hook.URL); err == nil && u.Host != "" {
		host = u.Host
	}
	return store.Wrong, fmt.Sprintf("a webhook at %s takes what readers write, so none is answered, and no post that is uncertain is looked for: "+
		"end the program that set it and call the Bot API's deleteWebhook, or give this bot a token of its own", host)
}

// unexamined says why a question was not answered, and what to do.
func unexamined(err error) string {
	var e *tgbotapi.Error
	switch {
	case badToken(err):
		return ErrToken.Error()
	case errors.As(err, &e) && e.Code == 429:
		return fmt.Sprintf("Telegram wants no more requests for %d s: ask again after that (%v)", e.RetryAfter, err)
	case errors.As(err, &e):
		return fmt.Sprintf("Telegram said no: %v", err)
	}
	return fmt.Sprintf("Telegram can't be reached: look at the network and at telegram.api_url, or ask again later (%v)", err)
}

// examined is what is read of a chat.
type examined struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	FirstName   string `json:"first_name"`
	Forum       bool   `json:"is_forum"`
	Permissions struct {
		CanSend *bool `json:"can_send_messages"`
	} `json:"permissions"`
}

// standing is what the bot is in a chat.
type standing struct {
	Status  string `json:"status"`
	CanSend *bool  `json:"can_send_messages"` // of a restricted member
	CanPost bool   `json:"can_post_messages"` // of a channel's admin
	CanEdit bool   `json:"can_edit_messages"` // others' posts
}

func (s standing) admin() bool { return s.Status == "administrator" || s.Status == "creator" }

// examineChat examines a chat.
func (t *Telegram) examineChat(ctx context.Context, bot me, c store.Chat) (store.Grade, string) {
	var chat examined
	if err := t.api.call(ctx, "getChat", params{"chat_id": c.ID}, &chat); err != nil {
		return t.notFound(ctx, bot, c, err)
	}
	what := fmt.Sprintf("%s %q", kinds[chat.Type], chat.Title+chat.FirstName)
	if chat.Type == "private" {
		// Only who would write is told that the bot is blocked. That the bot
		// seems to write for some seconds is all that the reader may see.
		if err := t.api.call(ctx, "sendChatAction", params{"chat_id": c.ID, "action": "typing"}, nil); err != nil {
			return t.notFound(ctx, bot, c, err)
		}
		return store.Well, what
	}
	var s standing
	if err := t.api.call(ctx, "getChatMember", params{"chat_id": c.ID, "user_id": bot.ID}, &s); err != nil {
		return t.notFound(ctx, bot, c, err)
	}
	if s.Status == "left" || s.Status == "kicked" {
		return store.Wrong, what + ": the bot is not in it: add it"
	}
	if chat.Type == "channel" {
		return judgeChannel(what, s)
	}
	if c.Thread != 0 && !chat.Forum {
		return store.Wrong, fmt.Sprintf("%s: it has no topics: take thread: %d out of the configuration, or switch topics on in the group", what, c.Thread)
	}
	return judgeGroup(what, bot, chat, s)
}

// judgeChannel says whether the bot has the one right that it needs in a
// channel, and not the one that harms.
func judgeChannel(what string, s standing) (store.Grade, string) {
	switch {
	case !s.admin():
		return store.Wrong, what + ": the bot is no administrator of it, so it can't post: make it one, with the right Post Messages alone"
	case !s.CanPost:
		return store.Wrong, what + ": the bot may not post: give it the right Post Messages"
	case s.CanEdit:
		return store.Wrong, what + ": take the right Edit Messages of Others away from the bot: a post whose fate is unknown is looked for by an edit that changes nothing, " +
			"but with that right it would land on an editor's post, so the bot does not look, and such a post may come twice or not at all"
	}
	return store.Well, what + ", in which the bot may post, and not edit what others posted"
}

// judgeGroup says whether the bot may write in a group, and whether it sees
// what stands there.
func judgeGroup(what string, bot me, chat examined, s standing) (store.Grade, string) {
	silent := func(can *bool) bool { return can != nil && !*can }
	switch {
	case s.admin():
		return store.Well, what + ", of which the bot is an administrator"
	case s.Status == "restricted" && silent(s.CanSend):
		return store.Wrong, what + ": the bot is restricted and may not write: lift that, or make it an administrator"
	case silent(chat.Permissions.CanSend):
		return store.Wrong, what + ": only administrators may write in it: make the bot one, or let members send messages"
	case !bot.ReadsAll:
		return store.Note, what + ": the bot is no administrator and privacy mode is on, so it does not see the ids of all messages: a post whose fate is unknown after a crash may not be found, " +
			"and is then sent again or held, as the channel's key uncertain says: make the bot an administrator, or switch privacy mode off (@BotFather, /setprivacy) and add the bot anew"
	}
	return store.Well, what + ", in which the bot sees all messages, since privacy mode is off"
}

// notFound says why a chat is not to be had, and what to do. A group that became
// a supergroup is examined as that.
func (t *Telegram) notFound(ctx context.Context, bot me, c store.Chat, err error) (store.Grade, string) {
	var e *tgbotapi.Error
	if !errors.As(err, &e) {
		return store.Wrong, fmt.Sprintf("chat %s: %s", c.ID, unexamined(err))
	}
	if moved := fmt.Sprint(e.MigrateToChatID); e.MigrateToChatID <= supergroups && !hasOwnSequence(c) {
		grade, text := t.examineChat(ctx, bot, store.Chat{Platform: c.Platform, ID: moved, Thread: c.Thread})
		if grade == store.Well {
			grade = store.Note
		}
		return grade, fmt.Sprintf("group %s became a supergroup: put its new id %s into the configuration; there: %s", c.ID, moved, text)
	}
	is := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(e.Message, w) {
				return true
			}
		}
		return false
	}
	todo := ""
	switch {
	case is("bot was blocked"):
		todo = "the reader has blocked the bot, and has to unblock it"
	case is("user is deactivated"):
		todo = "the reader's account is gone: take the channel out of the configuration"
	case c.Private() && is("chat not found", "can't initiate conversation", "PEER_ID_INVALID"):
		todo = "the reader has to press Start in the chat with the bot first, or the id is wrong"
	case is(gone...), is("inaccessible", "CHANNEL_PRIVATE"):
		todo = "check the id, and add the bot, in a channel as an administrator with the right Post Messages alone"
	default:
		return store.Wrong, fmt.Sprintf("chat %s: %s", c.ID, unexamined(err))
	}
	return store.Wrong, fmt.Sprintf("chat %s is not to be had: %s (%v)", c.ID, todo, err)
}
