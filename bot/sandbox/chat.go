package sandbox

import (
	"context"
	"encoding/json"
	"time"
)

// Chat is one place where messages stand, as the page lists it.
type Chat struct {
	Platform string `json:"platform"` // "discord" or "telegram"
	ID       string `json:"id"`
	Parent   string `json:"parent,omitempty"` // the channel that a thread or forum post belongs to
	Name     string `json:"name"`
	// Kind is the platform's own word. Discord: text, announcement, forum,
	// thread, dm, group dm. Telegram: channel, group, supergroup, private.
	Kind string `json:"kind"`
	// Roles are, on Discord, the names of the roles that may be mentioned there,
	// by id.
	Roles map[string]string `json:"roles,omitempty"`
	// Writable says whether a reader may type there.
	Writable bool `json:"writable"`
}

// Event is something that a reader sees happen.
type Event struct {
	Platform string `json:"platform"`
	Chat     string `json:"chat"`
	// Kind: "chat" (Text is empty, Place is set: a new chat), "message",
	// "edit", "delete", "ephemeral" (a message that only User sees), "toast"
	// (a short notice that only User sees, in Text), "open" (User's client
	// opens the private chat named in Text).
	Kind string `json:"kind"`
	User string `json:"user,omitempty"`
	// ID is the message's own id.
	ID string `json:"id,omitempty"`
	// Message is the platform's own Message object, as its API returns it.
	Message json.RawMessage `json:"message,omitempty"`
	Text    string          `json:"text,omitempty"`
	Place   *Chat           `json:"place,omitempty"`
	At      time.Time       `json:"at"`
}

// Command is one command that the bot has registered, as a client's menu shows
// it.
type Command struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Options     []Option `json:"options,omitempty"`
}

// Option is one argument of a Discord command.
type Option struct {
	Name         string `json:"name"`
	Description  string `json:"description"`
	Required     bool   `json:"required,omitempty"`
	Autocomplete bool   `json:"autocomplete,omitempty"`
	// Choices are the names of what alone may be chosen; any value if empty.
	Choices []string `json:"choices,omitempty"`
	// Subcommand says that it is no argument: it is a command below the command,
	// or a group of them, and Options are its own.
	Subcommand bool     `json:"subcommand,omitempty"`
	Options    []Option `json:"options,omitempty"`
}

// Platform is what the page and the tests do as people in the chats: it is the
// client side of a stand-in, where its HTTP handler is the bot's side.
type Platform interface {
	// Chats lists the chats that user can see.
	Chats(user string) []Chat
	// Menu lists what the command menu of a chat offers to user.
	Menu(user, chat string) []Command
	// Watch gives what stands in the chats now, oldest first, and then all
	// that happens, until ctx ends. A reader that is too slow loses nothing.
	Watch(ctx context.Context) <-chan Event
	// Say types a line: plain text, or a command such as "/critical story".
	// reply is the id of the message replied to, or empty.
	Say(ctx context.Context, user, chat, text, reply string) error
	// Press presses a button by its data: custom_id on Discord, for a select
	// with the values chosen behind it, each after a line break; callback data or
	// the URL on Telegram, where a URL of the form
	// https://t.me/<bot>?start=<payload> opens the private chat and starts it.
	Press(ctx context.Context, user, chat, message, data string) error
	// Complete asks the bot for an option's autocompletions; nil where the
	// platform has none. Behind the command's name may stand subcommands, and
	// options that are filled in already, as Say takes them.
	Complete(ctx context.Context, user, chat, command, option, value string) ([]string, error)
}

// Apps is a platform whose clients offer commands on a message.
type Apps interface {
	// Apps lists the commands that the menu of a message in a chat offers to
	// user.
	Apps(user, chat string) []Command
	// Use picks one of them, by its name, on a message.
	Use(ctx context.Context, user, chat, message, command string) error
}

// Entry is one write by the bot that a platform carried out: what a reader
// could have seen. The transcript of a sandbox is all of them, in order.
type Entry struct {
	N        int       `json:"n"`
	At       time.Time `json:"at"`
	Platform string    `json:"platform"`
	Method   string    `json:"method"` // "create", "edit", "delete", "answer", "toast", "offer"
	Chat     string    `json:"chat"`
	ID       string    `json:"id"`             // the message's id
	User     string    `json:"user,omitempty"` // who alone sees it
	Text     string    `json:"text"`           // what is read, without markup
	// Pings are the users and roles, by id, whom the write pings.
	Pings []string        `json:"pings,omitempty"`
	Body  json.RawMessage `json:"body"` // the request, as it came
}

// Failure is what a Fault does to a request.
type Failure string

// The failures.
const (
	// DropBefore cuts the connection and does nothing.
	DropBefore Failure = "drop-before"
	// DropAfter carries the request out, then cuts the connection without an
	// answer.
	DropAfter Failure = "drop-after"
	// Late cuts the connection at once and carries the request out after
	// Fault.Delay.
	Late Failure = "late"
	// Hang waits for Fault.Delay (or the end of the connection), then goes on
	// as usual.
	Hang Failure = "hang"
	// Unavailable answers with Fault.Status (default 502) and an HTML page,
	// without acting.
	Unavailable Failure = "unavailable"
	// UnavailableAfter acts, and answers with Fault.Status and an HTML page.
	UnavailableAfter Failure = "unavailable-after"
	// Limited answers 429 with Fault.Delay as the platform's retry_after;
	// Fault.Global makes it the whole bot's (Discord).
	Limited Failure = "limited"
	// Refused answers with Fault.Status, Fault.Code and Fault.Text in the
	// platform's own error form, without acting.
	Refused Failure = "refused"
)

// Fault is something that goes wrong, once or several times.
type Fault struct {
	Failure Failure
	// Method is what the request does: "create", "edit", "delete", "answer",
	// "updates" (Telegram's long poll), "gateway" (Discord's connection), or
	// empty for all.
	Method string
	// Chat limits the fault to one chat; empty for all.
	Chat string
	// Times is how often it happens; 0 means until it is cleared.
	Times int
	// Skip lets so many matching requests pass first.
	Skip int
	// Chance, if not 0, is the probability with which a matching request
	// meets the fault.
	Chance float64
	Delay  time.Duration
	Status int
	Code   int
	Text   string
	Global bool
}
