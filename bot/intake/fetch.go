package intake

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The bounds of a fetch.
const (
	maxBody      = 10 << 20 // bytes, packed and unpacked
	maxHead      = 64 << 10 // bytes of an answer's header
	maxRedirects = 5
	// maxWait bounds what a server may ask for: what wants longer is a mistake,
	// or would be taken for a source that is forgotten.
	maxWait = 24 * time.Hour
)

// The bounds of a Fetcher where its options give none.
const (
	defaultAtOnce  = 32
	defaultTimeout = 20 * time.Second
)

var (
	// ErrTooLarge is returned for what is larger than 10 MiB, unpacked.
	ErrTooLarge = errors.New("it is larger than 10 MiB")
	// ErrScheme is returned for an address that is neither http nor https.
	ErrScheme = errors.New("want an address that begins with https:// or http://")
	// ErrRedirects is returned after five redirects.
	ErrRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
	// ErrTimeout is returned when an answer is not whole in time, however
	// steadily it drips.
	ErrTimeout = errors.New("no whole answer in time")
)

// FetcherOptions say how the network is asked.
type FetcherOptions struct {
	// Contact is where who runs a site can reach who runs this bot: an address
	// of mail or of a page. It goes into each request.
	Contact string
	AtOnce  int           // most sources looked at at once. Default: 32.
	Timeout time.Duration // for one answer, whole. Default: 20 seconds.
}

// Fetcher fetches what stands at an address on the web, for all sources
// together. It knows nothing of what it fetches.
type Fetcher struct {
	agent   string
	timeout time.Duration
	slots   chan struct{}
	reads   chan struct{} // see Read
	public  *http.Client
	private *http.Client // may go anywhere

	mu     sync.Mutex
	places map[string]chan struct{} // see alone
}

// NewFetcher makes a Fetcher.
func NewFetcher(o FetcherOptions) *Fetcher {
	f := &Fetcher{
		agent:   "briefbot",
		timeout: cmp.Or(o.Timeout, defaultTimeout),
		slots:   make(chan struct{}, cmp.Or(o.AtOnce, defaultAtOnce)),
		reads:   make(chan struct{}, runtime.GOMAXPROCS(0)),
		public:  newClient(onlyPublic),
		private: newClient(nil),
		places:  map[string]chan struct{}{},
	}
	if o.Contact != "" {
		f.agent += " (+" + o.Contact + ")"
	}
	return f
}

// newClient makes a client whose connections must pass the guard. It goes
// through no proxy: a proxy would make the connections in its place.
func newClient(guard func(network, address string, c syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: guard}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			DisableCompression:     true, // unpack bounds it
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: maxHead,
			MaxIdleConns:           defaultAtOnce,
			IdleConnTimeout:        30 * time.Second,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			r.Header.Del("Referer") // it may hold what opens the feed
			if len(via) > maxRedirects {
				return ErrRedirects
			}
			return checkScheme(r.URL)
		},
	}
}

func checkScheme(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ErrScheme
	}
	return nil
}

