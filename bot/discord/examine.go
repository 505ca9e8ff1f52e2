package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"briefbot/store"
)

// right is a permission that a post needs.
type right struct {
	bit  int64
	name string // as Discord's settings have it
	why  string // what goes wrong without it
}

var (
	mayView     = right{discordgo.PermissionViewChannel, "View Channel", "without it the bot can't post"}
	maySend     = right{discordgo.PermissionSendMessages, "Send Messages", "without it the bot can't post"}
	maySendIn   = right{discordgo.PermissionSendMessagesInThreads, "Send Messages in Threads", "without it the bot can't post in threads"}
	mayEmbed    = right{discordgo.PermissionEmbedLinks, "Embed Links", "without it posts are refused, or shown without their text"}
	mayThread   = right{discordgo.PermissionCreatePublicThreads, "Create Public Threads", "without it no thread is begun below posts"}
	mayReadBack = right{discordgo.PermissionReadMessageHistory, "Read Message History", "without it the bot can't find its own post after a crash"}
)

// needs are the permissions that each kind of channel takes. A long post into a
// forum goes on in the thread that it made.
var needs = map[store.Kind][]right{
	store.DiscordText:   {mayView, maySend, mayEmbed, mayReadBack},
	store.DiscordNews:   {mayView, maySend, mayEmbed, mayReadBack},
	store.DiscordForum:  {mayView, maySend, maySendIn, mayEmbed, mayReadBack},
	store.DiscordThread: {mayView, maySendIn, mayEmbed, mayReadBack},
}

// Examine finds out how the bot stands: whether the token is good, and of each
// channel, whether all is there that its posts need. It makes requests that
// read, and does not connect.
func (d *Discord) Examine(ctx context.Context, channels []store.Channel) []store.Finding {
	var me discordgo.User
	if err := d.request(ctx, "GET", discordgo.EndpointUser("@me"), nil, &me); err != nil {
		return []store.Finding{{Grade: store.Wrong, Text: unexamined(err)}}
	}
	all := []store.Finding{d.examineAccount(ctx, me)}
	e := examination{d, me.ID, discordgo.NewState()}
	for _, c := range channels {
		grade, text := e.chat(ctx, c)
		all = append(all, store.Finding{Chat: c.Chat, Grade: grade, Text: text})
	}
	return all
}

// examineAccount says which bot it is and where it was invited to.
func (d *Discord) examineAccount(ctx context.Context, me discordgo.User) store.Finding {
	var guilds []struct{}
	err := d.request(ctx, "GET", discordgo.EndpointUserGuilds("@me"), nil, &guilds)
	who := fmt.Sprintf("the token is good, and the bot is %q (id %s)", me.Username, me.ID)
	switch {
	case err != nil:
		return store.Finding{Grade: store.Wrong, Text: who + ", but which servers it is in is not known: " + unexamined(err)}
	case len(guilds) == 0:
		return store.Finding{Grade: store.Wrong, Text: who + ", but it is in no server: invite it with the link on the page Installation at discord.com/developers/applications"}
	}
	return store.Finding{Grade: store.Well, Text: who}
}

// unexamined says why a question was not answered, and what to do.
func unexamined(err error) string {
	var e *apiError
	if errors.As(err, &e) {
		switch {
		case e.Status == http.StatusUnauthorized:
			return ErrToken.Error()
		case e.Status == http.StatusTooManyRequests:
			return fmt.Sprintf("Discord wants no more requests for %s: ask again after that (%v)", e.After, err)
		case !e.Page && e.Status < 500:
			return fmt.Sprintf("Discord said no: %v", err)
		}
	}
	return fmt.Sprintf("Discord can't be reached: look at the network and at discord.api_url, or ask again later (%v)", err)
}

// examination is one look at many channels, and at what one user may do there.
type examination struct {
	*Discord
	user string
	// known are the servers that were asked for, for the library to reckon
	// with: many channels are in one.
	known *discordgo.State
}

// chat examines where a channel's posts go.
func (e *examination) chat(ctx context.Context, c store.Channel) (store.Grade, string) {
	var channel discordgo.Channel
	if err := e.own(ctx, "GET", discordgo.EndpointChannel(c.Chat.ID), nil, &channel); err != nil {
		return store.Wrong, notFound(c.Chat.ID, err)
	}
	switch channel.Type {
	case discordgo.ChannelTypeDM:
		return store.Well, "private chat"
	case discordgo.ChannelTypeGuildCategory:
		return store.Wrong, fmt.Sprintf("category %q: nothing can be posted in it: take the id of one of its channels", channel.Name)
	}
	guild, err := e.guild(ctx, channel.GuildID)
	if err != nil {
		return store.Wrong, fmt.Sprintf("%s %q, whose server did not tell what the bot may do: %s", describe(channel.Type), channel.Name, unexamined(err))
	}
	what := fmt.Sprintf("%s %q in the server %q", describe(channel.Type), channel.Name, guild.Name)
	may, err := e.rights(ctx, channel)
	if err != nil {
		return store.Wrong, what + ", whose channel did not tell what the bot may do: " + unexamined(err)
	}
	return judge(what, c, channel, guild, may)
}

