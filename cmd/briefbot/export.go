package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"briefbot/bot"
	"briefbot/bot/intake"
	"briefbot/store"
)

// export writes stories of the store in one of the forms in which they can be
// read again.
func export(ctx context.Context, c *invocation) error {
	var file, name, out string
	var schema bool
	f := c.flags(&file)
	f.StringVar(&name, "format", "text", "`form` of the stories: "+formatNames())
	f.StringVar(&out, "out", "", "write a file for each story into this `folder`; left out: all to the standard output")
	f.BoolVar(&schema, "schema", false, "print the JSON Schema of a story, and nothing else")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if schema {
		_, err := c.stdout.Write(intake.Schema)
		return err
	}
	all := intake.Formats()
	at := slices.IndexFunc(all, func(f intake.Format) bool { return f.Name == name })
	if at < 0 {
		return usageError("--format %s: want %s", name, formatNames())
	}
	conf, err := loadConfig(file)
	if err != nil {
		return err
	}
	if out != "" {
		return hint(exportFiles(ctx, c.stdout, conf.Data, args, all[at], out), conf.Data)
	}
	n := 0
	return hint(bot.Stories(ctx, conf.Data, args, func(e store.Entry) error {
		n++
		return exportTo(c.stdout, all[at], e.Story, n)
	}), conf.Data)
}

func formatNames() string {
	var names []string
	for _, f := range intake.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// exportTo writes the nth story to one stream with the others: JSON as one line
// each, YAML as documents, the others with a rule between them.
func exportTo(w io.Writer, f intake.Format, s store.Story, n int) error {
	if f.Name == "json" {
		return writeLine(w, s)
	}
	if n > 1 {
		rule := "\n----------\n\n"
		if f.Name == "yaml" {
			rule = "---\n"
		}
		if _, err := io.WriteString(w, rule); err != nil {
			return err
		}
	}
	_, err := w.Write(f.Write(s))
	return err
}

// exportFiles writes each story into a file of its own, which is new or held
// this story before.
func exportFiles(ctx context.Context, w io.Writer, data string, names []string, f intake.Format, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	n := 0
	err := bot.Stories(ctx, data, names, func(e store.Entry) error {
		n++
		path := filepath.Join(out, fileName(e)+f.Ext)
		if err := os.WriteFile(path, f.Write(e.Story), fs.FileMode(0o644)); err != nil {
			return fmt.Errorf("write story %s: %w", e.Story.ID, err)
		}
		return nil
	})
	if err == nil || n > 0 {
		_, printed := fmt.Fprintf(w, "%s in %s\n", count(n, "story"), out)
		err = errors.Join(err, printed)
	}
	return err
}

// fileName names a story's file by its headline, and by its short id, which no
// other has.
func fileName(e store.Entry) string {
	return strings.TrimPrefix(intake.Slug(e.Story.Headline)+"-"+e.Short, "-")
}
