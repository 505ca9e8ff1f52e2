package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

const (
	token = "MTIz.test.discord-token"
	// patience is how long a test waits for what must come.
	patience = 20 * time.Second
)

// These tests mostly wait: for the library, which takes a second to let go of a
// connection, and for the platform's three seconds.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "24"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
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

// languages are those of the program, and english is the tests'.
var (
	languages = func() *brief.Languages {
		l, err := brief.LoadLanguages()
		if err != nil {
			panic(err)
		}
		return l
	}()
	english = languages.Voice("en")
)

// world is a Discord with a channel and a reader, and the adapter in front of
// it, which goes through the real library.
type world struct {
	testing.TB
	api    *sandbox.Discord
	server *httptest.Server
	d      *Discord
	desk   *desk
	log    *journal
	guild  string
	news   string // a text channel
	ada    string // a reader
	stop   func() error
	done   chan error // gets what Run ended with
}

// desk is a Desk that does what a test says.
type desk struct {
	answer  func(ctx context.Context, q brief.Question) brief.Message
	suggest func(words string) []brief.Suggestion
	table   []brief.Command
	turn    atomic.Bool // what it says may take its question's place, and be asked for again
	quiet   atomic.Bool // who asks was told to wait

	mu    sync.Mutex
	asked []brief.Question
	typed []completion
}

// completion is what a desk was asked for suggestions.
type completion struct {
	q             brief.Question
	option, words string
}

func (d *desk) Answer(ctx context.Context, q brief.Question) brief.Answer {
	d.mu.Lock()
	d.asked = append(d.asked, q)
	d.mu.Unlock()
	a := brief.Answer{Message: d.answer(ctx, q), Quiet: d.quiet.Load()}
	if d.turn.Load() {
		a.Turn, a.Again = true, q.Action
		if q.Command != "" {
			a.Again = brief.Action{Verb: brief.ShowStory, Story: "p9x3q"}
		}
	}
	return a
}

func (d *desk) Suggest(_ context.Context, q brief.Question, option, words string, _ int) []brief.Suggestion {
	d.mu.Lock()
	d.typed = append(d.typed, completion{q, option, words})
	d.mu.Unlock()
	return d.suggest(words)
}

func (d *desk) Commands() []brief.Command { return d.table }

func (d *desk) Voice(_ context.Context, q brief.Question) brief.Voice {
	return languages.Voice(q.Language)
}

func (d *desk) questions() []brief.Question {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]brief.Question(nil), d.asked...)
}

// aStory is an option that names a story.
var aStory = brief.Option{Name: "story", Called: brief.NameStoryOption, Help: brief.HelpStoryOption, Suggests: true}

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

func newWorld(t testing.TB, o sandbox.DiscordOptions) *world {
	t.Helper()
	if o.Token == "" {
		o.Token = token
	}
	var err error
	if o.Spec, err = spec(); err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, api: sandbox.NewDiscord(o), log: &journal{}}
	w.server = httptest.NewServer(w.api)
	w.guild = w.api.AddGuild("Harbour House")
	w.news = w.channel("news", "text")
	w.ada = w.api.AddUser("ada")
	w.desk = &desk{
		answer:  func(context.Context, brief.Question) brief.Message { return english.Say("Both sides of it.") },
		suggest: func(string) []brief.Suggestion { return nil },
		table: []brief.Command{
			{Name: "critical", Called: brief.NameCritical, Help: brief.HelpCritical, Options: []brief.Option{aStory}},
			{Name: "latest", Called: brief.NameLatest, Help: brief.HelpLatest},
		},
	}
	w.d = w.adapter(w.server.URL)
	w.stop = func() error { return nil }
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Errorf("Run ended with: %v", err)
		}
		w.server.CloseClientConnections()
		w.api.Close()
		w.server.Close()
		w.d.http.CloseIdleConnections()
		for _, v := range w.api.Violations() {
			t.Errorf("against the official description: %s", v)
		}
		if strings.Contains(w.log.String(), token) {
			t.Errorf("the log holds the token:\n%s", w.log)
		}
		if t.Failed() {
			t.Logf("log:\n%s", w.log)
		}
	})
	return w
}

func (w *world) adapter(address string) *Discord {
	w.Helper()
	d, err := New(Options{Token: token, APIURL: address, Desk: w.desk, Languages: languages, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	if err != nil {
		w.Fatal(err)
	}
	return d
}

func (w *world) channel(name, kind string, tags ...string) string {
	w.Helper()
	id, err := w.api.AddChannel(w.guild, name, kind, tags...)
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// role makes a role of the server.
func (w *world) role(name string, mentionable bool) string {
	w.Helper()
	id, err := w.api.AddRole(w.guild, name, mentionable)
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// launch runs the adapter, without waiting for anything.
func (w *world) launch() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	done := make(chan error, 1)
	w.done = done
	d := w.d
	go func() { done <- d.Run(ctx) }()
	w.stop = func() error {
		cancel()
		w.stop = func() error { return nil }
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			return fmt.Errorf("it does not end")
		}
	}
}

// start runs the adapter until readers can ask.
func (w *world) start() {
	w.Helper()
	w.launch()
	w.until("the commands in the menu", func() bool { return len(w.api.Commands(w.news)) > 0 })
}

// until waits for something to hold.
func (w *world) until(what string, holds func() bool) {
	w.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			w.Fatalf("waited in vain for %s; transcript: %+v", what, w.api.Transcript())
		}
	}
}

// say types a line as Ada.
func (w *world) say(text string) {
	w.Helper()
	if err := w.api.Say(w.Context(), w.ada, w.news, text, ""); err != nil {
		w.Fatal(err)
	}
}

