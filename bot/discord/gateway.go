package discord

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

const (
	// openLimit is how long a connection may take to be ready. The library's
	// Open has no limit of its own, and holds a lock meanwhile.
	openLimit = 30 * time.Second
	// stuckLimit is how long an Open whose connection was cut may take to end.
	stuckLimit = 5 * time.Second
	// steady is how long a connection holds before its breaking is no longer
	// taken for a sign of trouble.
	steady     = time.Minute
	maxBackoff = 2 * time.Minute
	// maxResumes is how often in a row a session is tried.
	maxResumes = 3
	// handlerGrace is how long answers may go on after the end of Run's
	// context.
	handlerGrace = 3 * time.Second
)

// Run takes questions until ctx ends. An error needs the operator.
func (d *Discord) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	handlers := &crew{ctx: work}
	defer d.http.CloseIdleConnections()
	defer func() {
		late := time.AfterFunc(handlerGrace, cancel)
		handlers.wait()
		late.Stop()
		cancel()
	}()
	var c *connection
	for failures := 0; ; failures++ {
		began := time.Now()
		var err error
		if c == nil {
			c, err = d.connection(ctx, handlers)
		}
		if err == nil {
			err = c.run(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case needsOperator(err) != nil:
			return needsOperator(err)
		case c != nil && !c.resumable(err):
			c = nil
		}
		if time.Since(began) > steady {
			failures = 0
		}
		wait := d.pause(failures, c != nil, err)
		d.log.Warn("not connected; connecting again", "err", d.clean(err), "resume", c != nil, "in", wait.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// pause is how long to wait before the next try, with some chance in it so that
// many bots do not come back at once. A session that can be resumed is, soon:
// readers wait no more than three seconds.
func (d *Discord) pause(failures int, resume bool, err error) time.Duration {
	longest := min(maxBackoff, time.Second/2<<min(failures, 10))
	wait := longest/2 + rand.N(longest/2+1)
	if !resume {
		wait = max(wait, time.Until(d.identified.Add(d.identifyGap)))
	}
	var api *apiError
	if errors.As(err, &api) {
		wait = max(wait, api.After)
	}
	return wait
}

// needsOperator turns what no waiting mends into a sentence that says what to
// do; nil for everything else.
func needsOperator(err error) error {
	var api *apiError
	if errors.As(err, &api) && api.Status == http.StatusUnauthorized && !api.Page {
		return fmt.Errorf("%w (%w)", ErrToken, api)
	}
	var closed *websocket.CloseError
	if !errors.As(err, &closed) {
		return nil
	}
	switch closed.Code {
	case 4004:
		return fmt.Errorf("%w (%w)", ErrToken, closed)
	case 4010, 4011:
		return fmt.Errorf("the bot is in more servers than one connection may serve: %w", closed)
	case 4012:
		return fmt.Errorf("this version of the gateway is no longer served, a newer program is needed: %w", closed)
	case 4013, 4014:
		return fmt.Errorf("the bot may not get the events of its servers: see the page Bot at discord.com/developers/applications: %w", closed)
	}
	return nil
}

// crew is the handlers that run. None is begun once they are waited for.
type crew struct {
	ctx context.Context // theirs; it ends some time after Run's

	mu   sync.Mutex
	done bool // guarded by mu
	wg   sync.WaitGroup
}

func (c *crew) run(f func(ctx context.Context)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.done {
		c.wg.Go(func() { f(c.ctx) })
	}
}

func (c *crew) wait() {
	c.mu.Lock()
	c.done = true
	c.mu.Unlock()
	c.wg.Wait()
}

// connection is one session of the gateway, over one connection after another.
type connection struct {
	d       *Discord
	session *discordgo.Session
	ctx     context.Context // Run's: dialling ends with it
	lost    chan struct{}   // gets a token when the library has let go of a connection
	ready   atomic.Bool     // the session has begun
	failed  int             // how often in a row it could not be connected

	mu  sync.Mutex
	tap *tap // guarded by mu: the connection at hand
}

// gatewayInfo is where the gateway is, and how often one may still log in.
type gatewayInfo struct {
	URL   string `json:"url"`
	Limit struct {
		Total     int   `json:"total"`
		Remaining int   `json:"remaining"`
		After     int64 `json:"reset_after"` // in ms
	} `json:"session_start_limit"`
}

// address tells the library where the gateway is: the only thing that a session
// of the gateway asks.
type address string

func (a address) RoundTrip(*http.Request) (*http.Response, error) {
	body := io.NopCloser(strings.NewReader(fmt.Sprintf(`{"url":%q}`, string(a))))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
}

// connection makes a new session, if the token is good and a login allowed.
// Beyond its limit of logins a day, Discord takes the token away.
func (d *Discord) connection(ctx context.Context, handlers *crew) (*connection, error) {
	var info gatewayInfo
	if err := d.own(ctx, "GET", discordgo.EndpointGatewayBot, nil, &info); err != nil {
		return nil, fmt.Errorf("ask for the gateway: %w", err)
	}
	if info.URL == "" {
		return nil, errors.New("ask for the gateway: the answer has no address")
	}
	if info.Limit.Total > 0 && info.Limit.Remaining <= 0 {
		return nil, &apiError{Status: http.StatusTooManyRequests, Message: "no login is left for today", After: seconds(float64(info.Limit.After) / 1000)}
	}
	s, err := d.session(&http.Client{Transport: address(info.URL)})
	if err != nil {
		return nil, err
	}
	c := &connection{d: d, session: s, ctx: ctx, lost: make(chan struct{}, 1)}
	s.Dialer = &websocket.Dialer{HandshakeTimeout: openLimit, NetDialContext: c.dial, NetDialTLSContext: c.dialTLS}
	s.AddHandler(func(_ *discordgo.Session, r *discordgo.Ready) {
		if r.User == nil || r.Application == nil {
			return
		}
		c.ready.Store(true)
		d.introduce(r.Application.ID, r.User.ID)
		d.log.Info("connected", "bot", r.User.Username, "guilds", len(r.Guilds))
		handlers.run(func(context.Context) { d.keepRegistered(ctx) })
	})
	s.AddHandler(func(*discordgo.Session, *discordgo.Resumed) { d.log.Info("connected again") })
	s.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) {
		select {
		case c.lost <- struct{}{}:
		default:
		}
	})
	d.watchStanding(s, handlers)
	s.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) {
		i, ok := e.Struct.(*discordgo.InteractionCreate)
		if ok && i.Interaction != nil && d.seen.first(i.ID) {
			handlers.run(func(ctx context.Context) {
				d.threads.note(e.RawData)
				d.interact(ctx, i.Interaction)
			})
		}
	})
	return c, nil
}

