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
		d.commands[""] = []*dcCommand{{ID: "1", Type: 1, Name: "help", Description: "d", IntegrationTypes: []int{forGuilds}}}
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

// A message's own menu: the command gets the whole message, whoever wrote it.
func TestMessageCommand(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	german := map[discordgo.Locale]string{discordgo.German: "Beide Seiten"}
	w.register(critical, &discordgo.ApplicationCommand{Type: discordgo.MessageApplicationCommand, Name: "Both sides", NameLocalizations: &german})
	asked := make(chan discordgo.ApplicationCommandInteractionData, 1)
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		asked <- i.ApplicationCommandData()
		return say("both", discordgo.MessageFlagsEphemeral)
	})
	w.open()
	w.ok(w.Say(t.Context(), w.reader, w.text, "The ferry sails again", ""))
	message := w.next("message").ID
	if menu := w.Apps(w.reader, w.text); len(menu) != 1 || menu[0].Name != "Both sides" {
		t.Errorf("the message's menu is %+v", menu)
	}
	if menu := w.Menu(w.reader, w.text); len(menu) != 1 || menu[0].Name != "critical" {
		t.Errorf("the chat's menu is %+v", menu)
	}
	w.SetLanguage(w.reader, "de")
	w.ok(w.Use(t.Context(), w.reader, w.text, message, "Beide Seiten"))
	data := <-asked
	if data.CommandType != discordgo.MessageApplicationCommand || data.Name != "Both sides" || data.TargetID != message ||
		data.Resolved == nil || data.Resolved.Messages[message] == nil || data.Resolved.Messages[message].Content != "The ferry sails again" {
		t.Errorf("the command came as %+v", data)
	}
	if e := w.next("ephemeral"); e.User != w.reader || content(t, e) != "both" {
		t.Errorf("the answer is %+v", e)
	}
	for _, wrong := range [][2]string{{message, "critical"}, {"1", "Both sides"}} {
		if err := w.Use(t.Context(), w.reader, w.text, wrong[0], wrong[1]); err == nil {
			t.Errorf("%q could be used on %s", wrong[1], wrong[0])
		}
	}
}

// Deferring an update leaves the message alone until it is edited; an update
// changes it in place, an ephemeral one too, and no second message comes.
func TestUpdateInPlace(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.register(critical)
	row := discordgo.ActionsRow{Components: []discordgo.MessageComponent{
		discordgo.Button{Label: "Turn", CustomID: "turn"}, discordgo.Button{Label: "Later", CustomID: "later"}}}
	pressed := make(chan *discordgo.Interaction, 1)
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		switch {
		case i.Type == discordgo.InteractionApplicationCommand:
			return say("first", discordgo.MessageFlagsEphemeral, row)
		case i.MessageComponentData().CustomID == "turn":
			return &discordgo.InteractionResponse{Type: discordgo.InteractionResponseUpdateMessage,
				Data: &discordgo.InteractionResponseData{Content: "second", Components: []discordgo.MessageComponent{row}}}
		}
		pressed <- i.Interaction
		return &discordgo.InteractionResponse{Type: discordgo.InteractionResponseDeferredMessageUpdate}
	})
	w.open()
	w.ok(w.Say(t.Context(), w.reader, w.text, "/critical", ""))
	first := w.next("ephemeral", "message")
	w.ok(w.Press(t.Context(), w.reader, w.text, first.ID, "turn"))
	if e := w.next("edit", "ephemeral", "message"); e.Kind != "edit" || e.ID != first.ID || e.User != w.reader || content(t, e) != "second" {
		t.Errorf("the update: %+v", e)
	}
	w.ok(w.Press(t.Context(), w.reader, w.text, first.ID, "later"))
	i := <-pressed
	waitFor(t, func() bool {
		got, err := w.bot.InteractionResponse(i)
		return err == nil && got.ID == first.ID && got.Content == "second"
	}, func() string { return "the message is not the answer's" })
	text := "third"
	_, err := w.bot.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: &text})
	w.ok(err)
	if e := w.next("edit", "ephemeral", "message"); e.Kind != "edit" || e.ID != first.ID || content(t, e) != "third" {
		t.Errorf("the edit: %+v", e)
	}
}

