package discord

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

const manageChannels = 1 << 4

// Who may change a channel's settings is what Discord says at the moment of the
// question; of another channel of the server, too.
func TestManages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	talk, secret := w.channel("talk", "text"), w.channel("secret", "text")
	thread, err := w.api.AddThread(talk, "the ferry")
	ok(err)
	w.api.AddUser("bea")
	ok(w.api.SetMember("bea", manageChannels|1<<10))
	ok(w.api.SetMemberIn("bea", secret, 0, manageChannels))
	w.api.AddUser("cyd")
	ok(w.api.SetMember("cyd", 1<<3))
	w.api.AddUser("dee")
	ok(w.api.SetMemberIn("dee", talk, manageChannels, 0))
	elsewhere := w.api.AddGuild("Elsewhere")
	far, err := w.api.AddChannel(elsewhere, "far", "text")
	ok(err)
	ok(w.api.LeaveGuild("dee", elsewhere))
	ok(w.api.LeaveGuild("bea", elsewhere))
	w.start()

	n := 0
	in := func(user, channel string) brief.Asker {
		t.Helper()
		ok(w.api.Say(t.Context(), user, channel, "/latest", ""))
		n++
		w.until("the question", func() bool { return len(w.desk.questions()) >= n })
		return w.desk.questions()[n-1].Asker
	}
	dm := func(user string) (string, brief.Asker) {
		t.Helper()
		id, err := w.api.OpenDM(user)
		ok(err)
		return id, in(user, id)
	}
	ada, bea, cyd, dee := in("ada", w.news), in("bea", w.news), in("cyd", w.news), in("dee", w.news)
	deeInTalk := in("dee", talk)
	home, atHome := dm("cyd")
	_, beaAtHome := dm("bea")
	bots, others := atHome.(asker), atHome.(asker)
	others.private = false // as in a message between others, where the bot was taken along
	for _, tt := range []struct {
		name    string
		asker   brief.Asker
		channel string
		want    bool
	}{
		{"a member", ada, w.news, false},
		{"a member, of another channel", ada, talk, false},
		{"a manager", bea, w.news, true},
		{"a manager, of another channel", bea, talk, true},
		{"a manager, of a thread", bea, thread, true},
		{"a manager, of a channel that takes the right away", bea, secret, false},
		{"a manager, of another server's channel", bea, far, false},
		{"an administrator", cyd, w.news, true},
		{"an administrator, of a channel that takes nothing from them", cyd, secret, true},
		{"an administrator, of another server's channel", cyd, far, false},
		{"who manages another channel", dee, w.news, false},
		{"who manages another channel, of that", dee, talk, true},
		{"who manages that channel", deeInTalk, talk, true},
		{"who manages that channel, of the others", deeInTalk, w.news, false},
		{"in private", bots, home, true},
		{"in private between others", others, home, false},
		{"in private, of a server's channel", atHome, w.news, true},
		{"in private, of a server that is not the asker's", beaAtHome, far, false},
		{"in private, of another's private chat", beaAtHome, home, false},
		{"a channel that is not there", cyd, "99", false},
	} {
		got, err := tt.asker.Manages(t.Context(), store.Chat{Platform: store.Discord, ID: tt.channel})
		if err != nil || got != tt.want {
			t.Errorf("%s: manages %v, %v", tt.name, got, err)
		}
	}
	if yes, _ := bea.Manages(t.Context(), store.Chat{Platform: store.Telegram, ID: w.news}); yes {
		t.Error("manages a chat of another platform")
	}
	w.api.Fault(sandbox.Fault{Failure: sandbox.Unavailable, Method: "read", Chat: talk})
	if yes, err := bea.Manages(t.Context(), store.Chat{Platform: store.Discord, ID: talk}); yes || err == nil {
		t.Errorf("while Discord fails: %v, %v", yes, err)
	}
}

// A channel is found by its mention, id or address, if the asker sees it; and
// what the bot lacks there is said.
func TestFindChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	i := &discordgo.Interaction{GuildID: w.guild, ChannelID: w.news}
	ada := w.d.asker(i, w.ada)
	secret, mute, hidden := w.channel("secret", "text"), w.channel("mute", "text"), w.channel("hidden", "text")
	for _, err := range []error{
		w.api.SetMemberIn(w.ada, secret, 0, 1<<10),
		w.api.SetPermissions(mute, 1<<10|1<<16), w.api.SetPermissions(hidden, 0),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, want string
		lacks      []brief.Phrase
	}{
		{"<#" + w.news + ">", w.news, nil},
		{w.news, w.news, nil},
		{"https://discord.com/channels/" + w.guild + "/" + w.news + "/1", w.news, nil},
		{mute, mute, []brief.Phrase{brief.LackSend, brief.LackEmbed}},
		{secret, "", nil}, {hidden, "", nil}, {"99", "", nil}, {"#news", "", nil}, {"", "", nil}, {"<#1>x", "", nil},
	} {
		place, err := ada.Find(t.Context(), tt.name)
		if tt.want == "" {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q: found %+v, %v", tt.name, place, err)
			}
			continue
		}
		if want := (store.Chat{Platform: store.Discord, ID: tt.want}); err != nil || place.Chat != want || place.Guild != w.guild {
			t.Errorf("%q: found %+v, %v", tt.name, place, err)
		}
		if lacks, err := ada.Lacks(t.Context(), place.Chat); err != nil || !slices.Equal(lacks, tt.lacks) {
			t.Errorf("%q: lacks %q, %v", tt.name, lacks, err)
		}
	}
}

// The private chat with whoever asks is opened, and is the one that they see.
func TestHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	i := &discordgo.Interaction{GuildID: w.guild, ChannelID: w.news}
	c, err := w.d.asker(i, w.ada).Home(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	dm, err := w.api.OpenDM(w.ada)
	if err != nil || !reflect.DeepEqual(c, store.Chat{Platform: store.Discord, ID: dm}) {
		t.Errorf("got %+v, want %s (%v)", c, dm, err)
	}
	if _, err := w.d.asker(i, "99").Home(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody's: %v", err)
	}
}
