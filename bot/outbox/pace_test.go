package outbox

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/bot/config"
	"briefbot/store"
)

func TestPace(t *testing.T) {
	telegram := config.Rates{All: config.Rate{Count: 30, Per: time.Second}, Chat: config.Rate{Count: 1, Per: time.Second}, Group: config.Rate{Count: 20, Per: time.Minute}}
	group := store.Chat{Platform: store.Telegram, ID: "-1001"}
	reader := store.Chat{Platform: store.Telegram, ID: "7"}

	// play runs a test with a pace on a clock of its own.
	play := func(name string, rates config.Rates, test func(t *testing.T, p *pace)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				p := newPace(rates)
				done := make(chan struct{})
				go func() {
					p.run(ctx)
					close(done)
				}()
				test(t, p)
				cancel()
				<-done
			})
		})
	}
	wait := func(t *testing.T, p *pace, c store.Chat, urgent bool) {
		if err := p.wait(t.Context(), c, false, urgent); err != nil {
			t.Error(err)
		}
	}

	play("a chat gets one message a second", telegram, func(t *testing.T, p *pace) {
		began := time.Now()
		for range 5 {
			wait(t, p, reader, false)
		}
		if took := time.Since(began); took != 4*time.Second {
			t.Errorf("5 messages took %s", took)
		}
	})
	play("a group gets twenty messages a minute, and no more", telegram, func(t *testing.T, p *pace) {
		var at []time.Time
		for range 45 {
			wait(t, p, group, false)
			at = append(at, time.Now())
		}
		for i := 20; i < len(at); i++ {
			if gap := at[i].Sub(at[i-20]); gap < time.Minute {
				t.Fatalf("messages %d to %d within %s", i-20, i, gap)
			}
		}
		if took := at[19].Sub(at[0]); took != 19*time.Second {
			t.Errorf("the first twenty took %s", took)
		}
	})
	play("all chats together get thirty a second, no chat waits for another's limit", telegram, func(t *testing.T, p *pace) {
		began := time.Now()
		var all sync.WaitGroup
		for i := range 300 {
			all.Go(func() { wait(t, p, store.Chat{Platform: store.Telegram, ID: fmt.Sprint(i)}, false) })
		}
		all.Wait()
		if took := time.Since(began); took < 9900*time.Millisecond || took > 10*time.Second {
			t.Errorf("300 messages took %s", took)
		}
	})
	play("an answer goes before a broadcast", telegram, func(t *testing.T, p *pace) {
		var all sync.WaitGroup
		for i := range 300 {
			all.Go(func() { wait(t, p, store.Chat{Platform: store.Telegram, ID: fmt.Sprint(i)}, false) })
		}
		time.Sleep(time.Second)
		began := time.Now()
		wait(t, p, store.Chat{Platform: store.Telegram, ID: "999"}, true)
		if took := time.Since(began); took > 40*time.Millisecond {
			t.Errorf("the answer waited %s", took)
		}
		all.Wait()
	})
	play("a pause holds everything", telegram, func(t *testing.T, p *pace) {
		p.pause(time.Minute)
		began := time.Now()
		wait(t, p, reader, true)
		if took := time.Since(began); took < time.Minute {
			t.Errorf("sent %s into the pause", took)
		}
	})
	play("no rates, no waiting", config.Rates{}, func(t *testing.T, p *pace) {
		began := time.Now()
		for range 1000 {
			wait(t, p, group, false)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("took %s", took)
		}
	})
}
