package discord

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
)

// Nothing runs on after Run.
func TestNothingIsLeft(t *testing.T) {
	count := func() int {
		runtime.GC()
		return runtime.NumGoroutine()
	}
	before := count()
	t.Run("a life", func(t *testing.T) {
		w := newWorld(t, sandbox.DiscordOptions{})
		w.start()
		w.say("/latest")
		w.expect(1, "Both sides of it.")
		w.api.DropConnections()
		w.until("the connection", func() bool { return strings.Contains(w.log.String(), "connected again") })
	})
	end := time.After(patience)
	for count() > before {
		select {
		case <-end:
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", count(), before, buf[:runtime.Stack(buf, true)])
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// However a connection ends, readers are answered again, and the session goes
// on where that is possible.
func TestReconnect(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		end    func(*sandbox.Discord)
		logins int // in all
	}{
		{"cut", (*sandbox.Discord).DropConnections, 1},
		{"asked to", (*sandbox.Discord).AskReconnect, 1},
		{"closed with 4000", func(d *sandbox.Discord) { d.CloseConnections(4000) }, 1},
		{"closed with 1001", func(d *sandbox.Discord) { d.CloseConnections(1001) }, 2},
		{"closed with 4007", func(d *sandbox.Discord) { d.CloseConnections(4007) }, 2},
		{"closed with 4009", func(d *sandbox.Discord) { d.CloseConnections(4009) }, 2},
		{"session over", (*sandbox.Discord).Invalidate, 2},
		{"session over while away", func(d *sandbox.Discord) { d.DropConnections(); d.Invalidate() }, 2},
		{"heartbeats unanswered", func(d *sandbox.Discord) { d.SilenceHeartbeats(true) }, 1},
		{"unreachable for a while", func(d *sandbox.Discord) {
			d.Fault(sandbox.Fault{Failure: sandbox.Unavailable, Method: "gateway", Times: 1})
			d.Fault(sandbox.Fault{Failure: sandbox.DropBefore, Method: "gateway", Times: 1})
			d.DropConnections()
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.DiscordOptions{Heartbeat: time.Second})
			w.d.identifyGap = 50 * time.Millisecond
			w.start()
			tt.end(w.api)
			lost := func() bool { return strings.Contains(w.log.String(), "not connected") }
			w.until("the loss", lost)
			w.api.SilenceHeartbeats(false)
			back := "connected again"
			if tt.logins > 1 {
				back = "msg=connected platform"
			}
			w.until("the return", func() bool { return strings.Count(w.log.String(), back) == tt.logins })
			w.say("/latest")
			w.expect(1, "Both sides of it.")
			if n := w.api.Identifies(); n != tt.logins {
				t.Errorf("%d logins, want %d", n, tt.logins)
			}
		})
	}
}

// What readers ask while the connection is down is answered after it is back,
// and what a resumed connection brings twice is answered once.
func TestResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.start()
	w.say("/latest")
	w.expect(1, "Both sides of it.")
	w.api.ReplayInteractions()
	w.api.DropConnections()
	w.until("the loss", func() bool { return !w.api.Connected() })
	w.say("/latest")
	w.expect(2, "Both sides of it.")
	if n := len(w.desk.questions()); n != 2 {
		t.Errorf("%d questions", n)
	}
}

// A restart that comes too soon waits for its login, and does not ask for it
// over and over.
func TestQuickRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{IdentifyEvery: 2 * time.Second})
	w.d.identifyGap = 2 * time.Second
	w.start()
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	w.d = w.adapter(w.server.URL)
	w.d.identifyGap = 2 * time.Second
	w.launch()
	w.until("the second login", func() bool { return w.api.Identifies() == 2 })
	if n := strings.Count(w.log.String(), "ended the session"); n > 1 {
		t.Errorf("refused %d times", n)
	}
}

