package bot

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot/config"
	"briefbot/bot/sandbox"
	"briefbot/bot/schedule"
	"briefbot/store"
)

// says types a line in a Telegram chat, and waits for the bot's answer to it
// there.
func (w *world) says(user, chat, line, want string) sandbox.Entry {
	w.Helper()
	before := len(w.telegram.Transcript())
	if err := w.telegram.Say(w.Context(), user, chat, line, ""); err != nil {
		w.Fatal(err)
	}
	return w.answered(before, chat, line, want)
}

// answered waits for an answer in a chat, behind so many entries of the
// transcript.
func (w *world) answered(before int, chat, to, want string) (answer sandbox.Entry) {
	w.Helper()
	w.until("the answer to "+to, func() bool {
		for _, e := range w.telegram.Since(before) {
			if e.Chat == chat && strings.Contains(e.Text, want) {
				answer = e
				return true
			}
		}
		return false
	})
	return answer
}

// pressed presses a button of a Telegram message, by its label.
func (w *world) pressed(user string, on sandbox.Entry, label, want string) sandbox.Entry {
	w.Helper()
	data, ok := w.buttonCalled(on.Chat, label)
	if !ok {
		w.Fatalf("no button %q in chat %s", label, on.Chat)
	}
	before := len(w.telegram.Transcript())
	if err := w.telegram.Press(w.Context(), user, on.Chat, data[0], data[1]); err != nil {
		w.Fatal(err)
	}
	return w.answered(before, on.Chat, label, want)
}

