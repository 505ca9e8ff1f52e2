package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/bot/schedule"
)

// benchPosts is what it takes to plan a story for b.N chats, to send it to each
// through the real client library, and to record that durably; no pacing.
func benchPosts(b *testing.B, platform string) {
	w := newWorld(b)
	guild := w.discord.AddGuild("Bench")
	var text strings.Builder
	fmt.Fprintf(&text, `
data: data
web: {listen: off}
sources: [{name: desk, dir: stories}]
discord: {token: %s, api_url: %s, rates: {all: off}}
telegram: {token: "%s", api_url: %s, rates: {all: off, chat: off, group: off}}
questions: {reader: off, chat: off}
log: {level: error}
channels:
`, discordToken, w.server.URL, telegramToken, w.server.URL)
	for i := range b.N {
		id := ""
		if platform == "discord" {
			var err error
			if id, err = w.discord.AddChannel(guild, fmt.Sprint("c", i), "text"); err != nil {
				b.Fatal(err)
			}
		} else {
			id = w.telegram.AddChannel(fmt.Sprint("c", i), "")
		}
		fmt.Fprintf(&text, "  - {name: c%d, %s: %s, schedule: \"@every 1h\"}\n", i, platform, id)
	}
	w.write("ferry.txt", ferry)
	c, err := config.Parse(filepath.Join(w.folder, "config.yaml"), []byte(text.String()), os.LookupEnv, config.Checks{Schedule: schedule.Check, Language: brief.CheckLanguage})
	if err != nil {
		b.Fatal(err)
	}
	sent := func() int {
		if platform == "discord" {
			return len(w.discord.Transcript())
		}
		return len(w.telegram.Transcript())
	}
	b.ResetTimer()
	w.start(c)
	for sent() == 0 {
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	for sent() < b.N {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "posts/s")
	w.stop()
}

func BenchmarkPostsDiscord(b *testing.B)  { benchPosts(b, "discord") }
func BenchmarkPostsTelegram(b *testing.B) { benchPosts(b, "telegram") }

// benchCommands is how long a reader waits for an answer, from the command
// typed to the answer in the chat.
func benchCommands(b *testing.B, say func(w *world) error, answers func(w *world) int) {
	w := newWorld(b)
	w.write("ferry.txt", ferry)
	w.start(w.config(", schedule: \"@every 1h\""))
	w.until("the posts", func() bool {
		return len(posts(w.discord.Transcript(), w.text)) > 0 && len(posts(w.telegram.Transcript(), w.group)) > 0 &&
			len(w.discord.Commands(w.text)) > 0
	})
	var took []time.Duration
	for b.Loop() {
		before, began := answers(w), time.Now()
		if err := say(w); err != nil {
			b.Fatal(err)
		}
		for answers(w) == before {
			time.Sleep(50 * time.Microsecond)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	w.stop()
}

func BenchmarkCommandDiscord(b *testing.B) {
	benchCommands(b, func(w *world) error { return w.discord.Say(b.Context(), w.reader.discord, w.text, "/critical", "") },
		func(w *world) int { return len(w.discordAnswer()) })
}

func BenchmarkCommandTelegram(b *testing.B) {
	benchCommands(b, func(w *world) error { return w.telegram.Say(b.Context(), w.reader.telegram, w.group, "/critical", "") },
		func(w *world) int { return len(w.telegramAnswer()) })
}
