package brief

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"briefbot/store"
)

// ShowSettings asks for the settings of a chat, or changes one: its With is a
// Setting.
const ShowSettings Verb = "set"

// Setting is what a button of the settings does: it shows what one may be, or,
// with a value, makes it that.
type Setting struct {
	Of    SettingOf
	Value string // letters and digits, at most 8
	Page  int    // of a list that is shown, from 0
	// Chat is the id of the chat, if it is not the one that the button is in.
	Chat string
}

// SettingOf says which setting is meant.
type SettingOf string

// The settings, and what else can be done from their menu. AllSettings are the
// menu itself.
const (
	AllSettings     SettingOf = ""
	OfSchedule      SettingOf = "w"
	OfTimezone      SettingOf = "z"
	OfTopics        SettingOf = "t"
	OfMode          SettingOf = "m"
	OfLanguage      SettingOf = "l"
	OfNarratives    SettingOf = "n"
	OfUpdates       SettingOf = "u"
	OfQuiet         SettingOf = "q"
	OfFormat        SettingOf = "f" // on Telegram
	OfPause         SettingOf = "p"
	EndSubscription SettingOf = "x"
	ShowSample      SettingOf = "s"
)

// Values of settings.
const (
	Yes   = "yes"
	No    = "no"
	All   = "all"   // topics
	Usual = "usual" // narratives

	Classic = "classic" // format
)

// Action is the setting as a button has it: its letter and value, the page, and
// the chat's id in letters that a button can hold, with dots between them.
func (s Setting) Action() Action {
	page := ""
	if s.Page > 0 {
		page = strconv.Itoa(s.Page)
	}
	parts := []string{string(s.Of) + s.Value, page, chatInButton(s.Chat)}
	return Action{Verb: ShowSettings, With: strings.TrimRight(strings.Join(parts, "."), ".")}
}

// ParseSetting reads what Action wrote.
func ParseSetting(with string) (Setting, error) {
	parts := strings.Split(with, ".")
	var s Setting
	bad := fmt.Errorf("unknown setting %q", with)
	if len(parts) > 3 {
		return s, bad
	}
	if parts[0] != "" {
		s.Of, s.Value = SettingOf(parts[0][:1]), parts[0][1:]
	}
	if len(parts) > 1 && parts[1] != "" {
		n, err := strconv.Atoi(parts[1])
		if err != nil || n < 1 {
			return s, bad
		}
		s.Page = n
	}
	if len(parts) > 2 {
		var ok bool
		if s.Chat, ok = chatOfButton(parts[2]); !ok {
			return s, bad
		}
	}
	return s, nil
}

// chatInButton writes a chat's id, a number, in few letters; that of a negative
// one begins with an m, as in minus, which no other does.
func chatInButton(id string) string {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return ""
	}
	if n < 0 {
		return "M" + strconv.FormatInt(-n, 36)
	}
	return strconv.FormatInt(n, 36)
}

func chatOfButton(text string) (id string, ok bool) {
	digits, minus := strings.CutPrefix(text, "M")
	n, err := strconv.ParseInt(digits, 36, 64)
	if err != nil || n <= 0 {
		return "", false
	}
	if minus {
		n = -n
	}
	return strconv.FormatInt(n, 10), true
}

// Subscription is a channel as its settings are shown.
type Subscription struct {
	store.Channel
	// Elsewhere is the id of its chat, and Called what that is called, if it is
	// another than the one in which they are shown.
	Elsewhere, Called string
	// Speaks is the language's own name.
	Speaks string
}

// to is a button of the settings of the subscription.
func (s Subscription) to(label string, of SettingOf, value string) Button {
	return Button{label, Setting{Of: of, Value: value, Chat: s.Elsewhere}.Action()}
}

// dot begins each line of a list that stands close together.
const dot = "•"

// title says whose settings are shown.
func (v Voice) title(s Subscription) Heading {
	if s.Called != "" {
		return Heading{v.with(wordSettingsOf, values{"Name": s.Called})}
	}
	return Heading{v.Text(wordSettings)}
}