// buttonCalled finds the newest message in a Telegram chat that has a button with
// the label: the message's id, and the button's data.
func (w *world) buttonCalled(chat, label string) (found [2]string, ok bool) {
	w.Helper()
	for _, raw := range slices.Backward(w.telegram.Messages(chat)) {
		var m struct {
			ID     json.Number `json:"message_id"`
			Markup struct {
				Rows [][]struct {
					Text string `json:"text"`
					Data string `json:"callback_data"`
				} `json:"inline_keyboard"`
			} `json:"reply_markup"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			w.Fatal(err)
		}
		for _, row := range m.Markup.Rows {
			for _, b := range row {
				if strings.Contains(b.Text, label) {
					return [2]string{m.ID.String(), b.Data}, true
				}
			}
		}
	}
	return found, false
}

// channelsNow are the channels as the operator's command lists them.
func (w *world) channelsNow() map[string]store.Channel {
	w.Helper()
	all, err := Channels(w.Context(), w.folder+"/data")
	if err != nil {
		w.Fatal(err)
	}
	byName := map[string]store.Channel{}
	for _, s := range all {
		byName[s.Channel.Name] = s.Channel
	}
	return byName
}

// On Telegram a group is set up by one of its administrators, and by nobody else;
// it goes on as a supergroup, and a channel is set up from the private chat.
func TestSubscribeOnTelegram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.telegram.SetLoud(true) // the menu stands where others can press its buttons
	w.write("ferry.txt", ferry)
	admin := w.telegram.AddUser("Bea")
	group := w.telegram.AddGroup("Harbour watch")
	w.telegram.SetAdmin(admin, group, true)
	quay := w.telegram.AddChannel("Quay news", "quaynews")
	w.telegram.SetRights(quay, sandbox.TelegramRights{Admin: true})
	w.telegram.SetAdmin(admin, quay, true)
	w.start(w.config(everySecond))
	w.until("the story", func() bool { return len(posts(w.telegram.Transcript(), w.channel)) > 0 })

	w.says(w.reader.telegram, group, "/subscribe", "Only who manages a chat can change that")
	if n := len(w.channelsNow()); n != 3 {
		t.Fatalf("there are %d channels", n)
	}
	w.says(admin, group, "/subscribe", "Settings of this chat")
	w.until("the newest story in the group", func() bool {
		return slices.ContainsFunc(posts(w.telegram.Transcript(), group), func(e sandbox.Entry) bool { return strings.Contains(e.Text, "Night ferry returns") })
	})

	w.write("fog.txt", strings.Replace(ferry, "Night ferry returns to Port Ansel", "Fog over Pell", 1))
	w.until("the next story, as it comes", func() bool {
		return slices.ContainsFunc(posts(w.telegram.Transcript(), group), func(e sandbox.Entry) bool { return strings.Contains(e.Text, "Fog over Pell") })
	})

	// The menu's buttons are for administrators only, too.
	menu := w.says(admin, group, "/settings", "When: as it comes")
	w.pressed(admin, menu, "How", "How: a post for each story")
	w.pressed(w.reader.telegram, menu, "one digest", "Only who manages a chat can change that")
	w.pressed(admin, menu, "one digest", "How: one digest")
	name := "telegram:" + group
	if c := w.channelsNow()[name]; c.Mode != store.Digest || c.Origin != store.FromChat || c.Owner.ID != admin {
		t.Errorf("the channel is %+v", c)
	}

	// Who is anonymous manages the group as which they write.
	if err := w.telegram.SayAs(t.Context(), group, group, "/schedule every day at 8"); err != nil {
		t.Fatal(err)
	}
	w.answered(0, group, "who is anonymous", "When: every day at 08:00")

	super := w.telegram.Upgrade(group)
	w.says(admin, super, "/settings", "When: every day at 08:00")
	w.says(admin, super, "/mode each", "How: a post for each story")
	if c := w.channelsNow()[name]; c.Mode != store.Each || c.Schedule != "0 8 * * *" {
		t.Errorf("the supergroup's channel is %+v", c)
	}

	// The channel.
	w.says(w.reader.telegram, w.reader.telegram, "/start", "")
	w.says(w.reader.telegram, w.reader.telegram, "/subscribe @quaynews", "Only who manages a chat can change that")
	w.says(admin, admin, "/start", "")
	w.says(admin, admin, "/subscribe @quaynews", "Make me an administrator of the channel, with the right Post Messages and no other")
	w.telegram.SetRights(quay, sandbox.TelegramRights{Post: true})
	menu = w.says(admin, admin, "/subscribe @quaynews", "Settings of Quay news")
	w.until("the newest story in the channel", func() bool { return len(posts(w.telegram.Transcript(), quay)) == 1 })
	w.pressed(admin, menu, "Without a sound", "Without a sound: never")
	w.pressed(admin, menu, "22:00–07:00", "Without a sound: 22:00–07:00")
	w.pressed(admin, menu, "End", "End the subscription?")
	w.pressed(admin, menu, "Yes, end it", "The subscription has ended")
	if _, ok := w.channelsNow()["telegram:"+quay]; ok {
		t.Error("the channel is still there")
	}

	// What a chat made is there after a start; what the configuration has takes
	// its place.
	w.stop()
	c := w.config(everySecond)
	w.start(c)
	w.says(admin, super, "/settings", "When: every day at 08:00")
	w.stop()
	c = w.config(everySecond)
	c.Channels = append(c.Channels, store.Channel{Name: "watch", Chat: store.Chat{Platform: store.Telegram, ID: group}, Schedule: "0 8 * * *", Timezone: "UTC", Mode: store.Each, Limit: 1, MaxAge: time.Hour})
	w.start(c)
	w.says(admin, super, "/settings", "set up in my operator’s configuration")
	if _, ok := w.channelsNow()[name]; ok {
		t.Error("the chat has two channels")
	}
}

// On Discord, who has Manage Channels sets a channel up, and its answers are
// theirs alone.
func TestSubscribeOnDiscord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("ferry.txt", ferry)
	guild := w.discord.AddGuild("Quay House")
	talk, err := w.discord.AddChannel(guild, "talk", "text")
	if err != nil {
		t.Fatal(err)
	}
	w.discord.AddUser("bea")
	if err := w.discord.LetManage("bea"); err != nil {
		t.Fatal(err)
	}
	w.start(w.config(everySecond))
	w.until("the commands in Discord's menu", func() bool { return len(w.discord.Commands(talk)) > 0 })

	says := func(user, line, want string) {
		t.Helper()
		before := len(w.discord.Transcript())
		if err := w.discord.Say(t.Context(), user, talk, line, ""); err != nil {
			t.Fatal(err)
		}
		w.until("the answer to "+line, func() bool {
			return slices.ContainsFunc(w.discord.Since(before), func(e sandbox.Entry) bool {
				return e.User != "" && strings.Contains(e.Text, want)
			})
		})
	}
	// The menu is not the proof: an administrator of the server may let others
	// have the command.
	if err := w.discord.Say(t.Context(), w.reader.discord, talk, "/subscribe", ""); err == nil {
		w.until("a refusal", func() bool {
			return slices.ContainsFunc(w.discord.Transcript(), func(e sandbox.Entry) bool {
				return strings.Contains(e.Text, "Only who manages a chat can change that")
			})
		})
	}
	says("bea", "/subscribe topics:Transport", "Settings of this chat")
	w.until("the newest story in the channel", func() bool { return len(posts(w.discord.Transcript(), talk)) == 1 })
	says("bea", "/schedule when:weekdays 7:30", "When: on weekdays at 07:30")
	says("bea", "/timezone place:Paris", "Time zone: Europe/Paris")
	if c := w.channelsNow()["discord:"+talk]; c.Schedule != "30 7 * * 1-5" || c.Timezone != "Europe/Paris" || !slices.Equal(c.Topics, []string{"transport"}) {
		t.Errorf("the channel is %+v", c)
	}
	says("bea", "/test", "Night ferry returns")
	says("bea", "/pause", "Paused: what is news waits")
	says("bea", "/subscribe channel:<#"+w.text+">", "I am in no such chat")
}

// A chat that has to be approved gets nothing before it is, and the newest story
// at once when it is.
func TestApprove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("ferry.txt", ferry)
	admin := w.telegram.AddUser("Bea")
	group := w.telegram.AddSupergroup("Harbour watch")
	w.telegram.SetAdmin(admin, group, true)
	c := w.config(everySecond)
	c.Subscriptions = config.Approved
	w.start(c)
	w.until("the story", func() bool { return len(posts(w.telegram.Transcript(), w.channel)) > 0 })
	w.says(admin, group, "/subscribe", "My operator has to approve this chat")
	if c := w.channelsNow()["telegram:"+group]; !c.Waiting || c.Schedule != schedule.AsItComes {
		t.Fatalf("the channel is %+v", c)
	}
	w.write("fog.txt", strings.Replace(ferry, "Night ferry returns to Port Ansel", "Fog over Pell", 1))
	w.until("the next story", func() bool { return len(posts(w.telegram.Transcript(), w.channel)) > 1 })
	if name, err := Approve(t.Context(), w.folder+"/data", group); err != nil || name != "telegram:"+group {
		t.Fatalf("approved %q, %v", name, err)
	}
	w.until("the newest story in the group", func() bool {
		return slices.ContainsFunc(posts(w.telegram.Transcript(), group), func(e sandbox.Entry) bool { return strings.Contains(e.Text, "Fog over Pell") })
	})
	if _, err := Approve(t.Context(), w.folder+"/data", group); err == nil || !strings.Contains(err.Error(), "does not wait to be approved") {
		t.Errorf("a second time: %v", err)
	}
	if _, err := Approve(t.Context(), w.folder+"/data", "-77"); err == nil || !strings.Contains(err.Error(), "there is no channel -77") {
		t.Errorf("none: %v", err)
	}
}
