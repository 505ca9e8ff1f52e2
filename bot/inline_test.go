package bot

import (
	"fmt"
	"strings"
	"testing"

	"briefbot/bot/sandbox"
)

// A reader shares a story in a chat that the bot is not in, and who reads it there
// gets to the other side from it.
func TestShareAnywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	for i := range 25 {
		w.write(fmt.Sprintf("%02d.txt", i), fmt.Sprintf("Tale %d of the lighthouse\n\n• The lamp was lit %d times.\n", i, i))
	}
	w.write("ferry.txt", ferry)
	w.start(w.config(everySecond))
	w.until("the ferry", func() bool { return strings.Contains(texts(w.telegram.Transcript()), "nine years") })
	foreign := w.telegram.AddSupergroup("Family")
	w.telegram.Kick(foreign)
	friend := w.telegram.AddUser("Bo")

	// Without words, the latest are offered, page by page.
	seen := map[string]bool{}
	for next, pages := "", 0; next != "" || pages == 0; pages++ {
		offers, further, err := w.telegram.Inline(ctx, w.reader.telegram, foreign, "@brief_bot ", next)
		if err != nil || pages > 2 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, o := range offers {
			seen[o.Title] = true
		}
		next = further
	}
	if len(seen) != 26 {
		t.Errorf("offered %d stories: %v", len(seen), seen)
	}
	if offers, _, err := w.telegram.Inline(ctx, w.reader.telegram, foreign, "@brief_bot zebra", ""); err != nil || len(offers) != 0 {
		t.Errorf("of no story: %v, %v", offers, err)
	}
	var offers []sandbox.Offer
	w.until("the ferry to be found by its words", func() (found bool) {
		var err error
		if offers, _, err = w.telegram.Inline(ctx, w.reader.telegram, foreign, "@brief_bot night ferry", ""); err != nil {
			t.Fatal(err)
		}
		return len(offers) > 0
	})
	if len(offers) != 1 || !strings.HasPrefix(offers[0].Description, "2 November 2026 · The night ferry sails") {
		t.Fatalf("offered %+v", offers)
	}
	if err := w.telegram.Pick(ctx, w.reader.telegram, foreign, offers[0].ID); err != nil {
		t.Fatal(err)
	}
	link := "https://t.me/brief_bot?start=1_crit_" + offers[0].ID + "_"
	if err := w.telegram.Press(ctx, friend, foreign, "1", link); err != nil {
		t.Fatal(err)
	}
	w.until("the other side, for who pressed alone", func() bool {
		all := posts(w.telegram.Transcript(), friend)
		return len(all) == 1 && strings.Contains(all[0].Text, "The islands waited nine years")
	})
	w.stop()
}
