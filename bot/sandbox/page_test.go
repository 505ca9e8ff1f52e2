package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var pictures = flag.String("pictures", "", "a folder for pictures of the page")

// script is a Platform that plays what a test wants.
type script struct {
	chats  []Chat
	events []Event
	menu   []Command
	mu     sync.Mutex
	did    []string
}

func (s *script) Chats(string) []Chat { return s.chats }

func (s *script) Menu(string, string) []Command {
	if s.menu != nil {
		return s.menu
	}
	return []Command{{Name: "critical", Description: "One side", Options: []Option{{Name: "story", Autocomplete: true}}}, {Name: "help", Description: "What I can do"}}
}

func (s *script) Watch(ctx context.Context) <-chan Event {
	out := make(chan Event)
	go func() {
		defer close(out)
		for _, e := range s.events {
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
		<-ctx.Done()
	}()
	return out
}

func (s *script) note(format string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.did = append(s.did, fmt.Sprintf(format, args...))
	return nil
}

func (s *script) done() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.did, "; ")
}

func (s *script) Say(_ context.Context, user, chat, text, reply string) error {
	return s.note("%s says %q in %s to %q", user, text, chat, reply)
}

func (s *script) Press(_ context.Context, user, chat, message, data string) error {
	return s.note("%s presses %q on %s in %s", user, data, message, chat)
}

func (s *script) Complete(_ context.Context, _, _, command, option, value string) ([]string, error) {
	return []string{"Night ferry"}, s.note("completes %s %s %q", command, option, value)
}

func (s *script) Apps(string, string) []Command {
	return []Command{{Name: "Both sides"}, {Name: "Sources"}}
}

func (s *script) Use(_ context.Context, user, chat, message, command string) error {
	return s.note("%s uses %q on %s in %s", user, command, message, chat)
}

// turning is a line from left to right, and a shorter one from right to left.
const turning = "Night ferry returns to Port Ansel after nine years\nالعبّارة تعود [1]"

// hostile is text that would be markup if it were let.
const hostile = `<img src=x onerror="document.title='broken'"> & <b>bold</b>`

func scripts() (discord, telegram *script) {
	now := time.Now()
	message := func(v any) json.RawMessage {
		b, _ := json.Marshal(v)
		return b
	}
	type m = map[string]any
	discord = &script{
		chats: []Chat{{Platform: "discord", ID: "1", Name: "news", Kind: "text", Writable: true}},
		events: []Event{{Platform: "discord", Chat: "1", Kind: "message", ID: "11", At: now, Message: message(m{
			"id": "11", "author": m{"username": "briefbot", "bot": true}, "timestamp": now,
			"embeds": []m{{
				"title": `Night \*ferry\* returns`, "url": "https://example.org/ferry", "color": 0x4A6FA5,
				"description": "-# 2 November 2026\n" + `• It sails **again**.[\[1\]](https://example.org/1) \<b\>` + "\n\n" + strings.ReplaceAll(hostile, "<", `\<`) + "\n\n||hidden *words*||",
				"image":       m{"url": "https://nowhere.invalid/a.jpg"}, "footer": m{"text": "L. Roe"},
			}},
			"components": []m{{"type": 1, "components": []m{{"type": 2, "style": 2, "label": "Critical", "custom_id": "1/crit/k/t"}}}},
		})}},
	}
	telegram = &script{
		chats: []Chat{
			{Platform: "telegram", ID: "-1", Name: "Daily Brief", Kind: "channel"},
			{Platform: "telegram", ID: "7", Name: "briefbot", Kind: "private", Writable: true},
		},
		events: []Event{{Platform: "telegram", Chat: "-1", Kind: "message", ID: "21", At: now, Message: message(m{
			"message_id": 21, "date": now.Unix(), "chat": m{"id": -1}, "sender_chat": m{"id": -1, "title": "Daily Brief"},
			"text": "👩‍🚀 Night ferry\n" + hostile + "\nfolded side", "entities": []m{
				{"type": "bold", "offset": 6, "length": 11}, {"type": "text_link", "offset": 6, "length": 5, "url": "https://example.org/ferry"},
				{"type": "expandable_blockquote", "offset": 18 + len(hostile) + 1, "length": 11},
			},
			"reply_markup": m{"inline_keyboard": [][]m{{{"text": "Sources", "url": "https://t.me/brief_bot?start=1_src_k_t"}}}},
		})}},
	}
	return discord, telegram
}

