package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"briefbot/bot/config"
	"briefbot/bot/intake"
	"briefbot/bot/web"
	"briefbot/store"
)

// api is the source of the stories that come in by HTTP.
type api struct {
	sink
	language string // of stories that name none
}

func (a api) Prepare(s store.Story) store.Story {
	s.Revision, s.Updated = 0, time.Time{}
	s.Language = cmp.Or(s.Language, a.language)
	s.Topics = a.topics.Of(s)
	return s
}

func (a api) Take(ctx context.Context, s store.Story) (store.Entry, store.Change, error) {
	return a.take(ctx, s)
}

func (a api) Retract(ctx context.Context, id string) error { return a.Removed(ctx, id) }

func (a api) Story(ctx context.Context, id string) (store.Entry, error) {
	return a.store.Story(ctx, id)
}

func (a api) Telling(ctx context.Context, id string) (store.Telling, error) {
	return a.store.Telling(ctx, id)
}

// newWeb makes what the configuration offers by HTTP.
func newWeb(c *config.Config, to sink) *web.Server {
	to.retract = true
	return web.New(web.Options{
		Token:   c.Web.AdminToken.Reveal(),
		Source:  config.APISource,
		Stories: api{to, c.Language},
		Parsers: map[string]web.Parser{
			"application/json": parser("story.json"),
			"application/yaml": parser("story.yaml"),
			"text/plain":       parser("story.txt"),
			"text/markdown":    parser("story.md"),
			"text/html":        parser("story.html"),
		},
		Log: to.log,
	})
}

// parser reads a text as a story file of that name is read. One request brings
// one story, since it is answered for one.
func parser(name string) web.Parser {
	parse := intake.ParserFor(name)
	return func(data []byte) (store.Story, error) {
		all, err := parse("story", data)
		if wrong := (*intake.Error)(nil); errors.As(err, &wrong) {
			return store.Story{}, &web.Mistake{Line: wrong.Line, Reason: strings.TrimSuffix(wrong.Reason+"; "+wrong.Hint, "; ")}
		}
		if err == nil && len(all) != 1 {
			err = &web.Mistake{Line: 1, Reason: fmt.Sprintf("%d stories in one request; send each by itself", len(all))}
		}
		if err != nil {
			return store.Story{}, err
		}
		return all[0], nil
	}
}
