package discord

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

// follow makes a delivery of what follows a post, of the one kind.
func (w *world) follow(posted store.Delivery, m brief.Message, kind store.DeliveryKind, place store.Kind) store.Delivery {
	w.Helper()
	c := store.Channel{Name: "news", Threads: kind == store.ThreadDelivery, Publish: kind == store.PublishDelivery}
	steps := w.d.Then(c, store.Place{Chat: posted.Chat, Kind: place}, posted, m)
	if len(steps) != 1 || steps[0].Kind != kind {
		w.Fatalf("what follows: %+v", steps)
	}
	dl := store.Delivery{ID: posted.ID + 1, Kind: kind, Chat: posted.Chat, Of: posted.ID}
	for i, request := range steps[0].Requests {
		if request != nil {
			dl.Parts = append(dl.Parts, store.Part{Body: request, Target: posted.Parts[i].Message})
		}
	}
	return dl
}

// A thread is begun on the last message of a post, once, named after the story;
// in an announcement channel too.
func TestThread(t *testing.T) {
	for kind, place := range map[string]store.Kind{"text": store.DiscordText, "announcement": store.DiscordNews} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, sandbox.DiscordOptions{})
			chat := w.channel("stories", kind)
			long := flood()
			long.Story.Headline = strings.Repeat("Port Ansel under water ", 10)
			m := english.Post(long, false)
			posted := w.send(w.delivery(chat, m))
			posted.Kind = store.PostDelivery
			dl := w.follow(posted, m, store.ThreadDelivery, place)
			w.api.Fault(sandbox.Fault{Failure: sandbox.DropAfter, Method: "thread", Times: 1})
			if v := w.d.Follow(t.Context(), dl, 0); v.Outcome != store.Unknown {
				t.Errorf("a lost answer: %+v", v)
			}
			for range 2 {
				if v := w.d.Follow(t.Context(), dl, 0); v.Outcome != store.Delivered {
					t.Errorf("again: %+v", v)
				}
			}
			var threads []sandbox.Chat
			for _, c := range w.api.Chats("") {
				if c.Parent == chat {
					threads = append(threads, c)
				}
			}
			last := posted.Parts[len(posted.Parts)-1].Message
			if len(posted.Parts) < 2 || len(threads) != 1 || threads[0].ID != last || !strings.HasPrefix(threads[0].Name, "Port Ansel under water Port") || !strings.HasSuffix(threads[0].Name, "…") {
				t.Errorf("threads %+v below %s", threads, last)
			}
		})
	}
}

// What follows a post in other places than text and announcement channels, or
// a digest.
func TestNothingFollows(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	m := english.Post(ferry(), false)
	all := store.Channel{Threads: true, Publish: true}
	dl := store.Delivery{Kind: store.PostDelivery, Parts: make([]store.Part, 1)}
	for _, kind := range []store.Kind{store.DiscordForum, store.DiscordThread, store.Private} {
		if steps := w.d.Then(all, store.Place{Kind: kind}, dl, m); len(steps) != 0 {
			t.Errorf("in a %s: %+v", kind, steps)
		}
	}
	if steps := w.d.Then(store.Channel{}, store.Place{Kind: store.DiscordNews}, dl, m); len(steps) != 0 {
		t.Errorf("in a channel that wants nothing: %+v", steps)
	}
	dl.Kind = store.DigestDelivery
	if steps := w.d.Then(all, store.Place{Kind: store.DiscordNews}, dl, m); len(steps) != 1 || steps[0].Kind != store.PublishDelivery {
		t.Errorf("a digest: %+v", steps)
	}
}

