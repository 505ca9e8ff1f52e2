package outbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot/config"
	"briefbot/store"
)

// letGo waits until a request can be let go, and gives its slot.
func letGo(p *Pace, urgent bool) *slot {
	time.Sleep(time.Until(p.next(time.Now(), urgent)))
	return p.take(time.Now(), urgent)
}

// expectWindows checks that of the requests no more than so many were counted within
// any second.
func expectWindows(t *testing.T, counted []time.Time, most int) {
	t.Helper()
	slices.SortFunc(counted, time.Time.Compare)
	for i := most; i < len(counted); i++ {
		if gap := counted[i].Sub(counted[i-most]); gap < time.Second {
			t.Fatalf("%d requests within %s", most+1, gap)
		}
	}
}

// A platform counts in windows of its own, and by when requests reach it: some
// are slow on their way, others catch up with them. None of its windows gets
// more than the limit, and little of the limit is left unused. No post that was let
// go waits long, however many readers ask.
func TestBudget(t *testing.T) {
	for _, test := range []struct {
		most, requests int
		answers        float64 // of all
		there          time.Duration
	}{
		{200, 2000, 0.1, 20 * time.Millisecond},
		{50, 1000, 0.95, 10 * time.Millisecond},
		{50, 1000, 0.95, 75 * time.Millisecond},
		{30, 600, 0.5, 600 * time.Millisecond},
		{30, 600, 0.95, 75 * time.Millisecond},
		{5, 100, 0.5, 10 * time.Millisecond},
		{1, 60, 0.1, 10 * time.Millisecond},
		{1, 60, 0.5, 300 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("%d-%g-%s", test.most, test.answers, test.there), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := NewPace(config.Rates{All: config.Rate{Count: float64(test.most), Per: time.Second}})
				chance := rand.New(rand.NewPCG(1, 2))
				some := func(least, most time.Duration) time.Duration {
					return least + time.Duration(chance.Int64N(int64(most-least)))
				}
				var mu sync.Mutex
				var counted []time.Time
				var longest time.Duration
				var all sync.WaitGroup
				began := time.Now()
				for range test.requests {
					answer := chance.Float64() < test.answers
					if answer { // readers ask when they like
						time.Sleep(time.Duration(chance.ExpFloat64() / float64(test.most) * float64(time.Second)))
					}
					s := letGo(p, answer)
					granted := time.Now()
					claim, there, back := some(time.Millisecond, 15*time.Millisecond), some(test.there, test.there*3/2), some(test.there, test.there*5/4)
					if chance.IntN(100) == 0 {
						there += 300 * time.Millisecond
					}
					all.Go(func() {
						time.Sleep(claim)
						p.within(s, func() store.Verdict {
							mu.Lock()
							longest = max(longest, time.Since(granted))
							mu.Unlock()
							time.Sleep(there)
							mu.Lock()
							counted = append(counted, time.Now())
							mu.Unlock()
							time.Sleep(back)
							return store.Verdict{}
						})
					})
				}
				all.Wait()
				expectWindows(t, counted, test.most)
				if bound := time.Second/2 + time.Second/time.Duration(test.most); longest > bound {
					t.Errorf("a request waited %s after it was let go", longest)
				}
				floor := time.Duration(test.requests) * time.Second / time.Duration(test.most)
				if took := time.Since(began); test.answers < 0.2 && test.most > 1 && took > floor*104/100 {
					t.Errorf("%d requests took %s", test.requests, took)
				}
			})
		})
	}
}

