package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

// What readers do on Telegram, in each kind of chat where it can be done, through
// the whole bot. The README's table names these tests.

// shown is a message as a reader has it before him.
type shown struct {
	ID      int    `json:"message_id"`
	Whisper int    `json:"ephemeral_message_id"`
	Thread  int    `json:"message_thread_id"`
	Text    string `json:"text"`
	Edited  int64  `json:"edit_date"`
	From    *struct {
		ID int64 `json:"id"`
	} `json:"from"`
	Copy    bool `json:"is_automatic_forward"`
	ReplyTo *struct {
		ID int `json:"message_id"`
	} `json:"reply_to_message"`
	Markup struct {
		Rows [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
}

// key is how the stand-in's people name a message.
func (m shown) key() string {
	if m.Whisper != 0 {
		return fmt.Sprintf("e%d", m.Whisper)
	}
	return fmt.Sprint(m.ID)
}

// data is what stands behind the button with the label, or with the verb.
func (m shown) data(what string) string {
	for _, row := range m.Markup.Rows {
		for _, b := range row {
			if b.Text == what || strings.HasPrefix(b.Data, "1/"+what+"/") {
				return b.Data
			}
		}
	}
	return ""
}

const botID = 4242 // as the token has it

// fromBot is what a reader sees of the bot in a chat.
func (w *world) fromBot(user, chat string) []shown {
	w.Helper()
	var all []shown
	for _, raw := range w.telegram.Seen(user, chat) {
		var m shown
		if err := json.Unmarshal(raw, &m); err != nil {
			w.Fatal(err)
		}
		if m.From != nil && m.From.ID == botID {
			all = append(all, m)
		}
	}
	return all
}

// say types a line on Telegram.
func (w *world) say(user, chat, text, reply string) {
	w.Helper()
	if err := w.telegram.Say(w.Context(), user, chat, text, reply); err != nil {
		w.Fatalf("%s: %v", text, err)
	}
}

// press presses a button on Telegram.
func (w *world) press(user, chat string, m shown, what string) {
	w.Helper()
	if err := w.telegram.Press(w.Context(), user, chat, m.key(), m.data(what)); err != nil {
		w.Fatalf("press %s: %v", what, err)
	}
}

// next waits until a reader sees one message more of the bot's than before, and
// gives it.
func (w *world) next(what, user, chat string, before []shown) shown {
	w.Helper()
	var all []shown
	w.until(what, func() bool {
		all = w.fromBot(user, chat)
		return len(all) > len(before)
	})
	return all[len(all)-1]
}

// turned waits until the reader's last message says something.
func (w *world) turned(user, chat, want string) shown {
	w.Helper()
	var last shown
	w.until("the message that says "+want, func() bool {
		all := w.fromBot(user, chat)
		if len(all) > 0 {
			last = all[len(all)-1]
		}
		return strings.Contains(last.Text, want)
	})
	return last
}

const (
	lamp = `The lamp of Pell burns by day

Updated Nov 03, 2026

• Nobody knows why the lamp burns.[1]

Establishment-critical narrative

The keeper was never asked.

Pro-establishment narrative

The keeper has his reasons.

Articles on this story

[1] Pell Gazette: "Lamp" (Nov 03, 2026) https://pell.example/lamp
`
	promise = "promise <b>made</b> before"
	sums    = "until the sums added up"
)

// posted starts the bot, with a story that everybody has before the second.
func (w *world) posted(change func(telegram *time.Duration)) {
	w.Helper()
	w.write("ferry.txt", ferry)
	c := w.config(everySecond)
	if change != nil {
		change(&c.Telegram.AnswersLast)
	}
	w.start(c)
	w.until("the first story", func() bool {
		return len(posts(w.telegram.Transcript(), w.channel)) == 1 && len(posts(w.telegram.Transcript(), w.group)) == 1
	})
	w.write("lamp.txt", lamp)
	w.until("the second story, and the menus", func() bool {
		_, menus := w.telegram.About(w.reader.telegram)
		return len(posts(w.telegram.Transcript(), w.channel)) == 2 && len(posts(w.telegram.Transcript(), w.group)) == 2 && menus != ""
	})
}

// In a group, who asks is answered alone: neither the question nor the answer is
// seen by others, and the answer turns in place. When it has gone, the next press
// brings a new one.
func TestAloneInAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.telegram.AddUser("Bob")
	w.posted(nil)
	ada := w.reader.telegram
	standing := len(w.telegram.Messages(w.group))
	post := w.fromBot(ada, w.group)[0]

	before := w.fromBot(ada, w.group)
	w.press(ada, w.group, post, "crit")
	answer := w.next("the answer to a press", ada, w.group, before)
	if !strings.Contains(answer.Text, promise) || answer.Whisper == 0 {
		t.Errorf("answered %+v", answer)
	}
	w.press(ada, w.group, answer, "est")
	if turned := w.turned(ada, w.group, sums); turned.key() != answer.key() {
		t.Errorf("the answer did not turn in place: %+v", turned)
	}

	before = w.fromBot(ada, w.group)
	w.say(ada, w.group, "/critical@brief_bot", post.key())
	if answer = w.next("the answer to a command", ada, w.group, before); !strings.Contains(answer.Text, promise) || answer.Whisper == 0 {
		t.Errorf("answered %+v", answer)
	}
	w.telegram.Expire(w.group)
	if n := len(w.telegram.Seen(ada, w.group)); n != standing {
		t.Fatalf("%d messages are left of %d", n, standing)
	}
	// A client that still shows it presses; the bot has it edited, and is told that
	// it has gone.
	w.say(ada, w.group, "/sources@brief_bot", post.key())
	answer = w.next("the sources", ada, w.group, w.fromBot(ada, w.group)[:2])
	w.telegram.Fault(sandbox.Fault{Failure: sandbox.Refused, Method: "edit", Status: 400, Text: "Bad Request: message to edit not found", Times: 1})
	before = w.fromBot(ada, w.group)
	w.press(ada, w.group, answer, "crit")
	if anew := w.next("a new answer", ada, w.group, before); !strings.Contains(anew.Text, promise) || anew.key() == answer.key() || anew.Whisper == 0 {
		t.Errorf("answered %+v", anew)
	}

	if n := len(w.telegram.Messages(w.group)); n != standing {
		t.Errorf("others see %d messages, want %d", n, standing)
	}
	if got := len(w.fromBot(other, w.group)); got != 2 {
		t.Errorf("another reader sees %d messages of the bot's", got)
	}
	// They are no part of the chat's numbers: the next post is looked for where it
	// would stand.
	w.stop()
	st := w.reopen()
	defer st.Close()
	highest, err := st.HighestMessage(t.Context(), store.Chat{Platform: store.Telegram, ID: w.group})
	if err != nil || highest != fmt.Sprint(standing) {
		t.Errorf("the highest message known is %q, %v; want %d", highest, err, standing)
	}
}

// reopen opens the data of a bot that has ended.
func (w *world) reopen() *store.Store {
	w.Helper()
	st, err := OpenStore(w.Context(), w.folder+"/data")
	if err != nil {
		w.Fatal(err)
	}
	return st
}

// Where Telegram won't have an answer for one reader alone, it is a reply that all
// see; a server that knows none is not asked again.
func TestAloudInAGroup(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		play func(w *world)
	}{
		{"refused", func(w *world) {
			w.telegram.Fault(sandbox.Fault{Failure: sandbox.Refused, Method: "create", Chat: w.group, Status: 400, Text: "Bad Request: EPHEMERAL_NOT_ALLOWED", Times: 1})
		}},
		{"an old server", func(w *world) { w.telegram.SetLoud(true) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.posted(nil)
			tt.play(w)
			ada := w.reader.telegram
			post := w.fromBot(ada, w.group)[0]
			before := w.fromBot(ada, w.group)
			w.press(ada, w.group, post, "crit")
			answer := w.next("the answer", ada, w.group, before)
			if answer.Whisper != 0 || answer.ReplyTo == nil || answer.ReplyTo.ID != post.ID || !strings.Contains(answer.Text, promise) {
				t.Errorf("answered %+v", answer)
			}
			// A press on it is another reader's as well as the first one's.
			before = w.fromBot(ada, w.group)
			w.press(ada, w.group, answer, "est")
			if second := w.next("the second answer", ada, w.group, before); !strings.Contains(second.Text, sums) || second.key() == answer.key() {
				t.Errorf("then answered %+v", second)
			}
			for _, m := range w.fromBot(ada, w.group) {
				if m.Edited != 0 {
					t.Errorf("an answer of all was changed: %+v", m)
				}
			}
		})
	}
}

