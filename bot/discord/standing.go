package discord

import (
	"context"

	"github.com/bwmarrin/discordgo"

	"briefbot/store"
)

// Channels in which the bot could not post are paused. What Discord tells of
// servers, channels and rights says when to try again.

// watchStanding hands on what tells that a channel may be had again. The events
// come on the connection's own goroutine, which must not wait for the store.
func (d *Discord) watchStanding(s *discordgo.Session, handlers *crew) {
	later := func(guild, channel string) {
		handlers.run(func(ctx context.Context) { d.tryPaused(ctx, guild, channel) })
	}
	s.AddHandler(func(_ *discordgo.Session, g *discordgo.GuildCreate) {
		if g.Guild != nil && !g.Unavailable {
			later(g.ID, "")
		}
	})
	s.AddHandler(func(_ *discordgo.Session, r *discordgo.GuildRoleUpdate) {
		if r.GuildRole != nil {
			later(r.GuildID, "")
		}
	})
	s.AddHandler(func(_ *discordgo.Session, c *discordgo.ChannelUpdate) {
		if c.Channel != nil {
			later("", c.ID)
		}
	})
	s.AddHandler(func(_ *discordgo.Session, c *discordgo.ThreadUpdate) {
		if c.Channel != nil {
			later("", c.ID)
		}
	})
	s.AddHandler(func(_ *discordgo.Session, g *discordgo.GuildDelete) {
		if g.Guild != nil && !g.Unavailable {
			d.log.Warn("the bot was removed from a server", "guild", g.ID)
		}
	})
}

// tryPaused tries what is paused in the guild, or is the channel.
func (d *Discord) tryPaused(ctx context.Context, guild, channel string) {
	if d.stand == nil {
		return
	}
	paused, err := d.stand.Paused(ctx, store.Discord)
	for _, p := range paused {
		if p.Trial || p.Chat.ID != channel && (guild == "" || p.Guild != guild) {
			continue
		}
		d.log.Info("paused channel is tried", "channel", p.Chat.ID, "paused_since", p.Since)
		if _, err = d.stand.ResumeChat(ctx, p.Chat, true); err != nil {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		d.log.Error("paused channels are not tried", "err", err)
	}
}
