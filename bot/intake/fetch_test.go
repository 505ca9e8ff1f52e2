package intake

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestIsPublic(t *testing.T) {
	for _, tt := range []struct {
		public bool
		ips    string
	}{
		{true, "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.1.1 198.20.0.1 223.255.255.255"},
		{true, "2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808"},
		{false, "0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.255.1.2 169.254.169.254 172.16.0.1 172.31.255.255"},
		{false, "192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.1.1 198.51.100.1 203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255"},
		{false, ":: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd12::1 ff02::1"},
		{false, "64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::1 3fff::1 4000::1"},
	} {
		for ip := range strings.FieldsSeq(tt.ips) {
			if got := isPublic(netip.MustParseAddr(ip)); got != tt.public {
				t.Errorf("%s: public is %v", ip, got)
			}
		}
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address at all is public")
	}
}

// localFetcher may ask 127.0.0.1, as if that were public, and nothing else
// that is not.
func localFetcher(timeout time.Duration) *Fetcher {
	f := NewFetcher(FetcherOptions{Contact: "desk@ferry.example", Timeout: timeout})
	f.public = newClient(func(network, address string, c syscall.RawConn) error {
		if strings.HasPrefix(address, "127.0.0.1:") {
			return nil
		}
		return onlyPublic(network, address, c)
	})
	return f
}

// serve is a server until the test's end.
func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s
}

func TestFetchRefusesPrivate(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		fmt.Fprint(w, "inside")
	})
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, address := range []string{
		s.URL,
		"http://localhost:" + port, // what a name stands for is looked at, not the name
		"http://[::ffff:127.0.0.1]:" + port,
		"http://0.0.0.0:" + port,
		"http://[::1]:" + port,
		"http://10.0.0.1", "http://169.254.169.254/latest/", "http://2130706433:" + port, "http://0x7f.1:" + port,
	} {
		_, err := NewFetcher(FetcherOptions{}).Fetch(t.Context(), Request{Address: address})
		var dns *net.DNSError
		if !errors.Is(err, ErrPrivate) && !errors.As(err, &dns) {
			t.Errorf("%s: %v", address, err)
		}
	}
	// A redirect goes no farther than what it comes from.
	for _, to := range []string{"http://127.0.0.2:" + port, "http://localhost.:" + port + "/", "http://192.168.0.1/"} {
		address := s.URL + "/?to=" + url.QueryEscape(to)
		_, err := localFetcher(0).Fetch(t.Context(), Request{Address: address})
		if strings.Contains(to, "localhost") { // which is the address that this test lets pass
			continue
		}
		if !errors.Is(err, ErrPrivate) {
			t.Errorf("redirect to %s: %v", to, err)
		}
	}
	for _, to := range []string{"file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/"} {
		for _, address := range []string{to, s.URL + "/?to=" + url.QueryEscape(to)} {
			if _, err := localFetcher(0).Fetch(t.Context(), Request{Address: address, Private: true}); !errors.Is(err, ErrScheme) {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
	a, err := NewFetcher(FetcherOptions{}).Fetch(t.Context(), Request{Address: s.URL, Private: true})
	if err != nil || string(a.Body) != "inside" {
		t.Errorf("with leave: %v", err)
	}
}

func TestFetchRedirects(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/old":
			http.Redirect(w, r, "/newer", http.StatusMovedPermanently)
		case "/newer":
			http.Redirect(w, r, "/newest", http.StatusPermanentRedirect)
		case "/newest":
			http.Redirect(w, r, "/today", http.StatusFound)
		case "/today":
			if r.Referer() != "" {
				t.Errorf("the address before a redirect is told: %s", r.Referer())
			}
			fmt.Fprint(w, "there")
		case "/moved-later":
			http.Redirect(w, r, "/old", http.StatusTemporaryRedirect)
		default:
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}
	})
	for path, want := range map[string]string{"/old": "/newest", "/newest": "", "/today": "", "/moved-later": ""} {
		a, err := localFetcher(0).Fetch(t.Context(), Request{Address: s.URL + path})
		if err != nil {
			t.Fatal(err)
		}
		if moved := strings.TrimPrefix(a.Moved, s.URL); moved != want || a.Address != s.URL+"/today" || string(a.Body) != "there" {
			t.Errorf("%s: moved to %q, found at %s: %s", path, moved, a.Address, a.Body)
		}
	}
	if _, err := localFetcher(0).Fetch(t.Context(), Request{Address: s.URL + "/endless"}); !errors.Is(err, ErrRedirects) {
		t.Errorf("endless: %v", err)
	}
}

