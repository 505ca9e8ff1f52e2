package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"briefbot/store"
)

// Send makes the request of a part.
func (t *Telegram) Send(ctx context.Context, d store.Delivery, part int) store.Verdict {
	if raw, ok := asRecorded(d, part); ok {
		var s sent
		if err := t.api.send(ctx, requestTimeout, "sendMessage", raw, &s); err != nil {
			return t.verdict(ctx, d.Chat, err)
		}
		return store.Verdict{Message: fmt.Sprint(s.ID)}
	}
	p, err := body(d, part)
	if err != nil {
		return store.Verdict{Outcome: store.Refused, Reason: err.Error()}
	}
	switch {
	case p.whispers() && d.Chat.Private():
		p.moved()
	case p.whispers() && inTime(d, part):
		return t.sendAlone(ctx, d, p)
	case p.whispers() && d.Parts[part].Beside:
		return store.Verdict{Outcome: store.Refused, Aloud: true, Reason: "it came too late to be for its asker alone"}
	case p.whispers():
		if to := p.hearer().User; !p.aloud() {
			return store.Verdict{
				Outcome: store.Refused, Elsewhere: store.Chat{Platform: store.Telegram, ID: fmt.Sprint(to)},
				Reason: "it is for its asker alone, and can't be so in the group any more",
			}
		}
	}
	s, v := t.post(ctx, d, p)
	if v.Outcome != store.Delivered {
		return v
	}
	return store.Verdict{Outcome: store.Delivered, Message: fmt.Sprint(s.ID)}
}

// sent is what a send gives back.
type sent struct {
	ID      int64 `json:"message_id"`
	Whisper int64 `json:"ephemeral_message_id"`
}

// post sends a message in the form that it has.
func (t *Telegram) post(ctx context.Context, d store.Delivery, p params) (s sent, v store.Verdict) {
	switch {
	case p["rich_message"] == nil:
		if err := t.api.call(ctx, "sendMessage", p, &s); err != nil {
			return s, t.verdict(ctx, d.Chat, err)
		}
	case t.classic.Load():
		return s, t.declined(ctx, d, errClassic)
	default:
		if err := t.api.call(ctx, "sendRichMessage", p, &s); err != nil {
			return s, t.declined(ctx, d, err)
		}
	}
	return s, v
}

// Edit makes a message that is out what the part's body says.
func (t *Telegram) Edit(ctx context.Context, d store.Delivery, part int) store.Verdict {
	p, err := body(d, part)
	if err != nil {
		return store.Verdict{Outcome: store.Refused, Reason: err.Error()}
	}
	for _, only := range []string{"disable_notification", "message_thread_id", "reply_parameters"} {
		delete(p, only)
	}
	if number, ok := store.Whispered(d.Parts[part].Target); ok {
		return t.editAlone(ctx, d, p, number)
	}
	p["message_id"] = d.Parts[part].Target
	v := t.change(ctx, d, "editMessageText", p)
	for _, words := range missing {
		v.Missing = v.Missing || v.Outcome == store.Refused && strings.Contains(v.Reason, words)
	}
	return v
}

// missing are the words by which Telegram says that there is no message that can
// be changed.
var missing = []string{"message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID", "no text in the message to edit"}

// Delete takes a message away.
func (t *Telegram) Delete(ctx context.Context, d store.Delivery, part int) store.Verdict {
	return t.change(ctx, d, "deleteMessage", params{"chat_id": d.Chat.ID, "message_id": d.Parts[part].Target})
}

func (t *Telegram) change(ctx context.Context, d store.Delivery, method string, p params) store.Verdict {
	err := t.api.call(ctx, method, p, nil)
	switch {
	case err == nil, says(err, "message is not modified"), method == "deleteMessage" && says(err, "message to delete not found"):
		return store.Verdict{}
	case p["rich_message"] != nil:
		return t.declined(ctx, d, err)
	}
	return t.verdict(ctx, d.Chat, err)
}

// asRecorded gives a part's request as it stands, addressed to where its chat is now,
// if nothing in it has to be looked at: only answers are for one reader alone, and
// only rich messages hold more than what is sent.
func asRecorded(d store.Delivery, part int) (request json.RawMessage, ok bool) {
	rest, ok := bytes.CutPrefix(d.Parts[part].Body, []byte(`{"`))
	if !ok || d.Rich || d.Kind == store.AnswerDelivery {
		return nil, false
	}
	request = append(make([]byte, 0, len(rest)+64), `{"chat_id":`...)
	request, _ = jsontext.AppendQuote(request, d.Chat.ID)
	return append(append(request, `,"`...), rest...), true
}

