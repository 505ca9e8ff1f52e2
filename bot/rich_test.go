package bot

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"briefbot/bot/config"
	"briefbot/bot/sandbox"
	"briefbot/bot/schedule"
)

// rich is a configuration with one Telegram channel of a format.
func (w *world) rich(format string) *config.Config {
	w.Helper()
	text := fmt.Sprintf(`
data: data
settle_after: 1s
sources: [{name: desk, dir: stories}]
web: {listen: off}
telegram: {token: "%s", api_url: %s, rates: {all: off, chat: off, group: off}}
channels:
  - {name: brief, telegram: "@dailybrief", backfill: 10, format: %s%s}
`, telegramToken, w.server.URL, format, everySecond)
	c, err := config.Parse(filepath.Join(w.folder, "config.yaml"), []byte(text), os.LookupEnv, config.Checks{Schedule: schedule.Check})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// standing is what stands in the channel: of each message its form and what is
// read of it, with its buttons.
func (w *world) standing() (forms string, whole string) {
	w.Helper()
	for _, raw := range w.telegram.Messages(w.channel) {
		var m struct {
			Rich json.RawMessage `json:"rich_message"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			w.Fatal(err)
		}
		form := "classic "
		if m.Rich != nil {
			form = "rich "
		}
		forms += form
		whole += string(raw)
	}
	return strings.TrimSpace(forms), whole
}

// wantForms waits for something to be read in the channel, and says in which
// forms its messages stand then.
func (w *world) wantForms(words, want string) {
	w.Helper()
	w.until(words, func() bool {
		_, whole := w.standing()
		return strings.Contains(whole, words)
	})
	if got, whole := w.standing(); got != want {
		w.Errorf("%s: stands as %s, want %s: %s", words, got, want, whole)
	}
}

// A rich post is edited as one, and a classic one as that, whatever the channel
// is set to by then.
func TestEditKeepsForm(t *testing.T) {
	t.Parallel()
	for was, now := range map[string]string{"rich": "classic", "classic": "rich"} {
		w := newWorld(t)
		w.write("1.txt", ferry)
		w.start(w.rich(was))
		w.wantForms("nine years", was)
		w.stop()
		w.start(w.rich(now))
		w.write("1.txt", strings.ReplaceAll(ferry, "nine years.[1]", "ten years.[1]"))
		w.wantForms("ten years", was)
		w.write("2.txt", "Lighthouse goes dark\n\n• The lamp of Cape Orrin was put out.\n")
		w.wantForms("Cape Orrin", was+" "+now)
		w.stop()
	}
}

// A server that does not know rich messages gets classic ones, each story once,
// and is not asked again; what went out rich before is changed all the same.
func TestOldServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("1.txt", ferry)
	w.start(w.rich("rich"))
	w.wantForms("nine years", "rich")
	w.telegram.SetOld(true)
	w.write("2.txt", "Lighthouse goes dark\n\n• The lamp of Cape Orrin was put out.\n")
	w.wantForms("Cape Orrin", "rich classic")
	w.write("3.txt", "Harbour wall is mended\n\n• The wall stands again.\n")
	w.wantForms("The wall stands", "rich classic classic")
	w.write("1.txt", strings.ReplaceAll(ferry, "nine years.[1]", "ten years.[1]"))
	w.wantForms("ten years", "classic classic classic")
	if all, _ := w.telegram.Requests("sendRichMessage"); all != 2 {
		t.Errorf("sendRichMessage was tried %d times", all)
	}
	w.stop()
}

// What goes wrong with a rich message costs no reader the story, and brings it to
// none twice.
func TestRichFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault sandbox.Fault
		want  string
	}{
		{sandbox.Fault{Failure: sandbox.DropBefore}, "rich"},
		{sandbox.Fault{Failure: sandbox.DropAfter}, "rich"},
		{sandbox.Fault{Failure: sandbox.UnavailableAfter}, "rich"},
		{sandbox.Fault{Failure: sandbox.Late, Delay: 600 * time.Millisecond}, "rich"},
		{sandbox.Fault{Failure: sandbox.Refused, Status: 400, Text: "Bad Request: RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"}, "classic"},
	} {
		w := newWorld(t)
		w.write("1.txt", "Harbour wall is mended\n\n• The wall stands again.\n")
		w.start(w.rich("rich"))
		w.wantForms("The wall stands", "rich")
		tt.fault.Method, tt.fault.Times = "create", 1
		w.telegram.Fault(tt.fault)
		w.write("2.txt", ferry)
		w.wantForms("nine years", "rich "+tt.want)
		w.write("3.txt", "Lighthouse goes dark\n\n• The lamp of Cape Orrin was put out.\n")
		w.wantForms("Cape Orrin", "rich "+tt.want+" rich")
		w.stop()
	}
}

// A story of which a part is out rich when the next part is refused becomes
// classic as a whole, and nothing of it is lost or doubled.
func TestRichRefusedHalfway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("1.txt", "Harbour wall is mended\n\n• The wall stands again.\n")
	w.start(w.rich("rich"))
	w.wantForms("The wall stands", "rich")
	w.telegram.Fault(sandbox.Fault{Failure: sandbox.Refused, Status: 400, Text: "Bad Request: RICH_MESSAGE_INVALID", Method: "create", Times: 1, Skip: 1})
	var story strings.Builder
	story.WriteString("Night ferry returns\n\n")
	for i := range 60 {
		fmt.Fprintf(&story, "• Mark %d. %s\n", i, strings.Repeat("The ferry sails. ", 45))
	}
	w.write("2.txt", story.String())
	w.until("the end of the story", func() bool {
		_, whole := w.standing()
		return strings.Contains(whole, "Mark 59.")
	})
	forms, whole := w.standing()
	if strings.Count(forms, "rich") != 1 {
		t.Errorf("stands as %s", forms)
	}
	at := 0
	for i := range 60 {
		mark := fmt.Sprintf("Mark %d. ", i)
		next := strings.Index(whole, mark)
		if strings.Count(whole, mark) != 1 || next < at {
			t.Errorf("%q stands %d times, or out of order", mark, strings.Count(whole, mark))
		}
		at = next
	}
	w.stop()
}
