package intake

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"briefbot/store"
)

// The bounds of following.
const (
	maxPages = 50 // pages read in one look
	maxTries = 3  // of fetching one
)

// follower reads the pages of a feed's items: each once, and again if the item
// changes.
type follower struct {
	fetcher   *Fetcher
	private   bool
	selectors Selectors
	known     map[string]followed // by the item's identity
}

// followed is what is known of an item's page.
type followed struct {
	item  [sha256.Size]byte // the item, when its page was read
	tries int               // that failed
	done  bool
}

// read adds the stories on the items' pages to what was found, the newest
// items' first where there are many. It reports whether nothing is left for the
// next look.
func (f *follower) read(ctx context.Context, items []feedItem, found *reading) (whole bool) {
	known := make(map[string]followed, len(items))
	whole = true
	fetched := 0
	var stories []store.Story
	for i := len(items) - 1; i >= 0; i-- {
		item := items[i]
		k := f.known[item.ID]
		if sum := sumOf(item.Story); sum != k.item {
			k = followed{item: sum}
		}
		switch {
		case item.URL == "":
			found.problems = append(found.problems, fmt.Errorf("item %q has no address to follow", clip(item.Headline, 80)))
		case k.done || item.err == errSameID:
		case fetched == maxPages || ctx.Err() != nil:
			whole = false
		default:
			fetched++
			s, again, err := f.page(ctx, item.Story)
			if err == nil {
				stories = append(stories, s)
			} else {
				found.problems = append(found.problems, err)
			}
			k.tries++
			k.done = !again || k.tries == maxTries
			whole = whole && k.done
		}
		if item.err != errSameID {
			known[item.ID] = k
		}
	}
	f.known = known
	for i := len(stories) - 1; i >= 0; i-- {
		found.stories = append(found.stories, stories[i])
	}
	return whole
}

// page reads the story on an item's page. again says that an error may pass.
func (f *follower) page(ctx context.Context, item store.Story) (s store.Story, again bool, err error) {
	a, err := f.fetcher.Fetch(ctx, Request{Address: item.URL, Accept: acceptPage, Private: f.private})
	if err != nil {
		return s, !errors.Is(err, ErrPrivate) && !errors.Is(err, ErrTooLarge), err
	}
	if s, err = storyOfPage(f.fetcher, a, f.selectors); err != nil {
		return s, false, err
	}
	s.ID = item.ID
	fill(&s, item)
	return s, false, nil
}

// sumOf is the same for an item of which only dates changed.
func sumOf(s store.Story) [sha256.Size]byte {
	text, _ := json.Marshal(undated(s))
	return sha256.Sum256(text)
}

func undated(s store.Story) store.Story {
	s.Date = store.Date{}
	s.Sources = append([]store.Source(nil), s.Sources...)
	for i := range s.Sources {
		s.Sources[i].Date = store.Date{}
	}
	return s
}
