package discord

import (
	"strconv"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

// asked is a question, and what of it concerns the answer's form alone.
type asked struct {
	brief.Question
	// own says that the message whose button was pressed is the asker's alone, so
	// that the answer may take its place.
	own bool
	// page is which page of a long answer a button turns to, from 1; 0: it asks
	// for the answer.
	page int
}

// question is what every interaction tells: who asks, where, in which language.
func (d *Discord) question(i *discordgo.Interaction) brief.Question {
	q := brief.Question{Chat: store.Chat{Platform: store.Discord, ID: i.ChannelID}, Language: string(i.Locale)}
	q.Above = d.threads.chatAbove(q.Chat)
	// Outside of servers, a chat is the bot's with the asker, or one between
	// people of whom one has taken the app along.
	q.Private = i.GuildID == "" && i.Context != discordgo.InteractionContextPrivateChannel
	if q.Language == "" && i.GuildLocale != nil {
		q.Language = string(*i.GuildLocale)
	}
	_, q.OwnNames = locales[q.Language]
	switch {
	case i.Member != nil && i.Member.User != nil:
		q.User = i.Member.User.ID
	case i.User != nil:
		q.User = i.User.ID
	}
	q.Asker = d.asker(i, q.User)
	return q
}

// typed is what a slash command asks, and the option that is being typed, if one
// is.
func (d *Discord) typed(i *discordgo.Interaction, data discordgo.ApplicationCommandInteractionData) (q brief.Question, focused *discordgo.ApplicationCommandInteractionDataOption) {
	q = d.question(i)
	q.Command, q.Options = data.Name, map[string]string{}
	given := data.Options
	for len(given) == 1 && given[0] != nil && given[0].Type == discordgo.ApplicationCommandOptionSubCommand {
		q.Sub, given = given[0].Name, given[0].Options
	}
	for _, o := range given {
		if o == nil {
			continue
		}
		switch v := o.Value.(type) {
		case string:
			q.Options[o.Name] = v
		case float64:
			q.Options[o.Name] = strconv.FormatFloat(v, 'f', -1, 64)
		}
		if o.Focused {
			focused = o
		}
	}
	return q, focused
}

// onMessage is what a command from the menu of a message asks. It reports false
// if the message is none of the bot's.
func (d *Discord) onMessage(i *discordgo.Interaction, data discordgo.ApplicationCommandInteractionData) (brief.Question, bool) {
	q := d.question(i)
	q.Command, q.Options, q.Message = data.Name, map[string]string{}, data.TargetID
	english := d.languages.Voice()
	for _, c := range d.desk.Commands() {
		if c.OnMessage != "" && english.Text(c.OnMessage) == data.Name {
			q.Command = c.Name
		}
	}
	if data.Resolved == nil || data.Resolved.Messages[data.TargetID] == nil {
		return q, false
	}
	m := data.Resolved.Messages[data.TargetID]
	q.Button = storyButton(m.Components)
	_, bot := d.account()
	return q, q.Button != "" || m.Author != nil && m.Author.ID == bot
}

// storyButton is the data of a message's button that tells its story; empty if
// there is none, or if they tell of several.
func storyButton(components []discordgo.MessageComponent) string {
	data, story := "", ""
	for _, each := range buttonData(components) {
		a, _, err := brief.ParseAction(each)
		switch {
		case err != nil || a.Story == "":
		case story == "":
			data, story = each, a.Story
		case story != a.Story:
			return ""
		}
	}
	return data
}

// buttonData is what buttons and menus hold.
func buttonData(components []discordgo.MessageComponent) []string {
	var all []string
	for _, c := range components {
		switch c := c.(type) {
		case *discordgo.ActionsRow:
			all = append(all, buttonData(c.Components)...)
		case *discordgo.Button:
			all = append(all, c.CustomID)
		case *discordgo.SelectMenu:
			for _, o := range c.Options {
				all = append(all, o.Value)
			}
		}
	}
	return all
}

// pressed is what a button, or what was chosen in a menu, asks. It reports false
// if the data is in no form that is known.
func (d *Discord) pressed(i *discordgo.Interaction, data discordgo.MessageComponentInteractionData) (asked, bool) {
	q := asked{Question: d.question(i)}
	q.Button = data.CustomID
	if data.ComponentType == discordgo.SelectMenuComponent && len(data.Values) > 0 {
		q.Button = data.Values[0]
	}
	if i.Message != nil {
		q.Message = i.Message.ID
		q.own = i.Message.Flags&discordgo.MessageFlagsEphemeral != 0
	}
	action, tag, err := brief.ParseAction(q.Button)
	q.Action, q.page = action, pageOf(tag)
	return q, err == nil
}