// Settings shows how a chat gets its news, and offers to change it. Notes stand
// first: what was done.
func (v Voice) Settings(s Subscription, notes ...string) Message {
	var m Message
	for _, n := range notes {
		m.Blocks = append(m.Blocks, Paragraph{Plain(n)})
	}
	m.Blocks = append(m.Blocks, v.title(s))
	type setting struct {
		label Phrase
		value string
	}
	all := []setting{
		{wordSetSchedule, v.When(s.Schedule)},
		{wordSetTimezone, s.Timezone},
		{wordSetTopics, v.topicList(s.Topics)},
		{wordSetMode, v.Text(modes[s.Mode])},
		{wordSetLanguage, s.Speaks},
		{wordSetNarratives, v.Text(narratives[s.Narratives])},
		{wordSetUpdates, v.Text(updates[s.Updates])},
		{wordSetQuiet, v.quiet(s.Quiet)},
	}
	if s.Chat.Platform == store.Telegram {
		all = append(all, setting{wordSetFormat, v.Text(formats[s.Format])})
	}
	for _, line := range all {
		m.Blocks = append(m.Blocks, Item{dot, v.line(Text{{Text: v.Text(line.label), Bold: true}, {Text: v.Text(wordColon) + v.isolate(line.value)}})})
	}
	switch {
	case s.Origin == store.FromConfig:
		m.Blocks = append(m.Blocks, Note{Plain(v.Text(SayByOperator))})
		m.Buttons = []Button{s.to(v.Text(wordSample), ShowSample, "")}
		return m
	case s.Waiting:
		m.Blocks = append(m.Blocks, Note{Plain(v.Text(SayWaiting))})
	case s.Paused:
		m.Blocks = append(m.Blocks, Note{Plain(v.Text(SayPaused))})
	}
	pause := s.to(v.Text(wordPause), OfPause, Yes)
	if s.Paused {
		pause = s.to(v.Text(wordResume), OfPause, No)
	}
	m.Buttons = []Button{
		s.to(v.Text(wordSetSchedule), OfSchedule, ""),
		s.to(v.Text(wordSetTimezone), OfTimezone, ""),
		s.to(v.Text(wordSetTopics), OfTopics, ""),
		s.to(v.Text(wordSetMode), OfMode, ""),
		s.to(v.Text(wordSetLanguage), OfLanguage, ""),
		s.to(v.Text(wordSetNarratives), OfNarratives, ""),
		s.to(v.Text(wordSetUpdates), OfUpdates, ""),
		s.to(v.Text(wordSetQuiet), OfQuiet, ""),
	}
	if s.Chat.Platform == store.Telegram {
		m.Buttons = append(m.Buttons, s.to(v.Text(wordSetFormat), OfFormat, ""))
	}
	m.Buttons = append(m.Buttons, s.to(v.Text(wordSample), ShowSample, ""), pause, s.to(v.Text(wordEndIt), EndSubscription, ""))
	return m
}

// What the values of a setting are called.
var (
	modes      = map[store.Mode]Phrase{store.Each: CalledEach, store.Digest: CalledDigest}
	narratives = map[string]Phrase{"fold": wordFold, "ask": wordAsk, "": wordUsual}
	formats    = map[string]Phrase{"": wordClassic, Classic: wordClassic, store.Rich: wordRich}
	updates    = map[string]Phrase{"edit": wordEdit, "ignore": wordIgnore, "repost": wordRepost, "": wordEdit}
)

func (v Voice) topicList(topics []string) string {
	if len(topics) == 0 {
		return v.Text(wordAllTopics)
	}
	return v.list(topics)
}

func (v Voice) quiet(spans []store.Span) string {
	if len(spans) == 0 {
		return v.Text(wordNever)
	}
	var all []string
	for _, q := range spans {
		all = append(all, span(q))
	}
	return strings.Join(all, v.Text(wordList))
}

func span(q store.Span) string {
	return fmt.Sprintf("%02d:%02d–%02d:%02d", q.Start/60, q.Start%60, q.End/60, q.End%60)
}

// Presets are the schedules that the menu offers, by their values.
var Presets = []struct{ Value, Schedule string }{
	{"new", AsItComes}, {"1h", "0 * * * *"}, {"2h", "0 */2 * * *"}, {"d8", "0 8 * * *"}, {"d18", "0 18 * * *"}, {"d8d18", "0 8,18 * * *"}, {"w7", "30 7 * * 1-5"},
}

