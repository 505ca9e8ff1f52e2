package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TelegramOptions say what sort of Telegram it is. The zero value is one without
// limits of rate, as tests like it.
type TelegramOptions struct {
	Token    string // the bot's
	Username string // the bot's, without @
	// ReadsAll says that privacy mode is off: the bot is told of every message
	// in its groups.
	ReadsAll bool
	// Spec, if not nil, is held against every request of the bot.
	Spec *Spec
	// Seed decides what a Fault's Chance comes to.
	Seed uint64
	// Now is the clock; time.Now if nil. Waiting follows the real one.
	Now func() time.Time
	// Poll is how long a request for updates may wait; 50 s if 0, as Telegram's.
	Poll time.Duration
	// Limits are the limits of rate; none where they are 0.
	Limits TelegramLimits
}

// TelegramLimits are how many messages the bot may send, edits among them.
type TelegramLimits struct {
	All   int // a second, everywhere
	Chat  int // a second, in one chat
	Group int // a minute, in one group or channel
}

// Telegram is a stand-in for Telegram's Bot API. Its HTTP handler is the bot's
// side, under /bot<token>/<method>. As a Platform it is the people's side.
//
// Beside the methods that a Fault names, a request may be one that reads
// ("read") or sets the menu ("register").
type Telegram struct {
	o      TelegramOptions
	faults *faults
	log    transcript
	hub    hub
	rates  tgRates

	// mu guards all below. Nothing waits while it is held.
	mu         sync.Mutex
	me         tgUser
	users      map[string]*tgUser
	chats      map[string]*tgChat
	order      []*tgChat
	lastID     int64 // of users and chats
	sequence   int   // of messages in private chats and basic groups
	updates    []tgUpdate
	lastUpdate int
	allowed    []string
	news       chan struct{} // closed and made anew when an update comes
	pollers    int
	webhook    string
	loud       bool                   // an API server from before the ephemeral messages
	old        bool                   // an API server from before the rich and the ephemeral messages
	menus      map[string][]tgCommand // by scope and language
	about      map[string]string      // what is said of the bot, by kind and language
	queries    map[string]*tgQuery
	inline     map[string]*tgInline
	offered    map[string][]tgArticle // to a user, since the last pick
	requests   map[string]int
	limited    map[string]int
	violations []string
	closed     chan struct{}
	closing    sync.Once
}

var (
	_ http.Handler = (*Telegram)(nil)
	_ Platform     = (*Telegram)(nil)
)

type tgUser struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	Username  string `json:"username,omitempty"`
	Language  string `json:"language_code,omitempty"`
}

// tgChat is a chat with all that stands in it.
type tgChat struct {
	ID       int64  `json:"id"`
	Type     string `json:"type"`
	Title    string `json:"title,omitempty"`
	Username string `json:"username,omitempty"`
	First    string `json:"first_name,omitempty"`
	Forum    bool   `json:"is_forum,omitempty"`

	user     *tgUser // of a private chat
	rights   TelegramRights
	admins   []*tgUser // people; of them the bot is told
	out      string    // why the bot can't write here: the platform's words
	moved    int64     // the supergroup that it became
	linked   *tgChat
	topics   map[int]*tgTopic
	messages []*tgMessage
	next     int // the id that the last message got, where the chat counts by itself
	whispers int // the number of the last message that only one user sees
}

type tgTopic struct {
	name   string
	closed bool
}

// TelegramRights are what the bot may do in a chat.
type TelegramRights struct {
	Admin bool // sees all messages of a group
	Post  bool // in a channel
	Edit  bool // others' posts in a channel
	Muted bool // may not write in a group, unlike its other members
	// NoPhotos says that in a group nobody but admins may send pictures.
	NoPhotos bool
	// ReadOnly says that in a group only admins may write.
	ReadOnly bool
	// Hidden says that a group shows its members only to its admins.
	Hidden bool
}

