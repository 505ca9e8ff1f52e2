package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot"
	"briefbot/bot/config"
	"briefbot/bot/intake"
	"briefbot/bot/sandbox"
	"briefbot/bot/schedule"
)

// world lives a calendar: the whole bot, the stand-ins of both platforms, and
// the network between them, in virtual time.
type world struct {
	calendar *calendar
	folder   string
	// hello is how often each says that it is still there: the gateway's
	// heartbeats, and Telegram's polls. 0: as the platforms do it.
	hello time.Duration
	// tamper changes the bot's configuration behind the oracle's back.
	tamper func(*config.Config)
	// written is all that the bot wrote, and spoken how many messages stand in
	// a Telegram chat, both by chat; limited is how many requests came too
	// soon, while the platforms' answers told how soon is too soon.
	written map[string][]sandbox.Entry
	spoken  map[string]int
	limited int
}

// live lives the world's calendar, and returns the world with what was written.
func (w *world) live(t *testing.T) *world {
	c := w.calendar
	w.written, w.spoken = map[string][]sandbox.Entry{}, map[string]int{}
	// In a folder so deep the bot has no socket, which it can do without: one
	// that waits for a connection would hold the clock.
	w.folder = filepath.Join(folder(t), strings.Repeat("so-deep-that-no-socket-fits/", 4))
	for i := range c.eras {
		synctest.Test(t, func(t *testing.T) { w.era(t, i) })
	}
	return w
}

// folder is a place for the data: in memory, where the system has one, since
// the year's writes each wait for their disk. Nothing is lost here by a machine
// that goes down.
func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "briefbot-year-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

const (
	discordHost  = "discord.localhost"
	telegramHost = "telegram.localhost"
	// discordAhead lets Discord live in later years: its ids count time from
	// 2015.
	discordAhead = 20 * 365 * day
)