// Each way in which what follows a post can end, and what the outbox is told.
func TestFollowVerdicts(t *testing.T) {
	refused := func(status, code int, text string) sandbox.Fault {
		return sandbox.Fault{Failure: sandbox.Refused, Status: status, Code: code, Text: text}
	}
	for _, kind := range []store.DeliveryKind{store.ThreadDelivery, store.PublishDelivery} {
		for _, tt := range []struct {
			name    string
			fault   sandbox.Fault
			outcome store.Outcome
			apart   bool
			after   time.Duration
			reason  string
		}{
			{"done", sandbox.Fault{Failure: sandbox.Hang}, store.Delivered, false, 0, ""},
			{"lost", sandbox.Fault{Failure: sandbox.DropBefore}, store.Unknown, false, 0, "EOF"},
			{"502", sandbox.Fault{Failure: sandbox.Unavailable}, store.Unknown, false, 0, "502"},
			{"deleted since", refused(404, 10008, "Unknown Message"), store.Delivered, false, 0, ""},
			{"no permission", refused(403, 50013, "Missing Permissions"), store.Refused, false, 0, "(code 50013): give the bot "},
			{"no access", refused(403, 50001, "Missing Access"), store.Refused, false, 0, "(code 50001): give the bot "},
			{"too many threads", refused(400, 160006, "Maximum number of active threads reached"), store.Refused, false, 0, "(code 160006)"},
			{"429 in the channel", sandbox.Fault{Failure: sandbox.Limited, Delay: time.Hour}, store.Retry, true, time.Hour, "429"},
			{"429 shared: the body is right", sandbox.Fault{Failure: sandbox.Limited, Code: 20028, Delay: 1163 * time.Second}, store.Retry, true, 1163 * time.Second, "20028"},
			{"429 for the bot", sandbox.Fault{Failure: sandbox.Limited, Delay: time.Second, Global: true}, store.Retry, false, time.Second, "429"},
		} {
			t.Run(fmt.Sprint(kind, " ", tt.name), func(t *testing.T) {
				w := newWorld(t, sandbox.DiscordOptions{})
				chat := w.channel("bulletin", "announcement")
				m := english.Post(ferry(), false)
				posted := w.send(w.delivery(chat, m))
				posted.Kind = store.PostDelivery
				dl := w.follow(posted, m, kind, store.DiscordNews)
				tt.fault.Method = map[store.DeliveryKind]string{store.ThreadDelivery: "thread", store.PublishDelivery: "publish"}[kind]
				w.api.Fault(tt.fault)
				v := w.d.Follow(t.Context(), dl, 0)
				if v.Outcome != tt.outcome || v.Apart != tt.apart || v.Gone || v.After < tt.after || !strings.Contains(v.Reason, tt.reason) {
					t.Errorf("got %+v", v)
				}
			})
		}
	}
}

// A post is published once, and what is beyond Discord's limit is not even
// asked for.
func TestPublish(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{Limits: sandbox.UsualLimits()})
	chat := w.channel("bulletin", "announcement")
	m := english.Post(ferry(), false)
	posted := w.send(w.delivery(chat, m))
	dl := w.follow(posted, m, store.PublishDelivery, store.DiscordNews)
	for i := range 10 { // of which only the first does anything
		if v := w.d.Follow(t.Context(), dl, 0); v.Outcome != store.Delivered {
			t.Fatalf("request %d: %+v", i, v)
		}
	}
	v := w.d.Follow(t.Context(), dl, 0)
	if v.Outcome != store.Retry || !v.Apart || v.After < 50*time.Minute {
		t.Errorf("beyond the limit: %+v", v)
	}
	if all, limited := w.api.Requests("publish"); all != 10 || limited != 0 {
		t.Errorf("%d requests, %d refused", all, limited)
	}
	if flags := decode[struct{ Flags int }](t, w.api.Messages(chat)[0]).Flags; flags&1 == 0 {
		t.Errorf("it is not published: flags %d", flags)
	}
	text := w.send(w.rendered(store.Delivery{ID: 90, Kind: store.PostDelivery, Chat: store.Chat{Platform: store.Discord, ID: w.news}}, m))
	if v := w.d.Follow(t.Context(), w.follow(text, m, store.PublishDelivery, store.DiscordText), 0); v.Outcome != store.Refused || !strings.Contains(v.Reason, "leave out publish") {
		t.Errorf("in a text channel: %+v", v)
	}
}

