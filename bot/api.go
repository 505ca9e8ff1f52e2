package bot

import (
	"cmp"
	"context"
	"errors"
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
			"application/json": parser(intake.ParseJSON),
			"text/plain":       parser(intake.ParseText),
		},
		Log: to.log,
	})
}

// parser reads a text as a story file is read.
func parser(parse func(name string, data []byte) (store.Story, error)) web.Parser {
	return func(data []byte) (store.Story, error) {
		s, err := parse("story", data)
		if wrong := (*intake.Error)(nil); errors.As(err, &wrong) {
			return s, &web.Mistake{Line: wrong.Line, Reason: strings.TrimSuffix(wrong.Reason+"; "+wrong.Hint, "; ")}
		}
		return s, err
	}
}
