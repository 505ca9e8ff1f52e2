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
	answerMessage        = 4
	answerDeferred       = 5
	answerDeferredUpdate = 6
	answerUpdate         = 7
	answerAutocomplete   = 8
)

// codeAnswered is Discord's refusal of a second answer to an interaction.
const codeAnswered = 40060

// interact deals with one interaction. Whatever it holds, it ends no more than
// itself.
func (d *Discord) interact(ctx context.Context, i *discordgo.Interaction) {
	defer d.recovered("an interaction was not dealt with")
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if err := d.dealWith(ctx, i); err != nil {
		d.log.Warn("a question was not answered", "chat", i.ChannelID, "err", err)
	}
}

func (d *Discord) dealWith(ctx context.Context, i *discordgo.Interaction) error {
	switch data := i.Data.(type) {
	case discordgo.ApplicationCommandInteractionData:
		switch {
		case i.Type == discordgo.InteractionApplicationCommandAutocomplete:
			return d.complete(ctx, i, data)
		case data.CommandType == discordgo.MessageApplicationCommand:
			q, ours := d.onMessage(i, data)
			if !ours {
				return d.refuse(ctx, i, brief.SayNotMine)
			}
			return d.answer(ctx, i, asked{Question: q})
		}
		q, _ := d.typed(i, data)
		return d.answer(ctx, i, asked{Question: q})
	case discordgo.MessageComponentInteractionData:
		q, known := d.pressed(i, data)
		if !known {
			return d.refuse(ctx, i, brief.SayOldButton)
		}
		return d.answer(ctx, i, q)
	}
	if i.Type == discordgo.InteractionApplicationCommand {
		// The library could not read it: a message that a command was used on
		// has something in it that is newer than the library.
		return d.refuse(ctx, i, brief.SayNotMine)
	}
	return nil
}

// refuse says why there is no answer, and how to go on.
func (d *Discord) refuse(ctx context.Context, i *discordgo.Interaction, why brief.Phrase) error {
	q := asked{Question: d.question(i)}
	v := d.desk.Voice(ctx, q.Question)
	return d.say(ctx, i, q.reply(brief.Answer{Message: v.Say(v.Naming(why, "latest"))}))
}

// recovered keeps a panic from ending the program.
func (d *Discord) recovered(what string) {
	if p := recover(); p != nil {
		d.log.Error(what, "panic", p, "stack", string(debug.Stack()))
	}
}

// answer asks the desk, and tells the asker to wait if that takes long.
func (d *Discord) answer(ctx context.Context, i *discordgo.Interaction, q asked) error {
	answered := d.ask(ctx, q.Question)
	select {
	case a := <-answered:
		return d.say(ctx, i, q.reply(a))
	case <-time.After(deferAfter):
	}
	// Whether the answer takes the message's place is not known yet. It can do so
	// or not behind the one kind of deferring, but not behind the other.
	kind, wait := answerDeferred, any(map[string]any{"flags": flagEphemeral})
	if q.own {
		kind, wait = answerDeferredUpdate, nil
	}
	if err := d.callback(ctx, i, kind, wait); err != nil {
		<-answered
		return err
	}
	r := q.reply(<-answered)
	switch {
	case q.own && r.quiet:
		return nil
	case q.own && !r.turn:
		return d.follow(ctx, i, r.messages)
	}
	address := discordgo.EndpointWebhookMessage(i.AppID, i.Token, "@original")
	edit := func() error { return d.request(ctx, "PATCH", address, replacement{message: r.messages[0]}, nil) }
	if err := insist(ctx, edit, store.Retry, store.Unknown); err != nil {
		return fmt.Errorf("bring an answer that took long: %w", err)
	}
	return d.follow(ctx, i, r.messages[1:])
}

// ask asks the desk. The channel gets exactly one answer, whatever happens.
func (d *Discord) ask(ctx context.Context, q brief.Question) <-chan brief.Answer {
	answered := make(chan brief.Answer, 1)
	go func() {
		a := d.asked(ctx, q)
		if len(a.Blocks) == 0 {
			v := d.desk.Voice(ctx, q)
			a = brief.Answer{Message: v.Say(v.Text(brief.SayTrouble))}
		}
		answered <- a
	}()
	return answered
}

func (d *Discord) asked(ctx context.Context, q brief.Question) (a brief.Answer) {
	defer d.recovered("the desk did not answer")
	return d.desk.Answer(ctx, q)
}

// replacement is a message that takes another's place: what it left out would
// stay, or be cleared, by how the request is made.
type replacement struct {
	Content string `json:"content"`
	message
}

// say answers at once, in one message that only the asker sees, or several; or
// in place of the one whose button was pressed.
func (d *Discord) say(ctx context.Context, i *discordgo.Interaction, r reply) error {
	first := r.messages[0]
	switch {
	case r.quiet && i.Type == discordgo.InteractionMessageComponent:
		return d.callback(ctx, i, answerDeferredUpdate, nil) // which nobody sees
	case r.turn:
		return d.callback(ctx, i, answerUpdate, replacement{message: first})
	}
	first.Flags = flagEphemeral
	if err := d.callback(ctx, i, answerMessage, first); err != nil {
		return err
	}
	return d.follow(ctx, i, r.messages[1:])
}

// follow sends the rest of a long answer, in order.
func (d *Discord) follow(ctx context.Context, i *discordgo.Interaction, messages []message) error {
	for n, m := range messages {
		m.Flags = flagEphemeral
		post := func() error {
			return d.request(ctx, "POST", discordgo.EndpointWebhookToken(i.AppID, i.Token), m, nil)
		}
		if err := insist(ctx, post, store.Retry); err != nil {
			return fmt.Errorf("send what follows of an answer, message %d: %w", n+1, err)
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
		body := map[string]any{"type": kind}
		if data != nil {
			body["data"] = data
		}
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
	Value any    `json:"value"` // in the type of its option
}

// complete suggests values while the asker types.
func (d *Discord) complete(ctx context.Context, i *discordgo.Interaction, data discordgo.ApplicationCommandInteractionData) error {
	ctx, cancel := context.WithTimeout(ctx, suggestWithin)
	defer cancel()
	choices := []choice{}
	if q, o := d.typed(i, data); o != nil {
		for _, s := range d.desk.Suggest(ctx, q, o.Name, q.Options[o.Name], maxChoices) {
			if c, ok := suggested(s, o.Type); ok && len(choices) < maxChoices {
				choices = append(choices, c)
			}
		}
	}
	err := d.callback(ctx, i, answerAutocomplete, map[string]any{"choices": choices})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // whoever typed has typed on
	}
	return err
}

// suggested is a suggestion as Discord takes it; false if it doesn't.
func suggested(s brief.Suggestion, kind discordgo.ApplicationCommandOptionType) (choice, bool) {
	c := choice{short(s.Label, maxChoice), s.Value}
	if kind == discordgo.ApplicationCommandOptionInteger {
		n, err := strconv.Atoi(s.Value)
		if err != nil {
			return c, false
		}
		c.Value = n
	}
	return c, c.Name != "" && s.Value != "" && length(s.Value) <= maxChoice
}
