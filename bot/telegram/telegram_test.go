package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
	"briefbot/store/bolt"
)

var golden = flag.Bool("update", false, "write the golden files anew")

const token = "4242:a-token-that-nobody-may-see"

// spec reads the official descriptions, once for all tests; nil if there are
// none.
var spec = sync.OnceValues(func() (*sandbox.Spec, error) {
	dir := os.Getenv("BRIEFBOT_SPECS")
	if dir == "" {
		return nil, nil
	}
	return sandbox.LoadSpec(dir)
})

// world is a Telegram, and the adapter at it.
type world struct {
	testing.TB
	platform *sandbox.Telegram
	server   *httptest.Server
	store    *store.Store
	adapter  *Telegram
	log      *journal
	channel  string
	group    string
	reader   string
}

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

// journal is a log that may be read while it is written.
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

// desk answers every question with its own words.
type desk struct{}

func (desk) Answer(_ context.Context, q brief.Question) brief.Answer {
	what := q.Command + "|" + q.Argument + "|" + string(q.Action.Verb) + "|" + q.Action.Story
	if q.Button != "" {
		a, _, _ := brief.ParseAction(q.Button)
		what += "|on " + a.Story
	}
	return brief.Answer{Message: english.Say(what)}
}

func (desk) Commands() []brief.Command {
	return []brief.Command{
		{Name: "critical", Help: brief.HelpCritical}, {Name: "help", Help: brief.HelpHelp},
		{Name: "story", Help: brief.HelpStory, Audience: brief.Alone}, {Name: "sources", Help: brief.HelpSources, Audience: brief.Admins},
	}
}

// Share offers one story, and that it is the one that was asked for.
func (desk) Share(_ context.Context, q brief.Question, words string, from, limit int) ([]brief.Shared, bool) {
	e := long()
	e.Story.Headline += fmt.Sprint(" ", words, " from ", from)
	return []brief.Shared{languages.Voice(q.Language).Share(e)}, from == 0
}

func (desk) Voice(_ context.Context, q brief.Question) brief.Voice {
	return languages.Voice(q.Language)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOf(t, sandbox.TelegramOptions{})
}

func newWorldOf(t testing.TB, o sandbox.TelegramOptions) *world {
	t.Helper()
	var err error
	if o.Spec, err = spec(); err != nil {
		t.Fatal(err)
	}
	o.Token, o.Username = token, "brief_bot"
	w := &world{TB: t, platform: sandbox.NewTelegram(o), log: &journal{}}
	w.server = httptest.NewServer(sandbox.Mux(nil, w.platform, nil))
	w.channel = w.platform.AddChannel("Brief", "brief")
	w.group = w.platform.AddSupergroup("Talk")
	w.platform.SetRights(w.group, sandbox.TelegramRights{Admin: true})
	w.reader = w.platform.AddUser("Ann")
	e, err := bolt.Open(filepath.Join(t.TempDir(), "briefbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	if w.store, err = store.Open(t.Context(), e, time.Now()); err != nil {
		t.Fatal(err)
	}
	w.adapter = w.make(token)
	t.Cleanup(func() {
		w.server.CloseClientConnections()
		w.platform.Close()
		w.server.Close()
		w.store.Close()
		if strings.Contains(w.log.String(), token) {
			t.Error("the token stands in the log")
		}
		for _, v := range w.platform.Violations() {
			t.Errorf("against the official description: %s", v)
		}
	})
	return w
}

func (w *world) make(token string) *Telegram {
	return New(Options{Token: token, APIURL: w.server.URL, Poll: time.Second, Desk: desk{}, Languages: languages, Ledger: w.store, Log: slog.New(slog.NewTextHandler(w.log, nil))})
}

// run runs the adapter until the returned function is called.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- w.adapter.Run(ctx) }()
	w.until("the bot's name", func() bool { return w.adapter.name() != "" })
	return func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("run: %v", err)
		}
	}
}

func (w *world) until(what string, holds func() bool) {
	w.Helper()
	for deadline := time.After(20 * time.Second); !holds(); {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			w.Fatalf("waited in vain for %s", what)
		}
	}
}

// delivery is a delivery with one part for a chat.
func (w *world) delivery(chat string, m brief.Message) store.Delivery {
	w.Helper()
	if w.adapter.name() == "" {
		w.adapter.me = me{ID: 4242, Username: "brief_bot"}
	}
	d := store.Delivery{ID: 77, Chat: store.Chat{Platform: store.Telegram, ID: chat}}
	kind := store.TelegramSuper
	if chat == w.channel {
		kind = store.TelegramChannel
	}
	bodies, err := w.adapter.Render(w.Context(), store.Place{Kind: kind}, d, m)
	if err != nil {
		w.Fatal(err)
	}
	for _, b := range bodies {
		d.Parts = append(d.Parts, store.Part{Body: b, Claimed: time.Now()})
	}
	return d
}

