package discord

import (
	"context"
	"errors"
	"net/http"
	"regexp"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

// asker is what Discord knows of who sent an interaction.
type asker struct {
	*Discord
	user    string
	channel string
	guild   string // empty in private
	private bool   // the channel is the bot's own with the asker
	may     int64  // the asker's permissions in the channel
}

func (d *Discord) asker(i *discordgo.Interaction, user string) asker {
	a := asker{Discord: d, user: user, channel: i.ChannelID, guild: i.GuildID}
	if i.Member != nil {
		a.may = i.Member.Permissions
	}
	// A message to the bot, and not one between others, of whom one took the bot
	// along.
	a.private = i.GuildID == "" && i.Context == discordgo.InteractionContextBotDM
	return a
}

// manages reports whether permissions are those of one who manages a channel.
func manages(may int64) bool {
	const both = discordgo.PermissionViewChannel | discordgo.PermissionManageChannels
	return may&discordgo.PermissionAdministrator != 0 || may&both == both
}

// Manages reports whether the asker has Manage Channels in a channel. Of the one
// that the question came from, the interaction tells it.
func (a asker) Manages(ctx context.Context, c store.Chat) (bool, error) {
	switch {
	case c.Platform != store.Discord || a.user == "":
		return false, nil
	case c.ID == a.channel:
		return a.private || a.guild != "" && manages(a.may), nil
	}
	_, may, err := a.rights(ctx, a.user, c.ID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return manages(may), err
}

// rights reckons what a user may do in a channel: of the server that the
// question came from, or, if it came in private, of one in which the asker is
// too.
func (a asker) rights(ctx context.Context, user, id string) (discordgo.Channel, int64, error) {
	var channel discordgo.Channel
	if err := a.own(ctx, "GET", discordgo.EndpointChannel(id), nil, &channel); err != nil {
		return channel, 0, absent(err)
	}
	if channel.GuildID == "" || a.guild != "" && channel.GuildID != a.guild {
		return channel, 0, store.ErrNotFound
	}
	e := examination{a.Discord, user, discordgo.NewState()}
	if _, err := e.guild(ctx, channel.GuildID); err != nil {
		return channel, 0, absent(err)
	}
	may, err := e.rights(ctx, channel)
	return channel, may, absent(err)
}

// absent turns Discord's word that there is no such thing, or none that the bot
// may see, into store.ErrNotFound.
func absent(err error) error {
	var api *apiError
	if errors.As(err, &api) && !api.Page {
		switch api.Status {
		case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
			return store.ErrNotFound
		}
	}
	return err
}

// named is how a channel is named: as it stands in a message, by its id, or by
// its address.
var named = regexp.MustCompile(`^(?:<#(\d{1,20})>|(\d{1,20})|https://(?:\w+\.)?discord(?:app)?\.com/channels/\d{1,20}/(\d{1,20})(?:/\d{1,20})?)$`)

// Find gives the channel that is named, if the asker sees it.
func (a asker) Find(ctx context.Context, name string) (store.Place, error) {
	m := named.FindStringSubmatch(name)
	if m == nil {
		return store.Place{}, store.ErrNotFound
	}
	channel, may, err := a.rights(ctx, a.user, m[1]+m[2]+m[3])
	if err == nil && may&(discordgo.PermissionViewChannel|discordgo.PermissionAdministrator) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Place{}, err
	}
	return store.Place{
		Chat: store.Chat{Platform: store.Discord, ID: channel.ID}, Kind: kindOf(channel.Type), Name: channel.Name, Guild: channel.GuildID,
	}, nil
}

// Home opens the private chat with the asker.
func (a asker) Home(ctx context.Context) (store.Chat, error) {
	if a.private {
		return store.Chat{Platform: store.Discord, ID: a.channel}, nil
	}
	var c struct {
		ID string `json:"id"`
	}
	open := map[string]string{"recipient_id": a.user}
	if err := a.own(ctx, "POST", discordgo.EndpointUserChannels("@me"), open, &c); err != nil {
		return store.Chat{}, absent(err)
	}
	if c.ID == "" {
		return store.Chat{}, store.ErrNotFound
	}
	return store.Chat{Platform: store.Discord, ID: c.ID}, nil
}

// lacking says each right that a post needs to the reader.
var lacking = map[int64]brief.Phrase{
	mayView.bit: brief.LackView, maySend.bit: brief.LackSend, maySendIn.bit: brief.LackSendIn, mayEmbed.bit: brief.LackEmbed, mayReadBack.bit: brief.LackHistory,
}

// Lacks names the rights that the bot lacks in a channel.
func (a asker) Lacks(ctx context.Context, c store.Chat) ([]brief.Phrase, error) {
	if a.private && c.ID == a.channel {
		return nil, nil
	}
	bot, err := a.Discord.user(ctx)
	if err != nil {
		return nil, err
	}
	channel, may, err := a.rights(ctx, bot, c.ID)
	if err != nil {
		return nil, err
	}
	var all []brief.Phrase
	for _, r := range needs[kindOf(channel.Type)] {
		if may&(r.bit|discordgo.PermissionAdministrator) == 0 {
			all = append(all, lacking[r.bit])
		}
	}
	return all, nil
}
