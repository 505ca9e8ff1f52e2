package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/bot/intake"
	"briefbot/bot/sandbox"
	"briefbot/bot/schedule"
)

const (
	discordToken  = "test.discord.token"
	telegramToken = "4242:test-telegram-token"
	// patience is how long a test waits for what must come.
	patience = 20 * time.Second
)

// These tests mostly wait: for what a schedule, a retry or a look asks for.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// world is both platforms, a bot's folder, and the bot.
type world struct {
	testing.TB
	discord  *sandbox.Discord
	telegram *sandbox.Telegram
	server   *httptest.Server
	folder   string
	text     string // a Discord channel
	channel  string // a Telegram channel
	group    string // a Telegram supergroup, of which the bot is an admin
	reader   struct{ discord, telegram string }
	stop     func()
	journal  *journal
	bot      *Bot // that was started last
}

// journal keeps a log.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// spec reads the official descriptions, once for all tests; nil if there are
// none.
var spec = sync.OnceValues(func() (*sandbox.Spec, error) {
	dir := os.Getenv("BRIEFBOT_SPECS")
	if dir == "" {
		return nil, nil
	}
	return sandbox.LoadSpec(dir)
})

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldWithin(t, sandbox.DiscordLimits{})
}

// newWorldWithin is newWorld with limits of rate.
func newWorldWithin(t testing.TB, limits sandbox.DiscordLimits) *world {
	t.Helper()
	spec, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		TB:       t,
		discord:  sandbox.NewDiscord(sandbox.DiscordOptions{Token: discordToken, Spec: spec, Limits: limits}),
		telegram: sandbox.NewTelegram(sandbox.TelegramOptions{Token: telegramToken, Username: "brief_bot", Spec: spec}),
		folder:   t.TempDir(),
		stop:     func() {},
		journal:  &journal{},
	}
	w.server = httptest.NewServer(sandbox.Mux(w.discord, w.telegram, nil))
	guild := w.discord.AddGuild("Harbour House")
	if w.text, err = w.discord.AddChannel(guild, "news", "text"); err != nil {
		t.Fatal(err)
	}
	w.channel = w.telegram.AddChannel("Daily Brief", "dailybrief")
	w.group = w.telegram.AddSupergroup("Brief Talk")
	w.telegram.SetRights(w.group, sandbox.TelegramRights{Admin: true})
	w.reader.discord = w.discord.AddUser("ada")
	w.reader.telegram = w.telegram.AddUser("Ada")
	t.Cleanup(func() {
		w.stop()
		w.server.CloseClientConnections()
		w.discord.Close()
		w.telegram.Close()
		w.server.Close()
		if t.Failed() {
			t.Logf("log:\n%s", w.journal)
		}
		for _, v := range append(w.discord.Violations(), w.telegram.Violations()...) {
			t.Errorf("against the official description: %s", v)
		}
	})
	if err := os.Mkdir(filepath.Join(w.folder, "stories"), 0o700); err != nil {
		t.Fatal(err)
	}
	return w
}

// write puts a story file into the folder.
func (w *world) write(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, "stories", name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// config is a configuration with a channel in each place, and the folder for a
// source.
func (w *world) config(more string) *config.Config {
	w.Helper()
	return w.configOf("[{name: desk, dir: stories}]", more)
}

// configOf is config with other sources.
func (w *world) configOf(sources, more string) *config.Config {
	w.Helper()
	text := fmt.Sprintf(`
data: data
settle_after: 1s
sources: %s
web: {listen: off}
discord: {token: %s, api_url: %s, rates: {all: off}}
telegram: {token: "%s", api_url: %s, rates: {all: off, chat: off, group: off}}
questions: {reader: off, chat: off}
channels:
  - {name: news, discord: %s, backfill: 10%s}
  - {name: brief, telegram: "@dailybrief", backfill: 10%s}
  - {name: talk, telegram: %s, backfill: 10%s}
`, sources, discordToken, w.server.URL, telegramToken, w.server.URL, w.text, more, more, w.group, more)
	c, err := config.Parse(filepath.Join(w.folder, "config.yaml"), []byte(text), os.LookupEnv, config.Checks{Schedule: schedule.Check, Language: brief.CheckLanguage})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// start runs the bot until the world's stop.
func (w *world) start(c *config.Config) {
	w.Helper()
	log := slog.New(slog.NewTextHandler(w.journal, nil))
	b, err := New(w.Context(), Options{Config: c, Log: log})
	if err != nil {
		w.Fatal(err)
	}
	w.bot = b
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	w.stop = func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				w.Errorf("the bot ended with: %v", err)
			}
		case <-time.After(patience):
			w.Error("the bot does not end")
		}
		w.stop = func() {}
	}
}

