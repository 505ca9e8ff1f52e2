package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"briefbot/store"
)

// Stories are the same from a bot that runs and from its data file: all that
// stand, in the order in which they came in, or those that are named.
func TestStories(t *testing.T) {
	w := newWorld(t)
	const many = storiesAtOnce + 20 // more than one look
	for i := range many {
		w.write(fmt.Sprintf("%03d.txt", i), fmt.Sprintf("Rain %d\n\n• It rains.\n", i))
	}
	w.write("gone.txt", "Snow\n\n• It snows.\n")
	c := w.config("")
	c.Channels = nil
	w.start(c)
	ask := func(names ...string) (all []store.Entry, err error) {
		err = Stories(t.Context(), c.Data, names, func(e store.Entry) error {
			all = append(all, e)
			return nil
		})
		return all, err
	}
	w.until("the stories", func() bool {
		if _, err := os.Stat(filepath.Join(c.Data, socketName)); err != nil {
			return false
		}
		all, err := ask()
		return err == nil && len(all) == many+1
	})
	if err := os.Remove(filepath.Join(w.folder, "stories", "gone.txt")); err != nil {
		t.Fatal(err)
	}
	w.until("one less", func() bool {
		all, err := ask()
		return err == nil && len(all) == many
	})
	running, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	named, err := ask("desk:007.txt", running[3].Short, "desk:gone.txt")
	if err != nil || len(named) != 3 || named[0].Story.ID != "desk:007.txt" || named[1].Short != running[3].Short {
		t.Errorf("named: %v, %v", named, err)
	}
	if all, err := ask("desk:007.txt", "desk:nothing.txt"); err == nil || len(all) > 0 || !strings.Contains(err.Error(), `no story is called "desk:nothing.txt"`) {
		t.Errorf("a name that is none: %d stories, %v", len(all), err)
	}
	w.stop()
	stopped, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stopped, running); diff != "" {
		t.Error(diff)
	}
	for i := 1; i < len(running); i++ {
		if running[i].Seq <= running[i-1].Seq {
			t.Fatalf("story %d stands behind a later one", running[i].Seq)
		}
	}
}
