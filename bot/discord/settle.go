package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/store"
)

// found is what is read of a message: whose it is, and its buttons.
type found struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Components json.RawMessage `json:"components"`
}

// carries reports whether a message of the bot's has a button with the tag.
func (f found) carries(bot, tag string) bool {
	return f.Author.ID == bot && tagged(f.Components, tag)
}

// tagged looks through components of whatever type, as deep as they are, for
// data that ends in the tag.
func tagged(components json.RawMessage, tag string) bool {
	var all []struct {
		CustomID   string          `json:"custom_id"`
		Components json.RawMessage `json:"components"`
	}
	if json.Unmarshal(components, &all) != nil {
		return false
	}
	for _, c := range all {
		if strings.HasSuffix(c.CustomID, "/"+tag) || tagged(c.Components, tag) {
			return true
		}
	}
	return false
}

// Settle looks for a part whose outcome is unknown: for a message of the bot's
// with the part's buttons, behind the last one that was known.
func (d *Discord) Settle(ctx context.Context, dl store.Delivery, part int, further func() error) store.Verdict {
	return d.look(ctx, dl, part, "", further)
}

// Second looks for another message with the part's buttons than the recorded
// one. It only reads, and takes no other part's for it.
func (d *Discord) Second(ctx context.Context, dl store.Delivery, part int, _ string, further func() error) store.Verdict {
	return d.look(ctx, dl, part, dl.Parts[part].Message, further)
}

// look looks for a message of the bot's with the part's buttons that is not the
// one but.
func (d *Discord) look(ctx context.Context, dl store.Delivery, part int, but string, further func() error) store.Verdict {
	bot, err := d.user(ctx)
	if err != nil {
		return looked(err)
	}
	if isForumPost(dl, part) {
		return d.settleForum(ctx, dl, bot, but, further)
	}
	readable := false
	after := floor(dl.Parts[part])
	for {
		var page []found
		query := url.Values{"after": {after}, "limit": {strconv.Itoa(pageSize)}}
		address := discordgo.EndpointChannelMessages(thread(dl, part))
		if err := d.request(ctx, "GET", address+"?"+query.Encode(), nil, &page); err != nil {
			return looked(err)
		}
		for _, m := range page { // the newest first
			if m.ID != but && m.carries(bot, dl.Tag(part)) {
				return store.Verdict{Outcome: store.Delivered, Message: m.ID}
			}
		}
		readable = readable || len(page) > 0
		if len(page) < pageSize {
			break
		}
		after = page[0].ID
		if err := further(); err != nil {
			return looked(err)
		}
	}
	if !readable {
		return d.emptyList(ctx, thread(dl, part), floor(dl.Parts[part]))
	}
	return store.Verdict{Outcome: store.Absent, Reason: "not among the channel's messages"}
}

// emptyList tells a channel without newer messages from one whose messages the
// bot may not read: that is an empty list too, and proves nothing. The channel
// itself names its last message, whoever may read it.
func (d *Discord) emptyList(ctx context.Context, channel, after string) store.Verdict {
	info, err := d.channel(ctx, channel)
	if err != nil {
		return looked(err)
	}
	if !newer(info.Last, after) {
		return store.Verdict{Outcome: store.Absent, Reason: "nothing was posted since"}
	}
	return store.Verdict{
		Outcome: store.Unknown,
		Reason:  "the channel does not show its messages: give the bot the permission Read Message History",
	}
}

// floor is the id behind which a part is looked for. Where no message was known,
// it is made from the time of the request, less an hour for a clock that is
// wrong.
func floor(p store.Part) string {
	if p.After != "" && p.After != deletedMessage {
		return p.After
	}
	const epoch = 1420070400000 // the first second of 2015, from which Discord counts
	ms := p.Claimed.Add(-time.Hour).UnixMilli() - epoch
	return strconv.FormatInt(max(ms, 0)<<22, 10)
}

// settleForum looks through a forum's threads, the active ones and those that
// were archived last.
func (d *Discord) settleForum(ctx context.Context, dl store.Delivery, bot, but string, further func() error) store.Verdict {
	forum, err := d.channel(ctx, dl.Chat.ID)
	if err != nil {
		return looked(err)
	}
	type threads struct {
		Threads []struct {
			ID     string `json:"id"`
			Parent string `json:"parent_id"`
			Owner  string `json:"owner_id"`
		} `json:"threads"`
	}
	after := floor(dl.Parts[0])
	for _, address := range []string{
		discordgo.EndpointGuildActiveThreads(forum.Guild),
		discordgo.EndpointChannelPublicArchivedThreads(dl.Chat.ID),
	} {
		var list threads
		if err := d.request(ctx, "GET", address, nil, &list); err != nil {
			return looked(err)
		}
		for _, t := range list.Threads {
			if t.Parent != dl.Chat.ID || t.Owner != bot || t.ID == but || !newer(t.ID, after) {
				continue
			}
			if err := further(); err != nil {
				return looked(err)
			}
			var first found
			address := discordgo.EndpointChannelMessage(t.ID, t.ID)
			err := d.request(ctx, "GET", address, nil, &first)
			if codeOf(err) == discordgo.ErrCodeUnknownMessage {
				continue // the post was deleted, the thread stands
			}
			if err != nil {
				return looked(err)
			}
			if first.carries(bot, dl.Tag(0)) {
				return store.Verdict{Outcome: store.Delivered, Message: t.ID}
			}
		}
	}
	return store.Verdict{Outcome: store.Absent, Reason: fmt.Sprintf("not among the threads of %s", forum.Name)}
}

// newer orders ids, which are numbers.
func newer(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }
