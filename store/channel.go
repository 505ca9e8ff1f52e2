package store

import "time"

// Platform names a chat platform.
type Platform string

// The platforms.
const (
	Discord  Platform = "discord"
	Telegram Platform = "telegram"
)

// Chat is where messages go.
type Chat struct {
	Platform Platform `json:"platform"`
	// ID is the platform's own: a snowflake on Discord; a number or @name on
	// Telegram.
	ID string `json:"id"`
	// Thread is a Telegram forum topic; a Discord thread has an ID of its own.
	Thread int `json:"thread,omitempty"`
}

// Private reports whether the id alone tells that the chat is one reader's: on
// Telegram those have positive numbers.
func (c Chat) Private() bool {
	return c.Platform == Telegram && c.ID != "" && c.ID[0] != '-' && c.ID[0] != '@'
}

// Kind is what sort of chat a place is.
type Kind string

// The kinds of both platforms.
const (
	DiscordText     Kind = "text"
	DiscordNews     Kind = "announcement" // a channel that other servers follow
	DiscordForum    Kind = "forum"        // also media channels: a post is a thread
	DiscordThread   Kind = "thread"       // also a forum's post
	TelegramChannel Kind = "channel"      // readers can't write
	TelegramGroup   Kind = "group"        // a basic group
	TelegramSuper   Kind = "supergroup"   // with or without topics
	Private         Kind = "private chat" // with one reader, on either platform
)

// Place is what a platform said of a chat.
type Place struct {
	Chat Chat   `json:"chat"` // with the id that lasts, without a thread
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	// Guild is the server that a Discord channel belongs to.
	Guild string `json:"guild,omitempty"`
}

// Mode is how a channel gets its news.
type Mode string

// The modes.
const (
	Each   Mode = "each"   // a post a story
	Digest Mode = "digest" // one post for all that is new
	Follow Mode = "follow" // what becomes of the stories that its reader follows
)

// Origin says who made a channel.
type Origin string

// The origins.
const (
	FromConfig Origin = ""       // the operator, in the configuration
	FromChat   Origin = "chat"   // who manages the chat, from within it
	FromReader Origin = "reader" // a reader, whose private chat it is
)

// Channel is a place that gets posts, and how it wants them.
type Channel struct {
	Name   string `json:"name"`
	Chat   Chat   `json:"chat"`
	Origin Origin `json:"origin,omitempty"`
	Owner  UserID `json:"owner,omitzero"`   // the reader who made it
	Paused bool   `json:"paused,omitempty"` // by who made it: its news waits
	// Waiting says that the operator has not approved of the channel yet: it
	// begins when that is done.
	Waiting bool `json:"waiting,omitempty"`
	// Rescheduled is when the schedule was changed last: what would have been
	// due before is not missed.
	Rescheduled time.Time `json:"rescheduled,omitzero"`
	Schedule    string    `json:"schedule"` // a cron expression, @daily, @every 15m
	Timezone    string    `json:"timezone"`
	Language    string    `json:"language,omitempty"`
	Topics      []string  `json:"topics,omitempty"` // none: all
	// Include and Exclude are the patterns of the channel's Filter.
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
	Mode    Mode     `json:"mode"`
	// Limit is the most stories at one time.
	Limit int `json:"limit"`
	// Backfill is how many of the stories that were there before the channel
	// began it gets.
	Backfill int `json:"backfill"`
	// Narratives: "fold" puts them into the post, "ask" gives them on request;
	// empty: by the kind of chat.
	Narratives string `json:"narratives,omitempty"`
	// Format: "rich" posts Telegram's rich messages, "classic" or empty
	// classic ones.
	Format string `json:"format,omitempty"`
	// Threads has a thread begun below each post of a story, on Discord.
	Threads bool `json:"threads,omitempty"`
	// Ping is the id of the role that new posts mention, on Discord.
	Ping string `json:"ping,omitempty"`
	// Publish has posts published to the servers that follow the channel, on
	// Discord.
	Publish bool `json:"publish,omitempty"`
	// Quiet are the times of day without a sound.
	Quiet []Span `json:"quiet,omitempty"`
	// CatchUp is how late a missed run is still made up.
	CatchUp time.Duration `json:"catch_up"`
	// MaxAge is how long after its coming in a story is still news.
	MaxAge time.Duration `json:"max_age"`
	// Updates says what to do when a story changes after its post: "edit" the
	// post, "ignore" the change, or "repost".
	Updates string `json:"updates,omitempty"`
	// Uncertain says what to do with a send whose outcome can't be found out:
	// "resend" or "hold".
	Uncertain string `json:"uncertain,omitempty"`
}

// Rich is the Format of rich messages.
const Rich = "rich"

// Folds reports whether the narratives stand in the channel's posts: as it says,
// else where readers can't ask for them, and where there is room for them.
func (c Channel) Folds(p Place, rich bool) bool {
	switch c.Narratives {
	case "fold":
		return true
	case "ask":
		return false
	}
	return rich || p.Kind == TelegramChannel
}

// Span is a time of day from Start to End, in minutes since midnight; it may
// pass midnight.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Contains reports whether the clock time of t, in its own zone, is within the
// span.
func (q Span) Contains(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	if q.Start <= q.End {
		return q.Start <= m && m < q.End
	}
	return m >= q.Start || m < q.End
}

// Progress is how far a channel's schedule has come.
type Progress struct {
	// Began is when the channel began.
	Began time.Time `json:"began"`
	// Cursor is the number of the last story that was dealt with.
	Cursor uint64 `json:"cursor"`
	// Backfill are the stories from before the channel began that are still to
	// be posted, by their IDs.
	Backfill []string `json:"backfill,omitempty"`
	// LastRun is when the schedule was last due and run.
	LastRun time.Time `json:"last_run,omitzero"`
}
