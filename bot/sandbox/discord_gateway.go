package sandbox

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Intents, as bits of IDENTIFY.
const (
	intentGuilds         = 1 << 0
	intentGuildMessages  = 1 << 9
	intentDirectMessages = 1 << 12
	intentMessageContent = 1 << 15

	// intentsPrivileged need to be granted, intentsKnown are all that exist.
	intentsPrivileged = 1<<1 | 1<<8 | intentMessageContent
	intentsKnown      = 1<<17 - 1 | 1<<20 | 1<<21 | 1<<24 | 1<<25
)

// Operations of the gateway.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opPresence       = 3
	opVoice          = 4
	opResume         = 6
	opReconnect      = 7
	opMembers        = 8
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatACK   = 11
)

// Codes with which the gateway closes a connection.
const (
	closeUnknownOp     = 4001
	closeBadPayload    = 4002
	closeNotIdentified = 4003
	closeBadToken      = 4004
	closeIdentifiedYet = 4005
	closeBadSeq        = 4007
	closeTooFast       = 4008
	closeTimedOut      = 4009
	closeBadShard      = 4010
	closeBadVersion    = 4012
	closeBadIntents    = 4013
	closeNotGranted    = 4014

	// cutOff ends a connection without a close frame.
	cutOff = 0
)

const (
	// framesKept is how many events a session remembers for a resume.
	framesKept = 1000
	// sessionLife is how long a session can be resumed.
	sessionLife = 5 * time.Minute
	// sendsPerMinute is how much a client may send.
	sendsPerMinute = 120
	// closeWait is how long a close frame, and what is said to it, may take.
	closeWait = time.Second
	// identifiesPerDay is what GET /gateway/bot calls session_start_limit.
	identifiesPerDay = 1000
)

type dcFrame struct {
	seq  int64
	kind string
	data []byte
}

// dcSession outlives its connections: it is what a resume goes on with.
type dcSession struct {
	id      string
	intents int
	shard   [2]int
	seq     int64
	frames  []dcFrame
	line    *dcLine // nil while nobody is connected
	left    time.Time
}

func (s *dcSession) hangUp(code int) {
	if s.line != nil {
		s.line.close(code)
	}
}

// dcLine is one connection's way out. It never makes the sender wait.
type dcLine struct {
	mu    sync.Mutex
	queue []lineItem
	more  chan struct{}
}

type lineItem struct {
	data  []byte
	code  int // how to close, if data is nil
	final bool
}

func (l *dcLine) put(x lineItem) {
	l.mu.Lock()
	l.queue = append(l.queue, x)
	l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
}

func (l *dcLine) send(op int, data any) {
	l.put(lineItem{data: raw(map[string]any{"op": op, "d": data, "s": nil, "t": nil})})
}

func (l *dcLine) close(code int) { l.put(lineItem{code: code, final: true}) }

// write sends what comes, until the connection is closed from either side.
func (l *dcLine) write(ws *websocket.Conn, gone <-chan struct{}) {
	defer ws.Close()
	for {
		select {
		case <-l.more:
		case <-gone:
			return
		}
		l.mu.Lock()
		batch := l.queue
		l.queue = nil
		l.mu.Unlock()
		for _, x := range batch {
			if x.final {
				if x.code != cutOff {
					ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(x.code, ""), time.Now().Add(closeWait))
					select { // the other side may have a word too (RFC 6455, 7.1.1)
					case <-gone:
					case <-time.After(closeWait):
					}
				}
				return
			}
			if ws.WriteMessage(websocket.TextMessage, x.data) != nil {
				return
			}
		}
	}
}

// dispatch sends an event to every session whose intents (0: any) and shard
// ask for it. The caller holds the lock.
func (d *Discord) dispatch(intent int, guild, kind string, data func() any) {
	var b []byte
	for _, s := range d.sessions {
		if intent != 0 && s.intents&intent == 0 || !s.has(guild) {
			continue
		}
		if b == nil {
			b = raw(data())
		}
		s.dispatch(kind, b)
	}
}

// has says whether a guild is on the session's shard; direct messages are on
// the first.
func (s *dcSession) has(guild string) bool {
	return (snowflake(guild)>>22)%uint64(s.shard[1]) == uint64(s.shard[0])
}

func (s *dcSession) dispatch(kind string, data []byte) {
	s.seq++
	f := dcFrame{s.seq, kind, raw(map[string]any{"op": opDispatch, "s": s.seq, "t": kind, "d": json.RawMessage(data)})}
	if len(s.frames) >= 2*framesKept {
		s.frames = append(s.frames[:0:0], s.frames[framesKept:]...)
	}
	s.frames = append(s.frames, f)
	if s.line != nil {
		s.line.put(lineItem{data: f.data})
	}
}

func intentOf(c *dcChannel) int {
	if c.Type == dcDM {
		return intentDirectMessages
	}
	return intentGuildMessages
}

