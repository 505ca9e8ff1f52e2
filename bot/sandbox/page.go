package sandbox

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// PageOptions say what the page shows, and as whom it acts.
type PageOptions struct {
	Title string
	// Platforms are "discord" and "telegram".
	Platforms map[string]Platform
	// Reader is the id of the user that the page acts as, by platform.
	Reader map[string]string
	// Next says what happens next; may be nil.
	Next func() []Upcoming
	// AddStory takes a story's text; may be nil.
	AddStory func(ctx context.Context, text string) error
	// Sample is the text that the form begins with.
	Sample string
}

// Upcoming is something that happens next.
type Upcoming struct {
	Channel  string    `json:"channel"`
	Platform string    `json:"platform"`
	At       time.Time `json:"at"`
	What     string    `json:"what"`
}

//go:embed page
var pageFiles embed.FS

//go:embed stories/*.txt
var storyFiles embed.FS

// Stories are sample stories, each a file, about invented events.
func Stories() fs.FS {
	sub, err := fs.Sub(storyFiles, "stories")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

// page is the page's handler.
type page struct {
	PageOptions
	files http.Handler
}

// NewPage shows the chats of the platforms side by side, as a reader sees them,
// and lets one write and press buttons in them. It has no passwords: it answers
// on loopback names only, and only to its own forms.
func NewPage(o PageOptions) http.Handler {
	sub, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	p := &page{PageOptions: o, files: http.FileServerFS(sub)}
	mux := http.NewServeMux()
	mux.Handle("GET /", p.files)
	mux.HandleFunc("GET /setup", p.setup)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("POST /say", p.act(p.say))
	mux.HandleFunc("POST /press", p.act(p.press))
	mux.HandleFunc("POST /complete", p.act(p.complete))
	mux.HandleFunc("POST /commands", p.act(p.commands))
	mux.HandleFunc("POST /inline", p.act(p.inline))
	mux.HandleFunc("POST /pick", p.act(p.pick))
	mux.HandleFunc("POST /apps", p.act(p.apps))
	mux.HandleFunc("POST /use", p.act(p.use))
	mux.HandleFunc("POST /stories", p.act(p.addStory))
	return guard(mux)
}

// policy lets the page load its own files, and pictures of the stories.
const policy = "default-src 'self'; img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard keeps other sites out: a name that leads to loopback by a trick of DNS,
// and forms of pages from elsewhere.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this page answers at localhost only", http.StatusForbidden)
			return
		}
		if r.Method == http.MethodPost && !sameOrigin(r) {
			http.Error(w, "this comes from another page", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || u.Host != r.Host {
			return false
		}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// setup tells the page what there is.
func (p *page) setup(w http.ResponseWriter, _ *http.Request) {
	chats := map[string][]Chat{}
	for name, platform := range p.Platforms {
		chats[name] = platform.Chats(p.Reader[name])
	}
	answerJSON(w, map[string]any{
		"title": p.Title, "reader": p.Reader, "chats": chats, "add": p.AddStory != nil, "sample": p.Sample,
	})
}

// tick is how often the page is told what happens next.
const tick = time.Second

// events gives all that stands and happens, as server-sent events. A page that
// lost the connection gets all again.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	send := func(kind string, v any) bool {
		b, err := json.Marshal(v)
		if err != nil {
			return true
		}
		_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, b)
		return err == nil && out.Flush() == nil
	}
	if !send("begin", nil) {
		return
	}
	discord, telegram := p.watch(r.Context(), "discord"), p.watch(r.Context(), "telegram")
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last := ""
	show := func(e Event, open bool) bool { return open && (!p.visible(e) || send("chat", e)) }
	for ok := true; ok; {
		select {
		case e, open := <-discord:
			ok = show(e, open)
		case e, open := <-telegram:
			ok = show(e, open)
		case <-ticker.C:
			if p.Next == nil {
				continue
			}
			next := p.Next()
			if now := fmt.Sprint(next); now != last {
				last = now
				ok = send("upcoming", next)
			}
		case <-r.Context().Done():
			return
		}
	}
}