// An answer for one alone of which nobody knows whether it arrived is said aloud,
// or in private if the question was the asker's own; never again alone, and once.
func TestAloneAndLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		failure sandbox.Failure
		alone   int
	}{{sandbox.DropBefore, 0}, {sandbox.DropAfter, 1}, {sandbox.UnavailableAfter, 1}, {sandbox.Unavailable, 0}} {
		for _, question := range []string{"press", "/critical lamp"} {
			t.Run(fmt.Sprintf("%s of %s", tt.failure, question), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.posted(nil)
				ada := w.reader.telegram
				before := w.fromBot(ada, w.group)
				where, want := w.group, "The keeper was never asked."
				if question != "press" {
					w.say(ada, ada, "/start", "")
					w.until("the welcome", func() bool { return len(w.fromBot(ada, ada)) == 1 })
					where = ada
				}
				w.telegram.Fault(sandbox.Fault{Failure: tt.failure, Method: "create", Chat: w.group, Times: 1})
				if question == "press" {
					w.press(ada, w.group, before[1], "crit")
				} else {
					w.say(ada, w.group, question, "")
				}
				w.until("the answer that can be looked for", func() bool {
					all := w.fromBot(ada, where)
					last := all[len(all)-1]
					return len(all) > 1 && last.Whisper == 0 && strings.Contains(last.Text, want)
				})
				w.stop()
				alone, aloud := 0, 0
				for _, m := range w.fromBot(ada, w.group)[len(before):] {
					if m.Whisper != 0 {
						alone++
					} else {
						aloud++
					}
				}
				if question != "press" {
					aloud += len(w.fromBot(ada, ada)) - 1
				}
				if alone != tt.alone || aloud != 1 {
					t.Errorf("answered alone %d times, and aloud %d times", alone, aloud)
				}
			})
		}
	}
}

