package command

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/store"
)

// What those who manage a chat can ask. Each of these commands and buttons has
// brief.Admins for its audience, and is answered only after the platform said
// that whoever asks manages the chat that it is about: see admitted.

// Chats says what chats may do by themselves.
type Chats struct {
	// Subscriptions says which chats may subscribe, and Allow are the ids of those
	// that need not be approved.
	Subscriptions config.Subscriptions
	Allow         []string
	// Schedules reports what is wrong with a cron expression that a chat wants;
	// nil: there are none but those in plain words.
	Schedules func(expression string) error
}

// The options of admins' commands.
var (
	channelOption = brief.Option{Name: "channel", Called: brief.NameChannelOption, Help: brief.HelpChannelOption}
	topicsOption  = brief.Option{Name: "topics", Called: brief.NameTopicsOption, Help: brief.HelpTopicsOption}
	whenOption    = brief.Option{Name: "when", Called: brief.NameWhenOption, Help: brief.HelpWhenOption}
	onlyOption    = brief.Option{Name: "only", Called: brief.NameOnlyOption, Help: brief.HelpOnlyOption}
	placeOption   = brief.Option{Name: "place", Called: brief.NamePlaceOption, Help: brief.HelpPlaceOption, Suggests: true}
	modeOption    = brief.Option{Name: "mode", Called: brief.NameModeOption, Help: brief.HelpModeOption, Choices: []brief.Choice{
		{Value: string(store.Each), Called: brief.CalledEach}, {Value: string(store.Digest), Called: brief.CalledDigest},
	}}
)

// aboutChats are the commands of those who manage a chat.
func aboutChats() []entry {
	admins := func(name string, called, help brief.Phrase, answer func(*Desk, context.Context, asked, store.Entry) (brief.Answer, error), options ...brief.Option) entry {
		e := entry{answer: answer}
		e.Command = brief.Command{Name: name, Called: called, Help: help, Audience: brief.Admins, Options: append(options, channelOption)}
		e.read = reader(e.Options)
		return e
	}
	all := []entry{
		admins("subscribe", brief.NameSubscribe, brief.HelpSubscribe, (*Desk).subscribe, topicsOption),
		admins("unsubscribe", brief.NameUnsubscribe, brief.HelpUnsubscribe, (*Desk).unsubscribe),
		admins("schedule", brief.NameSchedule, brief.HelpSchedule, (*Desk).reschedule, whenOption),
		admins("timezone", brief.NameTimezone, brief.HelpTimezone, (*Desk).moveZone, placeOption),
		admins("mode", brief.NameMode, brief.HelpMode, (*Desk).changeMode, modeOption),
		admins("settings", brief.NameSettings, brief.HelpSettings, (*Desk).settings, topicsOption),
		admins("test", brief.NameTest, brief.HelpTest, (*Desk).sample),
		admins("pause", brief.NamePause, brief.HelpPause, (*Desk).pause),
	}
	i := slices.IndexFunc(all, func(e entry) bool { return e.Name == "settings" })
	all[i].verb = brief.ShowSettings
	return all
}

// chatNamed is how a chat is named at the beginning of what is typed. The words
// with an @ that cron knows are none.
var (
	chatNamed = regexp.MustCompile(`^(?:@\w{4,32}|-\d{5,20}|(?:https?://)?(?:t|telegram)\.me/\S+)$`)
	cronWord  = regexp.MustCompile(`^@(?:every|daily|hourly|weekly|monthly|yearly|annually|midnight)$`)
)

// reader takes apart what is typed behind an admins' command: the chat that it is
// about, if its name stands first, and the value of the first option.
func reader(options []brief.Option) func(string) map[string]string {
	return func(typed string) map[string]string {
		all := map[string]string{}
		first, rest, _ := strings.Cut(typed, " ")
		if chatNamed.MatchString(first) && !cronWord.MatchString(first) {
			all[channelOption.Name], typed = first, strings.TrimSpace(rest)
		}
		if typed != "" && options[0].Name != channelOption.Name {
			all[options[0].Name] = typed
		}
		return all
	}
}

// readTopics takes apart what is typed behind /topics: a topic whose stories are
// asked for; or, with a comma, or "only" before it, those that a chat is to get.
func readTopics(typed string) map[string]string {
	all := reader([]brief.Option{onlyOption})(typed)
	only, said := strings.CutPrefix(all[onlyOption.Name], onlyOption.Name+" ")
	if all[onlyOption.Name] = only; !said && all[channelOption.Name] == "" && !strings.ContainsFunc(only, isComma) {
		return map[string]string{topicOption.Name: typed}
	}
	return all
}

// managed is a chat that the asker manages, as the platform has just said.
type managed struct {
	chat store.Chat
	// elsewhere says that it is another than the one that the question came
	// from; name is then what it is called, if that is known.
	elsewhere bool
	name      string
	setting   brief.Setting // of the button that was pressed
}

