package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"briefbot/store"
	"briefbot/store/bolt"
)

// What was deleted or replaced is in the file until it is scrubbed, and not
// afterwards, while others read and write; and nothing else is lost.
func TestScrub(t *testing.T) {
	path := filepath.Join(t.TempDir(), "briefbot.db")
	e, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := t.Context()
	write := func(fn func(store.Writer)) {
		t.Helper()
		err := e.Update(ctx, func(w store.Writer) error {
			fn(w)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	const secret = "ada asked for the night ferry"
	for i := range 60 {
		write(func(w store.Writer) {
			w.Put(fmt.Sprintf("kept %03d", i), []byte(strings.Repeat("k", 900)))
			w.Put(fmt.Sprintf("secret of ada %03d", i), []byte(strings.Repeat(secret, 40*(i%9)+1)))
			w.Put("changed", []byte(secret+fmt.Sprint(i)))
		})
	}
	for i := range 60 {
		write(func(w store.Writer) { w.Delete(fmt.Sprintf("secret of ada %03d", i)) })
	}
	write(func(w store.Writer) { w.Put("changed", []byte("is else")) })
	has := func(text string) bool {
		t.Helper()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(data, []byte(text))
	}
	if !has(secret) || !has("secret of ada") {
		t.Fatal("what was deleted is not in the file: nothing is proven")
	}

	busy, stop := context.WithCancel(ctx)
	var others sync.WaitGroup
	for i := range 4 {
		others.Go(func() {
			for n := 0; busy.Err() == nil; n++ {
				write(func(w store.Writer) { w.Put(fmt.Sprint("other ", i), []byte(strings.Repeat("o", n%5000))) })
				err := e.View(ctx, func(r store.Reader) error {
					for k, v := range r.Scan("kept", "kepu") {
						if len(v) != 900 || strings.Trim(string(v), "k") != "" {
							t.Errorf("%s is %q", k, v)
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if err := e.Scrub(ctx); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	others.Wait()
	if has(secret) || has("secret of ada") {
		t.Error("what was deleted is still in the file")
	}
	if err := e.Check(); err != nil {
		t.Error(err)
	}
	e.Close()
	if e, err = bolt.Open(path); err != nil {
		t.Fatal(err)
	}
	n := 0
	err = e.View(ctx, func(r store.Reader) error {
		for range r.Scan("kept", "kepu") {
			n++
		}
		return nil
	})
	if n != 60 || err != nil {
		t.Errorf("%d of 60 keys are left, %v", n, err)
	}
}
