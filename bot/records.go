package bot

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"briefbot/store"
)

// records are what the data tells of what did not go as planned.
type records struct {
	Paused []paused                      `json:"paused"`
	Counts map[store.IncidentKind]uint64 `json:"counts"`
	Last   []store.Incident              `json:"last"`
}

// paused is a chat that gets nothing, and the channels that wait for it; none
// if only answers do.
type paused struct {
	store.Pause
	Channels []string `json:"channels"`
}

// lastIncidents is how many incidents are told of.
const lastIncidents = 10

// recordsOf reads the records in a data folder: of the bot that runs there, or,
// if none does, of the data file. It returns nil if there is no data yet.
func recordsOf(ctx context.Context, folder string) (*records, error) {
	if _, err := os.Stat(filepath.Join(folder, DataFile)); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	st, err := OpenStore(ctx, folder)
	if errors.Is(err, store.ErrLocked) {
		var r records
		if asked := askFor(ctx, folder, "records", url.Values{}, &r); asked != nil {
			return nil, fmt.Errorf("%w, and is not to be asked: %w", err, asked)
		}
		return &r, nil
	}
	if err != nil {
		return nil, err
	}
	defer st.Close()
	return readRecords(ctx, st)
}

// readRecords reads the records.
func readRecords(ctx context.Context, st *store.Store) (*records, error) {
	var r records
	var err error
	for _, p := range []store.Platform{store.Discord, store.Telegram} {
		all, err := st.Paused(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			r.Paused = append(r.Paused, paused{Pause: one})
		}
	}
	if len(r.Paused) > 0 {
		if err := r.nameChannels(ctx, st); err != nil {
			return nil, err
		}
	}
	r.Last, r.Counts, err = st.Incidents(ctx, lastIncidents)
	r.hideReaders()
	return &r, err
}

// ofReader stands for a reader's private chat: who the reader is concerns nobody.
const ofReader = "a reader's private chat"

// hideReaders takes out of the records who readers are.
func (r *records) hideReaders() {
	for i := range r.Paused {
		p := &r.Paused[i]
		if slices.ContainsFunc(p.Channels, store.OfReader) || p.Chat.Private() {
			p.Chat.ID = ""
			p.Channels = slices.DeleteFunc(p.Channels, store.OfReader)
		}
	}
	for i := range r.Last {
		in := &r.Last[i]
		if store.OfReader(in.Channel) || in.Chat.Private() {
			in.Chat.ID = ""
			if store.OfReader(in.Channel) {
				in.Channel = ""
			}
		}
	}
}

// nameChannels says which channels each pause holds up.
func (r *records) nameChannels(ctx context.Context, st *store.Store) error {
	at := map[store.Chat]*paused{}
	for i := range r.Paused {
		at[r.Paused[i].Chat] = &r.Paused[i]
	}
	channels, err := st.Channels(ctx)
	if err != nil {
		return err
	}
	for _, c := range channels {
		p, err := st.PauseOf(ctx, c.Chat)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if at[p.Chat] != nil { // else it was paused since
			at[p.Chat].Channels = append(at[p.Chat].Channels, c.Name)
		}
	}
	return nil
}

// maxPauses is how many pauses are told of one by one.
const maxPauses = 20

// findings are the records for a person, with times in the zone.
func (r *records) findings(zone *time.Location) []Finding {
	at := func(t time.Time) string { return t.In(zone).Format("2 January 2006 at 15:04:05 MST") }
	var all []Finding
	// What holds up a channel stands first.
	slices.SortStableFunc(r.Paused, func(a, b paused) int { return min(len(b.Channels), 1) - min(len(a.Channels), 1) })
	for _, p := range r.Paused[:min(maxPauses, len(r.Paused))] {
		all = append(all, p.finding(at))
	}
	if more := len(r.Paused) - maxPauses; more > 0 {
		all = append(all, Finding{"records", store.Note, fmt.Sprintf("%d more chats are paused", more)})
	}
	if len(r.Paused) == 0 {
		all = append(all, Finding{"records", store.Well, "no chat is paused"})
	}
	return append(all, r.incidents(at)...)
}

// chatName names a chat, but no reader's.
func chatName(c store.Chat) string {
	if c.ID == "" {
		return string(c.Platform) + ", " + ofReader
	}
	return fmt.Sprintf("%s chat %s", c.Platform, c.ID)
}

func (p paused) finding(at func(time.Time) string) Finding {
	grade, about := store.Wrong, strings.Join(p.Channels, ", ")
	if about == "" { // a reader who blocked the bot, say, gets no answer
		grade, about = store.Note, "records"
	}
	chat := chatName(p.Chat)
	if p.Chat.Thread != 0 {
		chat += fmt.Sprintf(", topic %d,", p.Chat.Thread)
	}
	next := "it goes on when the bot is back there, and is tried on " + at(p.Retry) + " at the latest"
	if p.Trial {
		next = "it is being tried"
	}
	return Finding{about, grade, fmt.Sprintf("%s is paused since %s (%s); %s", chat, at(p.Since), p.Reason, next)}
}

// incidents tell how many deliveries did not go as planned, and of the last.
func (r *records) incidents(at func(time.Time) string) []Finding {
	var sum uint64
	var counts []string
	for _, k := range []store.IncidentKind{store.GaveUp, store.HeldBack, store.SentAnew, store.TookBack, store.LeftBare} {
		sum += r.Counts[k]
		counts = append(counts, fmt.Sprintf("%d %s", r.Counts[k], k))
	}
	if sum == 0 {
		return []Finding{{"records", store.Well, "no delivery was given up, held back, sent anew or taken back, and no post left bare"}}
	}
	all := []Finding{{"records", store.Note, "of all deliveries so far, " + strings.Join(counts, ", ") + "; the last:"}}
	for _, i := range r.Last {
		about := i.Channel
		if about == "" {
			about = chatName(i.Chat)
		}
		what := "an answer"
		if len(i.Stories) > 0 {
			var ids []string
			for _, s := range i.Stories {
				ids = append(ids, s.ID)
			}
			what = strings.Join(ids, ", ")
		}
		all = append(all, Finding{about, store.Note, fmt.Sprintf("%s was %s on %s: %s", what, i.Kind, at(i.At), i.Reason)})
	}
	return all
}
