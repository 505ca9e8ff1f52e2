package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"briefbot/store"
)

// dealt looks at what is recorded of updates: all in one step, or in several where
// it is much.
func dealt(t *testing.T, open Open) {
	e, again := open(t)
	s := openStore(t, e)
	ctx := t.Context()
	group := store.Chat{Platform: store.Telegram, ID: "-1001234567890"}
	channel := store.Spot{Chat: store.Chat{Platform: store.Telegram, ID: "-1009"}, Message: "5"}
	long := strings.Repeat("x", 60<<10)
	var all []store.Dealt
	for i := range 50 {
		all = append(all, store.Dealt{
			Next: 100 + i + 1, Seen: store.Spot{Chat: group, Message: fmt.Sprint(i + 1)},
			Answer: &store.Delivery{Chat: group, ReplyTo: fmt.Sprint(i + 1), Planned: noon},
			Render: func(store.Delivery) ([]store.Part, error) {
				return []store.Part{{Body: json.RawMessage(`"` + long + `"`)}}, nil
			},
		})
	}
	all = append(all, store.Dealt{Next: 151, Seen: store.Spot{Chat: group, Message: "51"}, CopyOf: channel, At: noon})
	failing := errors.New("can't be rendered")
	broken := store.Dealt{Next: 152, Answer: &store.Delivery{Chat: group}, Render: func(store.Delivery) ([]store.Part, error) { return nil, failing }}
	if err := s.PutDealt(ctx, "bot", append(all, broken)); !errors.Is(err, failing) {
		t.Errorf("what can't be rendered: %v", err)
	}
	if n, err := s.Offset(ctx, "bot"); err != nil || n <= 100 || n >= 152 {
		t.Fatalf("dealt with up to %d, %v", n, err)
	} else if err := s.PutDealt(ctx, "bot", all[n-100:]); err != nil {
		t.Fatal(err)
	}
	e.Close()
	s = openStore(t, again())
	if n, err := s.Offset(ctx, "bot"); err != nil || n != 151 {
		t.Errorf("dealt with up to %d, %v", n, err)
	}
	// Each answer is there once, in order.
	for i := range 50 {
		pending, _, err := s.Pending(ctx, group)
		if err != nil || len(pending) == 0 || pending[0].ReplyTo != fmt.Sprint(i+1) {
			t.Fatalf("answer %d: %d are pending, %v", i+1, len(pending), err)
		}
		_, err = s.ChangeDelivery(ctx, pending[0].ID, func(d *store.Delivery) {
			d.State = store.Sent
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if of, err := s.CopyOf(ctx, store.Spot{Chat: group, Message: "51"}); err != nil || of != channel {
		t.Errorf("the copy is of %+v, %v", of, err)
	}
	if _, err := s.Prune(ctx, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CopyOf(ctx, store.Spot{Chat: group, Message: "51"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an old copy: %v", err)
	}
}

// removal looks at an answer that stays for a while, and at one that turned.
func removal(t *testing.T, open Open) {
	e, again := open(t)
	s := openStore(t, e)
	ctx := t.Context()
	old, reader := store.Chat{Platform: store.Telegram, ID: "-77"}, store.Chat{Platform: store.Telegram, ID: "77"}
	answer := func(d store.Delivery, target, message string) store.Delivery {
		t.Helper()
		d, err := s.ChangeDelivery(ctx, answers(t, s, d, store.Part{Body: json.RawMessage(`{}`), Target: target}).ID, func(d *store.Delivery) {
			d.Parts[0].Message, d.State, d.Done = message, store.Sent, noon
		})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := answer(store.Delivery{Chat: old, Lasts: time.Hour, Planned: noon}, "", "8")
	e.Close()
	s = openStore(t, again())
	left, _, err := s.Pending(ctx, old)
	if err != nil || len(left) != 1 {
		t.Fatalf("pending: %+v, %v", left, err)
	}
	if d := left[0]; d.Kind != store.RemovalDelivery || d.Of != first.ID || d.Parts[0].Target != "8" || !d.Due.Equal(noon.Add(time.Hour)) {
		t.Errorf("the removal is %+v", d)
	}
	// In the supergroup that the group becomes, the number is another message's.
	fresh := store.Place{Chat: store.Chat{Platform: store.Telegram, ID: "-1000000000077"}, Kind: store.TelegramSuper}
	if err := s.MovePending(ctx, old, fresh); err != nil {
		t.Fatal(err)
	}
	for _, c := range []store.Chat{old, fresh.Chat} {
		if left, _, err := s.Pending(ctx, c); err != nil || len(left) != 0 {
			t.Errorf("pending in %s: %+v, %v", c.ID, left, err)
		}
	}

	// What turned tells of what it says now.
	answer(store.Delivery{Chat: reader, Stories: []store.Ref{{ID: "a"}}}, "", "9")
	answer(store.Delivery{Chat: reader, Stories: []store.Ref{{ID: "b"}}}, "9", "9")
	if id, err := s.StoryOfMessage(ctx, reader, "9"); err != nil || id != "b" {
		t.Errorf("the message is about %q, %v", id, err)
	}
	if id, err := s.LastStory(ctx, reader); err != nil || id != "b" {
		t.Errorf("the last story is %q, %v", id, err)
	}
}

// answers gives an answer that an update asked for, as it is written.
func answers(t *testing.T, s *store.Store, d store.Delivery, part store.Part) store.Delivery {
	t.Helper()
	var id uint64
	err := s.PutDealt(t.Context(), "bot", []store.Dealt{{Next: 7, Answer: &d, Render: func(d store.Delivery) ([]store.Part, error) {
		id = d.ID
		return []store.Part{part}, nil
	}}})
	if err == nil {
		d, err = s.Delivery(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sees has an update tell of somebody's message.
func sees(t *testing.T, s *store.Store, c store.Chat, id string) {
	t.Helper()
	if err := s.PutDealt(t.Context(), "bot", []store.Dealt{{Next: 1, Seen: store.Spot{Chat: c, Message: id}}}); err != nil {
		t.Fatal(err)
	}
}