// rights reckons what the user may do in a channel of a server that is known.
func (e *examination) rights(ctx context.Context, channel discordgo.Channel) (int64, error) {
	// A thread's permissions are those of the channel that it belongs to.
	reckoned := channel
	if channel.IsThread() {
		if err := e.own(ctx, "GET", discordgo.EndpointChannel(channel.ParentID), nil, &reckoned); err != nil {
			return 0, err
		}
	}
	reckoned.PermissionOverwrites = slices.DeleteFunc(reckoned.PermissionOverwrites, func(o *discordgo.PermissionOverwrite) bool { return o == nil })
	if err := e.known.ChannelAdd(&reckoned); err != nil {
		return 0, fmt.Errorf("reckon with the channel: %w", err)
	}
	may, err := e.known.UserChannelPermissions(e.user, reckoned.ID)
	if err != nil {
		return 0, fmt.Errorf("reckon the permissions: %w", err)
	}
	return may, nil
}

// judge says what of all that a channel needs is missing.
func judge(what string, c store.Channel, channel discordgo.Channel, guild *discordgo.Guild, may int64) (store.Grade, string) {
	admin := may&discordgo.PermissionAdministrator != 0
	if t := channel.ThreadMetadata; t != nil && t.Locked && !admin && may&discordgo.PermissionManageThreads == 0 {
		return store.Wrong, what + ": it is locked, so the bot can't post: unlock it, or give the bot Manage Threads"
	}
	kind := kindOf(channel.Type)
	needed := needs[kind]
	if c.Threads && (kind == store.DiscordText || kind == store.DiscordNews) {
		needed = append(slices.Clone(needed), mayThread)
	}
	var missing []string
	for _, r := range needed {
		if !admin && may&r.bit == 0 {
			missing = append(missing, fmt.Sprintf("give the bot %s: %s", r.name, r.why))
		}
	}
	if c.Publish && kind != store.DiscordNews {
		missing = append(missing, "leave out publish: only posts in an announcement channel can be published")
	}
	if wrong := noPing(c.Ping, guild, admin || may&discordgo.PermissionMentionEveryone != 0); wrong != "" {
		missing = append(missing, wrong)
	}
	if len(missing) > 0 {
		return store.Wrong, what + ": " + strings.Join(missing, "; ")
	}
	return store.Well, what + ", with all permissions that posts need"
}

// noPing says why a post's mention of the role would reach nobody; empty if it
// reaches its members, or there is none.
func noPing(role string, guild *discordgo.Guild, mayAll bool) string {
	if role == "" {
		return ""
	}
	at := slices.IndexFunc(guild.Roles, func(r *discordgo.Role) bool { return r.ID == role })
	switch {
	case at < 0:
		return fmt.Sprintf("its server has no role %s: put the id of one at ping, by \"Copy Role ID\"", role)
	case role == guild.ID:
		return "put another role at ping: @everyone can't be mentioned as one"
	case !mayAll && !guild.Roles[at].Mentionable:
		return fmt.Sprintf("allow anyone to mention the role %q, or give the bot Mention @everyone, @here, and All Roles: without it ping reaches nobody", guild.Roles[at].Name)
	}
	return ""
}

// describe names a type of channel for a person.
func describe(t discordgo.ChannelType) string {
	switch t {
	case discordgo.ChannelTypeGuildNews:
		return "announcement channel"
	case discordgo.ChannelTypeGuildMedia:
		return "media channel"
	case discordgo.ChannelTypeGuildVoice:
		return "voice channel"
	}
	if kind := kindOf(t); kind == store.DiscordForum || kind == store.DiscordThread {
		return string(kind)
	}
	return "text channel"
}

// notFound says why a channel is not to be had. Discord does not tell whether
// the bot is not in its server or may not see it.
func notFound(id string, err error) string {
	if hint, ok := gone[codeOf(err)]; ok {
		return fmt.Sprintf("channel %s is not to be had: %s (%v)", id, hint, err)
	}
	return fmt.Sprintf("channel %s was not found: %s", id, unexamined(err))
}

// guild gives a server with its roles, and the user among its members.
func (e *examination) guild(ctx context.Context, id string) (*discordgo.Guild, error) {
	if g, err := e.known.Guild(id); err == nil {
		return g, nil
	}
	var g discordgo.Guild
	if err := e.own(ctx, "GET", discordgo.EndpointGuild(id), nil, &g); err != nil {
		return nil, err
	}
	var m discordgo.Member
	if err := e.own(ctx, "GET", discordgo.EndpointGuildMember(id, e.user), nil, &m); err != nil {
		return nil, err
	}
	if m.User == nil {
		return nil, errors.New("the answer about a member's roles names no member")
	}
	m.GuildID = g.ID
	// The library takes it that nothing in its lists is null.
	g.Members, g.Channels, g.Threads = []*discordgo.Member{&m}, nil, nil
	g.Roles = slices.DeleteFunc(g.Roles, func(r *discordgo.Role) bool { return r == nil })
	return &g, e.known.GuildAdd(&g)
}