// browser starts Chromium at the page; it skips the test where there is none.
func browser(t *testing.T, url string, width, height int) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("BRIEFBOT_REQUIRE_BROWSER") == "1" {
			t.Fatal("no Chromium in PATH")
		}
		t.Skip("no Chromium in PATH: the page is not looked at")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.WindowSize(width, height), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 20*time.Second)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), int64(height)), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// picture keeps what the page looks like, if a folder for it is named.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPageInBrowser(t *testing.T) {
	discord, telegram := scripts()
	var added string
	srv := httptest.NewServer(NewPage(PageOptions{
		Title: "briefbot", Platforms: map[string]Platform{"discord": discord, "telegram": telegram},
		Reader: map[string]string{"discord": "ada", "telegram": "7"},
		Next: func() []Upcoming {
			return []Upcoming{{Channel: "news", Platform: "discord", At: time.Now().Add(time.Hour)}}
		},
		AddStory: func(_ context.Context, text string) error {
			added = text
			return errors.New("your story:3: no bullets behind the headline")
		},
		Sample: "A sample",
	}))
	t.Cleanup(srv.Close) // after the browser
	ctx := browser(t, srv.URL, 1400, 900)
	run := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	text := func(selector string) string {
		t.Helper()
		s, err := chromedp.Run(ctx, chromedp.Text(selector))
		if err != nil {
			t.Fatalf("%s: %v", selector, err)
		}
		return s
	}

	run("posts appear", chromedp.WaitVisible(".discord .embed"), chromedp.WaitVisible(".telegram .bubble"))
	if got := text(".discord .embed h3"); got != "Night *ferry* returns" {
		t.Errorf("title %q", got)
	}
	for where, got := range map[string]string{"discord": text(".discord .embed .text"), "telegram": text(".telegram .bubble .text")} {
		if !strings.Contains(got, "<b>bold</b>") {
			t.Errorf("%s: foreign text is not shown as text: %q", where, got)
		}
	}
	state, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
		Title, Link, Bold, Quote, Photo string
		Small                           string
		Images, Channels                int
	}](`({
		Small: document.querySelector('.discord .subtext').textContent,
		Title: document.title,
		Link: document.querySelector('.discord .embed .text a').href + ' ' + document.querySelector('.discord .embed .text a').rel,
		Bold: document.querySelector('.telegram .bubble b').textContent,
		Quote: document.querySelector('.telegram blockquote').textContent,
		Photo: document.querySelector('.discord .photo').textContent,
		Images: document.querySelectorAll('.text img').length,
		Channels: document.querySelectorAll('.telegram .tabs button').length,
	})`))
	if err != nil {
		t.Fatal(err)
	}
	if state.Title != "briefbot" || state.Images != 0 {
		t.Errorf("foreign text became markup: %+v", state)
	}
	if state.Link != "https://example.org/1 noopener noreferrer" || state.Bold != "Night ferry" || state.Quote != "folded side" || state.Photo != "L. Roe" || state.Channels != 2 || state.Small != "2 November 2026" {
		t.Errorf("rendered: %+v", state)
	}

	run("the quote opens", chromedp.Click(".telegram blockquote"), chromedp.WaitVisible(".telegram blockquote.open"))
	run("the spoiler opens", chromedp.Click(".spoiler"), chromedp.WaitVisible(".spoiler.open"))
	run("press", chromedp.Click(".discord .components button"), chromedp.Click(".telegram .keyboard button"))
	run("type", chromedp.SendKeys(".discord .box input", "/cri"), chromedp.WaitVisible(".discord .menu button"),
		chromedp.Click(".discord .menu button"), chromedp.SendKeys(".discord .box input", "night"), chromedp.WaitVisible(".discord .menu button"),
		chromedp.SendKeys(".discord .box input", "\r"))
	waitFor(t, func() bool {
		return strings.Contains(discord.done(), `ada presses "1/crit/k/t" on 11 in 1`) &&
			strings.Contains(discord.done(), `completes critical story "night"`) &&
			strings.Contains(discord.done(), `ada says "/critical night" in 1 to ""`) &&
			strings.Contains(telegram.done(), `7 presses "https://t.me/brief_bot?start=1_src_k_t" on 21 in -1`)
	}, func() string { return discord.done() + " | " + telegram.done() })
	waitFor(t, func() bool { return strings.Contains(text("#next"), "news (Discord) in 3") }, func() string { return text("#next") })
	run("add", chromedp.Click("#add"), chromedp.WaitVisible("dialog textarea"), chromedp.Click("dialog .main"), chromedp.WaitVisible("dialog .wrong"))
	if got := text("dialog .wrong"); got != "your story:3: no bullets behind the headline" || added != "A sample" {
		t.Errorf("the form says %q of %q", got, added)
	}
	picture(t, ctx, "page-test.png")
}

