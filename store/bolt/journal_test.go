package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"briefbot/store"
	"briefbot/store/storetest"
)

// put writes a value, or fails the test.
func put(t *testing.T, e *Engine, key, value string) {
	t.Helper()
	err := e.Update(t.Context(), func(w store.Writer) error {
		w.Put(key, []byte(value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// after opens what a crash would leave of the engine's file at this instant, as
// changed by hurt, and gives what is in it.
func after(t *testing.T, e *Engine, hurt func([]byte)) map[string]string {
	t.Helper()
	data, err := os.ReadFile(e.path)
	if err != nil {
		t.Fatal(err)
	}
	hurt(data)
	crashed := open(t, saved(t, data))
	defer crashed.Close()
	return storetest.All(t, crashed)
}

// saved writes what a file holds to a new one, and gives its path.
func saved(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crashed.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// startFull starts an engine on a disk that has no room for the file to grow.
func startFull(t *testing.T, path string) *Engine {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db.MaxSize, db.AllocSize = int(info.Size()), 0
	e, err := start(db, path)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A crash loses nothing that was acknowledged: before anything is folded, while a
// volume is being folded and the next one written, and afterwards.
func TestCrash(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
	r := rand.New(rand.NewPCG(1, 2))
	want := map[string]string{}
	write := func(bytes int) {
		for bytes > 0 {
			k, v := fmt.Sprint(r.IntN(100)), strings.Repeat("v", r.IntN(9000))+fmt.Sprint(bytes)
			if r.IntN(4) == 0 {
				delete(want, k)
				err := e.Update(t.Context(), func(w store.Writer) error { w.Delete(k); return nil })
				if err != nil {
					t.Fatal(err)
				}
				continue
			}
			put(t, e, k, v)
			want[k] = v
			bytes -= len(v)
		}
	}
	check := func(when string) {
		t.Helper()
		if got := after(t, e, func([]byte) {}); !maps.Equal(got, want) {
			t.Errorf("%s: %d keys of %d are there, or hold something else", when, len(got), len(want))
		}
	}
	write(foldAt / 2)
	check("before a fold")
	for range 3 {
		hinder, err := e.db.Begin(true) // a fold waits until this ends
		if err != nil {
			t.Fatal(err)
		}
		write(2 * foldAt)
		check("during a fold")
		if err := hinder.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := e.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		check("after a fold")
	}
}

// A record that was not written to its end never was, and those before it are there.
func TestTornRecord(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
	put(t, e, "one", "1")
	put(t, e, "two", "2")
	from := e.journal.start(e.journal.mark.volume) + int64(e.journal.at)
	put(t, e, "three", "3")
	to := e.journal.start(e.journal.mark.volume) + int64(e.journal.at)
	for at := from; at < to; at++ {
		got := after(t, e, func(data []byte) {
			clear(data[at:to])
			data[at] = ^data[at]
		})
		if want := map[string]string{"one": "1", "two": "2"}; !maps.Equal(got, want) {
			t.Fatalf("with %d of the last record's %d bytes: %v", at-from, to-from, got)
		}
	}
}

// fail has the engine write a record of which nobody knows whether the disk has it.
func fail(e *Engine, key, value string) error {
	j := e.journal
	mark, at := j.mark, j.at
	if err := j.append(appendChange(make([]byte, headSize), key, []byte(value))); err != nil {
		return err
	}
	j.mark, j.at, j.torn = mark, at, true
	return nil
}

// A record of which nobody knows whether it was written does not come between those
// before it and the next volume.
func TestRecordInDoubt(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
	put(t, e, "one", "1")
	hinder, err := e.db.Begin(true) // a fold waits until this ends
	if err != nil {
		t.Fatal(err)
	}
	defer hinder.Rollback()
	err = e.between(t.Context(), func() error {
		if err := fail(e, "two", "2"); err != nil {
			return err
		}
		return e.turn()
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, e, "three", "3")
	if got, want := after(t, e, func([]byte) {}), map[string]string{"one": "1", "three": "3"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Nor is it there after the stop, or in a backup: whoever wrote it was told that it
// failed.
func TestFailedStaysFailed(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
	if err := e.between(t.Context(), func() error { return fail(e, "failed", "1") }); err != nil {
		t.Fatal(err)
	}
	if err := e.Fold(t.Context()); err != nil { // as a stop and a backup do
		t.Fatal(err)
	}
	if got := after(t, e, func([]byte) {}); len(got) > 0 {
		t.Errorf("it is there: %v", got)
	}
}

// While what is written can't be folded, for the disk is full, as much goes on as
// there is room for; what no longer does fails, nothing that was acknowledged is
// lost, and it goes on when there is room again.
func TestFullDisk(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
	info, err := os.Stat(e.path)
	if err != nil {
		t.Fatal(err)
	}
	limit := func(size int) {
		err := e.between(t.Context(), func() error {
			e.db.MaxSize, e.db.AllocSize = size, 0
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(int(info.Size()))
	want := map[string]string{}
	value := strings.Repeat("v", 50_000)
	for i := 0; err == nil; i++ {
		k := fmt.Sprint(i)
		if err = e.Update(t.Context(), func(w store.Writer) error { w.Put(k, []byte(value)); return nil }); err == nil {
			want[k] = value
		}
		if i > 10_000 {
			t.Fatal("the disk is never full: nothing is proven")
		}
	}
	if len(want)*len(value) < foldAt {
		t.Errorf("it fails after %d values: %v", len(want), err)
	}
	if got := after(t, e, func([]byte) {}); !maps.Equal(got, want) {
		t.Errorf("%d values are left of %d", len(got), len(want))
	}
	limit(0)
	err = e.between(t.Context(), func() error {
		if f := e.folding; f != nil {
			f.since = time.Time{} // else it is tried again only after a while
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, e, "more", "1")
	want["more"] = "1"
	if got := after(t, e, func([]byte) {}); !maps.Equal(got, want) {
		t.Errorf("with room again, %d values are left of %d", len(got), len(want))
	}
}

// A disk that is still full when the program begins anew does not keep it from
// reading, and from writing what there is room for.
func TestFullDiskAtStart(t *testing.T) {
	for _, left := range []int{foldAt / 2, foldAt * 3 / 2} { // one volume, two of them
		e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
		hinder, err := e.db.Begin(true) // a fold waits until this ends
		if err != nil {
			t.Fatal(err)
		}
		defer hinder.Rollback()
		want := map[string]string{}
		for i := 0; i*10_000 < left; i++ {
			k, v := fmt.Sprint(i), strings.Repeat("v", 10_000)
			put(t, e, k, v)
			want[k] = v
		}
		data, err := os.ReadFile(e.path)
		if err != nil {
			t.Fatal(err)
		}
		path := saved(t, data[:hinder.Size()])
		full := startFull(t, path)
		put(t, full, "more", "1")
		want["more"] = "1"
		if got := after(t, full, func([]byte) {}); !maps.Equal(got, want) {
			t.Errorf("with %d bytes in the journal, %d values are there of %d", left, len(got), len(want))
		}
		if err := full.Close(); err == nil {
			t.Error("the disk was not full: nothing is proven")
		}
		again := open(t, path)
		if got := after(t, again, func([]byte) {}); !maps.Equal(got, want) {
			t.Errorf("with room again, %d values are there of %d", len(got), len(want))
		}
	}
}

// Where the disk is full and the journal too, what is there can still be read.
func TestFullJournalAtStart(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
	if _, err := store.Open(t.Context(), e, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	full := startFull(t, e.path)
	defer full.Close()
	write := func(e *Engine, k string) error {
		return e.Update(t.Context(), func(w store.Writer) error { w.Put(k, make([]byte, 50_000)); return nil })
	}
	for i := 0; write(full, fmt.Sprint(i)) == nil; i++ {
		if i > 10_000 {
			t.Fatal("the disk is never full: nothing is proven")
		}
	}
	data, err := os.ReadFile(e.path)
	if err != nil {
		t.Fatal(err)
	}
	again := startFull(t, saved(t, data))
	defer again.Close()
	if write(again, "more") == nil {
		t.Error("there is room: nothing is proven")
	}
	if _, err := store.Open(t.Context(), again, time.Now()); err != nil {
		t.Error(err)
	}
}

// A value that was read may be written elsewhere: it stays what it is, whatever
// becomes of the page that it was read from.
func TestPutWhatWasRead(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
	put(t, e, "a", "told")
	if err := e.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := e.Update(t.Context(), func(w store.Writer) error {
		w.Put("b", w.Get("a"))
		w.Delete("a")
		return nil
	})
	for i := 0; i < 20 && err == nil; i++ {
		put(t, e, fmt.Sprint(i), strings.Repeat("x", 100))
		err = e.between(context.Background(), func() error { return foldLayer(e.db, e.fresh, e.journal.mark) })
	}
	if err != nil {
		t.Fatal(err)
	}
	err = e.View(t.Context(), func(r store.Reader) error {
		if got := string(r.Get("b")); got != "told" {
			t.Errorf("it is %q now", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A key that bbolt would not take is refused when it is written.
func TestKeys(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "briefbot.db"))
	for _, k := range []string{"", strings.Repeat("k", 1<<15+1)} {
		err := e.Update(t.Context(), func(w store.Writer) error {
			w.Put(k, []byte("1"))
			return nil
		})
		if err == nil {
			t.Errorf("a key of %d bytes was taken", len(k))
		}
	}
	put(t, e, strings.Repeat("k", 1<<15), "1")
	if err := e.Fold(t.Context()); err != nil {
		t.Error(err)
	}
}

// FuzzRecord reads records of any kind: what can't be read is damage, and what is
// written is read again.
func FuzzRecord(f *testing.F) {
	f.Add(appendChange(appendChange(nil, "a key", []byte("its value")), "gone", nil))
	f.Add([]byte{1, 'k', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, record []byte) {
		var again []byte
		err := readChanges(record, func(key string, value []byte) { again = appendChange(again, key, value) })
		if err != nil {
			if !errors.Is(err, store.ErrDamaged) {
				t.Error(err)
			}
			return
		}
		var third []byte
		err = readChanges(again, func(key string, value []byte) { third = appendChange(third, key, value) })
		if err != nil || !bytes.Equal(again, third) {
			t.Errorf("%x was written, %x read: %v", again, third, err)
		}
	})
}

// A file of a version that knew of no journal gets one, and keeps what is in it.
func TestFileWithoutJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "briefbot.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(bucket)
		if err != nil {
			return err
		}
		return b.Put([]byte("old"), []byte("1"))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	e := open(t, path)
	put(t, e, "new", "2")
	if got, want := after(t, e, func([]byte) {}), map[string]string{"old": "1", "new": "2"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
