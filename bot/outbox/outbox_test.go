package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/bot/schedule"
	"briefbot/store"
	"briefbot/store/bolt"
)

// platform stands for a chat platform: it keeps what was posted, and goes wrong
// as a test wants.
type platform struct {
	mu      sync.Mutex
	posts   []string // "chat:tag", in order
	at      map[string]time.Time
	flight  map[string]int
	crowded bool
	// send is asked before each request; nil lets it through. It may act (by
	// calling post) and lie about it.
	send func(d store.Delivery, part int, post func() string) *store.Verdict
	// find is what Settle says when the message is not among the posts.
	find   *store.Verdict
	looked int
	// rendered counts how often a message's requests were made.
	rendered int
	blind    bool // looks find nothing
	repeats  time.Duration
	forgets  time.Duration    // what the platform claims to know, though it does not
	clock    func() time.Time // the platform's
	resolve  *store.Verdict
	changes  []string // "edit 1 body"
	change   func() store.Verdict
	parts    int
	making   func() // while a post is made
	// second is asked before each look for a second copy; nil lets it through.
	// seconds are these looks: "chat:tag up to an id".
	second  func() *store.Verdict
	seconds []string
}

func newPlatform() *platform {
	return &platform{at: map[string]time.Time{}, flight: map[string]int{}, parts: 1}
}

func (p *platform) Resolve(_ context.Context, c store.Chat) (store.Place, store.Verdict) {
	if p.resolve != nil {
		return store.Place{}, *p.resolve
	}
	c.ID = strings.TrimPrefix(c.ID, "@")
	return store.Place{Chat: c, Kind: store.DiscordText, Name: "news"}, store.Verdict{}
}

func (p *platform) Render(_ context.Context, _ store.Place, d store.Delivery, _ brief.Message) ([]json.RawMessage, error) {
	var all []json.RawMessage
	if p.making != nil {
		p.making()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rendered++
	for i := range p.parts {
		all = append(all, json.RawMessage(fmt.Sprintf("%q", d.Tag(i))))
	}
	return all, nil
}

func (p *platform) Send(_ context.Context, d store.Delivery, part int) store.Verdict {
	p.mu.Lock()
	p.flight[d.Chat.ID]++
	p.crowded = p.crowded || p.flight[d.Chat.ID] > 1
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.flight[d.Chat.ID]--
		p.mu.Unlock()
	}()
	if d.State == store.Planned || d.Parts[part].Claimed.IsZero() {
		return store.Verdict{Outcome: store.Refused, Reason: "sent before it was claimed"}
	}
	post := func() string { return p.post(d, part) }
	if p.send != nil {
		if v := p.send(d, part, post); v != nil {
			return *v
		}
	}
	return store.Verdict{Outcome: store.Delivered, Message: post()}
}

// when is when a message came; others may come meanwhile.
func (p *platform) when(name string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at[name]
}

// post puts the message into the chat, unless the platform knows its repetition.
func (p *platform) post(d store.Delivery, part int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := d.Chat.ID + ":" + d.Stories[0].ID + fmt.Sprint(".", part)
	if p.repeats > 0 {
		if i := slices.Index(p.posts, name); i >= 0 {
			return fmt.Sprint(i + 1)
		}
	}
	p.posts = append(p.posts, name)
	p.at[name] = time.Now()
	return fmt.Sprint(len(p.posts))
}

// Edit notes the change; Delete too.
func (p *platform) Edit(_ context.Context, d store.Delivery, part int) store.Verdict {
	return p.touch("edit", d.Parts[part].Target, string(d.Parts[part].Body))
}

func (p *platform) Delete(_ context.Context, d store.Delivery, part int) store.Verdict {
	return p.touch("delete", d.Parts[part].Target, "")
}

func (p *platform) touch(what, message, body string) store.Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes = append(p.changes, strings.TrimSpace(what+" "+message+" "+body))
	if p.change != nil {
		return p.change()
	}
	return store.Verdict{}
}

func (p *platform) Repeats(store.Delivery, int) time.Duration { return max(p.repeats, p.forgets) }

func (p *platform) Clock() time.Time {
	if p.clock == nil {
		return time.Time{}
	}
	return p.clock()
}

// Second looks for the first copy of what stands there twice.
func (p *platform) Second(_ context.Context, d store.Delivery, part int, last string, _ func() error) store.Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := d.Chat.ID + ":" + d.Stories[0].ID + fmt.Sprint(".", part)
	if p.second != nil {
		if v := p.second(); v != nil {
			return *v
		}
	}
	p.seconds = append(p.seconds, strings.TrimSpace(name+" "+last))
	for i, post := range p.posts {
		id := fmt.Sprint(i + 1)
		if last != "" && store.CompareIDs(id, last) > 0 {
			break
		}
		if post == name && id != d.Parts[part].Message && !slices.Contains(p.changes, "delete "+id) {
			return store.Verdict{Outcome: store.Delivered, Message: id}
		}
	}
	return store.Verdict{Outcome: store.Absent}
}

