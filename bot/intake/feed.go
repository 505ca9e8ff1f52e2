package intake

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/rss"
	"golang.org/x/text/language"

	"briefbot/store"
)

const acceptFeed = "application/feed+json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"

// FeedOptions say which feed is a source.
type FeedOptions struct {
	PollOptions
	Address string
	// Follow reads the page of each item, instead of the item.
	Follow    bool
	Selectors Selectors // for the pages
}

// NewFeed makes the source of a feed: RSS, Atom, JSON Feed or RDF.
func NewFeed(o FeedOptions) *Poll {
	o.PollOptions = o.withDefaults()
	f := &feed{document: document{
		Request: Request{Address: o.Address, Accept: acceptFeed, Private: o.Private},
		fetcher: o.Fetcher,
		log:     o.Log,
	}}
	if o.Follow {
		f.follow = &follower{fetcher: o.Fetcher, private: o.Private, selectors: o.Selectors}
	}
	return newPoll(o.PollOptions, f)
}

type feed struct {
	document
	follow *follower // nil if the items tell enough
}

func (f *feed) read(ctx context.Context) (reading, error) {
	a, err := f.get(ctx)
	if err != nil {
		return reading{}, err
	}
	if a.NotModified {
		return reading{unchanged: true, fresh: a.Fresh}, nil
	}
	name := shownText(f.Address)
	var items feedItems
	f.fetcher.Read(func() { items, err = readFeed(a.Body, a.Type, a.Address, f.follow == nil) })
	if err != nil {
		return reading{problems: []error{fmt.Errorf("read feed %s: %w", name, err)}, fresh: a.Fresh}, nil
	}
	found := reading{fresh: max(a.Fresh, items.ttl)}
	stories, problems := items.stories(f.follow == nil)
	for _, p := range problems {
		found.problems = append(found.problems, fmt.Errorf("read feed %s: %w", name, p))
	}
	if f.follow == nil {
		found.stories = stories
	} else if whole := f.follow.read(ctx, items.all, &found); !whole {
		f.document.forget() // the rest is for the next look
	}
	return found, nil
}

func (f *feed) forget() {
	f.document.forget()
	if f.follow != nil {
		f.follow.known = nil
	}
}

// ParseFeed reads the stories in a feed of any form, the oldest first. name is
// what errors call it; each story's ID is the item's own identity. What of the
// feed gives no story is told in the error, which may come with stories.
func ParseFeed(name string, data []byte) ([]store.Story, error) {
	items, err := readFeed(data, "", "", true)
	if err != nil {
		return nil, fmt.Errorf("read feed %s: %w", name, err)
	}
	stories, problems := items.stories(true)
	if len(problems) > 0 {
		return stories, fmt.Errorf("read feed %s: %w", name, errors.Join(problems...))
	}
	return stories, nil
}

// feedItems is what a feed holds.
type feedItems struct {
	all  []feedItem // the oldest first
	lost string     // what of the feed could not be read
	ttl  time.Duration
}

// feedItem is a story, or what of it is known: its headline and address are
// there even with an error.
type feedItem struct {
	store.Story
	err error
	at  time.Time // its place among the others
}

// stories gives the items that are stories, and what is wrong with the others:
// one line for all that are wrong in the same way. Without text, an item needs
// none of its own.
func (f *feedItems) stories(text bool) (stories []store.Story, problems []error) {
	if f.lost != "" {
		problems = append(problems, errors.New(f.lost))
	}
	var reasons []string
	wrong := map[string][]string{} // headlines, by reason
	for _, i := range f.all {
		if i.err == nil {
			stories = append(stories, i.Story)
			continue
		}
		if i.err == errNoText && !text {
			continue
		}
		reason := i.err.Error()
		if wrong[reason] == nil {
			reasons = append(reasons, reason)
		}
		wrong[reason] = append(wrong[reason], i.Headline)
	}
	for _, reason := range reasons {
		problems = append(problems, fmt.Errorf("%d of %d items: %s; one is %q", len(wrong[reason]), len(f.all), reason, clip(wrong[reason][0], 80)))
	}
	return stories, problems
}

// readFeed reads a feed. address is where it stands: its relative addresses
// begin there. With whole, an item may hold whole stories, and several.
func readFeed(data []byte, contentType, address string, whole bool) (feedItems, error) {
	m, err := mend(data, contentType)
	if err != nil {
		return feedItems{}, err
	}
	parser := gofeed.NewParser()
	parser.KeepOriginalFeed = true
	parser.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	f, err := parser.Parse(bytes.NewReader(m.data))
	if errors.Is(err, gofeed.ErrFeedTypeNotDetected) {
		err = errNoFeed
	}
	if err != nil {
		return feedItems{}, plainSyntax(err)
	}
	c := channel{title: clip(reduceLine(f.Title), maxOutlet), language: languageOf(f.Language), base: baseOf(address, f.Link)}
	found := feedItems{lost: m.lost}
	original, _ := f.OriginalFeed().(*rss.Feed)
	if original != nil {
		minutes, _ := strconv.Atoi(strings.TrimSpace(original.TTL))
		found.ttl = wait(min(minutes, int(maxWait/time.Minute)) * 60)
	}
	seen := map[string]bool{}
	add := func(s store.Story, err error) {
		if seen[s.ID] && s.ID != "" {
			err = errSameID
		}
		seen[s.ID] = true
		found.all = append(found.all, feedItem{Story: s, err: err})
	}
	for i, item := range f.Items[:min(len(f.Items), maxItems)] {
		if item == nil {
			continue
		}
		if original != nil && item.Link == "" && i < len(original.Items) {
			item.Link = permalink(original.Items[i].GUID)
		}
		s, err := c.story(item)
		var within []store.Story
		if whole {
			within = c.wholeStories(s, item)
		}
		for _, w := range within {
			add(w, nil)
		}
		if len(within) == 0 {
			add(s, err)
		}
	}
	oldestFirst(found.all)
	return found, nil
}

