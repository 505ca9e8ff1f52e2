package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/store"
)

// nonceWindow is how long Discord surely knows a nonce: it says "the past few
// minutes".
const nonceWindow = 2 * time.Minute

// deletedMessage stands for the id of a message that was posted, and deleted
// before its id was known.
const deletedMessage = "deleted"

// Send makes the request of a part.
func (d *Discord) Send(ctx context.Context, dl store.Delivery, part int) store.Verdict {
	address := discordgo.EndpointChannelMessages(thread(dl, part))
	if isForumPost(dl, part) {
		address = discordgo.EndpointChannelThreads(dl.Chat.ID)
	}
	var sent struct {
		ID string `json:"id"`
	}
	// A forum's new thread has the id of its first message.
	err := d.request(ctx, "POST", address, "POST "+address, dl.Parts[part].Body, &sent)
	if codeOf(err) == discordgo.ErrCodeUnknownMessage {
		// The nonce is known, and its message gone: it was posted.
		return store.Verdict{Outcome: store.Delivered, Message: deletedMessage}
	}
	if err != nil {
		return verdict(err)
	}
	return store.Verdict{Outcome: store.Delivered, Message: sent.ID}
}

// Edit makes a message that is out what the part's body says.
func (d *Discord) Edit(ctx context.Context, dl store.Delivery, part int) store.Verdict {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(dl.Parts[part].Body, &body); err != nil {
		return store.Verdict{Outcome: store.Refused, Reason: err.Error()}
	}
	if m, ok := body["message"]; ok { // a forum post's first message
		clear(body)
		if err := json.Unmarshal(m, &body); err != nil {
			return store.Verdict{Outcome: store.Refused, Reason: err.Error()}
		}
	}
	for _, only := range []string{"nonce", "enforce_nonce", "flags"} {
		delete(body, only)
	}
	address := discordgo.EndpointChannelMessage(thread(dl, part), dl.Parts[part].Target)
	return verdict(d.request(ctx, "PATCH", address, "PATCH "+thread(dl, part), body, nil))
}

// Delete takes a message away.
func (d *Discord) Delete(ctx context.Context, dl store.Delivery, part int) store.Verdict {
	address := discordgo.EndpointChannelMessage(thread(dl, part), dl.Parts[part].Target)
	err := d.request(ctx, "DELETE", address, "DELETE "+thread(dl, part), nil, nil)
	if codeOf(err) == discordgo.ErrCodeUnknownMessage {
		err = nil // gone already
	}
	return verdict(err)
}

// isForumPost reports whether a part makes a thread in a forum.
func isForumPost(dl store.Delivery, part int) bool {
	var body struct {
		Message json.RawMessage `json:"message"`
	}
	return part == 0 && json.Unmarshal(dl.Parts[0].Body, &body) == nil && body.Message != nil
}

// thread is the channel that a part stands in: the delivery's own, or, of a
// forum, the thread that its first part made.
func thread(dl store.Delivery, part int) string {
	first := dl.Parts[0]
	if isForumPost(dl, 0) {
		switch {
		case first.Target != "":
			return first.Target
		case part > 0:
			return first.Message
		}
	}
	return dl.Chat.ID
}

// Repeats is how long Discord knows a part by its nonce. A forum post has none.
func (d *Discord) Repeats(dl store.Delivery, part int) time.Duration {
	if isForumPost(dl, part) {
		return 0
	}
	return nonceWindow
}

func codeOf(err error) int {
	var e *apiError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// gone are the codes by which Discord says that a chat is not to be had: unknown
// channel and guild, missing access and permissions, closed private messages,
// archived and locked threads.
var gone = map[int]bool{10003: true, 10004: true, 50001: true, 50013: true, 50007: true, 50083: true, 160005: true}

// later is how long everything waits for the operator to give a good token.
const later = 10 * time.Minute

// verdict says what an error of a request means for what it was to send.
func verdict(err error) store.Verdict {
	if err == nil {
		return store.Verdict{Outcome: store.Delivered}
	}
	v := store.Verdict{Outcome: store.Unknown, Reason: err.Error()}
	var e *apiError
	var unsent *unsentError
	switch {
	case errors.As(err, &unsent):
		v.Outcome = store.Retry
	case !errors.As(err, &e), e.Status >= 500:
		// A broken connection, a time-out, a page in front of the API: it may
		// have been carried out.
	case e.Status == http.StatusTooManyRequests:
		v.Outcome, v.After, v.Everywhere = store.Retry, e.After, e.Global
	case e.Status == http.StatusUnauthorized:
		v.Outcome, v.After, v.Everywhere = store.Retry, later, true
	default:
		v.Outcome, v.Gone = store.Refused, gone[e.Code]
	}
	return v
}

// channelInfo is what is read of a channel.
type channelInfo struct {
	ID    string `json:"id"`
	Type  int    `json:"type"`
	Name  string `json:"name"`
	Guild string `json:"guild_id"`
	Flags int    `json:"flags"`
	Tags  []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"available_tags"`
}

func (d *Discord) channel(ctx context.Context, id string) (channelInfo, error) {
	var c channelInfo
	address := discordgo.EndpointChannel(id)
	return c, d.request(ctx, "GET", address, "GET "+address, nil, &c)
}

// Resolve asks what sort of channel it is.
func (d *Discord) Resolve(ctx context.Context, c store.Chat) (store.Place, store.Verdict) {
	info, err := d.channel(ctx, c.ID)
	if err != nil {
		v := verdict(err)
		if v.Outcome == store.Unknown {
			v.Outcome = store.Retry // a question can be asked again
		}
		if v.Outcome == store.Refused {
			v.Gone = true
			v.Reason = fmt.Sprintf("channel %s: %s: check its id, invite the bot to the server, and let it view the channel", c.ID, v.Reason)
		}
		return store.Place{}, v
	}
	kind := store.DiscordText
	switch discordgo.ChannelType(info.Type) {
	case discordgo.ChannelTypeDM:
		kind = store.Private
	case discordgo.ChannelTypeGuildForum, discordgo.ChannelTypeGuildMedia:
		kind = store.DiscordForum
	case discordgo.ChannelTypeGuildNewsThread, discordgo.ChannelTypeGuildPublicThread, discordgo.ChannelTypeGuildPrivateThread:
		kind = store.DiscordThread
	}
	return store.Place{Chat: store.Chat{Platform: store.Discord, ID: info.ID}, Kind: kind, Name: info.Name}, store.Verdict{Outcome: store.Delivered}
}