func (p *platform) Settle(_ context.Context, d store.Delivery, part int, _ func() error) store.Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looked++
	name := d.Chat.ID + ":" + d.Stories[0].ID + fmt.Sprint(".", part)
	if i := slices.Index(p.posts, name); i >= 0 && !p.blind {
		return store.Verdict{Outcome: store.Delivered, Message: fmt.Sprint(i + 1)}
	}
	if p.find != nil {
		return *p.find
	}
	return store.Verdict{Outcome: store.Absent}
}

// desk is an outbox on a store, within a synctest bubble.
type desk struct {
	*testing.T
	*platform
	on    store.Platform
	as    Platform // what the outbox sees of the platform
	store *store.Store
	rates config.Rates
	stop  func()
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	e, err := bolt.Open(filepath.Join(t.TempDir(), "briefbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	p := newPlatform()
	return &desk{T: t, platform: p, as: p, on: store.Discord, store: s, stop: func() {}}
}

func languages(t testing.TB) *brief.Languages {
	t.Helper()
	l, err := brief.LoadLanguages()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (d *desk) start() {
	ctx, cancel := context.WithCancel(d.Context())
	done := make(chan error, 1)
	o := New(Options{
		Store:       d.store,
		Platforms:   map[store.Platform]Platform{d.on: d.as},
		Paces:       map[store.Platform]*Pace{d.on: NewPace(d.rates)},
		Languages:   languages(d),
		SettleAfter: 30 * time.Second,
		Log:         slog.New(slog.DiscardHandler),
	})
	go func() { done <- o.Run(ctx) }()
	d.stop = func() {
		cancel()
		if err := <-done; err != nil {
			d.Error(err)
		}
		d.stop = func() {}
	}
	synctest.Wait()
}

// plan makes channels, named like their chats, and plans the stories for each.
func (d *desk) plan(chats string, stories ...string) {
	d.Helper()
	d.stories(stories...)
	var all errgroup.Group
	for _, chat := range strings.Fields(chats) {
		all.Go(func() error { return d.planIn(chat, stories) })
	}
	if err := all.Wait(); err != nil {
		d.Fatal(err)
	}
	synctest.Wait()
}

func (d *desk) planIn(chat string, stories []string) error {
	c := store.Channel{Name: chat, Chat: store.Chat{Platform: d.on, ID: chat}, Timezone: "UTC"}
	if err := d.store.PutChannel(d.Context(), c, time.Now()); err != nil {
		return err
	}
	return d.run(chat, stories...)
}

// answer has a reader's answer sent to a chat.
func (d *desk) answer(chat string) {
	d.Helper()
	answer := store.Delivery{Chat: store.Chat{Platform: d.on, ID: chat}, Stories: []store.Ref{{ID: "answer"}}, Planned: time.Now()}
	err := d.store.PutDealt(d.Context(), "x", []store.Dealt{{Next: 1, Answer: &answer, Render: func(store.Delivery) ([]store.Part, error) {
		return []store.Part{{Body: json.RawMessage("1")}}, nil
	}}})
	if err != nil {
		d.Fatal(err)
	}
	synctest.Wait()
}

// stories puts stories into the store.
func (d *desk) stories(ids ...string) {
	d.Helper()
	for _, id := range ids {
		if _, _, err := d.store.PutStory(d.Context(), store.Story{ID: id, Headline: id, Bullets: []store.Bullet{{Text: "b"}}}, time.Now()); err != nil {
			d.Fatal(err)
		}
	}
}

// run plans the stories for a channel.
func (d *desk) run(channel string, stories ...string) error {
	_, err := d.store.RunSchedule(d.Context(), channel, func(a store.Agenda) store.Plan {
		p := store.Plan{Progress: a.Progress}
		for _, id := range stories {
			p.Deliveries = append(p.Deliveries, store.Delivery{
				Kind: store.PostDelivery, State: store.Planned, Planned: time.Now(), Stories: []store.Ref{{ID: id, Revision: 1}},
			})
		}
		return p
	})
	return err
}

func (d *desk) expect(want ...string) {
	d.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.posts, want) {
		d.Errorf("posts: %q, want %q", d.posts, want)
	}
	if d.crowded {
		d.Errorf("two requests were under way in one chat")
	}
}

// reason gives the state and the reason of the story's delivery, once it is
// final.
func (d *desk) end(id uint64) string {
	d.Helper()
	dl, err := d.store.Delivery(d.Context(), id)
	if err != nil {
		d.Fatal(err)
	}
	return string(dl.State) + ": " + dl.Reason
}

func (d *desk) firstPending(chat string) uint64 {
	d.Helper()
	pending, _, err := d.store.Pending(d.Context(), store.Chat{Platform: d.on, ID: chat})
	if err != nil || len(pending) == 0 {
		d.Fatalf("nothing is pending: %v", err)
	}
	return pending[0].ID
}

func pass(t time.Duration) {
	time.Sleep(t) // the bubble's clock: no waiting
	synctest.Wait()
}

// whisperer is a platform that says answers to their reader alone, for a while.
type whisperer struct {
	*platform
	until time.Time
}

func (w whisperer) Whispers(store.Delivery, int) bool { return time.Now().Before(w.until) }

// What is for one reader alone does not wait until it is known what became of a
// post; that it went beside others is on record before it is sent. What has waited
// so long that all would see it takes its turn.
func TestWhisper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.rates = config.Rates{All: config.Rate{Count: 1, Per: time.Second}}
		d.as = whisperer{d.platform, time.Now().Add(6500 * time.Millisecond)}
		d.send = func(dl store.Delivery, part int, post func() string) *store.Verdict {
			recorded, err := d.store.Delivery(t.Context(), dl.ID)
			alone := dl.Kind == store.AnswerDelivery && d.as.(Whisperer).Whispers(dl, part)
			if err != nil || recorded.Parts[part].Beside != alone {
				t.Errorf("on record when it is sent: %+v, %v", recorded, err)
			}
			if dl.Kind == store.AnswerDelivery {
				return nil
			}
			post()
			return &store.Verdict{Outcome: store.Unknown, Reason: "connection reset"}
		}
		d.plan("c", "a")
		d.start()
		pass(5 * time.Second)
		for range 3 {
			d.answer("c")
		}
		pass(20 * time.Second)
		d.expect("c:a.0", "c:answer.0", "c:answer.0")
		pass(time.Minute)
		d.expect("c:a.0", "c:answer.0", "c:answer.0", "c:answer.0")
		d.stop()
	})
}

