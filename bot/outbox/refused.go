package outbox

import (
	"context"
	"math/rand/v2"
	"time"

	"briefbot/store"
)

const (
	// refusals is how often in a row a chat must not be had to be paused: one
	// odd refusal must not stop it.
	refusals = 3
	// refusedRetry is how soon a chat that refused is tried again; it doubles.
	refusedRetry = time.Minute
	// pausedRetry is how soon a paused chat is tried without a sign that it is
	// back; it doubles up to maxPausedRetry.
	pausedRetry    = time.Hour
	maxPausedRetry = 24 * time.Hour
	// pausedLook is how often it is looked which paused chats are to be tried.
	pausedLook = 5 * time.Minute
)

// refused takes up a chat, or a topic, that is not to be had: it is tried again
// soon, and paused when that is certain.
func (d *dispatcher) refused(ctx context.Context, dl store.Delivery, v store.Verdict) error {
	chat := dl.Chat
	if !v.GoneThread {
		chat.Thread = 0
	}
	now := time.Now()
	was, err := d.Store.PauseOf(ctx, dl.Chat)
	if err != nil && !isNotFound(err) {
		return err
	}
	tried := err == nil
	if limit := tooLate(dl); now.Sub(dl.Planned) > limit {
		return d.giveUp(ctx, dl, "the chat could not be had within "+limit.String()+": "+v.Reason)
	}
	wait := max(v.After, refusedRetry<<min(dl.Refusals, refusals))
	d.Log.Warn("chat refuses", d.about(dl, "reason", v.Reason, "retry_in", wait)...)
	err = d.change(ctx, dl, func(dl *store.Delivery) {
		if dl.State == store.Claimed {
			dl.State = store.Planned
		}
		dl.Attempts++
		dl.Refusals++
		putOff(dl, now, wait)
		dl.Reason = v.Reason
	})
	if err != nil || dl.Refusals+1 < refusals && !tried {
		return err
	}
	p := store.Pause{Chat: chat, Since: now, Reason: v.Reason}
	if place, err := d.Store.Place(ctx, chat); err == nil {
		p.Guild = place.Guild
	}
	if tried {
		p.Since, p.Tries = was.Since, was.Tries
	}
	p.Retry = now.Add(pauseFor(p.Tries))
	d.Log.Error("chat paused: nothing is posted there until it is back", d.about(dl, "reason", v.Reason, "retry_at", p.Retry)...)
	return d.Store.PauseChat(ctx, p)
}

// pauseFor is how long a chat that was tried so often is left alone, with some
// chance in it so that not all come at once.
func pauseFor(tries int) time.Duration {
	wait := min(maxPausedRetry, pausedRetry<<min(tries, 10))
	return wait + rand.N(wait/4+1)
}

// retryPaused tries paused chats now and then, until ctx ends: an operator who
// mended one need do nothing else.
func (d *dispatcher) retryPaused(ctx context.Context) {
	for {
		if sleep(ctx, pausedLook) != nil {
			return
		}
		all, err := d.Store.Paused(ctx, d.name)
		if err != nil {
			if ctx.Err() == nil {
				d.Log.Error("paused chats are not tried", "platform", d.name, "err", err)
			}
			continue
		}
		now := time.Now()
		for _, p := range all {
			if p.Trial || now.Before(p.Retry) && p.Retry.Sub(now) <= 2*maxPausedRetry {
				continue
			}
			d.Log.Info("paused chat is tried", "platform", d.name, "chat", p.Chat.ID, "paused_since", p.Since)
			if _, err := d.Store.ResumeChat(ctx, p.Chat, true); err != nil && ctx.Err() == nil {
				d.Log.Error("paused chat is not tried", "platform", d.name, "chat", p.Chat.ID, "err", err)
			}
		}
	}
}
