package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkDiscordCreate posts an embed with buttons and a nonce to 100 channels,
// within limits: what the stand-in itself costs, without a connection.
func BenchmarkDiscordCreate(b *testing.B) {
	d := NewDiscord(DiscordOptions{Limits: DiscordLimits{Global: Window{1 << 30, 1 << 30}, Create: Window{1 << 30, 1 << 30}}})
	defer d.Close()
	guild := d.AddGuild("Harbour")
	var targets []string
	for i := range 100 {
		id, err := d.AddChannel(guild, fmt.Sprint("c", i), "text")
		if err != nil {
			b.Fatal(err)
		}
		targets = append(targets, "/api/v9/channels/"+id+"/messages")
	}
	benchPosts(b, d, "application/json", func(n int) (target, body string) {
		return targets[n%len(targets)], fmt.Sprintf(`{"embeds":[{"title":"Heron seen on the quay","description":"-# 2 November 2026 · birds, harbour\n\n`+
			`• A heron stood on the quay for an hour, between the crates and the yellow crane.[[1]](https://quaynews.example/heron)[[2]](https://birdwire.example/quay)\n\n`+
			`• The harbour office says it has seen \\[none\\] since 2017, and asks people to keep away.[[2]](https://birdwire.example/quay)\n\n`+
			`• A warden comes on Tuesday to count what lives below the pier.[[1]](https://quaynews.example/heron)","color":4878245}],`+
			`"components":[{"type":1,"components":[{"type":2,"style":2,"label":"For","custom_id":"for/%[1]d"},{"type":2,"style":2,"label":"Against","custom_id":"against/%[1]d"},`+
			`{"type":2,"style":2,"label":"Sources","custom_id":"sources/%[1]d"}]}],"allowed_mentions":{"parse":[]},"nonce":"%[1]d","enforce_nonce":true}`, n)
	})
	if n := len(d.Transcript()); n != b.N {
		b.Errorf("%d messages in the transcript, want %d", n, b.N)
	}
}

// benchPosts gives requests to a stand-in's handler, one by one.
func benchPosts(b *testing.B, h http.Handler, kind string, post func(n int) (target, body string)) {
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		target, body := post(n)
		r, err := http.NewRequest("POST", target, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
