package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/store"
)

// ledger is a sink that remembers.
type ledger struct {
	stories  []string // ids, with each put
	problems []string
	refuse   error // what Put answers
}

func (l *ledger) Put(_ context.Context, s store.Story) error {
	if l.refuse != nil {
		return l.refuse
	}
	l.stories = append(l.stories, s.ID)
	return nil
}
func (l *ledger) Moved(context.Context, string, string) error { return errors.New("moved") }
func (l *ledger) Removed(context.Context, string) error       { return errors.New("removed") }
func (l *ledger) Problem(_ context.Context, err error)        { l.problems = append(l.problems, err.Error()) }

// script is a reader that gives one answer after the other, and the last for
// good.
type script struct {
	at      []time.Time // of each look
	answers []answer
	forgot  int
}

type answer struct {
	reading
	err error
}

func (s *script) read(context.Context) (reading, error) {
	a := s.answers[min(len(s.at), len(s.answers)-1)]
	s.at = append(s.at, time.Now())
	return a.reading, a.err
}

func (s *script) forget() { s.forgot++ }

// poll runs a source for a span of time, and gives the times between its looks.
func poll(t *testing.T, s *script, to Sink, span time.Duration) (waits []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := PollOptions{Name: "wire", Every: 10 * time.Minute, Fetcher: NewFetcher(FetcherOptions{}), Topics: []string{"coast"}}.withDefaults()
		ctx, cancel := context.WithTimeout(t.Context(), span)
		defer cancel()
		ready := 0
		if err := newPoll(o, s).Run(ctx, to, func() { ready++ }); err != nil || ready != 1 {
			t.Errorf("ended with %v, ready %d times", err, ready)
		}
	})
	for i := range len(s.at) - 1 {
		waits = append(waits, s.at[i+1].Sub(s.at[i]))
	}
	return waits
}

// jittered reports whether a wait is as long as it should be, with its jitter.
func jittered(got, want time.Duration) bool { return want <= got && got <= want+want/10+1 }

func TestPollWaits(t *testing.T) {
	down := func(after time.Duration) answer { return answer{err: &FetchError{Status: 503, RetryAfter: after}} }
	up := func(fresh time.Duration) answer { return answer{reading: reading{unchanged: true, fresh: fresh}} }
	m, h := time.Minute, time.Hour
	s := &script{answers: []answer{
		up(0), up(5 * m), up(2 * h), // what the server asks for counts where it is more
		down(0), down(0), down(0), down(3 * h), down(0), // each failure doubles the wait
		up(0), down(0), down(0), down(0), down(0), down(0), down(0), down(0), down(0), down(0),
	}}
	waits := poll(t, s, &ledger{}, 96*h)
	want := []time.Duration{10 * m, 10 * m, 2 * h, 10 * m, 20 * m, 40 * m, 3 * h, 160 * m, 10 * m,
		10 * m, 20 * m, 40 * m, 80 * m, 160 * m, 320 * m, 640 * m, 1280 * m, 24 * h, 24 * h}
	if len(waits) < len(want)-1 {
		t.Fatalf("only %d looks: %v", len(s.at), waits)
	}
	same := true
	for i := range min(len(waits), len(want)) {
		if !jittered(waits[i], want[i]) {
			t.Errorf("wait %d: %v, want %v", i, waits[i], want[i])
		}
		same = same && waits[i] == want[i]
	}
	if same {
		t.Error("no jitter")
	}
}

func TestPollTellsOnce(t *testing.T) {
	down := answer{err: errors.New("no route")}
	bad := answer{reading: reading{problems: []error{errors.New("bad item")}}}
	same := answer{reading: reading{unchanged: true}}
	log := &ledger{}
	poll(t, &script{answers: []answer{down, down, bad, bad, same, bad, down, same, {err: errors.New("refused")}, same}}, log, 24*time.Hour)
	want := []string{"source wire: no route", "source wire: bad item", "source wire: no route", "source wire: refused"}
	if len(log.problems) != len(want) {
		t.Fatalf("got %q", log.problems)
	}
	for i := range want {
		if log.problems[i] != want[i] {
			t.Errorf("got %q, want %q", log.problems[i], want[i])
		}
	}
}

func TestPollGivesWhatChanged(t *testing.T) {
	story := func(id, headline string) store.Story { return store.Story{ID: id, Headline: headline} }
	give := func(all ...store.Story) answer { return answer{reading: reading{stories: all}} }
	log := &ledger{}
	poll(t, &script{answers: []answer{
		give(story("1", "A"), story("2", "B")), give(story("1", "A"), story("2", "B")), give(story("2", "B, again")), give(story("1", "A"), story("3", "C")),
	}}, log, 2*time.Hour)
	want := "[wire:1 wire:2 wire:2 wire:1 wire:3]"
	if got := fmt.Sprint(log.stories); got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	// What could not be put is given again.
	s := &script{answers: []answer{give(story("1", "A"))}}
	log = &ledger{refuse: errors.New("full")}
	poll(t, s, log, time.Hour)
	if s.forgot != len(s.at) {
		t.Errorf("%d looks, forgot %d times", len(s.at), s.forgot)
	}
}

// A feed that has moved for good is asked at its new address, and one that is
// unchanged gives a 304, or else the same bytes, of which nothing comes.
func TestDocument(t *testing.T) {
	var asked []string
	etag := `"1"`
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		switch {
		case r.URL.Path == "/old":
			status = http.StatusMovedPermanently
			w.Header().Set("Location", "/new")
		case r.Header.Get("If-None-Match") == etag:
			status = http.StatusNotModified
		}
		asked = append(asked, fmt.Sprint(r.URL.Path, " ", status))
		w.Header().Set("ETag", etag)
		w.WriteHeader(status)
		if status == http.StatusOK {
			fmt.Fprint(w, "<rss><channel><title>Wire</title><item><guid>1</guid><title>A</title><description>B.</description></item></channel></rss>")
		}
	})
	var out bytes.Buffer
	d := &document{
		Request: Request{Address: s.URL + "/old"}, fetcher: localFetcher(0), log: slog.New(slog.NewTextHandler(&out, nil)),
	}
	look := func(unchanged bool, want ...string) {
		t.Helper()
		asked = nil
		a, err := d.get(t.Context())
		if err != nil || a.NotModified != unchanged || (a.Body == nil) != unchanged || !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q; answer %+v, error %v", asked, want, a, err)
		}
	}
	look(false, "/old 301", "/new 200")
	look(true, "/new 304")
	etag = `"2"`
	look(true, "/new 200") // the same bytes
	d.forget()
	look(false, "/new 200")
	if strings.Count(out.String(), "moved for good") != 1 || !strings.Contains(out.String(), "/new") {
		t.Errorf("log: %s", &out)
	}
}
