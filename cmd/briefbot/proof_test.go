package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"briefbot/bot/proof"
)

// TestProof kills the real program at random instants, with everything going
// wrong that the stand-ins know of, and finds nothing lost, doubled, out of
// order or torn. BRIEFBOT_PROOF is how many seeds are tried (default 1), and
// BRIEFBOT_KILLS how many kills each (default 5); BRIEFBOT_SEED is the first.
func TestProof(t *testing.T) {
	if testing.Short() {
		t.Skip("a longer proof: not in short mode")
	}
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	program := filepath.Join(t.TempDir(), "briefbot")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	first := number("BRIEFBOT_SEED", 1)
	for seed := first; seed < first+number("BRIEFBOT_PROOF", 1); seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			var log io.Writer
			if path := os.Getenv("BRIEFBOT_PROOF_LOG"); path != "" {
				f, err := os.Create(path + strconv.Itoa(seed))
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				log = f
			}
			r, err := proof.Run(t.Context(), proof.Options{
				Command: []string{program, "run"}, Folder: t.TempDir(), Seed: uint64(seed),
				Kills: number("BRIEFBOT_KILLS", 5), Faults: true, Output: log,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r)
			if len(r.Wrong) > 0 {
				t.Errorf("readers would complain; again with: BRIEFBOT_SEED=%d go test -run Proof -v ./cmd/briefbot\n%s", seed, r)
			}
		})
	}
}