func ferry() store.Entry {
	return store.Entry{Short: "k7m2p", Story: store.Story{
		ID: "desk:ferry", Headline: "Night ferry <returns> & stays", URL: "https://anselpost.example/a?b=1&c=\"2\"", Date: store.Day(2026, 11, 2), Topics: []string{"islands"},
		Image:   &store.Image{URL: "https://anselpost.example/m.jpg", Credit: "L. Roe"},
		Bullets: []store.Bullet{{Text: "The ferry of @harbour sails </b> again.", Citations: []int{1, 2}}, {Text: "A cabin costs [1] less.", Citations: []int{1}}},
		Narratives: []store.Narrative{
			{Label: "Establishment-critical", Paragraphs: []string{"One side.", "More of it."}},
			{Label: "Pro-establishment", Paragraphs: []string{"The other side."}},
		},
		Sources: []store.Source{{N: 1, Outlet: "Ansel Post", Title: "Back", URL: "https://anselpost.example/1"}, {N: 2, URL: "javascript:alert(1)"}},
	}}
}

// long is a story that takes several messages.
func long() store.Entry {
	e := ferry()
	e.Story.Bullets = nil
	for i := range 40 {
		e.Story.Bullets = append(e.Story.Bullets, store.Bullet{Text: fmt.Sprintf("Bullet %d says the same as all the others, at some length, so that there is enough of it: %s", i, strings.Repeat("ferry ", 20)), Citations: []int{1}})
	}
	return e
}

// credited is a story that is someone's work, whose name tries to be more.
func credited() store.Entry {
	e := ferry()
	e.Story.Credit = &store.Credit{Name: "Island <b>News</b> @all", URL: "https://islandnews.example", License: "CC BY 4.0", LicenseURL: "https://licences.example/by"}
	return e
}

func TestRenderGolden(t *testing.T) {
	w := newWorld(t)
	for name, d := range map[string]store.Delivery{
		"post-group":   w.delivery(w.group, english.Post(ferry(), false)),
		"post-channel": w.delivery(w.channel, english.Post(ferry(), true)),
		"credited":     w.delivery(w.channel, english.Post(credited(), true)),
		"digest":       w.delivery(w.group, english.Digest(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), []store.Entry{credited()})),
		"critical":     w.delivery(w.group, english.Side(ferry(), store.Critical)),
		"sources":      w.delivery(w.group, english.Sources(ferry())),
		"long":         w.delivery(w.channel, english.Post(long(), true)),
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			for i, p := range d.Parts {
				var body map[string]any
				if err := json.Unmarshal(p.Body, &body); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "=== message %d\n%s\n", i+1, body["text"])
				delete(body, "text")
				rest, _ := json.Marshal(body)
				fmt.Fprintf(&b, "--- %s\n", rest)
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
			// What was rendered is what the platform takes, and what is read.
			for i := range d.Parts {
				if v := w.adapter.Send(t.Context(), d, i); v.Outcome != store.Delivered {
					t.Errorf("message %d: %s: %s", i+1, v.Outcome, v.Reason)
				}
			}
		})
	}
}

// Each way in which a send can go, and what the outbox is told of it.
// Each message of a long narrative leads to the other, and so does each of a long
// post that has both folded in it.
func TestEachPieceLeadsToTheOtherSide(t *testing.T) {
	e := ferry()
	e.Story.Narratives = nil
	for _, label := range []string{"Establishment-critical", "Pro-establishment"} {
		e.Story.Narratives = append(e.Story.Narratives, store.Narrative{Label: label, Paragraphs: []string{strings.Repeat("They waited nine years for it. ", 400)}})
	}
	for name, m := range map[string]brief.Message{"critical": english.Side(e, store.Critical), "both": english.Narratives(e, 1), "folded": english.Post(e, true)} {
		all := spread(m)
		if len(all) < 2 {
			t.Errorf("%s: one message has it all", name)
		}
		for i, s := range all {
			if !slices.ContainsFunc(s.buttons, func(b brief.Button) bool { return b.Verb == brief.ShowEstablishment }) {
				t.Errorf("%s: message %d of %d has no button for the other side", name, i+1, len(all))
			}
		}
	}
}