// answers are what Ada alone was told, in order.
func (w *world) answers() []sandbox.Entry {
	var all []sandbox.Entry
	for _, e := range w.api.Transcript() {
		if e.User == w.ada {
			all = append(all, e)
		}
	}
	return all
}

// expect waits for the nth answer to Ada, from 1, and compares its text.
func (w *world) expect(n int, text string) sandbox.Entry {
	w.Helper()
	w.until(fmt.Sprintf("answer %d", n), func() bool { return len(w.answers()) >= n })
	e := w.answers()[n-1]
	if e.Text != text {
		w.Errorf("answer %d is %q, want %q", n, e.Text, text)
	}
	return e
}

// delivery is one that is ready to be sent to a chat.
func (w *world) delivery(chat string, m brief.Message) store.Delivery {
	w.Helper()
	return w.rendered(store.Delivery{
		ID: 77, Kind: store.PostDelivery, Chat: store.Chat{Platform: store.Discord, ID: chat}, Planned: time.Now(),
	}, m)
}

func (w *world) rendered(dl store.Delivery, m brief.Message) store.Delivery {
	w.Helper()
	place, v := w.d.Resolve(w.Context(), dl.Chat)
	if v.Outcome != store.Delivered {
		w.Fatalf("resolve: %+v", v)
	}
	bodies, err := w.d.Render(w.Context(), place, dl, m)
	if err != nil {
		w.Fatal(err)
	}
	for _, b := range bodies {
		dl.Parts = append(dl.Parts, store.Part{Body: b, Claimed: time.Now()})
	}
	return dl
}

// send sends every part of a delivery, as the outbox would.
func (w *world) send(dl store.Delivery) store.Delivery {
	w.Helper()
	for i := range dl.Parts {
		v := w.d.Send(w.Context(), dl, i)
		if v.Outcome != store.Delivered || v.Message == "" {
			w.Fatalf("part %d: %+v", i, v)
		}
		dl.Parts[i].Message = v.Message
	}
	return dl
}

// posted is how many messages the bot has in a chat.
func (w *world) posted(chat string) int { return len(w.api.Messages(chat)) }

// ferry is a story with everything.
func ferry() store.Entry {
	return store.Entry{Short: "k7m2p", Seq: 1, Story: store.Story{
		ID:       "desk:ferry.txt",
		Headline: "Night ferry returns to Port Ansel",
		Date:     store.Day(2026, time.November, 2),
		URL:      "https://anselpost.example/ferry",
		Topics:   []string{"transport", "islands"},
		Image:    &store.Image{URL: "https://anselpost.example/marguerite.jpg", Credit: "L. Roe", Caption: "The Marguerite"},
		Bullets: []store.Bullet{
			{Text: "The night ferry sails again after nine years.", Citations: []int{1, 2}},
			{Text: "The operator says [3] that 300 people fit in, up from 120 in [2017].", Citations: []int{3}},
			{Text: "A cabin costs what it did.", Citations: []int{4}},
		},
		Narratives: []store.Narrative{
			{Label: "Establishment-critical", Paragraphs: []string{"The islands waited nine years for a promise [2].", "They will remember who broke it."}, Citations: []int{2, 1}},
			{Label: "Pro-establishment", Paragraphs: []string{"A careful council waited until the sums added up."}},
		},
		Sources: []store.Source{
			{N: 1, Outlet: "Ansel Post", Title: "Ferry is back", URL: "https://anselpost.example/back", Date: store.Day(2026, time.November, 1), Leaning: &store.Leaning{LR: 2, CP: 1}},
			{N: 2, Outlet: "Sea Wire", Title: "Night boats return", URL: "https://seawire.example/boats_(all)"},
			{N: 3, URL: "https://harbour.example/statement"},
		},
	}}
}

// flood is a story that no single message holds.
func flood() store.Entry {
	e := ferry()
	e.Short, e.Story.Headline = "p9x3q", "Port Ansel under water"
	e.Story.Bullets = nil
	for i := range 30 {
		e.Story.Bullets = append(e.Story.Bullets, store.Bullet{
			Text:      fmt.Sprintf("Statement %d: %s", i+1, strings.Repeat("the quay of Port Ansel stood under water until noon, ", 5)+"and then it did not."),
			Citations: []int{1},
		})
	}
	return e
}

// credited is a story that is someone's work.
func credited() store.Entry {
	e := ferry()
	e.Story.Credit = &store.Credit{Name: "Island News", URL: "https://islandnews.example", License: "CC BY 4.0", LicenseURL: "https://licences.example/by"}
	return e
}

// hostile is a story whose every word tries to be something else.
func hostile() store.Entry {
	e := ferry()
	bad := "@everyone <@1> <#2> <@&3> </name:4> <t:0:R> <:a:5> :smile: **b** _i_ ~~s~~ ||x|| `c` ```d``` [text](https://trap.example) https://bare.example \\*"
	e.Story.Headline = "# " + bad
	e.Story.URL = "https://anselpost.example/a (b)|*"
	e.Story.Topics = []string{"*x*", "a\n# b"}
	e.Story.Bullets = []store.Bullet{
		{Text: bad}, {Text: "# heading\n## two\n-# small\n- item\n* star\n+ plus\n> quote\n>>> all\n1. first\n23. more"},
	}
	e.Story.Narratives = []store.Narrative{{Label: "||Left||", Paragraphs: []string{"out||side", bad}}}
	e.Story.Credit = &store.Credit{Name: bad, URL: "https://x.example/)(", License: "||l||", LicenseURL: "javascript:alert(1)"}
	e.Story.Sources = []store.Source{{N: 1, Outlet: "*Out*", Title: "a ] b [ c", URL: "https://x.example/)(?q=<a>"}, {N: 2, URL: "javascript:alert(1)", Title: "no link"}}
	return e
}

func decode[T any](t testing.TB, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return v
}
