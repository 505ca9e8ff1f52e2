package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"briefbot/bot/config"
	"briefbot/bot/sandbox"
	"briefbot/bot/schedule"
)

// configure is a configuration with a channel on each platform, and more.
func (w *world) configure(text string) *config.Config {
	w.Helper()
	text += fmt.Sprintf(`
data: data
settle_after: 1s
discord: {token: %s, api_url: %s, rates: {all: off}}
telegram: {token: "%s", api_url: %s, rates: {all: off, chat: off, group: off}}
questions: {reader: off, chat: off}
channels:
  - {name: news, discord: %s, backfill: 10, schedule: "@every 1s"}
  - {name: brief, telegram: "@dailybrief", backfill: 10, schedule: "@every 1s"}
`, discordToken, w.server.URL, telegramToken, w.server.URL, w.text)
	c, err := config.Parse(filepath.Join(w.folder, "config.yaml"), []byte(text), os.LookupEnv, config.Checks{Schedule: schedule.Check})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// both are the chats of configure, by the transcript that they are in.
func (w *world) both() map[string]func() []sandbox.Entry {
	return map[string]func() []sandbox.Entry{w.text: w.discord.Transcript, w.channel: w.telegram.Transcript}
}

// wrote waits until a message with the text was written into each chat, or was
// put in the place of one that was there.
func (w *world) wrote(method, text string) {
	w.Helper()
	for chat, transcript := range w.both() {
		w.until(fmt.Sprintf("%s in chat %s: %s", method, chat, text), func() bool {
			for _, e := range transcript() {
				if e.Chat == chat && e.Method == method && strings.Contains(e.Text, text) {
					return true
				}
			}
			return false
		})
	}
}

// Two sources that tell of one event have one post in each chat: the richer
// telling edits it, and what the one takes back the other still tells.
func TestOneStoryFromTwoSources(t *testing.T) {
	w := newWorld(t)
	for _, dir := range []string{"wire", "desk"} {
		if err := os.Mkdir(filepath.Join(w.folder, "stories", dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const poor = "NIGHT FERRY returns to Port Ansel!\n\n• The night ferry sails again after nine years.\n"
	w.write("wire/1.txt", poor)
	c := w.configure(`
sources:
  - {name: wire, dir: stories/wire, on_removed: retract, exclude: [lottery]}
  - {name: desk, dir: stories/desk, on_removed: retract}
topics:
  - {name: islands, words: [port ansel]}
web: {listen: off}
`)
	w.start(c)
	w.wrote("create", "NIGHT FERRY returns to Port Ansel!")
	w.write("desk/ferry.txt", ferry)
	w.wrote("edit", "Night ferry returns to Port Ansel")
	w.wrote("edit", "transport, islands")

	// A restart changes nothing, nor does a change of the poorer one, nor one
	// of a story that is left out; of the richer one it does.
	w.stop()
	w.start(c)
	w.write("wire/1.txt", poor+"• Nobody knows why.\n")
	w.write("wire/2.txt", "Lottery\n\n• Somebody won the lottery.\n")
	w.write("desk/ferry.txt", strings.ReplaceAll(ferry, "nine years.[1]", "nine long years.[1]"))
	w.wrote("edit", "nine long years.[1]")
	if err := os.Remove(filepath.Join(w.folder, "stories", "desk", "ferry.txt")); err != nil {
		t.Fatal(err)
	}
	w.wrote("edit", "Nobody knows why.")
	w.stop()

	for chat, transcript := range w.both() {
		if all := posts(transcript(), chat); len(all) != 1 {
			t.Errorf("%d posts in chat %s", len(all), chat)
		}
		for _, e := range transcript() {
			if strings.Contains(strings.ToLower(e.Text), "retracted") || strings.Contains(e.Text, "ottery") {
				t.Errorf("chat %s: %s", chat, e.Text)
			}
		}
	}
	all, err := Why(t.Context(), c.Data, "desk:ferry.txt", "news")
	if err != nil || len(all) != 2 || !strings.HasPrefix(all[0], "one story from 2 sources: wire:1.txt, whose telling is posted; desk:ferry.txt, since ") {
		t.Errorf("why: %q, %v", all, err)
	}
}