// Numbers have rows of their own, and a menu's options stand below the buttons.
func TestKeyboard(t *testing.T) {
	e := ferry()
	e.Story.Narratives = nil
	for _, label := range []string{"Left", "Right", "Establishment-critical", "Pro-establishment", "Nerd", "Cynical"} {
		e.Story.Narratives = append(e.Story.Narratives, store.Narrative{Label: label, Paragraphs: []string{"It says so."}})
	}
	page := english.Stories("Latest", slices.Repeat([]store.Entry{ferry()}, brief.PageSize), brief.Page{Number: 2, More: true})
	for name, tt := range map[string]struct {
		m    brief.Message
		want string
	}{
		"a page": {page, "9 10 11 12 13 14 15 16 | ‹ Previous Next ›"},
		"a menu": {english.Post(e, false), "Critical Establishment Sources | Left Right Nerd | Cynical"},
	} {
		var rows []string
		for _, row := range keyboard(spread(tt.m)[0].buttons, "t", false, "brief_bot").Rows {
			var labels []string
			for _, k := range row {
				labels = append(labels, k.Text)
			}
			rows = append(rows, strings.Join(labels, " "))
		}
		if got := strings.Join(rows, " | "); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault sandbox.Fault
		want  store.Verdict
		posts int
	}{
		{"all is well", sandbox.Fault{Method: "none"}, store.Verdict{Outcome: store.Delivered, Message: "1"}, 1},
		{"cut before", sandbox.Fault{Failure: sandbox.DropBefore}, store.Verdict{Outcome: store.Unknown}, 0},
		{"cut after", sandbox.Fault{Failure: sandbox.DropAfter}, store.Verdict{Outcome: store.Unknown}, 1},
		{"502 page before", sandbox.Fault{Failure: sandbox.Unavailable}, store.Verdict{Outcome: store.Unknown, Reason: "sendMessage: 502 Bad Gateway, and no answer of the API"}, 0},
		{"502 page after", sandbox.Fault{Failure: sandbox.UnavailableAfter}, store.Verdict{Outcome: store.Unknown}, 1},
		{"429", sandbox.Fault{Failure: sandbox.Limited, Delay: 7 * time.Second}, store.Verdict{Outcome: store.Retry, After: 7100 * time.Millisecond}, 0},
		{"500 of the API", sandbox.Fault{Failure: sandbox.Refused, Status: 500, Text: "Internal Server Error"}, store.Verdict{Outcome: store.Unknown}, 0},
		{"400", sandbox.Fault{Failure: sandbox.Refused, Status: 400, Text: "Bad Request: message is too long"}, store.Verdict{Outcome: store.Refused, Reason: "sendMessage: Bad Request: message is too long"}, 0},
		{"kicked", sandbox.Fault{Failure: sandbox.Refused, Status: 403, Text: "Forbidden: bot was kicked from the supergroup chat"}, store.Verdict{Outcome: store.Refused, Gone: true}, 0},
		{"no right", sandbox.Fault{Failure: sandbox.Refused, Status: 400, Text: "Bad Request: not enough rights to send text messages to the chat"}, store.Verdict{Outcome: store.Refused, Gone: true}, 0},
		{"topic closed", sandbox.Fault{Failure: sandbox.Refused, Status: 400, Text: "Bad Request: TOPIC_CLOSED"}, store.Verdict{Outcome: store.Refused, Gone: true}, 0},
		{"bad token", sandbox.Fault{Failure: sandbox.Refused, Status: 401, Text: "Unauthorized"}, store.Verdict{Outcome: store.Retry, After: later, Everywhere: true}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			d := w.delivery(w.group, english.Post(ferry(), false))
			if tt.fault.Method == "" {
				tt.fault.Method = "create"
			}
			w.platform.Fault(tt.fault)
			got := w.adapter.Send(t.Context(), d, 0)
			if strings.Contains(got.Reason, token) {
				t.Errorf("the token stands in the reason: %s", got.Reason)
			}
			if tt.want.Reason == "" {
				got.Reason = ""
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if posts := len(w.platform.Transcript()); posts != tt.posts {
				t.Errorf("%d posts, want %d", posts, tt.posts)
			}
		})
	}
}

