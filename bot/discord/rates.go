package discord

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// rates knows which requests Discord would refuse: those of a bucket that is
// used up, and all of them after a global 429. A request that comes too soon is
// answered here, without being made, so that nothing sleeps and nothing counts
// towards a ban.
type rates struct {
	mu     sync.Mutex
	until  map[string]time.Time // guarded by mu: when a bucket is filled again
	global time.Time            // guarded by mu
	banned time.Time            // guarded by mu: Cloudflare shut the address out
	bad    []time.Time          // guarded by mu: when requests were refused that count towards a ban, oldest first
}

const (
	// Discord shuts an address out after 10,000 refusals (401, 403, 429) within
	// ten minutes (discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans).
	// A tenth of that is far more than a bot that works ever gets.
	maxBad    = 1000
	badWindow = 10 * time.Minute
)

// maxBuckets is when buckets that are filled again are forgotten.
const maxBuckets = 1000

// bucketOf names the limit that a request counts against: a method on a route
// in one channel or guild. Answers to interactions have none ("").
func bucketOf(method, path string) string {
	_, route, _ := strings.Cut(strings.TrimPrefix(path, "/api/"), "/")
	parts := strings.Split(route, "/")
	if parts[0] == "interactions" || parts[0] == "webhooks" {
		return ""
	}
	for i := 2; i < len(parts); i++ {
		if parts[i] != "" && strings.Trim(parts[i], "0123456789") == "" {
			parts[i] = "*" // a message, a command
		}
	}
	return method + " " + strings.Join(parts, "/")
}

// held gives the refusal of a request that would come too soon.
func (r *rates) held(bucket string, now time.Time) *apiError {
	r.mu.Lock()
	defer r.mu.Unlock()
	refuse := func(until time.Time, global bool, why string) *apiError {
		return &apiError{Status: http.StatusTooManyRequests, Message: why, After: until.Sub(now), Global: global}
	}
	switch {
	case now.Before(r.banned):
		return refuse(r.banned, true, "held back, since Cloudflare has shut this address out")
	case r.tooBad(now):
		return refuse(r.bad[0].Add(badWindow), true, "held back, since too much was refused lately: Discord would shut the address out")
	case bucket == "": // the global limit does not count it
		return nil
	case now.Before(r.global):
		return refuse(r.global, true, "held back, since the whole bot's limit is used up")
	case now.Before(r.until[bucket]):
		return refuse(r.until[bucket], false, "held back, since the limit for this is used up")
	}
	delete(r.until, bucket)
	return nil
}

// note reads what an answer's headers say of its bucket, and takes them out, so
// that the library does not act on them.
func (r *rates) note(bucket string, h http.Header, now time.Time) {
	remaining, after := h.Get("X-Ratelimit-Remaining"), h.Get("X-Ratelimit-Reset-After")
	for name := range h {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			delete(h, name)
		}
	}
	if wait, err := strconv.ParseFloat(after, 64); err == nil && remaining == "0" && bucket != "" {
		r.fill(bucket, now.Add(seconds(wait)+rateMargin), now)
	}
}

// tooBad reports whether so much was refused that all must rest, with r.mu held.
func (r *rates) tooBad(now time.Time) bool {
	for len(r.bad) > 0 && now.Sub(r.bad[0]) > badWindow {
		r.bad = r.bad[1:]
	}
	return len(r.bad) >= maxBad
}

// refused remembers an answer that says no.
func (r *rates) refused(bucket string, e *apiError, now time.Time) {
	switch {
	case e.Status == http.StatusTooManyRequests:
		r.hold(bucket, e, now)
		if e.Shared {
			return
		}
	case e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden:
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bad = append(r.bad, now)
}

// hold remembers a 429.
func (r *rates) hold(bucket string, e *apiError, now time.Time) {
	until := now.Add(e.After)
	switch {
	case e.Page:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.banned = until
	case e.Global:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.global = until
	case bucket != "" && !e.Shared: // that one is of the message or channel alone
		r.fill(bucket, until, now)
	}
}

func (r *rates) fill(bucket string, until, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	if len(r.until) >= maxBuckets {
		maps.DeleteFunc(r.until, func(_ string, t time.Time) bool { return now.After(t) })
	}
	r.until[bucket] = until
}
