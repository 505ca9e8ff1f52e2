package telegram

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
)

// Whoever types the bot's name and some words, in whatever chat, can send a story
// there: as much as one message holds, with ways to the rest. It asks the bot
// nothing.
func TestInline(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	defer w.run()()
	foreign := w.platform.AddSupergroup("Family")
	w.platform.Kick(foreign) // the bot was never there
	w.platform.SetLanguage(w.reader, "de")
	for _, chat := range []string{foreign, w.group, w.reader, w.channel} {
		offers, next, err := w.platform.Inline(ctx, w.reader, chat, "@Brief_Bot night ferry", "")
		if err != nil || len(offers) != 1 || next != "20" {
			t.Fatalf("chat %s: offered %+v, then %q: %v", chat, offers, next, err)
		}
		want := sandbox.Offer{ID: "k7m2p", Title: "Night ferry <returns> & stays night ferry from 0", Description: offers[0].Description, Thumbnail: "https://anselpost.example/m.jpg"}
		if offers[0] != want || !strings.HasPrefix(want.Description, "2. November 2026 · Bullet 0 says") || len([]rune(want.Description)) > maxLine {
			t.Errorf("chat %s: offered %+v", chat, offers[0])
		}
		if err := w.platform.Pick(ctx, w.reader, chat, "k7m2p"); err != nil {
			t.Fatal(err)
		}
	}
	if offers, next, err := w.platform.Inline(ctx, w.reader, foreign, "@brief_bot night ferry", "20"); err != nil || !strings.HasSuffix(offers[0].Title, "from 20") || next != "" {
		t.Errorf("further on: %+v, %q, %v", offers, next, err)
	}
	sent := w.platform.Messages(foreign)[0]
	for _, want := range []string{`"via_bot":`, `"text_link"`, `https://t.me/brief_bot?start=1_crit_k7m2p_`, `https://t.me/brief_bot?start=1_story_k7m2p_`, "Kritisch"} {
		if !strings.Contains(string(sent), want) {
			t.Errorf("sent without %s: %s", want, sent)
		}
	}
	if strings.Contains(string(sent), "callback_data") {
		t.Errorf("a button that leads nowhere in a chat without the bot: %s", sent)
	}

	// What is shared in a chat of the bot's is no question to it, but can be
	// asked about.
	if err := w.platform.Say(ctx, w.reader, w.group, "/critical@brief_bot", "1"); err != nil {
		t.Fatal(err)
	}
	w.until("the answer", func() bool { return len(w.send()) > 0 })
	if got := w.send(); len(got) != 1 || got[0] != "critical||||on k7m2p" {
		t.Errorf("asked: %q", got)
	}
}

// What is offered, as it goes out.
func TestInlineGolden(t *testing.T) {
	w := newWorld(t)
	w.adapter.me = me{ID: 4242, Username: "brief_bot"}
	in := &inbox{Telegram: w.adapter}
	raw, err := json.Marshal(in.articles([]brief.Shared{english.Share(ferry()), languages.Voice("ar").Share(lighthouse())}))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	indented(&b, raw)
	path := filepath.Join("testdata", "inline.txt")
	if *golden {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
}
