package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"briefbot/bot/sandbox"
)

// A reader finds any story by its words, in whatever form and misspelt too, on
// either platform, and turns the pages of what was found.
func TestSearch(t *testing.T) {
	w := newWorld(t)
	w.write("ferry.txt", ferry)
	for i := range 9 {
		w.write(fmt.Sprintf("fog%d.txt", i), fmt.Sprintf("Fog over Pell, day %d\n\nUpdated Oct %02d, 2026\n\n• It is grey.[1]\n", i, i+1))
	}
	w.start(w.config(`, schedule: "@yearly"`))
	w.finds("fog", 9)
	w.finds("ferry", 1)
	w.until("the commands in Discord's menu", func() bool { return len(w.discord.Commands(w.text)) > 0 })

	for words, want := range map[string]string{
		"ferries":                     "1 story for “ferries”",
		"nigth fery":                  "1. Night ferry returns to Port Ansel",
		"counsil":                     "1. Night ferry returns to Port Ansel",
		"topic:transport":             "1. Night ferry returns to Port Ansel",
		`outlet:"sea wire" year`:      "1. Night ferry returns to Port Ansel",
		"fog on:2026-10-03":           "1. Fog over Pell, day 2",
		"fog after:never":             "I know no date “never”",
		"@everyone <b>volcano</b> **": "I found no story",
		"fog":                         "9 stories for “fog”",
	} {
		w.ask("discord "+words, w.discordAnswer, want, func() error {
			return w.discord.Say(t.Context(), w.reader.discord, w.text, "/search "+words, "")
		})
		w.ask("telegram "+words, w.telegramAnswer, want, func() error {
			return w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/search "+words, "")
		})
	}

	all := w.telegram.Transcript()
	var page sandbox.Entry
	for _, e := range all {
		if strings.Contains(e.Text, "9 stories for “fog”") {
			page = e
		}
	}
	more := regexp.MustCompile(`2/find//[0-9a-z]+\.2/[^"\\]*`).FindString(string(page.Body))
	if more == "" {
		t.Fatalf("no button leads on: %s", page.Body)
	}
	if err := w.telegram.Press(t.Context(), w.reader.telegram, w.group, page.ID, more); err != nil {
		t.Fatal(err)
	}
	w.until("the next page", func() bool {
		for _, e := range w.telegram.Transcript()[len(all):] {
			if strings.Contains(e.Text, "9. Fog over Pell, day 0") {
				return true
			}
		}
		return false
	})

	// Words name a story for any command, and Discord suggests it.
	w.ask("critical", w.telegramAnswer, "before an election.", func() error {
		return w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/critical ferris council", "")
	})
	got, err := w.discord.Complete(t.Context(), w.reader.discord, w.text, "story", "story", "port an")
	if err != nil || len(got) != 1 || got[0] != "Night ferry returns to Port Ansel" {
		t.Errorf("suggested: %q, %v", got, err)
	}

	// The index is made again, and is no part of a backup.
	backup, err := Backup(w.bot.store, filepath.Join(w.folder, "data"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.stop()
	if err := os.RemoveAll(filepath.Join(w.folder, "data", SearchFolder)); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), filepath.Join(w.folder, "data"), backup, time.Now()); err != nil {
		t.Fatal(err)
	}
	w.start(w.config(`, schedule: "@yearly"`))
	w.finds("ferry", 1)
	w.until("the channels' schedules", func() bool { return len(w.bot.Upcoming()) == 3 })
}

// finds waits until so many stories are found for words.
func (w *world) finds(words string, n int) {
	w.Helper()
	w.until(fmt.Sprintf("%d stories for %q", n, words), func() bool {
		f, err := w.bot.search.Search(w.Context(), words, 0, 1)
		return err == nil && f.Total == n && f.Built == 100
	})
}