// The first request has to connect, and is counted late: how long it takes says
// nothing of those that follow, which come up to it. Mostly it is one that the
// adapter makes for itself; those are counted with the posts.
func TestBudgetConnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 20
		p := NewPace(config.Rates{All: config.Rate{Count: most, Per: time.Second}})
		var mu sync.Mutex
		var counted []time.Time
		// request is one that is counted after the way there.
		request := func(there time.Duration) {
			time.Sleep(there)
			mu.Lock()
			counted = append(counted, time.Now())
			mu.Unlock()
			time.Sleep(time.Millisecond)
		}
		const connect, way = 80 * time.Millisecond, 5 * time.Millisecond
		for _, there := range []time.Duration{connect, way, way} {
			if err := p.Own(t.Context(), func() error { request(there); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for range 3 * most {
			s := letGo(p, false)
			all.Go(func() {
				p.within(s, func() store.Verdict { request(way); return store.Verdict{} })
			})
		}
		all.Wait()
		expectWindows(t, counted, most)
	})
}

// While a post waits for its time, its claim reaches the disk: so from the first
// second on none is late that takes no longer than that.
func TestPaceAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 100
		p := NewPace(config.Rates{All: config.Rate{Count: most, Per: time.Second}})
		began := time.Now()
		var all sync.WaitGroup
		for range most {
			s := letGo(p, false)
			all.Go(func() {
				time.Sleep(ahead) // the claim
				p.within(s, func() store.Verdict { return store.Verdict{} })
			})
		}
		all.Wait()
		if took := time.Since(began); took > time.Second {
			t.Errorf("%d posts took %s", most, took)
		}
	})
}

// A request that hangs takes its slot from the others for a moment only.
func TestBudgetHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(config.Rates{All: config.Rate{Count: 1, Per: time.Second}})
		var all sync.WaitGroup
		defer all.Wait()
		began := time.Now()
		for range 2 {
			s := letGo(p, false)
			all.Go(func() {
				p.within(s, func() store.Verdict {
					time.Sleep(30 * time.Second)
					return store.Verdict{}
				})
			})
			synctest.Wait()
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the next request waited %s", took)
		}
	})
}

// An answer need not wait for the posts that were let go ahead of their time: it is
// sent when the first of them would have been, and each of them when the next would.
func TestBudgetUrgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 10
		const apart = time.Second / most
		p := NewPace(config.Rates{All: config.Rate{Count: most, Per: time.Second}})
		began := time.Now()
		var all sync.WaitGroup
		sent := make([]time.Duration, 2*most)
		send := func(n int, urgent bool) {
			s := p.take(time.Now(), urgent)
			all.Go(func() {
				p.within(s, func() store.Verdict {
					sent[n] = time.Since(began)
					return store.Verdict{}
				})
			})
			synctest.Wait()
		}
		for n := range most {
			send(n, false)
			time.Sleep(time.Until(began.Add(time.Duration(n+1)*apart - time.Millisecond)))
		}
		for n := most; n < 2*most-1; n++ {
			send(n, false)
		}
		send(2*most-1, true)
		all.Wait()
		answer := sent[2*most-1]
		posts := sent[most : 2*most-1]
		slices.Sort(posts)
		if answer != time.Second || posts[0] != time.Second+apart || posts[len(posts)-1] != time.Second+(most-1)*apart {
			t.Errorf("the answer was sent after %s, the posts after %s", answer, posts)
		}
	})
}

// While posts are let go as soon as may be, an answer is let go at once, and sent
// when the first of them would have been: its reader waits for the platform's rate
// alone.
func TestPaceUrgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 20
		const apart = time.Second / most
		p := NewPace(config.Rates{All: config.Rate{Count: most, Per: time.Second}})
		var all sync.WaitGroup
		send := func(urgent bool, sent *time.Time) {
			s := letGo(p, urgent)
			all.Go(func() {
				time.Sleep(ahead / 2) // the claim
				p.within(s, func() store.Verdict {
					*sent = time.Now()
					return store.Verdict{}
				})
			})
		}
		var posts [2 * most]time.Time
		for i := range posts {
			send(false, &posts[i])
		}
		asked := time.Now()
		var answered time.Time
		send(true, &answered)
		if waited := time.Since(asked); waited > 0 {
			t.Errorf("the answer was let go after %s", waited)
		}
		all.Wait()
		if took := answered.Sub(asked); took > apart {
			t.Errorf("the answer was sent after %s, where a post is sent every %s", took, apart)
		}
	})
}