func TestFetchConditional(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if agent := r.UserAgent(); agent != "briefbot (+desk@ferry.example)" {
			t.Errorf("user agent %s", agent)
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Nov 2026 08:00:00 GMT")
		w.Header().Set("Cache-Control", "public, max-age=600")
		w.Header().Set("Age", "60")
		if r.Header.Get("If-None-Match") == `"1"` && r.Header.Get("If-Modified-Since") == "Mon, 02 Nov 2026 08:00:00 GMT" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, "text")
	})
	f := localFetcher(0)
	a, err := f.Fetch(t.Context(), Request{Address: s.URL})
	if err != nil || a.NotModified || string(a.Body) != "text" || a.Fresh != 9*time.Minute {
		t.Fatalf("%+v, %v", a, err)
	}
	b, err := f.Fetch(t.Context(), Request{Address: s.URL, ETag: a.ETag, LastModified: a.LastModified})
	if err != nil || !b.NotModified || b.Body != nil || b.ETag != a.ETag {
		t.Fatalf("%+v, %v", b, err)
	}
}

func TestFetchPacked(t *testing.T) {
	const text = "a text that is packed"
	pack := func(w func(io.Writer) io.WriteCloser, data string) string {
		var b bytes.Buffer
		z := w(&b)
		_, _ = io.WriteString(z, data)
		_ = z.Close()
		return b.String()
	}
	gz := func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
	zl := func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
	fl := func(w io.Writer) io.WriteCloser { z, _ := flate.NewWriter(w, 9); return z }
	for _, tt := range []struct{ name, encoding, body string }{
		{"plain", "", text},
		{"gzip", "gzip", pack(gz, text)},
		{"gzip in capitals", "GZIP", pack(gz, text)},
		{"gzip that says nothing", "", pack(gz, text)},
		{"gzip twice", "gzip", pack(gz, pack(gz, text))},
		{"plain that says gzip", "gzip", text},
		{"deflate", "deflate", pack(zl, text)},
		{"deflate without a head", "deflate", pack(fl, text)},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if tt.encoding != "" {
				w.Header().Set("Content-Encoding", tt.encoding)
			}
			_, _ = io.WriteString(w, tt.body)
		})
		a, err := localFetcher(0).Fetch(t.Context(), Request{Address: s.URL})
		if err != nil || string(a.Body) != text {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestFetchStatus(t *testing.T) {
	for _, tt := range []struct {
		status int
		after  string
		want   time.Duration
	}{
		{404, "", 0}, {429, "120", 2 * time.Minute}, {503, "999999999", maxWait}, {503, "-5", 0}, {429, "soon", 0}, {304, "", 0}, {204, "", 0},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", tt.after)
			w.WriteHeader(tt.status)
		})
		_, err := localFetcher(0).Fetch(t.Context(), Request{Address: s.URL})
		var fe *FetchError
		if !errors.As(err, &fe) || fe.Status != tt.status || fe.RetryAfter != tt.want {
			t.Errorf("%d, %s: %+v", tt.status, tt.after, err)
		}
	}
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	if got := retryAfter(http.Header{"Retry-After": {"Mon, 02 Nov 2026 09:30:00 GMT"}}, now); got != 90*time.Minute {
		t.Errorf("until a time: %v", got)
	}
}

// What opens a feed stands in no error.
func TestFetchKeepsSecrets(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ada" || password != "pa55word" {
			t.Error("the user is not told to the server")
		}
		if r.URL.Path == "/away" {
			w.Header().Set("Location", "http://%zz/?t0ken")
			w.WriteHeader(http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusForbidden)
	})
	host := strings.TrimPrefix(s.URL, "http://")
	for _, address := range []string{
		"http://ada:pa55word@" + host + "/feed?token=t0ken",
		"http://ada:pa55word@" + host + "/away?token=t0ken",
		"http://ada:pa55word@127.0.0.1:1/feed?token=t0ken",
		"http://ada:pa55word@nowhere.invalid/feed?token=t0ken",
		"http://ada:pa55word@" + host + "/%zz?token=t0ken",
		"ftp://ada:pa55word@" + host + "/?token=t0ken",
	} {
		_, err := localFetcher(0).Fetch(t.Context(), Request{Address: address})
		if err == nil {
			t.Fatalf("no error for %s", address)
		}
		for _, secret := range []string{"pa55word", "t0ken", "ada"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s in %q", secret, err)
			}
		}
	}
}