// playBothLate has the requests of two posts in a row carried out after their last
// looks.
func playBothLate(d *desk) {
	sent := map[string]bool{}
	d.find = &store.Verdict{Outcome: store.Absent, Reason: "not found"}
	d.send = func(dl store.Delivery, _ int, post func() string) *store.Verdict {
		if story := dl.Stories[0].ID; !sent[story] {
			sent[story] = true
			time.AfterFunc(45*time.Second-time.Millisecond, func() { post() })
			return &store.Verdict{Outcome: store.Unknown, Reason: "connection reset"}
		}
		return nil
	}
	d.blind = true
	d.plan("c", "a", "b")
	d.start()
	pass(10 * time.Minute)
	d.expect("c:a.0", "c:a.0", "c:b.0", "c:b.0")
	if !slices.Equal(d.changes, []string{"delete 2", "delete 4"}) {
		d.Errorf("changes: %q", d.changes)
	}
	// A look for the first that went on would give the second's copy its buttons.
	if !slices.Equal(d.seconds, []string{"c:a.0 2", "c:b.0"}) {
		d.Errorf("looks: %q", d.seconds)
	}
}

func TestOutbox(t *testing.T) {
	lost := &store.Verdict{Outcome: store.Unknown, Reason: "connection reset"}
	for _, tt := range []struct {
		name string
		play func(d *desk)
	}{
		{"posts in order, each once", func(d *desk) {
			d.start()
			d.plan("c", "a", "b")
			d.expect("c:a.0", "c:b.0")
			pass(time.Hour)
			d.expect("c:a.0", "c:b.0")
		}},
		{"parts in order", func(d *desk) {
			d.parts = 3
			d.start()
			d.plan("c", "a")
			d.expect("c:a.0", "c:a.1", "c:a.2")
		}},
		{"what was planned while the program was down is sent after the start", func(d *desk) {
			d.plan("c", "a")
			d.start()
			d.expect("c:a.0")
		}},
		{"a busy platform is tried again, after what it asks for", func(d *desk) {
			var tries []time.Time
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if tries = append(tries, time.Now()); len(tries) < 3 {
					return &store.Verdict{Outcome: store.Retry, After: 40 * time.Second, Reason: "429"}
				}
				return nil
			}
			d.start()
			d.plan("c", "a", "b")
			pass(2 * time.Minute)
			d.expect("c:a.0", "c:b.0")
			if gap := tries[1].Sub(tries[0]); gap < 40*time.Second {
				d.Errorf("tried again after %s", gap)
			}
		}},
		{"a whole bot's pause holds every chat", func(d *desk) {
			once := true
			d.send = func(dl store.Delivery, _ int, _ func() string) *store.Verdict {
				if once {
					once = false
					return &store.Verdict{Outcome: store.Retry, After: time.Minute, Everywhere: true, Reason: "429 global"}
				}
				return nil
			}
			d.start()
			d.plan("c", "a")
			d.plan("other", "a")
			pass(50 * time.Second)
			d.expect()
			pass(20 * time.Second)
			if len(d.posts) != 2 {
				d.Errorf("posts: %q", d.posts)
			}
		}},
		{"a refused post is given up with the platform's words, and the next one goes", func(d *desk) {
			d.send = func(dl store.Delivery, _ int, _ func() string) *store.Verdict {
				if dl.Stories[0].ID == "a" {
					return &store.Verdict{Outcome: store.Refused, Reason: "400 embed too large"}
				}
				return nil
			}
			d.plan("c", "a", "b")
			id := d.firstPending("c")
			d.start()
			d.expect("c:b.0")
			if got := d.end(id); got != "given up: 400 embed too large" {
				d.Errorf("end: %s", got)
			}
		}},
		{"an answer lost after the platform acted does not double", func(d *desk) {
			first := true
			d.send = func(_ store.Delivery, _ int, post func() string) *store.Verdict {
				if first {
					first = false
					post()
					return lost
				}
				return nil
			}
			d.start()
			d.plan("c", "a", "b")
			pass(20 * time.Second)
			d.expect("c:a.0") // the next one waits, so that the order holds
			pass(20 * time.Second)
			d.expect("c:a.0", "c:b.0")
		}},
		{"a request lost before the platform acted is not lost", func(d *desk) {
			first := true
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if first {
					first = false
					return lost
				}
				return nil
			}
			d.start()
			d.plan("c", "a", "b")
			pass(2 * time.Minute)
			d.expect("c:a.0", "c:b.0")
		}},
		{"a request carried out between two looks does not double", func(d *desk) {
			first := true
			d.send = func(_ store.Delivery, _ int, post func() string) *store.Verdict {
				if first {
					first = false
					time.AfterFunc(35*time.Second, func() { post() })
					return lost
				}
				return nil
			}
			d.start()
			d.plan("c", "a", "b")
			pass(2 * time.Minute)
			d.expect("c:a.0", "c:b.0")
		}},
		{"what is sent anew is what was recorded, whatever became of the story since", func(d *desk) {
			first := true
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if first {
					first = false
					return lost
				}
				return nil
			}
			d.start()
			d.plan("c", "a")
			_, _, err := d.store.PutStory(d.Context(), store.Story{ID: "a", Headline: "other words", Bullets: []store.Bullet{{Text: "b"}}}, time.Now())
			if err != nil {
				d.Fatal(err)
			}
			pass(2 * time.Minute)
			d.expect("c:a.0")
			if d.rendered != 1 {
				d.Errorf("rendered %d times", d.rendered)
			}
		}},
		{"all topics of a chat share one lane", func(d *desk) {
			d.on = store.Telegram
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				time.Sleep(time.Second)
				return nil
			}
			d.stories("a")
			for i := range 5 {
				c := store.Channel{Name: fmt.Sprint(i), Chat: store.Chat{Platform: d.on, ID: "-1001", Thread: i}, Timezone: "UTC"}
				if err := d.store.PutChannel(d.Context(), c, time.Now()); err != nil {
					d.Fatal(err)
				}
				d.run(c.Name, "a")
			}
			d.start()
			pass(time.Minute)
			d.expect("-1001:a.0", "-1001:a.0", "-1001:a.0", "-1001:a.0", "-1001:a.0")
		}},
		{"a platform that knows repetitions is asked again soon", func(d *desk) {
			d.repeats = 2 * time.Minute
			first := true
			d.send = func(_ store.Delivery, _ int, post func() string) *store.Verdict {
				if first {
					first = false
					post()
					return lost
				}
				return nil
			}
			d.start()
			d.plan("c", "a", "b")
			pass(5 * time.Second)
			d.expect("c:a.0", "c:b.0")
		}},
		{"what can't be settled is sent anew by default", func(d *desk) {
			d.find = &store.Verdict{Outcome: store.Unknown, Reason: "may not read"}
			first := true
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if first {
					first = false
					return lost
				}
				return nil
			}
			d.start()
			d.plan("c", "a")
			pass(2 * time.Minute)
			d.expect("c:a.0")
		}},
		{"what was for one reader alone has no second copy among the chat's messages", func(d *desk) {
			d.find = &store.Verdict{Outcome: store.Unknown, Aloud: true, Reason: "it can't be looked for"}
			first := true
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if first {
					first = false
					return lost
				}
				return nil
			}
			d.plan("c", "a")
			id := d.firstPending("c")
			d.start()
			pass(time.Minute)
			d.expect("c:a.0")
			dl, err := d.store.Delivery(d.Context(), id)
			if err != nil {
				d.Fatal(err)
			}
			if p := dl.Parts[0]; dl.State != store.Sent || dl.Resends != 1 || !p.Aloud || p.Doubt {
				d.Errorf("it is %+v", dl)
			}
			if d.looked != 1 {
				d.Errorf("looked for %d times", d.looked)
			}
		}},
		{"a program that died while sending settles first", func(d *desk) {
			d.plan("c", "a", "b")
			id := d.firstPending("c")
			// What is on disk if the program dies after the platform acted and
			// before it could record that.
			dl, err := d.store.ChangeDelivery(d.Context(), id, func(dl *store.Delivery) {
				dl.Parts = []store.Part{{Body: json.RawMessage(`"x"`), Claimed: time.Now()}}
				dl.State = store.Claimed
			})
			if err != nil {
				d.Fatal(err)
			}
			d.post(dl, 0)
			d.start()
			pass(time.Minute)
			d.expect("c:a.0", "c:b.0")
		}},
		{"a chat that hangs holds up no other", func(d *desk) {
			d.send = func(dl store.Delivery, _ int, _ func() string) *store.Verdict {
				if dl.Chat.ID == "slow" {
					time.Sleep(30 * time.Second)
				}
				return nil
			}
			d.start()
			began := time.Now()
			d.plan("slow fast", "a")
			pass(time.Minute)
			if late := d.at["fast:a.0"].Sub(began); late > time.Second {
				d.Errorf("the other chat waited %s", late)
			}
		}},
		{"one odd refusal stops nothing", func(d *desk) {
			once := true
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if once {
					once = false
					return &store.Verdict{Outcome: store.Refused, Gone: true, Reason: "403 bot was kicked"}
				}
				return nil
			}
			d.start()
			d.plan("c", "a")
			pass(2 * time.Minute)
			d.expect("c:a.0")
		}},
		{"a chat that is gone is paused, and tried now and then until the operator mended it", func(d *desk) {
			var mended atomic.Bool
			var tries atomic.Int32
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				tries.Add(1)
				if !mended.Load() {
					return &store.Verdict{Outcome: store.Refused, Gone: true, Reason: "403 bot was kicked"}
				}
				return nil
			}
			d.start()
			d.plan("c", "a", "b")
			pass(30 * time.Minute)
			d.expect()
			p, err := d.store.PauseOf(d.Context(), store.Chat{Platform: d.on, ID: "c"})
			if err != nil || p.Reason != "403 bot was kicked" || tries.Load() != 3 {
				d.Errorf("after %d tries the pause is %+v, %v", tries.Load(), p, err)
			}
			d.plan("c", "later") // it waits for the chat
			pass(2 * time.Hour)
			if n := tries.Load(); n != 4 {
				d.Errorf("%d tries, want one more", n)
			}
			mended.Store(true)
			pass(6 * time.Hour)
			d.plan("c", "later")
			pass(time.Minute)
			d.expect("c:a.0", "c:b.0", "c:later.0")
			if _, err := d.store.PauseOf(d.Context(), store.Chat{Platform: d.on, ID: "c"}); !errors.Is(err, store.ErrNotFound) {
				d.Errorf("the pause stands: %v", err)
			}
		}},
		{"a chat that is back gets what waited, in order", func(d *desk) {
			gone := true
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if gone {
					return &store.Verdict{Outcome: store.Refused, Gone: true, Reason: "403 bot was kicked"}
				}
				return nil
			}
			d.start()
			d.plan("c", "a", "b")
			pass(20 * time.Minute)
			gone = false
			if was, err := d.store.ResumeChat(d.Context(), store.Chat{Platform: d.on, ID: "c"}, false); !was || err != nil {
				d.Errorf("resumed: %v, %v", was, err)
			}
			pass(time.Second)
			d.expect("c:a.0", "c:b.0")
		}},
		{"a closed topic holds up no other topic of its chat", func(d *desk) {
			d.send = func(dl store.Delivery, _ int, _ func() string) *store.Verdict {
				if dl.Chat.Thread == 7 {
					return &store.Verdict{Outcome: store.Refused, GoneThread: true, Reason: "TOPIC_CLOSED"}
				}
				return nil
			}
			d.on = store.Telegram
			for name, thread := range map[string]int{"closed": 7, "open": 8} {
				c := store.Channel{Name: name, Chat: store.Chat{Platform: d.on, ID: "-1001", Thread: thread}, Timezone: "UTC"}
				if err := d.store.PutChannel(d.Context(), c, time.Now()); err != nil {
					d.Fatal(err)
				}
			}
			d.stories("a", "b")
			d.start()
			for _, story := range []string{"a", "b"} {
				d.run("closed", story)
				d.run("open", story)
			}
			pass(time.Second)
			d.expect("-1001:a.0", "-1001:b.0") // of the open topic
			pass(time.Hour)
			d.expect("-1001:a.0", "-1001:b.0")
			if p, err := d.store.PauseOf(d.Context(), store.Chat{Platform: d.on, ID: "-1001", Thread: 7}); err != nil || p.Chat.Thread != 7 {
				d.Errorf("the topic is not paused: %+v, %v", p, err)
			}
		}},
		{"a request carried out after the last look leaves one copy, the first", func(d *desk) {
			first := true
			d.send = func(_ store.Delivery, _ int, post func() string) *store.Verdict {
				if first {
					first = false
					time.AfterFunc(45*time.Second-time.Millisecond, func() { post() }) // between the last look, at 45 s, and the repetition: as good as
					d.find = &store.Verdict{Outcome: store.Absent, Reason: "not found"}
					return lost
				}
				return nil
			}
			d.blind = true
			d.plan("c", "a", "b")
			id := d.firstPending("c")
			d.start()
			pass(10 * time.Minute)
			d.expect("c:a.0", "c:a.0", "c:b.0")
			if !slices.Equal(d.changes, []string{"delete 2"}) {
				d.Errorf("changes: %q", d.changes)
			}
			dl, err := d.store.Delivery(d.Context(), id)
			if err != nil || dl.State != store.Sent || dl.Parts[0].Message != "1" || dl.Doubles != 1 {
				d.Errorf("recorded: %+v, %v", dl, err)
			}
			if _, counts, _ := d.store.Incidents(d.Context(), 10); counts[store.TookBack] != 1 {
				d.Errorf("counted: %v", counts)
			}
		}},
		{"two in a row that are carried out after their last looks leave one copy each", playBothLate},
		{"so do two of which the first one's look fails until the second one's is due", func(d *desk) {
			failing := 8 // for more than a minute
			d.second = func() *store.Verdict {
				if failing--; failing >= 0 {
					return &store.Verdict{Outcome: store.Retry, Reason: "503"}
				}
				return nil
			}
			playBothLate(d)
		}},
		{"a look that may have missed the message follows what the channel wants", func(d *desk) {
			d.find = &store.Verdict{Outcome: store.Absent, Unsure: true, Reason: "the bot does not see all"}
			first := true
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if first {
					first = false
					return lost
				}
				return nil
			}
			d.start()
			d.plan("c", "a")
			pass(2 * time.Minute)
			d.expect("c:a.0")
			last, counts, err := d.store.Incidents(d.Context(), 10)
			if err != nil || counts[store.SentAnew] != 1 || len(last) != 1 || last[0].Reason != "the bot does not see all" {
				d.Errorf("counted: %v, %+v, %v", counts, last, err)
			}
		}},
		{"a clock set back by hours delays nothing by hours", func(d *desk) {
			d.plan("c", "a")
			id := d.firstPending("c")
			ahead := time.Now().Add(5 * time.Hour) // what the clock showed when the retry was decided
			_, err := d.store.ChangeDelivery(d.Context(), id, func(dl *store.Delivery) {
				dl.Attempts, dl.Set, dl.Due = 1, ahead, ahead.Add(time.Minute)
			})
			if err != nil {
				d.Fatal(err)
			}
			d.start()
			pass(50 * time.Second)
			d.expect()
			pass(20 * time.Second)
			d.expect("c:a.0")
		}},
		{"a clock set back does not have a request repeated that the platform has forgotten", func(d *desk) {
			// The program was killed while it sent; by the platform's clock that is
			// an hour ago, by the local one a minute.
			d.repeats = 2 * time.Minute
			d.clock = time.Now
			d.plan("c", "a")
			id := d.firstPending("c")
			dl, err := d.store.ChangeDelivery(d.Context(), id, func(dl *store.Delivery) {
				dl.Parts = []store.Part{{Body: json.RawMessage(`"x"`), Claimed: time.Now().Add(-time.Minute), ClaimedThere: time.Now().Add(-time.Hour)}}
				dl.State = store.Claimed
			})
			if err != nil {
				d.Fatal(err)
			}
			d.post(dl, 0)
			d.repeats = 0 // the platform has forgotten
			d.forgets = 2 * time.Minute
			d.start()
			pass(5 * time.Minute)
			d.expect("c:a.0")
			if d.looked == 0 {
				d.Errorf("it was not looked for")
			}
		}},
		{"what waited too long for its chat is given up, with the reason", func(d *desk) {
			gone := true
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				if gone {
					return &store.Verdict{Outcome: store.Refused, Gone: true, Reason: "403 bot was kicked"}
				}
				return nil
			}
			d.plan("c", "a")
			id := d.firstPending("c")
			d.start()
			pass(30 * time.Minute)
			pass(80 * time.Hour)
			gone = false
			if _, err := d.store.ResumeChat(d.Context(), store.Chat{Platform: d.on, ID: "c"}, false); err != nil {
				d.Fatal(err)
			}
			pass(time.Second)
			d.expect()
			if got := d.end(id); got != "given up: not delivered within 72h0m0s: 403 bot was kicked" {
				d.Errorf("end: %s", got)
			}
		}},
		{"old news is given up", func(d *desk) {
			d.send = func(store.Delivery, int, func() string) *store.Verdict {
				return &store.Verdict{Outcome: store.Retry, Reason: "503"}
			}
			d.plan("c", "a")
			id := d.firstPending("c")
			d.start()
			pass(80 * time.Hour)
			if got := d.end(id); got != "given up: not delivered within 72h0m0s: 503" {
				d.Errorf("end: %s", got)
			}
		}},
		{"a story taken back before its post is not posted", func(d *desk) {
			d.plan("c", "a", "b")
			d.store.RemoveStory(d.Context(), "a", false, time.Now())
			d.start()
			d.expect("c:b.0")
		}},
		{"a story that changes while its post is made is posted as it is then", func(d *desk) {
			d.plan("c", "a")
			id := d.firstPending("c")
			d.making = sync.OnceFunc(func() {
				changed := store.Story{ID: "a", Headline: "another", Bullets: []store.Bullet{{Text: "b"}}}
				if _, _, err := d.store.PutStory(d.Context(), changed, time.Now()); err != nil {
					d.Error(err)
				}
			})
			d.start()
			d.expect("c:a.0")
			if dl, err := d.store.Delivery(d.Context(), id); err != nil || dl.Stories[0].Revision != 2 || d.rendered != 2 {
				d.Errorf("made %d times, of %+v, %v", d.rendered, dl.Stories, err)
			}
		}},
		{"a story taken back while its post is made is not posted", func(d *desk) {
			d.plan("c", "a", "b")
			id := d.firstPending("c")
			d.making = sync.OnceFunc(func() {
				if err := d.store.RemoveStory(d.Context(), "a", false, time.Now()); err != nil {
					d.Error(err)
				}
			})
			d.start()
			d.expect("c:b.0")
			if got := d.end(id); got != "given up: the story was withdrawn before it was posted" {
				d.Errorf("end: %s", got)
			}
			d.stories("a") // it is back
			if err := d.run("c", "a", "b"); err != nil {
				d.Error(err)
			}
			pass(time.Minute)
			d.expect("c:b.0", "c:a.0")
		}},
		{"a name becomes its number", func(d *desk) {
			d.plan("@c", "a", "b")
			d.start()
			d.expect("c:a.0", "c:b.0")
		}},
		{"a chat is paced", func(d *desk) {
			d.rates = config.Rates{Chat: config.Rate{Count: 1, Per: time.Second}}
			d.start()
			d.plan("c", "a", "b", "c")
			pass(time.Minute)
			d.expect("c:a.0", "c:b.0", "c:c.0")
			if gap := d.at["c:c.0"].Sub(d.at["c:a.0"]); gap < 2*time.Second {
				d.Errorf("three posts within %s", gap)
			}
		}},
		{"stopping waits for what is under way", func(d *desk) {
			d.send = func(_ store.Delivery, _ int, post func() string) *store.Verdict {
				time.Sleep(3 * time.Second)
				return nil
			}
			d.plan("c", "a", "b")
			id := d.firstPending("c")
			d.start()
			d.stop()
			d.expect("c:a.0")
			if got := d.end(id); got != "sent: " {
				d.Errorf("end: %s", got)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				tt.play(d)
				d.stop()
			})
		})
	}
}

