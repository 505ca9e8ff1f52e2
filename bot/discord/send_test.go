package discord

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot/sandbox"
	"briefbot/store"
)

// Every way in which a send can end, and what the outbox is told of it. posted
// is how many messages readers see afterwards.
func TestVerdicts(t *testing.T) {
	type want struct {
		outcome    store.Outcome
		gone       bool
		everywhere bool
		after      time.Duration // at least
		reason     string
		posted     int
	}
	refused := func(status, code int, text string) sandbox.Fault {
		return sandbox.Fault{Failure: sandbox.Refused, Status: status, Code: code, Text: text}
	}
	page := func(status int) sandbox.Fault { return sandbox.Fault{Failure: sandbox.Unavailable, Status: status} }
	for _, tt := range []struct {
		name  string
		fault sandbox.Fault
		want  want
	}{
		{"500", page(500), want{outcome: store.Unknown, reason: "500 Internal Server Error"}},
		{"502", page(502), want{outcome: store.Unknown, reason: "502 Bad Gateway"}},
		{"502 that was carried out", sandbox.Fault{Failure: sandbox.UnavailableAfter}, want{outcome: store.Unknown, reason: "502", posted: 1}},
		{"503", page(503), want{outcome: store.Unknown, reason: "503"}},
		{"503 in the API's form", refused(503, 130000, "API resource is currently overloaded"), want{outcome: store.Unknown, reason: "(code 130000)"}},
		{"504", page(504), want{outcome: store.Unknown, reason: "504"}},
		{"520 of Cloudflare", page(520), want{outcome: store.Unknown, reason: "520"}},
		{"408", page(408), want{outcome: store.Unknown, reason: "408"}},
		{"connection cut before", sandbox.Fault{Failure: sandbox.DropBefore}, want{outcome: store.Unknown, reason: "EOF"}},
		{"connection cut after", sandbox.Fault{Failure: sandbox.DropAfter}, want{outcome: store.Unknown, reason: "EOF", posted: 1}},
		{"429 in the channel", sandbox.Fault{Failure: sandbox.Limited, Delay: 3 * time.Second}, want{outcome: store.Retry, after: 3*time.Second + 50*time.Millisecond, reason: "429"}},
		{"429 for the bot", sandbox.Fault{Failure: sandbox.Limited, Delay: 2 * time.Second, Global: true}, want{outcome: store.Retry, everywhere: true, after: 2 * time.Second, reason: "429"}},
		{"429 shared: the body is right", sandbox.Fault{Failure: sandbox.Limited, Code: 20028, Delay: 1163 * time.Second}, want{outcome: store.Retry, after: 1163 * time.Second, reason: "20028"}},
		{"429 of Cloudflare", page(429), want{outcome: store.Retry, everywhere: true, after: time.Minute, reason: "429"}},
		{"401", refused(401, 0, "401: Unauthorized"), want{outcome: store.Retry, everywhere: true, after: time.Minute, reason: "put it into discord.token"}},
		{"400", refused(400, 50035, "Invalid Form Body"), want{outcome: store.Refused, reason: "400 Bad Request: Invalid Form Body (code 50035)"}},
		{"moderated", refused(400, 200000, "Message was blocked"), want{outcome: store.Refused, reason: "(code 200000)"}},
		{"unknown channel", refused(404, 10003, "Unknown Channel"), want{outcome: store.Refused, gone: true, reason: "Unknown Channel (code 10003)"}},
		{"unknown guild", refused(404, 10004, "Unknown Guild"), want{outcome: store.Refused, gone: true, reason: "invite the bot again"}},
		{"no access", refused(403, 50001, "Missing Access"), want{outcome: store.Refused, gone: true, reason: "View Channel"}},
		{"no permission", refused(403, 50013, "Missing Permissions"), want{outcome: store.Refused, gone: true, reason: "Embed Links"}},
		{"closed messages", refused(403, 50007, "Cannot send messages to this user"), want{outcome: store.Refused, gone: true, reason: "50007"}},
		{"locked thread", refused(400, 160005, "Thread is locked"), want{outcome: store.Refused, gone: true, reason: "locked"}},
		{"another 403", refused(403, 40001, "Unauthorized"), want{outcome: store.Refused, reason: "40001"}},
		{"another 404", refused(404, 0, "404: Not Found"), want{outcome: store.Refused, reason: "404"}},
		{"403 of a proxy", page(403), want{outcome: store.Retry, after: time.Minute, reason: "in front of Discord's API"}},
		{"404 of a proxy", page(404), want{outcome: store.Retry, after: time.Minute, reason: "in front of Discord's API"}},
		{"401 of a proxy", page(401), want{outcome: store.Retry, after: time.Minute, reason: "in front of Discord's API"}},
		{"a redirect is not followed", page(301), want{outcome: store.Retry, after: time.Minute, reason: "301"}},
		{"a success that is not the API's", page(202), want{outcome: store.Unknown, reason: "202"}},
		{"a success that is no JSON", page(200), want{outcome: store.Unknown, reason: "read the answer"}},
		{"posted, and deleted since", refused(404, 10008, "Unknown Message"), want{outcome: store.Delivered}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, sandbox.DiscordOptions{})
			dl := w.delivery(w.news, english.Post(ferry(), false))
			tt.fault.Method = "create"
			w.api.Fault(tt.fault)
			v := w.d.Send(t.Context(), dl, 0)
			if v.Outcome != tt.want.outcome || v.Gone != tt.want.gone || v.Everywhere != tt.want.everywhere || v.After < tt.want.after {
				t.Errorf("got %+v, want %+v", v, tt.want)
			}
			if tt.want.after == 0 && v.After != 0 {
				t.Errorf("it is to wait %s", v.After)
			}
			if !strings.Contains(v.Reason, tt.want.reason) || strings.Contains(v.Reason, token) || strings.Contains(v.Reason, "http://") {
				t.Errorf("reason %q, want %q", v.Reason, tt.want.reason)
			}
			if v.Outcome == store.Delivered && v.Message == "" {
				t.Error("delivered without an id")
			}
			if n := w.posted(w.news); n != tt.want.posted {
				t.Errorf("%d messages, want %d", n, tt.want.posted)
			}
		})
	}
}

