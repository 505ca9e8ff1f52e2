package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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
	program := build(t)
	first := number("BRIEFBOT_SEED", 1)
	for seed := first; seed < first+number("BRIEFBOT_PROOF", 1); seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			r := tried(t, program, seed, number("BRIEFBOT_KILLS", 5))
			t.Log(r)
			if len(r.Wrong) > 0 {
				t.Errorf("readers would complain; again with: briefbot proof --seed %d --kills %d\n%s", seed, r.Kills, r)
			}
		})
	}
}

// The proof can fail: with each of the remedies taken out of the program, it
// finds the post that comes twice.
func TestProofFindsWhatIsBroken(t *testing.T) {
	if testing.Short() {
		t.Skip("a longer proof: not in short mode")
	}
	for _, tt := range []struct{ name, file, remedy, without string }{
		{"no nonce", "bot/discord/render.go", `json:"enforce_nonce,omitempty"`, `json:"-"`},
		{"no probe", "bot/telegram/settle.go", "switch v, who := t.probe(ctx, d, part, id); who {", "switch v, who := (store.Verdict{}), nobody; who {"},
		{"no record before the send", "bot/outbox/send.go", "was.State = store.Claimed", "was.State = store.Planned"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			program := build(t, "-overlay", overlay(t, tt.file, tt.remedy, tt.without))
			const seeds = 10 // what happens is chance: one of them finds it
			for seed := 1; seed <= seeds; seed++ {
				r := tried(t, program, seed, 10)
				for _, w := range r.Wrong {
					if strings.Contains(w, "doubled") {
						t.Logf("found with seed %d: %s", seed, w)
						return
					}
				}
			}
			t.Errorf("nothing was found wrong in %d runs", seeds)
		})
	}
}

// build makes the program.
func build(t testing.TB, flags ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "briefbot")
	args := append([]string{"build", "-o", program}, flags...)
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

// overlay is a file that tells the Go command to take another text for a source
// file: one in which the remedy is replaced.
func overlay(t *testing.T, file, remedy, without string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), remedy) != 1 {
		t.Fatalf("%s does not hold %q once", file, remedy)
	}
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.go")
	if err := os.WriteFile(broken, []byte(strings.Replace(string(text), remedy, without, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: broken}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// tried runs a proof.
func tried(t *testing.T, program string, seed, kills int) proof.Report {
	t.Helper()
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
		Command: []string{program, "run"}, Folder: t.TempDir(), Seed: uint64(seed), Kills: kills, Faults: true, Output: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// number is a variable of the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}
