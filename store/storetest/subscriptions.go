package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/store"
)

// subscriptions are channels that are made from within their chat.
func subscriptions(t *testing.T, open Open) {
	ctx := t.Context()
	e, _ := open(t)
	s := openStore(t, e)
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for i := range 3 {
		put(t, s, story(fmt.Sprintf("desk:%d", i)), now.Add(time.Duration(i)*time.Minute))
	}
	ada := store.UserID{Platform: store.Telegram, ID: "7"}
	group := store.Chat{Platform: store.Telegram, ID: "-51"}
	c := store.Channel{Name: "telegram:-51", Chat: group, Origin: store.FromChat, Owner: ada, Schedule: "@daily", Timezone: "UTC", Mode: store.Each, Limit: 10, Backfill: 1, MaxAge: time.Hour}
	start := func(c store.Channel, at time.Time) {
		t.Helper()
		if err := s.StartChannel(ctx, c, at, 2); err != nil {
			t.Fatal(err)
		}
	}
	backfill := func(want ...string) {
		t.Helper()
		if p, err := s.Progress(ctx, c.Name); err != nil || !slices.Equal(p.Backfill, want) || p.Cursor == 0 {
			t.Errorf("progress %+v, %v; want the backfill %q", p, err, want)
		}
	}
	start(c, now.Add(time.Minute*5))
	backfill("desk:2")
	if err := s.StartChannel(ctx, c, now, 2); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second time: %v", err)
	}
	if got, err := s.ChannelIn(ctx, group); err != nil || got.Name != c.Name {
		t.Errorf("in the chat: %+v, %v", got, err)
	}
	topic := group
	topic.Thread = 4
	if got, err := s.ChannelIn(ctx, topic); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("in a topic that has none: %+v, %v", got, err)
	}

	// What came of an earlier one of the name does not count.
	if err := s.RemoveChannel(ctx, c.Name); err != nil {
		t.Fatal(err)
	}
	put(t, s, story("desk:3"), now.Add(time.Hour))
	put(t, s, story("desk:4"), now.Add(time.Hour))
	waiting := c
	waiting.Waiting = true
	start(waiting, now.Add(time.Hour))
	backfill("desk:4")

	// What waits for the operator plans nothing, and begins when it is approved.
	run := func() int {
		t.Helper()
		made, err := s.RunSchedule(ctx, c.Name, func(a store.Agenda) store.Plan {
			p := a.Progress
			p.Backfill = nil
			var all []store.Delivery
			for _, e := range append(a.Backfill, a.New...) {
				all = append(all, store.Delivery{Kind: store.PostDelivery, State: store.Planned, Stories: []store.Ref{{ID: e.Story.ID}}, Planned: now})
				p.Cursor = max(p.Cursor, e.Seq)
			}
			return store.Plan{Deliveries: all, Progress: p}
		})
		if err != nil {
			t.Fatal(err)
		}
		return len(made)
	}
	put(t, s, story("desk:5"), now.Add(2*time.Hour))
	put(t, s, story("desk:6"), now.Add(2*time.Hour))
	if n := run(); n != 0 {
		t.Errorf("%d posts are planned for a channel that waits", n)
	}
	for _, want := range []bool{true, false} {
		if waited, err := s.ApproveChannel(ctx, c.Name, now.Add(3*time.Hour)); err != nil || waited != want {
			t.Errorf("approved: %v, %v; want %v", waited, err, want)
		}
	}
	backfill("desk:6")
	if n := run(); n != 1 {
		t.Errorf("%d posts are planned after it was approved, want the newest story's", n)
	}
	if _, err := s.ApproveChannel(ctx, "telegram:-52", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a channel that is not there is approved: %v", err)
	}

	// One has so many, and no more; where one ended, there is room again.
	other, third := c, c
	other.Name, other.Chat.ID = "telegram:-53", "-53"
	third.Name, third.Chat.ID = "telegram:-54", "-54"
	start(other, now)
	if err := s.StartChannel(ctx, third, now, 2); !errors.Is(err, store.ErrTooMany) {
		t.Errorf("a third one of two: %v", err)
	}
	if err := s.RemoveChannel(ctx, other.Name); err != nil {
		t.Fatal(err)
	}
	start(third, now)

	// A group that becomes a supergroup keeps its channel.
	moved := store.Place{Chat: store.Chat{Platform: store.Telegram, ID: "-1000000000051"}, Kind: store.TelegramSuper}
	if err := s.MovePending(ctx, group, moved); err != nil {
		t.Fatal(err)
	}
	for _, chat := range []store.Chat{group, moved.Chat} {
		if got, err := s.ChannelIn(ctx, chat); err != nil || got.Name != c.Name {
			t.Errorf("in %s: %+v, %v", chat.ID, got, err)
		}
	}

	// A chat that has long been gone loses what was made from it, and nothing
	// that the operator made.
	made := store.Channel{Name: "world", Chat: store.Chat{Platform: store.Telegram, ID: "-60"}, Timezone: "UTC"}
	if err := s.PutChannel(ctx, made, now); err != nil {
		t.Fatal(err)
	}
	for _, chat := range []store.Chat{moved.Chat, made.Chat} {
		if err := s.PauseChat(ctx, store.Pause{Chat: chat, Since: now}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PauseChat(ctx, store.Pause{Chat: third.Chat, Since: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if ended, err := s.EndAbandoned(ctx, now.Add(time.Minute)); err != nil || !slices.Equal(ended, []string{c.Name}) {
		t.Errorf("ended %q, %v", ended, err)
	}

	// Who made a channel is forgotten, and the channel stays.
	home := c
	home.Chat = store.Chat{Platform: store.Telegram, ID: "7"}
	home.Name = store.ChatChannel(home.Chat)
	if err := s.StartChannel(ctx, home, now, 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(ctx, ada, home.Chat); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(ctx); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"channel", "progress", "owned", "post"} {
		for _, k := range keysWith(t, e, word) {
			if strings.Contains(k, home.Name) || strings.HasSuffix(k, "\x007") {
				t.Errorf("the key %q tells of who is to be forgotten", k)
			}
		}
	}
	if got, err := s.Channel(ctx, third.Name); err != nil || got.Owner != (store.UserID{}) {
		t.Errorf("%+v, %v", got, err)
	}
	if n := len(keysWith(t, e, "owned")); n != 0 {
		t.Errorf("%d keys tell of who made channels", n)
	}
}

// keysWith gives the keys that begin with a word.
func keysWith(t *testing.T, e store.Engine, word string) (all []string) {
	t.Helper()
	err := e.View(t.Context(), func(r store.Reader) error {
		for k := range r.Scan(word, word+"\xff") {
			all = append(all, k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
