package sandbox

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// wire is a bot that speaks to the gateway by hand.
type wire struct {
	t   *testing.T
	ws  *websocket.Conn
	seq int64
}

type frame struct {
	Op   int             `json:"op"`
	Type string          `json:"t"`
	Seq  *int64          `json:"s"`
	Data json.RawMessage `json:"d"`
}

func (w *town) dial() *wire {
	w.t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+w.server.URL[len("http"):]+"/gateway/?v=10&encoding=json", nil)
	w.ok(err)
	w.t.Cleanup(func() { ws.Close() })
	x := &wire{t: w.t, ws: ws}
	if f := x.read(); f.Op != opHello {
		w.t.Fatalf("first came op %d", f.Op)
	}
	return x
}

func (x *wire) read() frame {
	x.t.Helper()
	f, err := x.try()
	if err != nil {
		x.t.Fatal(err)
	}
	return f
}

func (x *wire) try() (frame, error) {
	var f frame
	x.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	err := x.ws.ReadJSON(&f)
	if err == nil && f.Seq != nil {
		x.seq = *f.Seq
	}
	return f, err
}

func (x *wire) send(op int, data any) {
	x.t.Helper()
	if err := x.ws.WriteJSON(object{"op": op, "d": data}); err != nil {
		x.t.Fatal(err)
	}
}

// want reads on to an event.
func (x *wire) want(kind string) frame {
	x.t.Helper()
	for {
		if f := x.read(); f.Type == kind {
			return f
		}
	}
}

// begin identifies and returns the session's id.
func (x *wire) begin(intents int) string {
	x.t.Helper()
	x.send(opIdentify, object{"token": testToken, "intents": intents, "properties": object{}})
	var ready struct {
		SessionID string `json:"session_id"`
	}
	if err := json.Unmarshal(x.want("READY").Data, &ready); err != nil {
		x.t.Fatal(err)
	}
	return ready.SessionID
}

// closed wants the connection to end with a code.
func (x *wire) closed(code int) {
	x.t.Helper()
	for {
		_, err := x.try()
		if err == nil {
			continue
		}
		var e *websocket.CloseError
		if !errors.As(err, &e) || e.Code != code {
			x.t.Errorf("closed with %v, want %d", err, code)
		}
		return
	}
}

func TestIdentify(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	ready := make(chan *discordgo.Ready, 1)
	guild := make(chan *discordgo.GuildCreate, 1)
	w.bot.AddHandler(func(_ *discordgo.Session, r *discordgo.Ready) { ready <- r })
	w.bot.AddHandler(func(_ *discordgo.Session, g *discordgo.GuildCreate) { guild <- g })
	w.open()
	if r := <-ready; len(r.Guilds) != 1 || !r.Guilds[0].Unavailable || r.User.ID != w.Bot() {
		t.Errorf("READY has %+v", r)
	}
	if g := <-guild; g.ID != w.guild || len(g.Channels) != 3 || g.Unavailable {
		t.Errorf("GUILD_CREATE has %+v", g.Guild)
	}
	if !w.Connected() || w.Identifies() != 1 {
		t.Errorf("connected %v, identified %d times", w.Connected(), w.Identifies())
	}
	for name, x := range map[string]struct {
		op   int
		data any
		code int
	}{
		"bad token":          {opIdentify, object{"token": "wrong", "intents": 1}, 4004},
		"intent not granted": {opIdentify, object{"token": testToken, "intents": intentMessageContent}, 4014},
		"no such intent":     {opIdentify, object{"token": testToken, "intents": 1 << 30}, 4013},
		"bad shard":          {opIdentify, object{"token": testToken, "intents": 1, "shard": []int{2, 2}}, 4010},
		"not identified":     {opPresence, object{}, 4003},
		"no such op":         {77, nil, 4001},
		"bad payload":        {opIdentify, "x", 4002},
	} {
		t.Run(name, func(t *testing.T) {
			c := w.dial()
			c.send(x.op, x.data)
			c.closed(x.code)
		})
	}
	c := w.dial()
	c.begin(1)
	c.send(opIdentify, object{"token": testToken, "intents": 1})
	c.closed(4005)
	c = w.dial()
	for range sendsPerMinute + 1 {
		c.send(opHeartbeat, nil)
	}
	c.closed(4008)
}

