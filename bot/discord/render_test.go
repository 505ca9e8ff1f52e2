package discord

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// reading is what stands on a reader's screen, as far as text can show it.
func reading(m message) string {
	var b strings.Builder
	for _, e := range m.Embeds {
		if e.Title != "" {
			fmt.Fprintf(&b, "┃ # %s <%s>\n", e.Title, e.URL)
		}
		for line := range strings.Lines(e.Description) {
			fmt.Fprintf(&b, "┃ %s", line)
		}
		b.WriteString("\n")
		if e.Image != nil {
			fmt.Fprintf(&b, "┃ (image %s)\n", e.Image.URL)
		}
		if e.Footer != nil {
			fmt.Fprintf(&b, "┃ (below it: %s)\n", e.Footer.Text)
		}
	}
	for _, row := range m.Components {
		for _, c := range row.Components {
			fmt.Fprintf(&b, "[%s](%s) ", c.Label, c.CustomID)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	forum := w.channel("briefs", "forum-tagged", "sport", "Islands")
	day := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	updated := ferry()
	updated.Story.Revision, updated.Story.Updated = 2, day
	for name, tt := range map[string]struct {
		chat string
		m    brief.Message
	}{
		"post":      {w.news, english.Post(updated, false)},
		"folded":    {w.news, english.Post(ferry(), true)},
		"long":      {w.news, english.Post(flood(), true)},
		"credited":  {w.news, english.Post(credited(), true)},
		"news":      {w.news, english.Digest(day, []store.Entry{credited(), flood()})},
		"hostile":   {w.news, english.Post(hostile(), true)},
		"forum":     {forum, english.Post(ferry(), false)},
		"narrative": {w.news, english.Side(ferry(), store.Critical)},
		"sources":   {w.news, english.Sources(ferry())},
		"traps":     {w.news, english.Sources(hostile())},
		"digest":    {w.news, english.Digest(day, []store.Entry{ferry(), flood()})},
		"list":      {w.news, english.List(brief.TitleLatest, []store.Entry{ferry(), flood()})},
	} {
		t.Run(name, func(t *testing.T) {
			dl := w.delivery(tt.chat, tt.m)
			var got bytes.Buffer
			for i, p := range dl.Parts {
				m := decode[message](t, p.Body)
				if f := decode[forumPost](t, p.Body); f.Name != "" {
					fmt.Fprintf(&got, "= %s\n", f.Name)
					m = f.Message
				}
				if !fits(m.Embeds) {
					t.Errorf("part %d is too large", i)
				}
				got.WriteString(reading(m) + "\n")
			}
			got.WriteString("\n")
			if name == "post" || name == "forum" {
				json.Indent(&got, dl.Parts[0].Body, "", "  ")
				got.WriteString("\n")
			}
			path := filepath.Join("testdata", name+".txt")
			// The stand-in's own ids differ from run to run.
			text := strings.ReplaceAll(got.String(), w.tag(forum, "Islands"), "<the tag Islands>")
			if *update {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("got\n%s\nwant\n%s", text, want)
			}
		})
	}
}

func (w *world) tag(forum, name string) string {
	w.Helper()
	c, err := w.d.channel(w.Context(), forum)
	if err != nil {
		w.Fatal(err)
	}
	for _, t := range c.Tags {
		if t.Name == name {
			return t.ID
		}
	}
	w.Fatalf("no tag %s", name)
	return ""
}

// Whatever a story holds, Discord takes it, and readers read it as it was
// written.
func TestEveryPostIsTaken(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	huge := ferry()
	huge.Story.Headline = strings.Repeat("A long headline about Port Ansel ", 10)
	huge.Story.Narratives[0].Label = strings.Repeat("long label ", 40)
	huge.Story.Narratives[0].Paragraphs = []string{strings.Repeat("Yes. ", 2000)}
	odd := ferry()
	odd.Story.Image.URL = "ftp://anselpost.example/x.jpg"
	odd.Story.Narratives = nil
	for i := range 30 {
		odd.Story.Narratives = append(odd.Story.Narratives, store.Narrative{Label: fmt.Sprint("Side ", i), Paragraphs: []string{"It says so."}})
	}
	id := uint64(100)
	for name, e := range map[string]store.Entry{"usual": ferry(), "long": flood(), "hostile": hostile(), "huge": huge, "odd": odd} {
		for kind, m := range map[string]brief.Message{
			"post": english.Post(e, false), "folded": english.Post(e, true), "sources": english.Sources(e), "sides": english.Narratives(e, 1),
		} {
			id++
			dl := w.rendered(store.Delivery{ID: id, Chat: store.Chat{Platform: store.Discord, ID: w.news}}, m)
			first := len(w.api.Transcript())
			w.send(dl)
			read := ""
			for _, entry := range w.api.Transcript()[first:] {
				read += entry.Text + "\n"
			}
			for _, b := range e.Story.Bullets {
				if words := squeeze(b.Text); (kind == "post" || kind == "folded") && !strings.Contains(squeeze(read), words) {
					t.Errorf("%s %s: a reader does not read %q in\n%s", name, kind, b.Text, read)
				}
			}
		}
	}
}

// squeeze leaves what is no white space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// Both sides get the same room: each fold is one embed of the same look.
func TestFoldsAreAlike(t *testing.T) {
	m := messages(english.Post(ferry(), true), func(int) string { return "t" })[0]
	if len(m.Embeds) != 3 {
		t.Fatalf("%d embeds", len(m.Embeds))
	}
	for _, e := range m.Embeds[1:] {
		if e.Title == "" || e.Color != m.Embeds[1].Color || !strings.HasPrefix(e.Description, "||") || !strings.HasSuffix(e.Description, "||") {
			t.Errorf("a fold is %+v", e)
		}
	}
}

// Each message of a long narrative leads to the other, and so does each of a long
// post that has both folded in it.
func TestEachPieceLeadsToTheOtherSide(t *testing.T) {
	e := ferry()
	for i := range e.Story.Narratives {
		e.Story.Narratives[i].Paragraphs = []string{strings.Repeat("They waited nine years for it. ", 400)}
	}
	for name, m := range map[string]brief.Message{"critical": english.Side(e, store.Critical), "both": english.Narratives(e, 1), "folded": english.Post(e, true)} {
		all := messages(m, func(int) string { return "t" })
		if len(all) < 2 {
			t.Errorf("%s: one message has it all", name)
		}
		for i, msg := range all {
			if body, _ := json.Marshal(msg); !bytes.Contains(body, []byte("1/est/")) {
				t.Errorf("%s: message %d of %d has no button for the other side", name, i+1, len(all))
			}
		}
	}
}

func TestSilent(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	for kind, chat := range map[string]string{"text": w.news, "forum": w.channel("briefs", "forum")} {
		dl := w.rendered(store.Delivery{ID: 5, Silent: true, Chat: store.Chat{Platform: store.Discord, ID: chat}}, english.Post(ferry(), false))
		if !bytes.Contains(dl.Parts[0].Body, []byte(`"flags":4096`)) {
			t.Errorf("%s: %s makes a sound", kind, dl.Parts[0].Body)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	m := english.Post(ferry(), true)
	for b.Loop() {
		messages(m, func(int) string { return "t.0" })
	}
}
