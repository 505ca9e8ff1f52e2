package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DiscordOptions say what sort of Discord it is. The zero value is one without
// limits of rate, as tests like it.
type DiscordOptions struct {
	// Token is the bot's; it comes as "Bot <Token>". Any is taken if empty.
	Token string
	// Name is the bot's name; "briefs" if empty.
	Name string
	// Spec, if not nil, is held against every request of the bot.
	Spec *Spec
	// Seed decides what a Fault's Chance comes to.
	Seed uint64
	// Now is the clock; time.Now if nil. Waiting follows the real one.
	Now func() time.Time
	// Latency is how long each answer over HTTP takes at least.
	Latency time.Duration
	// Limits are the limits of rate; none where a Window is empty.
	Limits DiscordLimits
	// NonceWindow is how long a nonce is known; 3 minutes if 0, since the
	// documentation says "the past few minutes".
	NonceWindow time.Duration
	// Heartbeat is the gateway's interval; 41.25 s if 0, as Discord's.
	Heartbeat time.Duration
	// IdentifyEvery is how long a second IDENTIFY is answered with op 9.
	IdentifyEvery time.Duration
	// Privileged are the privileged intents that the bot was granted.
	Privileged int
}

// Discord is a stand-in for Discord. Its HTTP handler is the bot's side: REST
// under /api/v9 and /api/v10, and the gateway's websocket under /gateway. As a
// Platform it is the people's side.
//
// Beside the methods that a Fault names, a request may be one that reads
// ("read"), registers commands ("register"), publishes a post ("publish") or
// opens a thread on a message ("thread").
type Discord struct {
	o    DiscordOptions
	rest http.Handler

	faults *faults
	log    transcript
	hub    hub
	rates  rates

	done     chan struct{}
	closing  sync.Once
	tasks    sync.WaitGroup // waiting for answers to interactions
	gateways sync.WaitGroup // connections

	// counts guards what is counted of requests: it is taken inside of mu.
	counts     sync.Mutex
	requests   map[string]int
	limited    map[string]int
	violations []string

	// mu guards all below. Nothing waits while it is held.
	mu           sync.Mutex
	closed       bool
	lastID       uint64
	me           *dcUser
	guilds       []*dcGuild
	channels     map[string]*dcChannel
	users        map[string]*dcUser
	commands     map[string][]*dcCommand // by guild; "" has the global ones
	creates      map[string][]time.Time  // of commands, by guild
	nonces       map[string]dcNonce
	nonceOrder   []string                  // the same, oldest first
	interactions map[string]*dcInteraction // by token
	asked        []*dcInteraction          // the same, oldest first
	whispers     map[string]*dcMessage     // ephemeral messages
	chosen       map[string]string         // what autocompletion offered: name → value
	sessions     map[string]*dcSession
	identified   time.Time
	identifies   int
	silent       bool // heartbeats are not answered
	replay       bool // the next resume brings interactions again
}

var (
	_ http.Handler = (*Discord)(nil)
	_ Platform     = (*Discord)(nil)
	_ Apps         = (*Discord)(nil)
)

type dcNonce struct {
	message *dcMessage
	at      time.Time
}

// NewDiscord returns a Discord in which the bot is in no guild yet.
func NewDiscord(o DiscordOptions) *Discord {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NonceWindow == 0 {
		o.NonceWindow = 3 * time.Minute
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 41250 * time.Millisecond
	}
	if o.Name == "" {
		o.Name = "briefs"
	}
	d := &Discord{
		o:            o,
		faults:       newFaults(o.Seed),
		rates:        rates{limits: o.Limits, buckets: map[string]*bucket{}},
		done:         make(chan struct{}),
		channels:     map[string]*dcChannel{},
		users:        map[string]*dcUser{},
		commands:     map[string][]*dcCommand{},
		creates:      map[string][]time.Time{},
		nonces:       map[string]dcNonce{},
		interactions: map[string]*dcInteraction{},
		whispers:     map[string]*dcMessage{},
		chosen:       map[string]string{},
		requests:     map[string]int{},
		limited:      map[string]int{},
		sessions:     map[string]*dcSession{},
	}
	d.me = &dcUser{ID: d.newID(), Username: o.Name, Discriminator: "0", Bot: true}
	d.users[d.me.ID] = d.me
	d.rest = d.routes()
	return d
}

