package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"briefbot/store"
)

// Open opens an engine on data of its own; again opens the same data anew after
// the engine was closed. Both check the data's consistency when the test ends,
// if the engine can.
type Open func(t *testing.T) (e store.Engine, again func() store.Engine)

// Run runs every test on engines made by open.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"a failed update leaves nothing behind": failedUpdate,
		"a panic reaches who caused it":         panics,
		"random operations agree with a map":    model,
		"scans see writes made while scanning":  scanWhileWriting,
		"concurrent counters lose nothing":      counters,
		"transactions have limits":              limits,
		"a watch gets each changed key":         watches,
		"a lease has one holder, and fences":    leases,
		"closing ends everything":               closing,
		"stories":                               stories,
		"deliveries":                            deliveries,
		"what follows a post":                   following,
		"schedules":                             schedules,
		"chats":                                 chats,
		"the channel of a chat":                 channelOf,
		"more channels than are read at once":   manyChannels,
		"profiles, and what was searched for":   profiles,
		"readers' channels":                     readers,
		"what becomes of a followed story":      followers,
		"readers in a restored backup":          restoredReaders,
		"a reader is forgotten":                 forgotten,
		"a last answer while it is erased":      farewells,
		"channels made from their chat":         subscriptions,
		"migrations":                            schema,
		"what came of updates":                  dealt,
		"answers that go, and that turn":        removal,
		"a restored backup":                     restored,
		"pruning":                               pruning,
		"pruning of posts":                      pruningPosts,
		"one story from several sources":        oneStory,
		"what a source told before":             toldBefore,
		"many sources at random":                manySources,
		"clues are swept out":                   cluesAreSwept,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

var errTest = errors.New("on purpose")

func failedUpdate(t *testing.T, open Open) {
	e, again := open(t)
	ctx := t.Context()
	set(t, e, "a", "1")
	err := e.Update(ctx, func(w store.Writer) error {
		w.Put("a", []byte("2"))
		w.Put("b", []byte("2"))
		w.Delete("a")
		return errTest
	})
	if !errors.Is(err, errTest) {
		t.Fatalf("error is %v", err)
	}
	want := map[string]string{"a": "1"}
	if got := All(t, e); !maps.Equal(got, want) {
		t.Errorf("after a failed update: %v, want %v", got, want)
	}
	e.Close()
	if got := All(t, again()); !maps.Equal(got, want) {
		t.Errorf("opened again: %v, want %v", got, want)
	}
}

func panics(t *testing.T, open Open) {
	e, _ := open(t)
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v", p)
			}
		}()
		e.Update(t.Context(), func(w store.Writer) error {
			w.Put("a", []byte("1"))
			panic("boom")
		})
	}()
	if got := All(t, e); len(got) != 0 {
		t.Errorf("a panic left %v", got)
	}
	set(t, e, "a", "2") // and the engine goes on
}

// model plays random transactions on the engine and on a map.
func model(t *testing.T, open Open) {
	e, again := open(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	want := map[string]string{}
	anyKey := func() string { return strings.Repeat(string(rune('a'+r.IntN(6))), 1+r.IntN(3)) }
	for range 300 {
		next := maps.Clone(want)
		fail := r.IntN(4) == 0
		err := e.Update(t.Context(), func(w store.Writer) error {
			next = maps.Clone(want)
			for range 1 + r.IntN(8) {
				k := anyKey()
				switch r.IntN(4) {
				case 0:
					w.Delete(k)
					delete(next, k)
				case 1:
					from, to := anyKey(), anyKey()
					if got, want := scan(w.Scan(from, to)), between(next, from, to); !slices.Equal(got, want) {
						return fmt.Errorf("scan %s-%s: %v, want %v", from, to, got, want)
					}
					got, want := scan(w.ScanBack(from, to)), between(next, from, to)
					slices.Reverse(want)
					if !slices.Equal(got, want) {
						return fmt.Errorf("scan back %s-%s: %v, want %v", from, to, got, want)
					}
				default:
					v := fmt.Sprint(r.IntN(1000))
					w.Put(k, []byte(v))
					next[k] = v
				}
				if got := string(w.Get(k)); got != next[k] {
					return fmt.Errorf("get %s: %q, want %q", k, got, next[k])
				}
			}
			if fail {
				return errTest
			}
			return nil
		})
		switch {
		case fail && errors.Is(err, errTest):
		case err != nil:
			t.Fatal(err)
		default:
			want = next
		}
	}
	if got := All(t, e); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	e.Close()
	if got := All(t, again()); !maps.Equal(got, want) {
		t.Errorf("opened again: %v, want %v", got, want)
	}
}

func between(m map[string]string, from, to string) []string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if from <= k && k < to {
			all = append(all, k+"="+m[k])
		}
	}
	return all
}

func scan(seq func(func(string, []byte) bool)) []string {
	var all []string
	for k, v := range seq {
		all = append(all, k+"="+string(v))
	}
	return all
}

