package command

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/store"
)

var rates = config.Questions{Reader: config.Rate{Count: 10, Per: 20 * time.Second}, Chat: config.Rate{Count: 30, Per: 30 * time.Second}}

// asks is what becomes of a reader's questions, one sign each: a for answered, w
// for told to wait, and a dot for nothing.
func asks(d *Desk, q brief.Question, times int) string {
	all := ""
	for range times {
		a := d.Answer(context.Background(), q)
		switch {
		case a.Quiet:
			all += "."
		case strings.Contains(text(a), "Please wait a few seconds"):
			all += "w"
		default:
			all += "a"
		}
	}
	return all
}

// Who floods is told once, gets an answer now and then, and is within the rate
// again after a pause; nobody else notices.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, st := fresh(t)
		d.flood = newFlood(rates)
		in := func(user string) brief.Question {
			return brief.Question{Chat: group, User: user, Aloud: true, Command: "help"}
		}
		expect := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		expect("a flood", asks(d, in("1"), 16), "aaaaaaaaaaw.....")
		expect("another reader meanwhile", asks(d, in("2"), 5), "aaaaa")
		time.Sleep(2 * time.Second)
		expect("two seconds later", asks(d, in("1"), 4), "a...")
		time.Sleep(20 * time.Second)
		expect("after a pause", asks(d, in("1"), 12), "aaaaaaaaaaw.")
		expect("a button", asks(d, brief.Question{Chat: group, User: "1", Aloud: true, Action: brief.Action{Verb: brief.ShowHelp}}, 1), ".")
		expect("in another chat", asks(d, brief.Question{Chat: store.Chat{Platform: store.Telegram, ID: "1"}, Private: true, User: "1", Command: "help"}, 1), ".")
		expect("the same number on the other platform", asks(d, brief.Question{Chat: store.Chat{Platform: store.Discord, ID: "5"}, User: "1", Command: "help"}, 1), "a")
		st.Close()
	})
}

// Where answers stand for all to read, a chat has a measure of its own; its
// topics are one chat. Another chat has its own, and so have those who ask for
// themselves.
func TestFloodOfAChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, st := fresh(t)
		d.flood = newFlood(rates)
		var all string
		for i := range 40 {
			c := group
			c.Thread = i % 3
			all += asks(d, brief.Question{Chat: c, User: fmt.Sprint(i), Aloud: true, Command: "help"}, 1)
		}
		if want := strings.Repeat("a", 30) + "w" + strings.Repeat(".", 9); all != want {
			t.Errorf("%s, want %s", all, want)
		}
		if got := asks(d, brief.Question{Chat: store.Chat{Platform: store.Telegram, ID: "-1002"}, User: "99", Aloud: true, Command: "help"}, 1); got != "a" {
			t.Errorf("another chat: %s", got)
		}
		all = ""
		for i := range 200 {
			all += asks(d, brief.Question{Chat: store.Chat{Platform: store.Discord, ID: "5"}, User: fmt.Sprint(i), Command: "help"}, 1)
		}
		if strings.Trim(all, "a") != "" {
			t.Errorf("200 readers at once, each for themselves: %s", all)
		}
		st.Close()
	})
}

// Whoever was quiet for a while is not remembered.
func TestFloodForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, st := fresh(t)
		d.flood = newFlood(rates)
		for i := range 1000 {
			asks(d, brief.Question{Chat: store.Chat{Platform: store.Telegram, ID: fmt.Sprint(-i)}, User: fmt.Sprint(i), Aloud: true, Command: "help"}, 1)
		}
		time.Sleep(2 * forgetEvery)
		asks(d, brief.Question{Chat: group, User: "1", Aloud: true, Command: "help"}, 1)
		if len(d.flood.readers) != 1 || len(d.flood.chats) != 1 {
			t.Errorf("%d readers and %d chats are remembered", len(d.flood.readers), len(d.flood.chats))
		}
		st.Close()
	})
}

// BenchmarkFlood is what a question costs that gets no answer.
func BenchmarkFlood(b *testing.B) {
	d, _ := fresh(b)
	d.flood = newFlood(rates)
	q := brief.Question{Chat: group, User: "1", Aloud: true, Command: "help"}
	asks(d, q, 20)
	for b.Loop() {
		d.Answer(b.Context(), q)
	}
}
