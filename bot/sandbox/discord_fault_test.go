package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// TestFailures has each failure once: what the bot is told, and what a reader
// sees.
func TestFailures(t *testing.T) {
	for _, x := range []struct {
		fault  Fault
		status int // 0: no answer
		text   string
		stands int
	}{
		{Fault{Failure: DropBefore}, 0, "", 0},
		{Fault{Failure: DropAfter}, 0, "", 1},
		{Fault{Failure: Late, Delay: time.Millisecond}, 0, "", 1},
		{Fault{Failure: Hang, Delay: time.Millisecond}, 200, `"content":"x"`, 1},
		{Fault{Failure: Unavailable}, 502, "<html>", 0},
		{Fault{Failure: Unavailable, Status: 429}, 429, "<html>", 0},
		{Fault{Failure: UnavailableAfter, Status: 504}, 504, "<html>", 1},
		{Fault{Failure: Limited, Delay: 1500 * time.Millisecond, Global: true}, 429, `"retry_after":1.5`, 0},
		{Fault{Failure: Refused, Status: 403, Code: 50013, Text: "Missing Permissions"}, 403, `"code":50013`, 0},
	} {
		t.Run(string(x.fault.Failure), func(t *testing.T) {
			w := newTown(t, DiscordOptions{})
			x.fault.Method, x.fault.Chat, x.fault.Times = "create", w.text, 1
			w.Fault(x.fault)
			other := "/channels/" + w.news + "/messages"
			if a := w.send("POST", other, object{"content": "elsewhere"}); a.status != 200 {
				t.Errorf("another chat: %d", a.status)
			}
			path := "/channels/" + w.text + "/messages"
			a, err := w.try("POST", path, object{"content": "x"})
			switch {
			case x.status == 0 && err == nil:
				t.Errorf("it was answered with %d", a.status)
			case x.status != 0 && (err != nil || a.status != x.status || !strings.Contains(string(a.body), x.text)):
				t.Errorf("%v %d %s, want %d %s", err, a.status, a.body, x.status, x.text)
			}
			if x.stands == 1 {
				for e := w.next("message"); e.Chat != w.text; {
					e = w.next("message")
				}
			}
			if n := len(w.Messages(w.text)); n != x.stands {
				t.Errorf("%d messages stand, want %d", n, x.stands)
			}
			if a := w.send("POST", path, object{"content": "y"}); a.status != 200 {
				t.Errorf("after one time: %d %s", a.status, a.body)
			}
		})
	}
}

func TestFaultSkipAndChance(t *testing.T) {
	f := newFaults(7)
	f.add(Fault{Failure: DropBefore, Skip: 2, Times: 1})
	var hits []bool
	for range 4 {
		_, hit := f.match("create", "c")
		hits = append(hits, hit)
	}
	if hits[0] || hits[1] || !hits[2] || hits[3] {
		t.Errorf("skip 2, once: %v", hits)
	}
	f.clear()
	count := func(seed uint64) (n int) {
		f := newFaults(seed)
		f.add(Fault{Failure: DropBefore, Chance: 0.25})
		for range 1000 {
			if _, hit := f.match("edit", ""); hit {
				n++
			}
		}
		return n
	}
	if a, b := count(1), count(1); a != b || a < 150 || a > 350 {
		t.Errorf("one in four of 1000, by a seed: %d and %d", a, b)
	}
}

func TestLimitHeaders(t *testing.T) {
	now := time.Now()
	w := newTown(t, DiscordOptions{Now: func() time.Time { return now }, Limits: DiscordLimits{
		Create: Window{2, 5 * time.Second}, Global: Window{4, time.Second}, Invalid: Window{3, time.Minute}}})
	post := func(channel string) answer {
		return w.send("POST", "/channels/"+channel+"/messages", object{"content": "x"})
	}
	first := post(w.text)
	h := first.header
	if h.Get("X-RateLimit-Limit") != "2" || h.Get("X-RateLimit-Remaining") != "1" || h.Get("X-RateLimit-Reset-After") != "5.000" || h.Get("X-RateLimit-Bucket") == "" {
		t.Errorf("the first answer has %v", h)
	}
	post(w.text)
	third := post(w.text)
	if third.status != 429 || third.header.Get("X-RateLimit-Scope") != "user" || third.header.Get("Retry-After") != "5" ||
		!strings.Contains(string(third.body), `"retry_after":5`) || !strings.Contains(string(third.body), `"global":false`) {
		t.Errorf("the third in a channel: %d %v %s", third.status, third.header, third.body)
	}
	if a := post(w.news); a.status != 200 {
		t.Errorf("another channel: %d", a.status)
	}
	fifth := post(w.news)
	if fifth.status != 429 || fifth.header.Get("X-RateLimit-Global") != "true" || fifth.header.Get("X-RateLimit-Reset-After") != "" {
		t.Errorf("the fifth in a second: %d %v", fifth.status, fifth.header)
	}
	if all, limited := w.Requests("create"); all != 5 || limited != 2 {
		t.Errorf("counted %d requests, %d limited", all, limited)
	}
	post(w.news)
	now = now.Add(10 * time.Second)
	if a := post(w.text); a.status != 429 || !strings.Contains(string(a.body), "1015") {
		t.Errorf("after too many 429s: %d %s", a.status, a.body)
	}
	now = now.Add(time.Minute)
	if a := post(w.text); a.status != 200 {
		t.Errorf("when the time is over: %d", a.status)
	}
}

func TestOldEdits(t *testing.T) {
	now := time.Now()
	w := newTown(t, DiscordOptions{Now: func() time.Time { return now }, Limits: DiscordLimits{
		OldEdits: Window{1, time.Hour}, PublishedEdits: Window{1, time.Hour}}})
	post := func(channel string) string {
		m, err := w.bot.ChannelMessageSend(channel, "x")
		w.ok(err)
		return "/channels/" + channel + "/messages/" + m.ID
	}
	old, published := post(w.text), post(w.news)
	w.send("POST", published+"/crosspost", nil)
	edit := func(path string) answer { return w.send("PATCH", path, object{"content": "y"}) }
	edit(published)
	if a := edit(published); a.code() != 20028 || a.header.Get("X-RateLimit-Scope") != "shared" || a.header.Get("Retry-After") != "1" || !strings.Contains(string(a.body), `"retry_after":3600`) {
		t.Errorf("a published message: %v %s", a.header, a.body)
	}
	now = now.Add(61 * time.Minute)
	edit(old)
	if a := edit(old); a.status != 429 || a.code() != 30046 {
		t.Errorf("an old message: %d %s", a.status, a.body)
	}
}

func TestGatewayFaults(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.Fault(Fault{Failure: Unavailable, Method: "gateway", Status: 503, Times: 1})
	_, p, err := websocket.DefaultDialer.Dial("ws"+w.server.URL[len("http"):]+"/gateway/?v=10", nil)
	if err == nil || p == nil || p.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("unavailable: %v", err)
	}
	w.Fault(Fault{Failure: DropAfter, Method: "gateway", Times: 1})
	c := w.dial()
	c.begin(intentGuilds)
	for err = nil; err == nil; {
		_, err = c.try()
	}
	w.Fault(Fault{Failure: DropBefore, Method: "gateway"})
	if err := w.bot.Open(); err == nil {
		t.Error("the library connected")
	}
	w.ClearFaults()
	w.open()
}
