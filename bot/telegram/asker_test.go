package telegram

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

// listener is a desk that keeps what it was asked.
type listener struct {
	desk
	mu    sync.Mutex
	heard []brief.Question
}

func (l *listener) Answer(ctx context.Context, q brief.Question) brief.Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, q)
	return l.desk.Answer(ctx, q)
}

// asked waits for the next question, and gives who asks it.
func (w *world) asked(l *listener, n int) brief.Asker {
	w.Helper()
	heard := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.heard)
	}
	w.until(fmt.Sprintf("question %d", n), func() bool { return heard() >= n })
	return l.heard[n-1].Asker
}

// Who may change a chat's settings is told by the server alone, at the moment of
// the question: of another chat, too, and never by where or as whom it is asked.
func TestManages(t *testing.T) {
	w := newWorld(t)
	l := &listener{}
	w.adapter.desk = l
	defer w.run()()
	admin, reader := w.platform.AddUser("Admin"), w.reader
	other, hidden := w.platform.AddSupergroup("Other"), w.platform.AddSupergroup("Hidden")
	w.platform.SetRights(hidden, sandbox.TelegramRights{Hidden: true})
	for _, chat := range []string{w.group, w.channel, hidden} {
		w.platform.SetAdmin(admin, chat, true)
	}
	n := 0
	ask := func(say func() error) brief.Asker {
		t.Helper()
		if err := say(); err != nil {
			t.Fatal(err)
		}
		n++
		return w.asked(l, n)
	}
	in := func(user, chat string) brief.Asker {
		t.Helper()
		return ask(func() error { return w.platform.Say(t.Context(), user, chat, "/help", "") })
	}
	as := func(sender, chat string) brief.Asker {
		t.Helper()
		return ask(func() error { return w.platform.SayAs(t.Context(), sender, chat, "/help") })
	}
	adminInGroup, readerInGroup := in(admin, w.group), in(reader, w.group)
	adminInPrivate := ask(func() error { return w.platform.Say(t.Context(), admin, admin, "/start", "") })
	anonymous, asChannel := as(w.group, w.group), as(w.channel, w.group)
	pressed := func(user string) brief.Asker {
		t.Helper()
		q := callback{From: user64(t, user), Message: &message{Chat: chat{ID: number64(t, w.group), Type: "supergroup"}}}
		return w.adapter.presser(q)
	}
	for _, tt := range []struct {
		name  string
		asker brief.Asker
		chat  string
		want  bool
	}{
		{"an administrator, in the group", adminInGroup, w.group, true},
		{"an administrator, of another group", adminInGroup, other, false},
		{"an administrator, of a channel, from the group", adminInGroup, w.channel, true},
		{"an administrator, of a channel, from the private chat", adminInPrivate, w.channel, true},
		{"an administrator, of a channel, by its name", adminInPrivate, "@brief", true},
		{"an administrator, of a group that shows its members to administrators only", adminInPrivate, hidden, true},
		{"a member of such a group", readerInGroup, hidden, false},
		{"a member, in the group", readerInGroup, w.group, false},
		{"a reader, of a channel", readerInGroup, w.channel, false},
		{"an administrator who is anonymous, in the group", anonymous, w.group, true},
		{"an administrator who is anonymous, of another group", anonymous, other, false},
		{"an administrator who is anonymous, of a channel", anonymous, w.channel, false},
		{"who writes as a channel, in the group", asChannel, w.group, false},
		{"who writes as a channel, of the channel", asChannel, w.channel, false},
		{"a reader, of the own private chat", readerInGroup, reader, true},
		{"a reader, of another's private chat", readerInGroup, admin, false},
		{"who is anonymous, of the stand-in's private chat", anonymous, "1087968824", false},
		{"a chat that is not there", adminInPrivate, "-1001", false},
		{"an administrator who presses", pressed(admin), w.group, true},
		{"a member who presses", pressed(reader), w.group, false},
		{"the stand-in of anonymous administrators, if it could press", w.adapter.presser(callback{From: user{ID: 1087968824}}), w.group, false},
	} {
		got, err := tt.asker.Manages(t.Context(), store.Chat{Platform: store.Telegram, ID: tt.chat})
		if err != nil || got != tt.want {
			t.Errorf("%s: manages %v, %v", tt.name, got, err)
		}
	}
	if yes, _ := adminInGroup.Manages(t.Context(), store.Chat{Platform: store.Discord, ID: w.group}); yes {
		t.Error("manages a chat of another platform")
	}
	// Rights that are gone are gone at once.
	w.platform.SetAdmin(admin, w.group, false)
	if yes, err := adminInGroup.Manages(t.Context(), store.Chat{Platform: store.Telegram, ID: w.group}); yes || err != nil {
		t.Errorf("still manages: %v, %v", yes, err)
	}
	// What the server did not say is neither yes nor no.
	w.platform.Fault(sandbox.Fault{Failure: sandbox.Unavailable, Method: "read", Chat: w.group})
	if yes, err := readerInGroup.Manages(t.Context(), store.Chat{Platform: store.Telegram, ID: w.group}); yes || err == nil {
		t.Errorf("while Telegram fails: %v, %v", yes, err)
	}
	w.platform.ClearFaults()
}

