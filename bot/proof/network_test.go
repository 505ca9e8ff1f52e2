package proof

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// network is connections in memory, so that nothing waits for a real socket:
// whoever waits for one holds the clock of a synctest bubble.
type network struct{ hosts map[string]*host }

// host is one end of the network, which can be out of order. It is its
// server's net.Listener.
type host struct {
	name   string
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once

	mu    sync.Mutex
	state state             // guarded by mu
	conns map[net.Conn]bool // guarded by mu: the server's ends
}

// state is what becomes of those who want to connect.
type state int

const (
	reachable state = iota
	refusing        // at once
	silent          // after a long time
)

func newNetwork(hosts ...string) *network {
	n := &network{hosts: map[string]*host{}}
	for _, name := range hosts {
		n.hosts[name] = &host{name: name, accept: make(chan net.Conn), done: make(chan struct{}), conns: map[net.Conn]bool{}}
	}
	return n
}

// dialTimeout is when a connection that nobody answers comes to nothing.
const dialTimeout = 2 * time.Minute

// Dial connects to a host.
func (n *network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	h := n.hosts[name]
	if err != nil || h == nil {
		return nil, failed(&net.DNSError{Err: "no such host", Name: address, IsNotFound: true})
	}
	switch h.now() {
	case refusing:
		return nil, failed(syscall.ECONNREFUSED)
	case silent:
		select {
		case <-time.After(dialTimeout):
			return nil, failed(syscall.ETIMEDOUT)
		case <-ctx.Done():
			return nil, failed(ctx.Err())
		}
	}
	mine, theirs := net.Pipe()
	end := &serverEnd{theirs, h}
	h.mu.Lock()
	h.conns[theirs] = true
	h.mu.Unlock()
	select {
	case h.accept <- end:
		return &clientEnd{Conn: mine, closed: make(chan struct{})}, nil
	case <-h.done:
		err = syscall.ECONNREFUSED
	case <-ctx.Done():
		err = ctx.Err()
	}
	end.Close()
	return nil, failed(err)
}

func failed(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }

func (h *host) now() state {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state
}

// set says what becomes of new connections. Those that stand are cut.
func (h *host) set(s state) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = s
	for c := range h.conns {
		c.Close()
	}
}

// Accept gives the server its next connection.
func (h *host) Accept() (net.Conn, error) {
	select {
	case c := <-h.accept:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// Close ends the listening.
func (h *host) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

// Addr is where the host is.
func (h *host) Addr() net.Addr { return address(h.name) }

// address is a host's: the gateway tells it to those who are to come back.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) + ":80" }

type serverEnd struct {
	net.Conn
	host *host
}

func (c *serverEnd) LocalAddr() net.Addr { return c.host.Addr() }

func (c *serverEnd) Close() error {
	c.host.mu.Lock()
	delete(c.host.conns, c.Conn)
	c.host.mu.Unlock()
	return c.Conn.Close()
}

// clientEnd hears nothing any more once it has said a websocket's goodbye.
// Discord's library says it under a lock, and sleeps a second with the lock in
// hand; what came meanwhile would wait for the lock, and the bubble's clock
// stands still while anything waits for a lock.
type clientEnd struct {
	net.Conn
	once   sync.Once
	closed chan struct{}

	mu      sync.Mutex
	goodbye bool // guarded by mu
}

// goodbyeFrame is the first byte of a websocket's close frame.
const goodbyeFrame = 0x88

func (c *clientEnd) Write(b []byte) (int, error) {
	if len(b) > 0 && b[0] == goodbyeFrame {
		c.mu.Lock()
		c.goodbye = true
		c.mu.Unlock()
	}
	return c.Conn.Write(b)
}

func (c *clientEnd) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	deaf := c.goodbye
	c.mu.Unlock()
	if deaf {
		<-c.closed
		return 0, errors.Join(net.ErrClosed, err)
	}
	return n, err
}

func (c *clientEnd) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