// ServeHTTP is the bot's side.
func (d *Discord) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		d.rest.ServeHTTP(w, r)
	case strings.TrimSuffix(r.URL.Path, "/") == "/gateway":
		d.serveGateway(w, r)
	default:
		errDCNotFound.reply().writeTo(w)
	}
}

// Close ends the gateway's connections and everything that waits, and returns
// when all has ended.
func (d *Discord) Close() {
	d.mu.Lock()
	d.closed = true
	for _, s := range d.sessions {
		s.hangUp(cutOff)
	}
	d.mu.Unlock()
	d.closing.Do(func() { close(d.done) })
	d.faults.close()
	d.tasks.Wait()
	d.gateways.Wait()
	d.hub.close()
}

// Fault switches a fault on.
func (d *Discord) Fault(x Fault) { d.faults.add(x) }

// ClearFaults switches all faults off.
func (d *Discord) ClearFaults() { d.faults.clear() }

// Transcript is all that the bot has written, in order.
func (d *Discord) Transcript() []Entry { return d.log.since(0) }

// Since is the transcript without its first n entries.
func (d *Discord) Since(n int) []Entry { return d.log.since(n) }

// Violations are the requests that the Spec does not allow.
func (d *Discord) Violations() []string {
	d.counts.Lock()
	defer d.counts.Unlock()
	return slices.Clone(d.violations)
}

// Requests says how many requests of one sort came (all, if method is empty),
// and how many of these were answered with 429.
func (d *Discord) Requests(method string) (all, limited int) {
	d.counts.Lock()
	defer d.counts.Unlock()
	if method != "" {
		return d.requests[method], d.limited[method]
	}
	for m, n := range d.requests {
		all += n
		limited += d.limited[m]
	}
	return all, limited
}

// newID makes a snowflake from the clock; ids never go back, even if the clock
// does.
func (d *Discord) newID() string {
	id := uint64(max(d.o.Now().UnixMilli()-dcEpoch, 1)) << 22
	if id <= d.lastID {
		id = d.lastID + 1
	}
	d.lastID = id
	return strconv.FormatUint(id, 10)
}

// AddGuild makes a guild with the bot in it and returns its id.
func (d *Discord) AddGuild(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := &dcGuild{ID: d.newID(), Name: name, role: d.newID(), joined: d.o.Now()}
	d.guilds = append(d.guilds, g)
	d.dispatch(intentGuilds, g.ID, "GUILD_CREATE", func() any { return d.showGuild(g) })
	return g.ID
}

// AddChannel makes a channel and returns its id. The kind is text,
// announcement, forum, or forum-tagged for a forum that requires a tag; its
// tags follow the kind.
func (d *Discord) AddChannel(guild, name, kind string, tags ...string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guild(guild)
	if g == nil {
		return "", fmt.Errorf("no guild %s", guild)
	}
	c := &dcChannel{Name: name, guild: g, GuildID: g.ID}
	switch kind {
	case "text":
		c.Type = dcText
	case "announcement":
		c.Type = dcAnnouncement
	case "forum-tagged":
		c.Type, c.Flags = dcForum, dcFlagRequireTag
	case "forum":
		c.Type = dcForum
	default:
		return "", fmt.Errorf("no kind of channel %q", kind)
	}
	for _, t := range tags {
		c.AvailableTags = append(c.AvailableTags, dcTag{ID: d.newID(), Name: t})
	}
	c.ID = d.newID()
	c.Position = len(g.channels)
	d.addChannel(c, "CHANNEL_CREATE")
	return c.ID, nil
}

// AddThread makes a public thread that the bot has not begun, and returns its
// id.
func (d *Discord) AddThread(parent, name string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.channels[parent]
	if c == nil || c.guild == nil || c.isThread() {
		return "", fmt.Errorf("no channel %s for a thread", parent)
	}
	t := d.newThread(c, d.newID(), name, dcPublicThread, dcThreadDefaultHide, "")
	d.addChannel(t, "THREAD_CREATE")
	return t.ID, nil
}

// AddUser makes a user and returns the id. In all methods a user is meant by
// id or by name.
func (d *Discord) AddUser(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if u := d.user(name); u != nil {
		return u.ID
	}
	u := &dcUser{ID: d.newID(), Username: name, Discriminator: "0", GlobalName: &name, locale: "en-US", permissions: permsOfMembers}
	d.users[u.ID] = u
	return u.ID
}

// Install gives a user the app for the user's own account: commands made for
// that can be used wherever the user is.
func (d *Discord) Install(user string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.user(user)
	if u == nil {
		return fmt.Errorf("no user %s", user)
	}
	u.installed = true
	return nil
}

