package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
)

// Desk answers readers' questions.
type Desk interface {
	Answer(ctx context.Context, q brief.Question) brief.Answer
	// Suggest gives stories whose headlines match, the newest first.
	Suggest(ctx context.Context, words string, limit int) []brief.Suggestion
	Commands() []brief.Command
}

// Options are what the adapter needs.
type Options struct {
	Token  string
	APIURL string // "https://discord.com", a proxy, or a stand-in
	Desk   Desk
	Log    *slog.Logger
}

// Discord is the adapter.
type Discord struct {
	token string
	rest  *discordgo.Session // for requests only: it never connects
	http  *http.Client
	desk  Desk
	log   *slog.Logger
	seen  seen // interactions that came already

	mu  sync.Mutex
	app string // guarded by mu: the bot's application; empty until Discord told
	bot string // guarded by mu: the bot's user
}

// ErrToken is returned by Run when Discord does not know the token.
var ErrToken = errors.New("Discord does not know the token: take the one of the page Bot at discord.com/developers/applications, and put it into discord.token")

// New makes the adapter. It makes no connection.
func New(o Options) (*Discord, error) {
	base, err := url.Parse(o.APIURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("discord.api_url %q is no address", o.APIURL)
	}
	d := &Discord{token: o.Token, desk: o.Desk, log: o.Log.With("platform", "discord")}
	d.http = &http.Client{
		Timeout:   requestTimeout,
		Transport: &transport{base, http.DefaultTransport.(*http.Transport).Clone()},
	}
	d.rest, err = d.session()
	return d, err
}

// session makes one of the library's sessions, with everything switched off
// that it would do by itself.
func (d *Discord) session() (*discordgo.Session, error) {
	s, err := discordgo.New("Bot " + d.token)
	if err != nil {
		return nil, fmt.Errorf("make a Discord session: %w", err)
	}
	s.Client = d.http
	s.LogLevel = -1 // its log shows addresses; what matters comes as an error
	s.StateEnabled = false
	s.ShouldReconnectOnError = false
	s.ShouldRetryOnRateLimit = false
	s.MaxRestRetries = 0
	// Interactions need no intent; guilds tell of channels that come and go.
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