// What is for admins neither stands in others' menus nor can be typed by them,
// and in private the rights of guilds don't count.
func TestCommandForAdmins(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	manage := int64(discordgo.PermissionManageChannels)
	w.register(&discordgo.ApplicationCommand{Name: "settings", Description: "Settings", DefaultMemberPermissions: &manage})
	came := make(chan int64, 2)
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		if i.Member == nil {
			came <- -1
		} else {
			came <- i.Member.Permissions
		}
		return say("done", discordgo.MessageFlagsEphemeral)
	})
	w.open()
	if menu := w.Menu(w.reader, w.text); len(menu) != 0 {
		t.Errorf("a member is offered %+v", menu)
	}
	if err := w.Say(t.Context(), w.reader, w.text, "/settings", ""); err == nil {
		t.Error("a member used an admin's command")
	}
	if menu := w.Commands(w.text); len(menu) != 1 {
		t.Errorf("whatever the rights: %+v", menu)
	}
	w.ok(w.SetMember(w.reader, permsOfMembers|manage))
	w.ok(w.Say(t.Context(), w.reader, w.text, "/settings", ""))
	if got := <-came; got != permsOfMembers|manage {
		t.Errorf("member.permissions is %d", got)
	}
	w.ok(w.SetMember(w.reader, permsOfMembers))
	w.ok(w.Say(t.Context(), w.reader, w.must(w.OpenDM(w.reader)), "/settings", ""))
	if got := <-came; got != -1 {
		t.Errorf("in private there are no rights of a member: %d", got)
	}
}

// An app that a user has installed goes with the user: into chats of people, and
// into guilds where the bot is not.
func TestUserInstalledApp(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	everywhere := []discordgo.InteractionContextType{discordgo.InteractionContextGuild, discordgo.InteractionContextBotDM, discordgo.InteractionContextPrivateChannel}
	both := []discordgo.ApplicationIntegrationType{discordgo.ApplicationIntegrationGuildInstall, discordgo.ApplicationIntegrationUserInstall}
	w.register(
		&discordgo.ApplicationCommand{Name: "latest", Description: "Latest", Contexts: &everywhere, IntegrationTypes: &both},
		&discordgo.ApplicationCommand{Name: "pause", Description: "Pause"},
	)
	button := discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.Button{Label: "More", CustomID: "more"}}}
	came := make(chan *discordgo.Interaction, 1)
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		came <- i.Interaction
		return say("news", 0, button)
	})
	w.open()
	friends := w.must(w.AddGroupDM("Rowing club", "mira", w.AddUser("tomas")))
	w.ok(w.Kick(w.guild))
	for _, chat := range []string{friends, w.text} {
		if menu := w.Menu(w.reader, chat); len(menu) != 0 {
			t.Errorf("without the app: %+v", menu)
		}
	}
	w.ok(w.Install(w.reader))
	for _, place := range []struct {
		chat    string
		context discordgo.InteractionContextType
	}{{friends, discordgo.InteractionContextPrivateChannel}, {w.text, discordgo.InteractionContextGuild}} {
		if menu := w.Menu(w.reader, place.chat); len(menu) != 1 || menu[0].Name != "latest" {
			t.Errorf("with the app: %+v", menu)
		}
		if menu := w.Menu("tomas", place.chat); len(menu) != 0 {
			t.Errorf("another's app is offered: %+v", menu)
		}
		w.ok(w.Say(t.Context(), w.reader, place.chat, "/latest", ""))
		i := <-came
		if i.Context != place.context || len(i.AuthorizingIntegrationOwners) != 1 || i.AuthorizingIntegrationOwners[discordgo.ApplicationIntegrationUserInstall] != w.reader {
			t.Errorf("it came from %v for %v", i.Context, i.AuthorizingIntegrationOwners)
		}
		answer := w.next("message")
		w.ok(w.Press(t.Context(), w.reader, place.chat, answer.ID, "more"))
		<-came
		w.next("message")
		_, err := w.bot.ChannelMessageSend(place.chat, "uninvited")
		wantCode(t, err, 403, 50001)
	}
	if _, _, err := w.meet("stranger", friends); err == nil {
		t.Error("a stranger is in the chat")
	}
}