// A server that is not there got nothing; one that hangs may have.
func TestUnreachable(t *testing.T) {
	w := newWorld(t)
	d := w.delivery(w.group, english.Post(ferry(), false))
	gone := httptest.NewServer(nil)
	gone.Close()
	w.adapter.api = newAPI(token, gone.URL, nil)
	if v := w.adapter.Send(t.Context(), d, 0); v.Outcome != store.Retry || strings.Contains(v.Reason, token) {
		t.Errorf("no server: %+v", v)
	}
	w.adapter.api = newAPI(token, w.server.URL, nil)
	w.platform.Fault(sandbox.Fault{Failure: sandbox.Hang, Method: "create", Delay: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if v := w.adapter.Send(ctx, d, 0); v.Outcome != store.Unknown || strings.Contains(v.Reason, token) {
		t.Errorf("a server that hangs: %+v", v)
	}
}

// A look for a message tells whether it is there, and nobody notices.
func TestSettle(t *testing.T) {
	message := english.Post(ferry(), false)
	// others are messages of people, before or after ours.
	others := func(w *world, chat string, n int) {
		for range n {
			if err := w.platform.Say(w.Context(), w.reader, chat, "chatter", ""); err != nil {
				w.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name string
		play func(w *world, d *store.Delivery) // after the floor is known
		want store.Outcome
	}{
		{"not there", func(*world, *store.Delivery) {}, store.Absent},
		{"there", func(w *world, d *store.Delivery) { w.adapter.Send(w.Context(), *d, 0) }, store.Delivered},
		{"there, behind others' messages that were heard of", func(w *world, d *store.Delivery) {
			others(w, d.Chat.ID, 8)
			w.store.PutDealt(w.Context(), "x", []store.Dealt{{Next: 1, Seen: store.Spot{Chat: d.Chat, Message: "9"}}})
			w.adapter.Send(w.Context(), *d, 0)
		}, store.Delivered},
		{"not there, among others' messages", func(w *world, d *store.Delivery) { others(w, d.Chat.ID, 6) }, store.Absent},
		{"there, behind others' messages that were not heard of", func(w *world, d *store.Delivery) {
			others(w, d.Chat.ID, 8)
			w.adapter.Send(w.Context(), *d, 0)
		}, store.Delivered},
		{"there, behind a long talk that was heard", func(w *world, d *store.Delivery) {
			others(w, d.Chat.ID, 40)
			for id := 2; id <= 41; id++ {
				w.store.PutDealt(w.Context(), "x", []store.Dealt{{Next: 1, Seen: store.Spot{Chat: d.Chat, Message: fmt.Sprint(id)}}})
			}
			w.adapter.Send(w.Context(), *d, 0)
		}, store.Delivered},
		{"there, behind a long talk, with an answer of ours on record after it", func(w *world, d *store.Delivery) {
			others(w, d.Chat.ID, 40)
			for id := 2; id <= 40; id++ {
				w.store.PutDealt(w.Context(), "x", []store.Dealt{{Next: 1, Seen: store.Spot{Chat: d.Chat, Message: fmt.Sprint(id)}}})
			}
			a := w.answers(d.Chat.ID, store.Part{Body: json.RawMessage("{}")})
			w.store.ChangeDelivery(w.Context(), a.ID, func(a *store.Delivery) {
				a.Parts[0].Message, a.State = "41", store.Sent
			})
			w.adapter.Send(w.Context(), *d, 0)
		}, store.Delivered},
		{"too many to look at", func(w *world, d *store.Delivery) {
			others(w, d.Chat.ID, 40)
			w.store.PutDealt(w.Context(), "x", []store.Dealt{{Next: 1, Seen: store.Spot{Chat: d.Chat, Message: "41"}}})
		}, store.Unknown},
		{"nothing was known of the chat", func(_ *world, d *store.Delivery) { d.Parts[0].After = "" }, store.Unknown},
		{"a bot that was removed does not take silence for proof", func(w *world, d *store.Delivery) { w.platform.Kick(d.Chat.ID) }, store.Retry},
		{"a bot that may edit others' posts does not look", func(w *world, d *store.Delivery) {
			w.platform.SetRights(w.channel, sandbox.TelegramRights{Post: true, Edit: true})
			others(w, d.Chat.ID, 1)
		}, store.Unknown},
	} {
		for _, in := range []string{"group", "channel"} {
			t.Run(tt.name+" in a "+in, func(t *testing.T) {
				if in == "group" && strings.Contains(tt.name, "edit others'") {
					t.Skip("the right exists in channels only")
				}
				w := newWorld(t)
				chat := map[string]string{"group": w.group, "channel": w.channel}[in]
				others(w, chat, 1)
				d := w.delivery(chat, message)
				d.Parts[0].After = "1"
				w.adapter.current.Store(true)
				tt.play(w, &d)
				before := fmt.Sprintf("%s", w.platform.Messages(chat))
				if v := w.adapter.Settle(t.Context(), d, 0, atOnce); v.Outcome != tt.want {
					t.Errorf("got %s: %s", v.Outcome, v.Reason)
				}
				if after := fmt.Sprintf("%s", w.platform.Messages(chat)); after != before {
					t.Errorf("the look changed something:\n%s\n%s", before, after)
				}
			})
		}
	}
}

// sender sends what is pending, as the outbox does.
func (w *world) send() []string {
	w.Helper()
	chats, err := w.store.PendingChats(w.Context(), store.Telegram)
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range chats {
		pending, _, err := w.store.Pending(w.Context(), c.Chat)
		if err != nil {
			w.Fatal(err)
		}
		for _, d := range pending {
			for i := range d.Parts {
				v := w.adapter.Send(w.Context(), d, i)
				w.store.ChangeDelivery(w.Context(), d.ID, func(d *store.Delivery) {
					d.Parts[i].Message = v.Message
					if i == len(d.Parts)-1 {
						d.State = store.Sent
					}
				})
			}
		}
	}
	var all []string
	for _, e := range w.platform.Transcript() {
		if e.Method == "create" || e.Method == "answer" {
			all = append(all, e.Text)
		}
	}
	return all
}

// What readers say, and what the desk is asked.
func TestQuestions(t *testing.T) {
	post := english.Post(ferry(), false)
	for _, tt := range []struct {
		name string
		do   func(w *world, post string) error
		want string // the answer; empty: none
	}{
		{"a command", func(w *world, _ string) error {
			return w.platform.Say(w.Context(), w.reader, w.group, "/critical", "")
		}, "critical|||"},
		{"with an argument", func(w *world, _ string) error {
			return w.platform.Say(w.Context(), w.reader, w.group, "/critical@Brief_Bot  night ferry", "")
		}, "critical|night ferry||"},
		{"for another bot", func(w *world, _ string) error {
			return w.platform.Say(w.Context(), w.reader, w.group, "/critical@other_bot", "")
		}, ""},
		{"another bot's command", func(w *world, _ string) error {
			return w.platform.Say(w.Context(), w.reader, w.group, "/dance", "")
		}, ""},
		{"chatter", func(w *world, _ string) error {
			return w.platform.Say(w.Context(), w.reader, w.group, "a critical word", "")
		}, ""},
		{"a reply to a post", func(w *world, post string) error {
			return w.platform.Say(w.Context(), w.reader, w.group, "/critical", post)
		}, "critical||||on k7m2p"},
		{"a button", func(w *world, post string) error {
			return w.platform.Press(w.Context(), w.reader, w.group, post, brief.Action{Verb: brief.ShowCritical, Story: "k7m2p"}.Data(store.Delivery{ID: 77}.Tag(0)))
		}, "||crit|k7m2p|on k7m2p"},
		{"in private", func(w *world, _ string) error {
			return w.platform.Say(w.Context(), w.reader, w.reader, "/start", "")
		}, "start|||"},
		{"words in private", func(w *world, _ string) error {
			w.platform.Return(w.reader)
			return w.platform.Say(w.Context(), w.reader, w.reader, "night ferry", "")
		}, "story|night ferry||"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			sent := w.adapter.Send(t.Context(), w.delivery(w.group, post), 0)
			stop := w.run()
			before := len(w.send())
			if err := tt.do(w, sent.Message); err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				// A question behind it is answered, so this one was passed over.
				if err := w.platform.Say(t.Context(), w.reader, w.group, "/help", ""); err != nil {
					t.Fatal(err)
				}
				tt.want = "help|||"
			}
			var all []string
			w.until("an answer", func() bool { all = w.send(); return len(all) > before })
			if got := all[before:]; len(got) != 1 || got[0] != tt.want {
				t.Errorf("answers %q, want %q", got, tt.want)
			}
			stop()
		})
	}
}

// A button in a channel, whose readers can't be answered there, opens the
// private chat.
func TestChannelButton(t *testing.T) {
	w := newWorld(t)
	d := w.delivery(w.channel, english.Post(ferry(), true))
	sent := w.adapter.Send(t.Context(), d, 0)
	stop := w.run()
	defer stop()
	link := deepLink("brief_bot", brief.Action{Verb: brief.ShowSources, Story: "k7m2p"}, d.Tag(0))
	if err := w.platform.Press(t.Context(), w.reader, w.channel, sent.Message, link); err != nil {
		t.Fatal(err)
	}
	var all []string
	w.until("an answer", func() bool { all = w.send(); return len(all) > 1 })
	if all[1] != "||src|k7m2p" {
		t.Errorf("answer %q", all[1])
	}
}

// A restart neither loses a question nor answers one again.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	stop := w.run()
	w.platform.Say(t.Context(), w.reader, w.group, "/critical one", "")
	w.until("the first answer", func() bool { return len(w.send()) == 1 })
	stop()
	w.platform.Say(t.Context(), w.reader, w.group, "/critical two", "") // while the bot is down
	w.adapter = w.make(token)
	stop = w.run()
	w.platform.Say(t.Context(), w.reader, w.group, "/critical three", "")
	w.until("the other answers", func() bool { return len(w.send()) >= 3 })
	stop()
	want := "critical|one||, critical|two||, critical|three||"
	if got := strings.Join(w.send(), ", "); got != want {
		t.Errorf("answers %s, want %s", got, want)
	}
}

func TestBadToken(t *testing.T) {
	w := newWorld(t)
	err := w.make("1:another-token").Run(t.Context())
	if !errors.Is(err, ErrToken) || strings.Contains(err.Error(), "another-token") {
		t.Errorf("run: %v", err)
	}
}

// Another copy of the bot is an alarm, and no end.
func TestRival(t *testing.T) {
	w := newWorld(t)
	w.platform.Fault(sandbox.Fault{Failure: sandbox.Refused, Method: "updates", Status: 409, Text: "Conflict: terminated by other getUpdates request"})
	stop := w.run()
	w.until("the alarm", func() bool { return strings.Contains(w.log.String(), "another copy of this bot") })
	stop()
}

// answers has an answer wait for a chat.
func (w *world) answers(chat string, parts ...store.Part) store.Delivery {
	w.Helper()
	d := store.Delivery{Chat: store.Chat{Platform: store.Telegram, ID: chat}}
	var id uint64
	err := w.store.PutDealt(w.Context(), "x", []store.Dealt{{Next: 1, Answer: &d, Render: func(d store.Delivery) ([]store.Part, error) {
		id = d.ID
		return parts, nil
	}}})
	if err == nil {
		d, err = w.store.Delivery(w.Context(), id)
	}
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// A group that became a supergroup takes what waits for it along.
func TestMigration(t *testing.T) {
	w := newWorld(t)
	old := w.platform.AddGroup("Old")
	answer := w.answers(old, w.delivery(old, english.Say("hello")).Parts...)
	fresh := w.platform.Upgrade(old)
	if v := w.adapter.Send(t.Context(), answer, 0); v.Outcome != store.Retry {
		t.Errorf("send to the old group: %+v", v)
	}
	d, err := w.store.Delivery(t.Context(), answer.ID)
	if err != nil || d.Chat.ID != fresh {
		t.Fatalf("the delivery goes to %s, %v; want %s", d.Chat.ID, err, fresh)
	}
	if v := w.adapter.Send(t.Context(), d, 0); v.Outcome != store.Delivered {
		t.Errorf("send to the supergroup: %+v", v)
	}
}

// However it is put, foreign text stays text.
func FuzzEscape(f *testing.F) {
	f.Add("<b>bold</b> & @name [1](x) &lt;")
	f.Fuzz(func(t *testing.T, s string) {
		e := escape(s)
		if strings.ContainsAny(e, "<>\"") || strings.Contains(e, "@") && !strings.Contains(e, "@"+wordJoiner) {
			t.Errorf("%q became %q", s, e)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	w := newWorld(b)
	w.adapter.me = me{ID: 1, Username: "brief_bot"}
	m := english.Post(ferry(), true)
	for b.Loop() {
		if _, err := w.adapter.Render(b.Context(), store.Place{Kind: store.TelegramChannel}, store.Delivery{ID: 77}, m); err != nil {
			b.Fatal(err)
		}
	}
}

// atOnce lets a look go on without a pause.
func atOnce() error { return nil }

// In a group that does not show the bot everything, not to find a message proves
// nothing: without saying so, a post that is there would be sent again unseen.
func TestUnsure(t *testing.T) {
	w := newWorld(t)
	w.platform.SetRights(w.group, sandbox.TelegramRights{})
	stop := w.run()
	defer stop()
	w.until("the bot knows itself", func() bool { return w.adapter.name() != "" && w.adapter.current.Load() })
	d := w.delivery(w.group, english.Post(ferry(), false))
	d.Parts[0].After = "1"
	if v := w.adapter.Settle(t.Context(), d, 0, atOnce); v.Outcome != store.Absent || !v.Unsure {
		t.Errorf("%+v", v)
	}
}

// Just after a start it is not known whether the server keeps an answer for its
// asker alone, but that it went beside others: it is not looked for, and a post that
// is in doubt in the same chat keeps its buttons.
func TestSettleAfterStart(t *testing.T) {
	w := newWorld(t)
	w.platform.Say(t.Context(), w.reader, w.channel, "an editor's own post", "")
	w.platform.SetRights(w.channel, sandbox.TelegramRights{Post: true})
	w.adapter.current.Store(true)
	post := w.delivery(w.channel, english.Post(ferry(), false))
	post.Parts[0].After = "1"
	sent := w.adapter.Send(t.Context(), post, 0)

	answer := post
	answer.Kind = store.AnswerDelivery
	body := bytes.Replace(post.Parts[0].Body, []byte("{"), []byte(`{"ephemeral_message_parameters":{"receiver_user_id":7},`), 1)
	body = bytes.ReplaceAll(body, []byte(post.Tag(0)), []byte("answer.0"))
	answer.Parts = []store.Part{{Body: body, After: "1", Beside: true}}
	if v := w.adapter.Settle(t.Context(), answer, 0, atOnce); v.Outcome != store.Unknown || !v.Aloud {
		t.Errorf("the answer: %+v", v)
	}
	if v := w.adapter.Settle(t.Context(), post, 0, atOnce); v.Outcome != store.Delivered || v.Message != sent.Message {
		t.Errorf("the post: %+v, want message %s", v, sent.Message)
	}
	answer.Planned = time.Now().Add(-time.Minute)
	if v := w.adapter.Send(t.Context(), answer, 0); v.Outcome != store.Refused || !v.Aloud {
		t.Errorf("the answer, when all would see it: %+v", v)
	}
}

// A second copy is found by its buttons, wherever it stands between known ids.
func TestSecond(t *testing.T) {
	w := newWorld(t)
	d := w.delivery(w.channel, english.Post(ferry(), false))
	w.platform.Say(t.Context(), w.reader, w.channel, "an editor's own post", "")
	w.platform.SetRights(w.channel, sandbox.TelegramRights{Post: true})
	d.Parts[0].After = "1"
	w.adapter.current.Store(true)
	first := w.adapter.Send(t.Context(), d, 0)
	w.platform.Say(t.Context(), w.reader, w.channel, "another one", "")
	second := w.adapter.Send(t.Context(), d, 0)
	// What the outbox has on record: the second one.
	chat := store.Chat{Platform: store.Telegram, ID: w.channel}
	w.store.PutDealt(t.Context(), "x", []store.Dealt{{Next: 1, Seen: store.Spot{Chat: chat, Message: second.Message}}})
	d.Parts[0].Message = second.Message
	if v := w.adapter.Second(t.Context(), d, 0, "1", atOnce); v.Outcome != store.Absent {
		t.Errorf("beyond where others' copies may stand: %+v", v)
	}
	paused := 0
	v := w.adapter.Second(t.Context(), d, 0, "", func() error { paused++; return nil })
	if v.Outcome != store.Delivered || v.Message != first.Message {
		t.Errorf("found %+v, want message %s", v, first.Message)
	}
	d.Parts[0].Target = first.Message
	if v := w.adapter.Delete(t.Context(), d, 0); v.Outcome != store.Delivered {
		t.Errorf("delete: %+v", v)
	}
	if v := w.adapter.Second(t.Context(), d, 0, "", func() error { paused++; return nil }); v.Outcome != store.Absent {
		t.Errorf("after the deletion: %+v", v)
	}
	if paused == 0 {
		t.Error("the looks were not paced")
	}
	for _, m := range w.platform.Messages(w.channel) {
		if strings.Contains(string(m), "edit_date") {
			t.Errorf("a look changed a message: %s", m)
		}
	}
}

// What a reader would miss without it: a topic that is open again, a bot that is
// unblocked, go on at once.
func TestBack(t *testing.T) {
	w := newWorld(t)
	topic := w.platform.AddTopic(w.group, "News")
	stop := w.run()
	defer stop()
	chats := []store.Chat{{Platform: store.Telegram, ID: w.group, Thread: topic}, {Platform: store.Telegram, ID: w.reader}}
	for _, c := range chats {
		if err := w.store.PauseChat(t.Context(), store.Pause{Chat: c, Since: time.Now(), Reason: "TOPIC_CLOSED"}); err != nil {
			t.Fatal(err)
		}
	}
	w.platform.CloseTopic(w.group, topic, false)
	if err := w.platform.Say(t.Context(), w.reader, w.reader, "/start", ""); err != nil {
		t.Fatal(err)
	}
	w.until("nothing is paused", func() bool {
		paused, err := w.store.Paused(t.Context(), store.Telegram)
		return err == nil && len(paused) == 0
	})
}

// Each scope has a menu in each language, and one for all others, with what is of
// use there; a start that finds them writes nothing. That the commands are for the
// bot alone makes no difference to that, whether or not the server knows of it.
func TestMenus(t *testing.T) {
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old server %t", old), func(t *testing.T) { testMenus(t, old) })
	}
}

func testMenus(t *testing.T, old bool) {
	w := newWorld(t)
	w.platform.SetOld(old)
	admin := w.platform.AddUser("Ada")
	w.platform.SetAdmin(admin, w.group, true)
	stop := w.run()
	voices := languages.Voices()
	full := len(scopes) * len(voices)
	requests := func(method string) int {
		all, _ := w.platform.Requests(method)
		return all
	}
	w.until("all menus and descriptions", func() bool {
		return requests("setMyCommands") == full && requests("setMyShortDescription") == len(voices)
	})
	stop()
	for _, v := range voices {
		for _, user := range []string{w.reader, admin} {
			w.platform.SetLanguage(user, v.Code())
		}
		for _, x := range []struct{ user, chat, want string }{
			{w.reader, w.reader, "critical help story sources"}, {w.reader, w.group, "critical help"}, {admin, w.group, "critical help sources"},
		} {
			var names []string
			menu := w.platform.Menu(x.user, x.chat)
			for _, c := range menu {
				names = append(names, c.Name)
			}
			if strings.Join(names, " ") != x.want || menu[0].Description != v.Text(brief.HelpCritical) {
				t.Errorf("in %s: %+v, want %s", v.Code(), menu, x.want)
			}
		}
		if text, short := w.platform.About(w.reader); text != v.About() || short != v.InShort() {
			t.Errorf("in %s: %q, %q", v.Code(), text, short)
		}
	}
	if menu := w.platform.Commands(w.group); menu[1].Description != "What I can do" {
		t.Errorf("for all others: %+v", menu)
	}

	// What one language lacks is written, and nothing else.
	if err := w.adapter.api.call(t.Context(), "deleteMyCommands", params{"scope": map[string]string{"type": "all_private_chats"}, "language_code": "uk"}, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.adapter = w.make(token)
		before := requests("getMyShortDescription")
		stop = w.run()
		w.until("a look at all that there is", func() bool { return requests("getMyShortDescription") == before+len(voices) })
		stop()
	}
	want := full + 1
	if old {
		want += 2 // at each start, the first list tells what server it is
	}
	if n := requests("setMyCommands"); n != want {
		t.Errorf("%d menus written, want %d", n, want)
	}
	if n := requests("setMyDescription"); n != len(voices) {
		t.Errorf("%d descriptions written", n)
	}
	if w.adapter.loud.Load() != old {
		t.Errorf("the bot knows of the server: %t", w.adapter.loud.Load())
	}
}

// Telegram saying to wait does not leave readers without menus.
func TestMenusAfterAWait(t *testing.T) {
	w := newWorld(t)
	w.platform.Fault(sandbox.Fault{Method: "register", Failure: sandbox.Limited, Delay: time.Second, Times: 1})
	stop := w.run()
	defer stop()
	w.until("the menu", func() bool { return len(w.platform.Commands(w.group)) > 0 })
}

// A press that is no longer known is answered in the reader's language.
func TestOldButtonInRussian(t *testing.T) {
	w := newWorld(t)
	w.platform.SetLanguage(w.reader, "ru")
	stop := w.run()
	defer stop()
	d := w.delivery(w.group, english.Say("Here."))
	var body map[string]any
	if err := json.Unmarshal(d.Parts[0].Body, &body); err != nil {
		t.Fatal(err)
	}
	body["reply_markup"] = map[string]any{"inline_keyboard": [][]map[string]string{{{"text": "Old", "callback_data": "0/gone"}}}}
	d.Parts[0].Body, _ = json.Marshal(body)
	v := w.adapter.Send(t.Context(), d, 0)
	if v.Outcome != store.Delivered {
		t.Fatal(v)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events := w.platform.Watch(ctx)
	if err := w.platform.Press(ctx, w.reader, w.group, v.Message, "0/gone"); err != nil {
		t.Fatal(err)
	}
	end := time.After(20 * time.Second)
	for {
		select {
		case e := <-events:
			if e.Kind == "toast" {
				if e.Text != "Эта кнопка больше не действует. /latest покажет последние новости." {
					t.Errorf("told %q", e.Text)
				}
				return
			}
		case <-end:
			t.Fatal("nothing was told")
		}
	}
}

// Private chats and basic groups are numbered in one sequence: what is known to
// stand in one of them is not looked at in another. Without that, a busy group
// used up the looks for a reader's answer, which then came twice.
func TestSettleSharedSequence(t *testing.T) {
	w := newWorld(t)
	small := w.platform.AddGroup("Small Talk")
	w.platform.SetRights(small, sandbox.TelegramRights{Admin: true})
	w.platform.Return(w.reader)
	stop := w.run()
	defer stop()
	say := func(text string) {
		if err := w.platform.Say(t.Context(), w.reader, small, text, ""); err != nil {
			t.Fatal(err)
		}
	}
	say("hello")
	w.until("the first message is heard", func() bool {
		id, _ := w.store.HighestMessage(t.Context(), store.Chat{Platform: store.Telegram, ID: small})
		return id != ""
	})
	d := w.delivery(w.reader, english.Post(ferry(), false))
	d.Parts[0].After = "1"
	for range 2 * maxProbes {
		say("chatter")
	}
	v := w.adapter.Send(t.Context(), d, 0)
	w.until("all is heard", func() bool {
		others, _ := w.store.OthersMessages(t.Context(), store.Chat{Platform: store.Telegram, ID: w.reader})
		return len(others) > 2*maxProbes
	})
	if got := w.adapter.Settle(t.Context(), d, 0, atOnce); got.Outcome != store.Delivered || got.Message != v.Message {
		t.Errorf("found %+v, want message %s", got, v.Message)
	}
}

// An answer that can't be read leaves it open whether the post is out, whatever it
// begins with; one that can names the message.
func TestSendAnswers(t *testing.T) {
	w := newWorld(t)
	d := w.delivery(w.channel, english.Post(ferry(), false))
	for _, tt := range []struct {
		answer  string
		outcome store.Outcome
		message string
	}{
		{`{"ok":true,"result":{"text":"\ud83d\ude00","message_id":7,"entities":[{},null]}}`, store.Delivered, "7"},
		{` { "result" : { "message_id" : 7 } , "ok" : true } `, store.Delivered, "7"},
		{"{\"ok\":true,\"result\":{\"message_id\":7,\"text\":\"\xff\"}}", store.Delivered, "7"},
		{`{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}`, store.Retry, ""},
		{`{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`, store.Refused, ""},
		{`{"ok":false,"error_code":400,"result":{"message_id":7}}`, store.Refused, ""},
		{`{"ok":true,"result":{"message_id":7}`, store.Unknown, ""},
		{`{"ok":true,"result":{"message_id":"7"}}`, store.Unknown, ""},
		{`{"ok":true,"result":[]}`, store.Unknown, ""},
		{`[]`, store.Unknown, ""},
		{``, store.Unknown, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, tt.answer)
		}))
		w.adapter.api = newAPI(token, server.URL, nil)
		if v := w.adapter.Send(t.Context(), d, 0); v.Outcome != tt.outcome || v.Message != tt.message {
			t.Errorf("%s: %+v", tt.answer, v)
		}
		w.adapter.api.client.CloseIdleConnections()
		server.Close()
	}
}

// echo answers each request as h answered the first of them, at once.
func echo(h http.Handler) http.Handler {
	var once sync.Once
	first := httptest.NewRecorder()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { h.ServeHTTP(first, r) })
		io.Copy(io.Discard, r.Body)
		maps.Copy(w.Header(), first.Header())
		w.WriteHeader(first.Code)
		w.Write(first.Body.Bytes())
	})
}

// BenchmarkSend is one post rendered and sent, as it is to each of thousands of
// chats, over loopback to a server that does next to nothing.
func BenchmarkSend(b *testing.B) {
	w := newWorld(b)
	m := english.Post(ferry(), false)
	d := w.delivery(w.channel, m)
	server := httptest.NewServer(echo(sandbox.Mux(nil, w.platform, nil)))
	defer server.Close()
	w.adapter.api = newAPI(token, server.URL, nil)
	b.ReportAllocs()
	for b.Loop() {
		d.ID++
		bodies, err := w.adapter.Render(b.Context(), store.Place{Kind: store.TelegramChannel}, d, m)
		if err != nil {
			b.Fatal(err)
		}
		d.Parts[0].Body = bodies[0]
		if v := w.adapter.Send(b.Context(), d, 0); v.Outcome != store.Delivered {
			b.Fatal(v)
		}
	}
}