// A story that changes changes its posts.
func TestRevisions(t *testing.T) {
	// revise changes the story, and has the change planned as updates says.
	revise := func(d *desk, updates string) {
		d.Helper()
		c, err := d.store.Channel(d.Context(), "c")
		if err != nil {
			d.Fatal(err)
		}
		c.Updates = updates
		if err := d.store.PutChannel(d.Context(), c, time.Now()); err != nil {
			d.Fatal(err)
		}
		_, change, err := d.store.PutStory(d.Context(), store.Story{ID: "a", Headline: "better " + time.Now().String(), Bullets: []store.Bullet{{Text: "b"}}}, time.Now())
		if err != nil || change != store.Revised {
			d.Fatalf("%v, %v", change, err)
		}
		pass(time.Minute)
	}
	tags := func(d *desk, post uint64, changes ...string) {
		d.Helper()
		var want []string
		for _, c := range changes {
			if what, part, ok := strings.Cut(c, " #"); ok {
				c = fmt.Sprintf("%s %q", what, store.Delivery{ID: post}.Tag(int(part[0]-'0')))
			}
			want = append(want, c)
		}
		if !slices.Equal(d.changes, want) {
			d.Errorf("changes %q, want %q", d.changes, want)
		}
	}
	for _, tt := range []struct {
		name string
		play func(d *desk, post uint64)
	}{
		{"the post is edited, and keeps its tag", func(d *desk, post uint64) {
			revise(d, "edit")
			tags(d, post, "edit 1 #0")
			d.expect("c:a.0")
		}},
		{"a longer one gets another message, a shorter one loses it", func(d *desk, post uint64) {
			d.parts = 2
			revise(d, "edit")
			tags(d, post, "edit 1 #0")
			d.expect("c:a.0", "c:a.1")
			d.parts = 1
		}},
		{"changes are not brought where they are ignored", func(d *desk, post uint64) {
			revise(d, "ignore")
			tags(d, post)
			d.expect("c:a.0")
		}},
		{"a repost is a post of its own", func(d *desk, post uint64) {
			revise(d, "repost")
			tags(d, post)
			d.expect("c:a.0", "c:a.0")
		}},
		{"an edit that may have failed is made again", func(d *desk, post uint64) {
			d.change = func() store.Verdict {
				d.change = nil
				return store.Verdict{Outcome: store.Unknown, Reason: "reset"}
			}
			revise(d, "edit")
			tags(d, post, "edit 1 #0", "edit 1 #0")
		}},
		{"a retracted story is marked", func(d *desk, post uint64) {
			if err := d.store.RemoveStory(d.Context(), "a", true, time.Now()); err != nil {
				d.Fatal(err)
			}
			pass(time.Minute)
			tags(d, post, "edit 1 #0")
		}},
		{"a story that its source let go is left alone", func(d *desk, post uint64) {
			if err := d.store.RemoveStory(d.Context(), "a", false, time.Now()); err != nil {
				d.Fatal(err)
			}
			pass(time.Minute)
			tags(d, post)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				d.plan("c", "a")
				post := d.firstPending("c")
				d.start()
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- schedule.NewReviser(d.store, slog.New(slog.DiscardHandler)).Run(ctx) }()
				synctest.Wait()
				tt.play(d, post)
				cancel()
				<-done
				d.stop()
			})
		})
	}
}

