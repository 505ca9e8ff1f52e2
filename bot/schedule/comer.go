package schedule

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"briefbot/store"
)

// comer is a channel that gets stories as they come in: it is due when one does
// that it wants. There may be a hundred thousand, each with topics of its own, so
// those that don't want a story are not run for it.
type comer struct {
	*slot
	topics []string // folded
	due    bool     // it is in the queue, or has its run
}

// enter schedules a channel: by the clock, or by what comes in. The caller holds
// mu.
func (s *Scheduler) enter(sl *slot, c store.Channel, p store.Progress, now time.Time) {
	if !sl.when.comes {
		heap.Push(&s.queue, sl)
		return
	}
	cm := &comer{slot: sl}
	for _, t := range c.Topics {
		cm.topics = append(cm.topics, folded(t))
	}
	s.comers[sl.channel] = cm
	if p.Cursor < s.seen || len(p.Backfill) > 0 {
		s.comeDue(cm, now)
	}
}

// comeDue puts a channel into the queue, if it is not there. The caller holds mu.
func (s *Scheduler) comeDue(cm *comer, now time.Time) {
	if cm.due {
		return
	}
	cm.due, cm.at = true, now
	heap.Push(&s.queue, cm.slot)
}

// looked is how many stories are looked at together.
const looked = 100

// arrive makes the channels due that want a story which came in since the last
// look.
func (s *Scheduler) arrive(ctx context.Context, now time.Time) error {
	for {
		all, err := s.store.StoriesAfter(ctx, s.seen, looked)
		if err != nil {
			return fmt.Errorf("read what came in: %w", err)
		}
		if len(all) == 0 {
			return nil
		}
		topics := make([]map[string]bool, len(all))
		for i, e := range all {
			topics[i] = map[string]bool{}
			for _, t := range slices.Concat(e.Story.Topics, e.Also) {
				topics[i][folded(t)] = true
			}
		}
		s.mu.Lock()
		for _, cm := range s.comers {
			for i, e := range all {
				if cm.wants(e, topics[i]) {
					s.comeDue(cm, now)
					break
				}
			}
		}
		s.mu.Unlock()
		s.seen = all[len(all)-1].Seq
	}
}

// wants reports whether the channel wants a story with these topics.
func (cm *comer) wants(e store.Entry, topics map[string]bool) bool {
	if len(cm.topics) > 0 && !slices.ContainsFunc(cm.topics, func(t string) bool { return topics[t] }) {
		return false
	}
	return cm.filter.Refuses(e.Story) == ""
}

// folded is a topic without case.
func folded(topic string) string { return strings.ToLower(strings.ToUpper(topic)) }

// left is what a run leaves of what was new: zero if there was no run, since the
// channel is paused.
type left int

const (
	nothing left = iota + 1
	more
)

// pausedLook is how soon a channel that is paused is looked at again: what came
// in meanwhile waits for it.
const pausedLook = time.Minute

// leaves says what a run leaves.
func leaves(a store.Agenda, p store.Plan) left {
	n := len(a.New)
	if len(p.Progress.Backfill) > 0 || n == store.MaxAgenda || n > 0 && p.Progress.Cursor < a.New[n-1].Seq {
		return more
	}
	return nothing
}

// due is when a channel without a clock is due again; zero: when something comes
// in.
func (l left) due(now time.Time) time.Time {
	switch l {
	case nothing:
		return time.Time{}
	case more:
		return now
	}
	return now.Add(pausedLook)
}