// hostileAnswer is made to cost much, and ends in an error.
type hostileAnswer struct {
	answer http.HandlerFunc
	want   string
}

func hostile() map[string]hostileAnswer {
	bomb := bombOf(100)
	return map[string]hostileAnswer{
		"a gzip bomb of 100 MiB": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, "it is larger than 10 MiB"},
		"a bomb in a bomb": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(bomb)
			_ = z.Close()
		}, "it is larger than 10 MiB"},
		"an endless answer": {func(w http.ResponseWriter, r *http.Request) {
			for line := bytes.Repeat([]byte(" "), 64<<10); r.Context().Err() == nil; {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, "it is larger than 10 MiB"},
		"endless members of gzip that hold nothing": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			var empty bytes.Buffer
			_ = gzip.NewWriter(&empty).Close()
			for many := bytes.Repeat(empty.Bytes(), 1000); r.Context().Err() == nil; {
				if _, err := w.Write(many); err != nil {
					return
				}
			}
		}, "it is larger than 10 MiB"},
		"an endless redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}, "more than 5 redirects"},
		"a redirect to a private address": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}, "the address is not public"},
		"a slow drip": {func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-tick.C:
				case <-r.Context().Done():
					return
				}
			}
		}, "no whole answer in time"},
		"silence": {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no whole answer in time"},
		"a header that doesn't end": {func(w http.ResponseWriter, r *http.Request) {
			for i := range 10_000 {
				w.Header().Set(fmt.Sprintf("X-Header-%d", i), strings.Repeat("x", 1000))
			}
		}, "server response headers exceeded"},
		"billion laughs": {saying(`<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><title>&b;</title></channel></rss>`),
			"it defines entities of its own"},
		"an entity from elsewhere": {saying(`<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]><rss><channel><title>&a;</title></channel></rss>`),
			"it defines entities of its own"},
		"broken XML":           {saying(`<rss><channel><item><title>A</title><description>a < b & c</description></item><<</channel></rss>`), "it is no XML: line 1"},
		"elements in elements": {saying("<rss>" + strings.Repeat("<a>", 1_000_000)), "more than 256 deep"},
		"millions of elements": {saying("<rss><channel>" + strings.Repeat("<a/>", 2_000_000)), "more than 200000 elements"},
		"a tag of attributes":  {saying("<rss " + strings.Repeat(`a="" `, 1_000_000) + ">"), "more than 500 attributes"},
		"namespaces in namespaces": {saying("<rss>" + strings.Repeat("<a"+strings.Repeat(` xmlns:n="x"`, 100)+">", 100)),
			"more than 500 attributes or namespaces"},
		"millions of objects":  {saying(`{"version": "https://jsonfeed.org/version/1.1", "items": [` + strings.Repeat("{},", 3_000_000) + "{}]}"), "more than 200000 objects"},
		"brackets in brackets": {saying(`{"items": ` + strings.Repeat("[", 5_000_000)), "it is no JSON"},
		"a picture":            {saying("\x89PNG\r\n\x1a\n"), "it is no feed"},
		"a page":               {saying("<!DOCTYPE html><html><head><title>Not here</title></head></html>"), "it is no feed"},
		"nothing":              {saying(""), "it is empty"},
		"zeros":                {saying(strings.Repeat("\x00", 1_000_000)), "it is no feed"},
	}
}

func saying(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, s) }
}

// bombOf is many MiB of blanks, packed.
func bombOf(mib int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range mib {
		_, _ = z.Write(blanks)
	}
	_ = z.Close()
	return b.Bytes()
}

// What is made to cost much ends in one error, and costs little.
func TestHostileFeeds(t *testing.T) {
	for name, h := range hostile() {
		t.Run(name, func(t *testing.T) {
			s := serve(t, h.answer)
			f := localFetcher(0)
			if slices.Contains([]string{"a slow drip", "silence"}, name) {
				f.timeout = 100 * time.Millisecond
			}
			feed := NewFeed(FeedOptions{PollOptions: PollOptions{Name: "wire", Fetcher: f}, Address: s.URL})
			log := &ledger{}
			r := feed.rounds(log)
			for range 2 {
				r.look(t.Context())
			}
			if len(log.problems) != 1 || !strings.Contains(log.problems[0], h.want) || len(log.problems[0]) > 300 || len(log.stories) != 0 {
				t.Errorf("%d stories and problems %q, want one with %q", len(log.stories), log.problems, h.want)
			}
		})
	}
}
