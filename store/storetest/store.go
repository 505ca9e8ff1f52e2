package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/store"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func openStore(t *testing.T, e store.Engine) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), e, noon)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func story(id string) store.Story {
	return store.Story{
		ID:       id,
		Headline: "Headline of " + id,
		Bullets:  []store.Bullet{{Text: "A bullet.", Citations: []int{1}}},
		Sources:  []store.Source{{N: 1, URL: "https://example.org/a?b=1&a=2&utm_source=x"}},
		Topics:   []string{"world"},
	}
}

func put(t *testing.T, s *store.Store, st store.Story, at time.Time) (store.Entry, store.Change) {
	t.Helper()
	e, c, err := s.PutStory(t.Context(), st, at)
	if err != nil {
		t.Fatal(err)
	}
	return e, c
}

func stories(t *testing.T, open Open) {
	eng, again := open(t)
	s := openStore(t, eng)
	first, change := put(t, s, story("desk:a"), noon)
	if change != store.Added || first.Story.Revision != 1 || first.Seq != 1 {
		t.Errorf("first: %v, %+v", change, first)
	}

	same := story("desk:a")
	same.Sources[0].URL = "https://example.org/a?utm_medium=y&a=2&b=1"
	if e, change := put(t, s, same, noon.Add(time.Hour)); change != store.Unchanged || e.Story.Revision != 1 {
		t.Errorf("only tracking parameters differ: %v", change)
	}

	revised := story("desk:a")
	revised.Headline = "Better headline"
	e, change := put(t, s, revised, noon.Add(2*time.Hour))
	if change != store.Revised || e.Story.Revision != 2 || e.Short != first.Short || e.Seq != first.Seq || !e.Arrived.Equal(noon) {
		t.Errorf("revised: %v, %+v", change, e)
	}

	for i := range 20 {
		put(t, s, story(fmt.Sprintf("desk:%d", i)), noon)
	}
	eng.Close()
	s = openStore(t, again())
	if got, err := s.StoryByShort(t.Context(), first.Short); err != nil || got.Story.Headline != "Better headline" {
		t.Errorf("by short id: %+v, %v", got, err)
	}
	latest, err := s.LatestStories(t.Context(), 2, 100, func(e store.Entry) bool { return strings.HasPrefix(e.Story.Headline, "Headline of desk") })
	if err != nil || len(latest) != 2 || latest[0].Story.ID != "desk:19" || latest[1].Story.ID != "desk:18" {
		t.Errorf("latest: %v, %v", latest, err)
	}
	if err := s.RemoveStory(t.Context(), "desk:19", false, noon); err != nil {
		t.Fatal(err)
	}
	if latest, _ := s.LatestStories(t.Context(), 1, 100, func(store.Entry) bool { return true }); latest[0].Story.ID != "desk:18" {
		t.Errorf("a removed story is the latest")
	}
	if before, err := s.StoriesBefore(t.Context(), e.Seq+19, 2); err != nil || len(before) != 2 || before[0].Story.ID != "desk:17" || before[1].Story.ID != "desk:16" {
		t.Errorf("before desk:18: %v, %v", before, err)
	}
	if all, err := s.StoriesBefore(t.Context(), math.MaxUint64, 100); err != nil || len(all) != 21 || all[0].Story.ID != "desk:19" || all[0].Removed.IsZero() {
		t.Errorf("all stories, the removed one among them: %v, %v", all, err)
	}
	watch := s.WatchStories()
	defer watch.Close()
	if e, change := put(t, s, story("desk:19"), noon); change != store.Unchanged || !e.Removed.IsZero() || e.Seq <= 19 {
		t.Errorf("a removed story that is back: %v", change)
	}

	if changed, err := watch.Next(t.Context()); err != nil || !slices.Equal(changed, []string{"desk:19"}) {
		t.Errorf("the watch tells of %q, %v", changed, err)
	}

	// A story keeps its identity when its file is renamed, and a new story
	// under the old name is another one.
	if err := s.MoveStory(t.Context(), "desk:7", "desk:seven"); err != nil {
		t.Fatal(err)
	}
	moved := story("desk:seven")
	moved.Headline = "Headline of desk:7"
	if e, change := put(t, s, moved, noon); change != store.Unchanged || e.Story.ID != "desk:7" {
		t.Errorf("under its new name: %v, %s", change, e.Story.ID)
	}
	other := story("desk:7")
	other.Headline = "Another story"
	if e, change := put(t, s, other, noon); change != store.Added || e.Story.ID == "desk:7" {
		t.Errorf("another story under the old name: %v, %s", change, e.Story.ID)
	}
	if e, change := put(t, s, other, noon); change != store.Unchanged || e.Story.Headline != "Another story" {
		t.Errorf("the other story again: %v, %s", change, e.Story.Headline)
	}
	if err := s.MoveStory(t.Context(), "desk:seven", "desk:VII"); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveStory(t.Context(), "desk:VII", false, noon); err != nil {
		t.Fatal(err)
	}
	if e, err := s.Story(t.Context(), "desk:7"); err != nil || e.Removed.IsZero() {
		t.Errorf("removed under its third name: %v, %v", e.Removed, err)
	}

	for _, bad := range []string{"", "a\x00b", string(make([]byte, 2000))} {
		if _, _, err := s.PutStory(t.Context(), story(bad), noon); err == nil {
			t.Errorf("id %q was taken", bad)
		}
	}
	if _, err := s.Story(t.Context(), "desk:none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no story: %v", err)
	}
}

