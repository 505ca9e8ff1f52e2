package command

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
)

// settings shows the settings of a chat, or does what a button of theirs says.
func (d *Desk) settings(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	if typed := q.Options[topicsOption.Name]; q.Command != "" && typed != "" {
		// "/settings topics world, sport" is said as well as "/settings world, sport".
		typed, _ = strings.CutPrefix(typed, topicsOption.Name+" ")
		return d.setTopics(ctx, q, topicsIn(typed))
	}
	s := q.manages.setting
	if s.Value == "" {
		return d.choices(ctx, q, s)
	}
	if s.Of == brief.EndSubscription {
		if s.Value != brief.Yes {
			return brief.Answer{}, sayNaming(q.voice, brief.SayOldButton, "settings")
		}
		return d.end(ctx, q)
	}
	set, err := d.setter(ctx, s)
	if err != nil {
		return brief.Answer{}, err
	}
	if set == nil {
		return brief.Answer{}, sayNaming(q.voice, brief.SayOldButton, "settings")
	}
	c, err := d.changeChat(ctx, q, set)
	if err != nil {
		return brief.Answer{}, err
	}
	if s.Of == brief.OfTopics {
		return d.chooseTopics(ctx, q, c, s.Page)
	}
	if s.Of == brief.OfFormat && ownsForm(q) && !q.manages.elsewhere {
		// What is said in a reader's private chat has one form with what is posted.
		if _, err := d.change(ctx, q, func(p *store.Profile) error { p.Format = c.Format; return nil }); err != nil {
			return brief.Answer{}, err
		}
	}
	return d.shown(q, c), nil
}

// ownsForm reports whether the asker can choose the form of what is said here.
func ownsForm(q asked) bool { return q.Private && q.Chat.Platform == store.Telegram }

// setForm sets the form of what a reader is told in private.
func (d *Desk) setForm(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	form := q.Action.With
	if !ownsForm(q) || form != brief.Classic && form != store.Rich {
		return brief.Answer{}, sayNaming(q.voice, brief.SayOldButton, "settings")
	}
	p, err := d.change(ctx, q, func(p *store.Profile) error { p.Format = form; return nil })
	return brief.Answer{Message: q.voice.OwnForm(p.Format), Turn: true}, err
}

// choices shows what a setting may be, and else all settings.
func (d *Desk) choices(ctx context.Context, q asked, s brief.Setting) (brief.Answer, error) {
	if s.Of == brief.ShowSample {
		return d.sample(ctx, q, store.Entry{})
	}
	c, err := d.channel(ctx, q)
	if none := (*reply)(nil); errors.As(err, &none) && ownsForm(q) && !q.manages.elsewhere {
		return brief.Answer{Message: q.voice.OwnForm(q.profile.Format), Turn: true}, nil
	}
	if err != nil {
		return brief.Answer{}, err
	}
	sub := d.subscription(q, c)
	switch {
	case c.Origin != store.FromChat: // whose settings are only shown
	case s.Of == brief.OfTopics:
		return d.chooseTopics(ctx, q, c, s.Page)
	case s.Of == brief.OfLanguage:
		return brief.Answer{Message: d.languages.ChooseLanguage(q.voice, sub), Turn: true}, nil
	case s.Of == brief.OfTimezone:
		return brief.Answer{Message: q.voice.ChooseZone(sub, labelled(likelyZones[q.voice.Code()])), Turn: true}, nil
	default:
		return brief.Answer{Message: q.voice.Choice(sub, s.Of), Turn: true}, nil
	}
	return d.shown(q, c), nil
}

