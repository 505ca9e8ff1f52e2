package intake_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"briefbot/bot/intake"
	"briefbot/store"
)

// counter is a sink that counts.
type counter struct {
	mu            sync.Mutex
	put, problems int
}

func (c *counter) Put(context.Context, store.Story) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put++
	return nil
}
func (c *counter) Moved(context.Context, string, string) error { return nil }
func (c *counter) Removed(context.Context, string) error       { return nil }
func (c *counter) Problem(context.Context, error)              { c.problems++ }

// items is a feed of an ordinary size: 30 items of about 1.5 kB each.
func items(feed int) string {
	all := make([]string, 30)
	for i := range all {
		text := strings.Repeat("The council spoke of the quay, the ferry and the price of a cabin. ", 20)
		all[i] = itemOf(fmt.Sprintf("%d-%d", feed, i), fmt.Sprintf("Story %d of feed %d", i, feed), "&lt;p&gt;"+text+"&lt;/p&gt;")
	}
	return rssOf(all...)
}

// feedServer serves any number of feeds, which never change.
func feedServer(b *testing.B) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		n, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		fmt.Fprint(w, items(n))
	}))
	b.Cleanup(s.Close)
	return s
}

// BenchmarkThousandFeeds is the first look at a thousand feeds, from the
// connection to the story, with the server in the same process.
func BenchmarkThousandFeeds(b *testing.B) {
	s := feedServer(b)
	before := cpu(b)
	for b.Loop() {
		f := intake.NewFetcher(intake.FetcherOptions{})
		ctx, cancel := context.WithCancel(b.Context())
		c := &counter{}
		var looked, all sync.WaitGroup
		for n := range 1000 {
			feed := intake.NewFeed(intake.FeedOptions{
				PollOptions: intake.PollOptions{Name: strconv.Itoa(n), Private: true, Fetcher: f},
				Address:     fmt.Sprintf("%s/%d", s.URL, n),
			})
			looked.Add(1)
			all.Go(func() { _ = feed.Run(ctx, c, looked.Done) })
		}
		looked.Wait()
		cancel()
		all.Wait()
		if c.put != 30_000 || c.problems != 0 {
			b.Fatalf("%d stories, %d problems", c.put, c.problems)
		}
	}
	b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-s/op") // what counts where the machine is shared
	b.ReportMetric(peak(b), "MiB-peak")
	b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "cores")
}

// cpu is the time that the process has had of all processors, in seconds.
func cpu(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// peak is the most memory that the process had resident, where the system tells.
func peak(b *testing.B) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("the system does not tell its memory")
	}
	for line := range strings.Lines(string(data)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(kb)[0])
			return float64(n) / 1024
		}
	}
	return 0
}

// BenchmarkUnchangedFeed is a look at a feed that says that it is unchanged.
func BenchmarkUnchangedFeed(b *testing.B) {
	s := feedServer(b)
	f := intake.NewFetcher(intake.FetcherOptions{})
	a, err := f.Fetch(b.Context(), intake.Request{Address: s.URL + "/1", Private: true})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		a, err := f.Fetch(b.Context(), intake.Request{Address: s.URL + "/1", Private: true, ETag: a.ETag})
		if err != nil || !a.NotModified {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseFeed is a feed of 30 items in memory.
func BenchmarkParseFeed(b *testing.B) {
	data := []byte(items(1))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := intake.ParseFeed("feed", data); err != nil {
			b.Fatal(err)
		}
	}
}
