package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"briefbot/bot/brief"
	"briefbot/bot/outbox"
	"briefbot/bot/schedule"
	"briefbot/store"
)

// BenchmarkStory is one story planned for more and more channels, and sent to
// each: with the schedule, the outbox, the store on disk and what a post says,
// without a network, a platform's form of the post, and pacing.
func BenchmarkStory(b *testing.B) {
	for _, channels := range []int{1000, 10_000, 100_000} {
		b.Run(strconv.Itoa(channels), func(b *testing.B) {
			if testing.Short() && channels > 10_000 {
				b.Skip("short")
			}
			benchStory(b, channels, send)
		})
	}
}

// BenchmarkStoryNaive is the same in the plain way: one channel after another,
// each step in a transaction of its own.
func BenchmarkStoryNaive(b *testing.B) {
	b.Run("1000", func(b *testing.B) { benchStory(b, 1000, sendNaively) })
}

// benchStory lets a way to bring a story to all channels do so, b.N times.
func benchStory(b *testing.B, channels int, bring func(*testing.B, *store.Store, []store.Channel, *still)) {
	var took, processor time.Duration
	var heap uint64
	for range b.N {
		b.StopTimer()
		st, all := channelsOfBench(b, channels)
		p := &still{want: int64(channels), done: make(chan struct{})}
		began, before := time.Now(), processorTime()
		b.StartTimer()
		bring(b, st, all, p)
		b.StopTimer()
		took += time.Since(began)
		processor += processorTime() - before
		heap = max(heap, p.heap)
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
	}
	n := float64(b.N * channels)
	b.ReportMetric(n/took.Seconds(), "deliveries/s")
	b.ReportMetric(float64(took.Nanoseconds())/n, "ns/delivery")
	b.ReportMetric(float64(processor.Nanoseconds())/n, "cpu-ns/delivery")
	b.ReportMetric(float64(heap)/(1<<20), "heap-MiB")
}

// channelsOfBench makes a store with channels whose chats are known, and a story
// that each is to get.
func channelsOfBench(b *testing.B, n int) (*store.Store, []store.Channel) {
	b.Helper()
	st, err := OpenStore(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	story := store.Story{ID: "desk:ferry", Headline: "Night ferry returns to Port Ansel", Bullets: []store.Bullet{
		{Text: "The night ferry sails again after nine years, with forty cabins and room for sixty cars.", Citations: []int{1, 2}},
		{Text: "A cabin costs what it did in 2017, the operator says, and children travel free until June.", Citations: []int{2}},
	}}
	if _, _, err := st.PutStory(b.Context(), story, time.Now()); err != nil {
		b.Fatal(err)
	}
	var all []store.Channel
	for i := range n {
		all = append(all, store.Channel{
			Name: fmt.Sprint("c", i), Chat: store.Chat{Platform: store.Discord, ID: fmt.Sprint(1_000_000 + i)}, Schedule: "@every 24h", Timezone: "UTC",
			Mode: store.Each, Limit: 10, Backfill: 1, CatchUp: time.Hour, MaxAge: 72 * time.Hour,
		})
	}
	if err := st.PutChannels(b.Context(), all, time.Now()); err != nil {
		b.Fatal(err)
	}
	var places errgroup.Group
	places.SetLimit(256)
	for _, c := range all {
		places.Go(func() error {
			return st.MovePending(b.Context(), c.Chat, store.Place{Chat: c.Chat, Kind: store.DiscordText, Name: c.Name})
		})
	}
	if err := places.Wait(); err != nil {
		b.Fatal(err)
	}
	return st, all
}

// send is briefbot's way.
func send(b *testing.B, st *store.Store, _ []store.Channel, p *still) {
	log := slog.New(slog.DiscardHandler)
	out := outbox.New(outbox.Options{Store: st, Languages: speech(b), Platforms: map[store.Platform]outbox.Platform{store.Discord: p}, SettleAfter: time.Minute, Log: log})
	ctx, cancel := context.WithCancel(b.Context())
	var parts errgroup.Group
	parts.Go(func() error { return out.Run(ctx) })
	parts.Go(func() error { return schedule.New(st, log).Run(ctx) })
	<-p.done
	cancel()
	if err := parts.Wait(); err != nil {
		b.Fatal(err)
	}
}

func speech(tb testing.TB) *brief.Languages {
	tb.Helper()
	l, err := brief.LoadLanguages()
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// sendNaively is the plain way.
func sendNaively(b *testing.B, st *store.Store, all []store.Channel, p *still) {
	ctx := b.Context()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	voice := speech(b).Voice("en")
	for _, c := range all {
		made, err := st.RunSchedule(ctx, c.Name, func(a store.Agenda) store.Plan {
			e := a.Backfill[0]
			return store.Plan{Progress: a.Progress, Deliveries: []store.Delivery{{
				Kind: store.PostDelivery, State: store.Planned, Planned: time.Now(), Stories: []store.Ref{{ID: e.Story.ID, Revision: 1}},
			}}}
		})
		must(err)
		e, err := st.Story(ctx, made[0].Stories[0].ID)
		must(err)
		bodies, err := p.Render(ctx, store.Place{}, made[0], voice.Post(e, false))
		must(err)
		claimed, err := st.ChangeDelivery(ctx, made[0].ID, func(d *store.Delivery) {
			d.State, d.Parts = store.Claimed, []store.Part{{Body: bodies[0]}}
		})
		must(err)
		v := p.Send(ctx, claimed, 0)
		_, err = st.ChangeDelivery(ctx, claimed.ID, func(d *store.Delivery) {
			d.State, d.Parts[0].Message = store.Sent, v.Message
		})
		must(err)
	}
}

// still is a platform that takes everything at once.
type still struct {
	sent atomic.Int64
	want int64
	done chan struct{}
	heap uint64 // what was in use when half was sent
}

func (s *still) Resolve(_ context.Context, c store.Chat) (store.Place, store.Verdict) {
	return store.Place{Chat: c, Kind: store.DiscordText}, store.Verdict{}
}

func (s *still) Render(_ context.Context, _ store.Place, d store.Delivery, m brief.Message) ([]json.RawMessage, error) {
	return []json.RawMessage{json.RawMessage(fmt.Sprintf(`{"tag":%q,"text":"%02000d"}`, d.Tag(0), len(m.Blocks)))}, nil
}

func (s *still) Send(context.Context, store.Delivery, int) store.Verdict {
	n := s.sent.Add(1)
	if n == s.want/2 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.heap = m.HeapInuse
	}
	if n == s.want {
		close(s.done)
	}
	return store.Verdict{Outcome: store.Delivered, Message: fmt.Sprint(n)}
}

func (s *still) Repeats(store.Delivery, int) time.Duration { return 0 }

func (s *still) Settle(context.Context, store.Delivery, int, func() error) store.Verdict {
	return store.Verdict{Outcome: store.Absent}
}

// processorTime is what this process has used of the processor: unlike the time
// on the clock it is much the same on a machine that does other things too.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
