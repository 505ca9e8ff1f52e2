package sandbox

import (
	"fmt"
	"slices"
	"strconv"
)

// SetMember says what a user may do in guilds: it comes as member.permissions,
// and is a role of the user's own.
func (d *Discord) SetMember(user string, bits int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.user(user)
	if u == nil {
		return fmt.Errorf("no user %s", user)
	}
	u.permissions = bits
	if u.role == "" {
		u.role = d.newID()
	}
	return nil
}

// LetManage makes a user a member of guilds who manages their channels.
func (d *Discord) LetManage(user string) error {
	return d.SetMember(user, permsOfMembers|permManageChannels)
}

// SetMemberIn says what a user may do in one channel and its threads, and what
// not, whatever holds elsewhere.
func (d *Discord) SetMemberIn(user, channel string, allow, deny int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, c := d.user(user), d.channels[channel]
	if u == nil || c == nil || c.guild == nil {
		return fmt.Errorf("no user %s in a channel %s", user, channel)
	}
	c.overwrite(u, allow, deny)
	d.dispatchChannel("CHANNEL_UPDATE", c)
	return nil
}

// LeaveGuild takes a user out of a guild.
func (d *Discord) LeaveGuild(user, guild string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, g := d.user(user), d.guild(guild)
	if u == nil || g == nil {
		return fmt.Errorf("no user %s in a guild %s", user, guild)
	}
	g.strangers = append(g.strangers, u)
	return nil
}

// overwrite puts what a channel allows and denies a user in the place of what it
// did before.
func (c *dcChannel) overwrite(u *dcUser, allow, deny int64) {
	c.PermissionOverwrites = slices.DeleteFunc(c.PermissionOverwrites, func(o dcOverwrite) bool { return o.ID == u.ID })
	c.PermissionOverwrites = append(c.PermissionOverwrites, dcOverwrite{u.ID, 1, fmt.Sprint(allow), fmt.Sprint(deny)})
}

// roles are those that a user has beside everybody's.
func (u *dcUser) roles() []string {
	if u.role == "" {
		return []string{}
	}
	return []string{u.role}
}

// mayIn is what a user may do in a channel; a thread's permissions are those of
// the channel that it belongs to.
func (u *dcUser) mayIn(c *dcChannel) int64 {
	if c.parent != nil {
		return u.mayIn(c.parent)
	}
	may := u.permissions
	for _, o := range c.PermissionOverwrites {
		if o.ID == u.ID && may&permAdmin == 0 {
			allow, _ := strconv.ParseInt(o.Allow, 10, 64)
			deny, _ := strconv.ParseInt(o.Deny, 10, 64)
			may = may&^deny | allow
		}
	}
	return may
}