// setter is what a button with a value makes of a channel; nil if there is no
// such button.
func (d *Desk) setter(ctx context.Context, s brief.Setting) (func(*store.Channel), error) {
	one := func(values ...string) bool { return slices.Contains(values, s.Value) }
	switch s.Of {
	case brief.OfSchedule:
		for _, p := range brief.Presets {
			if p.Value == s.Value {
				return func(c *store.Channel) { c.Schedule = p.Schedule }, nil
			}
		}
	case brief.OfQuiet:
		for _, p := range brief.QuietPresets {
			if p.Value == s.Value {
				return func(c *store.Channel) { c.Quiet = p.Spans }, nil
			}
		}
	case brief.OfTimezone:
		for _, z := range zones() {
			if brief.TopicName(z.name) == s.Value {
				return func(c *store.Channel) { c.Timezone = z.name }, nil
			}
		}
	case brief.OfMode:
		if one(string(store.Each), string(store.Digest)) {
			return func(c *store.Channel) { c.Mode = store.Mode(s.Value) }, nil
		}
	case brief.OfLanguage:
		if brief.CheckLanguage(s.Value) == nil {
			return func(c *store.Channel) { c.Language = s.Value }, nil
		}
	case brief.OfNarratives:
		if s.Value == brief.Usual {
			return func(c *store.Channel) { c.Narratives = "" }, nil
		}
		if one("fold", "ask") {
			return func(c *store.Channel) { c.Narratives = s.Value }, nil
		}
	case brief.OfUpdates:
		if one("edit", "ignore", "repost") {
			return func(c *store.Channel) { c.Updates = s.Value }, nil
		}
	case brief.OfFormat:
		if one(brief.Classic, store.Rich) {
			return func(c *store.Channel) {
				if c.Format = s.Value; c.Chat.Platform != store.Telegram {
					c.Format = ""
				}
			}, nil
		}
	case brief.OfPause:
		if one(brief.Yes, brief.No) {
			return func(c *store.Channel) { c.Paused = s.Value == brief.Yes }, nil
		}
	case brief.OfTopics:
		return d.topicSetter(ctx, s.Value)
	}
	return nil, nil
}

// topicSetter switches a topic on or off, or all on.
func (d *Desk) topicSetter(ctx context.Context, value string) (func(*store.Channel), error) {
	if value == brief.All {
		return func(c *store.Channel) { c.Topics = nil }, nil
	}
	known, err := d.allTopics(ctx)
	if err != nil {
		return nil, err
	}
	named := func(topic string) bool { return brief.TopicName(topic) == value[1:] }
	switch value[0] {
	case 'n':
		return func(c *store.Channel) { c.Topics = slices.DeleteFunc(slices.Clone(c.Topics), named) }, nil
	case 'y':
		i := slices.IndexFunc(known, func(k brief.TopicCount) bool { return named(k.Topic) })
		if i < 0 {
			return nil, nil
		}
		return func(c *store.Channel) {
			if len(c.Topics) < maxTopics && !slices.ContainsFunc(c.Topics, named) {
				c.Topics = append(slices.Clone(c.Topics), known[i].Topic)
			}
		}, nil
	}
	return nil, nil
}