// dial connects within Run's context, which the library does not know, and
// listens in.
func (c *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return c.listen(ctx, network, address, c.d.dial)
}

func (c *connection) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	config := c.d.wire.TLSClientConfig.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.NextProtos = []string{"http/1.1"} // no websocket goes over HTTP/2, which the requests may take
	return c.listen(ctx, network, address, func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := c.d.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if host, _, err := net.SplitHostPort(address); err == nil && config.ServerName == "" {
			config.ServerName = host
		}
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		return secured, nil
	})
}

func (c *connection) listen(ctx context.Context, network, address string, dial func(context.Context, string, string) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, &unsentError{err}
	}
	t := newTap(conn)
	c.mu.Lock()
	c.tap = t
	c.mu.Unlock()
	return t, nil
}

// line is the connection at hand, if there is one.
func (c *connection) line() *tap {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tap
}

// run connects, or resumes, and returns when the connection has ended, with the
// reason.
func (c *connection) run(ctx context.Context) error {
	select {
	case <-c.lost: // of the connection before
	default:
	}
	c.mu.Lock()
	c.tap = nil
	c.mu.Unlock()
	if err := c.open(ctx); err != nil {
		c.failed++
		return err
	}
	c.failed = 0
	t := c.line()
	_, limit := t.silent(time.Now())
	look := time.NewTicker(max(limit/6, time.Millisecond))
	defer look.Stop()
	for {
		select {
		case <-c.lost:
			if err := t.ended(); err != nil {
				return err
			}
			return errBroken
		case <-look.C:
			if since, limit := t.silent(time.Now()); since > limit {
				t.end(fmt.Errorf("%w: heartbeats went unanswered for %s", errBroken, since.Round(time.Millisecond)))
			}
		case <-ctx.Done():
			c.session.Close()
			return ctx.Err()
		}
	}
}

var (
	// errBroken says that a connection that stood is gone.
	errBroken = errors.New("the connection broke")
	// errSlow says that a connection did not come to stand.
	errSlow = errors.New("the gateway did not answer in time")
)

// open lets the library connect, for as long as that may take.
func (c *connection) open(ctx context.Context) error {
	login := !c.ready.Load()
	opened := make(chan error, 1)
	go func() { opened <- c.session.Open() }()
	var err error
	limit := time.NewTimer(openLimit)
	defer limit.Stop()
	select {
	case err = <-opened:
	case <-limit.C:
		err = c.abandon(opened, errSlow)
	case <-ctx.Done():
		err = c.abandon(opened, ctx.Err())
	}
	if login {
		c.d.identified = time.Now()
	}
	if t := c.line(); err != nil && t != nil && t.ended() != nil {
		return t.ended() // what the library made of it says less
	}
	return err
}

// abandon cuts the connection of an Open, and waits for its end.
func (c *connection) abandon(opened <-chan error, reason error) error {
	if t := c.line(); t != nil {
		t.end(reason)
	}
	select {
	case err := <-opened:
		if err == nil {
			c.session.Close()
		}
	case <-time.After(stuckLimit):
		c.d.log.Warn("the library is stuck; its session is given up")
	}
	return reason
}

// resumable reports whether the session goes on after its connection ended with
// the error. One that was refused, or may hang, is dropped, and so is one that
// comes to nothing again and again.
func (c *connection) resumable(err error) bool {
	switch {
	case !c.ready.Load(), c.failed > maxResumes, errors.Is(err, errSession), errors.Is(err, errSlow):
		return false
	}
	var closed *websocket.CloseError
	if !errors.As(err, &closed) {
		return true
	}
	switch closed.Code {
	case websocket.CloseNormalClosure, websocket.CloseGoingAway, 4003, 4007, 4009:
		return false // discord.com/developers/docs/topics/opcodes-and-status-codes
	}
	return true
}
