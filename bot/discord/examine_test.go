package discord

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"briefbot/bot/sandbox"
	"briefbot/store"
)

// Whatever keeps posts away from readers is told to the operator before a reader
// misses one: each thing set up wrong, and what is said of it.
func TestExamine(t *testing.T) {
	const all = 1<<10 | 1<<11 | 1<<14 | 1<<16 | 1<<38
	without := func(bits int64) func(w *world) string {
		return func(w *world) string {
			if err := w.api.SetPermissions(w.news, all&^bits); err != nil {
				w.Fatal(err)
			}
			return w.news
		}
	}
	thread := func(w *world) string {
		id, err := w.api.AddThread(w.news, "the ferry")
		if err != nil {
			w.Fatal(err)
		}
		return id
	}
	for _, tt := range []struct {
		name  string
		setUp func(w *world) (channel string)
		grade store.Grade
		want  string // part of what is said
	}{
		{"all is well", func(w *world) string { return w.news }, store.Well, `text channel "news" in the server "Harbour House", with all permissions that posts need`},
		{"announcements", func(w *world) string { return w.channel("bulletin", "announcement") }, store.Well, `announcement channel "bulletin"`},
		{"a forum", func(w *world) string { return w.channel("talk", "forum") }, store.Well, `forum "talk" in the server`},
		{"a thread", thread, store.Well, `thread "the ferry" in the server`},
		{"a private chat", func(w *world) string {
			id, err := w.api.OpenDM(w.ada)
			if err != nil {
				w.Fatal(err)
			}
			return id
		}, store.Well, "private chat"},
		{"everything is allowed", func(w *world) string {
			if err := w.api.SetPermissions(w.news, 1<<3); err != nil {
				w.Fatal(err)
			}
			return w.news
		}, store.Well, "with all permissions"},
		{"no view", without(1 << 10), store.Wrong, "is not to be had: give the bot View Channel there, or invite it again"},
		{"no sending", without(1 << 11), store.Wrong, `text channel "news" in the server "Harbour House": give the bot Send Messages: without it the bot can't post`},
		{"no embeds", without(1 << 14), store.Wrong, "give the bot Embed Links: without it posts are refused, or shown without their text"},
		{"no history", without(1 << 16), store.Wrong, "give the bot Read Message History: without it the bot can't find its own post after a crash"},
		{"two are missing", without(1<<11 | 1<<16), store.Wrong, "give the bot Send Messages: without it the bot can't post; give the bot Read Message History"},
		{"threads are not needed in a channel", without(1 << 38), store.Well, "with all permissions"},
		{"no sending in the thread's channel", func(w *world) string { without(1 << 38)(w); return thread(w) }, store.Wrong, "give the bot Send Messages in Threads"},
		{"a thread needs no right to send", func(w *world) string { without(1 << 11)(w); return thread(w) }, store.Well, "with all permissions"},
		{"a long post into a forum goes on in a thread", func(w *world) string {
			id := w.channel("talk", "forum")
			if err := w.api.SetPermissions(id, all&^(1<<38)); err != nil {
				w.Fatal(err)
			}
			return id
		}, store.Wrong, "give the bot Send Messages in Threads"},
		{"a locked thread", func(w *world) string {
			id := thread(w)
			if err := w.api.Lock(id, true); err != nil {
				w.Fatal(err)
			}
			return id
		}, store.Wrong, "it is locked, so the bot can't post: unlock it, or give the bot Manage Threads"},
		{"deleted", func(w *world) string {
			if err := w.api.DeleteChannel(w.news); err != nil {
				w.Fatal(err)
			}
			return w.news
		}, store.Wrong, "the channel is unknown: it was deleted, or its id is wrong"},
		{"Discord fails", func(w *world) string {
			w.api.Fault(sandbox.Fault{Failure: sandbox.Unavailable, Method: "read", Chat: w.news})
			return w.news
		}, store.Wrong, "Discord can't be reached: look at the network and at discord.api_url"},
		{"too much was asked", func(w *world) string {
			w.api.Fault(sandbox.Fault{Failure: sandbox.Limited, Method: "read", Chat: w.news})
			return w.news
		}, store.Wrong, "Discord wants no more requests"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, sandbox.DiscordOptions{})
			c := store.Chat{Platform: store.Discord, ID: tt.setUp(w)}
			found := w.d.Examine(t.Context(), []store.Channel{{Chat: c}})
			if len(found) != 2 {
				t.Fatalf("found %+v", found)
			}
			if f := found[0]; f.Grade != store.Well || f.Chat != (store.Chat{}) || f.Text != fmt.Sprintf(`the token is good, and the bot is "briefs" (id %s)`, w.api.Bot()) {
				t.Errorf("of the bot: %+v", f)
			}
			if f := found[1]; f.Grade != tt.grade || f.Chat != c || !strings.Contains(f.Text, tt.want) {
				t.Errorf("got %+v\nwant %s: %s", f, tt.grade, tt.want)
			}
			if w.api.Identifies() != 0 {
				t.Error("it connected: a bot that runs would lose its connection")
			}
		})
	}
}