// Turn waits until a source may be looked at, and gives back what ends its
// turn. An answer is held in memory only during a turn.
func (f *Fetcher) Turn(ctx context.Context) (done func(), err error) {
	select {
	case f.slots <- struct{}{}:
		return func() { <-f.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Read reads what was fetched, when there is a processor for it: reading takes
// many times the memory of what is read, and more at once would not be sooner.
func (f *Fetcher) Read(read func()) {
	f.reads <- struct{}{}
	defer func() { <-f.reads }()
	read()
}

// alone waits until nobody else asks at a place where one at a time may, and
// gives back what lets the next one in.
func (f *Fetcher) alone(ctx context.Context, place string) (done func(), err error) {
	f.mu.Lock()
	if f.places[place] == nil {
		f.places[place] = make(chan struct{}, 1)
	}
	one := f.places[place]
	f.mu.Unlock()
	select {
	case one <- struct{}{}:
		return func() { <-one }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Request is what to fetch.
type Request struct {
	Address string
	Accept  string
	// ETag and LastModified are those of the answer that is at hand.
	ETag, LastModified string
	// Private lets the request go into private networks.
	Private bool
}

// Answer is what was fetched.
type Answer struct {
	Address string // where it was found in the end
	// Moved is where the server says that it is for good; empty if it is where
	// it was asked for.
	Moved       string
	NotModified bool // the answer at hand is good
	Body        []byte
	Type        string // the content type, as the server says
	// ETag and LastModified are for the next request.
	ETag, LastModified string
	Fresh              time.Duration // how long the server says that it stays as it is
}

// FetchError is what kept an address from being fetched. Its text names the
// address without what in it may be secret.
type FetchError struct {
	Address    string        // without user, password and query
	Status     int           // of the answer; 0 if there was none
	RetryAfter time.Duration // what the server asks to wait; 0 if it does not
	Err        error         // nil if the status says it all
	secrets    []string
}

func (e *FetchError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("fetch %s: the server says %d %s", e.Address, e.Status, strings.ToLower(http.StatusText(e.Status)))
	}
	text := e.Err.Error()
	for _, s := range e.secrets {
		text = strings.ReplaceAll(text, s, "…")
	}
	return fmt.Sprintf("fetch %s: %s", e.Address, text)
}

func (e *FetchError) Unwrap() error { return e.Err }

// Fetch fetches what stands at an address. An error is a *FetchError.
func (f *Fetcher) Fetch(ctx context.Context, r Request) (*Answer, error) {
	u, err := url.Parse(r.Address)
	if err != nil {
		return nil, &FetchError{Address: "an address", Err: errors.New("it can't be read")}
	}
	answer, err := f.fetch(ctx, r, u)
	if err != nil {
		fe := &FetchError{}
		if !errors.As(err, &fe) {
			fe.Err = plainCause(err)
		}
		fe.Address, fe.secrets = shownAddress(u), secretsOf(u)
		return nil, fe
	}
	return answer, nil
}

func (f *Fetcher) fetch(ctx context.Context, r Request, u *url.URL) (*Answer, error) {
	if err := checkScheme(u); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, ErrTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", f.agent)
	req.Header.Set("Accept-Encoding", "gzip, deflate")
	for name, value := range map[string]string{"Accept": r.Accept, "If-None-Match": r.ETag, "If-Modified-Since": r.LastModified} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	client := f.public
	if r.Private {
		client = f.private
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, inTime(ctx, err)
	}
	defer resp.Body.Close()
	a := &Answer{
		Address:      resp.Request.URL.String(),
		Moved:        movedTo(resp.Request),
		Type:         resp.Header.Get("Content-Type"),
		ETag:         resp.Header.Get("ETag"),
		LastModified: resp.Header.Get("Last-Modified"),
		Fresh:        freshness(resp.Header),
	}
	switch {
	case resp.StatusCode == http.StatusNotModified && r.ETag+r.LastModified != "":
		a.NotModified = true
		a.ETag, a.LastModified = cmp.Or(a.ETag, r.ETag), cmp.Or(a.LastModified, r.LastModified)
		return a, nil
	case resp.StatusCode != http.StatusOK:
		return nil, &FetchError{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header, time.Now())}
	}
	if a.Body, err = unpack(resp.Body, resp.Header.Get("Content-Encoding")); err != nil {
		return nil, inTime(ctx, err)
	}
	return a, nil
}

// inTime gives the error of a fetch, or that its time is over.
func inTime(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// movedTo gives where the redirects of a request lead, as far as they are for
// good.
func movedTo(last *http.Request) string {
	var hops []*http.Request
	for r := last; r.Response != nil; r = r.Response.Request {
		hops = append(hops, r)
	}
	to := ""
	for _, r := range slices.Backward(hops) {
		status := r.Response.StatusCode
		if status != http.StatusMovedPermanently && status != http.StatusPermanentRedirect {
			break
		}
		to = r.URL.String()
	}
	return to
}

// unpack reads a body, whose size is bounded both packed and unpacked. What is
// packed shows it in its first bytes: servers name a packing that they did not
// use, and leave out one that they did.
func unpack(body io.Reader, encoding string) ([]byte, error) {
	packed := &limited{r: body, left: maxBody}
	r := bufio.NewReader(packed)
	switch encoding = strings.ToLower(strings.TrimSpace(encoding)); encoding {
	case "", "identity", "gzip", "x-gzip", "deflate":
	default:
		return nil, fmt.Errorf("it is packed as %q, which was not asked for", encoding)
	}
	var plain io.Reader = r
	for range 2 { // a file that is packed, packed again for the way
		start, _ := r.Peek(2)
		switch {
		case bytes.Equal(start, []byte{0x1f, 0x8b}):
			z, err := gzip.NewReader(r)
			if err != nil {
				return nil, fmt.Errorf("unpack: %w", err)
			}
			plain = z
		case encoding == "deflate" && len(start) == 2 && start[0]&0x0f == 8 && (int(start[0])<<8|int(start[1]))%31 == 0:
			z, err := zlib.NewReader(r)
			if err != nil {
				return nil, fmt.Errorf("unpack: %w", err)
			}
			plain, encoding = z, ""
		case encoding == "deflate":
			plain, encoding = flate.NewReader(r), ""
		default:
			return readAll(r)
		}
		r = bufio.NewReader(plain)
	}
	return readAll(r)
}

func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(&limited{r: r, left: maxBody})
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return data, nil
}

// limited gives ErrTooLarge where there is more than was left.
type limited struct {
	r    io.Reader
	left int
}

func (b *limited) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// freshness reads how long an answer stays as it is, off its Cache-Control.
func freshness(h http.Header) time.Duration {
	var seconds int
	for word := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		switch key, value, _ := strings.Cut(strings.TrimSpace(word), "="); key {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			seconds, _ = strconv.Atoi(strings.Trim(value, `"`))
		}
	}
	age, _ := strconv.Atoi(h.Get("Age"))
	return wait(seconds - max(age, 0))
}

// retryAfter reads how long a server asks to be left alone: seconds, or until a
// time.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil {
		return wait(seconds)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxWait)
	}
	return 0
}