// QuietPresets are the hours without a sound that the menu offers.
var QuietPresets = []struct {
	Value string
	Spans []store.Span
}{
	{No, nil},
	{"2107", []store.Span{{Start: 21 * 60, End: 7 * 60}}},
	{"2207", []store.Span{{Start: 22 * 60, End: 7 * 60}}},
	{"2308", []store.Span{{Start: 23 * 60, End: 8 * 60}}},
	{"0009", []store.Span{{Start: 0, End: 9 * 60}}},
}

// Choice are the values that a setting may have, each with a button; the one
// that it has is ticked. Those of topics and time zones, OfTopics and OfZones
// show.
func (v Voice) Choice(s Subscription, of SettingOf) Message {
	switch of {
	case OfSchedule:
		m := v.choice(s, wordSetSchedule, v.When(s.Schedule))
		for _, p := range Presets {
			m.Buttons = append(m.Buttons, s.to(ticked(v.When(p.Schedule), p.Schedule == s.Schedule), of, p.Value))
		}
		m.Blocks = append(m.Blocks, Note{Plain(v.Naming(wordSayOther, "schedule"))})
		return v.withBack(m, s)
	case OfMode:
		m := v.choice(s, wordSetMode, v.Text(modes[s.Mode]))
		for _, mode := range []store.Mode{store.Each, store.Digest} {
			m.Buttons = append(m.Buttons, s.to(ticked(v.Text(modes[mode]), s.Mode == mode), of, string(mode)))
		}
		return v.withBack(m, s)
	case OfNarratives:
		m := v.choice(s, wordSetNarratives, v.Text(narratives[s.Narratives]))
		for _, value := range []string{"", "fold", "ask"} {
			m.Buttons = append(m.Buttons, s.to(ticked(v.Text(narratives[value]), s.Narratives == value), of, cmp.Or(value, Usual)))
		}
		return v.withBack(m, s)
	case OfUpdates:
		m := v.choice(s, wordSetUpdates, v.Text(updates[s.Updates]))
		for _, value := range []string{"edit", "ignore", "repost"} {
			m.Buttons = append(m.Buttons, s.to(ticked(v.Text(updates[value]), s.Updates == value), of, value))
		}
		return v.withBack(m, s)
	case OfQuiet:
		m := v.choice(s, wordSetQuiet, v.quiet(s.Quiet))
		for _, p := range QuietPresets {
			m.Buttons = append(m.Buttons, s.to(ticked(v.quiet(p.Spans), slices.Equal(p.Spans, s.Quiet)), of, p.Value))
		}
		return v.withBack(m, s)
	case OfFormat:
		return v.withBack(v.chooseForm(s, s.Format, func(label, value string) Button { return s.to(label, of, value) }), s)
	case EndSubscription:
		m := Message{Blocks: []Block{v.title(s), Paragraph{Plain(v.Text(SayConfirm))}}}
		m.Buttons = []Button{s.to(v.Text(wordYesEnd), EndSubscription, Yes)}
		return v.withBack(m, s)
	}
	return v.Settings(s)
}

// chooseForm offers the forms that messages can have.
func (v Voice) chooseForm(s Subscription, now string, to func(label, value string) Button) Message {
	m := v.choice(s, wordSetFormat, v.Text(formats[now]))
	for _, value := range []string{Classic, store.Rich} {
		m.Buttons = append(m.Buttons, to(ticked(v.Text(formats[value]), formats[value] == formats[now]), value))
	}
	m.Blocks = append(m.Blocks, Note{Plain(v.Text(wordAboutRich))})
	return m
}

// OwnForm offers a reader the forms of what is said in the private chat, in which
// nothing is posted.
func (v Voice) OwnForm(now string) Message {
	m := v.chooseForm(Subscription{}, now, func(label, value string) Button {
		return Button{label, Action{Verb: OwnForm, With: value}}
	})
	m.Blocks = append(m.Blocks, Paragraph{Plain(v.Naming(SayNoneHere, "subscribe"))})
	return m
}

// choice begins a message that shows what a setting may be.
func (v Voice) choice(s Subscription, label Phrase, now string) Message {
	text := v.line(Text{{Text: v.Text(label), Bold: true}, {Text: v.Text(wordColon) + v.isolate(now)}})
	return Message{Blocks: []Block{v.title(s), Paragraph{text}}}
}

// withBack adds the way back to all settings.
func (v Voice) withBack(m Message, s Subscription) Message {
	m.Buttons = append(m.Buttons, s.to(v.Text(wordAllSettings), AllSettings, ""))
	return m
}

