package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// call is one request of the bot, read in full.
type call struct {
	path  func(string) string
	query url.Values
	body  []byte
	host  string
}

// decode reads the body into v. Of a key that is there twice the last one counts.
func (c *call) decode(v any) *dcError {
	err := jsonv2.Unmarshal(c.body, v, jsontext.AllowDuplicateNames(true))
	switch {
	case err == nil:
		return nil
	case !json.Valid(c.body):
		return errNotJSON
	}
	return badForm("_", "BASE_TYPE_INVALID", err.Error())
}

// act does what a request asks for, under the lock, and gives status and body
// of the answer; a nil body is none.
type act func(d *Discord, c *call) (status int, body any, err *dcError)

// endpoint is one of the API's methods.
type endpoint struct {
	pattern string // as http.ServeMux has it
	does    string // as Fault.Method has it
	open    bool   // works without the bot's token
	act     act
}

var endpoints = []endpoint{
	{"GET /gateway", "read", true, (*Discord).getGateway},
	{"GET /gateway/bot", "read", false, (*Discord).getGatewayBot},
	{"GET /users/@me", "read", false, (*Discord).getMe},
	{"GET /users/@me/guilds", "read", false, (*Discord).getGuilds},
	{"POST /users/@me/channels", "other", false, (*Discord).openDM},
	{"GET /applications/@me", "read", false, (*Discord).getApplication},
	{"GET /oauth2/applications/@me", "read", false, (*Discord).getApplication},

	{"GET /guilds/{guild}", "read", false, (*Discord).getGuild},
	{"GET /guilds/{guild}/channels", "read", false, (*Discord).getGuildChannels},
	{"GET /guilds/{guild}/members/{user}", "read", false, (*Discord).getMember},
	{"GET /guilds/{guild}/threads/active", "read", false, (*Discord).getActiveThreads},
	{"GET /channels/{channel}", "read", false, (*Discord).getChannel},
	{"PATCH /channels/{channel}", "other", false, (*Discord).patchThread},
	{"GET /channels/{channel}/threads/archived/public", "read", false, (*Discord).getArchivedThreads},
	{"POST /channels/{channel}/threads", "create", false, (*Discord).createThread},

	{"GET /channels/{channel}/messages", "read", false, (*Discord).getMessages},
	{"POST /channels/{channel}/messages", "create", false, (*Discord).createMessage},
	{"GET /channels/{channel}/messages/{message}", "read", false, (*Discord).getMessage},
	{"PATCH /channels/{channel}/messages/{message}", "edit", false, (*Discord).editMessage},
	{"DELETE /channels/{channel}/messages/{message}", "delete", false, (*Discord).deleteMessage},
	{"POST /channels/{channel}/messages/{message}/crosspost", "publish", false, (*Discord).publishMessage},
	{"POST /channels/{channel}/messages/{message}/threads", "thread", false, (*Discord).createThreadOn},

	{"GET /applications/{app}/commands", "read", false, (*Discord).getCommands},
	{"PUT /applications/{app}/commands", "register", false, (*Discord).putCommands},
	{"POST /applications/{app}/commands", "register", false, (*Discord).postCommand},
	{"GET /applications/{app}/commands/{command}", "read", false, (*Discord).getCommand},
	{"PATCH /applications/{app}/commands/{command}", "register", false, (*Discord).patchCommand},
	{"DELETE /applications/{app}/commands/{command}", "register", false, (*Discord).deleteCommand},
	{"GET /applications/{app}/guilds/{guild}/commands", "read", false, (*Discord).getCommands},
	{"PUT /applications/{app}/guilds/{guild}/commands", "register", false, (*Discord).putCommands},
	{"POST /applications/{app}/guilds/{guild}/commands", "register", false, (*Discord).postCommand},
	{"GET /applications/{app}/guilds/{guild}/commands/{command}", "read", false, (*Discord).getCommand},
	{"PATCH /applications/{app}/guilds/{guild}/commands/{command}", "register", false, (*Discord).patchCommand},
	{"DELETE /applications/{app}/guilds/{guild}/commands/{command}", "register", false, (*Discord).deleteCommand},

	{"POST /interactions/{interaction}/{token}/callback", "answer", true, (*Discord).answer},
	{"POST /webhooks/{app}/{token}", "answer", true, (*Discord).followUp},
	{"GET /webhooks/{app}/{token}/messages/{message}", "read", true, (*Discord).getAnswer},
	{"PATCH /webhooks/{app}/{token}/messages/{message}", "answer", true, (*Discord).editAnswer},
	{"DELETE /webhooks/{app}/{token}/messages/{message}", "answer", true, (*Discord).deleteAnswer},
}

