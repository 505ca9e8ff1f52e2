package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Desk answers readers' questions.
type Desk interface {
	Answer(ctx context.Context, q brief.Question) brief.Answer
	Commands() []brief.Command
	// Share gives stories to be handed on: those that the words name, or else
	// the latest, from the one at index from on.
	Share(ctx context.Context, q brief.Question, words string, from, limit int) (all []brief.Shared, more bool)
	// Voice is the voice in which a question is answered.
	Voice(ctx context.Context, q brief.Question) brief.Voice
}

// Ledger is what must outlive the process.
type Ledger interface {
	Offset(ctx context.Context, account string) (int, error)
	PutDealt(ctx context.Context, account string, all []store.Dealt) error
	Delivery(ctx context.Context, id uint64) (store.Delivery, error)
	DeliveryOfMessage(ctx context.Context, c store.Chat, message string) (uint64, error)
	CopyOf(ctx context.Context, copy store.Spot) (store.Spot, error)
	HighestMessage(ctx context.Context, c store.Chat) (string, error)
	OthersMessages(ctx context.Context, c store.Chat) ([]string, error)
	MovePending(ctx context.Context, from store.Chat, to store.Place) error
	Place(ctx context.Context, c store.Chat) (store.Place, error)
	Profile(ctx context.Context, u store.UserID) (store.Profile, error)
	ChannelOf(ctx context.Context, c store.Chat) (store.Channel, error)
	PauseChat(ctx context.Context, p store.Pause) error
	PauseOf(ctx context.Context, c store.Chat) (store.Pause, error)
	ResumeChat(ctx context.Context, c store.Chat, trial bool) (was bool, err error)
}

// Options are what the adapter needs.
type Options struct {
	Token  string
	APIURL string        // "https://api.telegram.org", a local server, or a stand-in
	Poll   time.Duration // how long a request for updates waits; Telegram cuts it to 50 s
	// AnswersLast is how long an answer that all of a group see stays there; 0:
	// for good.
	AnswersLast time.Duration
	// Dial connects to Telegram; nil: over the network.
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	Desk      Desk
	Languages *brief.Languages
	Ledger    Ledger
	Log       *slog.Logger
}

// Telegram is the adapter.
type Telegram struct {
	api       *api
	desk      Desk
	languages *brief.Languages
	ledger    Ledger
	log       *slog.Logger
	poll      time.Duration
	lasts     time.Duration
	last      brief.Last[sheet]     // how a message was spread
	lastRich  brief.Last[richSheet] // and how a rich one

	// classic says that the server does not know rich messages.
	classic atomic.Bool

	// loud says that the API server knows no messages that only one reader sees,
	// and hushed that it does; neither at first.
	loud, hushed atomic.Bool

	// current says that all updates up to the last look were read: what others
	// wrote is known.
	current atomic.Bool

	mu sync.Mutex
	me me // guarded by mu; zero until Telegram told
}

// me is the bot's own account.
type me struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	// ReadsAll says that groups show the bot everything (privacy mode is off).
	ReadsAll bool `json:"can_read_all_group_messages"`
}

// New makes the adapter. It makes no connection.
func New(o Options) *Telegram {
	return &Telegram{api: newAPI(o.Token, o.APIURL, o.Dial), desk: o.Desk, languages: o.Languages, ledger: o.Ledger, log: o.Log.With("platform", "telegram"), poll: o.Poll, lasts: o.AnswersLast}
}

// ErrToken is returned by Run when Telegram does not know the token.
var ErrToken = errors.New("Telegram does not know the token: take the one that @BotFather shows at /mybots → API Token, and put it into telegram.token")

func (t *Telegram) account() me {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.me
}

// name is the bot's username; empty until Telegram told.
func (t *Telegram) name() string { return t.account().Username }

// Run takes questions until ctx ends. An error needs the operator.
func (t *Telegram) Run(ctx context.Context) error {
	if err := t.introduce(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { t.keepMenu(ctx) })
	return t.receive(ctx, &parts)
}

// introduce learns the bot's own name, however long Telegram is down.
func (t *Telegram) introduce(ctx context.Context) error {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		var m me
		err := t.api.call(ctx, "getMe", nil, &m)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			t.mu.Lock()
			t.me = m
			t.mu.Unlock()
			t.log.Info("connected", "bot", "@"+m.Username)
			return nil
		case badToken(err):
			return fmt.Errorf("%w (%w)", ErrToken, err)
		}
		t.log.Warn("Telegram can't be reached; trying again", "err", err, "retry_in", wait)
		if !pause(ctx, wait) {
			return nil
		}
	}
}

func badToken(err error) bool {
	var e *tgbotapi.Error
	return errors.As(err, &e) && (e.Code == 401 || e.Code == 404)
}

// pause waits; false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
