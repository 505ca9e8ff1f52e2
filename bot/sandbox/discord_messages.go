package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// field is a value of a request that may be missing, null, or there. The decoder
// knows the difference: it makes the outer pointer nil for null, the inner one not
// nil for what is there, and touches nothing for what is missing.
type field[T any] = **T

func missing[T any]() field[T] { return new(*T) }

// given says whether a value is there or null.
func given[T any](f field[T]) bool { return f == nil || *f != nil }

// value is what is there; zero if nothing is.
func value[T any](f field[T]) (v T) {
	if f != nil && *f != nil {
		v = **f
	}
	return v
}

type dcAllowedMentions struct {
	Parse []string `json:"parse"`
	Users []string `json:"users"`
	Roles []string `json:"roles"`
}

// dcMessageRequest is what may stand in a message that is made or changed.
type dcMessageRequest struct {
	Content         field[string]        `json:"content"`
	Embeds          field[[]dcEmbed]     `json:"embeds"`
	Components      field[[]dcComponent] `json:"components"`
	Flags           field[int]           `json:"flags"`
	AllowedMentions *dcAllowedMentions   `json:"allowed_mentions"`
	Nonce           json.RawMessage      `json:"nonce"`
	EnforceNonce    bool                 `json:"enforce_nonce"`
	TTS             bool                 `json:"tts"`
	Reference       *dcReference         `json:"message_reference"`
	Choices         field[[]dcChoice]    `json:"choices"`
	Attachments     []*json.RawMessage   `json:"attachments"`
}

// newMessageRequest is a request that nothing stands in yet. One that is not made
// so has nulls instead, which for a new message is the same.
func newMessageRequest() dcMessageRequest {
	return dcMessageRequest{
		Content: missing[string](), Embeds: missing[[]dcEmbed](), Components: missing[[]dcComponent](),
		Flags: missing[int](), Choices: missing[[]dcChoice](),
	}
}

// compose applies a request to a message and checks the outcome. flags are
// those that the request may set, rights are the bot's in the channel. On an
// error the message is not to be used.
func (d *Discord) compose(m *dcMessage, q *dcMessageRequest, flags int, rights int64) *dcError {
	if err := checkMentions(q.AllowedMentions); err != nil {
		return err
	}
	if given(q.Content) {
		m.Content = strings.TrimSpace(value(q.Content))
	}
	if given(q.Embeds) {
		m.Embeds = value(q.Embeds)
		for i := range m.Embeds {
			m.Embeds[i].Type = "rich"
			m.Embeds[i].trim()
		}
	}
	if given(q.Components) {
		m.Components = value(q.Components)
		numberComponents(m.Components)
	}
	if given(q.Flags) {
		// Once components of the second kind, always of the second kind.
		m.Flags = m.Flags&^(flags&^dcFlagComponentsV2) | value(q.Flags)&flags
	}
	m.TTS = m.TTS || q.TTS
	if err := checkMessage(m); err != nil {
		return err
	}
	if !has(rights, permEmbed) {
		if len(m.Embeds) > 0 && m.Content == "" && len(m.Components) == 0 {
			return errMissingRights
		}
		m.Embeds = nil
	}
	if m.Content == "" && len(m.Embeds) == 0 && len(m.Components) == 0 {
		return errEmptyMessage
	}
	d.mention(m, q.AllowedMentions, rights)
	if m.Embeds == nil {
		m.Embeds = []dcEmbed{}
	}
	if m.Components == nil {
		m.Components = []dcComponent{}
	}
	return nil
}

func checkMessage(m *dcMessage) *dcError {
	f := &formErrors{}
	v2 := m.Flags&dcFlagComponentsV2 != 0
	if v2 {
		const code, message = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "The field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
		if m.Content != "" {
			f.add("content", code, message)
		}
		if len(m.Embeds) > 0 {
			f.add("embeds", code, message)
		}
	}
	f.length("content", m.Content, 0, maxContent)
	f.embeds("embeds", m.Embeds)
	f.components("components", m.Components, v2)
	if err := f.err(); err != nil {
		return err
	}
	if blockBytes(m.Components) > maxBlockBytes {
		return errDCInternal
	}
	return nil
}

