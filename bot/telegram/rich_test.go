package telegram

import (
	"bytes"
	"encoding/json"
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

// rich is a rich delivery for a chat.
func (w *world) rich(chat string, m brief.Message) store.Delivery {
	w.Helper()
	d := w.delivery(chat, m)
	d.Rich = true
	kind := store.TelegramSuper
	if chat == w.channel {
		kind = store.TelegramChannel
	}
	bodies, err := w.adapter.Render(w.Context(), store.Place{Kind: kind}, d, m)
	if err != nil {
		w.Fatal(err)
	}
	d.Parts = nil
	for _, b := range bodies {
		d.Parts = append(d.Parts, store.Part{Body: b, Claimed: time.Now()})
	}
	return d
}

// lighthouse is a story in Arabic, with a picture that has a caption.
func lighthouse() store.Entry {
	return store.Entry{Short: "a2b3c", Story: store.Story{
		ID: "desk:lighthouse", Headline: "منارة رأس أورين تُضاء من جديد", URL: "https://orrin.example/manara", Date: store.Day(2026, 11, 3), Topics: []string{"جزر"}, Language: "ar",
		Image:   &store.Image{URL: "https://orrin.example/manara.jpg", Caption: "المنارة عند الغروب", Credit: "Orrin Photo"},
		Bullets: []store.Bullet{{Text: "أُضيء مصباح Cape Orrin بعد تسع سنوات.", Citations: []int{1}}, {Text: "يقول المجلس إن الكلفة 300 ألف.", Citations: []int{2}}},
		Narratives: []store.Narrative{
			{Label: "الرواية الناقدة", Paragraphs: []string{"انتظر الناس تسع سنوات [1]."}, Citations: []int{1}},
			{Label: "الرواية المؤيدة", Paragraphs: []string{"انتظر المجلس حتى توفّر المال."}},
		},
		Sources: []store.Source{{N: 1, Outlet: "بريد أورين", Title: "عودة الضوء", URL: "https://orrin.example/1"}, {N: 2, Outlet: "Sea Wire", Title: "The lamp is lit", URL: "https://seawire.example/2"}},
	}}
}

// huge is a story of more than one rich message: by its text, and by its many
// sources.
func huge() store.Entry {
	e := ferry()
	e.Story.Sources = nil
	for i := range 300 {
		e.Story.Sources = append(e.Story.Sources, store.Source{N: i + 1, Outlet: "Ansel Post", Title: fmt.Sprint("Article ", i+1), URL: fmt.Sprint("https://anselpost.example/", i+1)})
	}
	for i := range e.Story.Narratives {
		n := &e.Story.Narratives[i]
		n.Paragraphs = nil
		for j := range 20 {
			n.Paragraphs = append(n.Paragraphs, fmt.Sprintf("Thought %d of side %d. %s", j, i, strings.Repeat("It goes on and on. ", 50)))
		}
	}
	return e
}

func TestRichGolden(t *testing.T) {
	w := newWorld(t)
	arabic := languages.Voice("ar")
	for name, d := range map[string]store.Delivery{
		"rich-post-channel": w.rich(w.channel, english.Post(ferry(), true)),
		"rich-post-group":   w.rich(w.group, english.Post(ferry(), false)),
		"rich-credited":     w.rich(w.channel, english.Post(credited(), true)),
		"rich-digest":       w.rich(w.group, english.Digest(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), []store.Entry{credited(), lighthouse()})),
		"rich-critical":     w.rich(w.group, english.Side(ferry(), store.Critical)),
		"rich-sources":      w.rich(w.group, english.Sources(ferry())),
		"rich-arabic":       w.rich(w.channel, arabic.Post(lighthouse(), true)),
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			for i, p := range d.Parts {
				var body map[string]json.RawMessage
				if err := json.Unmarshal(p.Body, &body); err != nil {
					t.Fatal(err)
				}
				delete(body, "classic")
				fmt.Fprintf(&b, "=== message %d\n", i+1)
				indented(&b, body["rich_message"])
				delete(body, "rich_message")
				rest, _ := json.Marshal(body)
				fmt.Fprintf(&b, "--- %s\n", rest)
				if v := w.adapter.Send(t.Context(), d, i); v.Outcome != store.Delivered {
					t.Errorf("message %d: %s: %s", i+1, v.Outcome, v.Reason)
				}
			}
			path := filepath.Join("testdata", name+".txt")
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
		})
	}
	for _, e := range w.platform.Transcript() {
		if !strings.Contains(string(e.Body), "rich_message") || strings.Contains(string(e.Body), `"classic"`) {
			t.Errorf("went out as %s", e.Body)
		}
	}
}

