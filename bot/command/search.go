package command

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Search finds stories by their words.
type Search interface {
	// Search finds stories that fit what a reader typed: size of them from the
	// one with index from on.
	Search(ctx context.Context, words string, from, size int) (store.Found, error)
	// Suggest gives the IDs of stories in whose headlines words begin as those
	// typed so far.
	Suggest(ctx context.Context, words string, limit int) ([]string, error)
}

// searching is the command that looks for stories.
func searching() []entry {
	return []entry{{
		Command: brief.Command{Name: "search", Called: brief.NameSearch, Help: brief.HelpSearch, Options: []brief.Option{wordsOption}},
		verb:    brief.ShowFound,
		answer:  (*Desk).found,
	}}
}

// wordsOption holds what is looked for.
var wordsOption = brief.Option{Name: "words", Called: brief.NameWordsOption, Help: brief.HelpWordsOption, Required: true}

// found gives a page of what fits the words that a reader typed, or that they
// typed before and turn the pages of now.
func (d *Desk) found(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	r := brief.Results{Words: strings.TrimSpace(q.Options[wordsOption.Name]), Page: 1}
	if q.Action.Verb == brief.ShowFound {
		if err := d.again(ctx, q, &r); err != nil {
			return brief.Answer{}, err
		}
	}
	if r.Words == "" {
		return brief.Answer{Message: q.voice.HowToSearch("search")}, nil
	}
	found, err := d.search.Search(ctx, r.Words, (r.Page-1)*brief.PageSize, brief.PageSize)
	if err == nil && len(found.IDs) == 0 && found.Total > 0 {
		// A page that is no longer there.
		r.Page = 1
		found, err = d.search.Search(ctx, r.Words, 0, brief.PageSize)
	}
	if err != nil {
		return brief.Answer{}, err
	}
	if len(found.Unread) > 0 {
		return brief.Answer{Message: q.voice.NoDate(found.Unread[0])}, nil
	}
	if r.Stories, err = d.stories(ctx, found.IDs); err != nil {
		return brief.Answer{}, err
	}
	r.Total, r.Built = found.Total, found.Built
	if r.Total > brief.PageSize {
		if r.Name, err = d.store.PutAsked(ctx, store.Asked{User: q.Asks(), Words: r.Words, At: time.Now()}); err != nil {
			return brief.Answer{}, err
		}
	}
	return brief.Answer{Message: q.voice.Found(r), Turn: true}, nil
}

// again takes up a search whose pages are turned.
func (d *Desk) again(ctx context.Context, q asked, r *brief.Results) error {
	page, name := brief.PageOf(q.Action.With)
	before, err := d.store.Asked(ctx, q.Asks(), name)
	if errors.Is(err, store.ErrNotFound) {
		return sayNaming(q.voice, brief.SayOldButton, "latest")
	}
	r.Words, r.Page = before.Words, page
	return err
}

// stories gives the stories with the IDs, but those that have gone meanwhile.
func (d *Desk) stories(ctx context.Context, ids []string) ([]store.Entry, error) {
	var all []store.Entry
	for _, id := range ids {
		e, err := d.store.Story(ctx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !e.Removed.IsZero() {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// likely gives the stories that words most likely mean: those whose headlines
// begin so, or else those that hold the words at all, or else those that came in
// so lately that they may not be in the index yet.
func (d *Desk) likely(ctx context.Context, words string, limit int) ([]store.Entry, error) {
	ids, err := d.search.Suggest(ctx, words, limit)
	if err == nil && len(ids) == 0 {
		var found store.Found
		found, err = d.search.Search(ctx, words, 0, limit)
		ids = found.IDs
	}
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 && len(wordsOf(words)) > 0 {
		return d.store.LatestStories(ctx, limit, justIn, func(e store.Entry) bool { return hasWords(e.Story.Headline, words) })
	}
	return d.stories(ctx, ids)
}

// justIn is how many of the latest stories are looked through where the index
// knows nothing.
const justIn = 200

// hasWords reports whether every one of the words begins a word of a headline.
func hasWords(headline, words string) bool {
	has := wordsOf(headline)
	return !slices.ContainsFunc(wordsOf(words), func(want string) bool {
		return !slices.ContainsFunc(has, func(h string) bool { return strings.HasPrefix(h, want) })
	})
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
	})
}