// wait gives a number of seconds, within bounds.
func wait(seconds int) time.Duration {
	return time.Duration(min(max(seconds, 0), int(maxWait/time.Second))) * time.Second
}

// plainCause takes the address and the sockets out of an error: the first may
// hold a secret, the second change each time.
func plainCause(err error) error {
	if ue := (*url.Error)(nil); errors.As(err, &ue) {
		err = ue.Err
	}
	if oe := (*net.OpError)(nil); errors.As(err, &oe) && !errors.Is(err, ErrPrivate) {
		return fmt.Errorf("%s: %w", oe.Op, oe.Err)
	}
	if errors.Is(err, ErrPrivate) {
		return ErrPrivate
	}
	return err
}

// shownAddress is an address without what in it may be secret.
func shownAddress(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.RawQuery != "" {
		return shown.String() + "?…"
	}
	return shown.String()
}

func secretsOf(u *url.URL) []string {
	var all []string
	add := func(s string) {
		if s != "" {
			all = append(all, s)
		}
	}
	add(u.RawQuery)
	if u.User != nil {
		password, _ := u.User.Password()
		add(u.User.String())
		add(password)
	}
	for _, values := range u.Query() {
		for _, v := range values {
			if len(v) > 3 { // shorter is no secret, and part of much
				add(v)
			}
		}
	}
	return all
}

// shownText is shownAddress for an address that is not parsed.
func shownText(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address"
	}
	return shownAddress(u)
}
