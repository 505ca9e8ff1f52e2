package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// answerWithin is how long the bot has for its first answer.
	answerWithin = 3 * time.Second
	// tokenLife is how long an interaction's token lives after that.
	tokenLife = 15 * time.Minute
	// rememberFor is how long an interaction is known at all; later its token
	// is one that never was.
	rememberFor = time.Hour
)

// Types of interactions.
const (
	dcAskCommand   = 2
	dcAskComponent = 3
	dcAskComplete  = 4
)

// Types of answers.
const (
	dcReply       = 4
	dcDefer       = 5
	dcDeferUpdate = 6
	dcUpdate      = 7
	dcComplete    = 8
)

type dcInteraction struct {
	id, token string
	kind      int
	user      *dcUser
	channel   *dcChannel
	source    *dcMessage // whose component was used
	owners    dcOwners
	at        time.Time
	dead      bool // three seconds went by
	answered  bool
	deferred  bool // by type 5, and nothing has taken its place yet
	original  *dcMessage
	messages  []*dcMessage  // all that were made with the token
	done      chan struct{} // closed with the first answer
	choices   []dcChoice
}

// dcOwners are for whom the app is installed that an interaction is with: by
// kind of installation the guild's id ("0" in the bot's direct messages), or the
// user's.
type dcOwners map[string]string

// ask makes an interaction and sends it to the bot. The caller holds the lock.
func (d *Discord) ask(kind int, u *dcUser, c *dcChannel, source *dcMessage, owners dcOwners, data any) *dcInteraction {
	now := d.o.Now()
	d.forgetInteractions(now)
	i := &dcInteraction{id: d.newID(), kind: kind, user: u, channel: c, source: source, owners: owners, at: now, done: make(chan struct{})}
	i.token = "aW50ZXJhY3Rpb24" + i.id + strings.Repeat("x", 8)
	d.interactions[i.token] = i
	d.asked = append(d.asked, i)

	body := map[string]any{
		"id": i.id, "application_id": d.me.ID, "type": kind, "token": i.token, "version": 1, "data": data,
		"channel_id": c.ID, "channel": c, "locale": u.locale, "app_permissions": strconv.FormatInt(d.rights(c), 10),
		"entitlements": []any{}, "attachment_size_limit": 10485760, "context": c.context(), "authorizing_integration_owners": owners,
	}
	if c.guild != nil {
		body["guild_id"] = c.GuildID
		body["guild"] = map[string]any{"id": c.GuildID, "locale": "en-US", "features": []string{}}
		body["guild_locale"] = "en-US"
		body["member"] = map[string]any{
			"user": u, "roles": u.roles(), "permissions": strconv.FormatInt(u.mayIn(c), 10), "nick": nil, "avatar": nil,
			"joined_at": dcTime(c.guild.joined), "deaf": false, "mute": false, "pending": false, "flags": 0,
			"premium_since": nil, "communication_disabled_until": nil,
		}
	} else {
		body["user"] = u
	}
	if source != nil {
		body["message"] = source
	}
	if len(owners) > 0 {
		d.dispatch(0, c.GuildID, "INTERACTION_CREATE", func() any { return body })
	}
	if !d.closed {
		d.tasks.Go(func() { d.expire(i) })
	}
	return i
}

// context is where an interaction takes place, as the API counts it.
func (c *dcChannel) context() int {
	switch {
	case c.guild != nil:
		return inGuilds
	case c.Type == dcDM:
		return inBotDM
	}
	return inPrivate
}

// owners are those for whom an app of the kinds of installation is there; none:
// it can't be used.
func (d *Discord) owners(u *dcUser, c *dcChannel, kinds []int) dcOwners {
	all := dcOwners{}
	if slices.Contains(kinds, forGuilds) && c.hasBot() {
		all["0"] = cmp.Or(c.GuildID, "0")
	}
	if slices.Contains(kinds, forUsers) && u != nil && u.installed {
		all["1"] = u.ID
	}
	return all
}

