package sandbox

// The bits of permissions that the stand-in looks at.
const (
	permAdmin                = 1 << 3
	permManageChannels       = 1 << 4
	permView                 = 1 << 10
	permSend                 = 1 << 11
	permManageMessages       = 1 << 13
	permEmbed                = 1 << 14
	permHistory              = 1 << 16
	permMentionEveryone      = 1 << 17
	permCommands             = 1 << 31
	permManageThreads        = 1 << 34
	permCreatePublicThreads  = 1 << 35
	permCreatePrivateThreads = 1 << 36
	permSendInThreads        = 1 << 38

	// permsOfBot is what a bot of this sort is invited with.
	permsOfBot int64 = permView | permSend | permEmbed | permHistory | permCreatePublicThreads | permSendInThreads
	// permsOfMembers is what everybody has in an ordinary guild.
	permsOfMembers int64 = permView | permSend | permEmbed | permHistory | permCommands | permCreatePublicThreads | permSendInThreads
	// permsAll is every bit that there is.
	permsAll int64 = 1<<53 - 1
)

func has(rights, bit int64) bool { return rights&permAdmin != 0 || rights&bit == bit }

// roles are those of a guild: everybody's, which has the guild's own id, the
// bot's, those of users who may do more, and those that are there to be mentioned.
func (d *Discord) roles(g *dcGuild) []any {
	all := []any{
		showRole(g.ID, "@everyone", permsOfMembers, 0, false, false),
		showRole(g.role, d.me.Username, permsOfBot, 1, true, false),
	}
	for _, u := range d.users {
		if u.role != "" {
			all = append(all, showRole(u.role, "of "+u.Username, u.permissions, len(all), false, false))
		}
	}
	for _, r := range g.roles {
		all = append(all, showRole(r.id, r.name, 0, len(all), false, r.mentionable))
	}
	return all
}

// rights is what the bot may do in a channel.
func (d *Discord) rights(c *dcChannel) int64 {
	switch {
	case c.permissions != nil:
		return *c.permissions
	case c.parent != nil:
		return d.rights(c.parent)
	case c.guild == nil:
		return permView | permSend | permEmbed | permHistory
	}
	return permsOfBot
}

// hasBot says whether the bot is a member where the channel is.
func (c *dcChannel) hasBot() bool {
	return c.Type != dcGroupDM && (c.guild == nil || !c.guild.away)
}

// reach finds a channel that the bot sees.
func (d *Discord) reach(id string) (*dcChannel, *dcError) {
	c := d.channels[id]
	switch {
	case c == nil:
		return nil, errUnknownChannel
	case !c.hasBot(), !has(d.rights(c), permView):
		return nil, errMissingAccess
	}
	return c, nil
}

// maySend says what keeps the bot from writing into a channel; a thread is
// taken out of the archive by a message.
func (d *Discord) maySend(c *dcChannel) *dcError {
	rights := d.rights(c)
	switch {
	case c.Type == dcForum:
		return errNoText
	case c.Type == dcDM && c.Recipients[0].closed:
		return errClosedDMs
	case c.isThread() && !has(rights, permSendInThreads), !c.isThread() && !has(rights, permSend):
		return errMissingRights
	case c.Thread != nil && c.Thread.Locked && !has(rights, permManageThreads):
		return errLocked
	}
	return nil
}
