package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
)

// follower is a platform on which more follows a post: a thread below its last
// message, and the publication of all.
type follower struct {
	*platform
	// verdicts says what becomes of a request; nil lets it through.
	verdicts func(kind store.DeliveryKind, message string) *store.Verdict
}

func (f follower) Then(c store.Channel, _ store.Place, d store.Delivery, _ brief.Message) (all []store.Step) {
	body := json.RawMessage(`"x"`)
	if c.Threads {
		all = append(all, store.Step{Kind: store.ThreadDelivery, Requests: append(make([]json.RawMessage, len(d.Parts)-1), body)})
	}
	if c.Publish {
		all = append(all, store.Step{Kind: store.PublishDelivery, Requests: slices.Repeat([]json.RawMessage{body}, len(d.Parts))})
	}
	return all
}

func (f follower) Follow(_ context.Context, d store.Delivery, part int) store.Verdict {
	p := d.Parts[part]
	if f.verdicts != nil {
		if v := f.verdicts(d.Kind, p.Target); v != nil {
			return *v
		}
	}
	return f.touch(string(d.Kind), p.Target, "")
}

// What follows a post comes once, in its turn, and neither delays a post nor
// loses one.
func TestWhatFollows(t *testing.T) {
	// plan makes a channel in which more follows, and plans stories for it.
	plan := func(d *desk, stories ...string) {
		d.Helper()
		d.stories(stories...)
		c := store.Channel{Name: "c", Chat: store.Chat{Platform: d.on, ID: "c"}, Timezone: "UTC", Threads: true, Publish: true}
		if err := d.store.PutChannel(d.Context(), c, time.Now()); err != nil {
			d.Fatal(err)
		}
		if err := d.run("c", stories...); err != nil {
			d.Fatal(err)
		}
		synctest.Wait()
	}
	changes := func(d *desk, want ...string) {
		d.Helper()
		d.mu.Lock()
		defer d.mu.Unlock()
		if !slices.Equal(d.changes, want) {
			d.Errorf("followed: %q, want %q", d.changes, want)
		}
	}
	// steps gives how the steps of the story's post ended.
	steps := func(d *desk, story string) string {
		d.Helper()
		dl, _, err := d.store.Post(d.Context(), story, "c")
		if err != nil {
			d.Fatal(err)
		}
		all := []string{string(dl.State)}
		for _, s := range dl.Then {
			all = append(all, string(s.Kind)+" "+d.end(s.Delivery))
		}
		return strings.Join(all, "; ")
	}
	for _, tt := range []struct {
		name string
		play func(d *desk, f *follower)
	}{
		{"a thread below the last message, and all are published", func(d *desk, f *follower) {
			d.parts = 2
			d.start()
			plan(d, "a")
			d.expect("c:a.0", "c:a.1")
			changes(d, "thread 2", "publish 1", "publish 2")
			if got := steps(d, "a"); got != "sent; thread sent: ; publish sent: " {
				d.Errorf("recorded: %s", got)
			}
		}},
		{"what was lost on its way is asked for again, and the posts go on meanwhile", func(d *desk, f *follower) {
			broken := 3
			f.verdicts = func(store.DeliveryKind, string) *store.Verdict {
				if broken--; broken >= 0 {
					return &store.Verdict{Outcome: store.Unknown, Reason: "connection reset"}
				}
				return nil
			}
			d.start()
			plan(d, "a", "b")
			d.expect("c:a.0", "c:b.0")
			pass(time.Minute)
			slices.Sort(d.changes)
			changes(d, "publish 1", "publish 2", "thread 1", "thread 2")
		}},
		{"a program that died on the way goes on where it was", func(d *desk, f *follower) {
			f.verdicts = func(store.DeliveryKind, string) *store.Verdict {
				return &store.Verdict{Outcome: store.Retry, After: time.Hour, Apart: true, Reason: "429"}
			}
			d.start()
			plan(d, "a")
			d.stop()
			changes(d)
			for _, s := range []uint64{d.firstPending("c"), d.firstPending("c") + 1} {
				// What is on disk if the program dies while it asks.
				if _, err := d.store.ChangeDelivery(d.Context(), s, func(dl *store.Delivery) {
					dl.State = store.Claimed
				}); err != nil {
					d.Fatal(err)
				}
			}
			f.verdicts = nil
			d.start()
			pass(2 * time.Hour)
			changes(d, "thread 1", "publish 1")
			d.expect("c:a.0")
		}},
		{"what can't be done is told once, and tried once a post", func(d *desk, f *follower) {
			tries, allowed := 0, false
			f.verdicts = func(kind store.DeliveryKind, _ string) *store.Verdict {
				if kind != store.ThreadDelivery || allowed {
					return nil
				}
				tries++
				return &store.Verdict{Outcome: store.Refused, Reason: "403 Missing Permissions"}
			}
			told := func() uint64 {
				_, counts, err := d.store.Incidents(d.Context(), 10)
				if err != nil {
					d.Fatal(err)
				}
				return counts[store.LeftBare]
			}
			d.start()
			plan(d, "a", "b", "c")
			pass(24 * time.Hour)
			d.expect("c:a.0", "c:b.0", "c:c.0")
			changes(d, "publish 1", "publish 2", "publish 3")
			if tries != 3 || told() != 1 {
				d.Errorf("tried %d times, told %d times", tries, told())
			}
			if got := steps(d, "b"); got != "sent; thread given up: 403 Missing Permissions; publish sent: " {
				d.Errorf("recorded: %s", got)
			}
			// Once it could be done, it is worth telling that it can't.
			allowed = true
			plan(d, "d")
			allowed = false
			plan(d, "e", "f")
			if told() != 2 {
				d.Errorf("told %d times", told())
			}
			if _, err := d.store.PauseOf(d.Context(), store.Chat{Platform: d.on, ID: "c"}); err == nil {
				d.Error("the chat was paused")
			}
		}},
		{"what is published beyond the limit waits its turn, in order, and posts and threads don't", func(d *desk, f *follower) {
			began, used := time.Now(), 0
			f.verdicts = func(kind store.DeliveryKind, _ string) *store.Verdict {
				if kind != store.PublishDelivery {
					return nil
				}
				hour := time.Since(began).Truncate(time.Hour)
				if used++; used > 2*int(1+hour/time.Hour) {
					used--
					return &store.Verdict{Outcome: store.Retry, After: hour + time.Hour - time.Since(began), Apart: true, Reason: "429"}
				}
				return nil
			}
			d.start()
			plan(d, "a", "b", "c", "d", "e")
			d.expect("c:a.0", "c:b.0", "c:c.0", "c:d.0", "c:e.0")
			published := func() (n int) {
				for _, c := range d.changes {
					if strings.HasPrefix(c, "publish") {
						n++
					}
				}
				return n
			}
			if n := published(); n != 2 || len(d.changes) != 7 {
				d.Errorf("%d are published at once, of all: %q", n, d.changes)
			}
			plan(d, "late")
			if d.at["c:late.0"] != time.Now() {
				d.Error("a post waited for what is to be published")
			}
			pass(3 * time.Hour)
			var order []string
			for _, c := range d.changes {
				if m, ok := strings.CutPrefix(c, "publish "); ok {
					order = append(order, m)
				}
			}
			if !slices.Equal(order, []string{"1", "2", "3", "4", "5", "6"}) {
				d.Errorf("published: %q", order)
			}
		}},
		{"what waits for days is given up", func(d *desk, f *follower) {
			f.verdicts = func(store.DeliveryKind, string) *store.Verdict {
				return &store.Verdict{Outcome: store.Retry, After: time.Hour, Apart: true, Reason: "429"}
			}
			d.start()
			plan(d, "a")
			pass(80 * time.Hour)
			changes(d)
			if got := steps(d, "a"); strings.Count(got, "given up: not delivered within 72h0m0s: 429") != 2 {
				d.Errorf("recorded: %s", got)
			}
		}},
		{"nothing follows a post that may be there twice before that is settled", func(d *desk, f *follower) {
			first := true
			d.blind = true
			d.send = func(_ store.Delivery, _ int, post func() string) *store.Verdict {
				if first {
					first = false
					time.AfterFunc(45*time.Second-time.Millisecond, func() { post() })
					return &store.Verdict{Outcome: store.Unknown, Reason: "connection reset"}
				}
				return nil
			}
			d.start()
			plan(d, "a")
			pass(10 * time.Minute)
			d.expect("c:a.0", "c:a.0")
			changes(d, "delete 2", "thread 1", "publish 1")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				f := &follower{platform: d.platform}
				d.as = f
				tt.play(d, f)
				d.stop()
			})
		})
	}
}