// Subcommands have options of their own, and what is typed into one option is
// completed by what stands in the others.
func TestSubcommandsAndCompletions(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	topic := map[discordgo.Locale]string{discordgo.German: "thema"}
	hours := map[discordgo.Locale]string{discordgo.German: "Stunden"}
	w.register(&discordgo.ApplicationCommand{Name: "follow", Description: "Follow", Options: []*discordgo.ApplicationCommandOption{
		{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "topic", NameLocalizations: topic, Description: "A topic", Options: []*discordgo.ApplicationCommandOption{
			{Type: discordgo.ApplicationCommandOptionString, Name: "name", Description: "Which", Required: true, Autocomplete: true},
			{Type: discordgo.ApplicationCommandOptionInteger, Name: "every", Description: "How often", Autocomplete: true},
			{Type: discordgo.ApplicationCommandOptionString, Name: "unit", Description: "Of time", Choices: []*discordgo.ApplicationCommandOptionChoice{
				{Name: "hours", NameLocalizations: hours, Value: "h"}}},
		}},
		{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "story", Description: "A story"},
	}})
	asked := make(chan *discordgo.ApplicationCommandInteractionDataOption, 1)
	w.respond(func(i *discordgo.InteractionCreate) *discordgo.InteractionResponse {
		sub := i.ApplicationCommandData().Options[0]
		asked <- sub
		if i.Type == discordgo.InteractionApplicationCommand {
			return say("followed", discordgo.MessageFlagsEphemeral)
		}
		choices := []*discordgo.ApplicationCommandOptionChoice{{Name: "World news", Value: "world"}}
		if sub.GetOption("every").Focused {
			choices = []*discordgo.ApplicationCommandOptionChoice{{Name: "Six", NameLocalizations: map[discordgo.Locale]string{discordgo.German: "Sechs"}, Value: 6}}
		}
		return &discordgo.InteractionResponse{Type: discordgo.InteractionApplicationCommandAutocompleteResult,
			Data: &discordgo.InteractionResponseData{Choices: choices}}
	})
	w.open()
	w.SetLanguage(w.reader, "de")
	menu := w.Menu(w.reader, w.text)
	if o := menu[0].Options; len(o) != 2 || !o[0].Subcommand || o[0].Name != "thema" || len(o[0].Options) != 3 || !slices.Equal(o[0].Options[2].Choices, []string{"Stunden"}) {
		t.Errorf("the menu is %+v", menu)
	}
	got, err := w.Complete(t.Context(), w.reader, w.text, "follow thema every:4", "name", "wor")
	w.ok(err)
	sub := <-asked
	if name := sub.GetOption("name"); !slices.Equal(got, []string{"World news"}) || sub.Name != "topic" || !name.Focused || name.StringValue() != "wor" || sub.GetOption("every").IntValue() != 4 {
		t.Errorf("%q was offered for %+v", got, sub)
	}
	got, err = w.Complete(t.Context(), w.reader, w.text, "follow topic name:World news", "every", "si")
	w.ok(err)
	sub = <-asked
	// What is being typed is no number yet, and comes as text.
	if every := sub.GetOption("every"); !slices.Equal(got, []string{"Sechs"}) || !every.Focused || every.Value != "si" || sub.GetOption("name").StringValue() != "world" {
		t.Errorf("%q was offered for %+v", got, sub)
	}
	w.ok(w.Say(t.Context(), w.reader, w.text, "/follow thema name:World news every:Sechs unit:Stunden", ""))
	sub = <-asked
	if sub.Name != "topic" || sub.GetOption("name").StringValue() != "world" || sub.GetOption("every").IntValue() != 6 || sub.GetOption("unit").StringValue() != "h" {
		t.Errorf("the command came as %+v", sub)
	}
	for _, line := range []string{"/follow", "/follow person", "/follow topic", "/follow topic every:2", "/follow topic name:x unit:years"} {
		if err := w.Say(t.Context(), w.reader, w.text, line, ""); err == nil {
			t.Errorf("%s was sent", line)
		}
	}
}
