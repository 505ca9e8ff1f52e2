package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
)

// askLimit bounds how long one reader's question may hold up the others'.
const askLimit = 5 * time.Second

// asking is where a question came from.
type asking struct {
	message message // that asked, or whose button was pressed
	hearer  *hearer // who alone can be answered; nil: nobody
	turns   string  // the message that the answer may take the place of, if any
	page    int     // of the answer; 0: none was named
}

// press deals with a button. The reader's client waits for a word at once; the
// answer itself comes as a message.
func (in *inbox) press(ctx context.Context, c callback) (store.Dealt, error) {
	q := brief.Question{User: fmt.Sprint(c.From.ID), Language: c.From.Language, Button: c.Data, Asker: in.presser(c)}
	if c.Message != nil {
		q.Chat, q.Private = place(*c.Message), c.Message.Chat.Type == "private"
	}
	a, tag, err := brief.ParseAction(c.Data)
	if err != nil || c.Message == nil {
		say := in.desk.Voice(ctx, q).Naming(brief.SayOldButton, "latest")
		in.reply(ctx, params{"callback_query_id": c.ID, "text": say})
		return store.Dealt{}, nil
	}
	if c.Message.Chat.Type == "channel" {
		in.reply(ctx, params{"callback_query_id": c.ID, "url": deepLink(in.name(), a, tag)})
		return store.Dealt{}, nil
	}
	in.reply(ctx, params{"callback_query_id": c.ID})
	q.Action, q.Message = a, fmt.Sprint(c.Message.ID)
	from := asking{message: *c.Message, page: pageOf(tag)}
	if groups[c.Message.Chat.Type] && !in.loud.Load() {
		from.hearer = &hearer{User: c.From.ID, Query: c.ID}
	}
	q.Aloud = !q.Private && from.hearer == nil
	if from.turns, err = in.turns(ctx, q, *c.Message, tag); err != nil {
		return store.Dealt{}, err
	}
	return in.answer(ctx, store.Dealt{}, q, from)
}

// turns names the message with the button if another answer may take its place:
// it is an answer, and the asker's alone.
func (in *inbox) turns(ctx context.Context, q brief.Question, m message, tag string) (string, error) {
	if m.Whisper != 0 {
		return store.Whisper(fmt.Sprint(m.Whisper)), nil
	}
	if !q.Private {
		return "", nil
	}
	number, _, _ := strings.Cut(tag, ".")
	id, err := strconv.ParseUint(number, 36, 64)
	if err != nil {
		return "", nil
	}
	d, err := in.ledger.Delivery(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", nil // it is too old to be known
	case err != nil:
		return "", err
	case d.Kind != store.AnswerDelivery || d.Chat != q.Chat:
		return "", nil
	}
	return q.Message, nil
}

// reply answers a press; nobody waits for it.
func (in *inbox) reply(ctx context.Context, p params) {
	in.parts.Go(func() {
		if err := in.api.call(ctx, "answerCallbackQuery", p, nil); err != nil && ctx.Err() == nil {
			in.log.Warn("a press was not answered", "err", err)
		}
	})
}

// answer asks the desk. What it says is recorded with the update; the outbox sends
// it.
func (in *inbox) answer(ctx context.Context, dealt store.Dealt, q brief.Question, from asking) (store.Dealt, error) {
	limited, cancel := context.WithTimeout(ctx, askLimit)
	a := in.desk.Answer(limited, q)
	cancel()
	if ctx.Err() != nil {
		return dealt, ctx.Err()
	}
	if a.Quiet {
		return dealt, nil
	}
	d := store.Delivery{Chat: q.Chat, Planned: time.Now(), Rich: in.wantsRich(ctx, q), Farewell: a.Farewell}
	if a.Story.ID != "" {
		d.Stories = []store.Ref{a.Story}
	}
	var f answering
	if q.Private || from.hearer != nil {
		f.page = func(all []sheet) []sheet { return leaf(all, a.Again, from.page) }
	}
	if from.hearer != nil {
		f.alter = func(p params) { from.hearer.whisper(p, from.message) }
	}
	if !q.Private {
		d.ReplyTo, d.Lasts = from.message.spot().Message, in.lasts
	}
	dealt.Answer = &d
	dealt.Render = func(d store.Delivery) ([]store.Part, error) {
		bodies, err := in.requests(kinds[from.message.Chat.Type], d, a.Message, f)
		if err != nil {
			return nil, err
		}
		parts := make([]store.Part, len(bodies))
		for i := range bodies {
			parts[i].Body = bodies[i]
		}
		if len(parts) == 1 && (a.Turn || from.page > 0) {
			parts[0].Target = from.turns
		}
		return parts, nil
	}
	return dealt, nil
}

// An answer that is longer than a message is shown page by page where it is its
// asker's alone: with buttons that ask for it again, and name the page in their tag.

// leaf is one page of an answer's sheets; all of them, if there is no button that
// asks for the answer again.
func leaf(sheets []sheet, again brief.Action, page int) []sheet {
	if len(sheets) < 2 || again.Verb == "" {
		return sheets
	}
	page = min(max(page, 1), len(sheets))
	s := sheets[page-1]
	s.buttons = sheets[len(sheets)-1].buttons
	s.again, s.page, s.pages = again, page, len(sheets)
	return []sheet{s}
}

// pageTag is the tag of a button that turns to a page.
func pageTag(tag string, page int) string { return tag + "." + strconv.Itoa(page) }

// pageOf is the page that a tag names; 0 if it names none.
func pageOf(tag string) int {
	parts := strings.Split(tag, ".")
	if len(parts) != 3 {
		return 0
	}
	page, err := strconv.Atoi(parts[2])
	if err != nil {
		return 0
	}
	return max(0, page)
}

// turning is the row of buttons that turn to the other pages.
func (s sheet) turning(tag string) []key {
	if s.pages < 2 {
		return nil
	}
	to := func(label string, page int) key { return key{Text: label, Data: s.again.Data(pageTag(tag, page))} }
	var row []key
	if s.page > 1 {
		row = append(row, to("‹", s.page-1))
	}
	row = append(row, to(fmt.Sprintf("%d/%d", s.page, s.pages), s.page))
	if s.page < s.pages {
		row = append(row, to("›", s.page+1))
	}
	return row
}
