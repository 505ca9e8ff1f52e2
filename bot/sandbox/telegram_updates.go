package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// tgKept is how long updates are kept for a bot that does not ask.
const tgKept = 24 * time.Hour

// update gives the bot an update. The caller holds t.mu.
func (t *Telegram) update(kind string, body any) {
	if len(t.allowed) > 0 && !slices.Contains(t.allowed, kind) {
		return
	}
	t.lastUpdate++
	// What the bot gets is what there was then, not what becomes of it.
	t.updates = append(t.updates, tgUpdate{ID: 5_000_000 + t.lastUpdate, at: t.o.Now(), kind: kind, body: raw(body)})
	close(t.news)
	t.news = make(chan struct{})
}

// getUpdates is the long poll.
func (t *Telegram) getUpdates(ctx context.Context, c *tgCall) reply {
	t.mu.Lock()
	if t.pollers > 0 || t.webhook != "" {
		t.mu.Unlock()
		return (&tgError{code: http.StatusConflict, text: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}).reply()
	}
	t.pollers++
	defer func() {
		t.mu.Lock()
		t.pollers--
		t.mu.Unlock()
	}()
	if s := c.form.Get("allowed_updates"); s != "" {
		var all []string
		if json.Unmarshal([]byte(s), &all) == nil {
			t.allowed = all
		}
	}
	offset, _ := strconv.Atoi(c.form.Get("offset"))
	t.updates = slices.DeleteFunc(t.updates, func(u tgUpdate) bool {
		return u.ID < offset || t.o.Now().Sub(u.at) > tgKept
	})
	limit, _ := strconv.Atoi(c.form.Get("limit"))
	if limit < 1 || limit > 100 {
		limit = 100
	}
	seconds, _ := strconv.Atoi(c.form.Get("timeout"))
	wait := time.NewTimer(min(max(0, time.Duration(seconds)*time.Second), t.o.Poll))
	defer wait.Stop()
	for len(t.updates) == 0 {
		news := t.news
		t.mu.Unlock()
		over := false
		select {
		case <-news:
		case <-wait.C:
			over = true
		case <-ctx.Done():
			over = true
		case <-t.closed:
			over = true
		}
		t.mu.Lock()
		if over {
			break
		}
	}
	defer t.mu.Unlock()
	all := []map[string]any{}
	for _, u := range t.updates[:min(limit, len(t.updates))] {
		all = append(all, map[string]any{"update_id": u.ID, u.kind: u.body})
	}
	return tgOK(all)
}

// tgRates counts what the bot sends.
type tgRates struct {
	limits TelegramLimits
	all    []time.Time
	chats  map[int64][]time.Time
}

// take counts a message, or says how long the bot has to wait. What only one user
// sees is no message of the chat.
func (r *tgRates) take(c *tgChat, whisper bool, now time.Time) time.Duration {
	if r.limits == (TelegramLimits{}) {
		return 0
	}
	if r.chats == nil {
		r.chats = map[int64][]time.Time{}
	}
	mine := r.chats[c.ID]
	if w := over(r.all, r.limits.All, time.Second, now); w > 0 {
		return w
	}
	if whisper {
		r.all = append(recent(r.all, time.Second, now), now)
		return 0
	}
	if w := over(mine, r.limits.Chat, time.Second, now); w > 0 {
		return w
	}
	if c.Type != "private" {
		if w := over(mine, r.limits.Group, time.Minute, now); w > 0 {
			return w
		}
	}
	r.all = append(recent(r.all, time.Second, now), now)
	r.chats[c.ID] = append(recent(mine, time.Minute, now), now)
	return 0
}

// over says how long until another one fits within a window.
func over(at []time.Time, most int, window time.Duration, now time.Time) time.Duration {
	if most <= 0 || len(at) < most {
		return 0
	}
	// The server counts more coarsely than a bot can know; a twentieth of the
	// window is let pass.
	return at[len(at)-most].Add(window - window/20).Sub(now)
}

func recent(at []time.Time, window time.Duration, now time.Time) []time.Time {
	for len(at) > 0 && now.Sub(at[0]) > window {
		at = at[1:]
	}
	return at
}
