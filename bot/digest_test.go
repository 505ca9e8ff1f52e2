package bot

import (
	"strings"
	"testing"

	"briefbot/bot/sandbox"
)

// A digest of one story stays a digest when the story changes, be it edited or
// posted again: no reader of headlines gets the whole story instead.
func TestDigestStaysDigest(t *testing.T) {
	for _, tt := range []struct{ updates, method string }{{"edit", "edit"}, {"repost", "create"}} {
		t.Run(tt.updates, func(t *testing.T) {
			w := newWorld(t)
			w.write("ferry.txt", ferry)
			w.start(w.config(everySecond + ", mode: digest, updates: " + tt.updates))
			chats := map[string]func() []sandbox.Entry{w.text: w.discord.Transcript, w.channel: w.telegram.Transcript}
			for chat, transcript := range chats {
				w.until("the digest", func() bool { return len(posts(transcript(), chat)) > 0 })
			}
			w.write("ferry.txt", strings.Replace(ferry, "after nine years", "after ten years", 1))
			for chat, transcript := range chats {
				var changed sandbox.Entry
				w.until("the change", func() bool {
					for _, e := range transcript() {
						if e.Chat == chat && e.Method == tt.method && strings.Contains(e.Text, "after ten years") {
							changed = e
						}
					}
					return changed.Text != ""
				})
				if !strings.Contains(changed.Text, "News of ") || strings.Contains(changed.Text, "A cabin costs") {
					t.Errorf("chat %s: no digest any more: %q", chat, changed.Text)
				}
			}
		})
	}
}
