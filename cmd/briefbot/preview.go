package main

import (
	"context"
	"fmt"
	"io"

	"briefbot/bot"
	"briefbot/bot/intake"
)

// preview shows what each platform would post of stories in files.
func preview(_ context.Context, c *invocation) error {
	var format string
	f := c.flags(nil)
	f.StringVar(&format, "format", "text", "`text`: the posts as they are read; json: the stories themselves")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usageError("preview takes story files")
	}
	if format != "text" && format != "json" {
		return usageError("--format %s: want text or json", format)
	}
	wrong := 0
	for _, path := range args {
		if err := previewFile(c.stdout, path, format); err != nil {
			fmt.Fprintln(c.stderr, "briefbot:", err)
			wrong++
		}
	}
	switch {
	case wrong == 0:
		return nil
	case wrong < len(args):
		return &exit{code: exitPartial}
	}
	return &exit{code: exitFailed}
}

func previewFile(w io.Writer, path, format string) error {
	s, err := intake.ReadFile(path)
	if err != nil {
		return err
	}
	if format == "json" {
		_, err := w.Write(intake.WriteJSON(s))
		return err
	}
	for _, p := range bot.Preview(s) {
		fmt.Fprintf(w, "── %s ──\n\n%s\n", p.Name, p.Text)
	}
	return nil
}