// expire ends an interaction that nobody answers: the user is told.
func (d *Discord) expire(i *dcInteraction) {
	t := time.NewTimer(answerWithin)
	defer t.Stop()
	select {
	case <-t.C:
	case <-i.done:
		return
	case <-d.done:
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if i.answered {
		return
	}
	i.dead = true
	if i.kind != dcAskComplete {
		d.hub.emit(Event{Platform: "discord", Chat: i.channel.ID, Kind: "toast", User: i.user.ID,
			Text: "This interaction failed", At: d.o.Now()})
	}
}

func (d *Discord) forgetInteractions(now time.Time) {
	for len(d.asked) > 0 && now.Sub(d.asked[0].at) > rememberFor {
		i := d.asked[0]
		d.asked = d.asked[1:]
		delete(d.interactions, i.token)
		for _, m := range i.messages {
			delete(d.whispers, m.ID)
		}
	}
}

type dcAnswer struct {
	Type int              `json:"type"`
	Data dcMessageRequest `json:"data"`
}

// answer is the bot's first answer to an interaction.
func (d *Discord) answer(c *call) (int, any, *dcError) {
	i := d.interactions[c.path("token")]
	switch {
	case i == nil || i.id != c.path("interaction"):
		return 0, nil, errUnknownAnswer
	case i.answered:
		return 0, nil, errAnswered
	case i.dead || d.o.Now().Sub(i.at) > answerWithin:
		return 0, nil, errUnknownAnswer
	}
	q := dcAnswer{Data: newMessageRequest()}
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	if !i.takes(q.Type) {
		return 0, nil, badForm("type", "INTERACTION_RESPONSE_TYPE_INVALID", "The specified response type is not valid for this interaction")
	}
	if err := d.carryOut(i, &q, c.body); err != nil {
		return 0, nil, err
	}
	i.answered = true
	close(i.done)
	if c.query.Get("with_response") != "true" {
		return 204, nil, nil
	}
	resource := map[string]any{"type": q.Type}
	told := map[string]any{"id": i.id, "type": i.kind}
	if i.original != nil {
		resource["message"] = i.original
		told["response_message_id"] = i.original.ID
	}
	return 200, map[string]any{"interaction": told, "resource": resource}, nil
}

func (i *dcInteraction) takes(answer int) bool {
	switch answer {
	case dcReply, dcDefer:
		return i.kind != dcAskComplete
	case dcDeferUpdate, dcUpdate:
		return i.kind == dcAskComponent
	case dcComplete:
		return i.kind == dcAskComplete
	}
	return false
}

func (d *Discord) carryOut(i *dcInteraction, q *dcAnswer, body []byte) *dcError {
	switch q.Type {
	case dcReply:
		m := d.newAnswer(i)
		if err := d.compose(m, &q.Data, dcFlagsForAnswers, permAdmin); err != nil {
			return under("data", err)
		}
		i.original = m
		d.say(i, m, "answer", body)
	case dcDefer:
		m := d.newAnswer(i)
		m.Flags = dcFlagLoading | value(q.Data.Flags)&dcFlagEphemeral
		i.original, i.deferred = m, true
		d.say(i, m, "", body)
	case dcDeferUpdate:
		i.original = i.source
	case dcUpdate:
		i.original = i.source
		if err := d.rewrite(i.source, &q.Data, permAdmin); err != nil {
			return under("data", err)
		}
		d.record("edit", i.source, body)
	case dcComplete:
		f := &formErrors{}
		if !given(q.Data.Choices) {
			f.required("data.choices")
		}
		f.choiceList("data.choices", value(q.Data.Choices), false)
		if err := f.err(); err != nil {
			return err
		}
		i.choices = value(q.Data.Choices)
	}
	return nil
}

// under moves the errors of a form below a key.
func under(key string, err *dcError) *dcError {
	if err.form != nil {
		for i := range err.form.list {
			err.form.list[i].path = key + "." + err.form.list[i].path
		}
	}
	return err
}

// newAnswer is an empty message of the bot in answer to an interaction.
func (d *Discord) newAnswer(i *dcInteraction) *dcMessage {
	m := d.newMessage(i.channel, d.me)
	m.ApplicationID, m.WebhookID = d.me.ID, d.me.ID
	m.InteractionMetadata = &dcInteractionMetadata{ID: i.id, Type: i.kind, User: i.user, Owners: i.owners}
	if i.kind == dcAskCommand {
		m.Type = dcMessageOfCommand
	}
	if i.source != nil {
		m.InteractionMetadata.InteractedMessageID = i.source.ID
		m.MessageReference = &dcReference{MessageID: i.source.ID, ChannelID: i.source.ChannelID, GuildID: i.channel.GuildID}
	}
	return m
}

// say shows an answer to those who may see it, and records it unless it only
// says that the answer will come.
func (d *Discord) say(i *dcInteraction, m *dcMessage, method string, body []byte) {
	i.messages = append(i.messages, m)
	if m.Flags&dcFlagEphemeral != 0 {
		m.ID = d.newID()
		m.user = i.user
		d.whispers[m.ID] = m
		d.show("ephemeral", m)
	} else {
		d.publish(m)
	}
	if method != "" {
		d.record(method, m, body)
	}
}

// fill puts the answer into the place that a defer has kept.
func (d *Discord) fill(i *dcInteraction, q *dcMessageRequest, body []byte) *dcError {
	m := i.original
	next := *m
	next.Flags &^= dcFlagLoading
	if err := d.compose(&next, q, dcFlagsForBots, permAdmin); err != nil {
		return err
	}
	*m = next
	i.deferred = false
	d.change(m)
	d.record("answer", m, body)
	return nil
}

// asks finds the interaction whose token a request has, for what is only
// possible after the first answer.
func (d *Discord) asks(c *call) (*dcInteraction, *dcError) {
	i := d.interactions[c.path("token")]
	switch {
	case i == nil || c.path("app") != d.me.ID:
		return nil, errUnknownWebhook
	case d.o.Now().Sub(i.at) > tokenLife:
		return nil, errTokenOver
	case !i.answered || i.kind == dcAskComplete:
		return nil, errUnknownWebhook
	}
	return i, nil
}

// followUp is one more message; the first after a defer takes its place.
func (d *Discord) followUp(c *call) (int, any, *dcError) {
	i, err := d.asks(c)
	if err != nil {
		return 0, nil, err
	}
	q := newMessageRequest()
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	if i.deferred {
		if err := d.fill(i, &q, c.body); err != nil {
			return 0, nil, err
		}
		return 200, i.original, nil
	}
	m := d.newAnswer(i)
	m.Type = 0
	if err := d.compose(m, &q, dcFlagsForAnswers, permAdmin); err != nil {
		return 0, nil, err
	}
	d.say(i, m, "answer", c.body)
	return 200, m, nil
}

// answeredBy finds a message that was made with an interaction's token.
func (d *Discord) answeredBy(c *call) (*dcInteraction, *dcMessage, *dcError) {
	i, err := d.asks(c)
	if err != nil {
		return nil, nil, err
	}
	m := i.original
	if id := c.path("message"); id != "@original" {
		at := slices.IndexFunc(i.messages, func(m *dcMessage) bool { return m.ID == id })
		if m = nil; at >= 0 {
			m = i.messages[at]
		}
	}
	if m == nil || m.user == nil && m.channel.message(m.ID) == nil || m.user != nil && d.whispers[m.ID] == nil {
		return nil, nil, errUnknownMessage
	}
	return i, m, nil
}

func (d *Discord) getAnswer(c *call) (int, any, *dcError) {
	_, m, err := d.answeredBy(c)
	if err != nil {
		return 0, nil, err
	}
	return 200, m, nil
}

func (d *Discord) editAnswer(c *call) (int, any, *dcError) {
	i, m, err := d.answeredBy(c)
	if err != nil {
		return 0, nil, err
	}
	q := newMessageRequest()
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	if m == i.original && i.deferred {
		if err := d.fill(i, &q, c.body); err != nil {
			return 0, nil, err
		}
		return 200, m, nil
	}
	if err := d.rewrite(m, &q, permAdmin); err != nil {
		return 0, nil, err
	}
	d.record("edit", m, c.body)
	return 200, m, nil
}

func (d *Discord) deleteAnswer(c *call) (int, any, *dcError) {
	i, m, err := d.answeredBy(c)
	if err != nil {
		return 0, nil, err
	}
	if m.user != nil {
		delete(d.whispers, m.ID)
		d.show("delete", m)
	} else {
		d.removeMessage(m)
	}
	if !i.deferred || m != i.original {
		d.record("delete", m, nil)
	}
	return 204, nil, nil
}

// dcValue is an option's value in an interaction.
type dcValue struct {
	Name    string          `json:"name"`
	Type    int             `json:"type"`
	Value   json.RawMessage `json:"value,omitempty"`
	Options []dcValue       `json:"options,omitempty"`
	Focused bool            `json:"focused,omitempty"`
}
