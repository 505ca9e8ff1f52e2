package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// wanted are the kinds of updates that the bot lives on. The server remembers
// what it was told last, so they are always sent.
var wanted = []string{"message", "channel_post", "callback_query", "inline_query", "my_chat_member"}

const (
	maxBackoff = time.Minute
	// rivalWait is how long another copy of the bot is given to end.
	rivalWait = 10 * time.Second
	// fullBatch is how many updates come at most together: then there may be
	// more.
	fullBatch = 100
)

// receive takes updates until ctx ends. An update is confirmed to Telegram by
// asking for those behind it, which happens only after it was dealt with and
// that was recorded.
func (t *Telegram) receive(ctx context.Context, parts *sync.WaitGroup) error {
	account := fmt.Sprintf("telegram:%d", t.account().ID)
	next, err := t.ledger.Offset(ctx, account)
	if err != nil {
		return fmt.Errorf("read how far the updates were dealt with: %w", err)
	}
	in := &inbox{Telegram: t, account: account, next: next, parts: parts}
	for wait := time.Second; ctx.Err() == nil; {
		updates, err := t.updates(ctx, in.next)
		if err == nil {
			if err = in.take(ctx, updates); err == nil {
				if len(updates) < fullBatch {
					t.current.Store(true)
				}
				wait = time.Second
				continue
			}
		}
		t.current.Store(false)
		if ctx.Err() != nil {
			break
		}
		if badToken(err) {
			return fmt.Errorf("%w (%w)", ErrToken, err)
		}
		d := t.complain(err, wait)
		wait = min(2*wait, maxBackoff)
		pause(ctx, d)
	}
	return nil
}

// complain logs why there are no updates, and says how long to wait.
func (t *Telegram) complain(err error, wait time.Duration) time.Duration {
	d := wait/2 + rand.N(wait)
	var e *tgbotapi.Error
	if errors.As(err, &e) {
		switch e.Code {
		case 409:
			t.log.Error("another copy of this bot, or a webhook, takes the updates: end it, or give this bot a token of its own", "err", err, "retry_in", rivalWait)
			return rivalWait
		case 429:
			d = max(d, time.Duration(e.RetryAfter)*time.Second)
		}
	}
	t.log.Warn("no updates", "err", err, "retry_in", d)
	return d
}

// updates asks for what came. As long as there is more than is known of, it does
// not wait for it.
func (t *Telegram) updates(ctx context.Context, next int) ([]json.RawMessage, error) {
	poll := t.poll
	if !t.current.Load() {
		poll = 0
	}
	var all []json.RawMessage
	err := t.api.callFor(ctx, poll+requestTimeout, "getUpdates", params{
		"offset": next, "timeout": int(poll.Seconds()), "allowed_updates": wanted,
	}, &all)
	return all, err
}
