// Command briefbot delivers news briefs to Discord and Telegram, and answers
// readers who want either narrative of a story, or its sources.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // schedules need time zones on machines that have none
)

// Exit codes; the README lists them.
const (
	exitOK      = 0
	exitFailed  = 1 // it was tried and did not work; a check found mistakes
	exitUsage   = 2 // the command line makes no sense
	exitPartial = 3 // some of it worked
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// subcommand is one of the program's subcommands.
type subcommand struct {
	name, args, help string
	run              func(ctx context.Context, c *invocation) error
}

func commands() []subcommand {
	return []subcommand{
		{"demo", "[--listen ADDRESS]", "both chats in your browser: no token, no file, no network", demo},
		{"run", "[--config FILE]", "run the bot", runBot},
		{"check", "[--config FILE]", "look over the configuration and all story files", check},
		{"lint", "FILE|DIR…", "name what an editor may want to look at in stories", lint},
		{"preview", "[--format F] [--source NAME] FILE|URL…", "show what each platform would post", preview},
		{"import", "[--config FILE] FILE|DIR|URL…", "take stories into the store, or read an OPML list of feeds", importStories},
		{"export", "[--format F] [--out DIR] [STORY…]", "write stories of the store in any form", export},
		{"why", "[--config FILE] STORY [CHANNEL]", "why a story was posted, or not", why},
		{"channels", "[--config FILE]", "list the channels, configured and subscribed, and how they stand", channels},
		{"approve", "[--config FILE] CHANNEL", "let a chat that subscribed get stories (subscriptions: approved)", approve},
		{"doctor", "[--config FILE]", "ask both platforms and the records whether all is well", doctor},
		{"backup", "[--config FILE]", "write a backup of the data (a running bot does, each day)", backup},
		{"restore", "[--config FILE] [BACKUP]", "bring back a backup, the newest if none is named", restore},
		{"proof", "[--seeds N] [--kills N]", "kill the bot at random against the stand-ins, and count what readers would complain about", prove},
		{"version", "", "print the version", version},
	}
}

// invocation is one call of a command.
type invocation struct {
	name           string
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// exit is an error that ends the program with a code of its own; nothing more
// is printed if err is nil.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func usageError(format string, args ...any) error {
	return &exit{exitUsage, fmt.Errorf(format, args...)}
}

// run is the whole program: what main does, but for the process around it.
//
// What is asked for goes to stdout; what goes wrong, and what is going on, to
// stderr, each error on a line of its own that begins with "briefbot:".
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(stdout)
		if len(args) == 0 {
			return exitUsage
		}
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return finish(c.run(ctx, &invocation{c.name, args[1:], stdin, stdout, stderr}), stderr)
		}
	}
	return finish(usageError("there is no command %q: briefbot help lists them", args[0]), stderr)
}

func finish(err error, stderr io.Writer) int {
	var e *exit
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &e):
		if e.err != nil {
			fmt.Fprintln(stderr, "briefbot:", e.err)
		}
		return e.code
	}
	fmt.Fprintln(stderr, "briefbot:", err)
	return exitFailed
}

// someFailed ends a command that did several things, some of which may have
// failed: what was wrong with each has been printed.
func someFailed(failed, all int) error {
	switch {
	case failed == 0:
		return nil
	case failed < all:
		return &exit{code: exitPartial}
	}
	return &exit{code: exitFailed}
}

func usage(w io.Writer) {
	fmt.Fprint(w, "briefbot posts news briefs to Discord and Telegram, and answers readers\nwho want either narrative of a story, or its sources.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  briefbot %-43s %s\n", c.name+" "+c.args, c.help)
	}
}

// flags makes a command's flag set; --config is among them where config is not
// nil.
func (c *invocation) flags(config *string) *flag.FlagSet {
	f := flag.NewFlagSet("briefbot "+c.name, flag.ContinueOnError)
	f.SetOutput(c.stderr)
	if config != nil {
		f.StringVar(config, "config", "config.yaml", "the configuration `file`")
	}
	return f
}

// parse reads the flags; anything wrong with them has been printed.
func (c *invocation) parse(f *flag.FlagSet) ([]string, error) {
	err := f.Parse(c.args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		err = &exit{code: exitUsage}
	}
	return f.Args(), err
}
