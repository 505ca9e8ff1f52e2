package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"briefbot/store"
)

// removedRetry is how long a chat that removed the bot is left alone, if nothing
// tells that the bot is back.
const removedRetry = 24 * time.Hour

// standing deals with a change of what the bot is in a chat: where it was
// removed, nothing is posted until it is back.
func (in *inbox) standing(ctx context.Context, m member) error {
	c := store.Chat{Platform: store.Telegram, ID: fmt.Sprint(m.Chat.ID)}
	in.log.Info("the bot's standing changed", "chat", c.ID, "kind", m.Chat.Type, "status", m.New.Status)
	if m.New.Status != "left" && m.New.Status != "kicked" {
		return in.back(ctx, c)
	}
	_, err := in.ledger.Place(ctx, c)
	if errors.Is(err, store.ErrNotFound) {
		return nil // nothing was ever posted there
	}
	if err != nil {
		return err
	}
	now := time.Now()
	reason := "the bot was removed from the chat"
	if m.Chat.Type == "private" {
		reason = "the reader blocked the bot"
	}
	in.log.Error("chat paused: nothing is posted there until the bot is back", "chat", c.ID, "reason", reason)
	return in.ledger.PauseChat(ctx, store.Pause{Chat: c, Since: now, Reason: reason, Retry: now.Add(removedRetry)})
}

// heard notes the signs of life that a message is: a reader who writes to the
// bot has not blocked it, and a topic that was opened again takes posts.
func (in *inbox) heard(ctx context.Context, m message) error {
	switch {
	case m.Reopened != nil:
		c := place(m)
		c.Thread = m.Thread
		return in.back(ctx, c)
	case m.Chat.Type == "private":
		return in.back(ctx, place(m))
	}
	return nil
}

// back lets a chat that was paused have what waits for it.
func (in *inbox) back(ctx context.Context, c store.Chat) error {
	if _, err := in.ledger.PauseOf(ctx, c); errors.Is(err, store.ErrNotFound) {
		return nil // as nearly always, and cheap to know
	}
	was, err := in.ledger.ResumeChat(ctx, c, false)
	if was && err == nil {
		in.log.Info("chat resumed", "chat", c.ID, "thread", c.Thread)
	}
	return err
}
