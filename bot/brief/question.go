package brief

import "briefbot/store"

// Question is what somebody in a chat asks, as an adapter understood it.
type Question struct {
	Chat    store.Chat
	Private bool // only the asker and the bot are there
	User    string
	// Language is the asker's, as the platform told; empty if it did not.
	Language string
	// OwnNames says that the asker's menu calls the commands by their names in
	// that language.
	OwnNames bool
	// Command is a command's name without its slash: "critical"; empty if a
	// button was pressed.
	Command string
	// Argument is what was typed behind the command, or chosen for it.
	Argument string
	// Action is what the pressed button, or the link followed, asks for.
	Action Action
	// Button is the data of a button of the message that was answered: it tells
	// the story even before the message's id is recorded.
	Button string
	// Message is the id of the message that was answered, if any.
	Message string
}

// Answer is what the bot says to a Question.
type Answer struct {
	Message
	// Story names the story that the answer is about, if it is about one.
	Story store.Ref
}

// Suggestion is a story that a reader may mean.
type Suggestion struct{ Headline, Short string }

// Command describes a command to a platform's menu and to the help.
type Command struct {
	Name string // lower case, a-z
	Help Phrase // one line
	// Called is its name where menus have one in each language.
	Called Phrase
	// Story says that the command takes a story as its optional argument.
	Story bool
}