// chooseTopics offers the topics that the recent stories have, and those that the
// channel has.
func (d *Desk) chooseTopics(ctx context.Context, q asked, c store.Channel, page int) (brief.Answer, error) {
	known, err := d.allTopics(ctx)
	if err != nil {
		return brief.Answer{}, err
	}
	topics := slices.Clone(c.Topics)
	for _, k := range known {
		if !slices.ContainsFunc(topics, func(t string) bool { return strings.EqualFold(t, k.Topic) }) {
			topics = append(topics, k.Topic)
		}
	}
	slices.SortFunc(topics, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return brief.Answer{Message: q.voice.ChooseTopics(d.subscription(q, c), topics, page), Turn: true}, nil
}

// setTopics gives a channel the topics that were typed.
func (d *Desk) setTopics(ctx context.Context, q asked, typed []string) (brief.Answer, error) {
	topics, unheard, err := d.written(ctx, typed)
	if err != nil {
		return brief.Answer{}, err
	}
	c, err := d.changeChat(ctx, q, func(c *store.Channel) { c.Topics = topics })
	if err != nil {
		return brief.Answer{}, err
	}
	if len(unheard) > 0 {
		return d.shown(q, c, q.voice.Unheard(unheard)), nil
	}
	return d.shown(q, c), nil
}

// reschedule sets when a channel gets its news.
func (d *Desk) reschedule(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	typed := q.Options[whenOption.Name]
	if typed == "" {
		return d.choices(ctx, q, brief.Setting{Of: brief.OfSchedule})
	}
	expression, ok := brief.ParseWhen(typed)
	if !ok {
		expression, ok = strings.Join(strings.Fields(typed), " "), d.chats.Schedules != nil && d.chats.Schedules(typed) == nil
	}
	if !ok {
		return brief.Answer{Message: q.voice.Understands()}, nil
	}
	c, err := d.changeChat(ctx, q, func(c *store.Channel) { c.Schedule = expression })
	if err != nil {
		return brief.Answer{}, err
	}
	return d.shown(q, c), nil
}

// zonesOffered is how many time zones are offered.
const zonesOffered = 8

// moveZone sets the clock of a channel.
func (d *Desk) moveZone(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	typed := strings.TrimSpace(q.Options[placeOption.Name])
	if typed == "" {
		return d.choices(ctx, q, brief.Setting{Of: brief.OfTimezone})
	}
	found := zonesLike(typed, zonesOffered)
	switch {
	case len(found) == 0:
		return brief.Answer{}, sayNaming(q.voice, brief.SayNoZone, "timezone")
	case len(found) > 1 && !sure(typed, found):
		c, err := d.channel(ctx, q)
		if err != nil {
			return brief.Answer{}, err
		}
		return brief.Answer{Message: q.voice.WhichZone(d.subscription(q, c), labelled(found)), Turn: true}, nil
	}
	c, err := d.changeChat(ctx, q, func(c *store.Channel) { c.Timezone = found[0] })
	if err != nil {
		return brief.Answer{}, err
	}
	return d.shown(q, c), nil
}

// sure reports whether words name the first of the zones, by itself or its city,
// and none of the others.
func sure(words string, found []string) bool {
	names := func(zone string) bool {
		want := plainPlace(words)
		return plainPlace(zone) == want || plainPlace(zone[strings.LastIndex(zone, "/")+1:]) == want
	}
	return names(found[0]) && !slices.ContainsFunc(found[1:], names)
}

// labelled gives zones with their labels.
func labelled(zones []string) [][2]string {
	var all [][2]string
	for _, z := range zones {
		all = append(all, [2]string{z, zoneLabel(z)})
	}
	return all
}

// changeMode sets how a channel gets its news.
func (d *Desk) changeMode(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	mode := strings.ToLower(strings.TrimSpace(q.Options[modeOption.Name]))
	if mode != string(store.Each) && mode != string(store.Digest) {
		return d.choices(ctx, q, brief.Setting{Of: brief.OfMode})
	}
	c, err := d.changeChat(ctx, q, func(c *store.Channel) { c.Mode = store.Mode(mode) })
	if err != nil {
		return brief.Answer{}, err
	}
	return d.shown(q, c), nil
}

// pause stops a channel's posts for a while, or has them go on.
func (d *Desk) pause(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	c, err := d.changeChat(ctx, q, func(c *store.Channel) { c.Paused = !c.Paused })
	if err != nil {
		return brief.Answer{}, err
	}
	return d.shown(q, c), nil
}

// sample shows what the channel would get of the newest story that it wants.
func (d *Desk) sample(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	c, err := d.channel(ctx, q)
	if err != nil {
		return brief.Answer{}, err
	}
	filter, err := c.Filter()
	if err != nil {
		return brief.Answer{}, err
	}
	most := 1
	if c.Mode == store.Digest {
		most = sampled
	}
	all, err := d.store.LatestStories(ctx, most, searched, func(e store.Entry) bool {
		return e.HasTopic(c.Topics) && filter.Refuses(e.Story) == ""
	})
	if err != nil {
		return brief.Answer{}, err
	}
	if len(all) == 0 {
		return brief.Answer{}, say(q.voice, brief.SayNoStories)
	}
	place, err := d.store.Place(ctx, c.Chat)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return brief.Answer{}, err
	}
	voice := d.languages.Voice(c.Language, d.language)
	var m brief.Message
	if c.Mode == store.Digest {
		slices.Reverse(all)
		m = voice.Digest(time.Now().In(zoneOf(c)), all)
	} else {
		m = voice.Post(all[0], c.Folds(place, c.Format == store.Rich))
	}
	return brief.Answer{Message: q.voice.Sample(m)}, nil
}

// zoneOf is a channel's time zone; one that this machine no longer knows is taken
// for UTC.
func zoneOf(c store.Channel) *time.Location {
	if z, err := time.LoadLocation(c.Timezone); err == nil {
		return z
	}
	return time.UTC
}

// sampled is how many stories the sample of a digest has.
const sampled = 5