// dispatchMessage tells of a message, as far as each session may read it.
func (d *Discord) dispatchMessage(kind string, m *dcMessage) {
	c := m.channel
	if !c.hasBot() || !has(d.rights(c), permView) {
		return
	}
	for _, s := range d.sessions {
		if s.intents&intentOf(c) == 0 || !s.has(c.GuildID) {
			continue
		}
		told := *d.asBotSees(m, s.intents)
		told.GuildID = c.GuildID
		s.dispatch(kind, raw(&told))
	}
}

func (d *Discord) getGateway(c *call) (int, any, *dcError) {
	return 200, map[string]string{"url": "ws://" + c.host + "/gateway"}, nil
}

func (d *Discord) getGatewayBot(c *call) (int, any, *dcError) {
	return 200, map[string]any{
		"url": "ws://" + c.host + "/gateway", "shards": 1,
		"session_start_limit": map[string]int{"total": identifiesPerDay, "remaining": max(0, identifiesPerDay-d.identifies),
			"reset_after": 86400000, "max_concurrency": 1},
	}, nil
}

// serveGateway is one connection, from its beginning to its end.
func (d *Discord) serveGateway(w http.ResponseWriter, r *http.Request) {
	x, faulty := d.faults.match("gateway", "")
	if faulty {
		switch x.Failure {
		case DropBefore, Late:
			cut()
		case Unavailable, UnavailableAfter:
			unavailable(x).writeTo(w)
			return
		case Limited, Refused:
			refused(x).writeTo(w)
			return
		}
	}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		unavailable(Fault{Status: http.StatusServiceUnavailable}).writeTo(w)
		return
	}
	d.gateways.Add(1)
	d.mu.Unlock()
	defer d.gateways.Done()

	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	line := &dcLine{more: make(chan struct{}, 1)}
	gone := make(chan struct{})
	var lines sync.WaitGroup
	lines.Go(func() { line.write(ws, gone) })
	stop := make(chan struct{})
	lines.Go(func() { // ends the reading when the stand-in is closed
		select {
		case <-d.done:
			ws.Close()
		case <-stop:
		}
	})
	defer lines.Wait()
	defer close(stop)
	defer close(gone)

	g := &dcGateway{d: d, ws: ws, line: line}
	if v := r.URL.Query().Get("v"); v != "9" && v != "10" || strings.Contains(r.URL.Query().Get("encoding"), "etf") {
		g.close(closeBadVersion)
	} else {
		switch {
		case faulty && x.Failure == Hang:
			d.faults.wait(nil, x.Delay)
		case faulty && x.Failure == DropAfter:
			g.dropAfter = true
		}
		line.send(opHello, map[string]any{"heartbeat_interval": d.o.Heartbeat.Milliseconds(), "_trace": []string{}})
	}
	g.read()
}

// dcGateway is the state of one connection.
type dcGateway struct {
	d         *Discord
	ws        *websocket.Conn
	line      *dcLine
	session   *dcSession
	sends     bucket
	closing   bool
	dropAfter bool // the connection breaks when the session has begun
}

func (g *dcGateway) close(code int) {
	g.closing = true
	g.line.close(code)
}

// read takes what the bot sends, until the connection ends.
func (g *dcGateway) read() {
	g.sends.window = Window{sendsPerMinute, time.Minute}
	for {
		// A bot whose heartbeats stay away is gone.
		g.ws.SetReadDeadline(time.Now().Add(2 * g.d.o.Heartbeat))
		_, b, err := g.ws.ReadMessage()
		if err != nil {
			g.leave(err)
			return
		}
		if !g.closing {
			g.take(b)
		}
	}
}

// leave parts the session from its connection. A bot that says goodbye with
// 1000 or 1001 ends its session.
func (g *dcGateway) leave(err error) {
	d := g.d
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		g.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(closeTimedOut, ""), time.Now().Add(time.Second))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := g.session
	if s == nil || s.line != g.line {
		return
	}
	s.line, s.left = nil, d.o.Now()
	if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
		delete(d.sessions, s.id)
	}
}

func (g *dcGateway) take(b []byte) {
	d := g.d
	d.mu.Lock()
	defer d.mu.Unlock()
	var m struct {
		Op   *int            `json:"op"`
		Data json.RawMessage `json:"d"`
	}
	if json.Unmarshal(b, &m) != nil || m.Op == nil {
		g.close(closeBadPayload)
		return
	}
	if !g.sends.take(d.o.Now()) {
		g.close(closeTooFast)
		return
	}
	switch *m.Op {
	case opHeartbeat:
		if !d.silent {
			g.line.send(opHeartbeatACK, nil)
		}
	case opIdentify:
		g.identify(m.Data)
	case opResume:
		g.resume(m.Data)
	case opPresence, opVoice, opMembers:
		if g.session == nil {
			g.close(closeNotIdentified)
		}
	default:
		g.close(closeUnknownOp)
	}
}