// What Discord's clients have beside buttons: menus of values, commands on a
// message, and commands with subcommands and several options.
func TestPageMenusOfDiscord(t *testing.T) {
	discord, telegram := scripts()
	type m = map[string]any
	one := m{"type": 3, "custom_id": "side", "placeholder": "All sides", "options": []m{
		{"label": "Critical", "value": "crit"}, {"label": "رواية المؤسسة", "value": "est", "description": "From the right"}}}
	several := m{"type": 3, "custom_id": "topics", "max_values": 2, "options": []m{
		{"label": "World", "value": "world", "default": true}, {"label": "Coast", "value": "coast"}}}
	shut := m{"type": 2, "style": 2, "label": "Back", "custom_id": "back", "disabled": true}
	components, err := json.Marshal(m{"id": "12", "author": m{"username": "briefbot", "bot": true}, "content": "Choose", "flags": 64,
		"components": []m{{"type": 1, "components": []m{one}}, {"type": 1, "components": []m{several}}, {"type": 1, "components": []m{shut}}}})
	if err != nil {
		t.Fatal(err)
	}
	discord.events = append(discord.events, Event{Platform: "discord", Chat: "1", Kind: "ephemeral", User: "ada", ID: "12", At: time.Now(), Message: components})
	discord.menu = []Command{{Name: "follow", Options: []Option{
		{Name: "topic", Subcommand: true, Options: []Option{{Name: "name", Autocomplete: true}, {Name: "unit", Choices: []string{"hours", "days"}}}},
		{Name: "story", Subcommand: true}}}}
	srv := httptest.NewServer(NewPage(PageOptions{
		Platforms: map[string]Platform{"discord": discord, "telegram": telegram}, Reader: map[string]string{"discord": "ada", "telegram": "7"},
	}))
	t.Cleanup(srv.Close)
	ctx := browser(t, srv.URL, 1400, 900)
	run := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	const first, second = ".whisper .select[data-id=side]", ".whisper .select[data-id=topics]"
	run("open", chromedp.WaitVisible(first), chromedp.Click(first+" summary"), chromedp.WaitVisible(first+" .options"))
	picture(t, ctx, "page-test-select.png")
	run("choose one", chromedp.Click(first+" .options button:nth-of-type(2)"))
	run("choose several", chromedp.Click(second+" summary"), chromedp.WaitVisible(second+" .options"),
		chromedp.Click(second+" label:nth-of-type(2)"), chromedp.Click(second+" .primary"))
	waitFor(t, func() bool {
		return strings.Contains(discord.done(), `ada presses "side\nest" on 12 in 1; ada presses "topics\nworld\ncoast" on 12 in 1`)
	}, discord.done)
	run("the message's menu", chromedp.Click(".message:not(.whisper) .apps"), chromedp.WaitVisible(".offers"))
	picture(t, ctx, "page-test-apps.png")
	run("the second of its commands", chromedp.Click(".offers button:nth-of-type(2)"))
	waitFor(t, func() bool { return strings.Contains(discord.done(), `ada uses "Sources" on 11 in 1`) }, discord.done)
	// A long message has the menu wherever one presses the other button.
	run("chosen", chromedp.WaitNotPresent(".offers"))
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector('.message .subtext').dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: 400, clientY: 880 }))`)); err != nil {
		t.Fatal(err)
	}
	run("at the pointer", chromedp.WaitVisible(".offers"), chromedp.Click(".offers button:nth-of-type(1)"))
	waitFor(t, func() bool { return strings.Contains(discord.done(), `ada uses "Both sides" on 11 in 1`) }, discord.done)

	const input, offer = ".discord .box input", ".discord .menu button"
	offered := func(want string) {
		t.Helper()
		label := ""
		waitFor(t, func() bool {
			var err error
			label, err = chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('.discord .menu:not([hidden]) button b')].map((b) => b.textContent).join(', ')`))
			return err == nil && label == want
		}, func() string { return label })
	}
	run("type", chromedp.SendKeys(input, "/fol"), chromedp.WaitVisible(offer), chromedp.Click(offer))
	offered("/follow topic, /follow story")
	run("a subcommand", chromedp.Click(offer))
	offered("Night ferry")
	run("a completion", chromedp.SendKeys(input, "ni"))
	waitFor(t, func() bool { return strings.Contains(discord.done(), `completes follow topic name "ni"`) }, discord.done)
	offered("Night ferry, unit:")
	run("the next option", chromedp.Click(offer), chromedp.SendKeys(input, " unit:"))
	offered("hours, days")
	run("its choice", chromedp.Click(offer), chromedp.SendKeys(input, "\r"))
	waitFor(t, func() bool {
		return strings.Contains(discord.done(), `ada says "/follow topic name:Night ferry unit:hours" in 1 to ""`)
	}, discord.done)
	run("dismiss", chromedp.Click(".whisper .only button"), chromedp.WaitNotPresent(".whisper"))
}

