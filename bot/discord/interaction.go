package discord

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

const (
	// deferAfter is how long the desk may take before the asker is told to
	// wait: Discord gives three seconds, of which the network takes some.
	deferAfter = 1500 * time.Millisecond
	// callbackLimit is how long a first answer may take: what takes longer
	// comes too late.
	callbackLimit = 3 * time.Second
	// suggestWithin is how long suggestions may take; they can't be deferred.
	suggestWithin = 2 * time.Second
	// The rest of an answer is tried so often, and waits so long between.
	insistTries   = 4
	insistAfter   = 500 * time.Millisecond
	insistLongest = 30 * time.Second
	// answerLimit is how long an answer can still be brought: an interaction's
	// token lives for a quarter of an hour.
	answerLimit = 14 * time.Minute
)

// Types of answers to interactions.
const (
	answerMessage      = 4
	answerDeferred     = 5
	answerAutocomplete = 8
)

// codeAnswered is Discord's refusal of a second answer to an interaction.
const codeAnswered = 40060

// answerTag stands in the buttons of an answer, which needs none of its own: it
// is found by its interaction.
const answerTag = "a"

// interact deals with one interaction. Whatever it holds, it ends no more than
// itself.
func (d *Discord) interact(ctx context.Context, i *discordgo.Interaction) {
	defer d.recovered("an interaction was not dealt with")
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	var err error
	switch data := i.Data.(type) {
	case discordgo.ApplicationCommandInteractionData:
		if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
			err = d.complete(ctx, i, data)
			break
		}
		q := question(i)
		q.Command, q.Options = data.Name, options(data)
		err = d.answer(ctx, i, q)
	case discordgo.MessageComponentInteractionData:
		q := question(i)
		a, _, unknown := brief.ParseAction(data.CustomID)
		if unknown != nil {
			v := d.desk.Voice(ctx, q)
			err = d.say(ctx, i, v.Say(v.Naming(brief.SayOldButton, "latest")))
			break
		}
		q.Action, q.Button = a, data.CustomID
		if i.Message != nil {
			q.Message = i.Message.ID
		}
		err = d.answer(ctx, i, q)
	}
	if err != nil {
		d.log.Warn("a question was not answered", "chat", i.ChannelID, "err", err)
	}
}

// recovered keeps a panic from ending the program.
func (d *Discord) recovered(what string) {
	if p := recover(); p != nil {
		d.log.Error(what, "panic", p, "stack", string(debug.Stack()))
	}
}

func question(i *discordgo.Interaction) brief.Question {
	q := brief.Question{Chat: store.Chat{Platform: store.Discord, ID: i.ChannelID}, Private: i.GuildID == "", Language: string(i.Locale)}
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
	return q
}

// options are the values of a command's options, by their names.
func options(data discordgo.ApplicationCommandInteractionData) map[string]string {
	all := map[string]string{}
	for _, o := range data.Options {
		switch v := o.Value.(type) {
		case string:
			all[o.Name] = v
		case float64:
			all[o.Name] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return all
}

// answer asks the desk, and tells the asker to wait if that takes long.
func (d *Discord) answer(ctx context.Context, i *discordgo.Interaction, q brief.Question) error {
	answered := d.ask(ctx, q)
	select {
	case m := <-answered:
		return d.say(ctx, i, m)
	case <-time.After(deferAfter):
	}
	wait := map[string]any{"flags": flagEphemeral}
	if err := d.callback(ctx, i, answerDeferred, wait); err != nil {
		<-answered
		return err
	}
	pages := answerPages(<-answered)
	address := discordgo.EndpointWebhookMessage(i.AppID, i.Token, "@original")
	edit := func() error { return d.request(ctx, "PATCH", address, pages[0], nil) }
	if err := insist(ctx, edit, store.Retry, store.Unknown); err != nil {
		return fmt.Errorf("bring an answer that took long: %w", err)
	}
	return d.follow(ctx, i, pages[1:])
}

// ask asks the desk. The channel gets exactly one message, whatever happens.
func (d *Discord) ask(ctx context.Context, q brief.Question) <-chan brief.Message {
	q.Above = d.threads.chatAbove(q.Chat)
	answered := make(chan brief.Message, 1)
	go func() {
		v := d.desk.Voice(ctx, q)
		m := v.Say(v.Text(brief.SayTrouble))
		defer func() { answered <- m }()
		defer d.recovered("the desk did not answer")
		if a := d.desk.Answer(ctx, q); len(a.Blocks) > 0 {
			m = a.Message
		}
	}()
	return answered
}

// answerPages are an answer's messages; there is at least one.
func answerPages(m brief.Message) []message {
	return messages(m, func(int) string { return answerTag })
}

// say answers at once: in one message that only the asker sees, or several.
func (d *Discord) say(ctx context.Context, i *discordgo.Interaction, m brief.Message) error {
	pages := answerPages(m)
	pages[0].Flags = flagEphemeral
	if err := d.callback(ctx, i, answerMessage, pages[0]); err != nil {
		return err
	}
	return d.follow(ctx, i, pages[1:])
}

// follow sends the rest of a long answer, in order.
func (d *Discord) follow(ctx context.Context, i *discordgo.Interaction, pages []message) error {
	for n, p := range pages {
		p.Flags = flagEphemeral
		post := func() error {
			return d.request(ctx, "POST", discordgo.EndpointWebhookToken(i.AppID, i.Token), p, nil)
		}
		if err := insist(ctx, post, store.Retry); err != nil {
			return fmt.Errorf("send part %d of an answer: %w", n+2, err)
		}
	}
	return nil
}

// insist makes a request again where its outcome is one of those given: nobody
// else would, since answers are not in the outbox.
func insist(ctx context.Context, try func() error, again ...store.Outcome) error {
	for tries := 1; ; tries++ {
		err := try()
		v := verdict(err)
		wait := max(v.After, insistAfter)
		if !slices.Contains(again, v.Outcome) || tries == insistTries || wait > insistLongest {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// callback makes the first answer. It may be made a second time where it is
// not known whether it arrived: Discord takes only one, and says so.
func (d *Discord) callback(ctx context.Context, i *discordgo.Interaction, kind int, data any) error {
	try := func() error {
		ctx, cancel := context.WithTimeout(ctx, callbackLimit)
		defer cancel()
		body := map[string]any{"type": kind, "data": data}
		return d.request(ctx, "POST", discordgo.EndpointInteractionResponse(i.ID, i.Token), body, nil)
	}
	err := try()
	if v := verdict(err); v.Outcome == store.Unknown || v.Outcome == store.Retry && v.After == 0 {
		if err = try(); codeOf(err) == codeAnswered {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	return nil
}

// choice is one suggestion while the asker types.
type choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// complete suggests values while the asker types.
func (d *Discord) complete(ctx context.Context, i *discordgo.Interaction, data discordgo.ApplicationCommandInteractionData) error {
	ctx, cancel := context.WithTimeout(ctx, suggestWithin)
	defer cancel()
	choices := []choice{}
	q := question(i)
	q.Command, q.Options = data.Name, options(data)
	for _, o := range data.Options {
		if !o.Focused {
			continue
		}
		for _, s := range d.desk.Suggest(ctx, q, o.Name, q.Options[o.Name], maxChoices) {
			if name := short(s.Label, maxChoice); name != "" && s.Value != "" && len(choices) < maxChoices {
				choices = append(choices, choice{name, s.Value})
			}
		}
	}
	err := d.callback(ctx, i, answerAutocomplete, map[string]any{"choices": choices})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // whoever typed has typed on
	}
	return err
}
