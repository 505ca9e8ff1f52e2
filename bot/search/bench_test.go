package search

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"briefbot/store"
	"briefbot/store/bolt"
)

// vocabulary makes words up, the most usual ones short.
type vocabulary struct {
	words []string
	zipf  *rand.Zipf
}

func newVocabulary(r *rand.Rand, size int) *vocabulary {
	syllables := []string{"ba", "cor", "den", "el", "fi", "gar", "hol", "in", "jor", "ka", "lum", "mar", "nes", "or", "pel", "qua", "ris", "sten", "tor", "ul", "ver", "wen", "yor", "zan"}
	seen := map[string]bool{}
	v := &vocabulary{zipf: rand.NewZipf(r, 1.1, 4, uint64(size-1))}
	for len(v.words) < size {
		var b strings.Builder
		for range 1 + len(v.words)*3/size + r.IntN(3) {
			b.WriteString(syllables[r.IntN(len(syllables))])
		}
		if r.IntN(4) == 0 {
			b.WriteString([]string{"s", "ing", "ed", "ly"}[r.IntN(4)])
		}
		if w := b.String(); !seen[w] {
			seen[w] = true
			v.words = append(v.words, w)
		}
	}
	return v
}

func (v *vocabulary) word() string { return v.words[v.zipf.Uint64()] }

func (v *vocabulary) text(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = v.word()
	}
	return strings.Join(words, " ") + "."
}

func (v *vocabulary) story(r *rand.Rand, n int) store.Story {
	day := store.Day(2016, 1, 1).Time.AddDate(0, 0, n/28)
	s := store.Story{
		ID: fmt.Sprintf("wire:%06d", n), Headline: v.text(6 + r.IntN(6)), Date: store.Date{Time: day}, Language: "en",
		URL: fmt.Sprintf("https://wire.example/%d", n), Topics: []string{v.words[r.IntN(20)], v.words[r.IntN(200)]},
	}
	for range 3 + r.IntN(4) {
		s.Bullets = append(s.Bullets, store.Bullet{Text: v.text(15 + r.IntN(15)), Citations: []int{1 + r.IntN(4)}})
	}
	for _, label := range []string{"Establishment-critical", "Pro-establishment"} {
		s.Narratives = append(s.Narratives, store.Narrative{Label: label, Paragraphs: []string{v.text(40 + r.IntN(40)), v.text(30 + r.IntN(30))}})
	}
	for i := range 4 {
		s.Sources = append(s.Sources, store.Source{N: i + 1, Outlet: v.words[r.IntN(500)] + " Post", Title: v.text(6), URL: fmt.Sprintf("https://%s.example/%d/%d", v.words[r.IntN(500)], n, i), Date: store.Date{Time: day}})
	}
	return s
}

const benchStories = 100000

// filled makes a store with so many stories, and says how large they are.
func filled(b *testing.B, v *vocabulary, r *rand.Rand, n int) (st *store.Store, size int64) {
	e, err := bolt.Open(filepath.Join(b.TempDir(), "briefbot.db"))
	if err != nil {
		b.Fatal(err)
	}
	if st, err = store.Open(b.Context(), e, time.Now()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	stories := make(chan store.Story)
	var writers sync.WaitGroup
	for range 64 {
		writers.Go(func() {
			for s := range stories {
				if _, _, err := st.PutStory(context.Background(), s, s.Date.Time.Add(time.Hour)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		s := v.story(r, i)
		j, err := json.Marshal(s)
		if err != nil {
			b.Fatal(err)
		}
		size += int64(len(j))
		stories <- s
	}
	close(stories)
	writers.Wait()
	return st, size
}

func folderSize(b *testing.B, folder string) (size int64) {
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}

// cpuTime is the time for which the program had a processor: on a machine that
// has other work, it tells more than the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSearch builds the index of 100,000 stories, and searches it as
// readers do: for one to three words, more often for usual ones, one in five of
// them misspelt, and one in three by a filter too.
func BenchmarkSearch(b *testing.B) {
	n := benchStories
	if testing.Short() {
		n /= 10
	}
	r := rand.New(rand.NewPCG(1, 2))
	v := newVocabulary(r, 150000)
	st, stories := filled(b, v, r, n)
	folder := filepath.Join(b.TempDir(), "index")
	x, err := New(folder, st, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	var parts sync.WaitGroup
	began, busy := time.Now(), cpuTime(b)
	parts.Go(func() { x.Run(ctx) })
	b.Cleanup(func() { stop(); parts.Wait() })
	for x.built.Load() < 100 {
		time.Sleep(10 * time.Millisecond)
	}
	cpu := cpuTime(b) - busy
	rate := float64(n) / time.Since(began).Seconds()

	b.Run("words", func(b *testing.B) {
		measure(b, func() string { return question(r, v) }, func(q string) error {
			_, err := x.Search(ctx, q, 0, 8)
			return err
		})
		b.ReportMetric(rate, "stories/s")
		b.ReportMetric(float64(n)/cpu.Seconds(), "stories/cpu-s")
		b.ReportMetric(float64(folderSize(b, folder))/float64(stories), "of-size")
		b.ReportMetric(float64(stories)/float64(n), "B/story")
	})
	for name, of := range map[string]func() string{
		"usual":  func() string { return v.words[r.IntN(20)] },
		"rare":   func() string { return v.words[len(v.words)-1-r.IntN(50000)] },
		"typo":   func() string { return misspelt(r, v.words[1000+r.IntN(100000)]) },
		"phrase": func() string { return `"` + v.words[r.IntN(20)] + " " + v.words[r.IntN(20)] + `"` },
		"date":   func() string { return "after:2020-05-03" },
	} {
		b.Run(name, func(b *testing.B) {
			measure(b, of, func(q string) error {
				_, err := x.Search(ctx, q, 0, 8)
				return err
			})
		})
	}
	b.Run("suggest", func(b *testing.B) {
		measure(b, func() string {
			q := v.word()
			if r.IntN(2) == 0 {
				q += " " + v.word()
			}
			return q[:1+r.IntN(len(q))]
		}, func(q string) error {
			_, err := x.Suggest(ctx, q, 25)
			return err
		})
	})
}

func question(r *rand.Rand, v *vocabulary) string {
	var words []string
	for range 1 + r.IntN(3) {
		w := v.word()
		if r.IntN(5) == 0 {
			w = misspelt(r, w)
		}
		words = append(words, w)
	}
	switch r.IntN(9) {
	case 0:
		words = append(words, "topic:"+v.words[r.IntN(20)])
	case 1:
		words = append(words, "outlet:"+v.words[r.IntN(500)])
	case 2:
		words = append(words, "after:2021-03-01")
	}
	return strings.Join(words, " ")
}

func misspelt(r *rand.Rand, word string) string {
	at := 1 + r.IntN(max(1, len(word)-1))
	return word[:at] + "x" + word[min(at+1, len(word)):]
}

// measure reports the middle and the slowest of the answers.
func measure(b *testing.B, ask func() string, answer func(string) error) {
	var took []time.Duration
	for b.Loop() {
		q := ask()
		began := time.Now()
		if err := answer(q); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