// routes serves the endpoints below /api/v9 and /api/v10.
func (d *Discord) routes() http.Handler {
	mux := http.NewServeMux()
	for _, e := range endpoints {
		bucket := bucketName(e.pattern)
		mux.HandleFunc(e.pattern, func(w http.ResponseWriter, r *http.Request) { d.serve(w, r, e, bucket) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { errDCNotFound.reply().writeTo(w) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, v := range []string{"/api/v9", "/api/v10"} {
			if strings.HasPrefix(r.URL.Path, v+"/") {
				http.StripPrefix(v, mux).ServeHTTP(w, r)
				return
			}
		}
		(&dcError{status: 400, code: 50041, message: "Invalid API version provided"}).reply().writeTo(w)
	})
}

// maxBody is what Discord takes without an upload.
const maxBody = 8 << 20

// serve takes a request in: latency, token, description of the API, rates; and
// carries it out in the way that the faults have it.
func (d *Discord) serve(w http.ResponseWriter, r *http.Request, e endpoint, bucket string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		(&dcError{status: 413, code: 40005, message: "Request entity too large"}).reply().writeTo(w)
		return
	}
	if d.o.Latency > 0 {
		d.faults.wait(nil, d.o.Latency)
	}
	c := &call{path: r.PathValue, query: r.URL.Query(), body: body, host: hostOf(r)}

	var header http.Header
	answer := func(p reply) reply {
		if p.header == nil {
			p.header = http.Header{}
		}
		for k, v := range header {
			if p.header[k] == nil {
				p.header[k] = v
			}
		}
		d.account(e.does, p)
		return p
	}
	if !e.open && d.o.Token != "" && r.Header.Get("Authorization") != "Bot "+d.o.Token {
		answer(errDCUnauthorized.reply()).writeTo(w)
		return
	}
	header, refusal := d.rates.admit(bucket, c.path("channel")+c.path("guild"), e.does, c.path("token") != "", d.o.Now())
	if refusal != nil {
		answer(*refusal).writeTo(w)
		return
	}
	if refusal := d.checkSpec(r, body); refusal != nil {
		answer(refusal.reply()).writeTo(w)
		return
	}
	carryOut := func() reply {
		d.mu.Lock()
		defer d.mu.Unlock()
		status, v, err := e.act(d, c)
		if err != nil {
			return answer(err.reply())
		}
		return answer(jsonReply(status, v))
	}
	form := func(x Fault) reply { return answer(refused(x)) }
	d.faults.serve(w, r, e.does, d.chatOf(c), carryOut, form)
}

// hostOf is where a request came in. Its own word for that may be the real
// Discord's, as of a client that was only turned to another address.
func hostOf(r *http.Request) string {
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return a.String()
	}
	return r.Host
}

// refused is a fault's answer in Discord's form.
func refused(x Fault) reply {
	if x.Failure == Limited {
		scope := "user"
		switch {
		case x.Global:
			scope = "global"
		case x.Code == 20028:
			scope = "shared"
		}
		return limited(x.Delay.Seconds(), scope, x.Code).reply()
	}
	e := &dcError{status: x.Status, code: x.Code, message: x.Text}
	if e.status == 0 {
		e.status = http.StatusBadRequest
	}
	return e.reply()
}

// account counts a request and its answer.
func (d *Discord) account(does string, p reply) {
	d.rates.wrong(p, d.o.Now())
	d.counts.Lock()
	defer d.counts.Unlock()
	d.requests[does]++
	if p.status == http.StatusTooManyRequests {
		d.limited[does]++
	}
}