// Where no connection comes about, nothing was sent.
func TestUnreachable(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := w.delivery(w.news, english.Post(ferry(), false))
	dead := httptest.NewServer(nil)
	dead.Close()
	w.d = w.adapter(dead.URL)
	if v := w.d.Send(t.Context(), dl, 0); v.Outcome != store.Retry || v.Everywhere || !strings.Contains(v.Reason, "refused") {
		t.Errorf("%+v", v)
	}
	tls := httptest.NewTLSServer(nil)
	defer tls.Close()
	w.d = w.adapter(tls.URL) // whose certificate nobody knows
	if v := w.d.Send(t.Context(), dl, 0); v.Outcome != store.Retry || !strings.Contains(v.Reason, "certificate") {
		t.Errorf("%+v", v)
	}
}

// A repetition of the same request is answered with the first message.
func TestNothingTwice(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := w.delivery(w.news, english.Post(ferry(), false))
	w.api.Fault(sandbox.Fault{Failure: sandbox.DropAfter, Method: "create", Times: 1})
	if v := w.d.Send(t.Context(), dl, 0); v.Outcome != store.Unknown {
		t.Fatalf("%+v", v)
	}
	if w.d.Repeats(dl, 0) <= 0 {
		t.Fatal("a repetition would not be known")
	}
	v := w.d.Send(t.Context(), dl, 0)
	if v.Outcome != store.Delivered || w.posted(w.news) != 1 {
		t.Fatalf("%+v, %d messages", v, w.posted(w.news))
	}
	if err := w.api.DeleteMessage(w.news, v.Message); err != nil {
		t.Fatal(err)
	}
	if v := w.d.Send(t.Context(), dl, 0); v.Outcome != store.Delivered || v.Message != "deleted" || w.posted(w.news) != 0 {
		t.Errorf("after it was deleted: %+v, %d messages", v, w.posted(w.news))
	}
}