// Where the bot is known as nobody, or to no server, no channel is asked for.
func TestExamineAccount(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{Token: "another-token"})
	channels := []store.Channel{{Chat: store.Chat{Platform: store.Discord, ID: w.news}}}
	found := w.d.Examine(t.Context(), channels)
	if len(found) != 1 || found[0].Grade != store.Wrong || found[0].Text != ErrToken.Error() {
		t.Errorf("a bad token: %+v", found)
	}
	w = newWorld(t, sandbox.DiscordOptions{})
	if err := w.api.Kick(w.guild); err != nil {
		t.Fatal(err)
	}
	found = w.d.Examine(t.Context(), channels)
	if len(found) != 2 || found[0].Grade != store.Wrong || !strings.Contains(found[0].Text, "it is in no server: invite it") {
		t.Errorf("no server: %+v", found)
	}
}

// Of many channels in one server, the server is asked once.
func TestExamineMany(t *testing.T) {
	w := newWorld(t, sandbox.DiscordOptions{})
	var channels []store.Channel
	for i := range 10 {
		channels = append(channels, store.Channel{Chat: store.Chat{Platform: store.Discord, ID: w.channel(fmt.Sprint("c", i), "text")}})
	}
	before, _ := w.api.Requests("read")
	found := w.d.Examine(t.Context(), channels)
	after, _ := w.api.Requests("read")
	if len(found) != 11 || after-before != 14 {
		t.Errorf("%d findings by %d requests", len(found), after-before)
	}
}

// Answers that make no sense are no end of the program.
func TestExamineNonsense(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprint(rw, `{"id":"1","guild_id":"1","type":0,"user":{"id":"1"},"owner_id":"2",
			"roles":[null],"permission_overwrites":[null],"channels":[null],"threads":[null],"members":[null]}`)
	}))
	defer server.Close()
	w := &world{TB: t, log: &journal{}, desk: &desk{}}
	d := w.adapter(server.URL)
	defer d.http.CloseIdleConnections()
	found := d.Examine(t.Context(), []store.Channel{{Chat: store.Chat{Platform: store.Discord, ID: "1"}}})
	if len(found) != 2 || found[1].Grade != store.Wrong || !strings.Contains(found[1].Text, "give the bot View Channel") {
		t.Errorf("found %+v", found)
	}
}

// What a channel wants beside its posts is looked at too.
func TestExamineWishes(t *testing.T) {
	const usual = 1<<10 | 1<<11 | 1<<14 | 1<<16 | 1<<35 | 1<<38
	const everyone = 1 << 17
	for _, tt := range []struct {
		name, kind string
		may        int64
		want       func(w *world, c *store.Channel)
		grade      store.Grade
		said       string
	}{
		{"threads", "text", usual, func(_ *world, c *store.Channel) { c.Threads = true }, store.Well, "with all permissions"},
		{"no threads", "announcement", usual &^ (1 << 35), func(_ *world, c *store.Channel) { c.Threads = true }, store.Wrong,
			"give the bot Create Public Threads: without it no thread is begun below posts"},
		{"a forum has threads anyway", "forum", usual &^ (1 << 35), func(_ *world, c *store.Channel) { c.Threads = true }, store.Well, "with all permissions"},
		{"published", "announcement", usual, func(_ *world, c *store.Channel) { c.Publish = true }, store.Well, "with all permissions"},
		{"published nowhere", "text", usual, func(_ *world, c *store.Channel) { c.Publish = true }, store.Wrong,
			"leave out publish: only posts in an announcement channel can be published"},
		{"a role that all may mention", "text", usual, func(w *world, c *store.Channel) { c.Ping = w.role("Readers", true) }, store.Well, "with all permissions"},
		{"a role that the bot may not mention", "text", usual, func(w *world, c *store.Channel) { c.Ping = w.role("Readers", false) }, store.Wrong,
			`allow anyone to mention the role "Readers", or give the bot Mention @everyone, @here, and All Roles`},
		{"a role that the bot may mention", "text", usual | everyone, func(w *world, c *store.Channel) { c.Ping = w.role("Readers", false) }, store.Well, "with all permissions"},
		{"no such role", "text", usual, func(_ *world, c *store.Channel) { c.Ping = "12" }, store.Wrong, "its server has no role 12"},
		{"everyone", "text", usual | everyone, func(w *world, c *store.Channel) { c.Ping = w.guild }, store.Wrong, "@everyone can't be mentioned as one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, sandbox.DiscordOptions{})
			c := store.Channel{Chat: store.Chat{Platform: store.Discord, ID: w.channel("stories", tt.kind)}}
			if err := w.api.SetPermissions(c.Chat.ID, tt.may); err != nil {
				t.Fatal(err)
			}
			tt.want(w, &c)
			found := w.d.Examine(t.Context(), []store.Channel{c})
			if len(found) != 2 || found[1].Grade != tt.grade || !strings.Contains(found[1].Text, tt.said) {
				t.Errorf("got %+v\nwant %s: %s", found, tt.grade, tt.said)
			}
		})
	}
}
