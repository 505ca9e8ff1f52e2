package sandbox

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Window is a number of requests in a time. The zero value is no limit.
type Window struct {
	N   int
	Per time.Duration
}

// DiscordLimits are the limits of rate. Only Global and Invalid are documented
// as numbers; the others are what was observed, and a bot has to learn them
// from the headers.
type DiscordLimits struct {
	// Global is for all requests but those of interactions.
	Global Window
	// Create, Edit, Delete, Publish and Other are for each channel.
	Create, Edit, Delete, Publish, Other Window
	// OldEdits is for edits of a channel's messages that are older than an
	// hour (code 30046), PublishedEdits for those of one published message.
	OldEdits, PublishedEdits Window
	// Invalid is how many answers with 401, 403 or 429 make Cloudflare shut
	// the bot out for the rest of the time.
	Invalid Window
}

// UsualLimits are those that Discord is known or was seen to have.
func UsualLimits() DiscordLimits {
	return DiscordLimits{
		Global:         Window{50, time.Second},
		Create:         Window{5, 5 * time.Second},
		Edit:           Window{5, 5 * time.Second},
		Delete:         Window{5, time.Second},
		Publish:        Window{10, time.Hour},
		Other:          Window{10, 10 * time.Second},
		OldEdits:       Window{3, time.Hour},
		PublishedEdits: Window{3, time.Hour},
		Invalid:        Window{10000, 10 * time.Minute},
	}
}

func (l DiscordLimits) route(does string) Window {
	switch does {
	case "create":
		return l.Create
	case "edit":
		return l.Edit
	case "delete":
		return l.Delete
	case "publish":
		return l.Publish
	}
	return l.Other
}

// bucket counts the requests of one window.
type bucket struct {
	window Window
	ends   time.Time
	used   int
}

// take counts a request at now, and says whether it is within the limit.
func (b *bucket) take(now time.Time) bool {
	if b.window.N == 0 {
		return true
	}
	if !now.Before(b.ends) {
		b.ends, b.used = now.Add(b.window.Per), 0
	}
	if b.used >= b.window.N {
		return false
	}
	b.used++
	return true
}

func (b *bucket) left(now time.Time) float64 {
	return math.Ceil(max(b.ends.Sub(now), 0).Seconds()*1000) / 1000
}

// rates has all buckets. It has a lock of its own, so that it can be asked
// before and after a request is carried out.
type rates struct {
	mu      sync.Mutex
	limits  DiscordLimits
	buckets map[string]*bucket
	tidyAt  int // how many there are when those that are over are dropped
}

func (s *rates) bucket(key string, w Window, now time.Time) *bucket {
	b := s.buckets[key]
	if b == nil {
		if len(s.buckets) >= s.tidyAt {
			maps.DeleteFunc(s.buckets, func(_ string, b *bucket) bool { return now.After(b.ends) })
			s.tidyAt = max(1000, 2*len(s.buckets))
		}
		b = &bucket{window: w}
		s.buckets[key] = b
	}
	return b
}

// admit counts a request for a route, by its bucketName, and its channel, unless it
// is free as those of interactions are. It returns the headers for its answer, and
// the refusal if it comes too soon.
func (s *rates) admit(route, major, does string, free bool, now time.Time) (http.Header, *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.buckets["invalid"]; b != nil && b.used >= b.window.N && now.Before(b.ends) {
		p := shutOut
		return nil, &p
	}
	if free {
		return nil, nil
	}
	if g := s.bucket("global", s.limits.Global, now); !g.take(now) {
		p := limited(g.left(now), "global", 0).reply()
		return nil, &p
	}
	w := s.limits.route(does)
	if w.N == 0 {
		return nil, nil
	}
	b := s.bucket(route+" "+major, w, now)
	ok := b.take(now)
	h := http.Header{ // in the form of http.CanonicalHeaderKey
		"X-Ratelimit-Limit":       {strconv.Itoa(w.N)},
		"X-Ratelimit-Remaining":   {strconv.Itoa(w.N - b.used)},
		"X-Ratelimit-Reset":       {strconv.FormatFloat(float64(b.ends.UnixMilli())/1000, 'f', 3, 64)},
		"X-Ratelimit-Reset-After": {strconv.FormatFloat(b.left(now), 'f', 3, 64)},
		"X-Ratelimit-Bucket":      {route},
	}
	if ok {
		return h, nil
	}
	p := limited(b.left(now), "user", 0).reply()
	return h, &p
}

// bucketName is what the headers call the buckets of an endpoint: the same in all
// channels.
func bucketName(pattern string) string {
	name := fnv.New64a()
	fmt.Fprint(name, pattern)
	return fmt.Sprintf("%016x", name.Sum64())
}

// within counts something in a window of its own, and returns how long it is
// until the next one if there were too many.
func (s *rates) within(key string, w Window, now time.Time) (wait float64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.N == 0 {
		return 0, true
	}
	b := s.bucket(key, w, now)
	return b.left(now), b.take(now)
}

// wrong counts an answer that Cloudflare takes for an invalid request.
func (s *rates) wrong(p reply, now time.Time) {
	switch p.status {
	case http.StatusUnauthorized, http.StatusForbidden:
	case http.StatusTooManyRequests:
		if p.header.Get("X-RateLimit-Scope") == "shared" {
			return
		}
	default:
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucket("invalid", s.limits.Invalid, now).take(now)
}

// limited is a 429. The scope is user, global or shared.
func limited(wait float64, scope string, code int) *dcError {
	h := http.Header{}
	set := func(k, v string) { h[http.CanonicalHeaderKey(k)] = []string{v} }
	set("Retry-After", strconv.Itoa(int(math.Ceil(wait))))
	set("X-RateLimit-Scope", scope)
	e := &dcError{status: http.StatusTooManyRequests, code: code, message: "You are being rate limited.", retryAfter: wait, header: h}
	switch scope {
	case "global":
		e.global = true
		set("X-RateLimit-Global", "true")
	case "shared":
		// Seen on announcement channels: the header says one second, and only
		// the body tells the truth.
		set("Retry-After", "1")
		e.message = "This action cannot be performed due to slowmode rate limit."
	}
	return e
}

// shutOut is what Cloudflare says to an address that made too many invalid
// requests.
var shutOut = reply{
	status: http.StatusTooManyRequests,
	header: http.Header{"Content-Type": {"text/html; charset=UTF-8"}, "Retry-After": {"600"}},
	body:   []byte("<!DOCTYPE html><html><head><title>Access denied</title></head><body><h1>Error 1015</h1><p>You are being rate limited</p></body></html>\n"),
}
