package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const adminToken = "test-admin-token"

// seen is a handler that passes on where the web is listened at.
type seen struct {
	slog.Handler
	address chan string
}

func (s seen) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "address" {
			s.address <- a.Value.String()
		}
		return true
	})
	return nil
}

func (s seen) Enabled(context.Context, slog.Level) bool { return true }
func (s seen) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s seen) WithGroup(string) slog.Handler            { return s }

// startAPI runs the bot until the world's stop, and gives the address of its
// API.
func (w *world) startAPI(more string) string {
	w.Helper()
	b, address, err := w.newAPI("127.0.0.1:0", more)
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("the bot ended with: %v", err)
		}
		w.stop = func() {}
	}
	return "http://" + <-address
}

func (w *world) newAPI(listen, more string) (*Bot, <-chan string, error) {
	log := seen{slog.DiscardHandler, make(chan string, 1)}
	b, err := New(w.Context(), Options{Log: slog.New(log), Config: w.configure(fmt.Sprintf(`
sources: [{name: desk, dir: stories}]
web: {listen: "%s", admin_token: %s}
%s`, listen, adminToken, more))})
	return b, log.address, err
}

// call makes a request of the API.
func (w *world) call(method, url, kind, body string) (int, map[string]any) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, url, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	r.Header.Set("Content-Type", kind)
	return w.do(r)
}

func (w *world) do(r *http.Request) (int, map[string]any) {
	w.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(data, &answer); err != nil {
		w.Fatalf("%s: %v", data, err)
	}
	return res.StatusCode, answer
}

// A story of the API is posted on both platforms, once, and lives on across a
// restart: revised, told by a file too, and retracted.
func TestAPI(t *testing.T) {
	w := newWorld(t)
	const topics = "topics: [{name: islands, words: [port ansel]}]\n"
	url := w.startAPI(topics)
	if status, a := w.call("POST", url+"/api/stories?id=ferry", "text/plain", ferry); status != 201 || a["id"] != "api:ferry" || a["change"] != "added" {
		t.Fatalf("%d %v", status, a)
	}
	w.wrote("create", "transport, islands")
	w.stop()
	url = w.startAPI(topics)
	if status, a := w.call("POST", url+"/api/stories?id=ferry", "text/plain", ferry); status != 200 || a["change"] != "unchanged" {
		t.Errorf("the same after a restart: %d %v", status, a)
	}
	if status, a := w.call("PUT", url+"/api/stories/ferry", "text/plain", strings.Replace(ferry, "2017", "2016", 1)); status != 200 || a["revision"] != 2.0 {
		t.Errorf("revised: %d %v", status, a)
	}
	w.wrote("edit", "in 2016.[2]")
	markdown := "# Lamp is lit\n\n- The lamp of Cape Orrin burns again.[1]\n\n## Sources\n\n1. Orrin Gazette https://orringazette.example/lamp\n"
	if status, a := w.call("POST", url+"/api/stories?id=lamp", "text/markdown", markdown); status != 201 || a["id"] != "api:lamp" {
		t.Errorf("Markdown: %d %v", status, a)
	}
	if status, a := w.call("POST", url+"/api/stories?id=two", "application/json", `[{"headline":"A","bullets":[{"text":"a"}]},{"headline":"B","bullets":[{"text":"b"}]}]`); status != 422 || !strings.Contains(fmt.Sprint(a["error"]), "2 stories") {
		t.Errorf("two stories at once: %d %v", status, a)
	}
	if status, a := w.call("POST", url+"/api/stories", "text/plain", "Headline\n\nUpdated Nov 02, 2026\n"); status != 422 || a["line"] == nil || !strings.Contains(fmt.Sprint(a["error"]), "bullet") {
		t.Errorf("no story: %d %v", status, a)
	}
	if status, a := w.call("POST", url+"/api/stories", "application/json", "{\"headline\": \"h\",\n \"bullet\": []}"); status != 422 || a["line"] != 2.0 {
		t.Errorf("no story: %d %v", status, a)
	}
	if status, a := w.call("DELETE", url+"/api/stories/ferry", "", ""); status != 200 || a["change"] != "retracted" {
		t.Errorf("retracted: %d %v", status, a)
	}
	w.wrote("edit", "etracted")
	w.stop()
	for chat, transcript := range w.both() {
		if all := posts(transcript(), chat); len(all) != 1 {
			t.Errorf("%d posts in chat %s", len(all), chat)
		}
	}
}

// A port that is taken ends the start, with a word on what to do.
func TestPortIsTaken(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, _, err := w.newAPI(l.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "web.listen: "+l.Addr().String()+" is taken") {
		t.Errorf("the bot ended with: %v", err)
	}
}

// The README's examples do what they say.
func TestReadmeCurl(t *testing.T) {
	data, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(data), "### By the API\n")
	_, block, _ := strings.Cut(section, "```sh\n")
	block, _, ok := strings.Cut(block, "```")
	if !ok {
		t.Fatal("the README has no examples of the API")
	}
	w := newWorld(t)
	url := w.startAPI("")
	defer w.stop()
	for name, text := range map[string]string{"ferry.txt": ferry, "better.txt": ferry + "[3] Harbour Board\n"} {
		if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(strings.ReplaceAll(block, "\\\n", " ")), "\n") {
		status, a := w.do(w.curl(line, url))
		got = append(got, fmt.Sprintf("%v %v %v%v", status, a["id"], a["change"], a["status"]))
	}
	want := []string{
		"201 api:ferry added<nil>", "201 api:lamp added<nil>", "200 api:ferry revised<nil>",
		"200 api:ferry <nil><nil>", "200 api:lamp retracted<nil>", "200 <nil> <nil>ok",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// word is a word of a command line, or a text in quotes.
var word = regexp.MustCompile(`"([^"]*)"|'([^']*)'|\S+`)

// curl is the request that a command line of curl makes.
func (w *world) curl(line, url string) *http.Request {
	w.Helper()
	var words []string
	for _, m := range word.FindAllStringSubmatch(line, -1) {
		words = append(words, m[1]+m[2])
		if m[1]+m[2] == "" {
			words[len(words)-1] = m[0]
		}
	}
	if words[0] != "curl" {
		w.Fatalf("no curl: %s", line)
	}
	method, address, body := "", "", ""
	headers := http.Header{}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-X":
			i++
			method = words[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			headers.Set(name, strings.ReplaceAll(value, "$BRIEFBOT_ADMIN_TOKEN", adminToken))
		case "--data", "--data-binary":
			i++
			body = words[i]
			if name, isFile := strings.CutPrefix(body, "@"); isFile {
				data, err := os.ReadFile(filepath.Join(w.folder, name))
				if err != nil {
					w.Fatal(err)
				}
				body = string(data)
			}
			if method == "" {
				method = http.MethodPost
			}
		default:
			address = strings.Replace(words[i], "http://127.0.0.1:8080", url, 1)
		}
	}
	r, err := http.NewRequestWithContext(w.Context(), method, address, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header = headers
	return r
}
