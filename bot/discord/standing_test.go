package discord

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"briefbot/bot/sandbox"
	"briefbot/store"
)

// paused is a Standing with some channels paused.
type paused struct {
	mu      sync.Mutex
	pauses  []store.Pause
	resumed map[string]bool
	asked   bool
}

func (p *paused) Paused(context.Context, store.Platform) ([]store.Pause, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = true
	return p.pauses, nil
}

func (p *paused) ResumeChat(_ context.Context, c store.Chat, trial bool) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resumed[c.ID] = trial
	return true, nil
}

func (p *paused) tried(channel string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resumed[channel]
}

// A channel whose rights were mended is tried as soon as Discord tells of it, a
// server that took the bot back likewise: nobody waits for the hour to be over.
func TestBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	other := w.channel("other", "text")
	p := &paused{resumed: map[string]bool{}}
	w.d.stand = p
	w.start()
	w.until("what the start told of the server is dealt with", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.asked
	})
	p.mu.Lock()
	p.pauses = []store.Pause{
		{Chat: store.Chat{Platform: store.Discord, ID: w.news}, Guild: w.guild},
		{Chat: store.Chat{Platform: store.Discord, ID: other}, Guild: w.guild},
	}
	p.mu.Unlock()
	if err := w.api.SetPermissions(w.news, 1<<10|1<<11); err != nil {
		t.Fatal(err)
	}
	w.until("the channel is tried", func() bool { return p.tried(w.news) })
	if p.tried(other) {
		t.Error("a channel of which nothing was told is tried too")
	}
	if err := w.api.Kick(w.guild); err != nil {
		t.Fatal(err)
	}
	if err := w.api.Rejoin(w.guild); err != nil {
		t.Fatal(err)
	}
	w.until("the server's channels are tried", func() bool { return p.tried(other) })
}

// Far below the number of refusals at which Discord shuts an address out, all
// requests rest: without that, a bot in thousands of channels that it lost would
// go silent everywhere.
func TestRefusalsRest(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		asked++
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(http.StatusForbidden)
		rw.Write([]byte(`{"code":50001,"message":"Missing Access"}`))
	}))
	defer server.Close()
	w := &world{TB: t, log: &journal{}, desk: &desk{}}
	d := w.adapter(server.URL)
	defer d.http.CloseIdleConnections()
	dl := store.Delivery{ID: 1, Chat: store.Chat{Platform: store.Discord, ID: "3"}, Parts: []store.Part{{Body: []byte(`{"embeds":[]}`)}}}
	var v store.Verdict
	for range maxBad + 100 {
		v = d.Send(t.Context(), dl, 0)
	}
	if asked != maxBad || v.Outcome != store.Retry || !v.Everywhere || v.After <= 0 || v.After > badWindow {
		t.Errorf("%d requests were refused, then: %+v", asked, v)
	}
}

// Discord's own time is known from its answers, and does not jump with the local
// clock.
func TestClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	if at := w.d.Clock(); !at.IsZero() {
		t.Errorf("the time is known before Discord told: %s", at)
	}
	if _, v := w.d.Resolve(t.Context(), store.Chat{Platform: store.Discord, ID: w.news}); v.Outcome != store.Delivered {
		t.Fatalf("%+v", v)
	}
	if at := w.d.Clock(); at.IsZero() || time.Since(at).Abs() > time.Minute {
		t.Errorf("Discord's time is %s", at)
	}
}
