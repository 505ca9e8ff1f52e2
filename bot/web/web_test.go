package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/store"
	"briefbot/store/bolt"
)

const token = "a-secret-of-our-own"

// stories are a store of its own, behind the API.
type stories struct{ *store.Store }

func (s stories) Prepare(st store.Story) store.Story {
	st.Revision, st.Updated, st.Language = 0, time.Time{}, "en"
	return st
}

func (s stories) Take(ctx context.Context, st store.Story) (store.Entry, store.Change, error) {
	return s.PutStory(ctx, st, time.Now())
}

func (s stories) Retract(ctx context.Context, id string) error {
	return s.RemoveStory(ctx, id, true, time.Now())
}

// lines reads a headline and bullets, a line each.
func lines(data []byte) (store.Story, error) {
	headline, rest, ok := strings.Cut(strings.TrimSpace(string(data)), "\n")
	if !ok {
		return store.Story{}, &Mistake{2, "there are no bullets"}
	}
	s := store.Story{Headline: headline}
	for _, b := range strings.Split(rest, "\n") {
		s.Bullets = append(s.Bullets, store.Bullet{Text: b})
	}
	return s, nil
}

func inJSON(data []byte) (s store.Story, err error) {
	if json.Unmarshal(data, &s) != nil {
		err = &Mistake{1, "no JSON"}
	}
	return s, err
}

// world is a server and what it keeps.
type world struct {
	*testing.T
	stories stories
	url     string
	log     *bytes.Buffer
}

func newWorld(t *testing.T, token string) *world {
	t.Helper()
	e, err := bolt.Open(filepath.Join(t.TempDir(), "briefbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := &world{T: t, stories: stories{st.Merging(store.Sameness{Alike: 0.5, Within: time.Hour})}, log: &bytes.Buffer{}}
	s := New(Options{
		Token: token, Source: "api", Stories: w.stories,
		Parsers: map[string]Parser{"text/plain": lines, "application/json": inJSON},
		Log:     slog.New(slog.NewTextHandler(w.log, nil)),
	})
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + l.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if token != "" && strings.Contains(w.log.String(), token) {
			t.Error("the log has the token")
		}
	})
	return w
}

