package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Desk answers readers' questions.
type Desk interface {
	Answer(ctx context.Context, q brief.Question) brief.Answer
	// Suggest gives values for an option of a command while one types words for
	// it, the likeliest first.
	Suggest(ctx context.Context, q brief.Question, option, words string, limit int) []brief.Suggestion
	Commands() []brief.Command
	// Voice is the voice in which a question is answered.
	Voice(ctx context.Context, q brief.Question) brief.Voice
}

// Standing is what is known of where the bot may not post.
type Standing interface {
	Paused(ctx context.Context, p store.Platform) ([]store.Pause, error)
	ResumeChat(ctx context.Context, c store.Chat, trial bool) (was bool, err error)
}

// Options are what the adapter needs.
type Options struct {
	Token  string
	APIURL string // "https://discord.com", a proxy, or a stand-in
	// Dial connects to Discord; nil: over the network.
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	Desk      Desk
	Languages *brief.Languages
	Standing  Standing
	// Own has a request made that the adapter makes for itself, when the bot's
	// limit allows; nil: at once.
	Own func(ctx context.Context, request func() error) error
	Log *slog.Logger
}

// Discord is the adapter.
type Discord struct {
	token     string
	rest      *discordgo.Session // for requests only: it never connects
	http      *http.Client
	api       *transport      // under http
	wire      *http.Transport // under api; the gateway shares its TLS settings
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	desk      Desk
	languages *brief.Languages
	stand     Standing
	inTurn    func(ctx context.Context, request func() error) error
	log       *slog.Logger
	seen      seen // interactions that came already
	threads   threads
	last      brief.Last[page] // how a message was spread

	identifyGap time.Duration // how far apart two logins have to be
	identified  time.Time     // the last login; only Run knows it
	registering atomic.Bool

	mu  sync.Mutex
	app string // guarded by mu: the bot's application; empty until Discord told
	bot string // guarded by mu: the bot's user
}

// ErrToken is returned by Run when Discord does not know the token.
var ErrToken = errors.New("the token is unknown to Discord: take the one of the page Bot at discord.com/developers/applications, and put it into discord.token")

// identifyGap is Discord's: a second login sooner is refused.
const identifyGap = 5 * time.Second

// New makes the adapter. It makes no connection.
func New(o Options) (*Discord, error) {
	base, err := url.Parse(o.APIURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("discord.api_url %q is no web address", o.APIURL)
	}
	token := strings.TrimPrefix(strings.TrimSpace(o.Token), "Bot ")
	if token == "" {
		return nil, errors.New("discord.token is empty")
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Own == nil {
		o.Own = func(_ context.Context, request func() error) error { return request() }
	}
	d := &Discord{
		token: token, dial: o.Dial, desk: o.Desk, languages: o.Languages, stand: o.Standing, inTurn: o.Own, log: o.Log.With("platform", "discord"), identifyGap: identifyGap,
	}
	d.wire = &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         o.Dial,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: maxIdle,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	d.api = &transport{base: base, token: token, next: d.wire}
	d.http = &http.Client{Transport: d.api}
	d.rest, err = d.session(d.http)
	return d, err
}

// maxIdle is how many connections are kept for the next requests: over HTTP/1,
// where each request takes a whole one, a broadcast has hundreds under way, and
// what is not kept is made anew each time.
const maxIdle = 512

// session makes one of the library's sessions, with everything switched off
// that it would do by itself.
func (d *Discord) session(client *http.Client) (*discordgo.Session, error) {
	s, err := discordgo.New("Bot " + d.token)
	if err != nil {
		return nil, fmt.Errorf("make a Discord session: %w", err)
	}
	s.Client = client
	s.LogLevel = -1 // its log shows addresses and logins; what matters comes as an error
	s.StateEnabled = false
	s.ShouldReconnectOnError = false
	s.ShouldRetryOnRateLimit = false
	s.MaxRestRetries = 0
	s.Compress = false // the tap reads along
	s.SyncEvents = true
	// Interactions need no intent; guilds tell of servers that come and go.
	s.Identify.Intents = discordgo.IntentsGuilds
	return s, nil
}

// account gives the ids of the bot's application and user; empty until Discord
// told.
func (d *Discord) account() (app, bot string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.app, d.bot
}

func (d *Discord) introduce(app, bot string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.app, d.bot = app, bot
}

// user gives the bot's user id, which it asks for if the gateway has not told.
func (d *Discord) user(ctx context.Context) (string, error) {
	if _, bot := d.account(); bot != "" {
		return bot, nil
	}
	var me struct {
		ID string `json:"id"`
	}
	err := d.request(ctx, "GET", discordgo.EndpointUser("@me"), nil, &me)
	return me.ID, err
}

// seen remembers the ids of what came lately, so that what comes twice is dealt
// with once: a resumed connection brings events again.
type seen struct {
	mu  sync.Mutex
	ids map[string]time.Time
}

// seenFor is how long an id is remembered: as long as an interaction lives.
const seenFor = 15 * time.Minute

// first reports whether the id is new.
func (s *seen) first(id string) bool {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[string]time.Time{}
	}
	if _, again := s.ids[id]; again {
		return false
	}
	if len(s.ids)%256 == 255 {
		for old, at := range s.ids {
			if now.Sub(at) > seenFor {
				delete(s.ids, old)
			}
		}
	}
	s.ids[id] = now
	return true
}