func (g *dcGateway) identify(b []byte) {
	var q struct {
		Token   string  `json:"token"`
		Intents *int    `json:"intents"`
		Shard   *[2]int `json:"shard"`
	}
	d := g.d
	now := d.o.Now()
	if json.Unmarshal(b, &q) != nil || q.Intents == nil {
		g.close(closeBadPayload)
		return
	}
	shard := [2]int{0, 1}
	if q.Shard != nil {
		shard = *q.Shard
	}
	switch {
	case g.session != nil:
		g.close(closeIdentifiedYet)
		return
	case !d.knows(q.Token):
		g.close(closeBadToken)
		return
	case *q.Intents&^intentsKnown != 0:
		g.close(closeBadIntents)
		return
	case *q.Intents&intentsPrivileged&^d.o.Privileged != 0:
		g.close(closeNotGranted)
		return
	case shard[1] < 1 || shard[0] < 0 || shard[0] >= shard[1]:
		g.close(closeBadShard)
		return
	case !d.identified.IsZero() && now.Sub(d.identified) < d.o.IdentifyEvery:
		g.line.send(opInvalidSession, false)
		return
	}
	d.identified = now
	d.identifies++
	for id, s := range d.sessions {
		if s.line == nil && now.Sub(s.left) > sessionLife {
			delete(d.sessions, id)
		}
	}
	s := &dcSession{id: "s" + d.newID(), intents: *q.Intents, shard: shard, line: g.line}
	d.sessions[s.id] = s
	g.session = s

	guilds := []any{}
	var mine []*dcGuild
	for _, x := range d.guilds {
		if !x.away && s.has(x.ID) {
			mine = append(mine, x)
			guilds = append(guilds, map[string]any{"id": x.ID, "unavailable": true})
		}
	}
	s.dispatch("READY", raw(map[string]any{
		"v": 10, "user": d.me, "guilds": guilds, "session_id": s.id, "shard": shard,
		"resume_gateway_url": "ws://" + g.ws.LocalAddr().String() + "/gateway",
		"application":        map[string]any{"id": d.me.ID, "flags": 0}, "private_channels": []any{}, "_trace": []string{},
	}))
	if s.intents&intentGuilds != 0 {
		for _, x := range mine {
			s.dispatch("GUILD_CREATE", raw(d.showGuild(x)))
		}
	}
	if g.dropAfter {
		g.close(cutOff)
	}
}

// knows compares a token, which may come with or without the word before it.
func (d *Discord) knows(token string) bool {
	return d.o.Token == "" || strings.TrimPrefix(token, "Bot ") == d.o.Token
}

func (g *dcGateway) resume(b []byte) {
	var q struct {
		Token     string `json:"token"`
		SessionID string `json:"session_id"`
		Seq       int64  `json:"seq"`
	}
	d := g.d
	if json.Unmarshal(b, &q) != nil {
		g.close(closeBadPayload)
		return
	}
	s := d.sessions[q.SessionID]
	switch {
	case g.session != nil:
		g.close(closeIdentifiedYet)
		return
	case !d.knows(q.Token):
		g.close(closeBadToken)
		return
	case s == nil, s.line == nil && d.o.Now().Sub(s.left) > sessionLife, len(s.frames) > 0 && q.Seq < s.frames[0].seq-1:
		g.line.send(opInvalidSession, false)
		return
	case q.Seq > s.seq:
		g.close(closeBadSeq)
		return
	}
	s.hangUp(cutOff) // an older connection of the same session
	s.line, g.session = g.line, s
	for _, f := range s.frames {
		if f.seq > q.Seq || d.replay && f.kind == "INTERACTION_CREATE" {
			g.line.put(lineItem{data: f.data})
		}
	}
	d.replay = false
	s.dispatch("RESUMED", []byte(`{"_trace":[]}`))
	if g.dropAfter {
		g.close(cutOff)
	}
}

// Connected says whether the bot has a session with a connection.
func (d *Discord) Connected() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sessions {
		if s.line != nil {
			return true
		}
	}
	return false
}

// Identifies is how often the bot began a session anew.
func (d *Discord) Identifies() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.identifies
}

// DropConnections cuts the gateway's connections, as a broken network does.
func (d *Discord) DropConnections() { d.CloseConnections(cutOff) }

// CloseConnections closes the gateway's connections with a code.
func (d *Discord) CloseConnections(code int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sessions {
		s.hangUp(code)
	}
}

// AskReconnect sends op 7: the bot shall connect anew and resume.
func (d *Discord) AskReconnect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sessions {
		if s.line != nil {
			s.line.send(opReconnect, nil)
		}
	}
}

// Invalidate ends all sessions, those that could be resumed too, and sends op
// 9 to those that are connected.
func (d *Discord) Invalidate() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, s := range d.sessions {
		if s.line != nil {
			s.line.send(opInvalidSession, false)
		}
		delete(d.sessions, id)
	}
}

// SilenceHeartbeats lets heartbeats go without an answer, or not any more.
func (d *Discord) SilenceHeartbeats(silent bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.silent = silent
}

// ReplayInteractions makes the next resume bring interactions once more that
// the bot has had already, as resumes can.
func (d *Discord) ReplayInteractions() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replay = true
}