// oldestFirst orders the items of a feed, which has the newest on top. One
// without a date stays with the one before it.
func oldestFirst(items []feedItem) {
	slices.Reverse(items)
	var at time.Time
	for i := range items {
		if d := items[i].Date; !d.IsZero() {
			at = d.Time
		}
		items[i].at = at
	}
	slices.SortStableFunc(items, func(a, b feedItem) int { return a.at.Compare(b.at) })
}

var (
	errNoText = errors.New("no text beside the headline (follow: true reads the item's page)")
	errNoHead = errors.New("neither headline nor text")
	errSameID = errors.New("the id of another item")
)

// channel is what the items of a feed have in common.
type channel struct {
	title, language string
	base            *url.URL
}

// story makes the story of an item. Its headline is there even if the rest is
// not.
func (c channel) story(i *gofeed.Item) (store.Story, error) {
	summary, content := reduce(i.Description), reduce(i.Content)
	paragraphs := withoutChaff(summary.paragraphs)
	if len(paragraphs) == 0 {
		paragraphs = withoutChaff(content.paragraphs)
	}
	s := store.Story{
		Headline: clip(reduceLine(i.Title), maxHeadline/4),
		Date:     dateOf(i),
		Language: c.language,
		URL:      c.address(i.Link),
		Topics:   topicsOf(i.Categories),
		Image:    c.image(i, cmp.Or(content.image, summary.image)),
	}
	if s.Headline == "" && len(paragraphs) > 0 { // as in a feed of notes
		s.Headline = clip(firstSentence(paragraphs[0]), 120)
	}
	if s.Headline == "" {
		return s, errNoHead
	}
	s.ID = identity(i.GUID, cmp.Or(s.URL, i.Link), s.Headline)
	paragraphs = slices.DeleteFunc(paragraphs, func(p string) bool { return strings.EqualFold(p, s.Headline) })
	if len(paragraphs) == 0 && i.Title != "" {
		return s, errNoText
	}
	s.Sources = []store.Source{{N: 1, Outlet: c.title, Title: s.Headline, URL: s.URL, Date: s.Date}}
	for _, text := range bulletsOf(paragraphs) {
		s.Bullets = append(s.Bullets, store.Bullet{Text: text, Citations: []int{1}})
	}
	if len(s.Bullets) == 0 {
		s.Bullets = []store.Bullet{{Text: s.Headline, Citations: []int{1}}}
	}
	if _, err := check(s); err != nil {
		return s, err
	}
	return s, bounded(s)
}

// maxOutlet keeps a feed's title in bounds, in characters.
const maxOutlet = 120

// identity is by what an item is known for good: its guid, or else its address,
// or else its headline.
func identity(guid, link, headline string) string {
	id := store.CanonicalURL(fold(cmp.Or(guid, link)))
	if id == "" {
		id = "title:" + ordinary(headline)
	}
	id = strings.ToValidUTF8(id, "\ufffd")
	if len(id) > maxIdentity || strings.ContainsFunc(id, unicode.IsControl) {
		sum := sha256.Sum256([]byte(id))
		return "sha256:" + hex.EncodeToString(sum[:16])
	}
	return id
}

// maxIdentity leaves room for the source's name in a story's id, in bytes.
const maxIdentity = 512

// permalink gives the address that a guid is, unless it says that it is none.
func permalink(guid *rss.GUID) string {
	if guid == nil || strings.EqualFold(strings.TrimSpace(guid.IsPermalink), "false") || !isAddress(guid.Value) {
		return ""
	}
	return guid.Value
}

func baseOf(addresses ...string) *url.URL {
	for _, a := range addresses {
		if u, err := url.Parse(a); err == nil && u.IsAbs() {
			u.User = nil // readers are not to see it
			return u
		}
	}
	return &url.URL{}
}

// address gives an address as a story can have it, without what tells where a
// reader came from; or nothing.
func (c channel) address(a string) string {
	u, err := c.base.Parse(strings.TrimSpace(a))
	if a == "" || err != nil {
		return ""
	}
	if a = u.String(); !isAddress(a) {
		return ""
	}
	return store.CanonicalURL(a)
}

func dateOf(i *gofeed.Item) store.Date {
	t, text := i.PublishedParsed, i.Published
	if t == nil {
		t, text = i.UpdatedParsed, i.Updated
	}
	if t == nil || t.Year() < 1970 || t.Year() > 9999 {
		return store.Date{}
	}
	if !strings.Contains(text, ":") {
		return store.Day(t.Year(), t.Month(), t.Day())
	}
	return store.Date{Time: t.UTC().Truncate(time.Second), Exact: true}
}

// languageOf gives a feed's language in the form of the configuration's.
func languageOf(s string) string {
	tag, err := language.Parse(strings.TrimSpace(s))
	if err != nil || tag == language.Und {
		return ""
	}
	return tag.String()
}

// The bounds of an item's topics.
const (
	maxItemTopics = 20
	maxItemTopic  = 60 // bytes
)

func topicsOf(categories []string) []string {
	var all []string
	for _, c := range categories {
		for _, t := range cutTopics(reduceLine(c)) {
			if len(t) <= maxItemTopic && len(all) < maxItemTopics && !strings.Contains(t, "://") && !containsFold(all, t) {
				all = append(all, t)
			}
		}
	}
	return all
}
