package discord

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"briefbot/bot/sandbox"
	"briefbot/store"
)

// Whether a post is there is found out from the channel, whatever others wrote
// meanwhile.
func TestSettle(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := w.delivery(w.news, english.Post(ferry(), false))
	if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Absent {
		t.Errorf("in an empty channel: %+v", v)
	}
	w.say("What a morning.")
	if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Absent {
		t.Errorf("beside what others wrote: %+v", v)
	}
	other := w.send(w.rendered(store.Delivery{ID: 770, Chat: dl.Chat}, english.Post(ferry(), false)))
	if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Absent {
		t.Errorf("beside another post of the same story: %+v", v)
	}
	dl.Parts[0].After = other.Parts[0].Message
	if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Absent {
		t.Errorf("behind the last message: %+v", v)
	}
	w.api.Fault(sandbox.Fault{Failure: sandbox.DropAfter, Method: "create", Times: 1})
	if v := w.d.Send(t.Context(), dl, 0); v.Outcome != store.Unknown {
		t.Fatalf("%+v", v)
	}
	w.api.ClearFaults()
	for range 250 { // more than two pages
		w.say("And what an evening.")
	}
	v := w.d.Settle(t.Context(), dl, 0, atOnce)
	if v.Outcome != store.Delivered || v.Message == "" {
		t.Fatalf("it was not found: %+v", v)
	}
	m := decode[found](t, messageOf(w, w.news, v.Message))
	if !m.carries(w.api.Bot(), dl.Tag(0)) {
		t.Errorf("found the wrong message: %+v", m)
	}
	for _, f := range []sandbox.Fault{{Failure: sandbox.Unavailable}, {Failure: sandbox.DropBefore}, {Failure: sandbox.Limited, Delay: time.Millisecond}} {
		f.Method, f.Times = "read", 3
		w.api.Fault(f)
		if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Retry {
			t.Errorf("%s: %+v", f.Failure, v)
		}
		w.api.ClearFaults()
	}
}

func messageOf(w *world, chat, id string) json.RawMessage {
	w.Helper()
	for _, m := range w.api.Messages(chat) {
		if strings.Contains(string(m), `"id":"`+id+`"`) {
			return m
		}
	}
	w.Fatalf("no message %s", id)
	return nil
}

// An empty list proves nothing where the bot may not read.
func TestSettleUnread(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := w.delivery(w.news, english.Post(ferry(), false))
	unread := int64(1<<10 | 1<<11 | 1<<14)
	if err := w.api.SetPermissions(w.news, unread); err != nil {
		t.Fatal(err)
	}
	if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Absent {
		t.Errorf("a channel without any message: %+v", v)
	}
	w.send(dl)
	if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Unknown || !strings.Contains(v.Reason, "Read Message History") {
		t.Errorf("%+v", v)
	}
}

func TestSettleForum(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	forum := w.channel("briefs", "forum")
	dl := w.delivery(forum, english.Post(flood(), false))
	if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Absent {
		t.Errorf("in an empty forum: %+v", v)
	}
	w.send(w.rendered(store.Delivery{ID: 770, Chat: dl.Chat}, english.Post(ferry(), false)))
	if v := w.d.Settle(t.Context(), dl, 0, atOnce); v.Outcome != store.Absent {
		t.Errorf("beside another post: %+v", v)
	}
	sent := w.send(dl)
	for _, archived := range []bool{false, true} {
		if err := w.api.Archive(sent.Parts[0].Message, archived); err != nil {
			t.Fatal(err)
		}
		for part := range sent.Parts {
			lost := sent
			lost.Parts = append([]store.Part(nil), sent.Parts...)
			lost.Parts[part].Message = ""
			if v := w.d.Settle(t.Context(), lost, part, atOnce); v.Outcome != store.Delivered || v.Message != sent.Parts[part].Message {
				t.Errorf("part %d, archived %t: %+v", part, archived, v)
			}
		}
	}
}

// The floor of a look is the last id known, else made from the clock with room
// for one that is wrong.
func TestFloor(t *testing.T) {
	if got := floor(store.Part{After: "42", Claimed: time.Now()}); got != "42" {
		t.Errorf("got %s", got)
	}
	// 2015-01-01T01:00:01Z is an hour and a second after Discord's first id.
	for _, after := range []string{"", deletedMessage} {
		if got := floor(store.Part{After: after, Claimed: time.Unix(1420074001, 0)}); got != fmt.Sprint(1000<<22) {
			t.Errorf("after %q: got %s", after, got)
		}
	}
	if got := floor(store.Part{}); got != "0" {
		t.Errorf("before all ids: got %s", got)
	}
}

// Components of a type that nobody knows yet are no obstacle.
func TestTagged(t *testing.T) {
	components := json.RawMessage(`[{"type":99,"new":{"x":1}},{"type":17,"components":[{"type":1,"components":[{"type":2,"custom_id":"1/crit/k7m2p/25.0"}]}]}]`)
	if !tagged(components, "25.0") || tagged(components, "5.0") || tagged(components, "25") || tagged(nil, "25.0") {
		t.Error("the tag is not told apart")
	}
}

// atOnce lets a look go on without a pause.
func atOnce() error { return nil }