// What comes with a post is seen: whom it pings, its thread, and that it is
// published.
func TestPageShowsWhatComesWithAPost(t *testing.T) {
	discord, telegram := scripts()
	type m = map[string]any
	post, err := json.Marshal(m{"id": "12", "author": m{"username": "briefbot", "bot": true}, "content": "<@&5> and <@&6>", "mention_roles": []string{"5"},
		"flags": 1 | 32, "thread": m{"id": "2", "name": "العبّارة تعود"}})
	if err != nil {
		t.Fatal(err)
	}
	discord.chats[0].Roles = map[string]string{"5": "Readers"}
	discord.chats = append(discord.chats, Chat{Platform: "discord", ID: "2", Parent: "1", Name: "العبّارة تعود", Kind: "thread", Writable: true})
	discord.events = append(discord.events, Event{Platform: "discord", Chat: "1", Kind: "message", ID: "12", At: time.Now(), Message: post})
	srv := httptest.NewServer(NewPage(PageOptions{
		Platforms: map[string]Platform{"discord": discord, "telegram": telegram}, Reader: map[string]string{"discord": "ada", "telegram": "7"},
	}))
	t.Cleanup(srv.Close)
	ctx := browser(t, srv.URL, 1400, 900)
	if err := chromedp.Do(ctx, chromedp.WaitVisible(".pinged .thread")); err != nil {
		t.Fatal(err)
	}
	picture(t, ctx, "page-test-post.png")
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[document.querySelectorAll('.pinged').length, ...[...document.querySelectorAll('.pinged .mention, .pinged .published, .pinged .thread')].map((e) => e.textContent)].join('|')`))
	if err != nil {
		t.Fatal(err)
	}
	if said != "1|@Readers|@unknown-role|Published to the servers that follow|العبّارة تعود ›" {
		t.Errorf("shown: %s", said)
	}
	err = chromedp.Do(ctx, chromedp.Click(".pinged .thread"))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		open, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('.discord .tabs [aria-current=true]').textContent`))
		return err == nil && open == "# العبّارة تعود"
	}, func() string { return "the thread does not open" })
}