// ask makes a request: "POST /api/stories text/plain", with headers behind it.
func (w *world) ask(request, body string, headers ...string) (int, string, http.Header) {
	w.Helper()
	fields := strings.Fields(request)
	r, err := http.NewRequestWithContext(w.Context(), fields[0], w.url+fields[1], strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if len(fields) > 2 {
		r.Header.Set("Content-Type", strings.Join(fields[2:], " "))
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(b)), res.Header
}

// wants is a request and what comes of it: the beginning of the answer, after
// its status.
type wants struct{ request, body, answer string }

func (w *world) expect(all ...wants) {
	w.Helper()
	for _, x := range all {
		status, body, _ := w.ask(x.request, x.body)
		if got := fmt.Sprintf("%d %s", status, body); got != x.answer {
			w.Errorf("%s %q:\ngot  %s\nwant %s", x.request, x.body, got, x.answer)
		}
	}
}

func TestStories(t *testing.T) {
	const ferry = "Ferry sails\nThe night ferry sails again."
	for name, all := range map[string][]wants{
		"a story's life": {
			{"POST /api/stories?id=ferry text/plain", ferry, `201 {"id":"api:ferry","short":"tspf4","revision":1,"change":"added"}`},
			{"POST /api/stories?id=api:ferry text/plain; charset=UTF-8", ferry, `200 {"id":"api:ferry","short":"tspf4","revision":1,"change":"unchanged"}`},
			{"POST /api/stories?id=ferry text/plain", ferry + "\nMore.", `409 {"error":"there is another story under the id api:ferry: PUT /api/stories/ferry makes this its new revision"}`},
			{"PUT /api/stories/ferry text/plain", ferry + "\nMore.", `200 {"id":"api:ferry","short":"tspf4","revision":2,"change":"revised"}`},
			{"PUT /api/stories/api:ferry text/plain", ferry + "\nMore.", `200 {"id":"api:ferry","short":"tspf4","revision":2,"change":"unchanged"}`},
			{"DELETE /api/stories/ferry", "", `200 {"id":"api:ferry","short":"tspf4","revision":3,"change":"retracted"}`},
			{"DELETE /api/stories/ferry", "", `200 {"id":"api:ferry","short":"tspf4","revision":3,"change":"retracted"}`},
			{"GET /api/stories/ferry", "", `404 {"error":"the story api:ferry was retracted"}`},
			{"POST /api/stories?id=ferry text/plain", ferry, `201 {"id":"api:ferry","short":"tspf4","revision":4,"change":"added"}`},
		},
		"ids": {
			{"POST /api/stories application/json", `{"id":"a/b c","headline":"h","bullets":[{"text":"b"}]}`, `201 {"id":"api:a/b c","short":"3eqs7","revision":1,"change":"added"}`},
			{"PUT /api/stories/a%2Fb%20c application/json", `{"id":"api:a/b c","headline":"h","bullets":[{"text":"b"}],"revision":7}`, `200 {"id":"api:a/b c","short":"3eqs7","revision":1,"change":"unchanged"}`},
			{"PUT /api/stories/new/one application/json", `{"headline":"n","bullets":[{"text":"n"}]}`, `201 {"id":"api:new/one","short":"c290s","revision":1,"change":"added"}`},
			{"POST /api/stories?id=x application/json", `{"id":"y","headline":"h","bullets":[]}`, `400 {"error":"the address has the id \"x\", the story \"y\""}`},
			{"PUT /api/stories/x application/json", `{"id":"y","headline":"h","bullets":[]}`, `400 {"error":"the address has the id \"x\", the story \"y\""}`},
			{"PUT /api/stories/%00 text/plain", ferry, `400 {"error":"the id has characters that can't be shown"}`},
			{"PUT /api/stories/%ff text/plain", ferry, `400 {"error":"the id has characters that can't be shown"}`},
			{"PUT /api/stories/" + strings.Repeat("x", 513) + " text/plain", ferry, `400 {"error":"the id has 513 bytes: at most 512"}`},
			{"PUT /api/stories/ text/plain", ferry, `400 {"error":"want the story's id, as in /api/stories/port-ansel"}`},
			// Without one, a story is known by its text.
			{"POST /api/stories text/plain", ferry, `201 {"id":"api:ecad3102a185fc24","short":"n6z99","revision":1,"change":"added"}`},
			{"POST /api/stories text/plain", ferry, `200 {"id":"api:ecad3102a185fc24","short":"n6z99","revision":1,"change":"unchanged"}`},
		},
		"what is wrong": {
			{"POST /api/stories text/plain", "only a headline", `422 {"error":"there are no bullets","line":2}`},
			{"POST /api/stories text/plain; charset=latin1", ferry, `415 {"error":"want the text in UTF-8"}`},
			{"POST /api/stories application/x-www-form-urlencoded", ferry, `415 {"error":"want the header Content-Type to be one of application/json, text/plain"}`},
			{"POST /api/stories", ferry, `415 {"error":"want the header Content-Type to be one of application/json, text/plain"}`},
			{"POST /api/stories text/plain", strings.Repeat("x", maxBody+1), `413 {"error":"the story is larger than 1024 KiB"}`},
			{"DELETE /api/stories/nothing", "", `404 {"error":"the API has no story api:nothing"}`},
			{"GET /api/stories/nothing", "", `404 {"error":"the API has no story api:nothing"}`},
			{"GET /api/stories", "", `405 {"error":"want POST"}`},
			{"PATCH /api/stories/x", "", `405 {"error":"want GET, PUT, DELETE"}`},
			{"GET /api/", "", `404 {"error":"there is nothing here: want /api/stories"}`},
			{"GET /health", "", `200 {"status":"ok"}`},
		},
	} {
		t.Run(name, func(t *testing.T) { newWorld(t, token).expect(all...) })
	}
}

// A story that another source told is one with it, and stands when the API
// takes its own back; others' stories can't be had by the API.
func TestStoriesOfOthers(t *testing.T) {
	w := newWorld(t, token)
	s, _ := lines([]byte("Ferry sails\nThe night ferry sails again."))
	s.ID = "desk:ferry"
	if _, _, err := w.stories.PutStory(t.Context(), s, time.Now()); err != nil {
		t.Fatal(err)
	}
	w.expect(
		wants{"POST /api/stories?id=f text/plain", "FERRY sails!\nThe night ferry sails again.", `201 {"id":"api:f","story":"desk:ferry","short":"qdcu3","revision":1,"change":"joined"}`},
		wants{"POST /api/stories?id=f text/plain", "FERRY sails!\nThe night ferry sails again.", `200 {"id":"api:f","story":"desk:ferry","short":"qdcu3","revision":1,"change":"unchanged"}`},
		wants{"PUT /api/stories/f text/plain", "FERRY sails!\nThe night ferry sails again.\nAt last.", `200 {"id":"api:f","story":"desk:ferry","short":"qdcu3","revision":2,"change":"revised"}`},
		wants{"DELETE /api/stories/f", "", `200 {"id":"api:f","story":"desk:ferry","short":"qdcu3","revision":3,"change":"told by others"}`},
		wants{"DELETE /api/stories/desk:ferry", "", `404 {"error":"the API has no story api:desk:ferry"}`},
		wants{"GET /api/stories/desk:ferry", "", `404 {"error":"the API has no story api:desk:ferry"}`},
	)
}

// What is given is what was brought, with its revision.
func TestGet(t *testing.T) {
	w := newWorld(t, token)
	_, _, h := w.ask("POST /api/stories?id=a/b text/plain", "Ferry <sails>\nOne.")
	if got := h.Get("Location"); got != "/api/stories/a%2Fb" {
		t.Errorf("location %q", got)
	}
	status, body, h := w.ask("GET "+h.Get("Location"), "")
	if status != 200 || !strings.HasPrefix(body, `{"id":"api:a/b","headline":"Ferry <sails>","language":"en","bullets":[{"text":"One."}],"revision":1,"updated":"`) {
		t.Errorf("%d %s", status, body)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("headers %v", h)
	}
	if status, again, _ := w.ask("PUT /api/stories/a%2Fb application/json", body); status != 200 || !strings.Contains(again, `"change":"unchanged"`) {
		t.Errorf("what was given, brought again: %d %s", status, again)
	}
}

// Of many that bring different stories under one new id at the same time, one
// is the first, and the others are told.
func TestAtTheSameTime(t *testing.T) {
	w := newWorld(t, token)
	var all sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for i := range 20 {
		all.Go(func() {
			status, _, _ := w.ask("POST /api/stories?id=x text/plain", fmt.Sprintf("Headline %d\nBullet.", i))
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	all.Wait()
	if statuses[201] != 1 || statuses[409] != 19 {
		t.Errorf("statuses %v", statuses)
	}
}

func TestTokens(t *testing.T) {
	t.Run("none configured", func(t *testing.T) {
		w := newWorld(t, "")
		for _, header := range []string{"Authorization: Bearer " + token, "Authorization: Bearer ", "Authorization: "} {
			status, body, _ := w.ask("POST /api/stories text/plain", "h\nb", header)
			if status != 403 || !strings.Contains(body, "set web.admin_token") {
				t.Errorf("%s: %d %s", header, status, body)
			}
		}
		w.expect(wants{"GET /health", "", `200 {"status":"ok"}`})
	})
	t.Run("wrong ones", func(t *testing.T) {
		w := newWorld(t, token)
		for i, header := range []string{
			"Authorization: ", "Authorization: Bearer", "Authorization: Bearer wrong", "Authorization: Basic " + token,
			"Authorization: " + token, "Authorization: Bearer " + token + "x", "Authorization: Bearer x" + token,
			"Authorization: bearer wrong", "Authorization: Bearer " + token[1:], "Authorization: Bearer \t",
		} {
			status, body, h := w.ask("POST /api/stories text/plain", "h\nb", header)
			if status != 401 || h.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%d: %s: %d %s", i, header, status, body)
			}
		}
		// By now this address has guessed too often, and the right one does not
		// help it; health is told all the same.
		status, body, h := w.ask("GET /api/stories/x", "")
		if status != 429 || h.Get("Retry-After") == "" || h.Get("Retry-After") == "0" {
			t.Errorf("after many guesses: %d %s, retry after %q", status, body, h.Get("Retry-After"))
		}
		w.expect(wants{"GET /health", "", `200 {"status":"ok"}`})
	})
}

func TestGuard(t *testing.T) {
	g := newGuard(token)
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	client := func(i int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32)
	}
	for i := range guessesAtOnce {
		if ok, wait := g.admit(client(1), "wrong", now); ok || wait > 0 {
			t.Fatalf("guess %d: %v, %v", i, ok, wait)
		}
	}
	if ok, wait := g.admit(client(1), token, now); ok || wait != guessEvery {
		t.Errorf("after the guesses: %v, %v", ok, wait)
	}
	if ok, _ := g.admit(client(2), token, now); !ok {
		t.Error("another client is not let in")
	}
	if ok, _ := g.admit(client(1), token, now.Add(guessEvery)); !ok {
		t.Error("whoever waited is not let in")
	}
	// However many guess, they are bounded, and those who are right get in.
	for i := range 2 * maxGuessers {
		g.admit(client(3+i), "wrong", now)
	}
	if len(g.guesses) > maxGuessers {
		t.Errorf("%d guessers are remembered", len(g.guesses))
	}
	if ok, wait := g.admit(client(60000), "wrong", now); ok || wait == 0 {
		t.Errorf("one of too many: %v, %v", ok, wait)
	}
	if ok, _ := g.admit(client(60000), token, now.Add(time.Hour)); !ok || len(g.guesses) > 1 {
		t.Errorf("after an hour: %v, %d are remembered", ok, len(g.guesses))
	}
}

func TestClientOf(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:80":           "192.0.2.7/32",
		"[::ffff:192.0.2.7]:80":  "192.0.2.7/32",
		"[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":      "fe80::/64",
		"@":                      "invalid Prefix",
	} {
		if got := clientOf(&http.Request{RemoteAddr: remote}).String(); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}

func TestListen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Listen(t.Context(), l.Addr().String())
	if want := "web.listen: " + l.Addr().String() + " is taken by another program: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// Only who listens beyond this machine is warned.
func TestWarning(t *testing.T) {
	for address, warns := range map[string]bool{"127.0.0.1:0": false, ":0": true} {
		var log bytes.Buffer
		s := New(Options{Token: token, Log: slog.New(slog.NewTextHandler(&log, nil))})
		l, err := Listen(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Serve(ctx, l); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(log.String(), "level=WARN"); got != warns {
			t.Errorf("%s: %s", address, &log)
		}
	}
}

func FuzzRequest(f *testing.F) {
	e, err := bolt.Open(filepath.Join(f.TempDir(), "briefbot.db"))
	if err != nil {
		f.Fatal(err)
	}
	st, err := store.Open(f.Context(), e, time.Now())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { st.Close() })
	h := New(Options{
		Token: token, Source: "api", Stories: stories{st}, Log: slog.New(slog.DiscardHandler),
		Parsers: map[string]Parser{"text/plain": lines, "application/json": inJSON},
	}).Handler()
	f.Add("POST", "/api/stories?id=x", "text/plain", "h\nb")
	f.Add("PUT", "/api/stories/a%2F..", "application/json; charset=utf-8", `{"id":"x"}`)
	f.Add("DELETE", "/api/stories/\x7f", "", "")
	f.Fuzz(func(t *testing.T, method, target, kind, body string) {
		r, err := http.NewRequest(method, "http://bot.example", strings.NewReader(body))
		if err != nil {
			return
		}
		if u, err := r.URL.Parse(target); err == nil {
			r.URL = u
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %s %s %q: %d %s", method, target, kind, body, w.Code, w.Body)
		}
		if strings.HasPrefix(r.URL.Path, "/api/") && w.Code >= 400 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: %d %s", method, target, w.Code, w.Body)
		}
	})
}
