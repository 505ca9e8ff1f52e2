package brief

import (
	"context"

	"briefbot/store"
)

// Question is what somebody in a chat asks, as an adapter understood it.
type Question struct {
	Chat    store.Chat
	Private bool // only the asker and the bot are there
	Aloud   bool // the answer stands in the chat, for all to read
	User    string
	// Language is the asker's, as the platform told; empty if it did not.
	Language string
	// OwnNames says that the asker's menu calls the commands by their names in
	// that language.
	OwnNames bool
	// Asker tells more of who asks.
	Asker Asker
	// Command is a command's name without its slash: "critical"; empty if a
	// button was pressed.
	Command string
	// Sub is the name of the command's subcommand, where the platform has them
	// apart; else it is the argument's first word.
	Sub string
	// Options are the command's options by their names, where the platform has
	// them apart.
	Options map[string]string
	// Argument is what was typed behind the command, where the platform has no
	// options.
	Argument string
	// Action is what the pressed button, the chosen entry of a menu, or the link
	// followed, asks for.
	Action Action
	// Button is the data of a button of the message that was answered: it tells
	// the story even before the message's id is recorded.
	Button string
	// Message is the id of the message that was answered, if any.
	Message string
	// Above is the chat that a thread of Discord hangs on: the thread has the id
	// of the message in it that it was begun on.
	Above store.Chat
	// Post is the channel's post below which it was asked, in the comments; zero
	// elsewhere.
	Post store.Spot
}

// Asks is who asks.
func (q Question) Asks() store.UserID { return store.UserID{Platform: q.Chat.Platform, ID: q.User} }

// Asker is what the platform knows of who asks. It is asked when the answer
// depends on it, and asks the platform's server, whose word alone counts.
type Asker interface {
	// Manages reports whether the asker may change the settings of a chat: has
	// Manage Channels on Discord, is an administrator on Telegram.
	Manages(ctx context.Context, c store.Chat) (bool, error)
	// Find gives the chat that a reader names by its @name, link, mention or
	// id, or store.ErrNotFound if the bot is in none such.
	Find(ctx context.Context, name string) (store.Place, error)
	// Home is the private chat with the asker, in which the bot may write
	// unasked, or store.ErrNotFound if it may not: the asker has to write to the
	// bot first, or stays unknown.
	Home(ctx context.Context) (store.Chat, error)
	// Lacks names the rights that the bot lacks to post in a chat, or is
	// store.ErrNotFound if the bot is not in it.
	Lacks(ctx context.Context, c store.Chat) ([]Phrase, error)
}

// Answer is what the bot says to a Question.
type Answer struct {
	Message
	// Story names the story that the answer is about, if it is about one.
	Story store.Ref
	// Turn says that the answer to a button may take the place of the message
	// that has it. It never takes that of a post, nor of what is not the asker's
	// alone.
	Turn bool
	// Quiet says that the asker was told already to wait: where a question can
	// go without an answer, nothing is said.
	Quiet bool
	// Again is the button that asks for the same, if there is one: an answer
	// that is longer than a message can then be shown page by page.
	Again Action
	// Farewell says that the asker is to be forgotten: nothing of the answer is
	// kept once it is out.
	Farewell bool
}

// Suggestion is a value that a reader may mean for an option.
type Suggestion struct{ Label, Value string }

// Command describes a command to a platform's menu and to the help.
type Command struct {
	Name string // lower case, a-z
	Help Phrase // one line
	// Called is its name where menus have one in each language.
	Called Phrase
	// Options are what can be said with it, the most usual one first. Where they
	// can't be told apart, they are read from what is typed.
	Options []Option
	// Subs are the kinds of the command, each with options of its own; the
	// command itself then has none.
	Subs []Command
	// OnMessage is its name in the menu of a post, if it is there.
	OnMessage Phrase
	// Audience says who finds it in a menu.
	Audience Audience
}

// Audience says who has use for a command.
type Audience int

// The audiences.
const (
	Everyone Audience = iota
	Alone             // who talks to the bot in private
	Admins            // who manages a chat
)

// Option is something that can be said with a command.
type Option struct {
	Name   string // lower case, a-z
	Called Phrase // its name where menus have one in each language
	Help   Phrase
	Kind   OptionKind
	// Choices are all that it may be, if they are few.
	Choices []Choice
	// Suggests says that the desk suggests values while one is typed.
	Suggests bool
	Required bool
}

// OptionKind is what an option's value is.
type OptionKind int

// The kinds of options.
const (
	TextOption   OptionKind = iota
	NumberOption            // whole, above 0
)

// Choice is one of the few values of an option.
type Choice struct {
	Value  string
	Called Phrase
}