func number64(t *testing.T, id string) int64 {
	n, ok := number(id)
	if !ok {
		t.Fatalf("%q is no number", id)
	}
	return n
}

func user64(t *testing.T, id string) user { return user{ID: number64(t, id)} }

// A chat is found by whatever people call it, if the bot is in it; and what the
// bot lacks there is said.
func TestFindChat(t *testing.T) {
	w := newWorld(t)
	w.adapter.me = me{ID: 4242, Username: "brief_bot"}
	reader := asker{Telegram: w.adapter, user: number64(t, w.reader), chat: w.reader, private: true}
	out := w.platform.AddChannel("Out", "out_channel")
	w.platform.Kick(out)
	quiet, plain := w.platform.AddChannel("Quiet", "quiet"), w.platform.AddGroup("Plain")
	w.platform.SetRights(quiet, sandbox.TelegramRights{Admin: true})
	silent := w.platform.AddGroup("Silent")
	w.platform.SetRights(silent, sandbox.TelegramRights{ReadOnly: true})
	for _, tt := range []struct {
		name, want string
		kind       store.Kind
		lacks      []brief.Phrase
	}{
		{"@brief", w.channel, store.TelegramChannel, nil},
		{"https://t.me/brief", w.channel, store.TelegramChannel, nil},
		{"t.me/Brief/12", w.channel, store.TelegramChannel, nil},
		{w.channel, w.channel, store.TelegramChannel, nil},
		{"https://t.me/c/" + w.channel[4:] + "/7", w.channel, store.TelegramChannel, nil},
		{w.group, w.group, store.TelegramSuper, nil},
		{plain, plain, store.TelegramGroup, nil},
		{silent, silent, store.TelegramGroup, []brief.Phrase{brief.LackWrite}},
		{"@quiet", quiet, store.TelegramChannel, []brief.Phrase{brief.LackPost}},
		{"@out_channel", "", "", nil},
		{"@nobody_at_all", "", "", nil},
		{"https://example.org/brief", "", "", nil},
		{"brief", "", "", nil},
		{"", "", "", nil},
		{"@brief\n", "", "", nil},
	} {
		place, err := reader.Find(t.Context(), tt.name)
		if tt.want == "" {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q: found %+v, %v", tt.name, place, err)
			}
			continue
		}
		if err != nil || place.Chat.ID != tt.want || place.Kind != tt.kind {
			t.Errorf("%q: found %+v, %v", tt.name, place, err)
		}
		if lacks, err := reader.Lacks(t.Context(), place.Chat); err != nil || !slices.Equal(lacks, tt.lacks) {
			t.Errorf("%q: lacks %q, %v", tt.name, lacks, err)
		}
	}
	if _, err := reader.Lacks(t.Context(), store.Chat{Platform: store.Telegram, ID: out}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a channel that threw the bot out: %v", err)
	}
}

// Home is the private chat with whoever asks, once the bot may write there.
func TestHome(t *testing.T) {
	w := newWorld(t)
	inGroup := asker{Telegram: w.adapter, user: number64(t, w.reader), chat: w.group}
	if c, err := inGroup.Home(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before the reader pressed Start: %+v, %v", c, err)
	}
	if err := w.platform.Say(t.Context(), w.reader, w.reader, "/start", ""); err != nil {
		t.Fatal(err)
	}
	if c, err := inGroup.Home(t.Context()); err != nil || c != (store.Chat{Platform: store.Telegram, ID: w.reader}) {
		t.Errorf("got %+v, %v", c, err)
	}
	if c, err := (asker{Telegram: w.adapter, chat: w.group, anonymous: true}).Home(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("who stays unknown: %+v, %v", c, err)
	}
}
