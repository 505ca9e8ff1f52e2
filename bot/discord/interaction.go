package discord

import (
	"context"
	"hash/fnv"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

const (
	// deferAfter is how long the desk may take before the asker is told to
	// wait: Discord gives three seconds, of which the network takes some.
	deferAfter = 1500 * time.Millisecond
	// answerLimit is how long an answer can still be brought: an interaction's
	// token lives for a quarter of an hour.
	answerLimit = 14 * time.Minute
)

// Types of answers.
const (
	answerMessage      = 4
	answerDeferred     = 5
	answerAutocomplete = 8
)

// answerTag stands in the buttons of an answer, which needs none of its own: it
// is found by its interaction.
const answerTag = "a"

const sayOldButton = "I no longer know that button. /latest shows the newest stories."

// interact deals with one interaction. Whatever it holds, it ends no more than
// itself.
func (d *Discord) interact(ctx context.Context, i *discordgo.Interaction) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("an interaction was not dealt with", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	switch data := i.Data.(type) {
	case discordgo.ApplicationCommandInteractionData:
		if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
			d.complete(ctx, i, data)
			return
		}
		q := question(i)
		q.Command, q.Argument = data.Name, argument(data)
		d.answer(ctx, i, q)
	case discordgo.MessageComponentInteractionData:
		q := question(i)
		a, _, err := brief.ParseAction(data.CustomID)
		if err != nil {
			d.say(ctx, i, brief.Say(sayOldButton))
			return
		}
		q.Action, q.Button = a, data.CustomID
		if i.Message != nil {
			q.Message = i.Message.ID
		}
		d.answer(ctx, i, q)
	}
}

func question(i *discordgo.Interaction) brief.Question {
	q := brief.Question{Chat: store.Chat{Platform: store.Discord, ID: i.ChannelID}, Private: i.GuildID == ""}
	switch {
	case i.Member != nil && i.Member.User != nil:
		q.User = i.Member.User.ID
	case i.User != nil:
		q.User = i.User.ID
	}
	return q
}

// argument is the text of the command's first option.
func argument(data discordgo.ApplicationCommandInteractionData) string {
	for _, o := range data.Options {
		if s, ok := o.Value.(string); ok {
			return s
		}
	}
	return ""
}

// answer asks the desk, and tells the asker to wait if that takes long.
func (d *Discord) answer(ctx context.Context, i *discordgo.Interaction, q brief.Question) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	answered := make(chan brief.Answer, 1)
	go func() { answered <- d.desk.Answer(ctx, q) }()
	select {
	case a := <-answered:
		d.say(ctx, i, a.Message)
		return
	case <-time.After(deferAfter):
	}
	if err := d.callback(ctx, i, answerDeferred, map[string]any{"flags": flagEphemeral}); err != nil {
		d.log.Warn("a question was not acknowledged", "err", err)
	}
	a := <-answered // the desk minds ctx
	pages := messages(a.Message, func(int) string { return answerTag })
	d.log1(d.edit(ctx, i, pages[0]))
	d.follow(ctx, i, pages[1:])
}

// say answers at once: in one message that only the asker sees, or several.
func (d *Discord) say(ctx context.Context, i *discordgo.Interaction, m brief.Message) {
	pages := messages(m, func(int) string { return answerTag })
	pages[0].Flags = flagEphemeral
	err := d.callback(ctx, i, answerMessage, pages[0])
	if d.log1(err) {
		d.follow(ctx, i, pages[1:])
	}
}

// follow sends the rest of a long answer.
func (d *Discord) follow(ctx context.Context, i *discordgo.Interaction, pages []message) {
	for _, p := range pages {
		p.Flags = flagEphemeral
		address := discordgo.EndpointWebhookToken(i.AppID, i.Token)
		if !d.log1(d.request(ctx, "POST", address, shard("follow", i.ID), p, nil)) {
			return
		}
	}
}

// log1 logs what became of one request for a reader, and reports whether it went
// well.
func (d *Discord) log1(err error) bool {
	if err != nil {
		d.log.Warn("a question was not answered", "err", err)
	}
	return err == nil
}

func (d *Discord) callback(ctx context.Context, i *discordgo.Interaction, kind int, data any) error {
	body := map[string]any{"type": kind, "data": data}
	return d.request(ctx, "POST", discordgo.EndpointInteractionResponse(i.ID, i.Token), shard("callback", i.ID), body, nil)
}

// edit fills in the answer that the asker was told to wait for.
func (d *Discord) edit(ctx context.Context, i *discordgo.Interaction, m message) error {
	address := discordgo.EndpointWebhookMessage(i.AppID, i.Token, "@original")
	return d.request(ctx, "PATCH", address, shard("edit", i.ID), m, nil)
}

// shards is how many of the library's buckets answers are spread over. A bucket
// lets one request through at a time and is never freed, so that one for all
// would be slow, and one for each would grow for ever.
const shards = 64

func shard(what, id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return what + "/" + strconv.Itoa(int(h.Sum32()%shards))
}

// complete suggests stories while the asker types.
func (d *Discord) complete(ctx context.Context, i *discordgo.Interaction, data discordgo.ApplicationCommandInteractionData) {
	type choice struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	choices := []choice{}
	for _, s := range d.desk.Suggest(ctx, argument(data), maxChoices) {
		if name := short(strings.TrimSpace(s.Headline), maxChoice); name != "" {
			choices = append(choices, choice{name, s.Short})
		}
	}
	d.log1(d.callback(ctx, i, answerAutocomplete, map[string]any{"choices": choices}))
}
