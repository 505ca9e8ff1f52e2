package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"briefbot/bot/proof"
)

// prove has this very program killed at random instants, with everything going
// wrong that the stand-ins know of, and says what readers would have to complain
// about.
func prove(ctx context.Context, c *invocation) error {
	var first uint64
	var seeds, kills, atOnce int
	var logs string
	f := c.flags(nil)
	f.Uint64Var(&first, "seed", 1, "the first `seed`: it decides what happens when")
	f.IntVar(&seeds, "seeds", 1, "how many seeds; 0: until it is interrupted")
	f.IntVar(&kills, "kills", 50, "how many kills a seed")
	f.IntVar(&atOnce, "at-once", 1, "how many seeds at the same time")
	f.StringVar(&logs, "logs", "", "a `folder` for each seed's log")
	if _, err := c.parse(f); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program to be killed: %w", err)
	}
	if logs != "" {
		if err := os.MkdirAll(logs, 0o755); err != nil {
			return fmt.Errorf("make the folder for the proof's logs: %w", err)
		}
	}
	p := prover{out: c.stdout, logs: logs, options: proof.Options{Command: []string{program, "run"}, Kills: kills, Faults: true}}
	all, running := errgroup.WithContext(ctx)
	all.SetLimit(max(1, atOnce))
	for seed := first; seeds == 0 || seed < first+uint64(seeds); seed++ {
		if running.Err() != nil {
			break
		}
		all.Go(func() error { return p.seed(running, seed) })
	}
	if err := all.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%d seeds, %d kills, %d posts, %d questions: %d wrong\n", p.seeds, p.kills, p.posts, p.questions, p.wrong)
	if p.wrong > 0 {
		return &exit{code: exitFailed}
	}
	return nil
}

// prover runs seeds and adds up what they found.
type prover struct {
	options proof.Options
	logs    string

	mu                                    sync.Mutex
	out                                   io.Writer // guarded by mu, and so is what follows
	seeds, kills, posts, questions, wrong int
}

func (p *prover) seed(ctx context.Context, seed uint64) error {
	o := p.options
	o.Seed = seed
	var err error
	if o.Folder, err = os.MkdirTemp("", "briefbot-proof-"); err != nil {
		return fmt.Errorf("make a folder for the proof: %w", err)
	}
	defer os.RemoveAll(o.Folder)
	if p.logs != "" {
		log, err := os.Create(filepath.Join(p.logs, fmt.Sprintf("seed-%d.log", seed)))
		if err != nil {
			return fmt.Errorf("write the proof's log: %w", err)
		}
		defer log.Close()
		o.Output = log
	}
	r, err := proof.Run(ctx, o)
	if err != nil {
		return fmt.Errorf("seed %d: %w", seed, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seeds, p.kills, p.posts, p.questions, p.wrong = p.seeds+1, p.kills+r.Kills, p.posts+r.Posts, p.questions+r.Questions, p.wrong+len(r.Wrong)
	fmt.Fprintln(p.out, r)
	if len(r.Wrong) > 0 {
		fmt.Fprintf(p.out, "  again with: briefbot proof --seed %d --kills %d\n", seed, r.Kills)
	}
	return nil
}