// A long post comes in order, and only its last part has all buttons.
func TestLongPost(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := w.send(w.delivery(w.news, english.Post(flood(), false)))
	if len(dl.Parts) < 2 {
		t.Fatalf("%d parts", len(dl.Parts))
	}
	for i, raw := range w.api.Messages(w.news) {
		m := decode[struct {
			ID         string      `json:"id"`
			Components []component `json:"components"`
		}](t, raw)
		buttons := m.Components[0].Components
		want := 1
		if i == len(dl.Parts)-1 {
			want = 3
		}
		if m.ID != dl.Parts[i].Message || len(buttons) != want || !strings.HasSuffix(buttons[0].CustomID, "/"+dl.Tag(i)) {
			t.Errorf("part %d has the buttons %+v", i, buttons)
		}
	}
	all, at := texts(w.api.Transcript()), 0
	for i := range 30 {
		next := strings.Index(all, fmt.Sprintf("Statement %d:", i+1))
		if next < at {
			t.Errorf("statement %d is missing, or out of order", i+1)
		}
		at = next
	}
}

func texts(all []sandbox.Entry) string {
	var b strings.Builder
	for _, e := range all {
		b.WriteString(e.Text + "\n")
	}
	return b.String()
}

// A forum gets a thread a story, with the tag that fits, and what is left goes
// on in it.
func TestForum(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	forum := w.channel("briefs", "forum-tagged", "sport", "Transport")
	dl := w.delivery(forum, english.Post(flood(), false))
	if w.d.Repeats(dl, 0) != 0 || w.d.Repeats(dl, 1) == 0 {
		t.Error("a forum post has no nonce, its further parts have")
	}
	dl = w.send(dl)
	var thread sandbox.Chat
	for _, c := range w.api.Chats("") {
		if c.Parent == forum {
			thread = c
		}
	}
	if thread.ID != dl.Parts[0].Message || thread.Name != "Port Ansel under water" {
		t.Errorf("the thread is %+v", thread)
	}
	if n := w.posted(thread.ID); n != len(dl.Parts) {
		t.Errorf("%d of %d parts in the thread", n, len(dl.Parts))
	}
	if c, err := w.d.channel(t.Context(), thread.ID); err != nil || c.Type != 11 {
		t.Errorf("%+v, %v", c, err)
	}
	body := decode[forumPost](t, dl.Parts[0].Body)
	if len(body.Tags) != 1 || body.Tags[0] != w.tag(forum, "Transport") {
		t.Errorf("tags %v", body.Tags)
	}
	sports := ferry()
	sports.Story.Topics = nil
	if tags := decode[forumPost](t, w.delivery(forum, english.Post(sports, false)).Parts[0].Body).Tags; len(tags) != 1 || tags[0] != w.tag(forum, "sport") {
		t.Errorf("without a topic that fits: %v", tags)
	}
}

// A post whose thread is gone says nothing of the forum.
func TestThreadGone(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	forum := w.channel("briefs", "forum")
	dl := w.delivery(forum, english.Post(flood(), false))
	dl.Parts[0].Message = w.d.Send(t.Context(), dl, 0).Message
	if err := w.api.DeleteChannel(dl.Parts[0].Message); err != nil {
		t.Fatal(err)
	}
	if v := w.d.Send(t.Context(), dl, 1); v.Outcome != store.Refused || v.Gone {
		t.Errorf("%+v", v)
	}
}

