package main

import (
	"context"
	"fmt"

	"briefbot/bot/intake"
)

// lint names what an editor may want to look at in story files.
func lint(_ context.Context, c *invocation) error {
	args, err := c.parse(c.flags(nil))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usageError("lint takes files or folders")
	}
	files, err := intake.StoryFiles(args)
	if err != nil {
		return err
	}
	stories, warnings, wrong := 0, 0, 0
	for _, f := range files {
		all, found, err := intake.LintFile(f.Path)
		if err != nil {
			fmt.Fprintln(c.stdout, err)
			wrong++
		}
		for _, w := range found {
			fmt.Fprintln(c.stdout, w)
		}
		stories, warnings = stories+len(all), warnings+len(found)
	}
	fmt.Fprintf(c.stdout, "%s, %s, %s\n", count(stories, "story"), count(warnings, "warning"), count(wrong, "mistake"))
	if warnings+wrong > 0 {
		return &exit{code: exitFailed}
	}
	return nil
}
