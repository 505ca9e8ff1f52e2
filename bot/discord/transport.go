package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"
)

// requestTimeout is how long a request may take.
const requestTimeout = 20 * time.Second

// transport sends the library's requests to the configured address, and keeps
// answers from the library that it would misread.
type transport struct {
	base *url.URL
	next http.RoundTripper
}

// apiError is an answer that says no, with all that a decision needs.
type apiError struct {
	Status  int
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Errors  json.RawMessage `json:"errors"`
	After   time.Duration
	Global  bool
	// Page says that the answer came from something in front of the API.
	Page bool
}

func (e *apiError) Error() string {
	s := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	if e.Page {
		return s + ", and no answer of the API"
	}
	if e.Message != "" {
		s += fmt.Sprintf(": %s (code %d)", e.Message, e.Code)
	}
	if len(e.Errors) > 0 {
		s += " " + string(e.Errors)
	}
	return s
}

// unsentError is a failure to reach the server at all: nothing was sent.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// maxAnswer bounds what is read of an answer that says no.
const maxAnswer = 1 << 20

// RoundTrip makes the request. Every answer that is no success becomes an
// error here, so that the library neither retries nor misreads it.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = t.base.Scheme, t.base.Host
	req.URL.Path = strings.TrimSuffix(t.base.Path, "/") + req.URL.Path
	req.Host = ""
	res, err := t.next.RoundTrip(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			err = &unsentError{err}
		}
		return nil, err
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	return nil, readError(res, body)
}

func readError(res *http.Response, body []byte) *apiError {
	e := &apiError{Status: res.StatusCode}
	var limit struct {
		After  float64 `json:"retry_after"`
		Global bool    `json:"global"`
	}
	if json.Unmarshal(body, e) != nil || json.Unmarshal(body, &limit) != nil {
		e = &apiError{Status: res.StatusCode, Page: true}
	}
	if res.StatusCode != http.StatusTooManyRequests {
		return e
	}
	header, _ := strconv.ParseFloat(res.Header.Get("Retry-After"), 64)
	// Of a shared limit, header and body tell different times: the longer one
	// holds. The library's are cut to milliseconds, hence a little more.
	e.After = time.Duration(max(limit.After, header)*float64(time.Second)) + 100*time.Millisecond
	// A 429 that is no JSON is Cloudflare's, and concerns the whole address.
	e.Global = limit.Global || e.Page || res.Header.Get("X-RateLimit-Scope") == "global"
	if e.Page {
		e.After = max(e.After, time.Minute)
	}
	return e
}

// request makes a request of the API through the library. bucket names the
// limit that it counts against.
func (d *Discord) request(ctx context.Context, method, address, bucket string, body, result any) error {
	s := d.rest
	b, err := s.RequestWithBucketID(method, address, body, bucket,
		discordgo.WithContext(ctx), discordgo.WithRestRetries(0), discordgo.WithRetryOnRatelimit(false))
	if err != nil {
		return d.clean(err)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(b, result); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// clean takes addresses and tokens out of an error: an interaction's address
// holds its token.
func (d *Discord) clean(err error) error {
	var api *apiError
	var unsent *unsentError
	var address *url.Error
	switch {
	case errors.As(err, &api):
		return api
	case errors.As(err, &unsent):
		return unsent
	case errors.As(err, &address):
		err = address.Err
	}
	if d.token != "" && strings.Contains(err.Error(), d.token) {
		return errors.New(strings.ReplaceAll(err.Error(), d.token, "<token>"))
	}
	return err
}
