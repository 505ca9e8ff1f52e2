package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"briefbot/store"
)

// Records are what Why reads.
type Records interface {
	Story(ctx context.Context, id string) (store.Entry, error)
	StoryByShort(ctx context.Context, short string) (store.Entry, error)
	Tellings(ctx context.Context, story string) ([]store.Telling, error)
	Channels(ctx context.Context) ([]store.Channel, error)
	Progress(ctx context.Context, channel string) (store.Progress, error)
	Post(ctx context.Context, story, channel string) (d store.Delivery, recorded bool, err error)
	Delivery(ctx context.Context, id uint64) (store.Delivery, error)
	PauseOf(ctx context.Context, c store.Chat) (store.Pause, error)
}

// Why says of each channel, or of the one named, why it got a story, did not yet
// get it, or will not: a sentence a channel, from the records; and before them
// one about the sources, if several tell the story. Readers' own channels are
// counted. The story is named by its
// id or its short id.
func Why(ctx context.Context, r Records, story, channel string, now time.Time) ([]string, error) {
	e, err := r.StoryByShort(ctx, story)
	if errors.Is(err, store.ErrNotFound) {
		e, err = r.Story(ctx, story)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("no story is called %q: name it by its id (source:path) or its short id, as the log does", story)
	}
	if err != nil {
		return nil, err
	}
	channels, err := r.Channels(ctx)
	if err != nil {
		return nil, err
	}
	tellings, err := r.Tellings(ctx, e.Story.ID)
	if err != nil {
		return nil, err
	}
	var all []string
	readers, got := 0, 0
	for _, c := range channels {
		if channel != "" && c.Name != channel {
			continue
		}
		if c.Origin == store.FromReader && channel == "" {
			if c.Mode == store.Follow {
				continue
			}
			_, recorded, err := r.Post(ctx, e.Story.ID, c.Name)
			if err != nil {
				return nil, err
			}
			if readers++; recorded {
				got++
			}
			continue
		}
		because, err := why(ctx, r, e, c, now)
		if err != nil {
			return nil, err
		}
		all = append(all, c.Name+": "+because)
	}
	if readers > 0 {
		all = append(all, fmt.Sprintf("readers' own channels: %d of %d got it, or are to get it", got, readers))
	}
	if len(channels) == 0 {
		all = []string{"no channel has begun yet: channels begin when the bot first runs"}
	}
	if len(all) == 0 && channel == "" {
		all = []string{"there is no channel but those of readers who follow stories"}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no channel is called %q", channel)
	}
	if len(tellings) > 1 {
		all = append([]string{whoTells(tellings)}, all...)
	}
	return all, nil
}

// whoTells says which sources tell a story, and how they were found to.
func whoTells(all []store.Telling) string {
	at := clock(store.Channel{Timezone: "UTC"})
	var who []string
	for i, t := range all {
		said := t.Source
		if i == 0 {
			said += ", whose telling is posted"
		}
		switch t.By {
		case store.ByAddress:
			said += fmt.Sprintf(", since %s, at the same address as %s", at(t.Since), t.With)
		case store.ByHeadline:
			said += fmt.Sprintf(", since %s, with the headline of %s and bullets %.0f%% alike", at(t.Since), t.With, 100*t.Alike)
		}
		if !t.Removed.IsZero() {
			said += ", taken back on " + at(t.Removed)
		}
		who = append(who, said)
	}
	return fmt.Sprintf("one story from %d sources: %s", len(all), strings.Join(who, "; "))
}

