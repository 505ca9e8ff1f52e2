package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
)

const testToken = "a-token-of-the-sandbox"

// town is a Discord with a guild, some channels, a reader, and the bot's own
// library talking to it.
type town struct {
	*Discord
	t      *testing.T
	server *httptest.Server
	bot    *discordgo.Session
	events <-chan Event

	guild, text, news, forum, reader string
}

// rewrite sends every request to the stand-in, whatever host it names.
type rewrite struct{ host string }

func (x rewrite) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", x.host
	return http.DefaultTransport.RoundTrip(r)
}

func newTown(t *testing.T, o DiscordOptions) *town {
	t.Helper()
	o.Token = testToken
	if dir := os.Getenv("BRIEFBOT_SPECS"); dir != "" && o.Spec == nil {
		spec, err := LoadSpec(dir)
		if err != nil {
			t.Fatal(err)
		}
		o.Spec = spec
	}
	w := &town{Discord: NewDiscord(o), t: t}
	w.server = httptest.NewServer(w.Discord)
	t.Cleanup(func() {
		w.Discord.Close()
		w.server.Close()
	})
	w.guild = w.AddGuild("Harbour")
	w.text = w.must(w.AddChannel(w.guild, "general", "text"))
	w.news = w.must(w.AddChannel(w.guild, "news", "announcement"))
	w.forum = w.must(w.AddChannel(w.guild, "stories", "forum-tagged", "world"))
	w.reader = w.AddUser("mira")
	w.bot = w.session()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	w.events = w.Watch(ctx)
	return w
}

func (w *town) must(id string, err error) string {
	w.t.Helper()
	w.ok(err)
	return id
}

func (w *town) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// session is the library, unmodified.
func (w *town) session() *discordgo.Session {
	s, err := discordgo.New("Bot " + testToken)
	w.ok(err)
	u, err := url.Parse(w.server.URL)
	w.ok(err)
	s.Client = &http.Client{Transport: rewrite{u.Host}, Timeout: 10 * time.Second}
	s.Identify.Intents = discordgo.IntentsGuilds | discordgo.IntentsGuildMessages
	s.ShouldRetryOnRateLimit = false
	s.MaxRestRetries = 0
	s.LogLevel = -1
	s.StateEnabled = false
	// The library's own reconnecting races with its heartbeats; resuming is
	// tried frame by frame, and by the adapter's tests through the library.
	s.ShouldReconnectOnError = false
	return s
}

func (w *town) open() {
	w.t.Helper()
	w.ok(w.bot.Open())
}

// next waits for an event of one of the kinds.
func (w *town) next(kinds ...string) Event {
	w.t.Helper()
	for {
		select {
		case e := <-w.events:
			if slices.Contains(kinds, e.Kind) {
				return e
			}
		case <-time.After(10 * time.Second):
			w.t.Fatalf("no %v came", kinds)
		}
	}
}

func content(t *testing.T, e Event) string {
	t.Helper()
	var m discordgo.Message
	if err := json.Unmarshal(e.Message, &m); err != nil {
		t.Fatal(err)
	}
	return m.Content
}

// answer is a raw request's answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) code() int {
	var e struct{ Code int }
	json.Unmarshal(a.body, &e)
	return e.Code
}

// send makes a raw request, with a body of any kind.
func (w *town) send(method, path string, body any) answer {
	w.t.Helper()
	a, err := w.try(method, path, body)
	w.ok(err)
	return a
}

func (w *town) try(method, path string, body any) (answer, error) {
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(raw(body))
	}
	q, err := http.NewRequest(method, w.server.URL+"/api/v10"+path, r)
	if err != nil {
		return answer{}, err
	}
	q.Header.Set("Authorization", "Bot "+testToken)
	q.Header.Set("Content-Type", "application/json")
	p, err := http.DefaultClient.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer p.Body.Close()
	b, err := io.ReadAll(p.Body)
	return answer{p.StatusCode, p.Header, b}, err
}

// wantCode wants the library to have been refused with one of Discord's codes.
func wantCode(t *testing.T, err error, status, code int) {
	t.Helper()
	var rest *discordgo.RESTError
	if !errors.As(err, &rest) {
		t.Fatalf("got %v, want status %d code %d", err, status, code)
	}
	if rest.Response.StatusCode != status || rest.Message == nil || rest.Message.Code != code {
		t.Fatalf("got %d %s, want status %d code %d", rest.Response.StatusCode, rest.ResponseBody, status, code)
	}
}

