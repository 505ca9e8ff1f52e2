package bolt

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/store"
	"briefbot/store/storetest"
)

// open opens the file and checks all of it when the test ends.
func open(t testing.TB, path string) *Engine {
	t.Helper()
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Close()
		e, err := Open(path)
		if err != nil {
			t.Fatalf("open at the end of the test: %v", err)
		}
		defer e.Close()
		if err := e.Check(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestEngine(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (store.Engine, func() store.Engine) {
		path := filepath.Join(t.TempDir(), "data", "briefbot.db")
		return open(t, path), func() store.Engine { return open(t, path) }
	})
}

// TestEngineFolding folds whatever is written at once, while others read and write.
func TestEngineFolding(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (store.Engine, func() store.Engine) {
		path := filepath.Join(t.TempDir(), "data", "briefbot.db")
		open := func() store.Engine {
			e := open(t, path)
			e.foldAt = 1
			return e
		}
		return open(), open
	})
}

// hindered is an engine whose every function that writes is undone once and runs
// again, as on a conflict.
type hindered struct{ *Engine }

var errHindered = errors.New("somebody else has written the same")

func (e hindered) Update(ctx context.Context, fn func(store.Writer) error) error {
	return hinder(ctx, fn, e.Engine.Update)
}

func (e hindered) UpdateFirst(ctx context.Context, fn func(store.Writer) error) error {
	return hinder(ctx, fn, e.Engine.UpdateFirst)
}

func hinder(ctx context.Context, fn func(store.Writer) error, update func(context.Context, func(store.Writer) error) error) error {
	err := update(ctx, func(w store.Writer) error {
		if err := fn(w); err != nil {
			return err
		}
		return errHindered
	})
	if !errors.Is(err, errHindered) {
		return err
	}
	return update(ctx, fn)
}

func TestEngineHindered(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (store.Engine, func() store.Engine) {
		path := filepath.Join(t.TempDir(), "data", "briefbot.db")
		return hindered{open(t, path)}, func() store.Engine { return hindered{open(t, path)} }
	})
}

func TestSecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "briefbot.db")
	open(t, path)
	// The lock belongs to the open file, so a second Open in this process meets
	// it as another process would.
	if _, err := Open(path); !errors.Is(err, store.ErrLocked) {
		t.Errorf("second open: %v", err)
	}
}

