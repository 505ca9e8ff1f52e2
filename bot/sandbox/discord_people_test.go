package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"
)

func (w *town) register(commands ...*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
	w.t.Helper()
	list, err := w.bot.ApplicationCommandBulkOverwrite(w.Bot(), "", commands)
	w.ok(err)
	return list
}

var critical = &discordgo.ApplicationCommand{
	Name: "critical", Description: "The critical side",
	Options: []*discordgo.ApplicationCommandOption{
		{Type: discordgo.ApplicationCommandOptionString, Name: "story", Description: "Which story", Autocomplete: true},
		{Type: discordgo.ApplicationCommandOptionInteger, Name: "count", Description: "How many"},
	},
}

// respond makes the bot answer every interaction.
func (w *town) respond(f func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse) {
	w.bot.AddHandler(func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		if p := f(i); p != nil {
			if err := s.InteractionRespond(i.Interaction, p); err != nil && w.t.Context().Err() == nil {
				w.t.Errorf("answer: %v", err)
			}
		}
	})
}

func say(text string, flags discordgo.MessageFlags, components ...discordgo.MessageComponent) *discordgo.InteractionResponse {
	return &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource,
		Data: &discordgo.InteractionResponseData{Content: text, Flags: flags, Components: components}}
}

func TestRegister(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	first := w.register(critical, &discordgo.ApplicationCommand{Name: "help", Description: "Help"})
	again := w.register(&discordgo.ApplicationCommand{Name: "help", Description: "More help"}, critical)
	if again[1].ID != first[0].ID || again[1].Version != first[0].Version {
		t.Errorf("an unchanged command has id %s version %s, had %s %s", again[1].ID, again[1].Version, first[0].ID, first[0].Version)
	}
	if again[0].ID != first[1].ID || again[0].Version == first[1].Version {
		t.Error("a changed command must keep its id and get a version")
	}
	read, err := w.bot.ApplicationCommands(w.Bot(), "")
	w.ok(err)
	if len(read) != 2 || len(read[1].Options) != 2 || !read[1].Options[0].Autocomplete {
		t.Errorf("read back: %+v", read)
	}
	_, err = w.bot.ApplicationCommandCreate(w.Bot(), w.guild, &discordgo.ApplicationCommand{Name: "latest", Description: "Latest",
		DefaultMemberPermissions: new(int64)})
	w.ok(err)
	edited, err := w.bot.ApplicationCommandEdit(w.Bot(), "", again[0].ID, &discordgo.ApplicationCommand{Name: "help", Description: "Least help"})
	w.ok(err)
	if edited.Description != "Least help" {
		t.Errorf("edited: %+v", edited)
	}
	var names []string
	for _, c := range w.Commands(w.text) {
		names = append(names, c.Name)
	}
	if want := []string{"latest", "help", "critical"}; !slices.Equal(names, want) {
		t.Errorf("the menu is %v, want %v", names, want)
	}
	if err := w.Say(t.Context(), w.reader, w.text, "/latest", ""); err == nil {
		t.Error("a member used an administrator's command")
	}
	w.ok(w.SetMember(w.reader, permAdmin))
	w.ok(w.Say(t.Context(), w.reader, w.text, "/latest", ""))
	w.ok(w.bot.ApplicationCommandDelete(w.Bot(), "", again[0].ID))
	if err := w.Say(t.Context(), w.reader, w.text, "/help", ""); err == nil {
		t.Error("a deleted command still works")
	}
}

func TestSlashCommand(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.register(critical)
	asked := make(chan discordgo.ApplicationCommandInteractionData, 4)
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		if i.Member == nil || i.Member.User.ID != w.reader || i.Member.Permissions != permsOfMembers || i.AppPermissions != permsOfBot {
			t.Errorf("the caller is %+v", i.Member)
		}
		asked <- i.ApplicationCommandData()
		return say("The critical side", discordgo.MessageFlagsEphemeral)
	})
	w.open()
	w.ok(w.Say(t.Context(), "mira", w.text, "/critical port ansel", ""))
	data := <-asked
	if o := data.GetOption("story"); o == nil || o.StringValue() != "port ansel" {
		t.Errorf("the first option takes the rest: %+v", data.Options)
	}
	e := w.next("ephemeral", "message")
	if e.Kind != "ephemeral" || e.User != w.reader || content(t, e) != "The critical side" {
		t.Errorf("the answer is %+v", e)
	}
	if n := len(w.Messages(w.text)); n != 0 {
		t.Errorf("an ephemeral answer stands in the channel: %d messages", n)
	}
	_, err := w.bot.ChannelMessage(w.text, e.ID)
	wantCode(t, err, 404, 10008)
	last := w.Transcript()[0]
	if last.Method != "answer" || last.User != w.reader || last.Text != "The critical side" {
		t.Errorf("transcript: %+v", last)
	}

	w.ok(w.Say(t.Context(), w.reader, w.text, "/critical count:3 story:a b", ""))
	data = <-asked
	if data.GetOption("story").StringValue() != "a b" || data.GetOption("count").IntValue() != 3 {
		t.Errorf("options by name: %+v", data.Options)
	}
	w.next("ephemeral")
	for _, line := range []string{"/nothing", "/critical count:many"} {
		if err := w.Say(t.Context(), w.reader, w.text, line, ""); err == nil {
			t.Errorf("%s was sent", line)
		}
	}
}

