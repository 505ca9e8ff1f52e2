package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"briefbot/store"
)

const defaultEvery = 10 * time.Minute

// PollOptions are what all sources on the network have in common.
type PollOptions struct {
	Name     string   // the source's name: the beginning of its stories' ids
	Topics   []string // given to each story beside its own
	Language string   // of stories that name none
	// Every is the time between two looks, if the server doesn't ask for more.
	// Default: ten minutes.
	Every time.Duration
	// Narratives passes over the stories that have none.
	Narratives bool
	// Private lets the source go into private networks.
	Private bool
	Fetcher *Fetcher // shared by all sources
	Log     *slog.Logger
}

// Poll is a source on the network: it is looked at again and again. What is no
// longer there is not taken back, since feeds drop what is old.
type Poll struct {
	o      PollOptions
	reader reader
}

// reader reads one kind of source.
type reader interface {
	// read looks at the source once. An error says that it could not be asked.
	read(ctx context.Context) (reading, error)
	// forget lets the next look read all anew.
	forget()
}

// reading is what a look gave.
type reading struct {
	unchanged bool          // all is as it was, and nothing else is set but fresh
	stories   []store.Story // the oldest first; ID is the source's own
	problems  []error       // what is no story
	fresh     time.Duration // how long the server says that nothing will change
}

func newPoll(o PollOptions, r reader) *Poll { return &Poll{o, r} }

// withDefaults fills in what may be left out.
func (o PollOptions) withDefaults() PollOptions {
	o.Every = cmp.Or(o.Every, defaultEvery)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("source", o.Name)
	return o
}

// Name is the source's name.
func (p *Poll) Name() string { return p.o.Name }

// Run looks at the source until ctx ends, as Source tells.
func (p *Poll) Run(ctx context.Context, to Sink, ready func()) error {
	r := p.rounds(to)
	timer := time.NewTimer(0)
	defer timer.Stop()
	waits := make(chan time.Duration)
	for first := true; ; first = false {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		// A look takes much stack, and the wait for the next one, which is most
		// of a source's life, should not keep it.
		go func() { waits <- r.look(ctx) }()
		wait := <-waits
		if first && ctx.Err() == nil {
			ready()
		}
		timer.Reset(wait)
	}
}

func (p *Poll) rounds(to Sink) *rounds {
	return &rounds{PollOptions: p.o, reader: p.reader, to: to, put: map[string][sha256.Size]byte{}, told: map[string]bool{}}
}

// rounds are the looks of one run.
type rounds struct {
	PollOptions
	reader reader
	to     Sink
	failed int                          // looks in a row that gave no answer
	put    map[string][sha256.Size]byte // what was given of each story
	told   map[string]bool              // what is wrong now
}

// look looks once, and gives the time until the next.
func (r *rounds) look(ctx context.Context) time.Duration {
	done, err := r.Fetcher.Turn(ctx)
	if err != nil {
		return 0
	}
	found, err := r.reader.read(ctx)
	done()
	if ctx.Err() != nil {
		return 0
	}
	if err != nil {
		r.failed++
		r.tell(ctx, err)
		wait := r.backoff(err)
		r.Log.Debug("source is left alone", "failed", r.failed, "wait", wait)
		return wait
	}
	if r.failed > 0 {
		r.Log.Info("source answers again", "failed", r.failed)
		r.failed = 0
		clear(r.told)
	}
	if !found.unchanged {
		r.tell(ctx, found.problems...)
		r.give(ctx, found.stories)
	}
	return jitter(max(r.Every, found.fresh))
}

// backoff gives how long a source that fails is left alone: longer each time,
// up to a day, and at least as long as the server asks.
func (r *rounds) backoff(err error) time.Duration {
	wait, most := r.Every, max(r.Every, maxWait)
	for i := 1; i < r.failed && wait < most; i++ {
		wait *= 2
	}
	if fe := (*FetchError)(nil); errors.As(err, &fe) {
		wait = max(wait, fe.RetryAfter)
	}
	return jitter(min(wait, most))
}

// jitter keeps sources that were started together from asking together.
func jitter(d time.Duration) time.Duration { return d + rand.N(d/10+1) }

// give gives the stories that are new or have changed.
func (r *rounds) give(ctx context.Context, stories []store.Story) {
	put := make(map[string][sha256.Size]byte, len(stories))
	for _, s := range stories {
		if r.Narratives && len(s.Narratives) == 0 {
			r.Log.Debug("story without narratives is passed over", "story", s.ID, "headline", s.Headline)
			continue
		}
		s.ID, s.Revision, s.Updated = r.Name+":"+s.ID, 0, time.Time{}
		s.Topics = addTopics(s.Topics, r.Topics)
		s.Language = cmp.Or(s.Language, r.Language)
		text, _ := json.Marshal(s) // a date that JSON can't hold is given each time
		sum := sha256.Sum256(text)
		if sum != r.put[s.ID] {
			if err := r.to.Put(ctx, s); err != nil {
				r.Log.Error("put story", "id", s.ID, "error", err)
				r.reader.forget()
				continue
			}
		}
		put[s.ID] = sum
	}
	r.put = put
}

// tell tells what is wrong now, but for what was told already.
func (r *rounds) tell(ctx context.Context, problems ...error) {
	told := make(map[string]bool, len(problems))
	for _, err := range problems {
		if text := err.Error(); !r.told[text] && !told[text] {
			r.to.Problem(ctx, fmt.Errorf("source %s: %w", r.Name, err))
		}
		told[err.Error()] = true
	}
	r.told = told
}

// document is what stands at one address, asked for again and again.
type document struct {
	Request
	fetcher *Fetcher
	log     *slog.Logger
	sum     [sha256.Size]byte
}

// get gives what stands at the address now. NotModified is set, and Body empty,
// if it is what it was.
func (d *document) get(ctx context.Context) (*Answer, error) {
	a, err := d.fetcher.Fetch(ctx, d.Request)
	if err != nil {
		return nil, err
	}
	if a.Moved != "" && a.Moved != d.Address {
		d.log.Warn("source has moved for good: change its address in the configuration", "from", shownText(d.Address), "to", shownText(a.Moved))
		d.Address = a.Moved
	}
	d.ETag, d.LastModified = a.ETag, a.LastModified
	if !a.NotModified {
		sum := sha256.Sum256(a.Body)
		if sum == d.sum {
			a.NotModified, a.Body = true, nil
		}
		d.sum = sum
	}
	return a, nil
}

// forget lets get give the document whole, even if it is what it was.
func (d *document) forget() { d.ETag, d.LastModified, d.sum = "", "", [sha256.Size]byte{} }
