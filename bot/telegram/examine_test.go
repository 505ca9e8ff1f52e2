package telegram

import (
	"fmt"
	"strings"
	"testing"

	"briefbot/bot/sandbox"
	"briefbot/store"
)

// Whatever keeps posts away from readers, or lets them come twice, is told to the
// operator first: each thing set up wrong, and what is said of it.
func TestExamine(t *testing.T) {
	start := func(w *world) string {
		w.platform.Return(w.reader)
		return w.reader
	}
	rights := func(chat func(*world) string, r sandbox.TelegramRights) func(*world) string {
		return func(w *world) string {
			w.platform.SetRights(chat(w), r)
			return chat(w)
		}
	}
	channel := func(w *world) string { return w.channel }
	group := func(w *world) string { return w.group }
	kicked := func(chat func(*world) string) func(*world) string {
		return func(w *world) string {
			w.platform.Kick(chat(w))
			return chat(w)
		}
	}
	fault := func(x sandbox.Fault) func(*world) string {
		return func(w *world) string {
			x.Method, x.Chat = "read", w.group
			w.platform.Fault(x)
			return w.group
		}
	}
	for _, tt := range []struct {
		name   string
		setUp  func(w *world) (chat string)
		thread int
		grade  store.Grade
		want   string // part of what is said
	}{
		{"a channel", channel, 0, store.Well, `channel "Brief", in which the bot may post, and not edit what others posted`},
		{"a channel by its name", func(*world) string { return "@brief" }, 0, store.Well, `channel "Brief"`},
		{"a channel with too many rights", rights(channel, sandbox.TelegramRights{Post: true, Edit: true}), 0, store.Wrong,
			"take the right Edit Messages of Others away from the bot: a post whose fate is unknown is looked for by an edit"},
		{"a channel without the right", rights(channel, sandbox.TelegramRights{Admin: true}), 0, store.Wrong, "the bot may not post: give it the right Post Messages"},
		{"a channel as a mere member", rights(channel, sandbox.TelegramRights{}), 0, store.Wrong, "the bot is no administrator of it, so it can't post"},
		{"a channel that threw it out", kicked(channel), 0, store.Wrong, "is not to be had: check the id, and add the bot"},
		{"a group", group, 0, store.Well, `supergroup "Talk", of which the bot is an administrator`},
		{"a group as a member, in privacy mode", rights(group, sandbox.TelegramRights{}), 0, store.Note,
			"it does not see the ids of all messages: a post whose fate is unknown after a crash may not be found, and is then sent again or held"},
		{"a basic group", func(w *world) string { return w.platform.AddGroup("Small") }, 0, store.Note, `group "Small": the bot is no administrator and privacy mode is on`},
		{"a group that mutes it", rights(group, sandbox.TelegramRights{Muted: true}), 0, store.Wrong, "the bot is restricted and may not write"},
		{"a group of silent members", rights(group, sandbox.TelegramRights{ReadOnly: true}), 0, store.Wrong, "only administrators may write in it: make the bot one"},
		{"a group of silent members, as an admin", rights(group, sandbox.TelegramRights{ReadOnly: true, Admin: true}), 0, store.Well, "an administrator"},
		{"a group that threw it out", kicked(group), 0, store.Wrong, "is not to be had: check the id, and add the bot"},
		{"a topic in a group without topics", group, 7, store.Wrong, "it has no topics: take thread: 7 out of the configuration"},
		{"a topic", func(w *world) string { w.platform.AddTopic(w.group, "News"); return w.group }, 1, store.Well, "an administrator"},
		{"a group that is a supergroup now", func(w *world) string {
			old := w.platform.AddGroup("Old")
			w.platform.SetRights(old, sandbox.TelegramRights{Admin: true})
			w.platform.Upgrade(old)
			return old
		}, 0, store.Note, `into the configuration; there: supergroup "Old", of which the bot is an administrator`},
		{"a private chat", start, 0, store.Well, `private chat "Ann"`},
		{"a reader who blocked it", func(w *world) string { start(w); w.platform.Kick(w.reader); return w.reader }, 0, store.Wrong, "the reader has blocked the bot, and has to unblock it"},
		{"a reader who never wrote to it", func(w *world) string { return w.reader }, 0, store.Wrong, "the reader has to press Start"},
		{"no chat", func(*world) string { return "@nowhere" }, 0, store.Wrong, "chat @nowhere is not to be had: check the id, and add the bot"},
		{"a page in front of the API", fault(sandbox.Fault{Failure: sandbox.Unavailable}), 0, store.Wrong, "Telegram can't be reached: look at the network and at telegram.api_url"},
		{"a connection that breaks", fault(sandbox.Fault{Failure: sandbox.DropBefore}), 0, store.Wrong, "Telegram can't be reached"},
		{"too much was asked", fault(sandbox.Fault{Failure: sandbox.Limited}), 0, store.Wrong, "Telegram wants no more requests for 1 s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			c := store.Chat{Platform: store.Telegram, ID: tt.setUp(w), Thread: tt.thread}
			found := w.adapter.Examine(t.Context(), []store.Channel{{Chat: c}})
			if len(found) != 2 {
				t.Fatalf("found %+v", found)
			}
			if f := found[0]; f != (store.Finding{Grade: store.Well, Text: "the token is good, and the bot is @brief_bot"}) {
				t.Errorf("of the bot: %+v", f)
			}
			if f := found[1]; f.Grade != tt.grade || f.Chat != c || !strings.Contains(f.Text, tt.want) {
				t.Errorf("got %+v\nwant %s: %s", f, tt.grade, tt.want)
			}
			if strings.Contains(fmt.Sprint(found), token) {
				t.Errorf("the token is told: %+v", found)
			}
			if n, _ := w.platform.Requests("getUpdates"); n != 0 || len(w.platform.Transcript()) != 0 {
				t.Errorf("it took updates from a bot that runs (%d times), or wrote something: %v", n, w.platform.Transcript())
			}
		})
	}
}

