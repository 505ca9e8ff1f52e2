package command

import (
	"context"
	"errors"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
)

// recent is how many of the latest stories are looked through for what is listed.
const recent = 200

// latest is what came in last.
func (d *Desk) latest(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	all, p, err := d.page(ctx, q, brief.ShowLatest, searched, func(store.Entry) bool { return true })
	if err != nil {
		return brief.Answer{}, err
	}
	if len(all) == 0 {
		return brief.Answer{}, say(q.voice, brief.SayNoStories)
	}
	return brief.Answer{Message: q.voice.Stories(q.voice.Text(brief.TitleLatest), all, p), Turn: true}, nil
}

// today is what came in today by the asker's clock, of what the chat's channel
// wants, if there is one.
func (d *Desk) today(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	c, err := d.store.ChannelOf(ctx, q.Chat)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return brief.Answer{}, err
	}
	filter, err := c.Filter()
	if err != nil {
		return brief.Answer{}, err
	}
	now := time.Now().In(d.zoneOf(q, c))
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	reach, err := d.since(ctx, midnight)
	if err != nil {
		return brief.Answer{}, err
	}
	all, p, err := d.page(ctx, q, brief.ShowToday, reach, func(e store.Entry) bool {
		return !e.Arrived.Before(midnight) && e.HasTopic(c.Topics) && filter.Refuses(e.Story) == ""
	})
	if err != nil {
		return brief.Answer{}, err
	}
	if len(all) == 0 {
		return brief.Answer{Message: q.voice.NothingToday(now), Turn: true}, nil
	}
	return brief.Answer{Message: q.voice.Today(now, all, p), Turn: true}, nil
}

// since says how many of the latest stories have to be looked through for those
// that came in since an instant. They stand in that order but for those that came
// up again, since another source told them too: so a row of older ones says
// nothing as long as it is short.
func (d *Desk) since(ctx context.Context, at time.Time) (reach int, err error) {
	for reach = recent; reach < searched; reach *= 2 {
		older := 0
		_, err := d.store.LatestStories(ctx, 1, reach, func(e store.Entry) bool {
			if older++; !e.Arrived.Before(at) {
				older = 0
			}
			return false
		})
		if err != nil || older >= recent/2 {
			return reach, err
		}
	}
	return searched, nil
}

// zoneOf is the asker's time zone, else that of the channel in the chat, else
// the configuration's.
func (d *Desk) zoneOf(q asked, c store.Channel) *time.Location {
	for _, name := range []string{q.profile.Timezone, c.Timezone} {
		if z, err := time.LoadLocation(name); name != "" && err == nil {
			return z
		}
	}
	return d.zone
}

// page gives the stories, the newest first and out of at most reach, of the page
// that the pressed button turns to, or of the first one; the buttons of the page
// have the verb. A page that is no longer there is the first one too.
func (d *Desk) page(ctx context.Context, q asked, verb brief.Verb, reach int, keep func(store.Entry) bool) ([]store.Entry, brief.Page, error) {
	p := brief.Page{Turn: brief.Action{Verb: verb}}
	p.Number, p.Turn.With = brief.PageOf(q.Action.With)
	for {
		upTo := p.Number * brief.PageSize
		all, err := d.store.LatestStories(ctx, upTo+1, reach, keep)
		if err != nil {
			return nil, p, err
		}
		if first := upTo - brief.PageSize; first < len(all) {
			p.More = len(all) > upTo
			return all[first:min(upTo, len(all))], p, nil
		}
		if p.Number == 1 {
			return nil, p, nil
		}
		p.Number = 1
	}
}