func TestPostEditDelete(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	m, err := w.bot.ChannelMessageSendComplex(w.text, &discordgo.MessageSend{
		Content: "  The ferry **Aurelia** sails again.  ",
		Embeds:  []*discordgo.MessageEmbed{{Title: "Ferry", Description: `See [the *list*](https://example.org/a_b) \[1\]`, Color: 0x123456}},
		Components: []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{
			discordgo.Button{Label: "Sources", CustomID: "1/src/f1"},
			discordgo.Button{Label: "Site", Style: discordgo.LinkButton, URL: "https://example.org"},
		}}},
		AllowedMentions: &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}},
	})
	w.ok(err)
	if m.Content != "The ferry **Aurelia** sails again." || m.Author.ID != w.Bot() || m.Timestamp.IsZero() || len(m.Embeds) != 1 {
		t.Errorf("the answer is %+v", m)
	}
	if got := content(t, w.next("message")); got != m.Content {
		t.Errorf("the reader saw %q", got)
	}

	_, err = w.bot.ChannelMessageEdit(w.text, m.ID, "It sails `tomorrow`.")
	w.ok(err)
	seen, err := w.bot.ChannelMessage(w.text, m.ID)
	w.ok(err)
	if seen.Content != "It sails `tomorrow`." || seen.EditedTimestamp == nil || len(seen.Components) != 1 || len(seen.Embeds) != 1 {
		t.Errorf("after the edit it is %+v", seen)
	}
	w.ok(w.bot.ChannelMessageDelete(w.text, m.ID))
	if e := w.next("delete"); e.ID != m.ID {
		t.Errorf("deleted %s, want %s", e.ID, m.ID)
	}
	_, err = w.bot.ChannelMessage(w.text, m.ID)
	wantCode(t, err, 404, 10008)

	var got []string
	for _, e := range w.Transcript() {
		got = append(got, fmt.Sprint(e.N, e.Method, "|", e.Text))
	}
	want := []string{
		"1create|The ferry Aurelia sails again.\nFerry\nSee the list [1]",
		"2edit|It sails tomorrow.\nFerry\nSee the list [1]",
		"3delete|",
	}
	if !slices.Equal(got, want) {
		t.Errorf("transcript:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if v := w.Violations(); len(v) > 0 {
		t.Errorf("against the description: %v", v)
	}
}

func (w *town) nonce(channel, nonce, text string) (*discordgo.Message, error) {
	b, err := w.bot.RequestWithBucketID("POST", discordgo.EndpointChannelMessages(channel),
		map[string]any{"content": text, "nonce": nonce, "enforce_nonce": true}, "create")
	if err != nil {
		return nil, err
	}
	var m discordgo.Message
	return &m, json.Unmarshal(b, &m)
}

func TestNonce(t *testing.T) {
	now := time.Now()
	w := newTown(t, DiscordOptions{Now: func() time.Time { return now }})
	first, err := w.nonce(w.text, "d1.0", "one")
	w.ok(err)
	again, err := w.nonce(w.text, "d1.0", "two")
	w.ok(err)
	if again.ID != first.ID || again.Content != "one" {
		t.Errorf("the repeat is %s %q, want the first message", again.ID, again.Content)
	}
	other, err := w.nonce(w.text, "d2.0", "two")
	w.ok(err)
	if other.ID == first.ID {
		t.Error("another nonce returned the first message")
	}
	w.ok(w.bot.ChannelMessageDelete(w.text, first.ID))
	_, err = w.nonce(w.text, "d1.0", "one")
	wantCode(t, err, 404, 10008)
	now = now.Add(4 * time.Minute)
	late, err := w.nonce(w.text, "d2.0", "two")
	w.ok(err)
	if late.ID == other.ID {
		t.Error("the nonce was still known after its window")
	}
	if n := len(w.Messages(w.text)); n != 2 {
		t.Errorf("%d messages stand, want 2", n)
	}
	if strings.Contains(string(w.Messages(w.text)[0]), `"nonce"`) {
		t.Error("a fetched message has a nonce")
	}
	if a := w.send("POST", "/channels/"+w.text+"/messages", map[string]any{"content": "x", "nonce": strings.Repeat("n", 26)}); a.status != 400 {
		t.Errorf("a nonce of 26 characters: %d", a.status)
	}
}

func TestListMessages(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	var ids []string
	for i := range 5 {
		m, err := w.bot.ChannelMessageSend(w.text, fmt.Sprint("no ", i))
		w.ok(err)
		ids = append(ids, m.ID)
	}
	list := func(before, after, around string, limit int) string {
		ms, err := w.bot.ChannelMessages(w.text, limit, before, after, around)
		w.ok(err)
		var got []string
		for _, m := range ms {
			got = append(got, strings.TrimPrefix(m.Content, "no "))
		}
		return strings.Join(got, " ")
	}
	for _, x := range []struct{ name, got, want string }{
		{"newest first", list("", "", "", 100), "4 3 2 1 0"},
		{"limit", list("", "", "", 2), "4 3"},
		{"after", list("", ids[1], "", 100), "4 3 2"},
		{"the oldest of those after", list("", ids[0], "", 2), "2 1"},
		{"before", list(ids[2], "", "", 100), "1 0"},
		{"around", list("", "", ids[2], 3), "3 2 1"},
	} {
		if x.got != x.want {
			t.Errorf("%s: %s, want %s", x.name, x.got, x.want)
		}
	}
	if a := w.send("GET", "/channels/"+w.text+"/messages?before=1&after=2", nil); a.code() != 50035 {
		t.Errorf("before and after: %s", a.body)
	}
	w.ok(w.SetPermissions(w.text, permsOfBot&^permHistory))
	if got := list("", "", "", 100); got != "" {
		t.Errorf("without READ_MESSAGE_HISTORY: %s", got)
	}
}

