package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"briefbot/store"
)

// Stories are what the API gives stories to.
type Stories interface {
	// Prepare gives a story what its source gives each of its stories.
	Prepare(s store.Story) store.Story
	// Take takes in a story: a new one, or a revision of the one with its ID.
	Take(ctx context.Context, s store.Story) (store.Entry, store.Change, error)
	// Retract takes back what the API told under the ID, and lets readers know,
	// unless another source still tells it.
	Retract(ctx context.Context, id string) error
	// Story gives the story that what was told under the ID is a telling of.
	Story(ctx context.Context, id string) (store.Entry, error)
	// Telling gives what was told under the ID, or store.ErrNotFound.
	Telling(ctx context.Context, id string) (store.Telling, error)
}

// Parser reads a story's text. What is wrong with it is a *Mistake.
type Parser func(data []byte) (store.Story, error)

// Mistake is what is wrong with a text.
type Mistake struct {
	Line   int // from 1; 0: the text as a whole
	Reason string
}

func (m *Mistake) Error() string {
	if m.Line == 0 {
		return m.Reason
	}
	return fmt.Sprintf("line %d: %s", m.Line, m.Reason)
}

// Options say what a Server has to offer.
type Options struct {
	// Token is what a client of the API shows; empty: there is no API.
	Token   string
	Source  string // the beginning of the IDs of its stories
	Stories Stories
	Parsers map[string]Parser // by media type, as in "application/json"
	Log     *slog.Logger
}

// Server answers by HTTP.
type Server struct {
	Options
	guard *guard
	// writing lets one request after another look what there is under an ID and
	// put something else there.
	writing sync.Mutex
}

// New makes a Server.
func New(o Options) *Server {
	return &Server{Options: o, guard: newGuard(o.Token)}
}

// Listen takes the address that Serve is to answer at.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("web.listen: %s is taken by another program: end that, or choose another port, or off", address)
	}
	if err != nil {
		return nil, fmt.Errorf("web.listen: %w", err)
	}
	return l, nil
}

// What a client may take its time for.
const (
	headerTime = 10 * time.Second
	wholeTime  = 30 * time.Second
	idleTime   = 2 * time.Minute
	// endTime is how long requests have to finish when the server ends.
	endTime = 5 * time.Second
)

// Serve answers until ctx ends, and waits for the requests that are being
// answered then. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       wholeTime,
		WriteTimeout:      wholeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	s.Log.Info("web is listened at", "address", l.Addr().String(), "api", s.Token != "")
	if !loopback(l.Addr()) {
		s.Log.Warn("web is reached from other machines, and says all in clear: put a proxy with TLS before it", "address", l.Addr().String())
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("web: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if server.Shutdown(last) != nil {
		server.Close()
	}
	<-ended
	return nil
}

func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// Handler answers requests.
func (s *Server) Handler() http.Handler {
	all, api := http.NewServeMux(), http.NewServeMux()
	all.HandleFunc("GET /health", s.health)
	all.Handle("/api/", s.admitted(api))
	api.HandleFunc("POST /api/stories", s.post)
	api.HandleFunc("/api/stories", only("POST"))
	api.HandleFunc("GET /api/stories/{id...}", s.get)
	api.HandleFunc("PUT /api/stories/{id...}", s.put)
	api.HandleFunc("DELETE /api/stories/{id...}", s.delete)
	api.HandleFunc("/api/stories/{id...}", only("GET, PUT, DELETE"))
	api.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		complain(w, http.StatusNotFound, "there is nothing here: want /api/stories", 0)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		all.ServeHTTP(w, r)
	})
}

// health says that the bot runs and can read its data.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if _, err := s.Stories.Telling(r.Context(), s.Source+":"); !errors.Is(err, store.ErrNotFound) {
		s.Log.Error("the data can't be read", "err", err)
		complain(w, http.StatusServiceUnavailable, "the data can't be read: the log says why", 0)
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}
