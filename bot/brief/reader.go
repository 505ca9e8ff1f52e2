package brief

import (
	"fmt"
	"strings"
	"time"

	"briefbot/store"
)

// What is said to a reader of what the reader chose, and unasked.

// Update tells a reader what became of a story that the reader follows.
func (v Voice) Update(e store.Entry) Message {
	m := v.Post(e, false)
	m.Blocks = append([]Block{Note{Plain(v.Text(wordFollowed))}}, m.Blocks...)
	m.Buttons = append(m.Buttons, Button{v.Text(wordUnfollow), Action{Verb: Unfollow, Story: e.Short}})
	return m
}

// Greeting greets who starts the bot. back says that what the reader chose once
// comes again.
func (v Voice) Greeting(back bool) Message {
	var m Message
	for line := range strings.Lines(v.Text(wordGreeting)) {
		m.Blocks = append(m.Blocks, Paragraph{Plain(strings.TrimSpace(line))})
	}
	if back {
		m.Blocks = append(m.Blocks, Note{Plain(v.Text(wordBack))})
	}
	m.Buttons = []Button{
		{v.Text(wordLatest), Action{Verb: ShowLatest}},
		{v.Text(wordMyBrief), Action{Verb: MyBrief}},
		{v.Text(wordTopics), Action{Verb: ShowTopics}},
		{v.Text(wordLanguage), Action{Verb: SetLanguage}},
		{v.Text(wordHelpButton), Action{Verb: ShowHelp}},
	}
	return m
}

// Stopped says that nothing comes unasked any more.
func (v Voice) Stopped() Message {
	return v.Say(v.Naming(wordStopped, "start"), Button{v.Text(wordStart), Action{Verb: StartAgain}})
}

// LanguageChoice offers the languages, each named in itself, above what is said.
func (v Voice) LanguageChoice(say Phrase, codes, names []string) Message {
	m := Message{Blocks: []Block{Paragraph{Plain(v.Text(say))}}}
	for i, code := range codes {
		m.Buttons = append(m.Buttons, Button{names[i], Action{Verb: SetLanguage, With: code}})
	}
	return m
}

// LanguageChosen says that the reader is spoken with in this language.
func (v Voice) LanguageChosen() Message {
	return v.Say(v.Text(wordLanguageSet), v.latest(), Button{v.Text(wordMyBrief), Action{Verb: MyBrief}})
}

func (v Voice) latest() Button { return Button{v.Text(wordLatest), Action{Verb: ShowLatest}} }

// briefTimes are the times of day that are offered for a brief.
var briefTimes = []string{"06:00", "07:00", "07:30", "08:00", "09:00", "12:00", "18:00", "20:00"}

// BriefChoice says when the private brief comes, if it does, and offers times.
func (v Voice) BriefChoice(at, zone string) Message {
	say := v.Text(wordBriefNone)
	if at != "" {
		say = v.with(wordBriefAt, values{"Time": at, "Zone": zone})
	}
	m := Message{Blocks: []Block{Paragraph{Plain(say)}, Note{Plain(v.with(wordBriefTyped, values{"Example": "/mybrief 7:45"}))}}}
	for _, t := range briefTimes {
		m.Buttons = append(m.Buttons, Button{t, Action{Verb: MyBrief, With: strings.Replace(t, ":", "", 1)}})
	}
	if at != "" {
		m.Buttons = append(m.Buttons, v.briefOff())
	}
	return m
}

func (v Voice) briefOff() Button {
	return Button{v.Text(SayOff), Action{Verb: MyBrief, With: BriefOff}}
}

// BriefOff is the With of a button that ends the private brief.
const BriefOff = "off"

// ZoneChoice asks for the time zone of a brief at a time; names are the zones as
// buttons hold them, and labels as people read them.
func (v Voice) ZoneChoice(say Phrase, at string, names, labels []string) Message {
	m := Message{Blocks: []Block{
		Paragraph{Plain(v.Text(say))},
		Note{Plain(v.with(wordZoneTyped, values{"Example": "/mybrief " + at + " Berlin"}))},
	}}
	for i, name := range names {
		a := Action{Verb: MyBrief, With: strings.Replace(at, ":", "", 1) + "." + name}
		if len(a.With) <= MaxWith {
			m.Buttons = append(m.Buttons, Button{labels[i], a})
		}
	}
	return m
}

// BriefSet says when the private brief comes from now on.
func (v Voice) BriefSet(at, zone string) Message {
	return v.Say(v.with(wordBriefSet, values{"Time": at, "Zone": zone}),
		Button{v.Text(wordOtherTime), Action{Verb: MyBrief}}, v.briefOff(), v.latest())
}

// BriefEnded says that no private brief comes any more.
func (v Voice) BriefEnded() Message {
	return v.Say(v.Text(wordBriefOff), Button{v.Text(wordMyBrief), Action{Verb: MyBrief}}, v.latest())
}

// FollowsTopic says that the new stories on a topic come in private.
func (v Voice) FollowsTopic(topic string) Message {
	return v.Say(v.with(wordTopicFollowed, values{"Topic": topic}), Button{v.Text(wordUnfollow), unfollowTopic(topic)}, v.follows())
}

// FollowsStory says that what becomes of a story is told in private.
func (v Voice) FollowsStory(e store.Entry) Message {
	return v.Say(v.with(wordStoryFollowed, values{"Headline": e.Story.Headline}),
		Button{v.Text(wordUnfollow), Action{Verb: Unfollow, Story: e.Short}}, v.button(wordStory, ShowStory, e), v.follows())
}