func TestDefer(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.register(critical)
	asked := make(chan *discordgo.Interaction, 1)
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		asked <- i.Interaction
		return nil
	})
	w.open()
	w.ok(w.Say(t.Context(), w.reader, w.text, "/critical", ""))
	i := <-asked
	_, err := w.bot.InteractionResponse(i)
	wantCode(t, err, 404, 10015)
	w.ok(w.bot.InteractionRespond(i, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseDeferredChannelMessageWithSource,
		Data: &discordgo.InteractionResponseData{Flags: discordgo.MessageFlagsEphemeral}}))
	thinking := w.next("ephemeral")
	wantCode(t, w.bot.InteractionRespond(i, say("again", 0)), 400, 40060)
	m, err := w.bot.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "first part"})
	w.ok(err)
	if e := w.next("edit"); m.ID != thinking.ID || e.ID != m.ID || e.User != w.reader || content(t, e) != "first part" {
		t.Errorf("the first follow-up takes the place of the defer: %s for %s", m.ID, thinking.ID)
	}
	m, err = w.bot.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "second part", Flags: discordgo.MessageFlagsEphemeral})
	w.ok(err)
	if e := w.next("ephemeral"); e.ID != m.ID || content(t, e) != "second part" {
		t.Errorf("the second follow-up: %+v", e)
	}
	text := "changed"
	_, err = w.bot.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: &text})
	w.ok(err)
	got, err := w.bot.InteractionResponse(i)
	w.ok(err)
	if got.Content != "changed" {
		t.Errorf("@original is %q", got.Content)
	}
	var methods []string
	for _, e := range w.Transcript() {
		methods = append(methods, e.Method+" "+e.Text)
	}
	if want := "answer first part, answer second part, edit changed"; strings.Join(methods, ", ") != want {
		t.Errorf("transcript: %v, want %s", methods, want)
	}
	w.ok(w.bot.InteractionResponseDelete(i))
	_, err = w.bot.InteractionResponse(i)
	wantCode(t, err, 404, 10008)
}

func TestButtonAndSelect(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	row := discordgo.ActionsRow{Components: []discordgo.MessageComponent{
		discordgo.Button{Label: "More", CustomID: "more"}, discordgo.Button{Label: "Off", CustomID: "off", Disabled: true}}}
	menu := discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.SelectMenu{CustomID: "side",
		Options: []discordgo.SelectMenuOption{{Label: "Critical", Value: "crit"}, {Label: "Establishment", Value: "est"}}}}}
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		data := i.MessageComponentData()
		if i.Message == nil || i.Message.Author.ID != w.Bot() {
			t.Errorf("the message is %+v", i.Message)
		}
		if data.CustomID == "side" {
			return say("you chose "+strings.Join(data.Values, ","), discordgo.MessageFlagsEphemeral)
		}
		return &discordgo.InteractionResponse{Type: discordgo.InteractionResponseUpdateMessage,
			Data: &discordgo.InteractionResponseData{Content: "whole", Components: []discordgo.MessageComponent{menu}}}
	})
	w.open()
	m, err := w.bot.ChannelMessageSendComplex(w.text, &discordgo.MessageSend{Content: "part", Components: []discordgo.MessageComponent{row, menu}})
	w.ok(err)
	for _, data := range []string{"off", "nothing", "side", "side\nother", "side\ncrit\nest"} {
		if err := w.Press(t.Context(), w.reader, w.text, m.ID, data); err == nil {
			t.Errorf("%q could be pressed", data)
		}
	}
	w.ok(w.Press(t.Context(), w.reader, w.text, m.ID, "more"))
	if e := w.next("edit"); e.ID != m.ID || content(t, e) != "whole" {
		t.Errorf("the update: %+v", e)
	}
	w.ok(w.Press(t.Context(), w.reader, w.text, m.ID, "side\nest"))
	if e := w.next("ephemeral"); content(t, e) != "you chose est" {
		t.Errorf("the answer: %q", content(t, e))
	}
}