// indented writes JSON for people.
func indented(b *bytes.Buffer, raw json.RawMessage) {
	json.Indent(b, raw, "", "  ")
	b.WriteByte('\n')
}

// Foreign text mentions nobody, and becomes no link, in a rich message too.
func TestRichIsLiteral(t *testing.T) {
	w := newWorld(t)
	d := w.rich(w.channel, english.Post(ferry(), true))
	if v := w.adapter.Send(t.Context(), d, 0); v.Outcome != store.Delivered {
		t.Fatal(v.Reason)
	}
	stands := string(w.platform.Messages(w.channel)[0])
	for what, words := range map[string]string{"a mention": `"mention"`, "a script as a link": `"url":"javascript`} {
		if strings.Contains(stands, words) {
			t.Errorf("%s: %s", what, stands)
		}
	}
	if !strings.Contains(stands, "@harbour") {
		t.Errorf("the name is not there: %s", stands)
	}
}

// What is larger than a rich message goes on in the next, cut between sections
// where they fit, and nothing is left out. A mark leads to its source where that
// stands in the same message, else to the source's page.
func TestRichPacks(t *testing.T) {
	w := newWorld(t)
	d := w.rich(w.channel, english.Post(huge(), true))
	if len(d.Parts) != 3 {
		t.Fatalf("%d messages", len(d.Parts))
	}
	for i := range d.Parts {
		if v := w.adapter.Send(t.Context(), d, i); v.Outcome != store.Delivered {
			t.Fatalf("message %d: %s: %s", i+1, v.Outcome, v.Reason)
		}
	}
	all := w.platform.Transcript()
	read := ""
	for i, e := range all {
		read += e.Text + "\n"
		if n := strings.Count(e.Text, "narrative"); i < 2 && n != 1 {
			t.Errorf("message %d has %d narratives", i+1, n)
		}
	}
	for i := range 300 {
		if !strings.Contains(read, fmt.Sprintf("%d. Ansel Post: Article %d\n", i+1, i+1)) {
			t.Errorf("source %d is missing", i+1)
		}
	}
	for i := range 2 {
		for j := range 20 {
			if !strings.Contains(read, fmt.Sprintf("Thought %d of side %d.", j, i)) {
				t.Errorf("thought %d of side %d is missing", j, i)
			}
		}
	}
	if first := string(all[0].Body); strings.Contains(first, "reference_link") || !strings.Contains(first, "https://anselpost.example/1") {
		t.Errorf("marks lead out of their message: %s", first)
	}
}

// Each way in which a rich send can go, and what the outbox is told of it.
func TestRichVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault sandbox.Fault
		old   bool
		want  store.Verdict
		known bool // that the server takes rich messages, afterwards
	}{
		{"all is well", sandbox.Fault{Method: "none"}, false, store.Verdict{Outcome: store.Delivered, Message: "1"}, true},
		{"an old server", sandbox.Fault{Method: "none"}, true, store.Verdict{Outcome: store.Refused, Form: true}, false},
		{"a picture that can't be had", sandbox.Fault{Failure: sandbox.Refused, Status: 400, Text: "Bad Request: RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"}, false, store.Verdict{Outcome: store.Refused, Form: true}, true},
		{"a group that takes no pictures", sandbox.Fault{Method: "none"}, false, store.Verdict{Outcome: store.Refused, Form: true}, true},
		{"cut after", sandbox.Fault{Failure: sandbox.DropAfter}, false, store.Verdict{Outcome: store.Unknown}, true},
		{"502 page", sandbox.Fault{Failure: sandbox.Unavailable}, false, store.Verdict{Outcome: store.Unknown}, true},
		{"429", sandbox.Fault{Failure: sandbox.Limited, Delay: 7 * time.Second}, false, store.Verdict{Outcome: store.Retry, After: 7100 * time.Millisecond}, true},
		{"kicked", sandbox.Fault{Failure: sandbox.Refused, Status: 403, Text: "Forbidden: bot was kicked from the supergroup chat"}, false, store.Verdict{Outcome: store.Refused, Gone: true}, true},
		{"topic closed", sandbox.Fault{Failure: sandbox.Refused, Status: 400, Text: "Bad Request: TOPIC_CLOSED"}, false, store.Verdict{Outcome: store.Refused, Gone: true}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			d := w.rich(w.group, english.Post(ferry(), false))
			if tt.fault.Method == "" {
				tt.fault.Method = "create"
			}
			w.platform.Fault(tt.fault)
			w.platform.SetOld(tt.old)
			w.platform.SetRights(w.group, sandbox.TelegramRights{NoPhotos: strings.Contains(tt.name, "no pictures")})
			got := w.adapter.Send(t.Context(), d, 0)
			got.Reason = ""
			if got != tt.want || w.adapter.TakesRich() != tt.known {
				t.Errorf("got %+v, want %+v; takes rich messages: %v", got, tt.want, w.adapter.TakesRich())
			}
			if bodies, err := w.adapter.Classic(d); err != nil || len(bodies) != 1 || !strings.Contains(string(bodies[0]), `"text":`) {
				t.Errorf("the classic form: %s, %v", bodies, err)
			}
		})
	}
}

