package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	jsonv2 "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

const (
	// requestTimeout is how long a request may take.
	requestTimeout = 20 * time.Second
	// maxAnswer bounds what is read of an answer that says no, maxResult of one
	// with a result.
	maxAnswer = 1 << 20
	maxResult = 32 << 20
	// maxReason bounds what is kept of Discord's own words.
	maxReason = 2000
	// rateMargin is added to a wait: the platform's are cut to milliseconds.
	rateMargin = 100 * time.Millisecond
	// banWait is the least wait after Cloudflare shut the address out.
	banWait = time.Minute
)

// transport sends the library's requests to the configured address, holds back
// those that Discord would refuse, and turns every answer that is no success
// into an error, which the library can neither retry nor misread. It reads the
// results itself: the library would only copy them, for us to read.
type transport struct {
	base  *url.URL
	token string
	rates rates
	clock serverClock
	next  http.RoundTripper
}

// apiError is an answer that says no, with all that a decision needs.
type apiError struct {
	Status  int
	Code    int
	Message string
	Errors  string        // what is wrong with which field, as Discord has it
	After   time.Duration // how long to wait, of a 429
	Global  bool          // the wait is for the whole bot
	Shared  bool          // it is no fault of the bot's
	Page    bool          // it came from something in front of the API
}

func (e *apiError) Error() string {
	s := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	switch {
	case e.Page:
		return s + ", from something in front of Discord's API"
	case e.Code != 0:
		s += fmt.Sprintf(": %s (code %d)", e.Message, e.Code)
	case e.Message != "":
		s += ": " + e.Message
	}
	if e.Errors != "" {
		s += " " + e.Errors
	}
	return s
}

// unsentError is a failure to reach the server at all: nothing was sent.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// RoundTrip makes the request.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	bucket := bucketOf(req.Method, req.URL.Path)
	if held := t.rates.held(bucket, time.Now()); held != nil {
		return nil, held
	}
	// Until there is a connection, nothing can have been sent.
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	path := req.URL.Path
	to := *req.URL
	to.Scheme, to.Host, to.Path = t.base.Scheme, t.base.Host, strings.TrimSuffix(t.base.Path, "/")+path
	req = req.WithContext(ctx)
	req.URL, req.Host = &to, ""
	res, err := t.next.RoundTrip(req)
	if err != nil {
		if !connected.Load() {
			err = &unsentError{err}
		}
		return nil, err
	}
	t.clock.set(res.Header.Get("Date"))
	switch res.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent: // the API's successes
		t.rates.note(bucket, res.Header, time.Now())
		if err := readResult(req.Context(), res); err != nil {
			return nil, err
		}
		return res, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	e := readError(res, body, t.secrets(path))
	if res.StatusCode != http.StatusTooManyRequests { // that one says it itself
		t.rates.note(bucket, res.Header, time.Now())
	}
	t.rates.refused(bucket, e, time.Now())
	return nil, e
}

// resultKey is the key of a context's value: where a request's result goes.
type resultKey struct{}

// readResult reads an answer's result to where its request wants it.
func readResult(ctx context.Context, res *http.Response) error {
	result := ctx.Value(resultKey{})
	if result == nil {
		return nil
	}
	defer res.Body.Close()
	if err := jsonv2.UnmarshalRead(io.LimitReader(res.Body, maxResult), result, asEver); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	res.Body = http.NoBody
	return nil
}

// secrets hides what must not be told: the bot's token, and an interaction's,
// which stands in its address.
func (t *transport) secrets(path string) *strings.Replacer {
	hide := []string{t.token, "<token>"}
	for _, before := range []string{"/interactions/", "/webhooks/"} {
		if _, rest, ok := strings.Cut(path, before); ok {
			if parts := strings.Split(rest, "/"); len(parts) > 1 && parts[1] != "" {
				hide = append(hide, parts[1], "<token>")
			}
		}
	}
	return strings.NewReplacer(hide...)
}

// readError reads an answer that says no.
func readError(res *http.Response, body []byte, secrets *strings.Replacer) *apiError {
	var said struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Errors  json.RawMessage `json:"errors"`
		After   float64         `json:"retry_after"`
		Global  bool            `json:"global"`
	}
	e := &apiError{Status: res.StatusCode, Page: json.Unmarshal(body, &said) != nil}
	if !e.Page {
		e.Code = said.Code
		e.Message = short(secrets.Replace(said.Message), maxReason)
		e.Errors = short(secrets.Replace(string(said.Errors)), maxReason)
	}
	if res.StatusCode != http.StatusTooManyRequests {
		return e
	}
	header, _ := strconv.ParseFloat(res.Header.Get("Retry-After"), 64)
	// Of a shared limit, header and body tell different times: the longer one
	// holds.
	e.After = seconds(max(said.After, header)) + rateMargin
	// A 429 that is no JSON is Cloudflare's, and concerns the whole address.
	e.Shared = res.Header.Get("X-RateLimit-Scope") == "shared"
	e.Global = said.Global || e.Page || res.Header.Get("X-RateLimit-Scope") == "global"
	if e.Page {
		e.After = max(e.After, banWait)
	}
	return e
}

// seconds reads a number of seconds from outside: at most a day.
func seconds(s float64) time.Duration {
	return time.Duration(min(max(s, 0), 24*60*60) * float64(time.Second))
}

// own makes a request that is none of the outbox's: the bot's limit counts it with
// the posts.
func (d *Discord) own(ctx context.Context, method, address string, body, result any) error {
	return d.inTurn(ctx, func() error { return d.request(ctx, method, address, body, result) })
}

// request makes a request of the API through the library, with the body as it
// is.
func (d *Discord) request(ctx context.Context, method, address string, body, result any) error {
	var b []byte
	switch body := body.(type) {
	case nil:
	case json.RawMessage:
		b = body
	default:
		var err error
		if b, err = json.Marshal(body); err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
	}
	// The client's own limit of time would take two goroutines for each request.
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, resultKey{}, result), requestTimeout)
	defer cancel()
	// The library's own buckets sleep without a context, let one request pass
	// at a time, and are never freed: each request gets a new one, and rates
	// holds back what comes too soon.
	bucket := d.rest.Ratelimiter.LockBucketObject(&discordgo.Bucket{Remaining: 1})
	_, err := d.rest.RequestWithLockedBucket(method, address, "application/json", b, bucket, 0,
		discordgo.WithContext(ctx), discordgo.WithRestRetries(0), discordgo.WithRetryOnRatelimit(false))
	if err != nil {
		return d.clean(err)
	}
	return nil
}

// asEver has JSON read as encoding/json does, but in one go: that looks through
// everything two or three times, and takes several times as long for it.
var asEver = jsonv2.JoinOptions(jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false))

// clean takes addresses and tokens out of an error: an interaction's address
// holds its token.
func (d *Discord) clean(err error) error {
	var api *apiError
	if errors.As(err, &api) {
		return api
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	if strings.Contains(err.Error(), d.token) {
		return errors.New(strings.ReplaceAll(err.Error(), d.token, "<token>"))
	}
	return err
}