// AddGroupDM makes a private chat of people, without the bot, and returns its
// id. On the page the first of them sees it.
func (d *Discord) AddGroupDM(name string, users ...string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &dcChannel{ID: d.newID(), Type: dcGroupDM, Name: name}
	for _, who := range users {
		u := d.user(who)
		if u == nil {
			return "", fmt.Errorf("no user %s", who)
		}
		c.Recipients = append(c.Recipients, u)
	}
	if len(c.Recipients) == 0 {
		return "", errors.New("a private chat needs people")
	}
	d.addChannel(c, "CHANNEL_CREATE")
	return c.ID, nil
}

// SetLanguage says in which of Discord's locales a user's client speaks, as in
// "pt-BR"; at first it is "en-US".
func (d *Discord) SetLanguage(user, locale string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if u := d.user(user); u != nil {
		u.locale = locale
	}
}

// Bot is the bot's user id, which is its application's id too.
func (d *Discord) Bot() string { return d.me.ID }

// SetPermissions says what the bot may do in a channel and its threads.
func (d *Discord) SetPermissions(channel string, bits int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.channels[channel]
	if c == nil {
		return fmt.Errorf("no channel %s", channel)
	}
	c.permissions = &bits
	c.overwrite(d.me, bits, permsAll&^bits)
	d.dispatchChannel("CHANNEL_UPDATE", c)
	return nil
}

// CloseDMs makes a user refuse direct messages from the bot.
func (d *Discord) CloseDMs(user string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.user(user)
	if u == nil {
		return fmt.Errorf("no user %s", user)
	}
	u.closed = true
	return nil
}

// Kick removes the bot from a guild.
func (d *Discord) Kick(guild string) error {
	return d.setAway(guild, true)
}

// Rejoin adds the bot to a guild again.
func (d *Discord) Rejoin(guild string) error {
	return d.setAway(guild, false)
}

func (d *Discord) setAway(guild string, away bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guild(guild)
	if g == nil {
		return fmt.Errorf("no guild %s", guild)
	}
	g.away = away
	if away {
		d.dispatch(intentGuilds, g.ID, "GUILD_DELETE", func() any { return map[string]string{"id": g.ID} })
	} else {
		g.joined = d.o.Now()
		d.dispatch(intentGuilds, g.ID, "GUILD_CREATE", func() any { return d.showGuild(g) })
	}
	return nil
}

// DeleteChannel removes a channel or thread for good.
func (d *Discord) DeleteChannel(channel string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.channels[channel]
	if c == nil || c.guild == nil {
		return fmt.Errorf("no channel %s", channel)
	}
	for _, t := range slices.Clone(c.guild.channels) {
		if t == c || t.parent == c {
			delete(d.channels, t.ID)
			c.guild.channels = slices.DeleteFunc(c.guild.channels, func(x *dcChannel) bool { return x == t })
		}
	}
	d.dispatchChannel("CHANNEL_DELETE", c)
	return nil
}

// Archive archives a thread, or takes it out of the archive.
func (d *Discord) Archive(thread string, archived bool) error {
	return d.setThread(thread, func(t *dcThread) { t.Archived = archived })
}

// Lock locks a thread, or unlocks it.
func (d *Discord) Lock(thread string, locked bool) error {
	return d.setThread(thread, func(t *dcThread) { t.Locked = locked })
}

func (d *Discord) setThread(thread string, change func(*dcThread)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.channels[thread]
	if c == nil || c.Thread == nil {
		return fmt.Errorf("no thread %s", thread)
	}
	change(c.Thread)
	c.Thread.ArchiveTimestamp = dcTime(d.o.Now())
	d.dispatchChannel("CHANNEL_UPDATE", c)
	return nil
}

// DeleteMessage removes a message, as a moderator does.
func (d *Discord) DeleteMessage(chat, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.channels[chat]
	if c == nil {
		return fmt.Errorf("no channel %s", chat)
	}
	m := c.message(id)
	if m == nil {
		return fmt.Errorf("no message %s", id)
	}
	d.removeMessage(m)
	return nil
}

// Messages returns what stands in a chat, oldest first, as the API shows it.
func (d *Discord) Messages(chat string) []json.RawMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.channels[chat]
	if c == nil {
		return nil
	}
	var all []json.RawMessage
	for _, m := range c.messages {
		all = append(all, raw(m))
	}
	return all
}

