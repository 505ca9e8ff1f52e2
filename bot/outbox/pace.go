package outbox

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"briefbot/bot/config"
	"briefbot/store"
)

// pace holds requests back so that a platform's limits are not met. What a
// whole bot may send is given out one by one, to answers first: a reader waits
// for them, and a broadcast may have thousands of posts in line. What one chat
// may get is only ever asked for by that chat's turn.
type pace struct {
	rates config.Rates
	all   *rate.Limiter // nil: no limit
	lines chan *ticket  // those who want to send

	mu    sync.Mutex
	chats map[store.Chat]*chatPace // guarded by mu
	until time.Time                // guarded by mu: the whole bot's pause
}

// ticket is a place in the line.
type ticket struct {
	urgent bool
	turn   chan struct{} // closed when it has come
}

func newPace(r config.Rates) *pace {
	p := &pace{rates: r, lines: make(chan *ticket), chats: map[store.Chat]*chatPace{}}
	if r.All.Count > 0 {
		perSecond := r.All.Count / r.All.Per.Seconds()
		// No burst: a platform that counts in windows of its own must not see
		// more than its rate in any of them.
		p.all = rate.NewLimiter(rate.Limit(perSecond), 1)
	}
	return p
}

// run gives out turns until ctx ends.
func (p *pace) run(ctx context.Context) {
	var urgent, others []*ticket
	join := func(t *ticket) {
		if t.urgent {
			urgent = append(urgent, t)
		} else {
			others = append(others, t)
		}
	}
	for {
		if len(urgent)+len(others) == 0 {
			select {
			case t := <-p.lines:
				join(t)
			case <-ctx.Done():
				return
			}
		}
		select {
		case t := <-p.lines:
			join(t)
			continue
		case <-ctx.Done():
			return
		case <-p.next():
		}
		line := &others
		if len(urgent) > 0 {
			line = &urgent
		}
		close((*line)[0].turn)
		*line = (*line)[1:]
		p.taken()
	}
}

// ready is a channel that always is.
var ready = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// next fires when a request may be made.
func (p *pace) next() <-chan time.Time {
	p.mu.Lock()
	wait := time.Until(p.until)
	p.mu.Unlock()
	if p.all != nil {
		t := time.Now()
		if missing := 1 - p.all.TokensAt(t); missing > 0 {
			wait = max(wait, time.Duration(missing/float64(p.all.Limit())*float64(time.Second))+time.Nanosecond)
		}
	}
	if wait <= 0 {
		return ready
	}
	return time.After(wait)
}

// taken counts a request.
func (p *pace) taken() {
	if p.all != nil {
		p.all.Allow()
	}
}

// wait returns when the next request in the chat may be made.
func (p *pace) wait(ctx context.Context, c store.Chat, private, urgent bool) error {
	if cp := p.chat(c); cp != nil {
		if err := cp.wait(ctx, private || c.Private()); err != nil {
			return err
		}
	}
	t := &ticket{urgent: urgent, turn: make(chan struct{})}
	select {
	case p.lines <- t:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause stops everything for a while.
func (p *pace) pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.until) {
		p.until = until
	}
}

// chatPace is what one chat got lately.
type chatPace struct {
	chat, group window
	used        time.Time
}

// wait returns when the chat may get its next message. Only the chat's own turn
// calls it.
func (c *chatPace) wait(ctx context.Context, private bool) error {
	windows := []*window{&c.chat}
	if !private {
		windows = append(windows, &c.group)
	}
	for _, w := range windows {
		if err := sleep(ctx, time.Until(w.free())); err != nil {
			return err
		}
	}
	for _, w := range windows {
		w.add(time.Now())
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
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

// maxIdleChats is how many chats are remembered before those that hold nothing
// back any more are forgotten.
const maxIdleChats = 10_000

// chat gives the chat's pace; nil if chats have none.
func (p *pace) chat(c store.Chat) *chatPace {
	if p.rates.Chat.Count <= 0 && p.rates.Group.Count <= 0 {
		return nil
	}
	c.Thread = 0
	t := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	cp := p.chats[c]
	if cp == nil {
		if len(p.chats) >= maxIdleChats {
			p.forget(t)
		}
		cp = &chatPace{chat: newWindow(p.rates.Chat), group: newWindow(p.rates.Group)}
		p.chats[c] = cp
	}
	cp.used = t
	return cp
}

// forget drops chats that have been quiet for longer than any window.
func (p *pace) forget(t time.Time) {
	full := max(p.rates.Chat.Per, p.rates.Group.Per, time.Minute)
	for c, cp := range p.chats {
		if t.Sub(cp.used) > full {
			delete(p.chats, c)
		}
	}
}
