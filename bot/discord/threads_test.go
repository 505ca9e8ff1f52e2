package discord

import (
	"testing"

	"briefbot/bot/sandbox"
	"briefbot/store"
)

// Who asks in a thread is understood to ask below the message that it was begun
// on, whoever began it; elsewhere there is nothing above.
func TestAskInAThread(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	w.start()
	forum := w.channel("briefs", "forum")
	on := w.send(w.delivery(forum, english.Post(ferry(), false))).Parts[0].Message
	thread, err := w.api.AddThread(w.news, "the ferry")
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range []struct{ chat, above string }{{w.news, ""}, {thread, w.news}, {on, forum}} {
		if err := w.api.Say(t.Context(), w.ada, tt.chat, "/latest", ""); err != nil {
			t.Fatal(err)
		}
		w.expect(i+1, "Both sides of it.")
		q := w.desk.questions()[i]
		if q.Chat.ID != tt.chat || q.Above.ID != tt.above || tt.above != "" && q.Above.Platform != store.Discord {
			t.Errorf("in %s: above is %+v", tt.chat, q.Above)
		}
	}
}
