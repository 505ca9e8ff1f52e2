package sandbox

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
)

// TestWatchLosesNothing has a reader that does not read while much happens.
func TestWatchLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hub
		ctx, cancel := context.WithCancel(t.Context())
		slow := h.watch(ctx, []Event{{Text: "stands"}})
		const writers, each = 4, 500
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					h.emit(Event{ID: fmt.Sprint(w), Text: fmt.Sprint(i)})
				}
			})
		}
		wg.Wait()
		if e := <-slow; e.Text != "stands" {
			t.Errorf("first came %q", e.Text)
		}
		next := map[string]int{}
		for range writers * each {
			e := <-slow
			if e.Text != fmt.Sprint(next[e.ID]) {
				t.Fatalf("writer %s: %s came, want %d", e.ID, e.Text, next[e.ID])
			}
			next[e.ID]++
		}
		cancel()
		if _, ok := <-slow; ok {
			t.Error("an event came after the end")
		}
		rest := h.watch(t.Context(), nil)
		h.close()
		if _, ok := <-rest; ok {
			t.Error("an event came after the end of all")
		}
		if h.watched() {
			t.Error("somebody still watches")
		}
	})
}