func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "briefbot.db")
	e := open(t, path)
	s, err := store.Open(t.Context(), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		_, _, err := s.PutStory(t.Context(), store.Story{ID: fmt.Sprint(i), Headline: "h", Bullets: []store.Bullet{{Text: "b"}}}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
	}
	e.Close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string]func([]byte) []byte{
		"text":            func([]byte) []byte { return []byte("not a data file at all\n") },
		"cut in half":     func(b []byte) []byte { return b[:len(b)/2] },
		"cut to one page": func(b []byte) []byte { return b[:os.Getpagesize()] },
		"zeros":           func(b []byte) []byte { return make([]byte, len(b)) },
		"noise": func(b []byte) []byte {
			r := rand.New(rand.NewPCG(1, 2))
			for i := 2 * os.Getpagesize(); i < len(b); i++ {
				b[i] = byte(r.Uint32())
			}
			return b
		},
	}
	for name, hurt := range damage {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "briefbot.db")
			if err := os.WriteFile(path, hurt(append([]byte(nil), good...)), 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := Open(path)
			if err == nil {
				defer e.Close()
				err = e.Check()
			}
			if !errors.Is(err, store.ErrDamaged) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestBackup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "briefbot.db")
	e := open(t, path)
	put(t, e, "before", "1")
	backup := filepath.Join(t.TempDir(), "backups", "monday.db")
	if err := e.Backup(backup); err != nil {
		t.Fatal(err)
	}
	put(t, e, "after", "1")
	err := open(t, backup).View(t.Context(), func(r store.Reader) error {
		if r.Get("before") == nil || r.Get("after") != nil {
			t.Errorf("the backup is not of its instant")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(backup), ".*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// What a reader waits for does not wait for all that was to be written before.
func TestUpdateFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
		var written []string // by the writer alone
		begin := func(update func(context.Context, func(store.Writer) error) error, name string, gate <-chan struct{}) {
			go func() {
				err := update(t.Context(), func(w store.Writer) error {
					if gate != nil {
						<-gate
					}
					written = append(written, name)
					w.Put(name, []byte("1"))
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		gate := make(chan struct{})
		begin(e.Update, "under way", gate)
		begin(e.Update, "one", nil)
		begin(e.Update, "two", nil)
		begin(e.UpdateFirst, "first", nil)
		close(gate)
		synctest.Wait()
		if want := []string{"under way", "first", "one", "two"}; !slices.Equal(written, want) {
			t.Errorf("written in the order %q", written)
		}
	})
}

// What a reader waits for shares the commit of what is under way, where that is not
// being written to the disk yet: it does not wait for two.
func TestUpdateFirstJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
		gate := make(chan struct{})
		go e.Update(t.Context(), func(w store.Writer) error {
			w.Put("under way", []byte("1"))
			<-gate
			return nil
		})
		synctest.Wait()
		committed := true
		go e.UpdateFirst(t.Context(), func(w store.Writer) error {
			w.Put("first", []byte("1"))
			_, committed = e.above.Load().fresh.Get("under way")
			return nil
		})
		synctest.Wait()
		close(gate)
		synctest.Wait()
		if committed {
			t.Error("what goes first waited for the commit of the other")
		}
		err := e.View(t.Context(), func(r store.Reader) error {
			for _, k := range []string{"under way", "first"} {
				if r.Get(k) == nil {
					t.Errorf("%s is not written", k)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkUpdate is what two writes of each of 64 waiting senders cost.
func BenchmarkUpdate(b *testing.B) {
	e := open(b, filepath.Join(b.TempDir(), "briefbot.db"))
	value := make([]byte, 1024)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		k := fmt.Sprint(rand.Uint64())
		for pb.Next() {
			err := e.Update(b.Context(), func(w store.Writer) error {
				w.Put(k, value)
				return nil
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkOpen is the way from the start to ready with 100,000 stories.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "briefbot.db")
	e, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), e, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error)
	const stories, writers = 100_000, 64
	for w := range writers {
		go func() {
			for i := w; i < stories; i += writers {
				_, _, err := s.PutStory(b.Context(), benchStory(i), time.Now())
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	s.Close()
	for b.Loop() {
		e, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		s, err := store.Open(b.Context(), e, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.LatestStories(b.Context(), 8, 8, func(store.Entry) bool { return true }); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

func benchStory(i int) store.Story {
	s := store.Story{ID: fmt.Sprintf("bench:%d", i), Headline: fmt.Sprintf("Story number %d of the bench", i), Topics: []string{"world"}}
	for n := range 5 {
		s.Bullets = append(s.Bullets, store.Bullet{Text: "The harbour council of Port Ansel voted on the night ferry, and the islands answered with a paper of their own.", Citations: []int{n + 1}})
		s.Sources = append(s.Sources, store.Source{N: n + 1, Outlet: "Ansel Post", Title: "Ferry vote", URL: "https://anselpost.example/ferry"})
	}
	return s
}

// BenchmarkSameStory is what it costs to take in a story where 100,000 came in
// within the time in which it may be found to be one of them: one that is new,
// and one that another source told; with headlines of their own, and where all
// have the same one. Beside them is one that is taken in without being compared.
func BenchmarkSameStory(b *testing.B) {
	const stories, writers = 100_000, 64
	for _, headline := range []string{"", "Live"} {
		e, err := Open(filepath.Join(b.TempDir(), "briefbot.db"))
		if err != nil {
			b.Fatal(err)
		}
		plain, err := store.Open(b.Context(), e, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { plain.Close() })
		s := plain.Merging(store.Sameness{Alike: 0.5, Within: 48 * time.Hour})
		put := func(s *store.Store, i int, source string) {
			st := benchStory(i)
			st.ID = fmt.Sprintf("%s:%d", source, i)
			if headline != "" {
				st.Headline = headline
			}
			for n := range st.Bullets {
				st.Bullets[n].Text = fmt.Sprintf("The council of island%[1]d met on day%[2]d and island%[1]d voted for ferry%[1]d by %[2]d votes to %[1]d.", i, n)
			}
			if _, _, err := s.PutStory(b.Context(), st, time.Now()); err != nil {
				b.Error(err)
			}
		}
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := w; i < stories; i += writers {
					put(s, i, "wire")
				}
			})
		}
		all.Wait()
		var n atomic.Int64 // goes on where b.Run calls again
		for _, kind := range []string{"uncompared", "new", "told"} {
			b.Run(kind+" "+headline, func(b *testing.B) {
				b.SetParallelism(writers / 2)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := int(n.Add(1))
						switch kind {
						case "uncompared":
							put(plain, stories+i, "mail")
						case "new":
							put(s, stories+i, "wire")
						case "told":
							put(s, stories-i, "desk")
						}
					}
				})
			})
		}
	}
}
