package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is what a terminal shows of a program that runs.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var pageAddress = regexp.MustCompile(`both chats are at (http://\S+)`)

// The demo shows both chats with a story in each, also if its port is taken, and
// ends when it is told to.
func TestDemo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	running, stop := context.WithCancel(ctx)
	var stdout, stderr screen
	code := make(chan int, 1)
	go func() {
		code <- run(running, []string{"demo", "--listen", taken.Addr().String()}, strings.NewReader(""), &stdout, &stderr)
	}()
	address := ""
	for address == "" {
		select {
		case c := <-code:
			t.Fatalf("the demo ended with %d: %s", c, &stderr)
		case <-ctx.Done():
			t.Fatalf("no page: %s %s", &stdout, &stderr)
		case <-time.After(5 * time.Millisecond):
		}
		if m := pageAddress.FindStringSubmatch(stdout.String()); m != nil {
			address = m[1]
		}
	}
	if want := taken.Addr().String() + " is taken; using "; !strings.Contains(stderr.String(), want) {
		t.Errorf("nothing is said of the port that is taken: %s", &stderr)
	}
	awaitPosts(t, ctx, address)
	stop()
	select {
	case c := <-code:
		if c != exitOK {
			t.Errorf("the demo ended with %d: %s", c, &stderr)
		}
	case <-ctx.Done():
		t.Error("the demo does not end")
	}
}

// awaitPosts reads what the page is told until both platforms show a story with
// its buttons.
func awaitPosts(t *testing.T, ctx context.Context, address string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for seen := map[string]bool{}; !seen["discord"] || !seen["telegram"]; {
		line, err := lines.ReadString('\n')
		if err != nil && err != io.EOF || line == "" {
			t.Fatalf("the page tells nothing more, seen %v: %v", seen, err)
		}
		for _, platform := range []string{"discord", "telegram"} {
			if strings.Contains(line, `"platform":"`+platform+`"`) && strings.Contains(line, `"kind":"message"`) && strings.Contains(line, "Critical") {
				seen[platform] = true
			}
		}
	}
}
