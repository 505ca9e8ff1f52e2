package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/command"
	"briefbot/bot/config"
	"briefbot/bot/discord"
	"briefbot/bot/intake"
	"briefbot/bot/outbox"
	"briefbot/bot/schedule"
	"briefbot/bot/search"
	"briefbot/bot/telegram"
	"briefbot/bot/web"
	"briefbot/store"
	"briefbot/store/bolt"
)

// DataFile is the name of the data file within the configured folder.
const DataFile = "briefbot.db"

// OpenStore opens the data in a folder; it makes it if it is missing.
func OpenStore(ctx context.Context, folder string) (*store.Store, error) {
	e, err := bolt.Open(filepath.Join(folder, DataFile))
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, e, time.Now())
	if err != nil {
		e.Close()
		return nil, fmt.Errorf("open %s: %w", filepath.Join(folder, DataFile), err)
	}
	return s, nil
}

// SearchFolder is the name of the search's index within the configured folder. It
// is made of the data file, and made anew if it is missing.
const SearchFolder = "search.index"

// Bot is the whole program but for its command line.
type Bot struct {
	config    *config.Config
	log       *slog.Logger
	store     *store.Store
	sources   []source
	platforms map[store.Platform]platform
	web       *web.Server
	search    *search.Index
	outbox    *outbox.Outbox
	scheduler *schedule.Scheduler
	reviser   *schedule.Reviser
}

// source is a source of stories, and where they go.
type source struct {
	intake.Source
	sink sink
}

// platform is a platform's adapter: what the outbox sends through, and what
// readers' questions come in by.
type platform interface {
	outbox.Platform
	// Run takes questions until ctx ends. An error needs the operator.
	Run(ctx context.Context) error
}

// Options are what the bot is made of.
type Options struct {
	Config *config.Config
	Log    *slog.Logger
	// Dial connects to the platforms; nil: over the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Open makes a configured source; nil: as its configuration says.
	Open func(s config.Source) intake.Source
}