// A published message takes few edits an hour. That one waits is no matter of
// the others.
func TestEditOfPublished(t *testing.T) {
	limits := sandbox.DiscordLimits{PublishedEdits: sandbox.Window{N: 1, Per: time.Hour}}
	w := newWorld(t, sandbox.DiscordOptions{Limits: limits})
	chat := w.channel("bulletin", "announcement")
	m := english.Post(ferry(), false)
	edit := func(posted store.Delivery) store.Verdict {
		dl := w.rendered(store.Delivery{ID: posted.ID + 2, Of: posted.ID, Kind: store.EditDelivery, Chat: posted.Chat}, m)
		dl.Parts[0].Target = posted.Parts[0].Message
		return w.d.Edit(t.Context(), dl, 0)
	}
	posted := w.send(w.delivery(chat, m))
	if v := w.d.Follow(t.Context(), w.follow(posted, m, store.PublishDelivery, store.DiscordNews), 0); v.Outcome != store.Delivered {
		t.Fatalf("%+v", v)
	}
	edit(posted)
	if v := edit(posted); v.Outcome != store.Retry || !v.Apart || v.Everywhere || v.After < 50*time.Minute {
		t.Errorf("the second edit: %+v", v)
	}
	other := w.rendered(store.Delivery{ID: 90, Kind: store.PostDelivery, Chat: posted.Chat}, m)
	if v := edit(w.send(other)); v.Outcome != store.Delivered {
		t.Errorf("an edit of another: %+v", v)
	}
}

// A role is mentioned by the first message of a post and nothing else pings,
// whatever a story's text says.
func TestPing(t *testing.T) {
	for _, kind := range []string{"text", "forum"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, sandbox.DiscordOptions{})
			role, other := w.role("Readers", true), w.role("Crew", true)
			chat := w.channel("stories", kind)
			e := flood()
			e.Story.Headline += " <@&" + other + "> @everyone <@" + w.ada + ">"
			for i := range e.Story.Bullets {
				e.Story.Bullets[i].Text += " <@&" + other + "> <@&" + role + "> @everyone @here <@" + w.ada + ">"
			}
			place := store.Place{Chat: store.Chat{Platform: store.Discord, ID: chat}, Kind: map[string]store.Kind{"text": store.DiscordText, "forum": store.DiscordForum}[kind]}
			dl := store.Delivery{ID: 77, Kind: store.PostDelivery, Chat: place.Chat, Ping: role}
			bodies, err := w.d.Render(t.Context(), place, dl, english.Post(e, true))
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range bodies {
				dl.Parts = append(dl.Parts, store.Part{Body: b})
			}
			posted := w.send(dl)
			edit := store.Delivery{ID: 78, Of: 77, Kind: store.EditDelivery, Chat: place.Chat}
			if bodies, err = w.d.Render(t.Context(), place, edit, english.Post(e, true)); err != nil {
				t.Fatal(err)
			}
			edit.Parts = []store.Part{{Body: bodies[0], Target: posted.Parts[0].Message}}
			if v := w.d.Edit(t.Context(), edit, 0); v.Outcome != store.Delivered {
				t.Fatalf("%+v", v)
			}
			var pings []string
			for _, e := range w.api.Transcript() {
				pings = append(pings, fmt.Sprint(e.Method, e.Pings))
			}
			want := []string{"create[" + role + "]"}
			for range len(posted.Parts) - 1 {
				want = append(want, "create[]")
			}
			want = append(want, "edit[]")
			if fmt.Sprint(pings) != fmt.Sprint(want) || len(want) < 3 {
				t.Errorf("pings: %v, want %v", pings, want)
			}
			first := w.api.Messages(posted.Parts[0].Message)
			if kind == "text" {
				first = w.api.Messages(chat)
			}
			if content := decode[struct{ Content string }](t, first[0]).Content; content != "<@&"+role+">" {
				t.Errorf("after the edit its content is %q", content)
			}
		})
	}
}

// An id that is none is not put into a message.
func TestPingIsAnID(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := store.Delivery{ID: 77, Kind: store.PostDelivery, Ping: "1> @everyone <@&2"}
	bodies, err := w.d.Render(t.Context(), store.Place{Kind: store.DiscordText}, dl, english.Post(ferry(), false))
	if err != nil {
		t.Fatal(err)
	}
	if m := decode[message](t, json.RawMessage(bodies[0])); m.Content != "" || len(m.AllowedMentions.Roles) != 0 {
		t.Errorf("%+v", m)
	}
}