// Below a channel's post, in its comments, a question is about that post: as a
// reply to it, and anywhere in its thread, also after a restart.
func TestComments(t *testing.T) {
	t.Parallel()
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old server %t", old), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.telegram.SetOld(old)
			comments := w.telegram.AddSupergroup("Comments")
			w.telegram.SetRights(comments, sandbox.TelegramRights{Admin: true})
			w.telegram.Link(w.channel, comments)
			w.posted(nil)
			ada, bob := w.reader.telegram, w.telegram.AddUser("Bob")
			var copies []shown
			for _, raw := range w.telegram.Messages(comments) {
				var m shown
				if err := json.Unmarshal(raw, &m); err != nil {
					t.Fatal(err)
				}
				if m.Copy {
					copies = append(copies, m)
				}
			}
			if len(copies) != 2 || !strings.Contains(copies[0].Text, "Night ferry") {
				t.Fatalf("copies %+v", copies)
			}
			ask := func(user, text, reply, want string) {
				t.Helper()
				before := w.fromBot(user, comments)
				w.say(user, comments, text, reply)
				if got := w.next("the answer to "+text, user, comments, before); !strings.Contains(got.Text, want) {
					t.Errorf("%s: %s", text, got.Text)
				}
			}
			ask(ada, "/critical@brief_bot", copies[0].key(), promise)
			w.say(bob, comments, "What do the others say?", copies[0].key())
			comment := len(w.telegram.Messages(comments))
			var last shown
			if err := json.Unmarshal(w.telegram.Messages(comments)[comment-1], &last); err != nil {
				t.Fatal(err)
			}
			ask(ada, "/establishment@brief_bot", last.key(), sums)
			w.stop()
			w.start(w.config(everySecond))
			ask(bob, "/critical@brief_bot", last.key(), promise)
			ask(bob, "/critical@brief_bot", copies[1].key(), "The keeper was never asked.")
		})
	}
}

// In a private chat, one message turns between the views of a story, and the pages
// of a long one; a post stays what it is.
func TestTurnsInPrivate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.posted(nil)
	ada := w.reader.telegram
	link := ""
	for _, part := range strings.Split(string(posts(w.telegram.Transcript(), w.channel)[0].Body), `\"`) {
		if strings.Contains(part, "?start=1_crit") {
			link = part
		}
	}
	if err := w.telegram.Press(t.Context(), ada, w.channel, "1", link); err != nil {
		t.Fatal(err) // the reader never pressed Start before
	}
	first := w.turned(ada, ada, promise)
	w.press(ada, ada, first, "est")
	w.press(ada, ada, w.turned(ada, ada, sums), "src")
	last := w.turned(ada, ada, "Ansel Post: Ferry is back")
	if all := w.fromBot(ada, ada); len(all) != 1 || last.key() != first.key() {
		t.Fatalf("%d messages, the last is %s", len(all), last.key())
	}
	// What a command means is what the reader sees.
	w.say(ada, ada, "/critical", "")
	second := w.next("the second answer", ada, ada, []shown{last})
	if !strings.Contains(second.Text, promise) {
		t.Errorf("answered %q", second.Text)
	}
	// A message that has gone comes anew.
	w.telegram.Fault(sandbox.Fault{Failure: sandbox.Refused, Method: "edit", Chat: ada, Status: 400, Text: "Bad Request: message to edit not found", Times: 1})
	w.press(ada, ada, second, "est")
	if third := w.next("the third answer", ada, ada, []shown{last, second}); !strings.Contains(third.Text, sums) {
		t.Errorf("answered %q", third.Text)
	}
	// An edit whose answer is lost is made again, which changes nothing.
	w.telegram.Fault(sandbox.Fault{Failure: sandbox.DropAfter, Method: "edit", Chat: ada, Times: 1})
	w.press(ada, ada, second, "src")
	w.until("the sources in place", func() bool { return strings.Contains(w.fromBot(ada, ada)[1].Text, "Ansel Post") })
	w.stop()
	if all := w.fromBot(ada, ada); len(all) != 3 {
		t.Errorf("%d messages", len(all))
	}
}