// New opens the data and makes the parts. It makes no connection.
func New(ctx context.Context, o Options) (*Bot, error) {
	c, log := o.Config, o.Log
	languages, err := brief.LoadLanguages()
	if err != nil {
		return nil, err
	}
	if brief.CheckLanguage(c.Language) != nil {
		log.Warn("the bot has no words in the configured language", "language", c.Language, "speaks", languages.Voice(c.Language).Code())
	}
	st, err := OpenStore(ctx, c.Data)
	if err != nil {
		return nil, err
	}
	st = st.Merging(c.SameStory)
	topics, err := c.ByWords()
	if err != nil {
		st.Close()
		return nil, err
	}
	index, err := search.New(filepath.Join(c.Data, SearchFolder), st, log)
	if err != nil {
		st.Close()
		return nil, err
	}
	own := *c
	b := &Bot{config: &own, log: log, store: st, search: index, platforms: map[store.Platform]platform{}}
	places := store.NewOutlets(c.Outlets)
	desk := command.New(command.Options{
		Store: st, Search: index, Languages: languages, Language: c.Language, Timezone: c.Timezone, Outlets: places, Questions: c.Questions,
		Keep: c.Keep, Backups: backupsKept,
		Chats: command.Chats{Subscriptions: c.Subscriptions, Allow: c.Allow, Schedules: schedule.CheckChats}, Log: log,
	})
	fetcher := intake.NewFetcher(intake.FetcherOptions{Contact: c.Contact})
	open := o.Open
	if open == nil {
		open = func(s config.Source) intake.Source { return newSource(s, fetcher, log) }
	}
	for _, s := range c.Sources {
		filter, err := store.NewFilter(s.Include, s.Exclude)
		if err != nil {
			st.Close()
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
		b.sources = append(b.sources, source{open(s), sink{
			store: st, source: s.Name, filter: filter, topics: topics, retract: s.OnRemoved == "retract", undated: s.Dir == "", log: log,
		}})
	}
	b.web = newWeb(c, sink{store: st, topics: topics, log: log})
	paces := map[store.Platform]*outbox.Pace{store.Discord: outbox.NewPace(c.Discord.Rates), store.Telegram: outbox.NewPace(c.Telegram.Rates)}
	outlets := map[store.Platform]outbox.Platform{}
	if !c.Discord.Token.IsZero() {
		d, err := discord.New(discord.Options{
			Token: c.Discord.Token.Reveal(), APIURL: c.Discord.APIURL, Dial: o.Dial, Desk: desk, Languages: languages, Standing: st,
			Own: paces[store.Discord].Own, Log: log,
		})
		if err != nil {
			st.Close()
			return nil, err
		}
		b.platforms[store.Discord], outlets[store.Discord] = d, d
	}
	if !c.Telegram.Token.IsZero() {
		t := telegram.New(telegram.Options{
			Token: c.Telegram.Token.Reveal(), APIURL: c.Telegram.APIURL, Dial: o.Dial, Poll: c.Telegram.Poll, AnswersLast: c.Telegram.AnswersLast, Desk: desk, Languages: languages, Ledger: st, Log: log,
		})
		b.platforms[store.Telegram], outlets[store.Telegram] = t, t
	}
	b.outbox = outbox.New(outbox.Options{Store: st, Platforms: outlets, Languages: languages, Paces: paces, Outlets: places, SettleAfter: c.SettleAfter, Log: log})
	b.scheduler = schedule.New(st, log)
	b.reviser = schedule.NewReviser(st, log)
	return b, nil
}

// Upcoming gives each channel's next run, the nearest first.
func (b *Bot) Upcoming() []schedule.Upcoming { return b.scheduler.Upcoming() }

// firstLook is how long the start waits for the sources' first look: what they
// find in it was there before a new channel began.
const firstLook = 30 * time.Second

// Run runs the bot until ctx ends, and closes the data then. It returns early
// only if nothing is left that works.
func (b *Bot) Run(ctx context.Context) (err error) {
	defer func() {
		if errors.Is(err, context.Canceled) {
			err = nil // it was told to end, perhaps while it was starting
		}
	}()
	defer b.store.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop(nil) // before the wait

	lease, err := b.store.Lease(ctx, "sender")
	if err != nil {
		return err
	}
	defer lease.Release()

	var listener net.Listener
	if b.config.Web.Listen != "" {
		if listener, err = web.Listen(ctx, b.config.Web.Listen); err != nil {
			return err
		}
		defer listener.Close()
	}
	parts.Go(func() { b.search.Run(ctx) })
	b.startSources(ctx, &parts)
	if err := b.syncChannels(ctx, time.Now()); err != nil {
		return err
	}
	b.config.Channels = nil // the store has them; there may be a hundred thousand
	if listener != nil {
		parts.Go(func() {
			if err := b.web.Serve(ctx, listener); err != nil {
				stop(err)
			}
		})
	}
	b.startPlatforms(ctx, stop, &parts)
	for name, run := range map[string]func(context.Context) error{"outbox": b.outbox.Run, "schedule": b.scheduler.Run, "revisions": b.reviser.Run} {
		parts.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	parts.Go(func() { backups(ctx, b.store, b.config.Data, b.log) })
	parts.Go(func() { prune(ctx, b.store, b.config.Keep, b.log) })
	parts.Go(func() { erase(ctx, b.store, b.log) })
	parts.Go(func() { control(ctx, b.store, b.config.Data, b.log) })
	<-ctx.Done()
	return context.Cause(ctx)
}

// startSources starts the sources and waits for the first look of each.
func (b *Bot) startSources(ctx context.Context, parts *sync.WaitGroup) {
	var first sync.WaitGroup
	for _, s := range b.sources {
		first.Add(1)
		ready := sync.OnceFunc(first.Done)
		parts.Go(func() {
			defer ready()
			if err := s.Run(ctx, s.sink, ready); err != nil && ctx.Err() == nil {
				b.log.Error("source ended", "source", s.Name(), "err", err)
			}
		})
	}
	looked := make(chan struct{})
	parts.Go(func() {
		first.Wait()
		close(looked)
	})
	select {
	case <-looked:
	case <-time.After(firstLook):
		b.log.Warn("a source is slow; starting without it")
	case <-ctx.Done():
	}
}

// syncChannels takes over the channels of the configuration.
func (b *Bot) syncChannels(ctx context.Context, now time.Time) error {
	if err := b.store.PutChannels(ctx, b.config.Channels, now); err != nil {
		return err
	}
	if err := b.store.BeginChannels(ctx, now); err != nil {
		return err
	}
	wanted, taken, err := b.configured(ctx)
	if err != nil {
		return err
	}
	var over []store.Channel
	err = b.store.EachChannel(ctx, func(c store.Channel, _ store.Progress) error {
		if c.Origin == store.FromConfig && !wanted[c.Name] || c.Origin == store.FromChat && taken[c.Chat] {
			over = append(over, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range over {
		if c.Origin == store.FromConfig {
			b.log.Info("channel is no longer configured", "channel", c.Name)
		} else { // the operator's word goes before that of who manages the chat
			b.log.Warn("a chat that had subscribed is configured now: the configuration holds", "channel", c.Name)
		}
		if err := b.store.RemoveChannel(ctx, c.Name); err != nil {
			return err
		}
	}
	return nil
}

// configured are the names of the channels that the configuration has, and their
// chats, by their lasting ids.
func (b *Bot) configured(ctx context.Context) (names map[string]bool, chats map[store.Chat]bool, err error) {
	names, chats = make(map[string]bool, len(b.config.Channels)), make(map[store.Chat]bool, len(b.config.Channels))
	for _, c := range b.config.Channels {
		names[c.Name] = true
		if strings.HasPrefix(c.Chat.ID, "@") {
			place, err := b.store.Place(ctx, c.Chat)
			switch {
			case err == nil:
				c.Chat.ID = place.Chat.ID
			case !errors.Is(err, store.ErrNotFound):
				return nil, nil, err
			}
		}
		chats[c.Chat] = true
	}
	return names, chats, nil
}

// startPlatforms starts taking questions. A platform that ends does not end the
// others; the last one does.
func (b *Bot) startPlatforms(ctx context.Context, stop context.CancelCauseFunc, parts *sync.WaitGroup) {
	var mu sync.Mutex
	running := len(b.platforms)
	var failed []error
	for name, p := range b.platforms {
		parts.Go(func() {
			err := p.Run(ctx)
			if ctx.Err() != nil {
				return
			}
			b.log.Error("platform ended", "platform", name, "err", err)
			mu.Lock()
			defer mu.Unlock()
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
			if running--; running == 0 {
				stop(errors.Join(failed...))
			}
		})
	}
}
