package schedule

import (
	"slices"
	"time"

	"briefbot/store"
)

// plan decides what a run posts: of the backfill and of what is new, oldest
// first, what fits the channel's topics and its filter and is still news, at
// most the channel's limit. What is beyond the limit waits for the next run. at
// is when the run was due, now when it is made.
func plan(a store.Agenda, filter store.Filter, at, now time.Time) store.Plan {
	c := a.Channel
	p := a.Progress
	p.LastRun = at
	wanted := func(e store.Entry) bool {
		return e.Removed.IsZero() && e.HasTopic(c.Topics) && now.Sub(e.Arrived) <= c.MaxAge && filter.Refuses(e.Story) == ""
	}
	var chosen []store.Entry
	// A story of the backfill that came up again is new too.
	isChosen := func(e store.Entry) bool {
		return slices.ContainsFunc(chosen, func(c store.Entry) bool { return c.Story.ID == e.Story.ID })
	}
	for i, e := range a.Backfill {
		if len(chosen) == c.Limit {
			break
		}
		p.Backfill = ids(a.Backfill[i+1:])
		if wanted(e) {
			chosen = append(chosen, e)
		}
	}
	for _, e := range a.New {
		if wanted(e) && !isChosen(e) {
			if len(chosen) == c.Limit {
				break
			}
			chosen = append(chosen, e)
		}
		p.Cursor = e.Seq
	}
	return store.Plan{Deliveries: deliveries(c, chosen, now), Progress: p}
}

func ids(entries []store.Entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Story.ID)
	}
	return all
}

// deliveries makes one delivery a story, or one for all.
func deliveries(c store.Channel, chosen []store.Entry, now time.Time) []store.Delivery {
	if len(chosen) == 0 {
		return nil
	}
	kind, each := store.PostDelivery, 1
	if c.Mode == store.Digest {
		kind, each = store.DigestDelivery, len(chosen)
	}
	silent := quiet(c, now)
	var all []store.Delivery
	for len(chosen) > 0 {
		d := store.Delivery{Kind: kind, State: store.Planned, Silent: silent, Planned: now}
		for _, e := range chosen[:each] {
			d.Stories = append(d.Stories, store.Ref{ID: e.Story.ID, Revision: e.Story.Revision})
		}
		all = append(all, d)
		chosen = chosen[each:]
	}
	return all
}

func quiet(c store.Channel, now time.Time) bool {
	if len(c.Quiet) == 0 {
		return false
	}
	local := now.In(zone(c))
	for _, q := range c.Quiet {
		if q.Contains(local) {
			return true
		}
	}
	return false
}

// zone is the channel's time zone. The configuration was checked; a zone that
// this machine no longer knows is taken for UTC.
func zone(c store.Channel) *time.Location {
	if z, err := time.LoadLocation(c.Timezone); err == nil {
		return z
	}
	return time.UTC
}