// A long answer is one message whose pages turn in place, where it is its asker's
// alone.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var b strings.Builder
	b.WriteString("A long report\n\n• Short.[1]\n\nEstablishment-critical narrative\n\n")
	for i := range 60 {
		fmt.Fprintf(&b, "Paragraph %d: %s.\n\n", i, strings.Repeat("the board met and put it off ", 6))
	}
	b.WriteString("Pro-establishment narrative\n\nAll is well.\n")
	w.posted(nil)
	w.write("long.txt", b.String())
	w.until("the long story", func() bool { return len(posts(w.telegram.Transcript(), w.group)) == 3 })
	ada := w.reader.telegram
	w.say(ada, ada, "/start", "")
	w.until("the welcome", func() bool { return len(w.fromBot(ada, ada)) == 1 })
	for _, chat := range []string{ada, w.group} {
		before := w.fromBot(ada, chat)
		w.say(ada, chat, "/critical long report", "")
		m := w.next("the first page", ada, chat, before)
		label := ""
		for _, row := range m.Markup.Rows[:1] {
			label = row[0].Text
		}
		if !strings.HasPrefix(label, "1/") || !strings.Contains(m.Text, "Paragraph 0:") || m.data("est") == "" {
			t.Fatalf("the first page is %+v", m)
		}
		pages := int(label[2] - '0')
		for page := 2; page <= pages; page++ {
			w.press(ada, chat, m, "›")
			w.until("the next page", func() bool {
				all := w.fromBot(ada, chat)
				m = all[len(all)-1]
				return m.data(fmt.Sprintf("%d/%d", page, pages)) != ""
			})
		}
		if !strings.Contains(m.Text, "Paragraph 59:") || m.data("›") != "" || m.data("est") == "" {
			t.Errorf("the last page is %+v", m)
		}
		if n := len(w.fromBot(ada, chat)); n != len(before)+1 {
			t.Errorf("%d messages came", n-len(before))
		}
	}
}

// Answers that all see go away after a while, if that is configured, also if the
// bot was away meanwhile; posts and questions stay.
func TestAnswersLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.telegram.SetLoud(true)
	const lasts = 1500 * time.Millisecond
	w.posted(func(d *time.Duration) { *d = lasts })
	ada := w.reader.telegram
	before := w.fromBot(ada, w.group)
	w.say(ada, w.group, "/critical@brief_bot", "")
	w.next("the answer", ada, w.group, before)
	w.say(ada, w.group, "/sources@brief_bot", "")
	w.next("another answer", ada, w.group, append(before, shown{}))
	w.stop()
	c := w.config(everySecond)
	c.Telegram.AnswersLast = lasts
	w.start(c)
	w.until("the answers to go", func() bool { return len(w.fromBot(ada, w.group)) == len(before) })
	questions := 0
	for _, raw := range w.telegram.Messages(w.group) {
		if strings.Contains(string(raw), `"text":"/`) {
			questions++
		}
	}
	if questions != 2 {
		t.Errorf("%d questions are left", questions)
	}
}

// Many ask at once, and each is answered once, alone, whoever else asks.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.posted(nil)
	post := w.fromBot(w.reader.telegram, w.group)[0]
	const readers = 120 // more than come in one batch
	var users []string
	for i := range readers {
		users = append(users, w.telegram.AddUser(fmt.Sprintf("Reader %d", i)))
	}
	for _, u := range users {
		w.press(u, w.group, post, "crit")
		w.press(u, w.group, post, "est")
	}
	answered := func() bool {
		for _, u := range users {
			if len(w.fromBot(u, w.group)) < 4 {
				return false
			}
		}
		return true
	}
	w.until("all answers", answered)
	w.stop()
	for _, u := range users {
		all := w.fromBot(u, w.group)
		if len(all) != 4 || strings.Contains(all[2].Text, promise) == strings.Contains(all[3].Text, promise) {
			t.Fatalf("reader %s sees %+v", u, all)
		}
	}
}

