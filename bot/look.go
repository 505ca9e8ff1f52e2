package bot

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"briefbot/bot/config"
	"briefbot/bot/intake"
	"briefbot/store"
)

// Look gives the stories that a source of the configuration gives now, and what
// is wrong with others, without keeping anything of it.
func Look(ctx context.Context, c *config.Config, name string) (stories []store.Story, problems []error, err error) {
	at := slices.IndexFunc(c.Sources, func(s config.Source) bool { return s.Name == name })
	if at < 0 {
		var names []string
		for _, s := range c.Sources {
			names = append(names, s.Name)
		}
		return nil, nil, fmt.Errorf("no source is called %q: there are %s", name, strings.Join(names, ", "))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var l look
	fetcher := intake.NewFetcher(intake.FetcherOptions{Contact: c.Contact})
	err = newSource(c.Sources[at], fetcher, slog.New(slog.DiscardHandler)).Run(ctx, &l, stop)
	return l.stories, l.problems, err
}

// LookAt gives the stories that stand at an address now: a page, a feed, or what
// may also stand in a file. Stories may come beside an error, which tells of those
// that are none. private lets it look on this machine and in private networks.
func LookAt(ctx context.Context, address string, private bool) ([]store.Story, error) {
	a, err := intake.NewFetcher(intake.FetcherOptions{}).Fetch(ctx, intake.Request{Address: address, Private: private})
	if err != nil {
		return nil, err
	}
	return intake.ParseAnswer(a)
}

// look notes what a source gives at first. The source calls it from one
// goroutine.
type look struct {
	stories  []store.Story
	problems []error
}

func (l *look) Put(_ context.Context, s store.Story) error {
	l.stories = append(l.stories, s)
	return nil
}

func (l *look) Moved(context.Context, string, string) error { return nil }

func (l *look) Removed(context.Context, string) error { return nil }

func (l *look) Problem(_ context.Context, err error) { l.problems = append(l.problems, err) }
