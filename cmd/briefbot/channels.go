package main

import (
	"context"
	"fmt"
	"regexp"
	"text/tabwriter"

	"briefbot/bot"
	"briefbot/store"
)

// channels lists the channels and how they stand.
func channels(ctx context.Context, c *invocation) error {
	conf, err := c.configured()
	if err != nil {
		return err
	}
	all, err := bot.Channels(ctx, conf.Data)
	if err != nil {
		return hint(err, conf.Data)
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", oneLine(s.Channel.Name), origins[s.Channel.Origin], oneLine(s.Channel.Schedule), oneLine(s.Place.Name), oneLine(stands(s)))
	}
	return w.Flush()
}

// origins say who made a channel.
var origins = map[store.Origin]string{store.FromConfig: "configured", store.FromChat: "subscribed", store.FromReader: "a reader's"}

// stands says how a channel stands.
func stands(s bot.ChannelState) string {
	switch {
	case s.Channel.Waiting:
		return "waits: briefbot approve " + s.Channel.Name
	case !s.Pause.Since.IsZero():
		return fmt.Sprintf("its chat is gone since %s: %s", s.Pause.Since.UTC().Format("2 January 2006"), s.Pause.Reason)
	case s.Channel.Paused:
		return "paused from its chat"
	}
	return "is posted to"
}

// negative is a Telegram group's id, which looks like a flag.
var negative = regexp.MustCompile(`^-\d+$`)

// approve lets a channel begin that waits for it.
func approve(ctx context.Context, c *invocation) error {
	var file string
	for i, arg := range c.args {
		if negative.MatchString(arg) {
			c.args[i] = "telegram:" + arg
		}
	}
	args, err := c.parse(c.flags(&file))
	if err != nil {
		return err
	}
	if len(args) != 1 {
		return usageError("approve takes a channel, as briefbot channels lists them")
	}
	conf, err := loadConfig(file)
	if err != nil {
		return err
	}
	name, err := bot.Approve(ctx, conf.Data, args[0])
	if err != nil {
		return hint(err, conf.Data)
	}
	fmt.Fprintf(c.stdout, "%s is approved: its chat gets the newest story, and all that come\n", name)
	return nil
}
