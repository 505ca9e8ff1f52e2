package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// kagiStories is how many stories are asked for: as many as Kagi's own page
// asks for.
const kagiStories = "12"

// KagiOptions say which category of Kagi News is a source.
type KagiOptions struct {
	PollOptions
	Category string // as in addresses: world
	APIURL   string // without a slash at its end
}

// NewKagi makes the source of a category of Kagi News.
func NewKagi(o KagiOptions) *Poll {
	o.PollOptions = o.withDefaults()
	k := &kagiNews{o: o}
	k.latest = document{
		Request: k.request("/api/batches/latest", nil),
		fetcher: o.Fetcher,
		log:     o.Log,
	}
	return newPoll(o.PollOptions, k)
}

// kagiNews asks for the latest batch, and for its stories only if it is a new
// one: batches don't change, and one comes a day.
type kagiNews struct {
	o      KagiOptions
	latest document
	batch  string // whose stories were read
}

func (k *kagiNews) forget() {
	k.batch = ""
	k.latest.forget()
}

func (k *kagiNews) read(ctx context.Context) (reading, error) {
	done, err := k.o.Fetcher.alone(ctx, k.o.APIURL) // with the other categories
	if err != nil {
		return reading{}, err
	}
	defer done()
	a, err := k.latest.get(ctx)
	if err != nil {
		return reading{}, err
	}
	found := reading{unchanged: true, fresh: a.Fresh}
	if a.NotModified {
		return found, nil
	}
	var latest struct{ ID string }
	if err = k.decode(a, &latest); err == nil && latest.ID == "" {
		err = errors.New("kagi news names no batch")
	}
	if err != nil {
		k.forget()
		return reading{}, err
	}
	if latest.ID == k.batch {
		return found, nil
	}
	batch := "/api/batches/" + url.PathEscape(latest.ID)
	category, err := k.category(ctx, batch)
	if err != nil {
		k.forget()
		return reading{}, err
	}
	stories, err := k.o.Fetcher.Fetch(ctx, k.request(batch+"/categories/"+url.PathEscape(category)+"/stories", url.Values{"limit": {kagiStories}}))
	if err != nil {
		k.forget()
		return reading{}, err
	}
	k.batch, found.unchanged = latest.ID, false
	k.o.Fetcher.Read(func() { found.stories, err = ParseKagi(shownText(stories.Address), stories.Body) })
	found.problems = each(err)
	return found, nil
}

// category gives the id of the category in a batch.
func (k *kagiNews) category(ctx context.Context, batch string) (string, error) {
	a, err := k.o.Fetcher.Fetch(ctx, k.request(batch+"/categories", nil))
	if err != nil {
		return "", err
	}
	var list struct {
		Categories []struct{ ID, CategoryID string }
	}
	if err := k.decode(a, &list); err != nil {
		return "", err
	}
	var known []string
	for _, c := range list.Categories {
		if strings.EqualFold(c.CategoryID, k.o.Category) && c.ID != "" {
			return c.ID, nil
		}
		known = append(known, c.CategoryID)
	}
	return "", fmt.Errorf("kagi news has no category %q today; it has %s", k.o.Category, clip(strings.Join(known, ", "), 1000))
}

// request is for a path of the API, in the source's language.
func (k *kagiNews) request(path string, query url.Values) Request {
	if query == nil {
		query = url.Values{}
	}
	query.Set("lang", k.o.Language)
	return Request{Address: k.o.APIURL + path + "?" + query.Encode(), Accept: "application/json", Private: k.o.Private}
}

func (k *kagiNews) decode(a *Answer, to any) error {
	if err := json.Unmarshal(a.Body, to); err != nil {
		return fmt.Errorf("read %s: %w", shownText(a.Address), err)
	}
	return nil
}

// each gives the errors that were joined into one.
func each(err error) []error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return all.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}
