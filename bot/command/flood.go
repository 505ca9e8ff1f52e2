package command

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/store"
)

// forgetEvery is how often those who were quiet are forgotten.
const forgetEvery = 30 * time.Second

// flood slows those who ask too much, each by their own measure: it remembers
// who asked lately, and no one else.
type flood struct {
	rates config.Questions

	mu      sync.Mutex
	readers askers[store.UserID] // guarded by mu
	chats   askers[store.Chat]   // guarded by mu
	tidied  time.Time            // guarded by mu
}

func newFlood(rates config.Questions) *flood {
	return &flood{rates: rates, readers: askers[store.UserID]{}, chats: askers[store.Chat]{}}
}

// askers are those who asked lately.
type askers[K comparable] map[K]*asker

type asker struct {
	limit *rate.Limiter
	told  bool // to wait, since nothing was asked for as long as the rate says
}

// ruling is what becomes of a question.
type ruling int

const (
	answered ruling = iota
	told            // to wait
	ignored         // after having been told
)

// rule says what becomes of a question. A reader beyond their own measure takes
// nothing of their chat's. A chat has one where the answers stand in it: the
// platforms let only so many messages in, and its posts are to get there too.
func (f *flood) rule(q brief.Question) ruling {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Sub(f.tidied) >= forgetEvery {
		f.tidied = now
		f.readers.tidy(now)
		f.chats.tidy(now)
	}
	if u := q.Asks(); u.ID != "" {
		if r := f.readers.rule(u, f.rates.Reader, now); r != answered {
			return r
		}
	}
	if !q.Aloud {
		return answered
	}
	c := q.Chat
	c.Thread = 0
	return f.chats.rule(c, f.rates.Chat, now)
}

// rule lets one ask, if it is within the rate: as much as that at once, and more
// as time goes.
func (all askers[K]) rule(who K, r config.Rate, now time.Time) ruling {
	if r.Count == 0 {
		return answered
	}
	a := all[who]
	if a == nil {
		a = &asker{limit: rate.NewLimiter(rate.Limit(r.Count/r.Per.Seconds()), max(1, int(r.Count)))}
		all[who] = a
	}
	if a.rested(now) {
		a.told = false
	}
	switch {
	case a.limit.AllowN(now, 1):
		return answered
	case a.told:
		return ignored
	}
	a.told = true
	return told
}

// rested reports whether one may ask as much as if nothing had ever been asked.
func (a *asker) rested(now time.Time) bool { return a.limit.TokensAt(now) >= float64(a.limit.Burst()) }

// tidy forgets who is rested.
func (all askers[K]) tidy(now time.Time) {
	maps.DeleteFunc(all, func(_ K, a *asker) bool { return a.rested(now) })
}
