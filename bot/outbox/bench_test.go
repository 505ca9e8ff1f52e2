package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
	"briefbot/store/bolt"
)

// swift is a platform that answers at once.
type swift struct {
	sent atomic.Int64
	want int64
	done chan struct{}
}

func (s *swift) Resolve(_ context.Context, c store.Chat) (store.Place, store.Verdict) {
	return store.Place{Chat: c, Kind: store.DiscordText}, store.Verdict{}
}

func (s *swift) Render(_ context.Context, _ store.Place, d store.Delivery, _ brief.Message) ([]json.RawMessage, error) {
	return []json.RawMessage{json.RawMessage(fmt.Sprintf(`{"content":%q,"text":"%02000d"}`, d.Tag(0), 7))}, nil
}

func (s *swift) Send(context.Context, store.Delivery, int) store.Verdict {
	n := s.sent.Add(1)
	if n == s.want {
		close(s.done)
	}
	return store.Verdict{Outcome: store.Delivered, Message: fmt.Sprint(n)}
}

func (s *swift) Repeats(store.Delivery, int) time.Duration { return 0 }

func (s *swift) Settle(context.Context, store.Delivery, int, func() error) store.Verdict {
	return store.Verdict{Outcome: store.Absent}
}

// BenchmarkDeliveries is what the outbox and the store take for a post that is
// claimed, sent and recorded durably, in 1,000 chats at once.
func BenchmarkDeliveries(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the program has it
	e, err := bolt.Open(filepath.Join(b.TempDir(), "briefbot.db"))
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), e, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const chats = 1000
	plan(b, s, chats, b.N)
	p := &swift{want: int64(b.N), done: make(chan struct{})}
	o := New(Options{Store: s, Platforms: map[store.Platform]Platform{store.Discord: p}, Languages: languages(b), SettleAfter: time.Minute, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	before := processorTime()
	b.ResetTimer()
	go func() { ended <- o.Run(ctx) }()
	<-p.done
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "cpu-µs/delivery")
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

// plan makes n deliveries of one story each, spread over the chats.
func plan(b *testing.B, s *store.Store, chats, n int) {
	b.Helper()
	stories := (n + chats - 1) / chats
	for i := range stories {
		if _, _, err := s.PutStory(b.Context(), store.Story{ID: fmt.Sprint(i), Headline: "h", Bullets: []store.Bullet{{Text: "b"}}}, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	errs := make(chan error, chats)
	for c := range chats {
		mine := stories
		if left := n - c*stories; left < mine {
			mine = max(0, left)
		}
		go func() { errs <- planChat(b, s, fmt.Sprint(c), mine) }()
	}
	for range chats {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
}

func planChat(b *testing.B, s *store.Store, chat string, n int) error {
	c := store.Channel{Name: chat, Chat: store.Chat{Platform: store.Discord, ID: chat}, Timezone: "UTC"}
	if err := s.PutChannel(b.Context(), c, time.Now()); err != nil {
		return err
	}
	for from := 0; from < n; from += 20 {
		_, err := s.RunSchedule(b.Context(), chat, func(a store.Agenda) store.Plan {
			p := store.Plan{Progress: a.Progress}
			for i := from; i < min(n, from+20); i++ {
				p.Deliveries = append(p.Deliveries, store.Delivery{
					Kind: store.PostDelivery, State: store.Planned, Planned: time.Now(), Stories: []store.Ref{{ID: fmt.Sprint(i), Revision: 1}},
				})
			}
			return p
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// processorTime is what this process has used of the processor: unlike the time
// on the clock it is the same on a machine that does other things too.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