// newMessage is an empty one by an author, not yet in the channel.
func (d *Discord) newMessage(c *dcChannel, author *dcUser) *dcMessage {
	now := d.o.Now()
	return &dcMessage{
		ChannelID: c.ID, Author: author, Timestamp: dcTime(now), Mentions: []*dcUser{}, MentionRoles: []string{},
		Attachments: []struct{}{}, Embeds: []dcEmbed{}, Components: []dcComponent{}, at: now, channel: c,
	}
}

// publish puts a message into its channel, for all to see.
func (d *Discord) publish(m *dcMessage) {
	c := m.channel
	if m.ID == "" {
		m.ID = d.newID()
	}
	c.messages = append(c.messages, m)
	c.LastMessageID = &m.ID
	if c.Thread != nil {
		c.MessageCount++
		if c.Thread.Archived {
			c.Thread.Archived = false
			d.dispatchChannel("CHANNEL_UPDATE", c)
		}
	}
	d.dispatchMessage("MESSAGE_CREATE", m)
	d.show("message", m)
}

// change tells those who may see a message that it is now different.
func (d *Discord) change(m *dcMessage) {
	if m.user == nil {
		d.dispatchMessage("MESSAGE_UPDATE", m)
	}
	d.show("edit", m)
}

func (d *Discord) removeMessage(m *dcMessage) {
	c := m.channel
	c.messages = slices.DeleteFunc(c.messages, func(x *dcMessage) bool { return x == m })
	if c.hasBot() {
		d.dispatch(intentOf(c), c.GuildID, "MESSAGE_DELETE", func() any {
			return map[string]string{"id": m.ID, "channel_id": c.ID, "guild_id": c.GuildID}
		})
	}
	d.show("delete", m)
}

// index is where a message with the id stands, or would stand.
func (c *dcChannel) index(id uint64) int {
	return sort.Search(len(c.messages), func(i int) bool { return snowflake(c.messages[i].ID) >= id })
}

func (c *dcChannel) message(id string) *dcMessage {
	if i := c.index(snowflake(id)); i < len(c.messages) && c.messages[i].ID == id {
		return c.messages[i]
	}
	return nil
}

// asBotSees is a message as the API gives it to the bot: without the privileged
// intent, what others wrote is empty, unless it is a direct message or mentions
// the bot.
func (d *Discord) asBotSees(m *dcMessage, intents int) *dcMessage {
	if m.Author == d.me || intents&intentMessageContent != 0 || m.channel.Type == dcDM || slices.Contains(m.Mentions, d.me) {
		return m
	}
	blank := *m
	blank.Content, blank.Embeds, blank.Components = "", []dcEmbed{}, []dcComponent{}
	return &blank
}

func (d *Discord) createMessage(c *call) (int, any, *dcError) {
	ch, err := d.reach(c.path("channel"))
	if err != nil {
		return 0, nil, err
	}
	if err := d.maySend(ch); err != nil {
		return 0, nil, err
	}
	q := newMessageRequest()
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	nonce, err := readNonce(q.Nonce)
	if err != nil {
		return 0, nil, err
	}
	m := d.newMessage(ch, d.me)
	if err := d.compose(m, &q, dcFlagsForBots, d.rights(ch)); err != nil {
		return 0, nil, err
	}
	if q.Reference != nil {
		if err := d.refer(m, q.Reference); err != nil {
			return 0, nil, err
		}
	}
	now := d.o.Now()
	if nonce != "" {
		if first, ok := d.nonces[nonce]; ok && q.EnforceNonce && now.Sub(first.at) < d.o.NonceWindow {
			if first.message.channel.message(first.message.ID) == nil {
				return 0, nil, errUnknownMessage
			}
			return 200, withNonce(first.message, q.Nonce), nil
		}
		d.forgetNonces(now)
		d.nonces[nonce] = dcNonce{m, now}
		d.nonceOrder = append(d.nonceOrder, nonce)
		m.Nonce = q.Nonce
	}
	d.publish(m)
	// The nonce is told when the message is made, and never again.
	m.Nonce = nil
	d.record("create", m, c.body)
	return 200, withNonce(m, q.Nonce), nil
}