// raw marshals a value of our own making, which always can be.
func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}

func (d *Discord) guild(id string) *dcGuild {
	for _, g := range d.guilds {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// user finds a user by id or name.
func (d *Discord) user(who string) *dcUser {
	if u := d.users[who]; u != nil {
		return u
	}
	for _, u := range d.users {
		if u.Username == who && !u.Bot {
			return u
		}
	}
	return nil
}

func (d *Discord) addChannel(c *dcChannel, event string) {
	c.PermissionOverwrites = []dcOverwrite{}
	d.channels[c.ID] = c
	if c.guild != nil {
		c.guild.channels = append(c.guild.channels, c)
	}
	d.dispatchChannel(event, c)
	place := d.place(c)
	d.hub.emit(Event{Platform: "discord", Chat: c.ID, Kind: "chat", Place: &place, User: c.reader(), At: d.o.Now()})
}

// reader is the one user who sees a channel; empty if all do.
func (c *dcChannel) reader() string {
	if len(c.Recipients) > 0 {
		return c.Recipients[0].ID
	}
	return ""
}

// dispatchChannel tells the bot of a channel or thread; event is named as for
// a channel or as for a thread.
func (d *Discord) dispatchChannel(event string, c *dcChannel) {
	if c.guild == nil || c.guild.away {
		return
	}
	if c.isThread() {
		event = strings.Replace(event, "CHANNEL", "THREAD", 1)
	}
	d.dispatch(intentGuilds, c.GuildID, event, func() any { return c })
}

func (d *Discord) showGuild(g *dcGuild) any {
	channels, threads := []*dcChannel{}, []*dcChannel{}
	for _, c := range g.channels {
		switch {
		case !has(d.rights(c), permView):
		case !c.isThread():
			channels = append(channels, c)
		case !c.Thread.Archived:
			threads = append(threads, c)
		}
	}
	return map[string]any{
		"id": g.ID, "name": g.Name, "icon": nil, "owner_id": "1", "region": "", "joined_at": dcTime(g.joined),
		"afk_timeout": 300, "verification_level": 0, "default_message_notifications": 0,
		"explicit_content_filter": 0, "mfa_level": 0, "nsfw_level": 0, "premium_tier": 0,
		"preferred_locale": "en-US", "system_channel_flags": 0, "large": false, "unavailable": false,
		"member_count": len(d.users), "features": []string{}, "roles": d.roles(g), "emojis": []any{},
		"stickers": []any{}, "members": []any{}, "presences": []any{}, "voice_states": []any{},
		"stage_instances": []any{}, "guild_scheduled_events": []any{}, "channels": channels, "threads": threads,
	}
}

// show tells the watchers of a message.
func (d *Discord) show(kind string, m *dcMessage) {
	if !d.hub.watched() {
		return
	}
	d.hub.emit(d.event(kind, m))
}

func (d *Discord) event(kind string, m *dcMessage) Event {
	e := Event{Platform: "discord", Chat: m.ChannelID, Kind: kind, ID: m.ID, User: m.channel.reader(), At: d.o.Now()}
	if m.user != nil {
		e.User = m.user.ID
	}
	if kind != "delete" {
		e.Message = raw(m)
	}
	return e
}

// record puts a write of the bot into the transcript.
func (d *Discord) record(method string, m *dcMessage, body []byte) {
	e := Entry{At: d.o.Now(), Platform: "discord", Method: method, Chat: m.ChannelID, ID: m.ID, Body: body}
	if m.user != nil {
		e.User = m.user.ID
	}
	if method != "delete" {
		e.Text = readable(m)
	}
	if method == "create" || method == "answer" { // an edit pings nobody
		e.Pings = m.pings()
	}
	d.log.add(e)
}

// Watch gives what stands in the chats and then all that happens. Ephemeral
// messages are only seen when they come.
func (d *Discord) Watch(ctx context.Context) <-chan Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*dcMessage
	for _, c := range d.channels {
		all = append(all, c.messages...)
	}
	slices.SortFunc(all, func(a, b *dcMessage) int { return compareIDs(a.ID, b.ID) })
	standing := make([]Event, 0, len(all))
	for _, m := range all {
		e := d.event("message", m)
		e.At = m.at
		standing = append(standing, e)
	}
	return d.hub.watch(ctx, standing)
}

func compareIDs(a, b string) int {
	x, y := snowflake(a), snowflake(b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