type tgMessage struct {
	ID            int             `json:"message_id"`
	Thread        int             `json:"message_thread_id,omitempty"`
	InTopic       bool            `json:"is_topic_message,omitempty"`
	From          *tgUser         `json:"from,omitempty"`
	Via           *tgUser         `json:"via_bot,omitempty"`
	SenderChat    *tgChat         `json:"sender_chat,omitempty"`
	Date          int64           `json:"date"`
	EditDate      int64           `json:"edit_date,omitempty"`
	Chat          *tgChat         `json:"chat"`
	AutoForward   bool            `json:"is_automatic_forward,omitempty"`
	Origin        *tgOrigin       `json:"forward_origin,omitempty"`
	ForwardChat   *tgChat         `json:"forward_from_chat,omitempty"` // of an old server, in place of Origin
	ForwardID     int             `json:"forward_from_message_id,omitempty"`
	Whisper       int             `json:"ephemeral_message_id,omitempty"`
	Receiver      *tgUser         `json:"receiver_user,omitempty"` // of a Whisper of the bot's
	ReplyTo       *tgMessage      `json:"reply_to_message,omitempty"`
	Text          string          `json:"text,omitempty"`
	Entities      []tgEntity      `json:"entities,omitempty"`
	Caption       string          `json:"caption,omitempty"`
	CaptionMarks  []tgEntity      `json:"caption_entities,omitempty"`
	Photo         []tgPhoto       `json:"photo,omitempty"`
	PhotoURL      string          `json:"photo_url,omitempty"` // for the page
	Rich          *tgRich         `json:"rich_message,omitempty"`
	Preview       json.RawMessage `json:"link_preview_options,omitempty"`
	Markup        *tgKeyboard     `json:"reply_markup,omitempty"`
	TopicCreated  *tgTopicCreated `json:"forum_topic_created,omitempty"`
	MigratedTo    int64           `json:"migrate_to_chat_id,omitempty"`
	TopicClosed   *struct{}       `json:"forum_topic_closed,omitempty"`
	TopicReopened *struct{}       `json:"forum_topic_reopened,omitempty"`
	Silent        bool            `json:"silent,omitempty"` // for the page
	plain         string          // what is read of Rich
	byBot         bool
	postedByOther bool
}

// tgOrigin is the post that a forwarded message was.
type tgOrigin struct {
	Type string  `json:"type"`
	Date int64   `json:"date"`
	Chat *tgChat `json:"chat"`
	ID   int     `json:"message_id"`
}

type tgTopicCreated struct {
	Name string `json:"name"`
}

