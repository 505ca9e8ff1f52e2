package main

import (
	"context"
	"fmt"

	"briefbot/bot"
)

// why tells from the records why a story was posted, or not.
func why(ctx context.Context, c *invocation) error {
	var file string
	args, err := c.parse(c.flags(&file))
	if err != nil {
		return err
	}
	if len(args) < 1 || len(args) > 2 {
		return usageError("why takes a story, and a channel if only that is meant")
	}
	conf, err := loadConfig(file)
	if err != nil {
		return err
	}
	all, err := bot.Why(ctx, conf.Data, args[0], append(args, "")[1])
	if err != nil {
		return hint(err, conf.Data)
	}
	for _, sentence := range all {
		fmt.Fprintln(c.stdout, sentence)
	}
	return nil
}
