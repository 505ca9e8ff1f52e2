package discord

import (
	"context"
	"fmt"

	"github.com/bwmarrin/discordgo"

	"briefbot/store"
)

// channelInfo is what is read of a channel.
type channelInfo struct {
	ID    string `json:"id"`
	Type  int    `json:"type"`
	Name  string `json:"name"`
	Guild string `json:"guild_id"`
	Flags int    `json:"flags"`
	Last  string `json:"last_message_id"`
	Tags  []struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Moderated bool   `json:"moderated"` // only moderators may use it
	} `json:"available_tags"`
}

func (d *Discord) channel(ctx context.Context, id string) (channelInfo, error) {
	var c channelInfo
	address := discordgo.EndpointChannel(id)
	return c, d.request(ctx, "GET", address, nil, &c)
}

// Resolve asks what sort of channel it is.
func (d *Discord) Resolve(ctx context.Context, c store.Chat) (store.Place, store.Verdict) {
	info, err := d.channel(ctx, c.ID)
	if err != nil {
		v := looked(err)
		if v.Outcome == store.Unknown { // the platform said no
			v.Outcome, v.Gone = store.Refused, true
			v.Reason = fmt.Sprintf("channel %s is not to be had: check its id, invite the bot to its server, and give the bot View Channel there: %s", c.ID, v.Reason)
		}
		return store.Place{}, v
	}
	if info.ID == "" {
		return store.Place{}, store.Verdict{Outcome: store.Retry, Reason: "the answer has no channel id"}
	}
	return store.Place{Chat: store.Chat{Platform: store.Discord, ID: info.ID}, Kind: kindOf(discordgo.ChannelType(info.Type)), Name: info.Name, Guild: info.Guild}, store.Verdict{Outcome: store.Delivered}
}

// kindOf is a type of channel as the rest of the program knows it.
func kindOf(t discordgo.ChannelType) store.Kind {
	switch t {
	case discordgo.ChannelTypeDM:
		return store.Private
	case discordgo.ChannelTypeGuildNews:
		return store.DiscordNews
	case discordgo.ChannelTypeGuildForum, discordgo.ChannelTypeGuildMedia:
		return store.DiscordForum
	case discordgo.ChannelTypeGuildNewsThread, discordgo.ChannelTypeGuildPublicThread, discordgo.ChannelTypeGuildPrivateThread:
		return store.DiscordThread
	}
	return store.DiscordText
}