func scanWhileWriting(t *testing.T, open Open) {
	e, _ := open(t)
	for _, k := range []string{"k1", "k2", "k3", "k4", "k5"} {
		set(t, e, k, "old")
	}
	var seen []string
	err := e.Update(t.Context(), func(w store.Writer) error {
		seen = nil
		for k := range w.Scan("k", "l") {
			seen = append(seen, k)
			w.Delete(k)
			w.Put("a"+k, []byte("moved"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"k1", "k2", "k3", "k4", "k5"}; !slices.Equal(seen, want) {
		t.Errorf("scanned %v, want %v", seen, want)
	}
	if got := len(All(t, e)); got != 5 {
		t.Errorf("%d keys are left, want 5", got)
	}
}

// counters attacks three promises: every acknowledged increment is there, none
// is there twice, and a transaction sees a consistent state.
func counters(t *testing.T, open Open) {
	e, _ := open(t)
	const workers, each = 16, 25
	var wg sync.WaitGroup
	for range workers / 4 { // whose writes fail halfway
		wg.Go(func() {
			for range each {
				err := e.Update(t.Context(), func(w store.Writer) error {
					w.Put("a", append(slices.Clone(w.Get("a")), 'y'))
					return errTest
				})
				if !errors.Is(err, errTest) {
					t.Errorf("a write that failed: %v", err)
				}
			}
		})
	}
	for i := range workers {
		update := e.Update
		if i%4 == 0 {
			update = e.UpdateFirst
		}
		wg.Go(func() {
			for range each {
				err := update(t.Context(), func(w store.Writer) error {
					a, b := string(w.Get("a")), string(w.Get("b"))
					if a != b {
						return fmt.Errorf("saw %d and %d", len(a), len(b))
					}
					w.Put("a", []byte(a+"x"))
					w.Put("b", []byte(b+"x"))
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				e.View(t.Context(), func(r store.Reader) error {
					if a, b := len(r.Get("a")), len(r.Get("b")); a != b {
						t.Errorf("read %d and %d", a, b)
					}
					return nil
				})
			}
		})
	}
	wg.Wait()
	if got := len(All(t, e)["a"]); got != workers*each {
		t.Errorf("counted %d, want %d", got, workers*each)
	}
}

func limits(t *testing.T, open Open) {
	e, _ := open(t)
	put := func(keys, size int) error {
		return e.Update(t.Context(), func(w store.Writer) error {
			for i := range keys {
				w.Put(fmt.Sprintf("%04d", i), make([]byte, size))
			}
			return nil
		})
	}
	if err := put(store.MaxKeys, 10); err != nil {
		t.Errorf("%d keys: %v", store.MaxKeys, err)
	}
	if err := put(store.MaxKeys+1, 10); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("%d keys: %v", store.MaxKeys+1, err)
	}
	if err := put(1, store.MaxBytes); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("%d bytes: %v", store.MaxBytes, err)
	}
	if got := len(All(t, e)); got != store.MaxKeys {
		t.Errorf("%d keys are there, want %d", got, store.MaxKeys)
	}
}

func watches(t *testing.T, open Open) {
	e, _ := open(t)
	set(t, e, "p/old", "1")
	w := e.Watch("p/")
	defer w.Close()
	set(t, e, "p/a", "1")
	set(t, e, "q/a", "1")
	set(t, e, "p/b", "1")
	set(t, e, "p/a", "2")
	err := e.Update(t.Context(), func(w store.Writer) error {
		w.Put("p/gone", []byte("1"))
		w.Delete("p/gone")
		w.Delete("p/old")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for len(seen) < 2 {
		keys, err := w.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			seen[k] = true
		}
	}
	if !maps.Equal(seen, map[string]bool{"p/a": true, "p/b": true}) {
		t.Errorf("watched %v", seen)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if keys, err := w.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("nothing new: got %v, %v", keys, err)
	}
	w.Close()
	if _, err := w.Next(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed watch: %v", err)
	}
}

func leases(t *testing.T, open Open) {
	e, again := open(t)
	first, err := e.Lease(t.Context(), "sender")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Lease(ctx, "sender"); !errors.Is(err, context.Canceled) {
		t.Errorf("a held lease was given: %v", err)
	}
	got := make(chan store.Lease)
	go func() {
		l, err := e.Lease(t.Context(), "sender")
		if err != nil {
			t.Error(err)
		}
		got <- l
	}()
	first.Release()
	second := <-got
	if second.Fence() <= first.Fence() {
		t.Errorf("fence %d after %d", second.Fence(), first.Fence())
	}
	second.Release()
	e.Close()
	third, err := again().Lease(t.Context(), "sender")
	if err != nil {
		t.Fatal(err)
	}
	if third.Fence() <= second.Fence() {
		t.Errorf("fence %d after %d, opened again", third.Fence(), second.Fence())
	}
}

func closing(t *testing.T, open Open) {
	e, _ := open(t)
	w := e.Watch("")
	ended := make(chan error)
	go func() {
		_, err := w.Next(t.Context())
		ended <- err
	}()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, store.ErrClosed) {
		t.Errorf("watch ended with %v", err)
	}
	if err := e.Update(t.Context(), func(store.Writer) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("update: %v", err)
	}
	if err := e.View(t.Context(), func(store.Reader) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("view: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func set(t *testing.T, e store.Engine, k, v string) {
	t.Helper()
	err := e.Update(t.Context(), func(w store.Writer) error {
		w.Put(k, []byte(v))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// All gives all keys of an engine, with their values.
func All(t *testing.T, e store.Engine) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := e.View(t.Context(), func(r store.Reader) error {
		for k, v := range r.Scan("", "\xff") {
			m[k] = string(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