// What needs the operator ends Run with a sentence that says what to do.
func TestOperator(t *testing.T) {
	t.Parallel()
	t.Run("bad token", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, sandbox.DiscordOptions{Token: "another"})
		w.launch()
		w.until("the refusal", func() bool { n, _ := w.api.Requests("read"); return n > 0 })
		err := w.wait()
		if !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), "discord.token") || strings.Contains(err.Error(), token) {
			t.Errorf("%v", err)
		}
		if n, _ := w.api.Requests(""); n != 1 {
			t.Errorf("%d requests with a token that is bad", n)
		}
	})
	for code, want := range map[int]string{4004: "discord.token", 4010: "more servers", 4011: "more servers", 4012: "newer program", 4013: "page Bot", 4014: "page Bot"} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.DiscordOptions{})
			w.start()
			w.api.CloseConnections(code)
			if err := w.wait(); err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrToken) != (code == 4004) {
				t.Errorf("%v", err)
			}
		})
	}
}

// wait waits for the end of Run, which nobody asked for.
func (w *world) wait() error {
	w.Helper()
	select {
	case err := <-w.done:
		w.stop = func() error { return nil }
		return err
	case <-time.After(patience):
		w.Fatal("it does not end")
		return nil
	}
}

// The end comes soon, whatever hangs.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		method string // that hangs
		reach  func(w *world) bool
	}{
		{"while it asks for the gateway", "read", func(w *world) bool { return true }},
		{"while it connects", "gateway", func(w *world) bool { n, _ := w.api.Requests("read"); return n > 0 }},
		{"while it registers", "register", func(w *world) bool { return w.api.Connected() }},
		{"while it answers", "answer", func(w *world) bool { return len(w.api.Commands(w.news)) > 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.DiscordOptions{})
			w.api.Fault(sandbox.Fault{Failure: sandbox.Hang, Method: tt.method, Delay: time.Hour})
			w.launch()
			w.until("the hang", func() bool { return tt.reach(w) })
			if tt.method == "answer" {
				w.say("/latest")
				w.until("the question", func() bool { return len(w.desk.questions()) == 1 })
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // what an operator waits after SIGTERM
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- w.stop() }()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-ctx.Done():
				t.Error("it does not end")
			}
		})
	}
}

// Requests and gateway over TLS, as the real ones are.
func TestTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	var server *httptest.Server
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/gateway/bot") {
			fmt.Fprintf(rw, `{"url":"wss://%s/gateway"}`, server.Listener.Addr())
			return
		}
		w.api.ServeHTTP(rw, r)
	}))
	server.EnableHTTP2 = true // which no websocket takes
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	w.d = w.adapter(server.URL)
	w.d.wire.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	w.start()
	w.say("/latest")
	w.expect(1, "Both sides of it.")
	w.api.AskReconnect()
	w.until("the return", func() bool { return strings.Contains(w.log.String(), "connected again") })
	w.say("/latest")
	w.expect(2, "Both sides of it.")
	if err := w.stop(); err != nil {
		t.Error(err)
	}
}

// When Discord has no login left for today, none is made: the next would cost
// the token.
func TestNoLoginLeft(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		io.WriteString(rw, `{"url":"ws://127.0.0.1:1","session_start_limit":{"total":1000,"remaining":0,"reset_after":3600000}}`)
	}))
	defer server.Close()
	d := w.adapter(server.URL)
	c, err := d.connection(t.Context(), &crew{ctx: t.Context()})
	if c != nil || err == nil {
		t.Fatalf("%v, %v", c, err)
	}
	if wait := d.pause(0, false, err); wait < time.Hour {
		t.Errorf("the next try is in %s", wait)
	}
}

