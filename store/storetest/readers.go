package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/store"
)

var (
	ada     = store.UserID{Platform: store.Telegram, ID: "7700155"}
	bob     = store.UserID{Platform: store.Telegram, ID: "7700156"}
	adaHome = store.Chat{Platform: store.Telegram, ID: ada.ID}
	bobHome = store.Chat{Platform: store.Telegram, ID: bob.ID}
)

// chooses changes a reader's profile.
func chooses(t *testing.T, s *store.Store, u store.UserID, change func(*store.Profile)) store.Profile {
	t.Helper()
	p, err := s.ChangeProfile(t.Context(), u, noon, func(p *store.Profile) error {
		p.Home = store.Chat{Platform: u.Platform, ID: u.ID}
		change(p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// channelsOf gives the names of the channels that readers have.
func channelsOf(t *testing.T, s *store.Store) (names []string) {
	t.Helper()
	all, err := s.Channels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Origin == store.FromReader {
			names = append(names, c.Name)
		}
	}
	return names
}

func pending(t *testing.T, s *store.Store, c store.Chat) []store.Delivery {
	t.Helper()
	all, _, err := s.Pending(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sends records that a delivery is out, as a message.
func sends(t *testing.T, s *store.Store, d store.Delivery, message string) {
	t.Helper()
	_, err := s.ChangeDelivery(t.Context(), d.ID, func(d *store.Delivery) {
		d.Parts = []store.Part{{Body: json.RawMessage("{}"), Message: message}}
		d.State, d.Done = store.Sent, noon
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readers(t *testing.T, open Open) {
	e, _ := open(t)
	s := openStore(t, e)
	put(t, s, story("before"), noon)
	name := func(which string) string { return "reader:telegram:" + ada.ID + ":" + which }
	chooses(t, s, ada, func(p *store.Profile) {
		p.Brief, p.Timezone, p.Told, p.Topics = "07:30", "Europe/Berlin", "de", []string{"sea"}
	})
	if got, want := channelsOf(t, s), []string{name("brief"), name("topics")}; !slices.Equal(got, want) {
		t.Fatalf("channels %v, want %v", got, want)
	}
	c, err := s.Channel(t.Context(), name("brief"))
	if err != nil || c.Schedule != "30 07 * * *" || c.Timezone != "Europe/Berlin" || c.Language != "de" || c.Mode != store.Digest || c.Chat != adaHome {
		t.Errorf("the brief's channel is %+v, %v", c, err)
	}
	if got := planned(t, s, name("brief")); len(got) != 0 {
		t.Errorf("what came before is new to it: %v", got)
	}
	at, b := story("sea"), story("land")
	at.Topics = []string{"sea"}
	put(t, s, at, noon)
	put(t, s, b, noon)
	if got := planned(t, s, name("brief")); !slices.Equal(got, []string{"sea", "land"}) {
		t.Errorf("the brief has %v", got)
	}

	// Who stops gets nothing more, not even what waits, but for what may be out.
	waits := pending(t, s, adaHome)
	_, err = s.ChangeDelivery(t.Context(), waits[0].ID, func(d *store.Delivery) {
		d.Parts, d.State = []store.Part{{Body: json.RawMessage("{}"), Claimed: noon}}, store.Claimed
	})
	if err != nil {
		t.Fatal(err)
	}
	chooses(t, s, ada, func(p *store.Profile) { p.Stopped = true })
	if got := channelsOf(t, s); len(got) != 0 {
		t.Errorf("stopped, the reader has %v", got)
	}
	if got := pending(t, s, adaHome); len(got) != 1 || got[0].ID != waits[0].ID {
		t.Errorf("stopped, %+v waits", got)
	}
	put(t, s, story("meanwhile"), noon)
	chooses(t, s, ada, func(p *store.Profile) { p.Stopped = false })
	if got := planned(t, s, name("brief")); len(got) != 0 {
		t.Errorf("what came during the rest is made up for: %v", got)
	}
	if got := channelsOf(t, s); len(got) != 2 {
		t.Errorf("again, the reader has %v", got)
	}
}

func followers(t *testing.T, open Open) {
	e, again := open(t)
	s := openStore(t, e)
	put(t, s, story("a"), noon)
	for i := range 45 { // more than one step tells
		u := store.UserID{Platform: store.Telegram, ID: fmt.Sprint(100 + i)}
		chooses(t, s, u, func(p *store.Profile) { p.Stories = []string{"a"} })
	}
	revises := func(text string) {
		t.Helper()
		r := story("a")
		r.Bullets = []store.Bullet{{Text: text}}
		put(t, s, r, noon)
	}
	told := func(stop int) int {
		t.Helper()
		channels := map[string]bool{}
		for steps := 0; steps != stop; steps++ {
			more, err := s.PlanRevision(t.Context(), "a", func(c store.Channel, e store.Entry, posted store.Delivery) (store.Delivery, bool) {
				if c.Mode != store.Follow {
					t.Errorf("channel %+v is asked", c)
				}
				channels[c.Name] = true
				return store.Delivery{Kind: store.UpdateDelivery, State: store.Planned, Planned: noon, Stories: []store.Ref{{ID: "a", Revision: e.Story.Revision}}}, true
			})
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
		}
		return len(channels)
	}
	if n := told(-1); n != 0 {
		t.Errorf("%d are told of what they saw", n)
	}
	revises("new")
	first := told(1)
	e.Close() // the program is killed in the middle
	e = again()
	s = openStore(t, e)
	if n := first + told(-1); n != 45 {
		t.Errorf("%d of 45 are told", n)
	}
	one := store.Chat{Platform: store.Telegram, ID: "117"}
	got := pending(t, s, one)
	if len(got) != 1 || got[0].Kind != store.UpdateDelivery || got[0].Stories[0].Revision != 2 {
		t.Fatalf("a follower gets %+v", got)
	}
	// What waits says what the story is when it is sent.
	revises("newer")
	told(-1)
	if got := pending(t, s, one); len(got) != 1 {
		t.Errorf("%d wait for one follower", len(got))
	}
	sends(t, s, got[0], "1")
	revises("newest")
	told(-1)
	if got := pending(t, s, one); len(got) != 1 || got[0].Stories[0].Revision != 4 {
		t.Errorf("after the next change %+v waits", got)
	}
	// Who no longer follows is not told, not even of what waits.
	chooses(t, s, store.UserID{Platform: store.Telegram, ID: "117"}, func(p *store.Profile) { p.Stories = nil })
	revises("last")
	told(-1)
	if got := pending(t, s, one); len(got) != 0 {
		t.Errorf("who no longer follows gets %+v", got)
	}
	// A follow outlives the records.
	if _, err := s.Prune(t.Context(), noon.Add(1000*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, d := range pending(t, s, store.Chat{Platform: store.Telegram, ID: "118"}) {
		sends(t, s, d, "2")
	}
	revises("much later")
	told(-1)
	if got := pending(t, s, store.Chat{Platform: store.Telegram, ID: "118"}); len(got) != 1 {
		t.Errorf("after the records were pruned %d wait", len(got))
	}
}

// A post in a follower's own chat is not edited as well.
func restoredReaders(t *testing.T, open Open) {
	e, _ := open(t)
	s := openStore(t, e)
	at := story("a")
	at.Topics = []string{"sea"}
	chooses(t, s, ada, func(p *store.Profile) { p.Topics = []string{"sea"} })
	put(t, s, at, noon)
	if got := planned(t, s, channelsOf(t, s)[0]); len(got) != 1 {
		t.Fatalf("planned %v", got)
	}
	sends(t, s, pending(t, s, adaHome)[0], "1")
	chooses(t, s, ada, func(p *store.Profile) { p.Stories = []string{"a"} })
	revise := func(text string) {
		t.Helper()
		at.Bullets = []store.Bullet{{Text: text}}
		put(t, s, at, noon)
		for more := true; more; {
			var err error
			more, err = s.PlanRevision(t.Context(), "a", func(c store.Channel, e store.Entry, posted store.Delivery) (store.Delivery, bool) {
				d := store.Delivery{Kind: store.UpdateDelivery, State: store.Planned, Planned: noon, Stories: []store.Ref{{ID: "a", Revision: e.Story.Revision}}}
				if c.Mode != store.Follow {
					d.Kind, d.Of = store.EditDelivery, posted.ID
				}
				return d, true
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	revise("two")
	got := pending(t, s, adaHome)
	if len(got) != 1 || got[0].Kind != store.UpdateDelivery {
		t.Fatalf("a follower who has the post gets %+v", got)
	}
	sends(t, s, got[0], "2")

	// From here on a backup: what came and changed since is not told again.
	if err := s.Restored(t.Context(), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	since := story("b")
	since.Topics = []string{"sea"}
	put(t, s, since, noon)
	at.Bullets = []store.Bullet{{Text: "three, which was told after the backup was made"}}
	put(t, s, at, noon)
	if err := s.BeginChannels(t.Context(), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, c := range channelsOf(t, s) {
		if strings.HasSuffix(c, ":topics") {
			if got := planned(t, s, c); len(got) != 0 {
				t.Errorf("after the restore, %s posts %v", c, got)
			}
		}
	}
	revise(at.Bullets[0].Text) // which was told after the backup was made
	if got := pending(t, s, adaHome); len(got) != 0 {
		t.Errorf("after the restore a follower gets %+v", got)
	}
	revise("four")
	if got := pending(t, s, adaHome); len(got) != 1 || got[0].Kind != store.UpdateDelivery {
		t.Errorf("of the next change a follower gets %+v", got)
	}
}

func forgotten(t *testing.T, open Open) {
	ctx := t.Context()
	e, again := open(t)
	s := openStore(t, e)
	at := story("a")
	at.Topics = []string{"sea"}
	for _, u := range []store.UserID{ada, bob} {
		chooses(t, s, u, func(p *store.Profile) { p.Topics, p.Brief, p.Language = []string{"sea"}, "07:30", "fr" })
		if _, err := s.PutAsked(ctx, store.Asked{User: u, Words: "words of " + u.ID, At: noon}); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, at, noon)
	for _, c := range channelsOf(t, s) {
		planned(t, s, c)
	}
	for i, home := range []store.Chat{adaHome, bobHome} {
		for j, d := range pending(t, s, home) {
			sends(t, s, d, fmt.Sprint(10*i+j+1))
		}
		if err := s.PauseChat(ctx, store.Pause{Chat: home, Since: noon, Reason: "blocked by " + home.ID}); err != nil {
			t.Fatal(err)
		}
		if err := s.MovePending(ctx, home, store.Place{Chat: home, Kind: store.Private}); err != nil {
			t.Fatal(err)
		}
		chooses(t, s, store.UserID{Platform: home.Platform, ID: home.ID}, func(p *store.Profile) { p.Stories = []string{"a"} })
	}
	asks := func(home store.Chat, farewell bool) store.Delivery {
		t.Helper()
		return answers(t, s, store.Delivery{Chat: home, Planned: noon, Farewell: farewell}, store.Part{Body: json.RawMessage(`{"chat_id":"` + home.ID + `"}`)})
	}
	// One answer was given up, one waits, and one is in the middle of being sent.
	gone, _, inFlight := asks(adaHome, false), asks(adaHome, false), asks(adaHome, false)
	for id, state := range map[uint64]store.State{gone.ID: store.GivenUp, inFlight.ID: store.Claimed} {
		_, err := s.ChangeDelivery(ctx, id, func(d *store.Delivery) {
			d.State, d.Reason = state, "of "+adaHome.ID
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	// In a group another waits, which is for the reader alone.
	answers(t, s, store.Delivery{Chat: store.Chat{Platform: store.Telegram, ID: "-5"}, Planned: noon},
		store.Part{Body: json.RawMessage(`{"ephemeral_message_parameters":{"receiver_user_id":` + ada.ID + `}}`)})

	if err := s.Forget(ctx, ada, adaHome); err != nil {
		t.Fatal(err)
	}
	farewell := asks(adaHome, true)
	e.Close() // the program is killed before anything is erased
	e = again()
	s = openStore(t, e)
	if erased, err := s.Erase(ctx); err != nil || !erased {
		t.Fatalf("erased: %v, %v", erased, err)
	}
	if got := pending(t, s, adaHome); len(got) != 1 || got[0].ID != farewell.ID {
		t.Fatalf("%+v waits, want the farewell", got)
	}
	sends(t, s, farewell, "30")
	for {
		erased, err := s.Erase(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !erased {
			break
		}
	}
	left := map[string]int{}
	err := e.View(ctx, func(r store.Reader) error {
		for k, v := range r.Scan("", "\xff") {
			for _, u := range []store.UserID{ada, bob} {
				if strings.Contains(k+string(v), u.ID) {
					left[u.ID]++
					if u == ada {
						t.Errorf("left is %q: %s", k, v)
					}
				}
			}
		}
		return nil
	})
	if err != nil || left[bob.ID] < 10 {
		t.Errorf("of another reader %d keys are left, %v", left[bob.ID], err)
	}
	// Who comes back is new.
	p := chooses(t, s, ada, func(*store.Profile) {})
	if p.Language != "" || len(p.Topics) > 0 {
		t.Errorf("who comes back has %+v", p)
	}
}

// interrupted has something happen before an update.
type interrupted struct {
	store.Engine
	left   int // updates until it happens
	happen func()
}

func (i *interrupted) Update(ctx context.Context, fn func(store.Writer) error) error {
	if i.left--; i.left == 0 {
		i.happen()
	}
	return i.Engine.Update(ctx, fn)
}

// The last answer may go out in the middle of the erasing, at any of its steps.
func farewells(t *testing.T, open Open) {
	happened := true
	for step := 1; happened; step++ {
		e, _ := open(t)
		s := openStore(t, e)
		chooses(t, s, ada, func(p *store.Profile) { p.Topics = []string{"sea"} })
		if err := s.Forget(t.Context(), ada, adaHome); err != nil {
			t.Fatal(err)
		}
		happened = false
		erasing := &interrupted{Engine: e, happen: func() {
			happened = true
			sends(t, s, answers(t, s, store.Delivery{Chat: adaHome, Planned: noon, Farewell: true}, store.Part{Body: json.RawMessage("{}")}), "30")
		}}
		between := openStore(t, erasing)
		erasing.left = step
		for erased := true; erased; {
			var err error
			if erased, err = between.Erase(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		err := e.View(t.Context(), func(r store.Reader) error {
			for k, v := range r.Scan("", "\xff") {
				if strings.Contains(k+string(v), ada.ID) {
					t.Errorf("sent at step %d, left is %q: %s", step, k, v)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
