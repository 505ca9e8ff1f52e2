package discord

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

// What may follow a post that is out: a thread below it, and its publication in
// the channels of other servers that follow an announcement channel.

const (
	// codeHasThread and codePublished are Discord's refusals to do it twice.
	codeHasThread = 160004
	codePublished = 40033
	// codeWrongKind is its refusal in a channel of another kind.
	codeWrongKind = 50024
)

// sleepAfter is how many minutes after the last word in it a thread goes to
// sleep: it can still be found, and anyone may wake it up.
const sleepAfter = 1440

// threadRequest is the request that begins a thread on a message.
type threadRequest struct {
	Name  string `json:"name"`
	Sleep int    `json:"auto_archive_duration"`
}

// Then says what follows a post: the thread is below its last message, and all
// of its messages are published. A text channel may have become an announcement
// channel since, so that it is Discord which decides whether it can be.
func (d *Discord) Then(c store.Channel, p store.Place, dl store.Delivery, m brief.Message) []store.Step {
	if p.Kind != store.DiscordText && p.Kind != store.DiscordNews || len(dl.Parts) == 0 {
		return nil
	}
	var all []store.Step
	if c.Threads && dl.Kind == store.PostDelivery {
		body, err := json.Marshal(threadRequest{threadName(m), sleepAfter})
		if err != nil {
			d.log.Error("a thread's name can't be written", "channel", c.Name, "err", err)
			body = json.RawMessage(`{}`) // is refused, and told of
		}
		requests := make([]json.RawMessage, len(dl.Parts))
		requests[len(requests)-1] = body
		all = append(all, store.Step{Kind: store.ThreadDelivery, Requests: requests})
	}
	if c.Publish {
		requests := slices.Repeat([]json.RawMessage{json.RawMessage(`{}`)}, len(dl.Parts))
		all = append(all, store.Step{Kind: store.PublishDelivery, Requests: requests})
	}
	return all
}

// Follow begins a thread on a message, or publishes it. What was done already,
// or can't be since the message was deleted, is done.
func (d *Discord) Follow(ctx context.Context, dl store.Delivery, part int) store.Verdict {
	p := dl.Parts[part]
	if p.Target == deletedMessage {
		return store.Verdict{Outcome: store.Delivered}
	}
	address, missing := discordgo.EndpointChannelMessageThread(dl.Chat.ID, p.Target), "give the bot Create Public Threads there, or leave out threads"
	if dl.Kind == store.PublishDelivery {
		address, missing = discordgo.EndpointChannelMessageCrosspost(dl.Chat.ID, p.Target), "give the bot View Channel and Send Messages there, or leave out publish"
	}
	err := d.request(ctx, "POST", address, p.Body, nil)
	code := codeOf(err)
	switch code {
	case codeHasThread, codePublished, discordgo.ErrCodeUnknownMessage:
		return store.Verdict{Outcome: store.Delivered}
	}
	v := apart(verdict(err))
	if v.Outcome != store.Refused {
		return v
	}
	v.Gone, v.Reason = false, err.Error()
	switch {
	case code == codeWrongKind && dl.Kind == store.PublishDelivery:
		v.Reason += ": only posts in an announcement channel can be published: leave out publish"
	case code == discordgo.ErrCodeMissingAccess, code == discordgo.ErrCodeMissingPermissions:
		v.Reason += ": " + missing
	}
	return v
}

// apart says of a wait that it is for requests of this sort alone: Discord counts
// those that change a message apart from those that make one.
func apart(v store.Verdict) store.Verdict {
	v.Apart = v.Outcome == store.Retry && v.After > 0 && !v.Everywhere
	return v
}