// A token that the server does not know is told from a method that it does not.
func TestRichWithBadToken(t *testing.T) {
	w := newWorld(t)
	d := w.rich(w.group, english.Post(ferry(), false))
	w.platform.SetOld(true)
	w.platform.Fault(sandbox.Fault{Failure: sandbox.Refused, Status: 404, Text: "Not Found"}) // of getMe too
	if v := w.adapter.Send(t.Context(), d, 0); v.Outcome != store.Retry || !v.Everywhere || v.Form || !w.adapter.TakesRich() {
		t.Errorf("got %+v", v)
	}
}

// An edit of a rich message stays one, and a server that refuses it says so.
func TestRichEdit(t *testing.T) {
	w := newWorld(t)
	d := w.rich(w.channel, english.Post(ferry(), true))
	if v := w.adapter.Send(t.Context(), d, 0); v.Outcome != store.Delivered {
		t.Fatal(v.Reason)
	}
	e := ferry()
	e.Story.Headline = "Night ferry stays"
	edit := w.rich(w.channel, english.Post(e, true))
	edit.Parts[0].Target = "1"
	for range 2 { // the second time there is nothing to do
		if v := w.adapter.Edit(t.Context(), edit, 0); v.Outcome != store.Delivered {
			t.Fatal(v.Reason)
		}
	}
	if stands := string(w.platform.Messages(w.channel)[0]); !strings.Contains(stands, `"rich_message":`) || !strings.Contains(stands, "Night ferry stays") {
		t.Errorf("stands as %s", stands)
	}
	edit.Parts[0].Target = "9"
	if v := w.adapter.Edit(t.Context(), edit, 0); v.Outcome != store.Refused || v.Form {
		t.Errorf("a message that is gone: %+v", v)
	}
	edit.Parts[0].Target = "1"
	w.platform.SetOld(true)
	if v := w.adapter.Edit(t.Context(), edit, 0); !v.Form {
		t.Errorf("an old server: %+v", v)
	}
}

// A reader who chose rich messages is answered in them in private, and a chat
// whose channel has them too; nobody else is.
func TestRichAnswers(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	channel := func(name, chat, format string) store.Channel {
		return store.Channel{Name: name, Chat: store.Chat{Platform: store.Telegram, ID: chat}, Schedule: "@daily", Timezone: "UTC", Mode: store.Each, Limit: 1, Format: format}
	}
	other := w.platform.AddSupergroup("Other talk")
	if err := w.store.PutChannels(ctx, []store.Channel{channel("rich", w.group, "rich"), channel("classic", other, "classic")}, time.Now()); err != nil {
		t.Fatal(err)
	}
	chooses := func(format string) {
		_, err := w.store.ChangeProfile(ctx, store.UserID{Platform: store.Telegram, ID: w.reader}, time.Now(), func(p *store.Profile) error {
			p.Format = format
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	defer w.run()()
	n := 0
	for _, tt := range []struct {
		name, chat, chosen string
		rich               bool
	}{
		{"a reader who chose nothing", w.reader, "", false},
		{"a reader who chose rich", w.reader, "rich", true},
		{"a reader who chose classic", w.reader, "classic", false},
		{"a group with rich posts", w.group, "classic", true},
		{"a group with classic posts", other, "rich", false},
	} {
		chooses(tt.chosen)
		text := "/critical@brief_bot"
		if n == 0 {
			text = "/start"
		}
		if err := w.platform.Say(ctx, w.reader, tt.chat, text, ""); err != nil {
			t.Fatal(err)
		}
		n++
		w.until(tt.name, func() bool { return len(w.send()) == n })
		if got := strings.Contains(string(w.platform.Transcript()[n-1].Body), "rich_message"); got != tt.rich {
			t.Errorf("%s: rich %v", tt.name, got)
		}
	}
}

// What goes to thousands of chats is put together once, and addressed for each.
func BenchmarkRenderRich(b *testing.B) {
	w := newWorld(b)
	w.adapter.me = me{ID: 4242, Username: "brief_bot"}
	m := english.Post(ferry(), true)
	for b.Loop() {
		if _, err := w.adapter.Render(b.Context(), store.Place{Kind: store.TelegramChannel}, store.Delivery{ID: 77, Rich: true}, m); err != nil {
			b.Fatal(err)
		}
	}
}
