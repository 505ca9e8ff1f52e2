package bot

import (
	"fmt"
	"strings"
	"testing"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
)

// lengthy is a story whose narratives no single message of Discord holds.
var lengthy = strings.NewReplacer(
	"The islands waited nine years for a promise <b>made</b> before an election.", paragraphs("The islands waited"),
	"A careful council waited until the sums added up.", paragraphs("A careful council counted"),
).Replace(ferry)

func paragraphs(begin string) string {
	var all []string
	for i := range 30 {
		all = append(all, fmt.Sprintf("%s, %d: %s", begin, i+1, strings.Repeat("and so they did on every quay of Port Ansel. ", 12)))
	}
	return strings.Join(all, "\n\n")
}

// A reader on Discord has one message of their own below a post, which turns
// from page to page and from one side to the other; both sides are equally far.
func TestTurnBetweenTheSides(t *testing.T) {
	w := newWorld(t)
	w.write("ferry.txt", lengthy)
	w.start(w.config(everySecond))
	w.until("the post and the commands", func() bool {
		return len(posts(w.discord.Transcript(), w.text)) > 0 && len(w.discord.Commands(w.text)) > 0
	})
	post := posts(w.discord.Transcript(), w.text)[0]
	answers := func() []sandbox.Entry {
		var all []sandbox.Entry
		for _, e := range w.discord.Transcript() {
			if e.User == w.reader.discord {
				all = append(all, e)
			}
		}
		return all
	}
	comes := func(do func() error) sandbox.Entry {
		t.Helper()
		before := len(answers())
		if err := do(); err != nil {
			t.Fatal(err)
		}
		w.until("an answer", func() bool { return len(answers()) > before })
		return answers()[before]
	}
	press := func(message, data string) sandbox.Entry {
		t.Helper()
		return comes(func() error { return w.discord.Press(t.Context(), w.reader.discord, w.text, message, data) })
	}
	own := press(post.ID, buttonOf(t, post, "critical"))
	if own.Method != "answer" || !strings.Contains(own.Text, "The islands waited, 1:") {
		t.Fatalf("the answer to a button of the post is %s: %.80q", own.Method, own.Text)
	}
	action, _, err := brief.ParseAction(buttonOf(t, post, "critical"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(side brief.Verb, begin string, first sandbox.Entry) (pages int) {
		t.Helper()
		all, e := first.Text, first
		for pages = 1; strings.Contains(string(e.Body), fmt.Sprintf("%d/", pages)) && strings.Count(all, begin) < 30; pages++ {
			other := map[brief.Verb]string{brief.ShowCritical: "establishment", brief.ShowEstablishment: "critical"}[side]
			buttonOf(t, e, other) // on every page
			turn := brief.Action{Verb: side, Story: action.Story}.Data(fmt.Sprintf("a%d", pages+1))
			if e = press(own.ID, turn); e.ID != own.ID || e.Method != "edit" {
				t.Fatalf("a page turned is %s of another message", e.Method)
			}
			all += e.Text
		}
		if n := strings.Count(all, begin); n != 30 {
			t.Errorf("%d of 30 paragraphs of %s", n, side)
		}
		return pages
	}
	critical := read(brief.ShowCritical, "The islands waited,", own)
	turned := press(own.ID, buttonOf(t, answers()[len(answers())-1], "establishment"))
	if turned.ID != own.ID || turned.Method != "edit" || !strings.Contains(turned.Text, "A careful council counted, 1:") {
		t.Errorf("the other side is %s: %.80q", turned.Method, turned.Text)
	}
	if other := read(brief.ShowEstablishment, "A careful council counted,", turned); critical < 3 || other < 3 {
		t.Errorf("%d and %d pages", critical, other)
	}
	// The menu of the post leads there too.
	for name, want := range map[string]string{"Both sides": ", 1: and so they did", "Sources": "Sea Wire: Night boats return"} {
		e := comes(func() error { return w.discord.Use(t.Context(), w.reader.discord, w.text, post.ID, name) })
		if e.Method != "answer" || e.ID == own.ID || !strings.Contains(e.Text, want) {
			t.Errorf("%s is %s: %.200q", name, e.Method, e.Text)
		}
		buttonOf(t, e, "critical")
		buttonOf(t, e, "establishment")
	}
	if n := len(posts(w.discord.Transcript(), w.text)); n != 1 {
		t.Errorf("%d messages for all to see", n)
	}
}
