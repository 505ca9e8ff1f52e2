package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkDiscordCreate posts over HTTP on loopback, with a nonce, to 100
// channels: what the stand-in itself costs.
func BenchmarkDiscordCreate(b *testing.B) {
	d := NewDiscord(DiscordOptions{})
	defer d.Close()
	server := httptest.NewServer(d)
	defer server.Close()
	guild := d.AddGuild("Harbour")
	var channels []string
	for i := range 100 {
		id, err := d.AddChannel(guild, fmt.Sprint("c", i), "text")
		if err != nil {
			b.Fatal(err)
		}
		channels = append(channels, id)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		body := fmt.Sprintf(`{"embeds":[{"title":"Ferry","description":"%s"}],"nonce":"n%d","enforce_nonce":true}`, strings.Repeat("It sails. ", 100), i)
		q, err := http.NewRequestWithContext(context.Background(), "POST", server.URL+"/api/v9/channels/"+channels[i%100]+"/messages", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		p, err := client.Do(q)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, p.Body)
		p.Body.Close()
		if p.StatusCode != 200 {
			b.Fatal(p.Status)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
}
