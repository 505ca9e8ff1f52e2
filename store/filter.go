package store

import (
	"fmt"
)

// Filter says which stories are wanted, by their words. It stands here, beside
// HasTopic, since a channel's is part of the Channel, and decides with its
// topics what the channel begins with; sources have one of the same kind.
type Filter struct {
	include, exclude []choice
}

// choice is a pattern, and how it was written.
type choice struct {
	text string
	Pattern
}

// NewFilter makes a filter of patterns as ParsePattern reads them. A story is
// wanted if one of include is found in its headline or a bullet, or include is
// empty, and none of exclude is found there or in a narrative: what a story is
// about, its bullets say; what readers are not to meet may stand anywhere.
func NewFilter(include, exclude []string) (Filter, error) {
	var f Filter
	var err error
	if f.include, err = choices(include); err != nil {
		return Filter{}, err
	}
	f.exclude, err = choices(exclude)
	return f, err
}

func choices(texts []string) ([]choice, error) {
	var all []choice
	for _, text := range texts {
		p, err := ParsePattern(text)
		if err != nil {
			return nil, fmt.Errorf("%q %w", text, err)
		}
		all = append(all, choice{text, p})
	}
	return all, nil
}

// Refuses says why a story is not wanted; empty if it is.
func (f Filter) Refuses(s Story) string {
	if len(f.include) == 0 && len(f.exclude) == 0 {
		return ""
	}
	about := aboutOf(s)
	if len(f.include) > 0 {
		if _, ok := found(f.include, about); !ok {
			return "it has none of the words to include"
		}
	}
	for _, n := range s.Narratives {
		about = append(about, newSearched(n.Label))
		for _, p := range n.Paragraphs {
			about = append(about, newSearched(p))
		}
	}
	if text, ok := found(f.exclude, about); ok {
		return fmt.Sprintf("it has %q, which is to be excluded", text)
	}
	return ""
}

// aboutOf is what a story is about.
func aboutOf(s Story) []searched {
	all := []searched{newSearched(s.Headline)}
	for _, b := range s.Bullets {
		all = append(all, newSearched(b.Text))
	}
	return all
}

// found gives the first pattern that is found in one of the texts.
func found(patterns []choice, texts []searched) (string, bool) {
	for _, p := range patterns {
		for _, t := range texts {
			if p.in(t) {
				return p.text, true
			}
		}
	}
	return "", false
}

// Filter is what the channel wants by words.
func (c Channel) Filter() (Filter, error) {
	f, err := NewFilter(c.Include, c.Exclude)
	if err != nil {
		return Filter{}, fmt.Errorf("filter of channel %s: %w", c.Name, err)
	}
	return f, nil
}

// Topics gives stories topics by their words.
type Topics struct{ rules []topicRule }

type topicRule struct {
	topic string
	words []choice
}

// Add lets a story with one of the words in its headline or a bullet have the
// topic. The words are as ParsePattern reads them.
func (t *Topics) Add(topic string, words []string) error {
	all, err := choices(words)
	if err != nil {
		return fmt.Errorf("topic %s: %w", topic, err)
	}
	t.rules = append(t.rules, topicRule{topic, all})
	return nil
}

// Of gives the story's own topics, and those that its words give it.
func (t Topics) Of(s Story) []string {
	all := s.Topics
	var about []searched
	for _, rule := range t.rules {
		if containsFold(all, rule.topic) {
			continue
		}
		if about == nil {
			about = aboutOf(s)
		}
		if _, ok := found(rule.words, about); ok {
			all = append(all[:len(all):len(all)], rule.topic)
		}
	}
	return all
}