func channel(name, chat string) store.Channel {
	return store.Channel{
		Name: name, Chat: store.Chat{Platform: store.Telegram, ID: chat}, Schedule: "@daily", Timezone: "UTC",
		Mode: store.Each, Limit: 10, Backfill: 1, MaxAge: 72 * time.Hour,
	}
}

// postAll plans a delivery for each story on the agenda.
func postAll(a store.Agenda) store.Plan {
	p := store.Plan{Progress: a.Progress}
	p.Progress.Backfill = nil
	for _, e := range append(a.Backfill, a.New...) {
		p.Deliveries = append(p.Deliveries, store.Delivery{
			Kind: store.PostDelivery, State: store.Planned, Planned: noon,
			Stories: []store.Ref{{ID: e.Story.ID, Revision: e.Story.Revision}},
		})
		p.Progress.Cursor = max(p.Progress.Cursor, e.Seq)
	}
	return p
}

func planned(t *testing.T, s *store.Store, channel string) []string {
	t.Helper()
	made, err := s.RunSchedule(t.Context(), channel, postAll)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range made {
		ids = append(ids, d.Stories[0].ID)
	}
	return ids
}

func schedules(t *testing.T, open Open) {
	eng, again := open(t)
	s := openStore(t, eng)
	for _, id := range []string{"old1", "old2", "old3"} {
		put(t, s, story(id), noon)
	}
	if err := s.PutChannel(t.Context(), channel("c", "-1001"), noon); err != nil {
		t.Fatal(err)
	}
	put(t, s, story("new1"), noon)
	if got, want := planned(t, s, "c"), []string{"old3", "new1"}; !slices.Equal(got, want) {
		t.Errorf("first run: %v, want %v", got, want)
	}
	if got := planned(t, s, "c"); got != nil {
		t.Errorf("second run: %v", got)
	}

	put(t, s, story("new2"), noon)
	eng.Close()
	eng2 := again()
	s = openStore(t, eng2)
	if err := s.PutChannel(t.Context(), channel("c", "-1001"), noon); err != nil {
		t.Fatal(err)
	}
	if got, want := planned(t, s, "c"), []string{"new2"}; !slices.Equal(got, want) {
		t.Errorf("run after a restart: %v, want %v", got, want)
	}

	// Whatever a run decides, a story comes to a channel once.
	again2, err := s.RunSchedule(t.Context(), "c", func(a store.Agenda) store.Plan {
		return store.Plan{Progress: a.Progress, Deliveries: []store.Delivery{{
			Kind: store.PostDelivery, State: store.Planned, Stories: []store.Ref{{ID: "new2", Revision: 2}},
		}}}
	})
	if err != nil || len(again2) != 0 {
		t.Errorf("planned again: %v, %v", again2, err)
	}

	all, err := s.Channels(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "c" {
		t.Errorf("channels: %v, %v", all, err)
	}
	if err := s.RemoveChannel(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Channel(t.Context(), "c"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed channel: %v", err)
	}
	if p, err := s.Progress(t.Context(), "c"); err != nil || p.Cursor == 0 {
		t.Errorf("progress of a removed channel: %+v, %v", p, err)
	}
}

// restored plays a backup that is brought back: what was posted since must not
// be posted again.
func restored(t *testing.T, open Open) {
	eng, _ := open(t)
	s := openStore(t, eng)
	ctx := t.Context()
	put(t, s, story("old"), noon)
	if err := s.PutChannel(ctx, channel("c", "-1001"), noon); err != nil {
		t.Fatal(err)
	}
	made, err := s.RunSchedule(ctx, "c", postAll)
	if err != nil || len(made) != 1 {
		t.Fatalf("planned %v, %v", made, err)
	}

	// The backup is of this instant. It comes back a day later.
	later := noon.Add(24 * time.Hour)
	if err := s.Restored(ctx, later); err != nil {
		t.Fatal(err)
	}
	if d, _ := s.Delivery(ctx, made[0].ID); d.State != store.GivenUp {
		t.Errorf("what was pending is %s", d.State)
	}
	put(t, s, story("posted since the backup"), later)
	if err := s.PutChannel(ctx, channel("c", "-1001"), later); err != nil {
		t.Fatal(err)
	}
	if got := planned(t, s, "c"); got != nil {
		t.Errorf("posted again: %v", got)
	}
	put(t, s, story("new"), later)
	again, err := s.RunSchedule(ctx, "c", postAll)
	if err != nil || len(again) != 1 || again[0].Stories[0].ID != "new" {
		t.Fatalf("planned %v, %v", again, err)
	}
	if gap := again[0].ID - made[0].ID; gap < 1<<20 {
		t.Errorf("delivery numbers go on %d behind those before the backup", gap)
	}
}

func deliveries(t *testing.T, open Open) {
	eng, again := open(t)
	s := openStore(t, eng)
	ctx := t.Context()
	for _, id := range []string{"a", "b"} {
		put(t, s, story(id), noon)
	}
	c := channel("c", "-1001")
	c.Backfill = 2
	if err := s.PutChannel(ctx, c, noon); err != nil {
		t.Fatal(err)
	}
	watch := s.WatchPending(store.Telegram)
	defer watch.Close()
	planned(t, s, "c")
	if chats, err := watch.Next(ctx); err != nil || !slices.Equal(chats, []store.Waiting{{Chat: c.Chat}}) {
		t.Errorf("watch: %v, %v", chats, err)
	}
	chats, err := s.PendingChats(ctx, store.Telegram)
	if err != nil || !slices.Equal(chats, []store.Waiting{{Chat: c.Chat}}) {
		t.Errorf("pending chats: %v, %v", chats, err)
	}
	pending, _, err := s.Pending(ctx, c.Chat)
	if err != nil || len(pending) != 1 || pending[0].Stories[0].ID != "a" {
		t.Fatalf("pending: %+v, %v", pending, err)
	}

	answer := answers(t, s, store.Delivery{Chat: c.Chat}, store.Part{Body: json.RawMessage(`{}`)})
	if pending, _, _ = s.Pending(ctx, c.Chat); len(pending) != 2 || pending[0].ID != answer.ID {
		t.Errorf("an answer does not come before a post: %+v", pending)
	}

	send := func(s *store.Store, id uint64, message string) {
		t.Helper()
		_, err := s.ChangeDelivery(ctx, id, func(d *store.Delivery) {
			if len(d.Parts) == 0 {
				d.Parts = []store.Part{{Body: json.RawMessage(`{}`)}}
			}
			d.Parts[0].Message = message
			d.State = store.Sent
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	send(s, answer.ID, "41")
	send(s, pending[1].ID, "42")
	eng.Close()
	s = openStore(t, again())

	if n, err := s.Offset(ctx, "bot"); err != nil || n != 7 {
		t.Errorf("offset %d, %v", n, err)
	}
	pending, _, _ = s.Pending(ctx, c.Chat)
	if len(pending) != 1 || pending[0].Stories[0].ID != "b" {
		t.Errorf("after the first post: %+v", pending)
	}
	if id, err := s.StoryOfMessage(ctx, c.Chat, "42"); err != nil || id != "a" {
		t.Errorf("story of the message: %q, %v", id, err)
	}
	if id, err := s.LastStory(ctx, c.Chat); err != nil || id != "a" {
		t.Errorf("last story: %q, %v", id, err)
	}
	if id, err := s.DeliveryOfMessage(ctx, c.Chat, "41"); err != nil || id != answer.ID {
		t.Errorf("delivery of the answer's message: %d, %v", id, err)
	}
	if id, _ := s.HighestMessage(ctx, c.Chat); id != "42" {
		t.Errorf("highest message: %q", id)
	}
	if d, _ := s.Delivery(ctx, answer.ID); d.Parts[0].Body != nil {
		t.Errorf("a sent delivery keeps its body")
	}
	if next := pending[0].ID; next <= answer.ID>>1 {
		t.Errorf("delivery numbers: %d, %d", next, answer.ID)
	}
}

// following makes deliveries of what follows a post with the record that it is
// out, tells once of what can't be done, and forgets all with time.
func following(t *testing.T, open Open) {
	eng, reopen := open(t)
	s := openStore(t, eng)
	ctx := t.Context()
	if err := s.PutChannel(ctx, channel("c", "77"), noon); err != nil {
		t.Fatal(err)
	}
	request := json.RawMessage(`{"name":"x"}`)
	chat := channel("c", "77").Chat
	out := func(id string) store.Delivery {
		t.Helper()
		put(t, s, story(id), noon)
		made, err := s.RunSchedule(ctx, "c", postAll)
		if err != nil || len(made) != 1 {
			t.Fatalf("planned %+v, %v", made, err)
		}
		d, err := s.ChangeDelivery(ctx, made[0].ID, func(d *store.Delivery) {
			d.Parts = []store.Part{{Body: request, Message: id + "1"}, {Body: request, Message: id + "2"}}
			d.Then = []store.Step{
				{Kind: store.ThreadDelivery, Requests: []json.RawMessage{nil, request}},
				{Kind: store.PublishDelivery, Requests: []json.RawMessage{request, request}},
			}
			d.State, d.Done = store.Sent, noon
		})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := out("5")
	eng.Close()
	s = openStore(t, reopen())
	d, err := s.Delivery(ctx, first.ID)
	if err != nil || len(d.Then) != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	for i, want := range []string{"52", "51 52"} {
		step, err := s.Delivery(ctx, d.Then[i].Delivery)
		var targets []string
		for _, p := range step.Parts {
			targets = append(targets, p.Target)
		}
		if err != nil || step.Kind != d.Then[i].Kind || step.Of != d.ID || step.State != store.Planned || step.Channel != "c" ||
			strings.Join(targets, " ") != want || string(step.Parts[0].Body) != string(request) || d.Then[i].Requests != nil {
			t.Errorf("step %d: %+v, %v", i, step, err)
		}
	}
	end := func(d store.Delivery, step int, state store.State) {
		t.Helper()
		_, err := s.ChangeDelivery(ctx, d.Then[step].Delivery, func(d *store.Delivery) {
			d.State, d.Done, d.Reason = state, noon, "403"
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	told := func(want uint64) {
		t.Helper()
		if _, counts, err := s.Incidents(ctx, 10); err != nil || counts[store.LeftBare] != want || counts[store.GaveUp] != 0 {
			t.Errorf("told %v, %v, want %d", counts, err, want)
		}
	}
	second, third := out("6"), out("7")
	// Of each sort the first is pending, and what comes next when that is done.
	if ds, _, err := s.Pending(ctx, chat); err != nil || len(ds) != 2 || ds[0].ID != first.Then[0].Delivery || ds[1].ID != first.Then[1].Delivery {
		t.Errorf("pending: %+v, %v", ds, err)
	}
	end(first, 0, store.GivenUp)
	told(1)
	end(second, 0, store.GivenUp)
	end(first, 1, store.GivenUp)
	told(2) // the thread, and that nothing is published
	end(third, 0, store.Sent)
	fourth := out("8")
	end(fourth, 0, store.GivenUp)
	told(3)
	if ds, _, err := s.Pending(ctx, chat); err != nil || len(ds) != 1 || ds[0].ID != second.Then[1].Delivery {
		t.Errorf("pending: %+v, %v", ds, err)
	}
	for _, d := range []store.Delivery{second, third, fourth} {
		end(d, 1, store.Sent)
	}
	// Its record is the post's, and goes with it.
	if id, err := s.StoryOfMessage(ctx, chat, "52"); err != nil || id != "5" {
		t.Errorf("the story of the post is %q, %v", id, err)
	}
	if n, err := s.Prune(ctx, noon.Add(time.Hour)); err != nil || n != 12 {
		t.Errorf("pruned %d, %v", n, err)
	}
	if _, err := s.Delivery(ctx, first.Then[0].Delivery); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a step was kept: %v", err)
	}
}

// pruning forgets what is old and done, and nothing that prevents a second
// post.
func pruning(t *testing.T, open Open) {
	eng, _ := open(t)
	s := openStore(t, eng)
	ctx := t.Context()
	if err := s.PutChannel(ctx, channel("c", "-1001"), noon); err != nil {
		t.Fatal(err)
	}
	const posts = 300
	planAt := func(id string, at time.Time) store.Delivery {
		t.Helper()
		put(t, s, story(id), at)
		made, err := s.RunSchedule(ctx, "c", func(a store.Agenda) store.Plan {
			p := postAll(a)
			for i := range p.Deliveries {
				p.Deliveries[i].Planned = at
			}
			return p
		})
		if err != nil || len(made) != 1 {
			t.Fatalf("planned %v, %v", made, err)
		}
		return made[0]
	}
	finish := func(d store.Delivery, message string) {
		t.Helper()
		_, err := s.ChangeDelivery(ctx, d.ID, func(d *store.Delivery) {
			d.Parts = []store.Part{{Message: message}}
			d.State = store.Sent
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	waiting := planAt("waiting", noon)
	for i := range posts {
		finish(planAt(fmt.Sprint(i), noon.Add(time.Duration(i)*time.Hour)), fmt.Sprint(i+1))
	}
	n, err := s.Prune(ctx, noon.Add(200*time.Hour))
	if err != nil || n != 200 {
		t.Fatalf("pruned %d, %v", n, err)
	}
	if _, err := s.Delivery(ctx, waiting.ID); err != nil {
		t.Errorf("a delivery that is not done was pruned: %v", err)
	}
	if id, err := s.StoryOfMessage(ctx, channel("c", "-1001").Chat, "201"); err != nil || id != "200" {
		t.Errorf("a newer message: %q, %v", id, err)
	}
	if _, err := s.StoryOfMessage(ctx, channel("c", "-1001").Chat, "200"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a pruned message: %v", err)
	}
	made, err := s.RunSchedule(ctx, "c", func(a store.Agenda) store.Plan {
		return store.Plan{Progress: a.Progress, Deliveries: []store.Delivery{{
			Kind: store.PostDelivery, State: store.Planned, Stories: []store.Ref{{ID: "7", Revision: 1}},
		}}}
	})
	if err != nil || len(made) != 0 {
		t.Errorf("a pruned post is made again: %v, %v", made, err)
	}
}

// pruningPosts forgets who has an old story a few records at a time, and yet no
// channel gets it a second time.
func pruningPosts(t *testing.T, open Open) {
	eng, _ := open(t)
	count := &counting{Engine: eng}
	s := openStore(t, count)
	ctx := t.Context()
	const channels = 250
	var all []store.Channel
	var names []string
	for i := range channels {
		all = append(all, channel(fmt.Sprintf("c%03d", i), fmt.Sprint(-1000-i)))
		names = append(names, all[i].Name)
	}
	if err := s.PutChannels(ctx, all, noon); err != nil {
		t.Fatal(err)
	}
	later := noon
	run := func() (made []store.Delivery) {
		t.Helper()
		for left := names; len(left) > 0; {
			done, some, err := s.RunSchedules(ctx, left, func(_ int, a store.Agenda) store.Plan {
				p := postAll(a)
				for i := range p.Deliveries {
					p.Deliveries[i].Planned = later
				}
				return p
			})
			if err != nil {
				t.Fatal(err)
			}
			if done == 0 || done > store.MaxKeys/4 {
				t.Fatalf("%d channels in one transaction", done)
			}
			made, left = append(made, some...), left[done:]
		}
		return made
	}
	finish := func(ds []store.Delivery) {
		t.Helper()
		for i, d := range ds {
			_, err := s.ChangeDelivery(ctx, d.ID, func(d *store.Delivery) {
				d.Parts, d.State = []store.Part{{Message: fmt.Sprint(i + 1)}}, store.Sent
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	put(t, s, story("old"), later)
	posts := run()
	if len(posts) != channels {
		t.Fatalf("planned %d", len(posts))
	}
	finish(posts[1:]) // the first channel's chat is dead: it waits
	later = noon.Add(24 * time.Hour)
	put(t, s, story("new"), later)
	finish(run())

	count.most = 0
	if n, err := s.Prune(ctx, noon.Add(12*time.Hour)); err != nil || n != channels-1 {
		t.Fatalf("pruned %d, %v", n, err)
	}
	if _, recorded, err := s.Post(ctx, "old", "c001"); err != nil || !recorded {
		t.Errorf("forgotten while a channel might still take the story: %v", err)
	}
	// Nobody takes a story that is older than three days.
	if _, err := s.Prune(ctx, noon.Add(73*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if count.most > store.MaxKeys*3/4 {
		t.Errorf("a step wrote %d keys", count.most)
	}
	for name, want := range map[string]bool{"c000": true, "c001": false, "c249": false} {
		if _, recorded, err := s.Post(ctx, "old", name); err != nil || recorded != want {
			t.Errorf("the old post in %s is on record: %t, %v", name, recorded, err)
		}
	}
	if _, recorded, err := s.Post(ctx, "new", "c001"); err != nil || !recorded {
		t.Errorf("a newer post is not on record: %v", err)
	}
	// Its file is taken away, and brought back changed.
	later = noon.Add(200 * time.Hour)
	if err := s.RemoveStory(ctx, "old", false, later); err != nil {
		t.Fatal(err)
	}
	back := story("old")
	back.Headline = "The same again"
	put(t, s, back, later)
	if made := run(); len(made) != 0 {
		t.Errorf("posted a second time in %d channels", len(made))
	}
	if err := s.PutChannel(ctx, channel("fresh", "-5"), later); err != nil {
		t.Fatal(err)
	}
	if made, err := s.RunSchedule(ctx, "fresh", postAll); err != nil || slices.ContainsFunc(made, func(d store.Delivery) bool { return d.Stories[0].ID == "old" }) {
		t.Errorf("a new channel got the old story: %v", err)
	}
}

// counting counts how many keys a transaction writes.
type counting struct {
	store.Engine
	most int
}

func (c *counting) Update(ctx context.Context, fn func(store.Writer) error) error {
	return c.Engine.Update(ctx, c.counted(fn))
}

func (c *counting) UpdateFirst(ctx context.Context, fn func(store.Writer) error) error {
	return c.Engine.UpdateFirst(ctx, c.counted(fn))
}

func (c *counting) counted(fn func(store.Writer) error) func(store.Writer) error {
	return func(w store.Writer) error {
		keys := &countingWriter{Writer: w}
		err := fn(keys)
		c.most = max(c.most, keys.n)
		return err
	}
}

type countingWriter struct {
	store.Writer
	n int
}

func (w *countingWriter) Put(k string, v []byte) { w.n++; w.Writer.Put(k, v) }
func (w *countingWriter) Delete(k string)        { w.n++; w.Writer.Delete(k) }

func chats(t *testing.T, open Open) {
	eng, _ := open(t)
	s := openStore(t, eng)
	ctx := t.Context()
	named := store.Chat{Platform: store.Telegram, ID: "@brief"}
	number := store.Chat{Platform: store.Telegram, ID: "-1001234567890"}
	c := channel("c", "@brief")
	c.Backfill = 0
	if err := s.PutChannel(ctx, c, noon); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		put(t, s, story(fmt.Sprintf("s%02d", i)), noon)
	}
	if n := len(planned(t, s, "c")); n != 30 {
		t.Fatalf("planned %d", n)
	}
	if err := s.MovePending(ctx, named, store.Place{Chat: number, Kind: store.TelegramChannel, Name: "Brief"}); err != nil {
		t.Fatal(err)
	}
	if pending, _, _ := s.Pending(ctx, named); len(pending) != 0 {
		t.Errorf("%d deliveries stayed behind", len(pending))
	}
	moved := 0
	for {
		pending, _, err := s.Pending(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		if len(pending) == 0 {
			break
		}
		d := pending[0]
		if want := fmt.Sprintf("s%02d", moved); d.Stories[0].ID != want || d.Chat != number {
			t.Fatalf("delivery %d is of %s in %s", moved, d.Stories[0].ID, d.Chat.ID)
		}
		moved++
		s.ChangeDelivery(ctx, d.ID, func(d *store.Delivery) {
			d.State = store.GivenUp
		})
	}
	if moved != 30 {
		t.Errorf("moved %d", moved)
	}
	put(t, s, story("later"), noon)
	planned(t, s, "c")
	if pending, _, _ := s.Pending(ctx, number); len(pending) != 1 {
		t.Errorf("a later post does not go to the number")
	}

	// Others' messages are known.
	others := func() string {
		t.Helper()
		ids, err := s.OthersMessages(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(ids, " ")
	}
	for _, id := range []string{"8", "9", "10", "12"} {
		sees(t, s, number, id)
	}
	if got := others(); got != "8 9 10 12" {
		t.Errorf("others' messages: %s", got)
	}
	waiting, _, _ := s.Pending(ctx, number)
	s.ChangeDelivery(ctx, waiting[0].ID, func(d *store.Delivery) {
		d.Parts = []store.Part{{Message: "11"}}
		d.State = store.Sent
	})
	// A message that was sent anew may still be looked for before it.
	if got := others(); got != "8 9 10 12" {
		t.Errorf("others' messages behind ours: %s", got)
	}

	// What one reader alone saw is none of the chat's messages.
	before, _ := s.HighestMessage(ctx, number)
	whisper := answers(t, s, store.Delivery{Chat: number, Lasts: time.Hour}, store.Part{Body: json.RawMessage(`{}`)})
	s.ChangeDelivery(ctx, whisper.ID, func(d *store.Delivery) {
		d.Parts[0].Message, d.State = store.Whisper("900"), store.Sent
	})
	if after, _ := s.HighestMessage(ctx, number); after != before || others() != "8 9 10 12" {
		t.Errorf("behind a whisper the highest message is %s, others' %s", after, others())
	}
	if left, _, _ := s.Pending(ctx, number); len(left) != 0 {
		t.Errorf("a whisper is to be taken away: %+v", left)
	}

	// Private chats and basic groups share one sequence of message ids.
	seen := func(chat, id string) {
		t.Helper()
		sees(t, s, store.Chat{Platform: store.Telegram, ID: chat}, id)
	}
	highest := func(chat string) string {
		id, err := s.HighestMessage(ctx, store.Chat{Platform: store.Telegram, ID: chat})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	seen("77", "99")
	seen("-4012", "100")
	seen("77", "98")
	seen("-1001234567890", "5")
	if highest("77") != "100" || highest("-1001234567890") != "12" {
		t.Errorf("highest: %q, %q", highest("77"), highest("-1001234567890"))
	}
}

// manyChannels lets each of many channels be told once, in order.
func manyChannels(t *testing.T, open Open) {
	e, _ := open(t)
	s := openStore(t, e)
	var all []store.Channel
	for i := range 2500 {
		all = append(all, channel(fmt.Sprintf("c%04d", i), fmt.Sprint(i+1)))
	}
	if err := s.PutChannels(t.Context(), all, noon); err != nil {
		t.Fatal(err)
	}
	told := 0
	err := s.EachChannel(t.Context(), func(c store.Channel, p store.Progress) error {
		if told == len(all) || c.Name != all[told].Name || !p.Began.Equal(noon) {
			return fmt.Errorf("channel %d is %s, which began at %v", told, c.Name, p.Began)
		}
		told++
		return nil
	})
	if err != nil || told != len(all) {
		t.Errorf("told %d of %d channels: %v", told, len(all), err)
	}
	enough := errors.New("enough")
	if err := s.EachChannel(t.Context(), func(store.Channel, store.Progress) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("who has enough is told: %v", err)
	}
}

func channelOf(t *testing.T, open Open) {
	eng, _ := open(t)
	s := openStore(t, eng)
	named, topic, other := channel("named", "@brief"), channel("topic", "-5"), channel("other", "-5")
	topic.Chat.Thread, other.Chat.Thread = 7, 8
	for _, c := range []store.Channel{named, topic, other} {
		if err := s.PutChannel(t.Context(), c, noon); err != nil {
			t.Fatal(err)
		}
	}
	at := store.Chat{Platform: named.Chat.Platform, ID: "@brief"}
	if err := s.MovePending(t.Context(), at, store.Place{Chat: store.Chat{Platform: at.Platform, ID: "-1001"}}); err != nil {
		t.Fatal(err)
	}
	for chat, want := range map[store.Chat]string{
		{Platform: at.Platform, ID: "-1001"}:          "named",
		{Platform: at.Platform, ID: "@brief"}:         "named",
		{Platform: at.Platform, ID: "-5", Thread: 7}:  "topic",
		{Platform: at.Platform, ID: "-5", Thread: 8}:  "other",
		{Platform: at.Platform, ID: "-5", Thread: 99}: "topic", // another of the group's topics
	} {
		if c, err := s.ChannelOf(t.Context(), chat); err != nil || c.Name != want {
			t.Errorf("%v is of %q, want %q: %v", chat, c.Name, want, err)
		}
	}
	// A channel that goes elsewhere, or away, leaves its chat.
	topic.Chat.ID, topic.Chat.Thread = "-6", 0
	if err := s.PutChannel(t.Context(), topic, noon); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveChannel(t.Context(), "named"); err != nil {
		t.Fatal(err)
	}
	for chat, want := range map[string]string{"-6": "topic", "-5": "other", "@brief": "", "-1001": "", "-7": ""} {
		c, err := s.ChannelOf(t.Context(), store.Chat{Platform: at.Platform, ID: chat})
		if c.Name != want || (want == "") != errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s is of %q, want %q: %v", chat, c.Name, want, err)
		}
	}
	if err := s.PutChannel(t.Context(), named, noon); err != nil {
		t.Fatal(err)
	}
	if c, err := s.ChannelOf(t.Context(), store.Chat{Platform: at.Platform, ID: "-1001"}); err != nil || c.Name != "named" {
		t.Errorf("a channel that came back to its @name is %q: %v", c.Name, err)
	}
}

func profiles(t *testing.T, open Open) {
	ctx := t.Context()
	e, _ := open(t)
	s := openStore(t, e)
	ada, bob := store.UserID{Platform: store.Telegram, ID: "7"}, store.UserID{Platform: store.Discord, ID: "7"}
	if _, err := s.Profile(ctx, ada); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("who chose nothing: %v", err)
	}
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for i, language := range []string{"de", "fr"} {
		_, err := s.ChangeProfile(ctx, ada, now.Add(time.Duration(i)*time.Hour), func(p *store.Profile) error {
			p.Language = language
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	no := errors.New("no")
	if _, err := s.ChangeProfile(ctx, ada, now, func(p *store.Profile) error { p.Language = "it"; return no }); !errors.Is(err, no) {
		t.Errorf("a change that was refused: %v", err)
	}
	if p, err := s.Profile(ctx, ada); err != nil || p.Language != "fr" || !p.Since.Equal(now) || p.User != ada {
		t.Errorf("profile %+v, %v", p, err)
	}
	if _, err := s.Profile(ctx, bob); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the same number on another platform: %v", err)
	}

	name, err := s.PutAsked(ctx, store.Asked{User: ada, Words: "night ferry", At: now})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := s.Asked(ctx, ada, name); err != nil || a.Words != "night ferry" {
		t.Errorf("asked %+v, %v", a, err)
	}
	if _, err := s.Asked(ctx, bob, name); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what another asked: %v", err)
	}
}

func schema(t *testing.T, open Open) {
	eng, _ := open(t)
	openStore(t, eng)
	if got := All(t, eng)["schema"]; got != fmt.Sprint(store.Schema) {
		t.Errorf("schema %q", got)
	}
	set(t, eng, "schema", fmt.Sprint(store.Schema+1))
	if _, err := store.Open(t.Context(), eng, noon); !errors.Is(err, store.ErrNewer) {
		t.Errorf("newer schema: %v", err)
	}
	set(t, eng, "schema", "one")
	if _, err := store.Open(t.Context(), eng, noon); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("senseless schema: %v", err)
	}
}

// toldBefore is what a source that begins anew has given before.
func toldBefore(t *testing.T, open Open) {
	eng, _ := open(t)
	s := openStore(t, eng).Merging(store.Sameness{Alike: 0.5, Within: 48 * time.Hour})
	ctx := t.Context()
	alike := func(id string) store.Story {
		st := story(id)
		st.Headline = "The same event"
		return st
	}
	for _, st := range []store.Story{story("desk:a"), story("desk:b"), story("desk:c"), story("wire:d"), alike("wire:e"), alike("desk:e"), story("desk2:f")} {
		put(t, s, st, noon)
	}
	if err := errors.Join(
		s.MoveStory(ctx, "desk:b", "desk:b2"), // a file was renamed,
		s.RemoveStory(ctx, "desk:c", false, noon),
	); err != nil {
		t.Fatal(err)
	}
	put(t, s, story("desk:b"), noon) // and another came under the old name
	got, err := s.ToldBy(ctx, "desk")
	slices.Sort(got)
	if want := []string{"desk:a", "desk:b", "desk:b2", "desk:e"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("told by desk: %q, %v, want %q", got, err, want)
	}
	if err := s.RemoveStory(ctx, "desk:e", true, noon); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.ToldBy(ctx, "desk"); slices.Contains(got, "desk:e") {
		t.Errorf("what was taken back is told: %q", got)
	}
}
