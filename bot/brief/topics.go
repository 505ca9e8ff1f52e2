package brief

import (
	"hash/fnv"
	"strconv"
	"strings"

	"briefbot/store"
)

// TopicCount is a topic, and how many of the recent stories have it.
type TopicCount struct {
	Topic   string
	Stories int
}

// TopicName is a topic as a button holds it, which has no room for words of any
// script: a hash, in letters and digits. Whoever reads it looks among the topics
// that there are.
func TopicName(topic string) string {
	h := fnv.New32a()
	h.Write([]byte(strings.ToLower(topic)))
	return strconv.FormatUint(uint64(h.Sum32()), 36)
}

// Topics is a page of the topics that there are, each with a button that leads
// to its stories.
func (v Voice) Topics(all []TopicCount, p Page) Message {
	m := Message{Blocks: []Block{v.pageTitle(v.Text(wordTopics), p)}}
	for _, t := range all {
		m.Blocks = append(m.Blocks, Bullet{v.line(Text{
			{Text: v.isolate(t.Topic), Bold: true},
			{Text: " – " + v.count(wordTopicStories, t.Stories, values{"Count": t.Stories})},
		})})
		m.Buttons = append(m.Buttons, Button{t.Topic, topicPage(t.Topic).to(1)})
	}
	m.Buttons = append(m.Buttons, v.turns(p)...)
	return m
}

// Topic is a page of the stories of a topic. Buttons for what else can be done
// with it stand before the one that leads back.
func (v Voice) Topic(topic string, entries []store.Entry, p Page, more ...Button) Message {
	p.Turn = topicPage(topic).Turn
	m := v.Stories(v.with(wordTopic, values{"Topic": topic}), entries, p)
	m.Buttons = append(append(m.Buttons, more...), Button{v.Text(wordTopics), Action{Verb: ShowTopics}})
	return m
}

func topicPage(topic string) Page {
	return Page{Turn: Action{Verb: ShowTopics, With: TopicName(topic)}}
}
