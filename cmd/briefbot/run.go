package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"briefbot/bot"
	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/bot/intake"
	"briefbot/bot/schedule"
	"briefbot/store"
)

// runBot runs the bot until it is told to end.
func runBot(ctx context.Context, c *invocation) error {
	ours := os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == ""
	if ours {
		debug.SetGCPercent(garbageReading)
	}
	conf, err := c.configured()
	if err != nil {
		return err
	}
	if ours {
		debug.SetMemoryLimit(memory)
		debug.SetGCPercent(garbage)
	}
	spareThread()
	b, err := bot.New(ctx, bot.Options{Config: conf, Log: logger(conf.Log, c.stderr)})
	if err != nil {
		return hint(err, conf.Data)
	}
	return b.Run(ctx)
}

// memory is what the program tries to stay within: rather than beyond it, it
// collects its garbage more often. A hundred thousand channels take half.
const memory = 126 << 20

// garbage is how much of it, in percent of what is alive, may gather as long as
// the memory allows: a small bot has a few megabytes alive, and would collect
// them many times a second during a broadcast.
const garbage = 400

// garbageReading is the same while the configuration is read: with a hundred
// thousand channels in it, what is alive is far beyond the memory meant above,
// and to collect as often as that asks for would take longer than the reading.
const garbageReading = 25

// spareThread has one thread more run Go code than there are cores, unless the
// environment says how many. While each of them has work, the runtime looks for what
// has come over the network no more than every 10 ms (its sysmon does): a reader's
// question would wait so long again and again during a broadcast.
func spareThread() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
}

// configured reads the configuration for a command that takes no flag but its
// file.
func (c *invocation) configured() (*config.Config, error) {
	var file string
	if _, err := c.parse(c.flags(&file)); err != nil {
		return nil, err
	}
	return loadConfig(file)
}

func loadConfig(file string) (*config.Config, error) {
	return config.Load(file, os.LookupEnv, config.Checks{
		Schedule: schedule.Check, Selector: intake.CheckSelector, Language: brief.CheckLanguage,
	})
}

func logger(l config.Log, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// hint says what to do about data that can't be opened.
func hint(err error, folder string) error {
	file := filepath.Join(folder, bot.DataFile)
	switch {
	case errors.Is(err, store.ErrLocked):
		return fmt.Errorf("%w: end the other briefbot that uses %s first, or give this one a data folder of its own", err, folder)
	case errors.Is(err, store.ErrDamaged):
		return fmt.Errorf("%w: bring back a backup with: briefbot restore --config FILE (%s is kept beside it)", err, file)
	case errors.Is(err, store.ErrNewer):
		return fmt.Errorf("%w: take the newer briefbot again", err)
	}
	return err
}
