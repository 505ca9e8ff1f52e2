package sandbox

import (
	"encoding/json"
	"fmt"
	"testing"
)

// BenchmarkTelegramSend posts a text with markup and a keyboard to 100 channels,
// within limits: what the stand-in itself costs, without a connection.
func BenchmarkTelegramSend(b *testing.B) {
	t := NewTelegram(TelegramOptions{Token: telegramTestToken, Limits: TelegramLimits{All: 1 << 30, Chat: 1 << 30, Group: 1 << 30}})
	defer t.Close()
	var chats []string
	for i := range 100 {
		chats = append(chats, t.AddChannel(fmt.Sprint("c", i), ""))
	}
	benchPosts(b, t, "application/json", func(n int) (target, body string) {
		raw, err := json.Marshal(map[string]any{
			"chat_id":    chats[n%len(chats)],
			"parse_mode": "HTML",
			"text": "<b>Heron seen on the quay</b>\n<i>2 November 2026 · birds, harbour</i>\n\n" +
				"• A heron stood on the quay for an hour, between the crates &amp; the yellow crane.<a href=\"https://quaynews.example/heron\">[1]</a><a href=\"https://birdwire.example/quay\">[2]</a>\n\n" +
				"• The harbour office says it has seen none since 2017, and asks people to keep away.<a href=\"https://birdwire.example/quay\">[2]</a>\n\n" +
				"• A warden comes on Tuesday to count what lives below the pier.<a href=\"https://quaynews.example/heron\">[1]</a>",
			"link_preview_options": json.RawMessage(`{"is_disabled":true}`),
			"reply_markup": json.RawMessage(fmt.Sprintf(`{"inline_keyboard":[[{"text":"For","callback_data":"for/%[1]d"},`+
				`{"text":"Against","callback_data":"against/%[1]d"},{"text":"Sources","callback_data":"sources/%[1]d"}]]}`, n)),
		})
		if err != nil {
			b.Fatal(err)
		}
		return "/bot" + telegramTestToken + "/sendMessage", string(raw)
	})
	if n := len(t.Transcript()); n != b.N {
		b.Errorf("%d messages in the transcript, want %d", n, b.N)
	}
}