// watch gives a platform's events; none for a platform that is not there.
func (p *page) watch(ctx context.Context, name string) <-chan Event {
	if platform := p.Platforms[name]; platform != nil {
		return platform.Watch(ctx)
	}
	return nil
}

// visible reports whether the page's reader sees an event.
func (p *page) visible(e Event) bool { return e.User == "" || e.User == p.Reader[e.Platform] }

// action is what the page asks for.
type action struct {
	Platform string `json:"platform"`
	Chat     string `json:"chat"`
	Text     string `json:"text"`
	Reply    string `json:"reply"`
	Message  string `json:"message"`
	Data     string `json:"data"`
	Command  string `json:"command"`
	Option   string `json:"option"`
}

// maxAction bounds what the page sends.
const maxAction = 2 << 20

// act reads an action and does it.
func (p *page) act(do func(context.Context, Platform, action) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var a action
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAction)).Decode(&a); err != nil {
			http.Error(w, "that can't be read: "+err.Error(), http.StatusBadRequest)
			return
		}
		v, err := do(r.Context(), p.Platforms[a.Platform], a)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		answerJSON(w, v)
	}
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) // a page that has gone needs no answer
}

var errNoPlatform = errors.New("there is no such platform")

func (p *page) say(ctx context.Context, platform Platform, a action) (any, error) {
	if platform == nil {
		return nil, errNoPlatform
	}
	return nil, platform.Say(ctx, p.Reader[a.Platform], a.Chat, a.Text, a.Reply)
}

func (p *page) press(ctx context.Context, platform Platform, a action) (any, error) {
	if platform == nil {
		return nil, errNoPlatform
	}
	return nil, platform.Press(ctx, p.Reader[a.Platform], a.Chat, a.Message, a.Data)
}

func (p *page) complete(ctx context.Context, platform Platform, a action) (any, error) {
	if platform == nil {
		return nil, errNoPlatform
	}
	return platform.Complete(ctx, p.Reader[a.Platform], a.Chat, a.Command, a.Option, a.Text)
}

func (p *page) commands(_ context.Context, platform Platform, a action) (any, error) {
	if platform == nil {
		return nil, errNoPlatform
	}
	return platform.Menu(p.Reader[a.Platform], a.Chat), nil
}

// inliner is a Platform on which one can call a bot from within any chat.
type inliner interface {
	Inline(ctx context.Context, user, chat, text, offset string) (offers []Offer, next string, err error)
	Pick(ctx context.Context, user, chat, id string) error
}

func (p *page) inline(ctx context.Context, platform Platform, a action) (any, error) {
	in, ok := platform.(inliner)
	if !ok {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, inlineLife)
	defer cancel()
	offers, _, err := in.Inline(ctx, p.Reader[a.Platform], a.Chat, a.Text, "")
	return offers, err
}

func (p *page) pick(ctx context.Context, platform Platform, a action) (any, error) {
	in, ok := platform.(inliner)
	if !ok {
		return nil, errNoPlatform
	}
	return nil, in.Pick(ctx, p.Reader[a.Platform], a.Chat, a.Data)
}

// apps lists what the menu of a message offers: nothing where a platform's
// clients have none.
func (p *page) apps(_ context.Context, platform Platform, a action) (any, error) {
	apps, ok := platform.(Apps)
	if !ok {
		return nil, nil
	}
	return apps.Apps(p.Reader[a.Platform], a.Chat), nil
}

func (p *page) use(ctx context.Context, platform Platform, a action) (any, error) {
	apps, ok := platform.(Apps)
	if !ok {
		return nil, errNoPlatform
	}
	return nil, apps.Use(ctx, p.Reader[a.Platform], a.Chat, a.Message, a.Command)
}

func (p *page) addStory(ctx context.Context, _ Platform, a action) (any, error) {
	if p.AddStory == nil {
		return nil, errors.New("no stories can be added here")
	}
	return nil, p.AddStory(ctx, a.Text)
}
