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

// The kinds of /follow and /unfollow.
const (
	subTopic = "topic"
	subStory = "story"
	subList  = "list"
)

// anythingOption holds words that may name a topic or a story.
const anythingOption = "anything"

// readFollow takes what was typed behind /follow apart: "topic world", "story
// night ferry", or only words.
func readFollow(typed string) map[string]string {
	first, rest, _ := strings.Cut(typed, " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(first) {
	case subTopic:
		return map[string]string{topicOption.Name: rest}
	case subStory:
		return map[string]string{storyOption.Name: rest, anythingOption: ""}
	case subList:
		return nil
	}
	return map[string]string{anythingOption: typed}
}

// follow has the asker told in private of a topic's new stories, or of what
// becomes of a story; without either, it lists what is followed.
func (d *Desk) follow(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	story, meansStory := q.Options[storyOption.Name]
	switch {
	case q.Action.Story != "":
		of, err := d.pressed(ctx, q)
		if err != nil {
			return brief.Answer{}, err
		}
		return d.followStory(ctx, q, of)
	case strings.HasPrefix(q.Action.With, brief.FollowTopic):
		topics, err := d.allTopics(ctx)
		if err != nil {
			return brief.Answer{}, err
		}
		for _, t := range topics {
			if brief.TopicName(t.Topic) == strings.TrimPrefix(q.Action.With, brief.FollowTopic) {
				return d.followTopic(ctx, q, t.Topic)
			}
		}
		return brief.Answer{}, sayNaming(q.voice, brief.SayOldButton, "follow")
	case q.Action.With != "":
		words, err := d.store.Asked(ctx, q.Asks(), q.Action.With)
		if errors.Is(err, store.ErrNotFound) {
			return brief.Answer{}, sayNaming(q.voice, brief.SayOldButton, "follow")
		}
		if err != nil {
			return brief.Answer{}, err
		}
		return d.followTopic(ctx, q, words.Words)
	case q.Options[topicOption.Name] != "":
		return d.followWords(ctx, q, q.Options[topicOption.Name], false)
	case q.Options[anythingOption] != "":
		return d.followWords(ctx, q, q.Options[anythingOption], true)
	case story != "" || meansStory || q.Sub == subStory || q.Message != "" && q.Command != "":
		of, err := d.meant(ctx, q, brief.Follow)
		if err != nil {
			return brief.Answer{}, err
		}
		return d.followStory(ctx, q, of)
	}
	if err := alone(q); err != nil {
		return brief.Answer{}, err
	}
	stories, err := d.followed(ctx, q.profile)
	return brief.Answer{Message: q.voice.Follows(q.profile.Topics, stories), Turn: true}, err
}

// followWords follows the topic that words name; if they name none, the story, if
// they may; else it asks.
func (d *Desk) followWords(ctx context.Context, q asked, words string, orStory bool) (brief.Answer, error) {
	topics, err := d.allTopics(ctx)
	if err != nil {
		return brief.Answer{}, err
	}
	for _, t := range topics {
		if strings.EqualFold(t.Topic, words) {
			return d.followTopic(ctx, q, t.Topic)
		}
	}
	if orStory {
		any, err := d.likely(ctx, words, 1)
		if err != nil {
			return brief.Answer{}, err
		}
		if _, short := d.store.StoryByShort(ctx, words); len(any) > 0 || short == nil {
			of, err := d.named(ctx, q, words, brief.Follow)
			if err != nil {
				return brief.Answer{}, err
			}
			return d.followStory(ctx, q, of)
		}
	}
	name, err := d.store.PutAsked(ctx, store.Asked{User: q.Asks(), Words: words, At: time.Now()})
	if err != nil {
		return brief.Answer{}, err
	}
	return brief.Answer{Message: q.voice.FollowUnknown(words, name)}, nil
}