// A post that is out is changed where it stands, also in a forum whose thread
// has gone to sleep, and taken away once.
func TestEdit(t *testing.T) {
	for _, kind := range []string{"text", "forum"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, sandbox.DiscordOptions{})
			chat := w.channel("briefs", kind)
			first := w.send(w.delivery(chat, english.Post(ferry(), false)))
			message := first.Parts[0].Message
			changed := ferry()
			changed.Story.Bullets[0].Text = "It does not sail after all."
			dl := w.rendered(store.Delivery{ID: 78, Of: first.ID, Kind: store.EditDelivery, Chat: first.Chat}, english.Post(changed, false))
			dl.Parts[0].Target = message
			if kind == "forum" {
				if err := w.api.Archive(message, true); err != nil {
					t.Fatal(err)
				}
			}
			if v := w.d.Edit(t.Context(), dl, 0); v.Outcome != store.Delivered {
				t.Fatalf("%+v", v)
			}
			all := w.api.Transcript()
			if e := all[len(all)-1]; e.Method != "edit" || e.ID != message || !strings.Contains(e.Text, "It does not sail after all.") {
				t.Errorf("%+v", e)
			}
			for range 2 { // the second time there is nothing to do
				if v := w.d.Delete(t.Context(), dl, 0); v.Outcome != store.Delivered {
					t.Errorf("delete: %+v", v)
				}
			}
			dl.Parts[0].Target = "deleted"
			if v := w.d.Edit(t.Context(), dl, 0); v.Outcome != store.Delivered {
				t.Errorf("edit of what was gone when it was found: %+v", v)
			}
		})
	}
}

// What Discord says of its limits is kept to: nothing is sent that would be
// refused, and nothing sleeps.
func TestLimitsAreKept(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{Limits: sandbox.DiscordLimits{Create: sandbox.Window{N: 2, Per: time.Minute}}})
	dl := w.delivery(w.news, english.Post(flood(), false))
	for i := range 2 {
		if v := w.d.Send(t.Context(), dl, i%len(dl.Parts)); v.Outcome != store.Delivered {
			t.Fatalf("%+v", v)
		}
	}
	v := w.d.Send(t.Context(), dl, 0)
	if v.Outcome != store.Retry || v.Everywhere || v.After < 30*time.Second || !strings.Contains(v.Reason, "held back") {
		t.Errorf("%+v", v)
	}
	if all, limited := w.api.Requests("create"); all != 2 || limited != 0 {
		t.Errorf("%d requests, %d refused", all, limited)
	}
	if v := w.d.Send(t.Context(), w.delivery(w.channel("other", "text"), english.Post(ferry(), false)), 0); v.Outcome != store.Delivered {
		t.Errorf("another channel: %+v", v)
	}
}

// After a global limit nothing is sent, wherever to.
func TestGlobalLimit(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := w.delivery(w.news, english.Post(ferry(), false))
	other := w.delivery(w.channel("other", "text"), english.Post(ferry(), false))
	w.api.Fault(sandbox.Fault{Failure: sandbox.Limited, Method: "create", Global: true, Delay: time.Minute, Times: 1})
	w.d.Send(t.Context(), dl, 0)
	if v := w.d.Send(t.Context(), other, 0); v.Outcome != store.Retry || !v.Everywhere || v.After < 30*time.Second {
		t.Errorf("%+v", v)
	}
	if all, _ := w.api.Requests("create"); all != 1 {
		t.Errorf("%d requests", all)
	}
}

func TestResolve(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dm, err := w.api.OpenDM(w.ada)
	if err != nil {
		t.Fatal(err)
	}
	thread, err := w.api.AddThread(w.news, "ferry talk")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]store.Place{
		w.news:                             {Kind: store.DiscordText, Name: "news"},
		w.channel("paper", "announcement"): {Kind: store.DiscordNews, Name: "paper"},
		w.channel("briefs", "forum"):       {Kind: store.DiscordForum, Name: "briefs"},
		thread:                             {Kind: store.DiscordThread, Name: "ferry talk"},
		dm:                                 {Kind: store.Private},
	} {
		got, v := w.d.Resolve(t.Context(), store.Chat{Platform: store.Discord, ID: id})
		want.Chat = store.Chat{Platform: store.Discord, ID: id}
		if id != dm {
			want.Guild = w.guild
		}
		if v.Outcome != store.Delivered || got != want {
			t.Errorf("got %+v, %+v, want %+v", got, v, want)
		}
	}
	hidden := w.channel("hidden", "text")
	if err := w.api.SetPermissions(hidden, 0); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"123", hidden} {
		if _, v := w.d.Resolve(t.Context(), store.Chat{Platform: store.Discord, ID: id}); v.Outcome != store.Refused || !v.Gone || !strings.Contains(v.Reason, id) || !strings.Contains(v.Reason, "invite the bot") {
			t.Errorf("%+v", v)
		}
	}
	for _, f := range []sandbox.Failure{sandbox.Unavailable, sandbox.DropBefore, sandbox.Limited} {
		w.api.Fault(sandbox.Fault{Failure: f, Method: "read", Times: 4})
		if _, v := w.d.Resolve(t.Context(), store.Chat{ID: w.news}); v.Outcome != store.Retry {
			t.Errorf("%s: %+v", f, v)
		}
		w.api.ClearFaults()
	}
}

