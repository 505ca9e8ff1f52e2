package brief

import (
	"fmt"
	"strings"
)

// Verb says what a button asks for.
type Verb string

// The verbs. A narrative without a command of its own is asked for by its place
// in the story, from 1: "n3".
const (
	ShowCritical      Verb = "crit"
	ShowEstablishment Verb = "est"
	ShowSources       Verb = "src"
	ShowStory         Verb = "story"
	ShowNarratives    Verb = "more"   // all of them; with a page
	ShowLatest        Verb = "latest" // with a page
	ShowToday         Verb = "today"  // with a page
	ShowTopics        Verb = "topics" // with a page, or a topic's TopicName and a page
	ShowHelp          Verb = "help"
	ShowFound         Verb = "find" // With is the name of the words, and the page

	StartAgain  Verb = "start"
	StopAll     Verb = "stop"
	SetLanguage Verb = "lang"   // with a language's code
	OwnForm     Verb = "form"   // with Classic or store.Rich
	MyBrief     Verb = "my"     // with a time, and a zone, or "off"
	Follow      Verb = "follow" // a story, or with words that name a topic
	Unfollow    Verb = "unfol"  // a story, or with a topic's name
	ShowPrivacy Verb = "priv"
	ForgetMe    Verb = "forget" // with "yes" or "no"
)

// Narrative is the verb for the story's narrative at index i.
func Narrative(i int) Verb { return Verb(fmt.Sprintf("n%d", i+1)) }

// Button is something that a reader can press.
type Button struct {
	Label string
	Action
}

// Action is what a button does: a verb, the short id of its story, if it has
// one, and what else it needs to know. It holds its whole meaning, so that a
// button works as long as its message lives.
type Action struct {
	Verb  Verb
	Story string
	// With is what the verb is about beside a story, such as a page's number: at
	// most MaxWith of the letters a-z, A-Z and 0-9, and dots.
	With string
}

// MaxWith is how long an Action's With can be: so that verb, story, With and the
// tag with their signs fit into the 64 bytes of a button's data.
const MaxWith = 24

// Data is the action as a button holds it: a path whose first part is the
// form's version, at most 64 bytes (Telegram's limit). tag tells the message
// from all others: the part of the delivery that brought it.
func (a Action) Data(tag string) string {
	if a.With == "" {
		return strings.Join([]string{"1", string(a.Verb), a.Story, tag}, "/")
	}
	return strings.Join([]string{"2", string(a.Verb), a.Story, a.With, tag}, "/")
}

// ParseAction reads what Data wrote.
func ParseAction(data string) (a Action, tag string, err error) {
	parts := strings.Split(data, "/")
	switch {
	case len(parts) == 4 && parts[0] == "1" && parts[1] != "":
		return Action{Verb: Verb(parts[1]), Story: parts[2]}, parts[3], nil
	case len(parts) == 5 && parts[0] == "2" && parts[1] != "" && parts[3] != "":
		return Action{Verb: Verb(parts[1]), Story: parts[2], With: parts[3]}, parts[4], nil
	}
	return Action{}, "", fmt.Errorf("unknown button data %q", data)
}

// toPayload and toData turn the two signs that a Telegram link can't hold.
var (
	toPayload = strings.NewReplacer("/", "_", ".", "-")
	toData    = strings.NewReplacer("_", "/", "-", ".")
)

// Payload is Data in the letters that a deep link's start parameter may hold:
// A-Z, a-z, 0-9, _ and -.
func (a Action) Payload(tag string) string { return toPayload.Replace(a.Data(tag)) }

// ParsePayload reads what Payload wrote.
func ParsePayload(payload string) (a Action, tag string, err error) {
	return ParseAction(toData.Replace(payload))
}
