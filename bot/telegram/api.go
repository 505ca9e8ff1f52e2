package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// requestTimeout is how long a request may take, beside a long poll's own wait.
const requestTimeout = 30 * time.Second

// api makes requests through the library, with a context, a time-out, and no
// token in any error.
type api struct {
	token    string
	endpoint string // with verbs for token and method, as the library wants it
	client   *http.Client
}

// maxIdle is how many connections are kept for the next requests: over HTTP/1,
// where each request takes a whole one, a broadcast has hundreds under way, and
// what is not kept is made anew each time.
const maxIdle = 512

func newAPI(token, base string, dial func(ctx context.Context, network, address string) (net.Conn, error)) *api {
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.MaxIdleConns, wire.MaxIdleConnsPerHost = maxIdle, maxIdle
	if dial != nil {
		wire.DialContext = dial
	}
	return &api{
		token:    token,
		endpoint: strings.TrimSuffix(base, "/") + "/bot%s/%s",
		client:   &http.Client{Transport: wire},
	}
}

// params are a request's parameters. The API reads those that are text or JSON
// alike: the JSON of a text is the text, all else is taken as the JSON that it is.
type params map[string]any

// encode writes parameters as a JSON object. Those that are neither text nor JSON are
// JSON from then on.
func (p params) encode() (json.RawMessage, error) {
	size := 0
	for name, v := range p {
		size += len(name) + 8
		switch v := v.(type) {
		case string:
			size += len(v) + len(v)/8 // some characters are escaped
		case json.RawMessage:
			size += len(v)
		default:
			raw, err := json.Marshal(v)
			if err != nil {
				return nil, fmt.Errorf("encode %s: %w", name, err)
			}
			size += len(raw)
			p[name] = json.RawMessage(raw)
		}
	}
	b := append(make([]byte, 0, size), '{')
	for i, name := range slices.Sorted(maps.Keys(p)) {
		if i > 0 {
			b = append(b, ',')
		}
		b, _ = jsontext.AppendQuote(b, name)
		b = append(b, ':')
		switch v := p[name].(type) {
		case string:
			b, _ = jsontext.AppendQuote(b, v) // what is no UTF-8 in it is replaced
		case json.RawMessage:
			b = append(b, v...)
		}
	}
	return append(b, '}'), nil
}

// call makes a request and reads its result into result, if that is not nil.
func (a *api) call(ctx context.Context, method string, p params, result any) error {
	return a.callFor(ctx, requestTimeout, method, p, result)
}

func (a *api) callFor(ctx context.Context, limit time.Duration, method string, p params, result any) error {
	body, err := p.encode()
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return a.send(ctx, limit, method, body, result)
}

// send is callFor with parameters that are a JSON object already.
func (a *api) send(ctx context.Context, limit time.Duration, method string, body json.RawMessage, result any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t := &transport{ctx: ctx, client: a.client, body: body, result: result}
	bot := tgbotapi.BotAPI{Token: a.token, Client: t}
	bot.SetAPIEndpoint(a.endpoint)
	if _, err := bot.MakeRequest(method, nil); err != nil {
		return fmt.Errorf("%s: %w", method, a.clean(err, t))
	}
	return nil
}

// statusError is an answer that did not come from Telegram's API but from
// something in front of it, such as a page that says 502.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return fmt.Sprintf("%d %s, and no answer of the API", e.status, http.StatusText(e.status))
}

// unsentError is a failure to reach the server at all: nothing was sent.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// clean takes the token out of an error: the library's errors hold the address,
// and the address holds the token.
func (a *api) clean(err error, t *transport) error {
	if t.status != nil {
		return t.status
	}
	var api *tgbotapi.Error
	if errors.As(err, &api) {
		return api
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		err = &unsentError{err}
	}
	if strings.Contains(err.Error(), a.token) {
		return errors.New(strings.ReplaceAll(err.Error(), a.token, "<token>"))
	}
	return err
}

// transport gives the library's requests a context and their parameters, keeps
// answers from it that are none of the API's, and reads the result of those that
// are.
type transport struct {
	ctx    context.Context
	client *http.Client
	body   json.RawMessage
	result any // where the result goes; nil: nowhere
	status *statusError
}

// maxAnswer bounds an answer: a hundred updates are far smaller.
const maxAnswer = 32 << 20

// asEver has JSON read as encoding/json does, but in one go: that looks through
// everything two or three times, and takes several times as long for it.
var asEver = jsonv2.JoinOptions(jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false))

// Do makes the request. Its parameters go as JSON: as the form that the library
// makes of them each character but letters and digits is three bytes. The library
// gets the answer without its result: it would only copy that, for us to read.
func (t *transport) Do(req *http.Request) (*http.Response, error) {
	req = req.WithContext(t.ctx)
	req.Header.Set("Content-Type", "application/json")
	req.ContentLength = int64(len(t.body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(t.body)), nil }
	req.Body, _ = req.GetBody()
	res, err := t.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 500 || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
		t.status = &statusError{res.StatusCode}
		return nil, t.status
	}
	answer := struct {
		tgbotapi.APIResponse
		Result any `json:"result"` // in place of the library's
	}{Result: t.result}
	if t.result == nil {
		answer.Result = &json.RawMessage{}
	}
	if err := jsonv2.UnmarshalRead(io.LimitReader(res.Body, maxAnswer), &answer, asEver); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	rest, err := json.Marshal(answer.APIResponse)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	res.Body = io.NopCloser(bytes.NewReader(rest))
	return res, nil
}