// ticked marks what is set.
func ticked(label string, yes bool) string {
	if yes {
		return "✓ " + label
	}
	return label
}

// OwnName is what a language is called by those who speak it.
func (l *Languages) OwnName(code string) string { return l.Voice(code).Text(wordOwnName) }

// ChooseLanguage offers the languages that the bot speaks.
func (l *Languages) ChooseLanguage(v Voice, s Subscription) Message {
	m := v.choice(s, wordSetLanguage, s.Speaks)
	for _, other := range l.voices {
		m.Buttons = append(m.Buttons, s.to(ticked(other.Text(wordOwnName), other.Text(wordOwnName) == s.Speaks), OfLanguage, other.code))
	}
	return v.withBack(m, s)
}

// ChooseZone offers time zones, by their names and labels.
func (v Voice) ChooseZone(s Subscription, zones [][2]string) Message {
	m := v.choice(s, wordSetTimezone, s.Timezone)
	for _, z := range zones {
		m.Buttons = append(m.Buttons, s.to(ticked(z[1], z[0] == s.Timezone), OfTimezone, TopicName(z[0])))
	}
	m.Blocks = append(m.Blocks, Note{Plain(v.Naming(SayOtherZone, "timezone"))})
	return v.withBack(m, s)
}

// topicsShown is how many topics a page of their choice has.
const topicsShown = 8

// ChooseTopics offers a page of topics, each to be switched on or off.
func (v Voice) ChooseTopics(s Subscription, topics []string, page int) Message {
	m := v.choice(s, wordSetTopics, v.topicList(s.Topics))
	pages := max(1, (len(topics)+topicsShown-1)/topicsShown)
	page = min(page, pages-1)
	m.Buttons = append(m.Buttons, s.to(ticked(v.Text(wordAllTopics), len(s.Topics) == 0), OfTopics, All))
	for _, topic := range topics[page*topicsShown : min(len(topics), (page+1)*topicsShown)] {
		on := slices.ContainsFunc(s.Topics, func(t string) bool { return strings.EqualFold(t, topic) })
		value := "y" + TopicName(topic)
		if on {
			value = "n" + TopicName(topic)
		}
		m.Buttons = append(m.Buttons, Button{ticked(topic, on), Setting{OfTopics, value, page, s.Elsewhere}.Action()})
	}
	if pages > 1 {
		next := (page + 1) % pages
		m.Buttons = append(m.Buttons, Button{v.Text(wordMoreTopics), Setting{OfTopics, "", next, s.Elsewhere}.Action()})
	}
	return v.withBack(m, s)
}

// WhichZone asks which of several time zones is meant.
func (v Voice) WhichZone(s Subscription, zones [][2]string) Message {
	m := v.ChooseZone(s, zones)
	m.Blocks = append([]Block{Heading{v.Text(TitleWhich)}}, m.Blocks...)
	return m
}

// Understands says which schedules are understood, and what was not.
func (v Voice) Understands() Message {
	m := Message{Blocks: []Block{Paragraph{Plain(v.Text(SayNotUnderstood))}}}
	for _, expression := range []string{AsItComes, "0 * * * *", "0 */2 * * *", "0 8,18 * * *", "30 7 * * 1-5", "0 9 * * 1"} {
		m.Blocks = append(m.Blocks, Item{dot, Plain(v.When(expression))})
	}
	m.Blocks = append(m.Blocks, Item{dot, Plain("0 8 * * *")})
	m.Buttons = v.Say("").Buttons
	return m
}

// Lacks names the rights that the bot lacks in a chat, each with how to give it.
func (v Voice) Lacks(rights []Phrase) Message {
	m := Message{Blocks: []Block{Paragraph{Plain(v.Text(SayLacks))}}}
	for _, r := range rights {
		m.Blocks = append(m.Blocks, Bullet{Plain(v.Text(r))})
	}
	m.Buttons = v.Say("").Buttons
	return m
}

// Unheard says which topics no story has had yet.
func (v Voice) Unheard(topics []string) string {
	return v.with(wordUnheard, values{"Topics": v.list(topics)})
}

// Sample marks a message as one that nobody else gets.
func (v Voice) Sample(m Message) Message {
	m.Blocks = append(slices.Clone(m.Blocks), Note{Plain(v.Text(wordIsSample))})
	return m
}