// What the bot may do follows from its roles and the channel, as the library
// reckons it.
func TestRights(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	may := func(channel string) int64 {
		bits, err := w.bot.UserChannelPermissions(w.Bot(), channel)
		w.ok(err)
		return bits
	}
	if got := may(w.text); got&permsOfBot != permsOfBot || has(got, permManageMessages) {
		t.Errorf("an ordinary channel: %b", got)
	}
	for _, bits := range []int64{permView, permsOfBot &^ permSend, permsOfBot | permManageThreads} {
		w.ok(w.SetPermissions(w.text, bits))
		if got := may(w.text); got != bits {
			t.Errorf("got %b, want %b", got, bits)
		}
	}
	if got := may(w.news); got&permsOfBot != permsOfBot {
		t.Errorf("another channel: %b", got)
	}
	_, err := w.bot.GuildMember(w.guild, "1")
	wantCode(t, err, 404, 10007)
	w.ok(w.Kick(w.guild))
	_, err = w.bot.GuildMember(w.guild, w.Bot())
	wantCode(t, err, 404, 10004)
}

func TestOthersMessages(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.ok(w.Say(t.Context(), w.reader, w.text, "hello", ""))
	m := w.next("message")
	_, err := w.bot.ChannelMessageEdit(w.text, m.ID, "mine now")
	wantCode(t, err, 403, 50005)
	seen, err := w.bot.ChannelMessage(w.text, m.ID)
	w.ok(err)
	if seen.Content != "" || seen.Author.ID != w.reader {
		t.Errorf("without MESSAGE_CONTENT the bot reads %q of %s", seen.Content, seen.Author.ID)
	}
	wantCode(t, w.bot.ChannelMessageDelete(w.text, m.ID), 403, 50013)
	w.ok(w.DeleteMessage(w.text, m.ID))
	if got := w.Messages(w.text); len(got) != 0 {
		t.Errorf("it still stands: %s", got)
	}
}

func TestReckonedRights(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	embed := &discordgo.MessageSend{Embeds: []*discordgo.MessageEmbed{{Title: "x"}}}
	for _, x := range []struct {
		name         string
		rights       int64
		status, code int
	}{
		{"nothing", 0, 403, 50001},
		{"not to send", permView, 403, 50013},
		{"not to embed", permView | permSend, 403, 50013},
	} {
		w.ok(w.SetPermissions(w.text, x.rights))
		_, err := w.bot.ChannelMessageSendComplex(w.text, embed)
		t.Log(x.name)
		wantCode(t, err, x.status, x.code)
	}
	m, err := w.bot.ChannelMessageSendComplex(w.text, &discordgo.MessageSend{Content: "beside", Embeds: embed.Embeds})
	w.ok(err)
	if len(m.Embeds) != 0 {
		t.Error("an embed without EMBED_LINKS is there")
	}
	_, err = w.bot.ChannelMessageSend("175928847299117063", "x")
	wantCode(t, err, 404, 10003)
	w.ok(w.DeleteChannel(w.news))
	_, err = w.bot.Channel(w.news)
	wantCode(t, err, 404, 10003)
	w.ok(w.Kick(w.guild))
	_, err = w.bot.ChannelMessageSend(w.text, "x")
	wantCode(t, err, 403, 50001)
	_, err = w.bot.Guild(w.guild)
	wantCode(t, err, 404, 10004)
	w.bot.Token = "Bot wrong"
	_, err = w.bot.User("@me")
	wantCode(t, err, 401, 0)
}

func TestMentions(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.ok(w.SetPermissions(w.text, permsOfBot|permMentionEveryone))
	text := "@everyone <@" + w.reader + ">"
	m, err := w.bot.ChannelMessageSendComplex(w.text, &discordgo.MessageSend{Content: text})
	w.ok(err)
	if !m.MentionEveryone || len(m.Mentions) != 1 {
		t.Errorf("by default: everyone %v, %d users", m.MentionEveryone, len(m.Mentions))
	}
	m, err = w.bot.ChannelMessageSendComplex(w.text, &discordgo.MessageSend{Content: text,
		AllowedMentions: &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}}})
	w.ok(err)
	if m.MentionEveryone || len(m.Mentions) != 0 {
		t.Errorf("with nothing allowed: everyone %v, %d users", m.MentionEveryone, len(m.Mentions))
	}
}

