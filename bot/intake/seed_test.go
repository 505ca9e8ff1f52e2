package intake_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"briefbot/bot/intake"
	"briefbot/store"
)

// TestSeed reads the story that the project began with, if its folder is
// named.
func TestSeed(t *testing.T) {
	dir := os.Getenv("BRIEFBOT_STORIES")
	if dir == "" {
		t.Skip("BRIEFBOT_STORIES is not set: name the folder that holds seed.txt")
	}
	data, err := os.ReadFile(filepath.Join(dir, "seed.txt"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := one(intake.ParseText("seed.txt", data))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Bullets) != 6 || len(s.Narratives) != 2 || s.Image == nil || s.Date != store.Day(2022, 11, 2) || len(s.Sources) != 0 {
		t.Errorf("read %d bullets, %d narratives, image %v, date %v, %d sources",
			len(s.Bullets), len(s.Narratives), s.Image, s.Date, len(s.Sources))
	}
	if got, want := s.Cited(), []int{1, 2, 3, 4, 5}; !cmp.Equal(got, want) {
		t.Errorf("cited %v, want %v", got, want)
	}
	if s.Narratives[0].Side() != store.Critical || s.Narratives[1].Side() != store.Establishment {
		t.Errorf("sides %v, %v", s.Narratives[0].Side(), s.Narratives[1].Side())
	}
	again, err := one(intake.ParseText("again", intake.WriteText(s)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, again); diff != "" {
		t.Error(diff)
	}
	t.Logf("%s", intake.WriteText(s))
}