// FollowButton follows a topic, or ends that it is followed.
func (v Voice) FollowButton(topic string, followed bool) Button {
	if followed {
		return Button{v.Text(wordUnfollow), unfollowTopic(topic)}
	}
	return Button{v.Text(wordFollow), Action{Verb: Follow, With: FollowTopic + TopicName(topic)}}
}

// FollowTopic begins the With of a button that follows a topic; behind it stands
// the topic's TopicName.
const FollowTopic = "t."

func (v Voice) follows() Button { return Button{v.Text(wordFollows), Action{Verb: Follow}} }

func unfollowTopic(topic string) Action { return Action{Verb: Unfollow, With: TopicName(topic)} }

// Unfollowed says that something is no longer followed.
func (v Voice) Unfollowed(what string) Message {
	return v.Say(v.with(wordUnfollowed, values{"What": what}), v.follows(), v.latest())
}

// FollowUnknown asks whether words that name neither a topic nor a story are to
// be followed as a topic all the same; asked is what the words are kept as.
func (v Voice) FollowUnknown(words, asked string) Message {
	return v.Say(v.with(wordFollowUnknown, values{"Words": words}),
		Button{v.Text(wordFollowAnyway), Action{Verb: Follow, With: asked}}, Button{v.Text(wordTopics), Action{Verb: ShowTopics}})
}

// TooMany says that nothing more can be followed.
func (v Voice) TooMany(most int) Message {
	return v.Say(v.with(wordTooMany, values{"Count": most}), v.follows())
}

// Follows lists what a reader follows, with a button to end each.
func (v Voice) Follows(topics []string, stories []store.Entry) Message {
	m := Message{Blocks: []Block{Heading{v.Text(wordFollowsTitle)}}}
	add := func(t Text, a Action) {
		mark := fmt.Sprintf("%d.", len(m.Buttons)+1)
		m.Blocks = append(m.Blocks, Item{Mark: mark, Text: v.line(t)})
		m.Buttons = append(m.Buttons, Button{fmt.Sprintf("✕ %d", len(m.Buttons)+1), a})
	}
	for _, t := range topics {
		add(Text{{Text: v.isolate(t), Bold: true}}, unfollowTopic(t))
	}
	for _, e := range stories {
		add(Text{{Text: v.isolate(e.Story.Headline), URL: e.Story.URL}}, Action{Verb: Unfollow, Story: e.Short})
	}
	if len(m.Buttons) == 0 {
		return v.Say(v.Naming(wordFollowsNothing, "follow"), Button{v.Text(wordTopics), Action{Verb: ShowTopics}}, v.latest())
	}
	m.Blocks = append(m.Blocks, Note{Plain(v.Text(wordFollowsHint))})
	return m
}

// Stored is what is known of a reader, as the reader is told.
type Stored struct {
	Profile store.Profile
	Zone    string // as people read it
	Stories []store.Entry
	// Answered and Asked are how long answers, and the words that were searched
	// for, are kept.
	Answered, Asked time.Duration
	Backups         int // how many days the copies of the data go back
}

// Privacy says what is stored about a reader, and what is not.
func (v Voice) Privacy(s Stored) Message {
	p := s.Profile
	m := Message{Blocks: []Block{Heading{v.Text(wordPrivacy)}}}
	line := func(label Phrase, value string) {
		if value == "" {
			value = v.Text(wordNothing)
		}
		m.Blocks = append(m.Blocks, Bullet{v.line(Text{{Text: v.Text(label), Bold: true}, {Text: v.Text(wordColon)}, {Text: v.isolate(value)}})})
	}
	language := p.Language
	if language == "" {
		language = p.Told
	}
	at := ""
	if p.Brief != "" {
		at = p.Brief
	}
	var stories []string
	for _, e := range s.Stories {
		stories = append(stories, e.Story.Headline)
	}
	since := ""
	if !p.Since.IsZero() {
		since = v.date(p.Since.UTC())
	}
	line(wordPrivacyUser, p.User.ID)
	line(wordPrivacyChat, p.Home.ID)
	line(wordPrivacyLanguage, language)
	if p.Format != "" {
		line(wordSetFormat, v.Text(formats[p.Format]))
	}
	line(wordPrivacyZone, s.Zone)
	line(wordPrivacyBrief, at)
	line(wordPrivacyTopics, v.list(p.Topics))
	line(wordPrivacyStories, v.list(stories))
	line(wordPrivacySince, since)
	days := func(d time.Duration) int { return max(1, int(d.Hours()/24)) }
	m.Blocks = append(m.Blocks,
		Paragraph{Plain(v.with(wordPrivacyKept, values{"Answers": days(s.Answered), "Words": days(s.Asked), "Backups": s.Backups}))},
		Paragraph{Plain(v.Text(wordPrivacyNot))},
		Note{Plain(v.Naming(wordPrivacyForget, "forgetme"))},
	)
	m.Buttons = []Button{{v.Text(wordForgetButton), Action{Verb: ForgetMe}}, v.latest()}
	return m
}

// ForgetAsk asks whether all is to be erased.
func (v Voice) ForgetAsk(backups int) Message {
	return v.Say(v.with(wordForgetAsk, values{"Backups": backups}),
		Button{v.Text(wordForgetYes), Action{Verb: ForgetMe, With: ForgetYes}}, Button{v.Text(wordForgetNo), Action{Verb: ForgetMe, With: ForgetNo}})
}

// The answers to ForgetAsk.
const (
	ForgetYes = "yes"
	ForgetNo  = "no"
)

// Forgotten says that all is erased.
func (v Voice) Forgotten(backups int) Message {
	return v.Say(v.with(wordForgotten, values{"Backups": backups}))
}