// body gives a part's parameters, addressed to where its chat is now.
func body(d store.Delivery, part int) (params, error) {
	var recorded map[string]json.RawMessage
	if err := jsonv2.Unmarshal(d.Parts[part].Body, &recorded, asEver); err != nil {
		return nil, fmt.Errorf("read the recorded request: %w", err)
	}
	delete(recorded, "classic") // what would be sent instead
	p := params{"chat_id": d.Chat.ID}
	for name, value := range recorded {
		p[name] = value
	}
	return p, nil
}

// Repeats is 0: Telegram knows no repetition.
func (t *Telegram) Repeats(store.Delivery, int) time.Duration { return 0 }

// says reports whether an answer of the API holds the words.
func says(err error, words string) bool {
	var e *tgbotapi.Error
	return errors.As(err, &e) && strings.Contains(e.Message, words)
}

// gone are the words by which Telegram says that a chat is not to be had.
var gone = []string{
	"bot was blocked", "user is deactivated", "bot was kicked", "bot is not a member", "group chat was deleted",
	"chat not found", "not enough rights", "need administrator rights",
	"CHAT_WRITE_FORBIDDEN", "have no rights to send", "PEER_ID_INVALID",
}

// goneThread are the words that say it of one topic.
var goneThread = []string{"message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED"}

// later is how long everything waits for the operator to give a good token.
const later = 10 * time.Minute

// verdict says what an error of a request means for what it was to send.
func (t *Telegram) verdict(ctx context.Context, c store.Chat, err error) store.Verdict {
	v := store.Verdict{Outcome: store.Unknown, Reason: err.Error()}
	var e *tgbotapi.Error
	var unsent *unsentError
	switch {
	case errors.As(err, &unsent):
		v.Outcome = store.Retry
	case !errors.As(err, &e):
		// A broken connection, a time-out, a page in front of the API: it may
		// have been carried out.
	case e.Code == 429:
		v.Outcome, v.After = store.Retry, time.Duration(e.RetryAfter)*time.Second+100*time.Millisecond
	case e.Code == 401 || e.Code == 404:
		v.Outcome, v.After, v.Everywhere = store.Retry, later, true
		v.Reason = "Telegram does not know the token: " + e.Message
	case e.MigrateToChatID != 0:
		v.Outcome = store.Retry
		if moved := t.migrate(ctx, c, e.MigrateToChatID); moved != nil {
			v.Reason = moved.Error()
		}
	case e.Code >= 500:
		// The API itself says that it failed; what it did before is unknown.
	default:
		v.Outcome = store.Refused
		for _, words := range gone {
			v.Gone = v.Gone || strings.Contains(e.Message, words)
		}
		for _, words := range goneThread {
			said := strings.Contains(e.Message, words)
			v.GoneThread = v.GoneThread || said && c.Thread != 0
			v.Gone = v.Gone || said && c.Thread == 0
		}
	}
	return v
}

// migrate lets a group that became a supergroup be known by its new number.
func (t *Telegram) migrate(ctx context.Context, c store.Chat, to int64) error {
	place := store.Place{Chat: store.Chat{Platform: store.Telegram, ID: fmt.Sprint(to)}, Kind: store.TelegramSuper, Name: c.ID}
	t.log.Info("group became a supergroup", "from", c.ID, "to", to)
	c.Thread = 0
	return t.ledger.MovePending(ctx, c, place)
}

// kinds are the sorts of chat, by Telegram's words.
var kinds = map[string]store.Kind{
	"private": store.Private, "group": store.TelegramGroup, "supergroup": store.TelegramSuper, "channel": store.TelegramChannel,
}

// Resolve asks what sort of chat it is.
func (t *Telegram) Resolve(ctx context.Context, c store.Chat) (store.Place, store.Verdict) {
	var chat struct { // a private chat has no title, and its reader's name is not kept
		ID    int64  `json:"id"`
		Type  string `json:"type"`
		Title string `json:"title"`
	}
	if err := t.api.call(ctx, "getChat", params{"chat_id": c.ID}, &chat); err != nil {
		v := t.verdict(ctx, c, err)
		if v.Outcome == store.Unknown {
			v.Outcome = store.Retry // a question can be asked again
		}
		if v.Gone {
			v.Reason += ": add the bot to " + c.ID + ", in a channel as an administrator who may post messages"
		}
		return store.Place{}, v
	}
	place := store.Place{
		Chat: store.Chat{Platform: store.Telegram, ID: fmt.Sprint(chat.ID)},
		Kind: kinds[chat.Type],
		Name: chat.Title,
	}
	return place, store.Verdict{Outcome: store.Delivered}
}
