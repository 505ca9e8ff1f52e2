package main

import (
	"context"
	"errors"
	"fmt"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/bot/intake"
)

// check looks over the configuration and all story files, and names every
// mistake, and what an editor may want to look at.
func check(_ context.Context, c *invocation) error {
	var file string
	if _, err := c.parse(c.flags(&file)); err != nil {
		return err
	}
	conf, err := loadConfig(file)
	var mistakes config.Errors
	if errors.As(err, &mistakes) {
		for _, m := range mistakes {
			fmt.Fprintln(c.stdout, m)
		}
		fmt.Fprintf(c.stdout, "%s\n", count(len(mistakes), "mistake"))
		return &exit{code: exitFailed}
	}
	if err != nil {
		return err
	}
	stories, warnings, wrong := 0, 0, 0
	for _, s := range conf.Sources {
		if s.Dir == "" { // what is on the network, a check does not ask
			continue
		}
		files, err := intake.StoryFiles([]string{s.Dir})
		if err != nil {
			fmt.Fprintf(c.stdout, "source %s: %v\n", s.Name, err)
			wrong++
			continue
		}
		for _, f := range files {
			all, found, err := intake.LintFile(f.Path)
			if err != nil {
				fmt.Fprintln(c.stdout, err)
				wrong++
			}
			for _, w := range found {
				fmt.Fprintln(c.stdout, "warning:", w)
			}
			stories, warnings = stories+len(all), warnings+len(found)
		}
	}
	if err := brief.CheckLanguage(conf.Language); err != nil {
		fmt.Fprintf(c.stdout, "warning: the bot has no words of its own in language %s: %v\n", conf.Language, err)
		warnings++
	}
	if err := conf.Print(c.stdout); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "\n%s, %s, %s, %s\n", count(len(conf.Channels), "channel"), count(stories, "story"),
		count(warnings, "warning"), count(wrong, "mistake"))
	if wrong > 0 {
		return &exit{code: exitFailed}
	}
	return nil
}

// count puts a number before a word.
func count(n int, word string) string {
	switch {
	case n == 1:
	case word == "story":
		word = "stories"
	default:
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
