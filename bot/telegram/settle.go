package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"briefbot/store"
)

// Settle looks for a part whose outcome is unknown, without anybody noticing: it
// sets a message's keyboard to what ours has. "Not modified" says that it is
// ours; anything else changes nothing, as long as the bot may not edit what
// others wrote.
func (t *Telegram) Settle(ctx context.Context, d store.Delivery, part int, further func() error) store.Verdict {
	p, err := body(d, part)
	if err != nil || !p.whispers() || d.Parts[part].Doubt || d.Parts[part].Aloud {
		return t.look(ctx, d, part, maxAbsent, math.MaxInt64, further)
	}
	alone := store.Verdict{Outcome: store.Unknown, Reason: "it was for its asker alone, and can't be looked for"}
	// What went beside others is never looked for: the look could come upon one of
	// them that is in doubt as well, and take it for this one.
	if t.hushed.Load() || d.Parts[part].Beside {
		alone.Aloud = true
		return alone
	}
	// A server that does not know better said it aloud. Else who it was for may
	// have seen it.
	v := t.look(ctx, d, part, maxAbsent, math.MaxInt64, further)
	if v.Outcome == store.Absent {
		return alone
	}
	return v
}

// Second looks for another message with the part's keyboard than the recorded
// one: among the ids that were given since before it was sent first, up to the
// highest that is known, or to the last: a probe of another part's copy would give
// it this one's buttons.
func (t *Telegram) Second(ctx context.Context, d store.Delivery, part int, last string, further func() error) store.Verdict {
	top, ok := number(last)
	if !ok {
		top = math.MaxInt64
	}
	return t.look(ctx, d, part, 0, top, further)
}

// look looks through the messages behind those that were known when a part was
// sent, and beyond the highest one known for so many more, but no further than the
// last.
func (t *Telegram) look(ctx context.Context, d store.Delivery, part, beyond int, last int64, further func() error) store.Verdict {
	unknown := func(format string, args ...any) store.Verdict {
		return store.Verdict{Outcome: store.Unknown, Reason: fmt.Sprintf(format, args...)}
	}
	retry := func(err error) store.Verdict {
		return store.Verdict{Outcome: store.Retry, Reason: err.Error()}
	}
	if !t.current.Load() {
		// What others wrote meanwhile has to be known first.
		return retry(errUnread)
	}
	floor, ok := number(d.Parts[part].After)
	if !ok {
		return unknown("no message of the chat was known before it was sent")
	}
	sight, v, ok := t.sight(ctx, d.Chat)
	if !ok {
		return v
	}
	top := floor
	known, err := t.ledger.HighestMessage(ctx, d.Chat)
	if err != nil {
		return retry(err)
	}
	if n, ok := number(known); ok {
		top = max(top, n)
	}
	others, err := t.ledger.OthersMessages(ctx, d.Chat)
	if err != nil {
		return retry(err)
	}
	probes := 0
	for id := floor + 1; id <= min(top+int64(beyond), last); id++ {
		if slices.Contains(others, fmt.Sprint(id)) {
			continue // somebody's
		}
		_, err := t.ledger.DeliveryOfMessage(ctx, d.Chat, fmt.Sprint(id))
		if err == nil {
			continue // ours, and another
		}
		if !errors.Is(err, store.ErrNotFound) {
			return retry(err)
		}
		if probes++; probes > maxProbes {
			return unknown("not among the first %d messages behind %d", maxProbes, floor)
		}
		if probes > 1 {
			if err := further(); err != nil {
				return retry(err)
			}
		}
		switch v, who := t.probe(ctx, d, part, id); who {
		case nobody:
		case somebody:
			top = max(top, id) // the chat goes at least so far
		default:
			return v
		}
	}
	v = store.Verdict{Outcome: store.Absent, Reason: fmt.Sprintf("not among the messages %d to %d", floor+1, min(top+int64(beyond), last))}
	if sight == partial {
		v.Unsure = true
		v.Reason += ", and as long as the bot is no admin of the group it does not see all of them"
	}
	return v
}

var errUnread = errors.New("the updates that came meanwhile are not read yet")

// whose says whose message an id is.
type whose int

const (
	nobody   whose = iota // there is none
	somebody              // somebody else's
	decided               // the verdict says
)

// probe looks whether a message is the one.
func (t *Telegram) probe(ctx context.Context, d store.Delivery, part int, id int64) (store.Verdict, whose) {
	var body struct {
		Markup json.RawMessage `json:"reply_markup"`
	}
	if err := json.Unmarshal(d.Parts[part].Body, &body); err != nil {
		return store.Verdict{Outcome: store.Unknown, Reason: err.Error()}, decided
	}
	if len(body.Markup) == 0 { // it would take away what another message has
		return store.Verdict{Outcome: store.Unknown, Reason: "it has no buttons by which it could be known"}, decided
	}
	err := t.api.call(ctx, "editMessageReplyMarkup", params{"chat_id": d.Chat.ID, "message_id": id, "reply_markup": body.Markup}, nil)
	switch {
	case err == nil:
		t.log.Error("a message of the bot's that was not on record got another's buttons", "chat", d.Chat.ID, "message", id)
		return store.Verdict{Outcome: store.Unknown, Reason: fmt.Sprintf("message %d is the bot's, and not the one", id)}, decided
	case says(err, "message is not modified"):
		return store.Verdict{Outcome: store.Delivered, Message: fmt.Sprint(id)}, decided
	case says(err, "message to edit not found"), says(err, "MESSAGE_ID_INVALID"):
		return store.Verdict{}, nobody
	case says(err, "message can't be edited"):
		return store.Verdict{}, somebody
	}
	v := t.verdict(ctx, d.Chat, err)
	v.Outcome = store.Retry // looking again does no harm
	return v, decided
}

// sight is how much of a chat the bot sees.
type sight int

const (
	whole   sight = iota
	partial       // not what others write
)

// sight says what the bot sees of a chat; false if looking there is not safe, or
// proves nothing: in a channel, a bot that may edit others' posts would put its
// buttons on them, and one that lost its rights is told of its own messages what
// it is told of others'.
func (t *Telegram) sight(ctx context.Context, c store.Chat) (sight, store.Verdict, bool) {
	if c.Private() {
		return whole, store.Verdict{}, true
	}
	var rights struct {
		Status  string `json:"status"`
		CanEdit bool   `json:"can_edit_messages"`
		CanPost *bool  `json:"can_post_messages"`
	}
	err := t.api.call(ctx, "getChatMember", params{"chat_id": c.ID, "user_id": t.account().ID}, &rights)
	if err != nil {
		v := t.verdict(ctx, c, err)
		v.Outcome = store.Retry
		return whole, v, false
	}
	admin := rights.Status == "administrator" || rights.Status == "creator"
	switch {
	case rights.CanEdit:
		return whole, store.Verdict{
			Outcome: store.Unknown,
			Reason:  "the bot may edit others' messages here, so it can't look for its own safely: take that right away from it",
		}, false
	case rights.Status == "left" || rights.Status == "kicked", rights.CanPost != nil && !*rights.CanPost:
		return whole, store.Verdict{Outcome: store.Retry, Reason: "the bot has lost its rights here, so it can't look for its message"}, false
	case !admin && !t.account().ReadsAll:
		return partial, store.Verdict{}, true
	}
	return whole, store.Verdict{}, true
}