func TestThreads(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	m, err := w.bot.ChannelMessageSend(w.text, "a post")
	w.ok(err)
	thread, err := w.bot.MessageThreadStart(w.text, m.ID, "The other side", 1440)
	w.ok(err)
	if thread.ID != m.ID || thread.ParentID != w.text || thread.ThreadMetadata == nil || !thread.IsThread() {
		t.Errorf("the thread is %+v", thread)
	}
	if e := w.next("chat"); e.Place == nil || e.Place.Kind != "thread" || e.Place.Parent != w.text {
		t.Errorf("readers see %+v", e.Place)
	}
	_, err = w.bot.MessageThreadStart(w.text, m.ID, "again", 60)
	wantCode(t, err, 400, 160004)

	inside, err := w.bot.ChannelMessageSend(thread.ID, "inside")
	w.ok(err)
	w.ok(w.Archive(thread.ID, true))
	_, err = w.bot.ChannelMessageEdit(thread.ID, inside.ID, "changed")
	wantCode(t, err, 400, 50083)
	archived, err := w.bot.ThreadsArchived(w.text, nil, 10)
	w.ok(err)
	if len(archived.Threads) != 1 {
		t.Errorf("%d archived threads", len(archived.Threads))
	}
	_, err = w.bot.ChannelMessageSend(thread.ID, "wakes it up")
	w.ok(err)
	active, err := w.bot.GuildThreadsActive(w.guild)
	w.ok(err)
	if len(active.Threads) != 1 {
		t.Errorf("%d active threads", len(active.Threads))
	}
	w.ok(w.Lock(thread.ID, true))
	_, err = w.bot.ChannelMessageSend(thread.ID, "locked")
	wantCode(t, err, 400, 160005)
}

func TestForum(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	_, err := w.bot.ChannelMessageSend(w.forum, "x")
	wantCode(t, err, 400, 50008)
	post := func(name string, tags ...string) (*discordgo.Channel, error) {
		return w.bot.ForumThreadStartComplex(w.forum, &discordgo.ThreadStart{Name: name, AppliedTags: tags},
			&discordgo.MessageSend{Content: "The story"})
	}
	_, err = post("Untagged")
	wantCode(t, err, 400, 40067)
	forum, err := w.bot.Channel(w.forum)
	w.ok(err)
	thread, err := post("Tagged", forum.AvailableTags[0].ID)
	w.ok(err)
	if len(w.Messages(thread.ID)) != 1 || thread.ParentID != w.forum {
		t.Errorf("the post is %+v with %d messages", thread, len(w.Messages(thread.ID)))
	}
	_, err = w.bot.ChannelMessage(thread.ID, thread.ID)
	w.ok(err)
	_, err = post(strings.Repeat("n", 101), forum.AvailableTags[0].ID)
	wantCode(t, err, 400, 50035)
}

func TestPublish(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	m, err := w.bot.ChannelMessageSend(w.news, "x")
	w.ok(err)
	seen, err := w.bot.ChannelMessageCrosspost(w.news, m.ID)
	w.ok(err)
	if seen.Flags&discordgo.MessageFlagsCrossPosted == 0 {
		t.Error("it is not marked as published")
	}
	_, err = w.bot.ChannelMessageCrosspost(w.news, m.ID)
	wantCode(t, err, 400, 40033)
}

func TestDirectMessages(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	dm, err := w.bot.UserChannelCreate(w.reader)
	w.ok(err)
	_, err = w.bot.ChannelMessageSend(dm.ID, "to you")
	w.ok(err)
	if e := w.next("message"); e.User != w.reader {
		t.Errorf("seen by %q", e.User)
	}
	if list := w.Chats(w.reader); list[len(list)-1].Kind != "dm" {
		t.Errorf("the chats are %+v", list)
	}
	if list := w.Chats(w.AddUser("tomas")); slices.ContainsFunc(list, func(c Chat) bool { return c.Kind == "dm" }) {
		t.Error("another user sees the direct messages")
	}
	w.ok(w.CloseDMs(w.reader))
	_, err = w.bot.ChannelMessageSend(dm.ID, "to you")
	wantCode(t, err, 403, 50007)
}

func TestBothVersionsLive(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	for path, want := range map[string]int{"/api/v9/gateway": 200, "/api/v10/gateway": 200, "/api/v8/gateway": 400, "/api/v10/nothing": 404} {
		r, err := http.Get(w.server.URL + path)
		w.ok(err)
		r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, r.StatusCode, want)
		}
	}
}