func TestIdentifyTooSoon(t *testing.T) {
	w := newTown(t, DiscordOptions{IdentifyEvery: time.Hour})
	w.dial().begin(1)
	c := w.dial()
	c.send(opIdentify, object{"token": testToken, "intents": 1})
	if f := c.read(); f.Op != opInvalidSession || string(f.Data) != "false" {
		t.Errorf("op %d %s, want op 9 false", f.Op, f.Data)
	}
}

func TestResume(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.register(&discordgo.ApplicationCommand{Name: "help", Description: "Help"})
	c := w.dial()
	session := c.begin(intentGuilds)
	w.ok(w.Say(t.Context(), w.reader, w.text, "/help", ""))
	first := c.want("INTERACTION_CREATE")
	w.DropConnections()
	if _, err := c.try(); err == nil || websocket.IsCloseError(err, 1000) {
		t.Errorf("cut off with %v", err)
	}
	w.ok(w.Say(t.Context(), w.reader, w.text, "/help", ""))
	resume := func(seq int64) *wire {
		r := w.dial()
		r.send(opResume, object{"token": testToken, "session_id": session, "seq": seq})
		return r
	}
	r := resume(c.seq)
	second := r.want("INTERACTION_CREATE")
	if string(second.Data) == string(first.Data) {
		t.Error("the resume brought what was had already")
	}
	r.want("RESUMED")

	w.ReplayInteractions()
	r2 := resume(r.seq)
	if f := r2.want("INTERACTION_CREATE"); string(f.Data) != string(first.Data) {
		t.Error("the replay did not bring the first interaction")
	}
	resume(r2.seq + 100).closed(4007)
	w.Invalidate()
	if f := resume(r2.seq).read(); f.Op != opInvalidSession {
		t.Errorf("op %d after the end of the session", f.Op)
	}
}

func TestGoodbyeEndsTheSession(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	c := w.dial()
	session := c.begin(1)
	c.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""))
	c.try()
	// The farewell is answered before the session is taken down.
	waitFor(t, func() bool { return !w.Connected() }, func() string { return "still connected" })
	r := w.dial()
	r.send(opResume, object{"token": testToken, "session_id": session, "seq": 1})
	if f := r.read(); f.Op != opInvalidSession {
		t.Errorf("op %d, want 9: 1000 ends the session", f.Op)
	}
}

func TestHeartbeats(t *testing.T) {
	w := newTown(t, DiscordOptions{Heartbeat: 50 * time.Millisecond})
	c := w.dial()
	c.send(opHeartbeat, nil)
	if f := c.read(); f.Op != opHeartbeatACK {
		t.Errorf("op %d, want 11", f.Op)
	}
	c.closed(4009) // no more of them
	w.SilenceHeartbeats(true)
	c = w.dial()
	c.send(opHeartbeat, nil)
	c.closed(4009)
}

func TestGatewayTellsOfChanges(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	c := w.dial()
	c.begin(intentGuilds | intentGuildMessages)
	w.ok(w.Say(t.Context(), w.reader, w.text, "secret", ""))
	var m dcMessage
	w.ok(json.Unmarshal(c.want("MESSAGE_CREATE").Data, &m))
	if m.Content != "" || m.GuildID != w.guild {
		t.Errorf("without MESSAGE_CONTENT the bot reads %q", m.Content)
	}
	thread := w.must(w.AddThread(w.text, "aside"))
	c.want("THREAD_CREATE")
	w.ok(w.Archive(thread, true))
	c.want("THREAD_UPDATE")
	w.ok(w.DeleteChannel(thread))
	c.want("THREAD_DELETE")
	w.ok(w.DeleteChannel(w.news))
	c.want("CHANNEL_DELETE")
	w.ok(w.Kick(w.guild))
	if f := c.want("GUILD_DELETE"); string(f.Data) != `{"id":"`+w.guild+`"}` {
		t.Errorf("GUILD_DELETE has %s", f.Data)
	}
	w.ok(w.Rejoin(w.guild))
	c.want("GUILD_CREATE")
	w.CloseConnections(4000)
	c.closed(4000)

	quiet := w.dial()
	quiet.begin(intentGuilds)
	w.ok(w.Say(t.Context(), w.reader, w.text, "unheard", ""))
	w.ok(w.Kick(w.guild))
	for {
		f := quiet.read()
		if f.Type == "MESSAGE_CREATE" {
			t.Error("messages came without their intent")
		}
		if f.Type == "GUILD_DELETE" {
			return
		}
	}
}