// until waits for something to hold.
func (w *world) until(what string, holds func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	// Whatever changes in a chat is worth another look.
	discord, telegram := w.discord.Watch(ctx), w.telegram.Watch(ctx)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-discord:
		case <-telegram:
		case <-tick.C:
		case <-ctx.Done():
			w.Fatalf("waited in vain for: %s\ndiscord: %s\ntelegram: %s", what, texts(w.discord.Transcript()), texts(w.telegram.Transcript()))
		}
	}
}

// texts is a transcript for people.
func texts(all []sandbox.Entry) string {
	var b strings.Builder
	for _, e := range all {
		fmt.Fprintf(&b, "\n%s %s %s: %q", e.Method, e.Chat, e.ID, e.Text)
	}
	return b.String()
}

// posts gives what was posted into a chat, in order.
func posts(all []sandbox.Entry, chat string) []sandbox.Entry {
	var mine []sandbox.Entry
	for _, e := range all {
		if e.Chat == chat && e.Method == "create" {
			mine = append(mine, e)
		}
	}
	return mine
}

const ferry = `Night ferry returns to Port Ansel

Updated Nov 02, 2026
Topics: transport

• The night ferry sails again after nine years.[1]
• A cabin costs what it did in 2017.[2]

Establishment-critical narrative

The islands waited nine years for a promise <b>made</b> before an election.

Pro-establishment narrative

A careful council waited until the sums added up.

Articles on this story

[1] Ansel Post: "Ferry is back" (Nov 01, 2026) https://anselpost.example/back
[2] Sea Wire: "Night boats return" https://seawire.example/boats
`

const everySecond = `, schedule: "@every 1s"`

// The main job: a story reaches each chat once, and readers get either side and
// the sources, by command, by reply and by button.
func TestMainJob(t *testing.T) {
	w := newWorld(t)
	w.write("ferry.txt", ferry)
	w.start(w.config(everySecond))

	w.until("the post in every chat", func() bool {
		return len(posts(w.discord.Transcript(), w.text)) > 0 &&
			len(posts(w.telegram.Transcript(), w.channel)) > 0 && len(posts(w.telegram.Transcript(), w.group)) > 0
	})
	for chat, e := range map[string]sandbox.Entry{
		"discord": posts(w.discord.Transcript(), w.text)[0],
		"channel": posts(w.telegram.Transcript(), w.channel)[0],
		"group":   posts(w.telegram.Transcript(), w.group)[0],
	} {
		for _, want := range []string{"Night ferry returns to Port Ansel", "2 November 2026", "after nine years.[1]", "in 2017.[2]"} {
			if !strings.Contains(e.Text, want) {
				t.Errorf("%s: the post lacks %q:\n%s", chat, want, e.Text)
			}
		}
	}
	if text := posts(w.telegram.Transcript(), w.channel)[0].Text; !strings.Contains(text, "promise <b>made</b> before") || !strings.Contains(text, "sums added up") {
		t.Errorf("the channel's post lacks the folded narratives:\n%s", text)
	}

	w.until("the commands in Discord's menu", func() bool { return len(w.discord.Commands(w.text)) > 0 })
	sides := map[string]string{
		"critical": "promise <b>made</b> before an election.", "establishment": "until the sums added up.",
		"sources": "Ansel Post: Ferry is back, 1 November 2026",
	}
	groupPost := posts(w.telegram.Transcript(), w.group)[0]
	for command, want := range sides {
		w.ask("discord command "+command, w.discordAnswer, want, func() error {
			return w.discord.Say(t.Context(), w.reader.discord, w.text, "/"+command, "")
		})
		w.ask("discord button "+command, w.discordAnswer, want, func() error {
			post := posts(w.discord.Transcript(), w.text)[0]
			return w.discord.Press(t.Context(), w.reader.discord, w.text, post.ID, buttonOf(t, post, command))
		})
		w.ask("telegram command "+command, w.telegramAnswer, want, func() error {
			return w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/"+command+"@brief_bot", "")
		})
		w.ask("telegram reply "+command, w.telegramAnswer, want, func() error {
			return w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/"+command, groupPost.ID)
		})
		w.ask("telegram argument "+command, w.telegramAnswer, want, func() error {
			return w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/"+command+" night ferry", "")
		})
		w.ask("telegram button "+command, w.telegramAnswer, want, func() error {
			return w.telegram.Press(t.Context(), w.reader.telegram, w.group, groupPost.ID, buttonOf(t, groupPost, command))
		})
		w.ask("telegram channel link "+command, w.telegramAnswer, want, func() error {
			post := posts(w.telegram.Transcript(), w.channel)[0]
			return w.telegram.Press(t.Context(), w.reader.telegram, w.channel, post.ID, buttonOf(t, post, command))
		})
	}
	for _, chat := range []string{w.channel, w.text} {
		all := append(posts(w.discord.Transcript(), chat), posts(w.telegram.Transcript(), chat)...)
		if len(all) != 1 {
			t.Errorf("%d posts in chat %s", len(all), chat)
		}
	}
}

