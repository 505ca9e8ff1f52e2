package outbox

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"briefbot/bot/config"
	"briefbot/store"
)

// Pace says when requests may be made so that a platform's limits are not met:
// what the whole bot may send, and what one chat may get.
type Pace struct {
	rates config.Rates
	all   *rate.Limiter // spreads requests over time; nil: no limit
	late  int           // what all allows at once only when it was late
	total *budget       // holds the limit; nil: none

	mu    sync.Mutex
	until time.Time                // guarded by mu: the whole bot's pause
	chats map[store.Chat]*chatPace // guarded by mu
	crowd int                      // guarded by mu: at so many chats the quiet ones are forgotten
}

const (
	// spurt is how much of its rate a bot may make up for when it was late: timers
	// and transactions are not exact, and what is lost at a high rate adds up.
	spurt = 100 * time.Millisecond
	// atOnce is how much of it a bot that had a rest begins with: whatever it sends
	// at once is missing at the end of the second, when readers may ask.
	atOnce = 10 * time.Millisecond
)

// NewPace makes the pace of a platform with such rates.
func NewPace(r config.Rates) *Pace {
	p := &Pace{rates: r, chats: map[store.Chat]*chatPace{}, crowd: minCrowd}
	if r.All.Count > 0 {
		perSecond := r.All.Count / r.All.Per.Seconds()
		within := func(d time.Duration) int { return max(1, int(perSecond*d.Seconds())) }
		p.all = rate.NewLimiter(rate.Limit(perSecond), within(spurt))
		p.late = within(spurt) - within(atOnce)
		most := max(1, int(r.All.Count))
		p.total = &budget{most: most, per: time.Duration(float64(most) / perSecond * float64(time.Second))}
	}
	return p
}

// next is when the whole bot's next request can be let go. One that is urgent can be
// earlier than a post.
func (p *Pace) next(now time.Time, urgent bool) time.Time {
	p.mu.Lock()
	at := p.until
	p.mu.Unlock()
	if p.all != nil {
		lead := ahead
		if urgent {
			lead = aheadOfPosts
		}
		if missing := 1 - p.all.TokensAt(now); missing > 0 {
			wait := time.Duration(missing/float64(p.all.Limit())*float64(time.Second)) + time.Nanosecond
			at = later(at, now.Add(wait-lead))
		}
		at = later(at, p.total.next(now, lead))
	}
	return at
}

// take counts a request of the whole bot, and gives the slot that it has.
func (p *Pace) take(now time.Time, urgent bool) *slot {
	if p.all == nil {
		return &slot{}
	}
	if p.total.rests(now) {
		p.all.AllowN(now, p.late)
	}
	return p.total.take(now.Add(p.all.ReserveN(now, 1).DelayFrom(now)), urgent)
}

// leave waits until the slot's request may be made.
func (p *Pace) leave(s *slot) {
	if p.total != nil {
		p.total.leave(s)
	}
}

// within has a request made in its slot.
func (p *Pace) within(s *slot, request func() store.Verdict) store.Verdict {
	if p.total == nil {
		return request()
	}
	p.total.leave(s)
	defer p.total.back(s)
	return request()
}

// in is within for a request that counts as a message in the chat.
func (p *Pace) in(c store.Chat, s *slot, request func() store.Verdict) store.Verdict {
	return p.within(s, func() store.Verdict {
		p.count(c)
		return request()
	})
}

// Own has a request made that the platform's adapter makes for itself, and that
// counts as all others do. It is urgent, as there are few, but made in its turn.
func (p *Pace) Own(ctx context.Context, request func() error) error {
	if p.total == nil {
		return request()
	}
	s := p.take(time.Now(), true)
	select {
	case <-ctx.Done():
		return ctx.Err() // the slot is free again in time
	case <-time.After(time.Until(s.from)):
	}
	p.total.leave(s)
	defer p.total.back(s)
	return request()
}

// pause stops everything for a while.
func (p *Pace) pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = later(p.until, time.Now().Add(d))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// chatPace is what one chat got lately.
type chatPace struct {
	chat, group window
	until       time.Time // the chat's pause
	used        time.Time
}

// free is when the chat may get its next message.
func (p *Pace) free(c store.Chat) time.Time {
	c.Thread = 0
	p.mu.Lock()
	defer p.mu.Unlock()
	cp := p.chats[c]
	if cp == nil {
		return time.Time{}
	}
	at := later(cp.until, cp.chat.free())
	if !c.Private() {
		at = later(at, cp.group.free())
	}
	return at
}

// held is until when the platform asked to leave the chat alone.
func (p *Pace) held(c store.Chat) time.Time {
	c.Thread = 0
	p.mu.Lock()
	defer p.mu.Unlock()
	if cp := p.chats[c]; cp != nil {
		return cp.until
	}
	return time.Time{}
}

// count notes a request in the chat.
func (p *Pace) count(c store.Chat) {
	if p.rates.Chat.Count <= 0 && p.rates.Group.Count <= 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	cp := p.at(c, now)
	cp.chat.add(now)
	cp.group.add(now)
}

// hold stops the chat for a while: going on while a platform asks for a pause
// makes the pause longer.
func (p *Pace) hold(c store.Chat, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	cp := p.at(c, now)
	cp.until = later(cp.until, now.Add(d))
}

// minCrowd is how many chats are remembered before those that hold nothing back
// any more are forgotten.
const minCrowd = 10_000

// at gives the chat's pace, with p.mu held.
func (p *Pace) at(c store.Chat, now time.Time) *chatPace {
	c.Thread = 0
	cp := p.chats[c]
	if cp == nil {
		if len(p.chats) >= p.crowd {
			p.forget(now)
			p.crowd = max(minCrowd, 2*len(p.chats))
		}
		cp = &chatPace{chat: newWindow(p.rates.Chat), group: newWindow(p.rates.Group)}
		p.chats[c] = cp
	}
	cp.used = now
	return cp
}

// forget drops chats that have been quiet for longer than any window, with p.mu
// held.
func (p *Pace) forget(now time.Time) {
	full := max(p.rates.Chat.Per, p.rates.Group.Per, time.Minute)
	for c, cp := range p.chats {
		if now.Sub(cp.used) > full && now.After(cp.until) {
			delete(p.chats, c)
		}
	}
}

// window holds the times of the last messages of a chat: at most so many within
// so long, at whichever moment one begins to count. Unlike a bucket it lets the
// posts of a morning out at once, as the platform does.
type window struct {
	most int
	per  time.Duration
	last []time.Time // oldest first
}

func newWindow(r config.Rate) window { return window{most: max(1, int(r.Count)), per: r.Per} }

// free is when the next message fits in.
func (w *window) free() time.Time {
	if w.per == 0 || len(w.last) < w.most {
		return time.Time{}
	}
	return w.last[0].Add(w.per)
}

func (w *window) add(t time.Time) {
	if w.per == 0 {
		return
	}
	if len(w.last) == w.most {
		copy(w.last, w.last[1:])
		w.last = w.last[:w.most-1]
	}
	w.last = append(w.last, t)
}