func TestAutocomplete(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.register(critical)
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		o := i.ApplicationCommandData().Options[0]
		if i.Type == discordgo.InteractionApplicationCommand {
			return say("story "+o.StringValue(), 0)
		}
		if !o.Focused || o.StringValue() != "fer" {
			t.Errorf("the option is %+v", o)
		}
		return &discordgo.InteractionResponse{Type: discordgo.InteractionApplicationCommandAutocompleteResult,
			Data: &discordgo.InteractionResponseData{Choices: []*discordgo.ApplicationCommandOptionChoice{{Name: "Ferry sails again", Value: "f1"}}}}
	})
	w.open()
	got, err := w.Complete(t.Context(), w.reader, w.text, "critical", "story", "fer")
	w.ok(err)
	if !slices.Equal(got, []string{"Ferry sails again"}) {
		t.Errorf("offered: %q", got)
	}
	w.ok(w.Say(t.Context(), w.reader, w.text, "/critical story:Ferry sails again", ""))
	if e := w.next("message"); content(t, e) != "story f1" {
		t.Errorf("an offered name must come as its value: %q", content(t, e))
	}
	if _, err := w.Complete(t.Context(), w.reader, w.text, "critical", "count", "1"); err == nil {
		t.Error("an option without autocompletion was completed")
	}
}

// TestInteractionDies needs no bot: time alone ends an interaction.
func TestInteractionDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDiscord(DiscordOptions{})
		defer d.Close()
		guild := d.AddGuild("Harbour")
		text, err := d.AddChannel(guild, "general", "text")
		if err != nil {
			t.Fatal(err)
		}
		d.AddUser("mira")
		d.commands[""] = []*dcCommand{{ID: "1", Type: 1, Name: "help", Description: "d"}}
		events := d.Watch(t.Context())
		if err := d.Say(t.Context(), "mira", text, "/help", ""); err != nil {
			t.Fatal(err)
		}
		answer := func(i *dcInteraction) *dcError {
			d.mu.Lock()
			defer d.mu.Unlock()
			path := map[string]string{"token": i.token, "interaction": i.id, "app": d.me.ID, "message": "@original"}
			c := &call{path: func(k string) string { return path[k] }, body: []byte(`{"type":4,"data":{"content":"x"}}`)}
			if !i.answered && !i.dead {
				_, _, err := d.answer(c)
				return err
			}
			if i.dead {
				_, _, err := d.answer(c)
				return err
			}
			_, _, err := d.getAnswer(c)
			return err
		}
		start := time.Now()
		if e := <-events; e.Kind != "toast" || e.Text != "This interaction failed" || time.Since(start) != answerWithin {
			t.Errorf("after %v: %+v", time.Since(start), e)
		}
		if err := answer(d.asked[0]); err != errUnknownAnswer {
			t.Errorf("an answer after the toast: %v", err)
		}
		if err := d.Say(t.Context(), "mira", text, "/help", ""); err != nil {
			t.Fatal(err)
		}
		i := d.asked[1]
		if err := answer(i); err != nil {
			t.Fatalf("in time: %v", err)
		}
		time.Sleep(tokenLife)
		if err := answer(i); err != nil {
			t.Errorf("15 minutes later: %v", err)
		}
		time.Sleep(time.Second)
		if err := answer(i); err != errTokenOver {
			t.Errorf("when the token is over: %v", err)
		}
	})
}

func TestSayPlain(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.ok(w.Say(t.Context(), w.reader, w.text, "first", ""))
	first := w.next("message")
	w.ok(w.Say(t.Context(), w.reader, w.text, "second", first.ID))
	var m discordgo.Message
	w.ok(json.Unmarshal(w.next("message").Message, &m))
	if m.MessageReference == nil || m.MessageReference.MessageID != first.ID || m.ReferencedMessage.Content != "first" {
		t.Errorf("the reply is %+v", m)
	}
	if err := w.Say(t.Context(), w.reader, w.news, "mine", ""); err == nil {
		t.Error("a reader wrote into an announcement channel")
	}
	later := w.Watch(t.Context())
	for _, want := range []string{"first", "second"} {
		if e := <-later; content(t, e) != want {
			t.Errorf("who comes later sees %q, want %q", content(t, e), want)
		}
	}
}
