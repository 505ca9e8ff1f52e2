package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// dcRole is a role that is there to be mentioned.
type dcRole struct {
	id, name    string
	mentionable bool // by everybody
}

// AddRole makes a role in a guild and returns its id. One that is not
// mentionable only they can mention who may mention everyone.
func (d *Discord) AddRole(guild, name string, mentionable bool) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guild(guild)
	if g == nil {
		return "", fmt.Errorf("no guild %s", guild)
	}
	r := &dcRole{d.newID(), name, mentionable}
	g.roles = append(g.roles, r)
	d.dispatch(intentGuilds, g.ID, "GUILD_ROLE_CREATE", func() any {
		return map[string]any{"guild_id": g.ID, "role": showRole(r.id, r.name, 0, len(g.roles)+1, false, r.mentionable)}
	})
	return r.id, nil
}

func showRole(id, name string, rights int64, position int, managed, mentionable bool) map[string]any {
	return map[string]any{
		"id": id, "name": name, "permissions": fmt.Sprint(rights), "position": position, "color": 0,
		"colors": map[string]any{"primary_color": 0, "secondary_color": nil, "tertiary_color": nil},
		"hoist":  false, "managed": managed, "mentionable": mentionable, "icon": nil, "unicode_emoji": nil, "flags": 0,
	}
}

// mention finds out whom a message pings: with no allowed_mentions everybody
// whom its content names.
func (d *Discord) mention(m *dcMessage, allowed *dcAllowedMentions, rights int64) {
	may := func(kind string) bool { return allowed == nil || slices.Contains(allowed.Parse, kind) }
	content := m.Content
	eachComponent(m.Components, func(c *dcComponent) {
		if c.Content != "" {
			content += "\n" + c.Content
		}
	})
	m.Mentions, m.MentionRoles = []*dcUser{}, []string{}
	m.MentionEveryone = may("everyone") && has(rights, permMentionEveryone) &&
		(strings.Contains(content, "@everyone") || strings.Contains(content, "@here"))
	if !strings.Contains(content, "<@") {
		return // nobody is named: most messages, and there may be thousands of users
	}
	for _, u := range d.users {
		if !strings.Contains(content, "<@"+u.ID+">") && !strings.Contains(content, "<@!"+u.ID+">") {
			continue
		}
		if may("users") || slices.Contains(allowed.Users, u.ID) {
			m.Mentions = append(m.Mentions, u)
		}
	}
	slices.SortFunc(m.Mentions, func(a, b *dcUser) int { return compareIDs(a.ID, b.ID) })
	if m.channel.guild == nil {
		return
	}
	for _, r := range m.channel.guild.roles {
		if strings.Contains(content, "<@&"+r.id+">") && (may("roles") || slices.Contains(allowed.Roles, r.id)) &&
			(r.mentionable || has(rights, permMentionEveryone)) {
			m.MentionRoles = append(m.MentionRoles, r.id)
		}
	}
}

// checkMentions refuses what contradicts itself.
func checkMentions(a *dcAllowedMentions) *dcError {
	if a == nil {
		return nil
	}
	f := &formErrors{}
	for kind, ids := range map[string][]string{"users": a.Users, "roles": a.Roles} {
		if slices.Contains(a.Parse, kind) && len(ids) > 0 {
			f.add("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", fmt.Sprintf("parse:[%q] and %s: [ids...] are mutually exclusive.", kind, kind))
		}
		if len(ids) > 100 {
			f.count("allowed_mentions."+kind, len(ids), 0, 100)
		}
	}
	return f.err()
}

// pings names whom a new message pings.
func (m *dcMessage) pings() []string {
	var all []string
	if m.MentionEveryone {
		all = append(all, "@everyone")
	}
	for _, u := range m.Mentions {
		all = append(all, u.ID)
	}
	return append(all, m.MentionRoles...)
}

// roleNames are the names of a guild's roles that can be mentioned, by id.
func (g *dcGuild) roleNames() map[string]string {
	names := map[string]string{}
	for _, r := range g.roles {
		names[r.id] = r.name
	}
	return names
}