// With privacy mode off, a mere member sees all.
func TestExaminePrivacyOff(t *testing.T) {
	w := newWorldOf(t, sandbox.TelegramOptions{ReadsAll: true})
	w.platform.SetRights(w.group, sandbox.TelegramRights{})
	found := w.adapter.Examine(t.Context(), []store.Channel{{Chat: store.Chat{Platform: store.Telegram, ID: w.group}}})
	if f := found[len(found)-1]; f.Grade != store.Well || !strings.Contains(f.Text, "the bot sees all messages, since privacy mode is off") {
		t.Errorf("got %+v", f)
	}
}

// A webhook takes all that readers write, and its address may hold a secret.
func TestExamineWebhook(t *testing.T) {
	w := newWorld(t)
	if err := w.adapter.api.call(t.Context(), "setWebhook", params{"url": "https://elsewhere.example/hook/s3cret"}, nil); err != nil {
		t.Fatal(err)
	}
	found := w.adapter.Examine(t.Context(), nil)
	if len(found) != 2 || found[1].Grade != store.Wrong || !strings.Contains(found[1].Text, "a webhook at elsewhere.example takes what readers write") {
		t.Errorf("got %+v", found)
	}
	if strings.Contains(fmt.Sprint(found), "s3cret") {
		t.Errorf("the webhook's secret is told: %+v", found)
	}
}

func TestExamineBadToken(t *testing.T) {
	w := newWorld(t)
	found := w.make("1:another-token").Examine(t.Context(), []store.Channel{{Chat: store.Chat{Platform: store.Telegram, ID: w.group}}})
	if len(found) != 1 || found[0].Grade != store.Wrong || found[0].Text != ErrToken.Error() {
		t.Errorf("got %+v", found)
	}
}