// admitted finds the chat that a question of an admin is about, and asks the
// platform whether the asker manages it: each time, since nothing that a command
// or a button brings along proves it.
func (d *Desk) admitted(ctx context.Context, q asked) (asked, error) {
	q.manages = managed{chat: q.Chat}
	if q.Asker == nil {
		return q, say(q.voice, brief.SayNotAdmin)
	}
	if q.Command == "" {
		s, err := brief.ParseSetting(q.Action.With)
		if err != nil {
			return q, sayNaming(q.voice, brief.SayOldButton, "settings")
		}
		q.manages.setting = s
		if s.Chat != "" && s.Chat != q.Chat.ID {
			q.manages.chat = store.Chat{Platform: q.Chat.Platform, ID: s.Chat}
			q.manages.elsewhere = true
			if p, err := d.store.Place(ctx, q.manages.chat); err == nil {
				q.manages.name = p.Name
			}
		}
	} else if name := strings.TrimSpace(q.Options[channelOption.Name]); name != "" {
		place, err := q.Asker.Find(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			return q, say(q.voice, brief.SayNoChat)
		}
		if err != nil {
			return q, err
		}
		if place.Chat.ID != q.Chat.ID {
			q.manages.chat, q.manages.elsewhere, q.manages.name = place.Chat, true, place.Name
		}
	}
	yes, err := q.Asker.Manages(ctx, q.manages.chat)
	if err == nil && !yes {
		err = say(q.voice, brief.SayNotAdmin)
	}
	return q, err
}

// channel is the channel in the chat that is managed.
func (d *Desk) channel(ctx context.Context, q asked) (store.Channel, error) {
	c, err := d.store.ChannelIn(ctx, q.manages.chat)
	if errors.Is(err, store.ErrNotFound) || err == nil && c.Origin == store.FromReader {
		c, err = d.store.Channel(ctx, store.ChatChannel(q.manages.chat))
	}
	if errors.Is(err, store.ErrNotFound) {
		err = sayNaming(q.voice, brief.SayNoneHere, "subscribe")
	}
	return c, err
}

// changeChat changes the channel in the chat that is managed, if it was made from
// there: the operator's word goes before that of who manages the chat.
func (d *Desk) changeChat(ctx context.Context, q asked, what func(*store.Channel)) (store.Channel, error) {
	c, err := d.channel(ctx, q)
	if err != nil {
		return c, err
	}
	now := time.Now()
	c, err = d.store.ChangeChannel(ctx, c.Name, func(c *store.Channel) error {
		if c.Origin != store.FromChat {
			return say(q.voice, brief.SayByOperator)
		}
		was := *c
		what(c)
		if c.Schedule != was.Schedule || c.Timezone != was.Timezone || was.Paused && !c.Paused {
			c.Rescheduled = now
		}
		return nil
	})
	if err == nil {
		d.log.Info("channel changed from its chat", "channel", c.Name, "schedule", c.Schedule, "timezone", c.Timezone, "topics", c.Topics, "mode", c.Mode, "paused", c.Paused)
	}
	return c, err
}

// subscription is a channel as it is shown to who manages it.
func (d *Desk) subscription(q asked, c store.Channel) brief.Subscription {
	s := brief.Subscription{Channel: c, Speaks: d.languages.OwnName(cmp.Or(c.Language, d.language))}
	if q.manages.elsewhere {
		s.Elsewhere, s.Called = q.manages.chat.ID, cmp.Or(q.manages.name, q.manages.chat.ID)
	}
	return s
}

// shown answers with the settings of a channel.
func (d *Desk) shown(q asked, c store.Channel, notes ...string) brief.Answer {
	return brief.Answer{Message: q.voice.Settings(d.subscription(q, c), notes...), Turn: true}
}

// maxTopics is how many topics a chat may name, and maxTopic how long one is.
const (
	maxTopics = 20
	maxTopic  = 60
)

// topicsIn reads topics that are typed.
func topicsIn(typed string) []string {
	var all []string
	for topic := range strings.FieldsFuncSeq(typed, isComma) {
		topic = strings.Join(strings.Fields(strings.TrimPrefix(strings.TrimSpace(topic), "#")), " ")
		known := slices.ContainsFunc(all, func(t string) bool { return strings.EqualFold(t, topic) })
		if topic != "" && len(topic) <= maxTopic && !known && len(all) < maxTopics {
			all = append(all, topic)
		}
	}
	return all
}

// isComma reports whether a sign stands between topics.
func isComma(r rune) bool { return strings.ContainsRune(",;،、，\n", r) }

// written writes topics as the stories have them, and names those that no recent
// one has.
func (d *Desk) written(ctx context.Context, topics []string) (all, unheard []string, err error) {
	if len(topics) == 0 {
		return nil, nil, nil
	}
	known, err := d.allTopics(ctx)
	for _, topic := range topics {
		i := slices.IndexFunc(known, func(k brief.TopicCount) bool { return strings.EqualFold(k.Topic, topic) })
		if i >= 0 {
			topic = known[i].Topic
		} else {
			unheard = append(unheard, topic)
		}
		all = append(all, topic)
	}
	return all, unheard, err
}