// checkSpec holds a request against the official description, if there is one.
func (d *Discord) checkSpec(r *http.Request, body []byte) *dcError {
	if d.o.Spec == nil {
		return nil
	}
	err := d.o.Spec.CheckDiscord(r.Method, r.URL.RequestURI(), body)
	if err == nil {
		return nil
	}
	d.counts.Lock()
	defer d.counts.Unlock()
	d.violations = append(d.violations, err.Error())
	return badForm("_", "SPEC", err.Error())
}

// chatOf is the channel that a request is about.
func (d *Discord) chatOf(c *call) string {
	if id := c.path("channel"); id != "" {
		return id
	}
	token := c.path("token")
	if token == "" {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.interactions[token]; i != nil {
		return i.channel.ID
	}
	return ""
}

func (d *Discord) getMe(*call) (int, any, *dcError) {
	return 200, map[string]any{
		"id": d.me.ID, "username": d.me.Username, "discriminator": "0", "global_name": nil, "avatar": nil,
		"bot": true, "mfa_enabled": false, "locale": "en-US", "verified": true, "email": nil, "flags": 0, "public_flags": 0,
	}, nil
}

func (d *Discord) getApplication(*call) (int, any, *dcError) {
	return 200, map[string]any{
		"id": d.me.ID, "name": d.me.Username, "icon": nil, "description": "", "bot_public": true,
		"bot_require_code_grant": false, "verify_key": strings.Repeat("0", 64), "flags": 0, "bot": d.me,
		"integration_types_config": map[string]any{"0": map[string]any{}, "1": map[string]any{}},
	}, nil
}

func (d *Discord) getGuilds(*call) (int, any, *dcError) {
	list := []any{}
	for _, g := range d.guilds {
		if !g.away {
			list = append(list, map[string]any{"id": g.ID, "name": g.Name, "icon": nil, "owner": false,
				"permissions": fmt.Sprint(permsOfBot), "features": []string{}})
		}
	}
	return 200, list, nil
}

// home finds a guild that the bot is in.
func (d *Discord) home(id string) (*dcGuild, *dcError) {
	g := d.guild(id)
	if g == nil || g.away {
		return nil, errUnknownGuild
	}
	return g, nil
}

func (d *Discord) getGuild(c *call) (int, any, *dcError) {
	g, err := d.home(c.path("guild"))
	if err != nil {
		return 0, nil, err
	}
	return 200, d.showGuild(g), nil
}

func (d *Discord) getGuildChannels(c *call) (int, any, *dcError) {
	g, err := d.home(c.path("guild"))
	if err != nil {
		return 0, nil, err
	}
	list := []*dcChannel{}
	for _, ch := range g.channels {
		if !ch.isThread() {
			list = append(list, ch)
		}
	}
	return 200, list, nil
}

func (d *Discord) getMember(c *call) (int, any, *dcError) {
	g, err := d.home(c.path("guild"))
	if err != nil {
		return 0, nil, err
	}
	u := d.users[c.path("user")]
	if u == nil {
		return 0, nil, errUnknownMember
	}
	if slices.Contains(g.strangers, u) {
		return 0, nil, errUnknownMember
	}
	roles := u.roles()
	if u == d.me {
		roles = append(roles, g.role)
	}
	return 200, map[string]any{
		"user": u, "roles": roles, "nick": nil, "avatar": nil, "banner": nil, "joined_at": dcTime(g.joined), "flags": 0,
		"pending": false, "mute": false, "deaf": false, "premium_since": nil, "communication_disabled_until": nil,
	}, nil
}

func (d *Discord) getChannel(c *call) (int, any, *dcError) {
	ch, err := d.reach(c.path("channel"))
	if err != nil {
		return 0, nil, err
	}
	return 200, ch, nil
}

func (d *Discord) openDM(c *call) (int, any, *dcError) {
	var q struct {
		RecipientID string `json:"recipient_id"`
	}
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	u := d.users[q.RecipientID]
	if u == nil || u == d.me {
		return 0, nil, errUnknownUser
	}
	return 200, d.dm(u), nil
}

// dm is the channel of a user's direct messages with the bot, made if missing.
func (d *Discord) dm(u *dcUser) *dcChannel {
	if u.dm == "" {
		ch := &dcChannel{ID: d.newID(), Type: dcDM, Recipients: []*dcUser{u}}
		u.dm = ch.ID
		d.addChannel(ch, "CHANNEL_CREATE")
	}
	return d.channels[u.dm]
}
