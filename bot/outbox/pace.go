package outbox

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"briefbot/bot/config"
	"briefbot/store"
)

// limiter makes a token bucket of a rate. Its depth is a second's worth, or
// one: a platform that counts in windows must not see a minute's worth at once.
func limiter(r config.Rate) *rate.Limiter {
	if r.Count <= 0 {
		return nil
	}
	perSecond := r.Count / r.Per.Seconds()
	return rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
}

// pace holds requests back so that a platform's limits are not met.
type pace struct {
	rates config.Rates
	all   *rate.Limiter
	mu    sync.Mutex
	chats map[store.Chat]*chatPace // guarded by mu
	until time.Time                // guarded by mu: the whole bot's pause
}

type chatPace struct {
	chat, group *rate.Limiter
	used        time.Time
}

func newPace(r config.Rates) *pace {
	return &pace{rates: r, all: limiter(r.All), chats: map[store.Chat]*chatPace{}}
}

// wait returns when the next request in the chat may be made.
func (p *pace) wait(ctx context.Context, c store.Chat, place store.Place) error {
	if err := p.sitOut(ctx); err != nil {
		return err
	}
	limiters := []*rate.Limiter{p.all}
	if cp := p.chat(c); cp != nil {
		limiters = append(limiters, cp.chat)
		if place.Kind != store.Private && !c.Private() {
			limiters = append(limiters, cp.group)
		}
	}
	for _, l := range limiters {
		if l == nil {
			continue
		}
		if err := l.Wait(ctx); err != nil {
			return context.Canceled // the deadline of nobody: ctx ended
		}
	}
	return nil
}

// pause stops everything for a while.
func (p *pace) pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.until) {
		p.until = until
	}
}

func (p *pace) sitOut(ctx context.Context) error {
	p.mu.Lock()
	rest := time.Until(p.until)
	p.mu.Unlock()
	if rest <= 0 {
		return nil
	}
	select {
	case <-time.After(rest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxIdleChats is how many chats' limiters are kept before those that no longer
// hold anything back are dropped.
const maxIdleChats = 10_000

func (p *pace) chat(c store.Chat) *chatPace {
	if p.rates.Chat.Count <= 0 && p.rates.Group.Count <= 0 {
		return nil
	}
	c.Thread = 0
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	cp := p.chats[c]
	if cp == nil {
		if len(p.chats) >= maxIdleChats {
			p.forget(now)
		}
		cp = &chatPace{chat: limiter(p.rates.Chat), group: limiter(p.rates.Group)}
		p.chats[c] = cp
	}
	cp.used = now
	return cp
}

// forget drops limiters that are full again.
func (p *pace) forget(now time.Time) {
	full := max(p.rates.Chat.Per, p.rates.Group.Per, time.Second)
	for c, cp := range p.chats {
		if now.Sub(cp.used) > full {
			delete(p.chats, c)
		}
	}
}
