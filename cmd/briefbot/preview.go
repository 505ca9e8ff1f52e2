package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"briefbot/bot"
	"briefbot/bot/brief"
	"briefbot/bot/intake"
	"briefbot/store"
)

// preview shows what each platform would post of stories, from files, addresses
// or a source of the configuration. The store is not touched.
func preview(ctx context.Context, c *invocation) error {
	var file, format, source string
	var private bool
	f := c.flags(&file)
	f.StringVar(&format, "format", "text", "`text`: the posts as they are read; json: the stories themselves, one a line")
	f.StringVar(&source, "source", "", "the stories that the source of this `name` gives now")
	f.BoolVar(&private, "allow-private", false, "fetch an address from loopback and private networks too")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) == 0 && source == "" {
		return usageError("preview takes story files or addresses, or --source NAME")
	}
	if format != "text" && format != "json" {
		return usageError("--format %s: want text or json", format)
	}
	done, wrong := len(args), 0
	tell := func(err error) {
		fmt.Fprintln(c.stderr, "briefbot:", err)
		wrong++
	}
	for _, path := range args {
		var stories []store.Story
		var warnings []intake.Warning
		if isAddress(path) {
			stories, err = bot.LookAt(ctx, path, private)
			warnings = intake.Lint(path, nil, stories)
		} else {
			stories, warnings, err = intake.LintFile(path)
		}
		if err != nil {
			tell(err)
		}
		if err := show(c, stories, warnings, format); err != nil {
			return err
		}
	}
	if source != "" {
		conf, err := loadConfig(file)
		if err != nil {
			return err
		}
		stories, problems, err := bot.Look(ctx, conf, source)
		if err != nil {
			return err
		}
		for _, p := range problems {
			tell(p)
		}
		var warnings []intake.Warning
		for _, s := range stories {
			warnings = append(warnings, intake.Lint(s.ID, nil, []store.Story{s})...)
		}
		if err := show(c, stories, warnings, format); err != nil {
			return err
		}
		done += len(stories) + len(problems)
	}
	return someFailed(wrong, done)
}

// isAddress reports whether an argument is an address on the web, and no file.
func isAddress(arg string) bool {
	return strings.HasPrefix(arg, "https://") || strings.HasPrefix(arg, "http://")
}

// show prints stories, and on stderr what may be wrong with them.
func show(c *invocation, stories []store.Story, warnings []intake.Warning, format string) error {
	for _, w := range warnings {
		fmt.Fprintln(c.stderr, "briefbot: warning:", w)
	}
	languages, err := brief.LoadLanguages()
	if err != nil {
		return err
	}
	for _, s := range stories {
		if format == "json" {
			if err := writeLine(c.stdout, s); err != nil {
				return err
			}
			continue
		}
		for _, p := range bot.Preview(languages, s) {
			if _, err := fmt.Fprintf(c.stdout, "── %s ──\n\n%s\n", p.Name, p.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeLine writes a story as one line of JSON.
func writeLine(w io.Writer, s store.Story) error {
	var b bytes.Buffer
	if err := json.Compact(&b, intake.WriteJSON(s)); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}