func withNonce(m *dcMessage, nonce json.RawMessage) *dcMessage {
	told := *m
	told.Nonce = nonce
	return &told
}

// forgetNonces drops what is over, from the oldest on. One that was used again
// later stands twice in the order; its second place counts.
func (d *Discord) forgetNonces(now time.Time) {
	for len(d.nonceOrder) > 0 {
		oldest := d.nonceOrder[0]
		if n, ok := d.nonces[oldest]; ok {
			if now.Sub(n.at) < d.o.NonceWindow {
				return
			}
			delete(d.nonces, oldest)
		}
		d.nonceOrder = d.nonceOrder[1:]
	}
}

// readNonce takes a text of at most 25 characters or a whole number.
func readNonce(b json.RawMessage) (string, *dcError) {
	if len(b) == 0 || string(b) == "null" {
		return "", nil
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		if utf8.RuneCountInString(s) > 25 {
			return "", badForm("nonce", "NONCE_TYPE_TOO_LONG", "Nonce must be 25 or fewer in length.")
		}
		return s, nil
	}
	if _, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64); err != nil {
		return "", badForm("nonce", "NONCE_TYPE_INVALID", "Nonce must be a string or an integer.")
	}
	return string(b), nil
}

// refer makes a message a reply.
func (d *Discord) refer(m *dcMessage, to *dcReference) *dcError {
	if !has(d.rights(m.channel), permHistory) {
		return errNoHistoryToReply
	}
	if to.ChannelID != "" && to.ChannelID != m.ChannelID {
		return badForm("message_reference", "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL", "Cannot reply to a message in another channel")
	}
	target := m.channel.message(to.MessageID)
	if target == nil {
		if to.FailIfNotExists != nil && !*to.FailIfNotExists {
			return nil
		}
		return badForm("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
	}
	m.replyTo(target)
	return nil
}

func (m *dcMessage) replyTo(target *dcMessage) {
	m.Type = dcMessageReply
	m.MessageReference = &dcReference{MessageID: target.ID, ChannelID: target.ChannelID, GuildID: target.channel.GuildID}
	seen := *target
	seen.ReferencedMessage = nil
	m.ReferencedMessage = &seen
}

func (d *Discord) getMessages(c *call) (int, any, *dcError) {
	ch, err := d.reach(c.path("channel"))
	if err != nil {
		return 0, nil, err
	}
	if ch.Type == dcForum {
		return 0, nil, errNoText
	}
	limit := 50
	f := &formErrors{}
	if s := c.query.Get("limit"); s != "" {
		n, e := strconv.Atoi(s)
		if e != nil {
			f.add("limit", "NUMBER_TYPE_COERCE", "Value is not int.")
		}
		f.within("limit", n, 1, 100)
		limit = n
	}
	given := 0
	for _, k := range []string{"before", "after", "around"} {
		if s := c.query.Get(k); s != "" {
			given++
			if _, e := strconv.ParseUint(s, 10, 64); e != nil {
				f.add(k, "NUMBER_TYPE_COERCE", "Value is not snowflake.")
			}
		}
	}
	if given > 1 {
		f.add("before", "BASE_TYPE_INVALID", "before, after and around exclude each other")
	}
	if err := f.err(); err != nil {
		return 0, nil, err
	}
	list := []*dcMessage{}
	if !has(d.rights(ch), permHistory) {
		return 200, list, nil
	}
	from, to := max(0, len(ch.messages)-limit), len(ch.messages)
	switch {
	case c.query.Has("before"):
		to = ch.index(snowflake(c.query.Get("before")))
		from = max(0, to-limit)
	case c.query.Has("after"):
		from = ch.index(snowflake(c.query.Get("after")) + 1)
		to = min(len(ch.messages), from+limit)
	case c.query.Has("around"):
		from = max(0, ch.index(snowflake(c.query.Get("around")))-limit/2)
		to = min(len(ch.messages), from+limit)
	}
	for i := to - 1; i >= from; i-- {
		list = append(list, d.asBotSees(ch.messages[i], d.o.Privileged))
	}
	return 200, list, nil
}

// find is the message that a request names, in a channel that the bot sees.
func (d *Discord) find(c *call) (*dcMessage, *dcError) {
	ch, err := d.reach(c.path("channel"))
	if err != nil {
		return nil, err
	}
	m := ch.message(c.path("message"))
	if m == nil {
		return nil, errUnknownMessage
	}
	return m, nil
}

func (d *Discord) getMessage(c *call) (int, any, *dcError) {
	m, err := d.find(c)
	if err != nil {
		return 0, nil, err
	}
	if !has(d.rights(m.channel), permHistory) {
		return 0, nil, errMissingAccess
	}
	return 200, d.asBotSees(m, d.o.Privileged), nil
}

func (d *Discord) editMessage(c *call) (int, any, *dcError) {
	m, err := d.find(c)
	if err != nil {
		return 0, nil, err
	}
	switch {
	case m.Author != d.me:
		return 0, nil, errOthersMessage
	case m.channel.Thread != nil && m.channel.Thread.Archived:
		return 0, nil, errArchived
	}
	q := newMessageRequest()
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	if err := d.editRate(m); err != nil {
		return 0, nil, err
	}
	if err := d.rewrite(m, &q, d.rights(m.channel)); err != nil {
		return 0, nil, err
	}
	d.record("edit", m, c.body)
	return 200, m, nil
}

// editRate holds edits of old and of published messages to their rates.
func (d *Discord) editRate(m *dcMessage) *dcError {
	now := d.o.Now()
	if m.Flags&dcFlagCrossposted != 0 {
		if wait, ok := d.rates.within("published "+m.ID, d.o.Limits.PublishedEdits, now); !ok {
			return limited(wait, "shared", 20028)
		}
	}
	if now.Sub(m.at) > time.Hour {
		if wait, ok := d.rates.within("old "+m.ChannelID, d.o.Limits.OldEdits, now); !ok {
			e := limited(wait, "user", 30046)
			e.message = "Maximum number of edits to messages older than 1 hour reached. Try again later."
			return e
		}
	}
	return nil
}

// rewrite changes a message and tells of it.
func (d *Discord) rewrite(m *dcMessage, q *dcMessageRequest, rights int64) *dcError {
	next := *m
	if err := d.compose(&next, q, dcFlagNoEmbeds|dcFlagComponentsV2, rights); err != nil {
		return err
	}
	now := dcTime(d.o.Now())
	next.EditedTimestamp = &now
	*m = next
	d.change(m)
	return nil
}

func (d *Discord) deleteMessage(c *call) (int, any, *dcError) {
	m, err := d.find(c)
	if err != nil {
		return 0, nil, err
	}
	switch {
	case m.channel.Thread != nil && m.channel.Thread.Archived:
		return 0, nil, errArchived
	case m.Author != d.me && !has(d.rights(m.channel), permManageMessages):
		return 0, nil, errMissingRights
	}
	d.removeMessage(m)
	d.record("delete", m, nil)
	return 204, nil, nil
}

func (d *Discord) publishMessage(c *call) (int, any, *dcError) {
	m, err := d.find(c)
	if err != nil {
		return 0, nil, err
	}
	need := int64(permSend)
	if m.Author != d.me {
		need |= permManageMessages
	}
	switch {
	case m.channel.Type != dcAnnouncement:
		return 0, nil, errWrongKind
	case !has(d.rights(m.channel), need):
		return 0, nil, errMissingRights
	case m.Flags&dcFlagCrossposted != 0:
		return 0, nil, errPublished
	}
	m.Flags |= dcFlagCrossposted
	d.change(m)
	return 200, m, nil
}
