package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"briefbot/store"
)

// In a group, an answer is sent so that only its asker sees it, which the API calls
// ephemeral. It is recorded, claimed and sent as every answer is, but can't be
// looked for: it has no number among the chat's messages. So it is tried once. If
// Telegram refuses it, the same answer is sent aloud, as a reply that all see; if
// what became of it stays unknown, too, when the time to look for it has come, by
// when it could not be sent to the asker alone any more. The worst is that the asker
// sees it twice, once alone and once with the others; no reader is left without an
// answer, and from there on it is looked for as every message is. What only the asker
// and the bot saw asked is said in the private chat in place of aloud: others would
// not know what it is about, and it may be the asker's own concern.
//
// A server that knows no such messages sends the request aloud at once, and what it
// gives back tells so.

// groups are the sorts of chat where one can be answered alone.
var groups = map[string]bool{"group": true, "supergroup": true}

// whisperLife is how long after a question its asker can be answered alone:
// Telegram's 15 s, but for some that the way takes.
const whisperLife = 14 * time.Second

// hearer is who alone is to see an answer, as the API wants to be told.
type hearer struct {
	User  int64  `json:"receiver_user_id"`
	Query string `json:"callback_query_id,omitempty"` // the press, if it was one
}

// hearer is who can be answered alone: who asked in a group, by a name of his own.
func (in *inbox) hearer(m message) *hearer {
	alone := m.Whisper != 0 || !in.loud.Load()
	if !groups[m.Chat.Type] || m.From == nil || m.SenderChat != nil || !alone {
		return nil
	}
	return &hearer{User: m.From.ID}
}

// whisper has a request's message seen by the hearer alone.
func (h *hearer) whisper(p params, asked message) {
	p["ephemeral_message_parameters"] = h
	switch {
	case asked.Whisper == 0:
		// Each part says what it answers, not the first alone: else it could be
		// anybody's.
		p["reply_parameters"] = replyTo(asked.ID)
	case h.Query == "":
		p["reply_parameters"] = map[string]any{"ephemeral_message_id": asked.Whisper}
	}
}

// whispers reports whether a recorded request is for one reader alone.
func (p params) whispers() bool { return p["ephemeral_message_parameters"] != nil }

// hearer is who alone is to see the request's message.
func (p params) hearer() (h hearer) {
	if raw, ok := p["ephemeral_message_parameters"].(json.RawMessage); ok {
		json.Unmarshal(raw, &h) // as it was recorded
	}
	return h
}

// aloud has a request's message seen by all; false if all did not see what it
// answers.
func (p params) aloud() bool {
	delete(p, "ephemeral_message_parameters")
	var to struct {
		Whisper int64 `json:"ephemeral_message_id"`
	}
	if raw, ok := p["reply_parameters"].(json.RawMessage); ok {
		json.Unmarshal(raw, &to) // as it was recorded
	}
	if to.Whisper != 0 {
		delete(p, "reply_parameters")
	}
	return p["reply_parameters"] != nil
}

// moved makes a group's request one for the private chat.
func (p params) moved() {
	for _, only := range []string{"ephemeral_message_parameters", "reply_parameters", "message_thread_id"} {
		delete(p, only)
	}
}

// Whispers reports whether a part, if it is sent now, is seen by one reader alone:
// only where the server has shown that it does not say it aloud.
func (t *Telegram) Whispers(d store.Delivery, part int) bool {
	if !t.hushed.Load() || d.Chat.Private() {
		return false
	}
	if _, ok := store.Whispered(d.Parts[part].Target); ok {
		return true
	}
	p, err := body(d, part)
	return err == nil && p.whispers() && inTime(d, part)
}

// inTime reports whether a part may still be tried for its hearer alone.
func inTime(d store.Delivery, part int) bool {
	p, age := d.Parts[part], time.Since(d.Planned)
	return !p.Doubt && !p.Aloud && age >= 0 && age <= whisperLife
}

// sendAlone sends a message that its hearer alone sees.
func (t *Telegram) sendAlone(ctx context.Context, d store.Delivery, p params) store.Verdict {
	s, v := t.post(ctx, d, p)
	if v.Outcome != store.Delivered {
		v.Aloud = v.Outcome == store.Refused && !v.Gone && !v.GoneThread && !v.Form
		return v
	}
	if s.ID == 0 {
		t.hushed.Store(true)
		return store.Verdict{Message: store.Whisper(fmt.Sprint(s.Whisper))}
	}
	t.sayAloud()
	return store.Verdict{Message: fmt.Sprint(s.ID)}
}

// sayAloud notes that the server knows no messages for one reader alone.
func (t *Telegram) sayAloud() {
	if !t.loud.Swap(true) {
		t.log.Info("the API server knows no messages that only one reader sees: answers in groups are seen by all")
	}
}

// editAlone changes a message that one reader sees.
func (t *Telegram) editAlone(ctx context.Context, d store.Delivery, p params, number string) store.Verdict {
	p["receiver_user_id"], p["ephemeral_message_id"] = p.hearer().User, number
	delete(p, "ephemeral_message_parameters")
	v := t.change(ctx, d, "editEphemeralMessageText", p)
	// Whatever is the matter with it: it goes away by itself in time.
	v.Missing = v.Outcome == store.Refused && !v.Gone && !v.GoneThread && !v.Form
	return v
}