// A channel that would rather miss a post than see it twice holds it.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.find = &store.Verdict{Outcome: store.Unknown, Reason: "may not read"}
		d.send = func(store.Delivery, int, func() string) *store.Verdict {
			return &store.Verdict{Outcome: store.Unknown, Reason: "timed out"}
		}
		d.plan("c", "a")
		c, err := d.store.Channel(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		c.Uncertain = "hold"
		if err := d.store.PutChannel(t.Context(), c, time.Now()); err != nil {
			t.Fatal(err)
		}
		id := d.firstPending("c")
		d.start()
		pass(time.Hour)
		d.expect()
		if got := d.end(id); got != "given up: held, since it may be out already: may not read" {
			t.Errorf("end: %s", got)
		}
		d.stop()
	})
}

// A store that fails for a while delays, and loses nothing.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.plan("c", "a")
		flaky := &flakyStore{Store: d.store, failures: 3}
		ctx, cancel := context.WithCancel(t.Context())
		o := New(Options{Store: flaky, Platforms: map[store.Platform]Platform{store.Discord: d.platform}, Languages: languages(t), SettleAfter: time.Second, Log: slog.New(slog.DiscardHandler)})
		done := make(chan error)
		go func() { done <- o.Run(ctx) }()
		pass(time.Minute)
		d.expect("c:a.0")
		cancel()
		<-done
	})
}

type flakyStore struct {
	Store
	failures int
}

func (f *flakyStore) ClaimDelivery(ctx context.Context, id uint64, change func(*store.Delivery, string)) (store.Delivery, error) {
	if f.failures--; f.failures >= 0 {
		return store.Delivery{}, errors.New("disk full")
	}
	return f.Store.ClaimDelivery(ctx, id, change)
}
