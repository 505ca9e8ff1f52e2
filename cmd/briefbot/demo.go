package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"briefbot/bot"
	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/bot/intake"
	"briefbot/bot/sandbox"
	"briefbot/bot/schedule"
)

// demoConfig is the demo's configuration: real in every part but the platforms'
// addresses.
//
//go:embed demo.yaml
var demoConfig []byte

const (
	demoDiscordToken  = "demo.discord.token"
	demoTelegramToken = "100200300:demo-telegram-token-demo-telegram-00"
)

// demo runs the whole bot against stand-ins of both platforms, and shows their
// chats in a page.
func demo(ctx context.Context, c *invocation) error {
	var listen, specs string
	var standIns bool
	f := c.flags(nil)
	f.StringVar(&listen, "listen", "localhost:8080", "the page's `address`; loopback only")
	f.BoolVar(&standIns, "stand-ins", false, "run no bot, only the stand-ins: point a bot's api_url at them")
	f.StringVar(&specs, "specs", "", "hold all requests against the platforms' official descriptions in this `folder`")
	if _, err := c.parse(f); err != nil {
		return err
	}
	l, err := listenLoopback(listen, c)
	if err != nil {
		return err
	}
	defer l.Close()
	w, err := newWorld(specs)
	if err != nil {
		return err
	}
	defer w.close()
	if standIns {
		return w.serveStandIns(ctx, l, c)
	}
	return w.serveDemo(ctx, l, c)
}

// listenLoopback listens at the address, or, if it is taken, at one that is
// free.
func listenLoopback(address string, c *invocation) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usageError("--listen %s: want host:port, such as localhost:8080", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usageError("--listen %s: the demo has no passwords, so it listens on loopback only", address)
	}
	l, err := net.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	l, err2 := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err2 != nil {
		return nil, errors.Join(err, err2)
	}
	fmt.Fprintf(c.stderr, "briefbot: %s is taken; using %s instead\n", address, l.Addr())
	return l, nil
}

// world is both platforms, with the chats of the demo.
type world struct {
	discord  *sandbox.Discord
	telegram *sandbox.Telegram
	reader   map[string]string
	// chats are what the configuration calls them.
	chats map[string]string
}

func newWorld(specs string) (*world, error) {
	var spec *sandbox.Spec
	if specs != "" {
		var err error
		if spec, err = sandbox.LoadSpec(specs); err != nil {
			return nil, err
		}
	}
	d := sandbox.NewDiscord(sandbox.DiscordOptions{Token: demoDiscordToken, Name: "briefbot", Spec: spec})
	t := sandbox.NewTelegram(sandbox.TelegramOptions{Token: demoTelegramToken, Username: "briefbot", Spec: spec})
	guild := d.AddGuild("Harbour House")
	news, err := d.AddChannel(guild, "news", "text")
	if err != nil {
		return nil, err
	}
	// A chat of people, in which you have the bot's commands since you installed
	// it for yourself.
	you := d.AddUser("you")
	if err := d.Install(you); err != nil {
		return nil, err
	}
	if _, err := d.AddGroupDM("Rowing club", you, d.AddUser("Tomas")); err != nil {
		return nil, err
	}
	w := &world{
		discord:  d,
		telegram: t,
		chats: map[string]string{
			"DISCORD_NEWS":     news,
			"TELEGRAM_CHANNEL": t.AddChannel("Daily Brief", "dailybrief"),
			"TELEGRAM_GROUP":   t.AddSupergroup("Brief Talk"),
		},
		reader: map[string]string{"discord": you, "telegram": t.AddUser("You")},
	}
	// In these the reader can try to /subscribe.
	_, err = d.AddChannel(guild, "quay", "text")
	t.SetAdmin(w.reader["telegram"], t.AddSupergroup("Quay Talk"), true)
	return w, errors.Join(err, d.LetManage(you))
}

func (w *world) close() {
	w.discord.Close()
	w.telegram.Close()
}

func (w *world) page(o sandbox.PageOptions) http.Handler {
	o.Platforms = map[string]sandbox.Platform{"discord": w.discord, "telegram": w.telegram}
	o.Reader = w.reader
	o.Title = "briefbot"
	return sandbox.NewPage(o)
}