func why(ctx context.Context, r Records, e store.Entry, c store.Channel, now time.Time) (string, error) {
	d, recorded, err := r.Post(ctx, e.Story.ID, c.Name)
	if err != nil {
		return "", err
	}
	if recorded && !d.Parked {
		then, err := whyThen(ctx, r, d, c)
		return whyDelivery(d, c) + then, err
	}
	pause, err := r.PauseOf(ctx, c.Chat)
	if err == nil && !pause.Trial {
		return whyPaused(pause, c), nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	p, err := r.Progress(ctx, c.Name)
	if errors.Is(err, store.ErrNotFound) {
		return "the channel has not begun yet", nil
	}
	if err != nil {
		return "", err
	}
	filter, err := c.Filter()
	if err != nil {
		return "", err
	}
	return whyNot(e, c, filter, p, now), nil
}

// whyDelivery tells what became of a delivery.
func whyDelivery(d store.Delivery, c store.Channel) string {
	at := clock(c)
	switch d.State {
	case store.Sent, store.Resent:
		sure := ""
		if d.Resends > 0 {
			sure = "; it was sent anew although it may have been out, since that could not be found out"
		}
		var ids []string
		for _, p := range d.Parts {
			ids = append(ids, p.Message)
		}
		return fmt.Sprintf("posted on %s, as message %s%s", at(d.Done), strings.Join(ids, ", "), sure)
	case store.GivenUp:
		return fmt.Sprintf("given up on %s: %s", at(d.Done), d.Reason)
	case store.Claimed:
		return "is being sent"
	case store.Uncertain:
		return fmt.Sprintf("was sent on %s, but whether it arrived is not known (%s); it is looked for on %s",
			at(d.Parts[d.Next()].Claimed), d.Reason, at(d.Due))
	case store.Planned:
		if d.Reason == "" {
			return fmt.Sprintf("planned on %s, and next in line to be sent", at(d.Planned))
		}
		return fmt.Sprintf("planned on %s; the last of %d tries failed (%s), the next is on %s",
			at(d.Planned), d.Attempts, d.Reason, at(d.Due))
	}
	return "posted so long ago that only the fact is still recorded"
}

// whyThen tells what became of what follows a post that is out.
func whyThen(ctx context.Context, r Records, post store.Delivery, c store.Channel) (string, error) {
	at := clock(c)
	var said string
	for _, step := range post.Then {
		if step.Delivery == 0 {
			continue // the post is not out yet
		}
		d, err := r.Delivery(ctx, step.Delivery)
		if errors.Is(err, store.ErrNotFound) {
			continue // it is older than the records
		}
		if err != nil {
			return "", err
		}
		done, not, coming := "a thread was begun below it", "no thread could be begun below it", "a thread is to be begun below it"
		if step.Kind == store.PublishDelivery {
			done, not, coming = "it was published", "it could not be published", "it is to be published"
		}
		switch {
		case d.State == store.Sent:
			said += fmt.Sprintf("; %s on %s", done, at(d.Done))
		case d.State == store.GivenUp:
			said += fmt.Sprintf("; %s: %s", not, d.Reason)
		case d.Reason == "":
			said += "; " + coming
		default:
			said += fmt.Sprintf("; %s; the last of %d tries failed (%s), the next is on %s", coming, d.Attempts, d.Reason, at(d.Due))
		}
	}
	return said, nil
}

// whyPaused tells why a story waits for its chat.
func whyPaused(p store.Pause, c store.Channel) string {
	at := clock(c)
	return fmt.Sprintf("waits: the chat is paused since %s (%s); it goes on when the bot is back there, and is tried on %s at the latest",
		at(p.Since), p.Reason, at(p.Retry))
}

// whyNot tells why no delivery was planned.
func whyNot(e store.Entry, c store.Channel, filter store.Filter, p store.Progress, now time.Time) string {
	at := clock(c)
	switch {
	case !e.Removed.IsZero():
		return fmt.Sprintf("not posted: its source took it back on %s", at(e.Removed))
	case e.Over:
		return fmt.Sprintf("no longer on record: it came in on %s, and which channels got it is forgotten", at(e.Arrived))
	case !e.HasTopic(c.Topics):
		return fmt.Sprintf("not posted: the channel takes %s, the story is about %s", list(c.Topics), list(append(slices.Clone(e.Story.Topics), e.Also...)))
	case filter.Refuses(e.Story) != "":
		return "not posted: " + filter.Refuses(e.Story)
	case e.Arrived.Before(p.Began) && !slices.Contains(p.Backfill, e.Story.ID):
		return fmt.Sprintf("not posted: it came in on %s, before the channel began on %s, and was not among the newest %d then",
			at(e.Arrived), at(p.Began), c.Backfill)
	case e.Seq <= p.Cursor && !slices.Contains(p.Backfill, e.Story.ID):
		return fmt.Sprintf("not posted: when its turn came it was older than %s (it came in on %s)", c.MaxAge, at(e.Arrived))
	}
	switch {
	case c.Mode == store.Follow:
		return "not posted: its reader is told of changes, of the stories that the reader follows"
	case c.Waiting:
		return "not posted: the channel has not been approved: briefbot approve " + c.Name
	case c.Paused:
		return "not posted yet: the channel was paused from its chat, and goes on when that is taken back"
	}
	schedule, err := Parse(c.Schedule, zone(c))
	if err != nil {
		return "not posted yet: " + err.Error()
	}
	if schedule.comes {
		return "not posted yet: the channel gets its news as it comes in, and has its turn next"
	}
	next := first(schedule, since(c, p), c.CatchUp, now)
	if next.Sub(e.Arrived) > c.MaxAge {
		return fmt.Sprintf("will not be posted: at the next run, on %s, it will be older than %s", at(next), c.MaxAge)
	}
	return fmt.Sprintf("not posted yet: the next run is on %s, with at most %d stories, oldest first", at(next), c.Limit)
}

// clock writes times as the channel's people read them.
func clock(c store.Channel) func(time.Time) string {
	z := zone(c)
	return func(t time.Time) string { return t.In(z).Format("2 January 2006 at 15:04:05 MST") }
}

func list(topics []string) string {
	if len(topics) == 0 {
		return "no topic"
	}
	return strings.Join(topics, ", ")
}
