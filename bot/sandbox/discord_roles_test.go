package sandbox

import (
	"fmt"
	"testing"

	"github.com/bwmarrin/discordgo"
)

// A role is pinged by who may, if the message says so, and when it is new.
func TestRolePings(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	readers := w.must(w.AddRole(w.guild, "Readers", true))
	crew := w.must(w.AddRole(w.guild, "Crew", false))
	content := fmt.Sprintf("<@&%s> <@&%s> <@%s> @everyone", readers, crew, w.reader)
	only := func(roles ...string) *discordgo.MessageAllowedMentions {
		return &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}, Roles: roles}
	}
	for _, tt := range []struct {
		name    string
		allowed *discordgo.MessageAllowedMentions
		rights  int64
		want    []string
	}{
		{"nothing said", nil, permsOfBot, []string{w.reader, readers}},
		{"none", only(), permsOfBot, nil},
		{"the one", only(readers), permsOfBot, []string{readers}},
		{"one that the bot may not mention", only(crew), permsOfBot, nil},
		{"one that it may", only(crew), permsOfBot | permMentionEveryone, []string{crew}},
		{"all roles", &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{discordgo.AllowedMentionTypeRoles}}, permsOfBot, []string{readers}},
	} {
		w.ok(w.SetPermissions(w.text, tt.rights))
		m, err := w.bot.ChannelMessageSendComplex(w.text, &discordgo.MessageSend{Content: content, AllowedMentions: tt.allowed})
		w.ok(err)
		all := w.Transcript()
		if got := all[len(all)-1].Pings; fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s pings %v, want %v", tt.name, got, tt.want)
		}
		_, err = w.bot.ChannelMessageEdit(w.text, m.ID, content+" once more")
		w.ok(err)
		all = w.Transcript()
		if got := all[len(all)-1].Pings; got != nil {
			t.Errorf("%s: an edit pings %v", tt.name, got)
		}
	}
	_, err := w.bot.ChannelMessageSendComplex(w.text, &discordgo.MessageSend{Content: content,
		AllowedMentions: &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{discordgo.AllowedMentionTypeRoles}, Roles: []string{readers}}})
	wantCode(t, err, 400, 50035)
	g, err := w.bot.Guild(w.guild)
	w.ok(err)
	if len(g.Roles) != 4 || g.Roles[2].ID != readers || !g.Roles[2].Mentionable || g.Roles[3].Mentionable {
		t.Errorf("the guild's roles: %+v", g.Roles)
	}
	if names := w.Chats(w.reader)[0].Roles; names[readers] != "Readers" {
		t.Errorf("the page is told of %v", names)
	}
}