// An edit that its own limit holds up lets the chat's posts pass, and brings
// what the story says when its time has come.
func TestEditWaitsAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.plan("c", "a")
		d.start()
		var limited atomic.Bool
		limited.Store(true)
		d.change = func() store.Verdict {
			if limited.Load() {
				return store.Verdict{Outcome: store.Retry, After: 20 * time.Minute, Apart: true, Reason: "429 shared"}
			}
			return store.Verdict{}
		}
		revise := func(text string) {
			_, _, err := d.store.PutStory(d.Context(), store.Story{ID: "a", Headline: "a", Bullets: []store.Bullet{{Text: text}}}, time.Now())
			for more := true; more && err == nil; {
				more, err = d.store.PlanRevision(d.Context(), "a", func(_ store.Channel, _ store.Entry, posted store.Delivery) (store.Delivery, bool) {
					return store.Delivery{Kind: store.EditDelivery, State: store.Planned, Planned: time.Now(), Of: posted.ID, Stories: posted.Stories}, true
				})
			}
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		rendered := d.rendered
		revise("second")
		if len(d.changes) != 1 {
			t.Fatalf("changes: %q", d.changes)
		}
		d.plan("c", "b")
		d.expect("c:a.0", "c:b.0")
		if d.at["c:b.0"] != time.Now() {
			t.Error("a post waited for an edit")
		}
		for i := range 3 { // nothing more is planned, since that one says it all
			revise(fmt.Sprint("version ", i))
		}
		limited.Store(false)
		pass(time.Hour)
		if len(d.changes) != 2 || d.rendered != rendered+3 { // the edit, the other post, the edit anew
			t.Errorf("changes: %q, rendered %d times", d.changes, d.rendered-rendered)
		}
		if pending, _, err := d.store.Pending(t.Context(), store.Chat{Platform: d.on, ID: "c"}); err != nil || len(pending) != 0 {
			t.Errorf("still to be done: %+v, %v", pending, err)
		}
		d.stop()
	})
}

// Only what is new mentions a role, and only when it may make a sound.
func TestPings(t *testing.T) {
	c := store.Channel{Ping: "77"}
	for _, tt := range []struct {
		name string
		dl   store.Delivery
		want string
	}{
		{"a post", store.Delivery{Kind: store.PostDelivery}, "77"},
		{"a digest", store.Delivery{Kind: store.DigestDelivery}, "77"},
		{"in the hours of quiet", store.Delivery{Kind: store.PostDelivery, Silent: true}, ""},
		{"posted again since it changed", store.Delivery{Kind: store.PostDelivery, Again: true}, ""},
		{"an edit", store.Delivery{Kind: store.EditDelivery}, ""},
	} {
		if got := pinged(tt.dl, c); got != tt.want {
			t.Errorf("%s pings %q, want %q", tt.name, got, tt.want)
		}
	}
}