// In a forum's topic and in its General topic one is answered where one asked.
func TestTopics(t *testing.T) {
	t.Parallel()
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old server %t", old), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.telegram.SetOld(old)
			topic := w.telegram.AddTopic(w.group, "News")
			w.posted(nil)
			ada := w.reader.telegram
			before := w.fromBot(ada, w.group)
			if err := w.telegram.SayInTopic(t.Context(), ada, w.group, topic, "/critical@brief_bot"); err != nil {
				t.Fatal(err)
			}
			if m := w.next("the answer in the topic", ada, w.group, before); m.Thread != topic {
				t.Errorf("answered in %d", m.Thread)
			}
			before = w.fromBot(ada, w.group)
			w.say(ada, w.group, "/critical@brief_bot", "")
			if m := w.next("the answer in General", ada, w.group, before); m.Thread != 0 {
				t.Errorf("answered in %d", m.Thread)
			}
		})
	}
}

// Who is heard and who is not: people who write as the group or as a channel are,
// and a command below a picture; other bots, other bots' commands, and what
// somebody corrected are not.
func TestWhoIsHeard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.posted(nil)
	ada := w.reader.telegram
	tg := w.telegram
	step := func(name string, do func() error, want string) {
		t.Helper()
		before := w.fromBot(ada, w.group)
		if err := do(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want == "" {
			// A question behind it is answered, so this one was passed over.
			w.say(ada, w.group, "/help@brief_bot", "")
			want = "/establishment"
		}
		if m := w.next("the answer to "+name, ada, w.group, before); !strings.Contains(m.Text, want) {
			t.Errorf("%s: answered %q", name, m.Text)
		}
		if n := len(w.fromBot(ada, w.group)); n != len(before)+1 {
			t.Errorf("%s: %d answers", name, n-len(before))
		}
	}
	keeper := "The keeper was never asked."
	step("an anonymous admin", func() error { return tg.SayAs(t.Context(), w.group, w.group, "/critical@brief_bot lamp") }, keeper)
	step("a channel", func() error { return tg.SayAs(t.Context(), w.channel, w.group, "/critical@brief_bot lamp") }, keeper)
	step("a picture", func() error { return tg.SendPhoto(t.Context(), ada, w.group, "/critical@brief_bot ferry") }, promise)
	step("another bot", func() error { return tg.SayAsBot(t.Context(), w.group, "/critical@brief_bot") }, "")
	step("another bot's command", func() error { return tg.Say(t.Context(), ada, w.group, "/critical@other_bot", "") }, "")
	step("a correction", func() error {
		w.say(ada, w.group, "chatter", "")
		all := tg.Messages(w.group)
		var m shown
		if err := json.Unmarshal(all[len(all)-1], &m); err != nil {
			return err
		}
		return tg.Correct(t.Context(), w.group, m.key(), "/critical@brief_bot")
	}, "")
}

// A link that tells more than a story, as buttons do that name a page, is answered
// in the private chat as the button would be.
func TestDeepLinkWithMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.posted(nil)
	st := brief.Action{Verb: brief.ShowLatest, With: "p1.x"}
	w.say(w.reader.telegram, w.reader.telegram, "/start "+st.Payload("1a.0"), "")
	w.turned(w.reader.telegram, w.reader.telegram, "Night ferry")
}

// Two hundred readers press at once.
func BenchmarkPressesAtOnce(b *testing.B) {
	w := newWorld(b)
	w.posted(nil)
	post := w.fromBot(w.reader.telegram, w.group)[0]
	const readers = 200
	var users []string
	for i := range readers {
		users = append(users, w.telegram.AddUser(fmt.Sprintf("Reader %d", i)))
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	events := w.telegram.Watch(ctx)
	var all []time.Duration
	for b.Loop() {
		began := map[string]time.Time{}
		for _, u := range users {
			began[u] = time.Now()
			w.press(u, w.group, post, "crit")
		}
		for waiting := readers; waiting > 0; {
			e := <-events
			if at, ok := began[e.User]; ok && e.Kind == "ephemeral" {
				all = append(all, time.Since(at))
				delete(began, e.User)
				waiting--
			}
		}
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Milliseconds()), "p99-ms")
}