// A German channel's posts speak German, and a Russian reader there is answered
// in Russian, in either platform; the story's own words stay as they are.
func TestLanguages(t *testing.T) {
	w := newWorld(t)
	w.discord.SetLanguage(w.reader.discord, "ru")
	w.telegram.SetLanguage(w.reader.telegram, "ru")
	w.write("ferry.txt", ferry)
	w.start(w.config(`, schedule: "@every 1s", language: de-AT, narratives: fold`))
	w.until("the posts and the commands", func() bool {
		return len(posts(w.discord.Transcript(), w.text)) > 0 && len(posts(w.telegram.Transcript(), w.group)) > 0 &&
			len(w.discord.Commands(w.text)) > 0
	})
	for chat, e := range map[string]sandbox.Entry{
		"discord": posts(w.discord.Transcript(), w.text)[0], "telegram": posts(w.telegram.Transcript(), w.group)[0],
	} {
		for _, want := range []string{"2. November 2026", "Sichtweise: Pro-establishment", "after nine years.[1]", "A careful council"} {
			if !strings.Contains(e.Text, want) {
				t.Errorf("%s: the post lacks %q:\n%s", chat, want, e.Text)
			}
		}
		for _, want := range []string{"Kritisch", "Quellen"} {
			if !strings.Contains(string(e.Body), want) {
				t.Errorf("%s: no button says %q: %s", chat, want, e.Body)
			}
		}
	}
	const want = "Ansel Post: Ferry is back, 1 ноября 2026"
	w.ask("discord in Russian", w.discordAnswer, want, func() error {
		return w.discord.Say(t.Context(), w.reader.discord, w.text, "/источники", "")
	})
	w.ask("discord button", w.discordAnswer, want, func() error {
		post := posts(w.discord.Transcript(), w.text)[0]
		return w.discord.Press(t.Context(), w.reader.discord, w.text, post.ID, buttonOf(t, post, "sources"))
	})
	w.ask("telegram in Russian", w.telegramAnswer, want, func() error {
		return w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/sources", "")
	})
	// Every menu is complete, and its names are each of one command.
	if err := w.discord.LetManage(w.reader.discord); err != nil {
		t.Fatal(err)
	}
	for _, locale := range []string{"en-US", "de", "fr", "es-ES", "es-419", "pt-BR", "ru", "uk", "ar", "hi", "zh-CN"} {
		w.discord.SetLanguage(w.reader.discord, locale)
		names := map[string]bool{}
		for _, c := range w.discord.Menu(w.reader.discord, w.text) {
			names[c.Name] = true
		}
		if len(names) != len(w.discord.Commands(w.text)) {
			t.Errorf("in %s the commands are called %v", locale, names)
		}
	}
	// Whose language is not told is answered in the chat's.
	w.telegram.SetLanguage(w.reader.telegram, "")
	w.ask("telegram without a language", w.telegramAnswer, "1. November 2026", func() error {
		return w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/sources", "")
	})
}