// serveStandIns serves the stand-ins for a bot that runs elsewhere.
func (w *world) serveStandIns(ctx context.Context, l net.Listener, c *invocation) error {
	base := "http://" + l.Addr().String()
	fmt.Fprintf(c.stdout, "page      %s\napi_url   %s   (of both platforms)\n", base, base)
	fmt.Fprintf(c.stdout, "discord   token %s   channel %s\n", demoDiscordToken, w.chats["DISCORD_NEWS"])
	fmt.Fprintf(c.stdout, "telegram  token %s   channel @dailybrief   group %s\n", demoTelegramToken, w.chats["TELEGRAM_GROUP"])
	return serve(ctx, l, sandbox.Mux(w.discord, w.telegram, w.page(sandbox.PageOptions{})))
}

// serveDemo runs the bot in the world, and the page.
func (w *world) serveDemo(ctx context.Context, l net.Listener, c *invocation) error {
	folder, err := os.MkdirTemp("", "briefbot-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer os.RemoveAll(folder)
	stories := filepath.Join(folder, "stories")
	if err := os.CopyFS(stories, sandbox.Stories()); err != nil {
		return fmt.Errorf("lay out the sample stories: %w", err)
	}
	base := "http://" + l.Addr().String()
	conf, err := config.Parse(filepath.Join(folder, "demo.yaml"), demoConfig, func(name string) (string, bool) {
		v, ok := map[string]string{"API": base, "DISCORD_TOKEN": demoDiscordToken, "TELEGRAM_TOKEN": demoTelegramToken}[name]
		if !ok {
			v, ok = w.chats[name]
		}
		return v, ok
	}, config.Checks{Schedule: schedule.Check, Language: brief.CheckLanguage})
	if err != nil {
		return err
	}
	b, err := bot.New(ctx, bot.Options{Config: conf, Log: logger(conf.Log, c.stderr)})
	if err != nil {
		return err
	}
	page := w.page(sandbox.PageOptions{
		Next:     func() []sandbox.Upcoming { return upcoming(b) },
		AddStory: func(_ context.Context, text string) error { return addStory(stories, text) },
		Sample:   demoStory,
	})
	served := make(chan error, 1)
	serveCtx, stop := context.WithCancel(ctx)
	go func() { served <- serve(serveCtx, l, sandbox.Mux(w.discord, w.telegram, page)) }()
	fmt.Fprintf(c.stdout, "briefbot demo: both chats are at %s\nCtrl-C ends it.\n", strings.Replace(base, "127.0.0.1", "localhost", 1))
	err = b.Run(ctx)
	stop()
	return errors.Join(err, <-served)
}

func upcoming(b *bot.Bot) []sandbox.Upcoming {
	var all []sandbox.Upcoming
	for _, u := range b.Upcoming() {
		all = append(all, sandbox.Upcoming{Channel: u.Channel, Platform: string(u.Platform), At: u.At, What: "next story"})
	}
	return all
}

// demoStory is what the page's form begins with.
const demoStory = `Lighthouse of Cape Orrin to be lit again

Updated Nov 24, 2026
Topics: coast

• The harbour board voted to relight the lamp of Cape Orrin, dark since a storm broke it in spring.[1]
• The repair costs less than the yearly detour of the island ferry, the board's report says.[2]

Establishment-critical narrative

The board had the money all along. It took a collision and two resignations to find it.

Pro-establishment narrative

A board that spends with care waited for the surveyors, and lights the lamp as soon as it is safe.

Articles on this story

[1] Orrin Gazette: "Board votes to relight the lamp" (Nov 23, 2026) https://orringazette.example/lamp
[2] Harbour Board: "Report on the light" https://harbourboard.example/report
`

// addStory puts the stories of a text into the watched folder, if it has any.
func addStory(folder, text string) error {
	stories, err := intake.ParseText("your story", []byte(text))
	if err != nil {
		return err
	}
	for i, s := range stories {
		name := fmt.Sprintf("added-%d-%d.txt", time.Now().UnixNano(), i)
		if err := os.WriteFile(filepath.Join(folder, name), intake.WriteText(s), fs.FileMode(0o600)); err != nil {
			return err
		}
	}
	return nil
}

// serve serves until ctx ends.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the page: %w", err)
	}
	return nil
}