func TestPageOnAPhone(t *testing.T) {
	discord, telegram := scripts()
	srv := httptest.NewServer(NewPage(PageOptions{Title: "briefbot", Platforms: map[string]Platform{"discord": discord, "telegram": telegram}, Reader: map[string]string{"discord": "ada", "telegram": "7"}}))
	t.Cleanup(srv.Close) // after the browser
	ctx := browser(t, srv.URL, 390, 844)
	picture(t, ctx, "page-test-phone.png")
	for _, shown := range []string{"discord", "telegram"} {
		err := chromedp.Do(ctx, chromedp.Click("[data-show="+shown+"]"), chromedp.WaitVisible("."+shown+" .message"))
		if err != nil {
			t.Fatal(err)
		}
		state, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
			Shown int
			Wide  bool
		}](`({
			Shown: [...document.querySelectorAll('.client')].filter((c) => c.offsetParent !== null).length,
			Wide: document.documentElement.scrollWidth > window.innerWidth,
		})`))
		if err != nil {
			t.Fatal(err)
		}
		if state.Shown != 1 || state.Wide {
			t.Errorf("%s: %d clients are shown, wider than the phone: %v", shown, state.Shown, state.Wide)
		}
	}
	picture(t, ctx, "page-test-phone.png")
}

func waitFor(t *testing.T, holds func() bool, state func() string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("waited in vain: %s", state())
		}
	}
}

// Each line runs in the direction of its first letter, as in the platforms'
// clients.
func TestPageDirections(t *testing.T) {
	discord, telegram := scripts()
	message := func(v any) json.RawMessage {
		b, _ := json.Marshal(v)
		return b
	}
	type m = map[string]any
	discord.events[0].Message = message(m{"id": "11", "author": m{"username": "briefbot", "bot": true}, "embeds": []m{{"description": turning}}})
	telegram.events[0].Message = message(m{"message_id": 21, "date": 1, "chat": m{"id": -1}, "text": turning})
	srv := httptest.NewServer(NewPage(PageOptions{
		Platforms: map[string]Platform{"discord": discord, "telegram": telegram}, Reader: map[string]string{"discord": "ada", "telegram": "7"},
	}))
	t.Cleanup(srv.Close)
	ctx := browser(t, srv.URL, 1400, 900)
	for _, where := range []string{".discord .embed .text", ".telegram .bubble .text"} {
		if err := chromedp.Do(ctx, chromedp.WaitVisible(where)); err != nil {
			t.Fatal(err)
		}
		// How far the first line is from the left, and the second from the right.
		far, err := chromedp.Run(ctx, chromedp.Evaluate[[2]float64](`(() => {
			const box = document.querySelector('`+where+`');
			const text = box.firstChild, turn = text.data.indexOf('\n');
			const line = (from, to) => {
				const r = document.createRange();
				r.setStart(text, from);
				r.setEnd(text, to);
				return r.getBoundingClientRect();
			};
			const whole = box.getBoundingClientRect();
			return [line(0, turn).left - whole.left, whole.right - line(turn + 1, text.data.length).right];
		})()`))
		if err != nil {
			t.Fatal(err)
		}
		if far[0] > 1 || far[1] > 1 {
			t.Errorf("%s: the lines begin %v px from where they should", where, far)
		}
	}
}

// Nobody but the page itself, at a loopback name, is let in.
func TestPageGuard(t *testing.T) {
	discord, telegram := scripts()
	srv := httptest.NewServer(NewPage(PageOptions{Platforms: map[string]Platform{"discord": discord, "telegram": telegram}}))
	defer srv.Close()
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"the page itself", func(*http.Request) {}, http.StatusOK},
		{"a name that leads here by a trick", func(r *http.Request) { r.Host = "evil.example:8080" }, http.StatusForbidden},
		{"a form of another page", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusForbidden},
		{"a script of another page", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, http.StatusForbidden},
		{"a browser that says so", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
	} {
		r, err := http.NewRequest(http.MethodPost, srv.URL+"/say", bytes.NewBufferString(`{"platform":"discord","chat":"1","text":"hello"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		tt.change(r)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("%s: %s", tt.name, res.Status)
		}
		if tt.want == http.StatusOK && !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'self'") {
			t.Error("no policy")
		}
	}
	if got := discord.done(); got != ` says "hello" in 1 to ""` {
		t.Errorf("let in: %s", got)
	}
}