// The story that the project began with is posted once to each platform, and
// answered with its own words, whole.
func TestSeedStory(t *testing.T) {
	dir := os.Getenv("BRIEFBOT_STORIES")
	if dir == "" {
		t.Skip("BRIEFBOT_STORIES is not set: name the folder that holds seed.txt")
	}
	data, err := os.ReadFile(filepath.Join(dir, "seed.txt"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := intake.ParseText("seed.txt", data)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d stories, %v", len(all), err)
	}
	s := all[0]
	w := newWorld(t)
	w.write("seed.txt", string(data))
	w.start(w.config(everySecond))
	w.until("the posts and the commands", func() bool {
		return len(posts(w.discord.Transcript(), w.text)) > 0 && len(posts(w.telegram.Transcript(), w.group)) > 0 &&
			len(posts(w.telegram.Transcript(), w.channel)) > 0 && len(w.discord.Commands(w.text)) > 0
	})
	for _, chat := range []string{w.text, w.channel, w.group} {
		all := append(posts(w.discord.Transcript(), chat), posts(w.telegram.Transcript(), chat)...)
		if len(all) != 1 {
			t.Fatalf("%d posts in chat %s", len(all), chat)
		}
		want := []string{s.Headline, s.Date.Time.Format("2 January 2006")}
		for _, b := range s.Bullets {
			want = append(want, fmt.Sprintf("%s[%d]", b.Text, b.Citations[0]))
		}
		for _, text := range want {
			if !strings.Contains(all[0].Text, text) {
				t.Errorf("chat %s lacks %q", chat, text)
			}
		}
	}
	for command, want := range map[string]string{
		"critical": s.Narratives[0].Paragraphs[0], "establishment": s.Narratives[1].Paragraphs[0], "sources": "[1] [2] [3] [4] [5]",
	} {
		w.ask("discord "+command, w.discordAnswer, want, func() error {
			return w.discord.Say(t.Context(), w.reader.discord, w.text, "/"+command, "")
		})
		w.ask("telegram "+command, w.telegramAnswer, want, func() error {
			return w.telegram.Say(t.Context(), w.reader.telegram, w.group, "/"+command, "")
		})
	}
}

// verbs are how buttons call what the commands are called.
var verbs = map[string]string{"critical": "crit", "establishment": "est", "sources": "src"}

// buttonOf finds the button of a post, by what it asks for.
func buttonOf(t testing.TB, e sandbox.Entry, command string) string {
	t.Helper()
	body := string(e.Body)
	var form map[string]string
	if json.Unmarshal(e.Body, &form) == nil && form["reply_markup"] != "" {
		body = form["reply_markup"]
	}
	for _, part := range strings.Split(body, `"`) {
		if strings.HasPrefix(part, "1/"+verbs[command]+"/") || strings.Contains(part, "?start=1_"+verbs[command]+"_") {
			return part
		}
	}
	t.Fatalf("the post has no button for %s: %s", command, body)
	return ""
}

// ask does something, and waits for an answer that was not there before.
func (w *world) ask(name string, answers func() []string, want string, do func() error) {
	w.Helper()
	before := len(answers())
	if err := do(); err != nil {
		w.Fatalf("%s: %v", name, err)
	}
	var got string
	w.until("the answer to "+name, func() bool {
		if all := answers(); len(all) > before {
			got = all[len(all)-1]
			return true
		}
		return false
	})
	if !strings.Contains(got, want) {
		w.Errorf("%s: got %q, want %q", name, got, want)
	}
}

func (w *world) discordAnswer() []string {
	var all []string
	for _, e := range w.discord.Transcript() {
		if e.Method == "answer" || e.User != "" {
			all = append(all, e.Text)
		}
	}
	return all
}

func (w *world) telegramAnswer() []string {
	var all []string
	for _, e := range w.telegram.Transcript() {
		// In private, an answer takes the place of the one whose button was pressed.
		turned := e.Method == "edit" && !strings.HasPrefix(e.Chat, "-")
		if (e.Method == "create" || e.Method == "answer" || turned) && e.Chat != w.channel {
			all = append(all, e.Text)
		}
	}
	return all
}

// What the adapter itself asks Discord at the start counts with the posts that go
// out at the same moment: without that, all of them met a 429, and waited.
func TestStartWithinLimits(t *testing.T) {
	t.Parallel()
	const most, channels = 10, 8
	w := newWorldWithin(t, sandbox.DiscordLimits{Global: sandbox.Window{N: most, Per: time.Second}})
	guild := w.discord.AddGuild("Many Rooms")
	var text strings.Builder
	fmt.Fprintf(&text, "data: data\nsources: [{name: desk, dir: stories}]\nweb: {listen: off}\ndiscord: {token: %s, api_url: %s, rates: {all: %d/s}}\nchannels:\n", discordToken, w.server.URL, most)
	for i := range channels {
		id, err := w.discord.AddChannel(guild, fmt.Sprint("room ", i), "text")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "  - {name: c%d, discord: %q, schedule: \"@every 1h\", backfill: 1}\n", i, id)
	}
	w.write("ferry.txt", ferry)
	c, err := config.Parse(filepath.Join(w.folder, "config.yaml"), []byte(text.String()), os.LookupEnv, config.Checks{Schedule: schedule.Check, Language: brief.CheckLanguage})
	if err != nil {
		t.Fatal(err)
	}
	w.start(c)
	w.until("all posts, and the commands", func() bool { return len(w.discord.Transcript()) == channels && len(w.discord.Commands(w.text)) > 0 })
	if all, limited := w.discord.Requests(""); limited > 0 {
		t.Errorf("%d of %d requests met a 429", limited, all)
	}
}

// slowSource never comes to the end of its first look.
type slowSource struct{ began chan struct{} }

func (slowSource) Name() string { return "slow" }

func (s slowSource) Run(ctx context.Context, _ intake.Sink, _ func()) error {
	close(s.began)
	<-ctx.Done()
	return nil
}

// Whoever ends the bot while it is still starting sees it end as ever.
func TestEndWhileStarting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slow := slowSource{make(chan struct{})}
	b, err := New(t.Context(), Options{
		Config: w.config(everySecond), Log: slog.New(slog.DiscardHandler),
		Open: func(config.Source) intake.Source { return slow },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-slow.began
		cancel()
	}()
	if err := b.Run(ctx); err != nil {
		t.Errorf("it ends with: %v", err)
	}
}