type tgPhoto struct {
	ID     string `json:"file_id"`
	Unique string `json:"file_unique_id"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type tgEntity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

type tgKeyboard struct {
	Rows [][]tgButton `json:"inline_keyboard"`
}

type tgButton struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
	URL  string `json:"url,omitempty"`
}

type tgUpdate struct {
	ID   int
	at   time.Time
	kind string
	body any
}

type tgCommand struct {
	Name    string `json:"command"`
	Help    string `json:"description"`
	Whisper bool   `json:"is_ephemeral,omitempty"`
}

// tgQuery is a press that waits for its answer.
type tgQuery struct {
	user     *tgUser
	chat     *tgChat
	at       time.Time
	answered bool
}

// NewTelegram returns a Telegram in which the bot is in no chat yet.
func NewTelegram(o TelegramOptions) *Telegram {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll == 0 {
		o.Poll = 50 * time.Second
	}
	if o.Username == "" {
		o.Username = "briefs_bot"
	}
	id, _, _ := strings.Cut(o.Token, ":")
	bot, _ := strconv.ParseInt(id, 10, 64)
	t := &Telegram{
		o:        o,
		faults:   newFaults(o.Seed),
		rates:    tgRates{limits: o.Limits},
		me:       tgUser{ID: max(bot, 1), IsBot: true, FirstName: o.Username, Username: o.Username},
		users:    map[string]*tgUser{},
		chats:    map[string]*tgChat{},
		lastID:   700000,
		news:     make(chan struct{}),
		menus:    map[string][]tgCommand{},
		about:    map[string]string{},
		queries:  map[string]*tgQuery{},
		inline:   map[string]*tgInline{},
		offered:  map[string][]tgArticle{},
		requests: map[string]int{},
		limited:  map[string]int{},
		closed:   make(chan struct{}),
	}
	return t
}

// Close ends long polls and all that is late, and waits for it.
func (t *Telegram) Close() {
	t.closing.Do(func() { close(t.closed) })
	t.faults.close()
	t.hub.close()
}

// Fault makes something go wrong.
func (t *Telegram) Fault(x Fault) { t.faults.add(x) }

// ClearFaults lets all go well again.
func (t *Telegram) ClearFaults() { t.faults.clear() }

// Transcript is all that the bot wrote, in order.
func (t *Telegram) Transcript() []Entry { return t.log.since(0) }

// Since is the transcript without its first n entries.
func (t *Telegram) Since(n int) []Entry { return t.log.since(n) }

// SetLoud makes it an API server from before the ephemeral messages alone, or one
// of today.
func (t *Telegram) SetLoud(loud bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.loud = loud
}

// whisperless reports whether the server knows no ephemeral messages.
func (t *Telegram) whisperless() bool { return t.old || t.loud }

// SetOld makes it an API server from before the rich and the ephemeral messages,
// or one of today.
func (t *Telegram) SetOld(old bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.old = old
}

// Violations are the requests that did not follow the official description.
func (t *Telegram) Violations() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.violations)
}

// Requests counts the requests of a method, such as "sendMessage", and how many
// of them were answered with 429.
func (t *Telegram) Requests(method string) (all, limited int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requests[method], t.limited[method]
}

func (t *Telegram) newID() int64 {
	t.lastID += 7
	return t.lastID
}

// AddUser makes a user and returns the id. The private chat opens when the user
// presses Start, which is Say with "/start".
func (t *Telegram) AddUser(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := &tgUser{ID: t.newID(), FirstName: name}
	id := fmt.Sprint(u.ID)
	t.users[id] = u
	t.addChat(&tgChat{ID: u.ID, Type: "private", First: name, user: u, out: "Forbidden: bot can't initiate conversation with a user"})
	return id
}

// SetLanguage says in which language a user's client speaks, as in "de"; at
// first it does not tell.
func (t *Telegram) SetLanguage(user, code string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if u := t.users[user]; u != nil {
		u.Language = code
	}
}

// AddChannel makes a channel in which the bot may post, and returns its id. The
// username may be empty.
func (t *Telegram) AddChannel(name, username string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.addChat(&tgChat{ID: -1_000_000_000_000 - t.newID(), Type: "channel", Title: name, Username: username, rights: TelegramRights{Post: true}})
}

// AddGroup makes a basic group with the bot as a member, and returns its id.
func (t *Telegram) AddGroup(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.addChat(&tgChat{ID: -t.newID(), Type: "group", Title: name})
}

// AddSupergroup makes a supergroup with the bot as a member, and returns its id.
func (t *Telegram) AddSupergroup(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.addChat(&tgChat{ID: -1_000_000_000_000 - t.newID(), Type: "supergroup", Title: name})
}

// id is the chat's number as text.
func (c *tgChat) id() string { return strconv.FormatInt(c.ID, 10) }

func (t *Telegram) addChat(c *tgChat) string {
	id := c.id()
	t.chats[id] = c
	t.order = append(t.order, c)
	if c.Type != "private" {
		place := t.place(c)
		t.hub.emit(Event{Platform: "telegram", Chat: id, Kind: "chat", Place: &place, At: t.o.Now()})
	}
	return id
}

// AddTopic makes a topic in a supergroup and returns its number.
func (t *Telegram) AddTopic(chat, name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chats[chat]
	if c == nil || c.Type != "supergroup" {
		return 0
	}
	c.Forum = true
	m := t.put(c, &tgMessage{TopicCreated: &tgTopicCreated{name}})
	if c.topics == nil {
		c.topics = map[int]*tgTopic{}
	}
	c.topics[m.ID] = &tgTopic{name: name}
	m.Thread, m.InTopic = m.ID, true
	return m.ID
}

// CloseTopic closes a topic, or opens it again; a service message tells of it.
func (t *Telegram) CloseTopic(chat string, topic int, closed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chats[chat]
	if c == nil || c.topics[topic] == nil {
		return
	}
	c.topics[topic].closed = closed
	m := &tgMessage{Thread: topic, InTopic: true}
	if closed {
		m.TopicClosed = &struct{}{}
	} else {
		m.TopicReopened = &struct{}{}
	}
	t.update("message", t.put(c, m))
}

// SetRights says what the bot may do in a chat.
func (t *Telegram) SetRights(chat string, r TelegramRights) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.chats[chat]; c != nil {
		c.rights = r
	}
}

// Link makes a supergroup the discussion group of a channel: the channel's
// posts are forwarded there.
func (t *Telegram) Link(channel, group string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, g := t.chats[channel], t.chats[group]; c != nil && g != nil {
		c.linked = g
	}
}

// Kick throws the bot out of a chat; from a private chat, the user blocks it.
func (t *Telegram) Kick(chat string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chats[chat]
	if c == nil {
		return
	}
	c.out = "Forbidden: bot was kicked from the " + c.Type + " chat"
	if c.Type == "private" {
		c.out = "Forbidden: bot was blocked by the user"
	}
	t.standing(c, "kicked")
}

// Return lets the bot into a chat again.
func (t *Telegram) Return(chat string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.chats[chat]; c != nil {
		c.out = ""
		t.standing(c, "member")
	}
}

func (t *Telegram) standing(c *tgChat, status string) {
	t.update("my_chat_member", map[string]any{
		"chat": c, "from": t.me, "date": t.o.Now().Unix(),
		"old_chat_member": map[string]any{"user": t.me, "status": "left"},
		"new_chat_member": map[string]any{"user": t.me, "status": status},
	})
}

// Upgrade makes a basic group a supergroup, and returns the new id.
func (t *Telegram) Upgrade(group string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.chats[group]
	if old == nil || old.Type != "group" {
		return ""
	}
	c := &tgChat{ID: -1_000_000_000_000 - t.newID(), Type: "supergroup", Title: old.Title, rights: old.rights, admins: old.admins}
	id := t.addChat(c)
	old.moved = c.ID
	m := t.put(old, &tgMessage{MigratedTo: c.ID})
	t.update("message", m)
	return id
}

// Messages are what stands in a chat for everybody, as the API shows it.
func (t *Telegram) Messages(chat string) []json.RawMessage { return t.Seen("", chat) }

// Seen is what stands in a chat for a user, with what nobody else sees.
func (t *Telegram) Seen(user, chat string) []json.RawMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []json.RawMessage
	if c := t.chats[chat]; c != nil {
		for _, m := range c.messages {
			if m.Whisper == 0 || m.seenBy() == user {
				all = append(all, raw(m))
			}
		}
	}
	return all
}

// DeleteMessage deletes a message, as an admin would.
func (t *Telegram) DeleteMessage(chat, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.chats[chat]; c != nil {
		t.remove(c, id)
	}
}

func (t *Telegram) remove(c *tgChat, id string) bool {
	for i, m := range c.messages {
		if m.key() == id {
			c.messages = slices.Delete(c.messages, i, i+1)
			t.show("delete", m)
			return true
		}
	}
	return false
}

// chat finds a chat by its number or its @name.
func (t *Telegram) chat(id string) *tgChat {
	if name, ok := strings.CutPrefix(id, "@"); ok {
		for _, c := range t.order {
			if c.Username != "" && strings.EqualFold(c.Username, name) {
				return c
			}
		}
		return nil
	}
	return t.chats[id]
}

// put numbers a message and puts it into its chat.
func (t *Telegram) put(c *tgChat, m *tgMessage) *tgMessage {
	if m.Whisper != 0 {
		c.whispers++
		m.Whisper = c.whispers
	} else if c.Type == "channel" || c.Type == "supergroup" {
		c.next++
		m.ID = c.next
	} else {
		t.sequence++
		m.ID = t.sequence
	}
	m.Chat = c
	m.Date = t.o.Now().Unix()
	if c.Type == "channel" {
		m.SenderChat = c
	}
	c.messages = append(c.messages, m)
	t.show("message", m)
	if c.linked != nil && (m.Text != "" || m.Rich != nil) {
		copy := *m
		copy.AutoForward, copy.SenderChat, copy.From = true, c, tgService
		if t.old {
			copy.ForwardChat, copy.ForwardID = c, m.ID
		} else {
			copy.Origin = &tgOrigin{"channel", m.Date, c, m.ID}
		}
		copy.byBot, copy.postedByOther = false, true
		f := t.put(c.linked, &copy)
		if c.linked.rights.Admin || t.o.ReadsAll {
			t.update("message", f)
		}
	}
	return m
}

// find gives the message with the id, or nil.
func (c *tgChat) find(id string) *tgMessage {
	for _, m := range slices.Backward(c.messages) {
		if m.key() == id {
			return m
		}
	}
	return nil
}

// key is the message's number as people's clients have it: of one that only one
// user sees, with an e before it.
func (m *tgMessage) key() string {
	if m.Whisper != 0 {
		return fmt.Sprintf("e%d", m.Whisper)
	}
	return strconv.Itoa(m.ID)
}

// seenBy is who alone sees the message; empty if everybody does.
func (m *tgMessage) seenBy() string {
	switch {
	case m.Whisper == 0:
		return ""
	case m.Receiver != nil:
		return fmt.Sprint(m.Receiver.ID)
	}
	return fmt.Sprint(m.From.ID)
}

func (t *Telegram) show(kind string, m *tgMessage) {
	if !t.hub.watched() {
		return
	}
	t.hub.emit(t.event(kind, m))
}

func (t *Telegram) event(kind string, m *tgMessage) Event {
	e := Event{Platform: "telegram", Chat: m.Chat.id(), Kind: kind, ID: m.key(), User: m.seenBy(), At: t.o.Now()}
	if kind == "message" && m.Whisper != 0 {
		e.Kind = "ephemeral"
	}
	if kind != "delete" {
		e.Message = raw(m)
	}
	return e
}

// Watch gives what stands in the chats, and then what happens.
func (t *Telegram) Watch(ctx context.Context) <-chan Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	var standing []Event
	for _, c := range t.order {
		if c.Type != "private" {
			place := t.place(c)
			standing = append(standing, Event{Platform: "telegram", Chat: place.ID, Kind: "chat", Place: &place, At: t.o.Now()})
		}
		for _, m := range c.messages {
			standing = append(standing, t.event("message", m))
		}
	}
	return t.hub.watch(ctx, standing)
}
