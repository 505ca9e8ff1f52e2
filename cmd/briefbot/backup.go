package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"briefbot/bot"
)

// backup writes a backup of the data while no bot runs.
func backup(ctx context.Context, c *invocation) error {
	conf, err := c.configured()
	if err != nil {
		return err
	}
	st, err := bot.OpenStore(ctx, conf.Data)
	if err != nil {
		return hint(err, conf.Data)
	}
	defer st.Close()
	path, err := bot.Backup(st, conf.Data, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, path)
	return nil
}

// restore brings a backup back.
func restore(ctx context.Context, c *invocation) error {
	var file string
	args, err := c.parse(c.flags(&file))
	if err != nil {
		return err
	}
	conf, err := loadConfig(file)
	if err != nil {
		return err
	}
	var from string
	switch len(args) {
	case 0:
		all, err := bot.Backups(conf.Data)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return errors.New("there is no backup in " + conf.Data + ": name one: briefbot restore BACKUP")
		}
		from = all[len(all)-1]
	case 1:
		from = args[0]
	default:
		return usageError("restore takes one backup")
	}
	kept, err := bot.Restore(ctx, conf.Data, from, time.Now())
	if err != nil {
		return hint(err, conf.Data)
	}
	fmt.Fprintf(c.stdout, "restored %s; what was there is kept as %s\n", from, kept)
	return nil
}
