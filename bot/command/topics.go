package command

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"briefbot/bot/brief"
	"briefbot/store"
)

// topicOption names a topic.
var topicOption = brief.Option{Name: "topic", Called: brief.NameTopicOption, Help: brief.HelpTopicOption, Suggests: true}

// topics is the list of the topics that recent stories have, or the stories of
// one of them.
func (d *Desk) topics(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	if only := q.Options[onlyOption.Name]; only != "" {
		q, err := d.admitted(ctx, q)
		if err != nil {
			return brief.Answer{}, err
		}
		return d.setTopics(ctx, q, topicsIn(only))
	}
	all, err := d.allTopics(ctx)
	if err != nil {
		return brief.Answer{}, err
	}
	if len(all) == 0 {
		return brief.Answer{}, say(q.voice, brief.SayNoTopics)
	}
	page, name := brief.PageOf(q.Action.With)
	if named := q.Options[topicOption.Name]; named != "" {
		name = brief.TopicName(named)
	}
	if name != "" {
		return d.topic(ctx, q, all, name)
	}
	p := brief.Page{Number: page, Turn: brief.Action{Verb: brief.ShowTopics}}
	first := (page - 1) * brief.PageSize
	if first >= len(all) {
		p.Number, first = 1, 0
	}
	behind := min(first+brief.PageSize, len(all))
	p.More = behind < len(all)
	return brief.Answer{Message: q.voice.Topics(all[first:behind], p), Turn: true}, nil
}

// topic is the stories of the topic whose TopicName is given.
func (d *Desk) topic(ctx context.Context, q asked, all []brief.TopicCount, name string) (brief.Answer, error) {
	i := slices.IndexFunc(all, func(t brief.TopicCount) bool { return brief.TopicName(t.Topic) == name })
	if i < 0 {
		return brief.Answer{}, sayNaming(q.voice, brief.SayNoSuchTopic, "topics")
	}
	topic := all[i].Topic
	stories, p, err := d.page(ctx, q, brief.ShowTopics, recent, func(e store.Entry) bool { return e.HasTopic([]string{topic}) })
	if err != nil {
		return brief.Answer{}, err
	}
	return brief.Answer{Message: q.voice.Topic(topic, stories, p, q.voice.FollowButton(topic, has(q.profile.Topics, topic))), Turn: true}, nil
}

// allTopics counts the recent stories of each topic, the most frequent first. A
// topic is written as the newest of its stories has it.
func (d *Desk) allTopics(ctx context.Context) ([]brief.TopicCount, error) {
	counts := map[string]brief.TopicCount{}
	_, err := d.store.LatestStories(ctx, 1, recent, func(e store.Entry) bool {
		seen := map[string]bool{}
		for _, t := range slices.Concat(e.Story.Topics, e.Also) {
			folded := strings.ToLower(t)
			if t == "" || seen[folded] {
				continue
			}
			seen[folded] = true
			c := counts[folded]
			c.Topic, c.Stories = cmp.Or(c.Topic, t), c.Stories+1
			counts[folded] = c
		}
		return false
	})
	return slices.SortedFunc(maps.Values(counts), func(a, b brief.TopicCount) int {
		return cmp.Or(b.Stories-a.Stories, strings.Compare(a.Topic, b.Topic))
	}), err
}

// suggestTopics gives the topics with a word that begins like what is typed.
func (d *Desk) suggestTopics(ctx context.Context, typed string, limit int) ([]brief.Suggestion, error) {
	all, err := d.allTopics(ctx)
	var fit []brief.Suggestion
	for _, t := range all {
		if len(fit) < limit && strings.HasPrefix(strings.ToLower(t.Topic), strings.ToLower(strings.TrimSpace(typed))) {
			fit = append(fit, brief.Suggestion{Label: t.Topic, Value: t.Topic})
		}
	}
	return fit, err
}
