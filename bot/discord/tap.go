package discord

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// tap is a gateway connection that reads along. The library acts on some of
// what the gateway says in ways that can't be undone: it answers "invalid
// session" with a login at once, for ever if need be; "reconnect" while it
// connects is a deadlock; it swallows the code with which the gateway closes, and
// answers with a goodbye. The tap ends the connection before the library hears of
// these, and keeps the reason. It also knows when the gateway last answered a
// heartbeat.
type tap struct {
	net.Conn
	r     *bufio.Reader
	stage stage
	ready []byte // was looked at, and is to be handed on
	pass  int64  // how much more is handed on without a look

	mu       sync.Mutex
	reason   error         // guarded by mu: why the connection ended
	interval time.Duration // guarded by mu: of heartbeats; 0 until the gateway told
	answered time.Time     // guarded by mu: the last heartbeat's answer
}

// stage is how far the server's side of the handshake has been read.
type stage int

const (
	statusLine stage = iota
	headers
	frames
)

// maxHeard is the size up to which a frame is looked at. What matters is short;
// frames beyond it are events.
const maxHeard = 4096

// readAhead is how much is taken off the line at once. Hundreds of readers who
// press together are a megabyte of events: taken in small pieces, it fills the
// connection, and the other end waits before it tries to go on.
const readAhead = 1 << 20

// Operations of the gateway (discord.com/developers/docs/topics/opcodes-and-status-codes).
const (
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatACK   = 11
)

var (
	// errReconnect ends a connection that the gateway wants to be made anew.
	// Its session goes on.
	errReconnect = errors.New("the gateway asked to connect anew")
	// errSession ends a connection whose session is over.
	errSession = errors.New("the gateway ended the session")
)

func newTap(c net.Conn) *tap {
	return &tap{Conn: c, r: bufio.NewReaderSize(c, readAhead)}
}

// Read hands on what the server says, frame by frame.
func (t *tap) Read(p []byte) (int, error) {
	for len(t.ready) == 0 && t.pass == 0 {
		if err := t.next(); err != nil {
			return 0, err
		}
	}
	if len(t.ready) > 0 {
		n := copy(p, t.ready)
		t.ready = t.ready[n:]
		return n, nil
	}
	n, err := t.r.Read(p[:min(int64(len(p)), t.pass)])
	t.pass -= int64(n)
	return n, err
}

// next reads a line of the handshake, or looks at a frame (RFC 6455, 5.2; those
// of a server are not masked).
func (t *tap) next() error {
	if t.stage != frames {
		return t.handshake()
	}
	head, err := t.r.Peek(2)
	if err != nil {
		return err
	}
	code, size, length := head[0]&0xf, uint64(head[1]&0x7f), 2
	switch size {
	case 126:
		length = 4
		if head, err = t.r.Peek(length); err != nil {
			return err
		}
		size = uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		length = 10
		if head, err = t.r.Peek(length); err != nil {
			return err
		}
		size = binary.BigEndian.Uint64(head[2:])
	}
	if size > maxHeard {
		t.pass = int64(min(size, math.MaxInt64-10)) + int64(length)
		return nil
	}
	frame := make([]byte, length+int(size))
	if _, err := io.ReadFull(t.r, frame); err != nil {
		return err
	}
	if err := t.hear(int(code), frame[length:]); err != nil {
		t.end(err)
		return err
	}
	t.ready = frame
	return nil
}

func (t *tap) handshake() error {
	line, err := t.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	t.ready = bytes.Clone(line)
	switch {
	case t.stage == statusLine && !bytes.Contains(line, []byte(" 101 ")):
		t.pass = math.MaxInt64 // no websocket: the library will say so
	case t.stage == statusLine:
		t.stage = headers
	case len(bytes.TrimSpace(line)) == 0:
		t.stage = frames
	}
	return nil
}

// hear looks at a frame; an error keeps it from the library.
func (t *tap) hear(code int, payload []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch code {
	case websocket.CloseMessage:
		closed := &websocket.CloseError{Code: websocket.CloseNoStatusReceived}
		if len(payload) >= 2 {
			closed.Code, closed.Text = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
		}
		return closed // the library would answer with a goodbye that ends the session
	case websocket.TextMessage:
	default:
		return nil
	}
	var m struct {
		Op   int             `json:"op"`
		Data json.RawMessage `json:"d"`
	}
	if json.Unmarshal(payload, &m) != nil {
		return nil // not the whole of a message, and so none of those below
	}
	switch m.Op {
	case opReconnect:
		return errReconnect
	case opInvalidSession:
		if string(m.Data) == "true" {
			return errReconnect
		}
		return errSession
	case opHello:
		var hello struct {
			Interval int64 `json:"heartbeat_interval"`
		}
		if err := json.Unmarshal(m.Data, &hello); err != nil || hello.Interval <= 0 {
			return fmt.Errorf("the gateway names no heartbeat interval: %s", m.Data)
		}
		t.interval, t.answered = time.Duration(hello.Interval)*time.Millisecond, time.Now()
	case opHeartbeatACK:
		t.answered = time.Now()
	}
	return nil
}

// end cuts the connection, without the goodbye that would end the session too.
func (t *tap) end(reason error) {
	t.mu.Lock()
	if t.reason == nil {
		t.reason = reason
	}
	t.mu.Unlock()
	t.Conn.Close()
}

// ended gives the reason for which the connection ended; nil if it just broke.
func (t *tap) ended() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reason
}

// silent reports how long heartbeats have gone unanswered, and how long they
// may: one and a half intervals.
func (t *tap) silent(now time.Time) (since, limit time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Sub(t.answered), t.interval * 3 / 2
}