// A gateway whose frames come in any form and size is read as it is; the words
// that the library must not hear are kept from it, with their reason.
func TestTap(t *testing.T) {
	frame := func(code byte, payload string) []byte {
		head := []byte{0x80 | code}
		switch n := len(payload); {
		case n < 126:
			head = append(head, byte(n))
		case n < 1<<16:
			head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
		default:
			head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
		}
		return append(head, payload...)
	}
	hello := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
	big := strings.Repeat("x", 70000) + `{"op":9}`
	plain := bytes.Join([][]byte{
		[]byte(hello), frame(1, `{"op":10,"d":{"heartbeat_interval":41250}}`), frame(1, `{"op":11}`), frame(1, big),
		frame(1, strings.Repeat("y", 300)), frame(9, ""), frame(1, ""),
	}, nil)
	for _, tt := range []struct {
		name   string
		sent   []byte
		heard  []byte
		reason error
	}{
		{"all is handed on", plain, plain, nil},
		{"reconnect", append(bytes.Clone(plain), frame(1, `{"op":7,"d":null}`)...), plain, errReconnect},
		{"session over", append(bytes.Clone(plain), frame(1, `{"op":9,"d":false}`)...), plain, errSession},
		{"session to be resumed", append(bytes.Clone(plain), frame(1, `{"op":9,"d":true}`)...), plain, errReconnect},
		{"closed", append(bytes.Clone(plain), frame(websocket.CloseMessage, string(websocket.FormatCloseMessage(4004, "bad")))...), plain, &websocket.CloseError{Code: 4004}},
		{"no websocket", []byte("HTTP/1.1 502 Bad Gateway\r\n\r\n\x81\x08{\"op\":7}"), []byte("HTTP/1.1 502 Bad Gateway\r\n\r\n\x81\x08{\"op\":7}"), nil},
	} {
		for _, piece := range []int{5, 4096} {
			client, server := net.Pipe()
			go func() {
				for b := tt.sent; len(b) > 0; b = b[min(piece, len(b)):] {
					if _, err := server.Write(b[:min(piece, len(b))]); err != nil {
						return
					}
				}
				server.Close()
			}()
			tap := newTap(client)
			heard, err := io.ReadAll(tap)
			if !bytes.Equal(heard, tt.heard) {
				t.Errorf("%s: heard %d bytes, want %d", tt.name, len(heard), len(tt.heard))
			}
			if !isReason(err, tt.reason) || !isReason(tap.ended(), tt.reason) {
				t.Errorf("%s: ended with %v, %v", tt.name, err, tap.ended())
			}
			client.Close()
		}
	}
}

// isReason reports whether err is the reason; of a close frame, whether the code is.
func isReason(err, reason error) bool {
	var closed *websocket.CloseError
	if errors.As(reason, &closed) {
		return websocket.IsCloseError(err, closed.Code)
	}
	return errors.Is(err, reason)
}

// wire is a connection on which bytes come, and nothing else.
type wire struct {
	net.Conn
	io.Reader
}

func (w wire) Read(p []byte) (int, error) { return w.Reader.Read(p) }
func (w wire) Close() error               { return nil }

// Whatever comes, the library hears the beginning of it, as it came.
func FuzzTap(f *testing.F) {
	const hello = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	f.Add([]byte(hello + "\x81\x08{\"op\":7}"))
	f.Add([]byte(hello + "\x81\x7e\x00\x03abc\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xffabc"))
	f.Add([]byte(hello + "\x88\x02\x0f\xa4"))
	f.Add([]byte("HTTP/1.1 502 Bad Gateway\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		heard, _ := io.ReadAll(newTap(wire{Reader: bytes.NewReader(b)}))
		if !bytes.HasPrefix(b, heard) {
			t.Errorf("heard %q of %q", heard, b)
		}
	})
}

// BenchmarkAnswer is a command from a reader's line to the answer on the screen.
func BenchmarkAnswer(b *testing.B) {
	w := newWorld(b, sandbox.DiscordOptions{})
	w.desk.answer = func(context.Context, brief.Question) brief.Message { return english.Post(ferry(), false) }
	w.start()
	events := w.api.Watch(b.Context())
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		w.say("/latest")
		for e := range events {
			if e.Kind == "ephemeral" {
				break
			}
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/median")
}