func (d *Desk) followTopic(ctx context.Context, q asked, topic string) (brief.Answer, error) {
	err := d.addFollowed(ctx, q, func(p *store.Profile) error {
		if has(p.Topics, topic) {
			return nil
		}
		if len(p.Topics) == store.MaxFollowed {
			return &reply{q.voice.TooMany(store.MaxFollowed)}
		}
		p.Topics = append(p.Topics, topic)
		return nil
	})
	return brief.Answer{Message: q.voice.FollowsTopic(topic), Turn: true}, err
}

func (d *Desk) followStory(ctx context.Context, q asked, of store.Entry) (brief.Answer, error) {
	err := d.addFollowed(ctx, q, func(p *store.Profile) error {
		if slices.Contains(p.Stories, of.Story.ID) {
			return nil
		}
		if len(p.Stories) == store.MaxFollowed {
			return &reply{q.voice.TooMany(store.MaxFollowed)}
		}
		p.Stories = append(p.Stories, of.Story.ID)
		return nil
	})
	return brief.Answer{Message: q.voice.FollowsStory(of)}, err
}

func (d *Desk) addFollowed(ctx context.Context, q asked, add func(*store.Profile) error) error {
	home, err := d.home(ctx, q)
	if err != nil {
		return err
	}
	_, err = d.change(ctx, q, func(p *store.Profile) error {
		p.Home, p.Stopped = home, false
		return add(p)
	})
	return err
}

func has(topics []string, topic string) bool {
	return slices.ContainsFunc(topics, func(t string) bool { return strings.EqualFold(t, topic) })
}

// unfollow ends what the asker follows.
func (d *Desk) unfollow(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	stories, err := d.followed(ctx, q.profile)
	if err != nil {
		return brief.Answer{}, err
	}
	topic, story := d.unwanted(q, stories)
	if topic == "" && story.Story.ID == "" {
		if q.Command != "" && len(q.Options) == 0 {
			return d.follow(ctx, q, store.Entry{}) // with a button to end each
		}
		return brief.Answer{}, say(q.voice, brief.SayNotFollowed)
	}
	_, err = d.change(ctx, q, func(p *store.Profile) error {
		p.Topics = slices.DeleteFunc(p.Topics, func(t string) bool { return topic != "" && strings.EqualFold(t, topic) })
		p.Stories = slices.DeleteFunc(p.Stories, func(id string) bool { return id == story.Story.ID })
		return nil
	})
	what := topic
	if what == "" {
		what = story.Story.Headline
	}
	return brief.Answer{Message: q.voice.Unfollowed(what)}, err
}

// unwanted finds what of the followed is meant: a topic, or a story.
func (d *Desk) unwanted(q asked, stories []store.Entry) (topic string, story store.Entry) {
	for _, t := range q.profile.Topics {
		if brief.TopicName(t) == q.Action.With || has([]string{q.Options[topicOption.Name], q.Options[anythingOption]}, t) {
			return t, story
		}
	}
	words := q.Options[storyOption.Name] + q.Options[anythingOption]
	for _, e := range stories {
		if e.Short == q.Action.Story || words != "" && (strings.EqualFold(words, e.Short) || hasWords(e.Story.Headline, words)) {
			return "", e
		}
	}
	return "", story
}

// followed are the stories that a reader follows.
func (d *Desk) followed(ctx context.Context, p store.Profile) ([]store.Entry, error) {
	var all []store.Entry
	for _, id := range p.Stories {
		e, err := d.store.Story(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// suggestFollowed gives what the asker follows, to be ended.
func (d *Desk) suggestFollowed(ctx context.Context, q asked, option, typed string) ([]brief.Suggestion, error) {
	var all []brief.Suggestion
	if option == topicOption.Name {
		for _, t := range q.profile.Topics {
			if strings.HasPrefix(strings.ToLower(t), strings.ToLower(strings.TrimSpace(typed))) {
				all = append(all, brief.Suggestion{Label: t, Value: t})
			}
		}
		return all, nil
	}
	stories, err := d.followed(ctx, q.profile)
	for _, e := range stories {
		if hasWords(e.Story.Headline, typed) {
			all = append(all, brief.Suggestion{Label: e.Story.Headline, Value: e.Short})
		}
	}
	return all, err
}
