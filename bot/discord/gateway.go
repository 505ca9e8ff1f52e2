package discord

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

const (
	// openLimit is how long a connection may take to be ready. The library's
	// Open has no limit of its own, and holds a lock meanwhile.
	openLimit = 30 * time.Second
	// identifyGap is how far apart two logins have to be.
	identifyGap = 5 * time.Second
	maxBackoff  = 2 * time.Minute
	// zombieAfter is how long heartbeats may go unanswered: about two of
	// Discord's intervals. The library itself waits for five.
	zombieAfter = 90 * time.Second
	zombieLook  = 15 * time.Second
)

// Run takes questions until ctx ends. An error needs the operator.
func (d *Discord) Run(ctx context.Context) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	asked, cancel := context.WithCancel(ctx)
	defer cancel() // before the handlers are waited for
	var c *connection
	for wait := time.Second; ; {
		if c == nil {
			var err error
			if c, err = d.connection(asked, &handlers); err != nil {
				return err
			}
		}
		began := time.Now()
		err := c.run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if fatal := needsOperator(err); fatal != nil {
			return fatal
		}
		if time.Since(began) > time.Minute {
			wait = time.Second
		}
		if c.broken {
			c = nil // a session that hung may hold its own lock for ever
		}
		d.log.Warn("not connected; trying again", "err", d.clean(err), "retry_in", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(wait, identifyGap/2) + rand.N(identifyGap/2)):
		}
		wait = min(2*wait, maxBackoff)
	}
}

// needsOperator turns what no waiting mends into a sentence that says what to
// do; nil for everything else.
func needsOperator(err error) error {
	var api *apiError
	if errors.As(err, &api) && api.Status == 401 {
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
	case 4012, 4013, 4014:
		return fmt.Errorf("Discord refuses the connection: %w", closed)
	}
	return nil
}

// connection is one session of the gateway and the connection under it.
type connection struct {
	d       *Discord
	session *discordgo.Session
	lost    chan struct{} // gets a token when the connection has ended
	broken  bool          // the session can't be used again

	mu   sync.Mutex
	conn net.Conn // guarded by mu
}

// connection makes a session. Its handlers run within ctx, and are waited for
// by handlers.
func (d *Discord) connection(ctx context.Context, handlers *sync.WaitGroup) (*connection, error) {
	s, err := d.session()
	if err != nil {
		return nil, err
	}
	c := &connection{d: d, session: s, lost: make(chan struct{}, 1)}
	s.Dialer = &websocket.Dialer{HandshakeTimeout: openLimit, NetDialContext: c.dial}
	s.AddHandler(func(_ *discordgo.Session, r *discordgo.Ready) {
		if r.User == nil || r.Application == nil {
			return
		}
		d.introduce(r.Application.ID, r.User.ID)
		d.log.Info("connected", "bot", r.User.Username, "guilds", len(r.Guilds))
		handlers.Go(func() {
			if err := d.register(ctx); err != nil && ctx.Err() == nil {
				d.log.Warn("commands are not registered", "err", err)
			}
		})
	})
	s.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) {
		select {
		case c.lost <- struct{}{}:
		default:
		}
	})
	s.AddHandler(func(_ *discordgo.Session, g *discordgo.GuildDelete) {
		if !g.Unavailable {
			d.log.Warn("the bot was removed from a server", "guild", g.ID)
		}
	})
	s.AddHandler(func(_ *discordgo.Session, i *discordgo.InteractionCreate) {
		if i.Interaction == nil || !d.seen.first(i.ID) || ctx.Err() != nil {
			return
		}
		handlers.Go(func() { d.interact(ctx, i.Interaction) })
	})
	return c, nil
}

// dial keeps the connection at hand, so that it can be cut.
func (c *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var n net.Dialer
	conn, err := n.DialContext(ctx, network, address)
	c.mu.Lock()
	c.conn = conn
	c.mu.Unlock()
	return conn, err
}

func (c *connection) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close()
	}
}

// run connects, or resumes, and returns when the connection has ended, with the
// reason if it is known.
func (c *connection) run(ctx context.Context) error {
	select {
	case <-c.lost: // of the connection before
	default:
	}
	opened := make(chan error, 1)
	go func() { opened <- c.session.Open() }()
	select {
	case err := <-opened:
		if err != nil {
			return err
		}
	case <-time.After(openLimit):
		c.broken = true
		c.cut()
		return errors.New("the gateway did not answer in time")
	case <-ctx.Done():
		c.cut()
		<-opened
		return ctx.Err()
	}
	look := time.NewTicker(zombieLook)
	defer look.Stop()
	for {
		select {
		case <-c.lost:
			return errors.New("the connection ended")
		case <-look.C:
			c.session.RLock()
			silent := time.Since(c.session.LastHeartbeatAck)
			c.session.RUnlock()
			if silent > zombieAfter {
				c.d.log.Warn("the gateway is silent; cutting the connection", "silent_for", silent)
				c.cut()
			}
		case <-ctx.Done():
			c.session.Close()
			return ctx.Err()
		}
	}
}