// era lives from one setting of the bot's clock to the next. A bubble's clock
// can't be set back, so each era has a bubble of its own, which takes up the
// data as a program does after its clock was set. Platforms can't change their
// bubble either: those of an era are built like those before, and their chats
// are as full.
func (w *world) era(t *testing.T, number int) {
	e := w.calendar.eras[number]
	now := func() time.Time { return time.Now().Add(e.back) }
	until := func(at time.Time) { time.Sleep(at.Sub(now())) }
	until(e.lives[0].from.Add(-2 * day))

	building := true
	discordNow := func() time.Time {
		if building {
			return w.calendar.begin.Add(discordAhead) // ids of chats are made of it
		}
		return now().Add(discordAhead)
	}
	discord := sandbox.NewDiscord(sandbox.DiscordOptions{
		Token: discordToken, Seed: w.calendar.seed, Now: discordNow, Heartbeat: w.hello, Limits: sandbox.UsualLimits(),
	})
	telegram := sandbox.NewTelegram(sandbox.TelegramOptions{
		Token: telegramToken, Username: "year_bot", Seed: w.calendar.seed, Now: now, Poll: w.hello,
		Limits: sandbox.TelegramLimits{All: 30, Chat: 1, Group: 20},
	})
	editor := w.build(t, discord, telegram)
	building = false

	wires := newNetwork(discordHost, telegramHost)
	var servers sync.WaitGroup
	var stop []func() error
	for host, handler := range map[string]http.Handler{discordHost: discord, telegramHost: telegram} {
		s := &http.Server{Handler: handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
		servers.Go(func() { s.Serve(wires.hosts[host]) })
		stop = append(stop, s.Close)
	}

	// Telegram forgets what it has not told within a day, so the bot never
	// hears of these.
	for _, o := range w.calendar.channels {
		for range w.spoken[o.chat] {
			w.say(t, telegram, editor, o.chat)
		}
	}
	limited := func() int {
		_, n := discord.Requests("")
		for _, method := range []string{"sendMessage", "editMessageText", "editMessageReplyMarkup"} {
			_, more := telegram.Requests(method)
			n += more
		}
		return n
	}
	var excused atomic.Int64
	var weather sync.WaitGroup
	for _, o := range w.calendar.outages {
		if !o.from.Before(e.lives[len(e.lives)-1].to) || !o.to.After(e.lives[0].from) {
			continue
		}
		weather.Go(func() {
			until(o.from)
			before := limited()
			strike(o, wires, discord, telegram)
			until(o.to)
			lift(o, wires, discord, telegram)
			if o.how == loses {
				excused.Add(int64(limited() - before))
			}
		})
	}
	for i, l := range e.lives {
		until(l.from)
		w.life(t, l, e.back, wires, func() {
			if number > 0 || i > 0 {
				return
			}
			// A message that gets lost in a chat of which no other is known
			// can't be found; that is told in the README, and no matter of this
			// proof.
			time.Sleep(time.Minute)
			for _, o := range w.calendar.channels {
				if !o.discord {
					w.say(t, telegram, editor, o.chat)
				}
			}
		})
	}
	weather.Wait()
	for _, s := range stop {
		s()
	}
	servers.Wait()
	discord.Close()
	telegram.Close()
	w.collect(discord.Transcript(), discordAhead)
	w.collect(telegram.Transcript(), 0)
	for _, o := range w.calendar.channels {
		w.spoken[o.chat] = len(telegram.Messages(o.chat))
	}
	w.limited += limited() - int(excused.Load())
}

// build makes the platforms' chats, always the same ones, and an editor who can
// write on Telegram.
func (w *world) build(t *testing.T, d *sandbox.Discord, tg *sandbox.Telegram) (editor string) {
	guild := d.AddGuild("The Year")
	for i, o := range w.calendar.channels {
		var err error
		switch {
		case o.discord:
			o.chat, err = d.AddChannel(guild, "news-"+o.name, "text")
		case i%4 < 2:
			o.chat = tg.AddChannel("News "+o.name, "")
		default:
			o.chat = tg.AddSupergroup("Talk " + o.name)
			tg.SetRights(o.chat, sandbox.TelegramRights{Admin: true})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return tg.AddUser("Ed")
}

func (w *world) say(t *testing.T, tg *sandbox.Telegram, editor, chat string) {
	if err := tg.Say(t.Context(), editor, chat, "an editor's own post", ""); err != nil {
		t.Fatal(err)
	}
}

// strike puts a platform out of order.
func strike(o outage, wires *network, d *sandbox.Discord, t *sandbox.Telegram) {
	var faults []sandbox.Fault
	switch o.how {
	case refused, swallows:
		s := refusing
		if o.how == swallows {
			s = silent
		}
		if o.discord {
			wires.hosts[discordHost].set(s)
		}
		if o.telegram {
			wires.hosts[telegramHost].set(s)
		}
	case pages:
		faults = []sandbox.Fault{{Failure: sandbox.Unavailable}}
	case loses:
		faults = []sandbox.Fault{
			{Failure: sandbox.DropAfter, Method: "create", Chance: 0.3},
			{Failure: sandbox.Late, Method: "create", Chance: 0.2, Delay: 5 * time.Second},
			{Failure: sandbox.UnavailableAfter, Method: "create", Chance: 0.2},
			{Failure: sandbox.DropBefore, Method: "create", Chance: 0.2},
			{Failure: sandbox.DropAfter, Method: "edit", Chance: 0.3},
		}
	}
	for _, f := range faults {
		if o.discord {
			d.Fault(f)
		}
		if o.telegram {
			t.Fault(f)
		}
	}
}

// lift ends what is out of order.
func lift(o outage, wires *network, d *sandbox.Discord, t *sandbox.Telegram) {
	if o.discord {
		wires.hosts[discordHost].set(reachable)
		d.ClearFaults()
	}
	if o.telegram {
		wires.hosts[telegramHost].set(reachable)
		t.ClearFaults()
	}
}

// life runs the bot from its start to its end.
func (w *world) life(t *testing.T, l span, back time.Duration, wires *network, meanwhile func()) {
	conf := w.configure(t)
	log := slog.New(slog.DiscardHandler)
	if path := os.Getenv("BRIEFBOT_PROOF_LOG"); path != "" {
		f, err := os.OpenFile(fmt.Sprintf("%s-year%d", path, w.calendar.seed), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		log = slog.New(slog.NewTextHandler(f, nil))
	}
	b, err := bot.New(t.Context(), bot.Options{
		Config: conf, Log: log, Dial: wires.Dial,
		Open: func(s config.Source) intake.Source { return desk{s.Name, w.calendar, back} },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	meanwhile()
	time.Sleep(l.to.Sub(time.Now().Add(back)))
	cancel()
	if err := <-done; err != nil {
		t.Errorf("the bot ended with: %v", err)
	}
}

// configure makes the configuration. How long a poll lasts can't be read from a
// file, which allows as much as Telegram does.
func (w *world) configure(t *testing.T) *config.Config {
	var b strings.Builder
	fmt.Fprintf(&b, `
data: data
sources:
  - {name: desk, dir: desk}
  - {name: wire, dir: wire, on_removed: retract}
discord: {token: %s, api_url: "http://%s"}
telegram: {token: "%s", api_url: "http://%s"}
web: {listen: off}
channels:
`, discordToken, discordHost, telegramToken, telegramHost)
	for _, o := range w.calendar.channels {
		platform, mode, quiet := "telegram", "each", ""
		if o.discord {
			platform = "discord"
		}
		if o.digest {
			mode = "digest"
		}
		if o.quiet {
			quiet = ", quiet: [22:00-07:30]"
		}
		fmt.Fprintf(&b, "  - {name: %q, %s: %q, schedule: %q, timezone: %s, mode: %s, topics: [%s], limit: %d, backfill: %d, catch_up: %s, max_age: %s, updates: %s%s}\n",
			o.name, platform, o.chat, o.rhythm.text, o.zone, mode, strings.Join(o.topics, ", "), o.limit, o.backfill, o.catchUp, o.maxAge, o.updates, quiet)
	}
	c, err := config.Parse(filepath.Join(w.folder, "config.yaml"), []byte(b.String()), os.LookupEnv, config.Checks{Schedule: schedule.Check})
	if err != nil {
		t.Fatal(err)
	}
	if w.hello != 0 {
		c.Telegram.Poll = w.hello
	}
	if w.tamper != nil {
		w.tamper(c)
	}
	return c
}

// collect keeps what was written, by a platform whose clock is ahead.
func (w *world) collect(entries []sandbox.Entry, ahead time.Duration) {
	for _, e := range entries {
		e.At = e.At.Add(-ahead)
		w.written[e.Chat] = append(w.written[e.Chat], e)
	}
}

// desk is a source that gives the calendar's stories as a folder would.
type desk struct {
	name     string
	calendar *calendar
	back     time.Duration
}

// Name is the source's name.
func (d desk) Name() string { return d.name }

// Run gives what is there, and then what changes.
func (d desk) Run(ctx context.Context, to intake.Sink, ready func()) error {
	if d.name == "wire" && !pause(ctx, lookTwice) {
		return nil
	}
	now := func() time.Time { return time.Now().Add(d.back) }
	type event struct {
		at   time.Time
		what func() error
	}
	var events []event
	for _, n := range d.calendar.stories {
		if n.source() != d.name {
			continue
		}
		put := func() error {
			all, err := intake.ParseText(n.file(), []byte(n.text(now())))
			if err != nil {
				return err
			}
			for _, s := range all {
				s.ID = d.name + ":" + n.file()
				if err := to.Put(ctx, s); err != nil {
					return err
				}
			}
			return nil
		}
		if !n.at.After(now()) && (n.removed.IsZero() || n.removed.After(now())) {
			if err := put(); err != nil {
				return err
			}
		}
		for _, at := range append([]time.Time{n.at}, n.changes...) {
			events = append(events, event{at, put})
		}
		if !n.removed.IsZero() {
			events = append(events, event{n.removed, func() error { return to.Removed(ctx, d.name+":"+n.file()) }})
		}
	}
	ready()
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range events {
		if e.at.Before(now()) {
			continue
		}
		if !pause(ctx, e.at.Sub(now())) {
			return nil
		}
		if err := e.what(); err != nil && ctx.Err() == nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// pause waits; false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// silentPost reports whether a post was to make no sound.
func silentPost(e sandbox.Entry) bool {
	var body struct {
		Flags int    `json:"flags"`                // Discord
		Quiet string `json:"disable_notification"` // Telegram
	}
	json.Unmarshal(e.Body, &body) // of another form: it has neither
	return body.Flags&(1<<12) != 0 || body.Quiet == "true"
}
