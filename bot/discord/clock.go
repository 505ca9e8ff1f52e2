package discord

import (
	"net/http"
	"sync"
	"time"
)

// serverClock is Discord's clock, as its answers tell it. Between two answers it
// goes by time that passes, not by the local clock, which may be set.
type serverClock struct {
	mu   sync.Mutex
	date string    // guarded by mu: what the last answer said
	told time.Time // guarded by mu: the same, read
	at   time.Time // guarded by mu: when it came, with its monotonic reading
}

// set takes an answer's Date.
func (c *serverClock) set(date string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if date != c.date { // all answers within a second say the same
		told, err := http.ParseTime(date)
		if err != nil {
			return
		}
		c.date, c.told = date, told
	}
	c.at = time.Now()
}

// now is the time there, to the second; zero if no answer has told it yet.
func (c *serverClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told.IsZero() {
		return time.Time{}
	}
	return c.told.Add(time.Since(c.at))
}

// Clock is Discord's time.
func (d *Discord) Clock() time.Time { return d.api.clock.now() }
