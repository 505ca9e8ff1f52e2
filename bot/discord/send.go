package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	chat := thread(dl, part)
	address := discordgo.EndpointChannelMessages(chat)
	if isForumPost(dl, part) {
		address = discordgo.EndpointChannelThreads(dl.Chat.ID)
	}
	var sent struct {
		ID      string     `json:"id"`
		Embeds  []struct{} `json:"embeds"`
		Message struct {   // of a forum's new thread
			Embeds []struct{} `json:"embeds"`
		} `json:"message"`
	}
	// A forum's new thread has the id of its first message.
	err := d.request(ctx, "POST", address, dl.Parts[part].Body, &sent)
	switch {
	case codeOf(err) == discordgo.ErrCodeUnknownMessage:
		// The nonce is known, and its message gone: it was posted.
		return store.Verdict{Outcome: store.Delivered, Message: deletedMessage}
	case err != nil:
		return verdictIn(dl, part, err)
	case sent.ID == "":
		return store.Verdict{Outcome: store.Unknown, Reason: "the answer has no message id"}
	}
	if len(sent.Embeds)+len(sent.Message.Embeds) == 0 {
		// Discord takes the embeds off without a word.
		d.log.Error("a post was shown without its text: give the bot the permission Embed Links", "chat", chat, "message", sent.ID)
	}
	return store.Verdict{Outcome: store.Delivered, Message: sent.ID}
}

// Edit makes a message that is out what the part's body says.
func (d *Discord) Edit(ctx context.Context, dl store.Delivery, part int) store.Verdict {
	target := dl.Parts[part].Target
	if target == deletedMessage {
		return store.Verdict{Outcome: store.Delivered} // there is nothing to be edited
	}
	body, err := editBody(dl.Parts[part].Body)
	if err != nil {
		return store.Verdict{Outcome: store.Refused, Reason: err.Error()}
	}
	address := discordgo.EndpointChannelMessage(thread(dl, part), target)
	err = d.request(ctx, "PATCH", address, body, nil)
	if codeOf(err) == codeArchived {
		// A forum's post goes to sleep after some days. Who may write in a
		// thread may wake it up.
		wake := map[string]bool{"archived": false}
		if err = d.request(ctx, "PATCH", discordgo.EndpointChannel(thread(dl, part)), wake, nil); err == nil {
			err = d.request(ctx, "PATCH", address, body, nil)
		}
	}
	return apart(verdictIn(dl, part, err))
}

// editBody turns the request that makes a message into one that changes it.
func editBody(request json.RawMessage) (map[string]json.RawMessage, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(request, &body); err != nil {
		return nil, fmt.Errorf("read the recorded request: %w", err)
	}
	if m, ok := body["message"]; ok { // a forum post's first message
		clear(body)
		if err := json.Unmarshal(m, &body); err != nil {
			return nil, fmt.Errorf("read the recorded request: %w", err)
		}
	}
	for _, only := range []string{"nonce", "enforce_nonce", "flags"} {
		delete(body, only)
	}
	return body, nil
}

// Delete takes a message away.
func (d *Discord) Delete(ctx context.Context, dl store.Delivery, part int) store.Verdict {
	target := dl.Parts[part].Target
	if target == deletedMessage {
		return store.Verdict{Outcome: store.Delivered}
	}
	err := d.request(ctx, "DELETE", discordgo.EndpointChannelMessage(thread(dl, part), target), nil, nil)
	if codeOf(err) == discordgo.ErrCodeUnknownMessage {
		err = nil // gone already
	}
	return apart(verdictIn(dl, part, err))
}

// isForumPost reports whether a part makes a thread in a forum.
func isForumPost(dl store.Delivery, part int) bool {
	if part != 0 || !bytes.Contains(dl.Parts[0].Body, []byte(`"message":`)) {
		return false // at a glance: it is asked several times for each post
	}
	var body struct {
		Message json.RawMessage `json:"message"`
	}
	return json.Unmarshal(dl.Parts[0].Body, &body) == nil && body.Message != nil
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