// A bot without the right to embed is told of it.
func TestNoEmbeds(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	if err := w.api.SetPermissions(w.news, 1<<10|1<<11|1<<16); err != nil {
		t.Fatal(err)
	}
	w.send(w.delivery(w.news, english.Post(ferry(), false)))
	if !strings.Contains(w.log.String(), "Embed Links") {
		t.Error("nobody was told")
	}
}

func TestNew(t *testing.T) {
	for _, o := range []Options{{Token: "", APIURL: "https://discord.com"}, {Token: "t", APIURL: "discord.com"}, {Token: "t", APIURL: "ftp://discord.com"}} {
		o.Log = newWorld(t, sandbox.DiscordOptions{}).d.log
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// An answer that can't be read leaves it open whether the post is out, whatever it
// begins with; one that can names the message.
func TestSendAnswers(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	dl := w.delivery(w.news, english.Post(ferry(), false))
	for _, tt := range []struct{ answer, message string }{
		{`{"id":"7","embeds":[{"title":"\ud83d\ude00","fields":[{},null]}],"nonce":7}`, "7"},
		{` { "embeds" : [ null ] , "id" : "7" } `, "7"},
		{`{"id":"7","message":{"id":"7","embeds":[{}]}}`, "7"}, // of a forum
		{"{\"id\":\"7\",\"content\":\"\xff\",\"embeds\":null}", "7"},
		{`{"embeds":[{}]}`, ""},
		{`{"id":"7","embeds":[{}]`, ""},
		{`{"id":"7","embeds":[{}]} and more`, ""},
		{`{"id":7,"embeds":[{}]}`, ""},
		{`{"id":"7","embeds":{}}`, ""},
		{`[]`, ""},
		{`null`, ""},
		{``, ""},
		{`<html>`, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.answer) }))
		w.d = w.adapter(server.URL)
		want := store.Unknown
		if tt.message != "" {
			want = store.Delivered
		}
		if v := w.d.Send(t.Context(), dl, 0); v.Outcome != want || v.Message != tt.message {
			t.Errorf("%s: %+v", tt.answer, v)
		}
		w.d.http.CloseIdleConnections()
		server.Close()
	}
}

// echo answers each request as h answered the first of them, at once.
func echo(h http.Handler) http.Handler {
	var once sync.Once
	first := httptest.NewRecorder()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { h.ServeHTTP(first, r) })
		io.Copy(io.Discard, r.Body)
		maps.Copy(w.Header(), first.Header())
		w.WriteHeader(first.Code)
		w.Write(first.Body.Bytes())
	})
}

// BenchmarkSend is one post rendered and sent, as it is to each of thousands of
// channels, over loopback to a server that does next to nothing.
func BenchmarkSend(b *testing.B) {
	w := newWorld(b, sandbox.DiscordOptions{Limits: sandbox.UsualLimits()})
	m := english.Post(ferry(), false)
	dl := w.delivery(w.news, m)
	server := httptest.NewServer(echo(w.api))
	defer server.Close()
	w.d = w.adapter(server.URL)
	defer w.d.http.CloseIdleConnections()
	b.ReportAllocs()
	for b.Loop() {
		dl.ID++
		bodies, err := w.d.Render(b.Context(), store.Place{Kind: store.DiscordText}, dl, m)
		if err != nil {
			b.Fatal(err)
		}
		dl.Parts[0].Body = bodies[0]
		w.send(dl)
	}
}
