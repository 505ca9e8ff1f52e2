package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/sandbox"
	"briefbot/store"
)

// The benchmarks run the real program, as a process of its own, against the
// stand-ins in this one. Both share the machine's cores.

const (
	// scale is how much faster than the real ones the platforms are: limits and
	// rates alike.
	scale = 50
	// period is how far apart the schedule's times are: longer than a story
	// takes to be everywhere.
	period   = 20 * time.Second
	periodic = "*/20 * * * * *"
	// comesIn is how long before its time a story is put into the folder.
	comesIn = 5 * time.Second
	// asking is how often each reader asks, at most.
	asking  = 100 * time.Millisecond
	readers = 4
)

// BenchmarkBroadcastTelegram is one story to 10,000 chats at fifty times the
// default limits, which the stand-in enforces, while readers ask.
func BenchmarkBroadcastTelegram(b *testing.B) {
	const all, chat, group = 30 * scale, 1 * scale, 20 * scale
	benchBroadcast(b, newHouse(b, sandbox.DiscordLimits{}, sandbox.TelegramLimits{All: all, Chat: chat, Group: group}),
		store.Telegram, all, fmt.Sprintf("{all: %d/s, chat: %d/s, group: %d/m}", all, chat, group))
}

// BenchmarkBroadcastDiscord is the same for 10,000 channels. Each has the bucket
// that Discord was seen to have.
func BenchmarkBroadcastDiscord(b *testing.B) {
	limits := sandbox.UsualLimits()
	limits.Global.N *= scale
	benchBroadcast(b, newHouse(b, limits, sandbox.TelegramLimits{}), store.Discord, limits.Global.N, fmt.Sprintf("{all: %d/s}", limits.Global.N))
}

// benchBroadcast brings b.N stories to all chats, and reports for the slowest
// of them how close it came to the time that the limits set, counted from when
// the schedule was due to the last post.
func benchBroadcast(b *testing.B, h *house, p store.Platform, rate int, rates string) {
	chats := 10_000
	if testing.Short() {
		chats = 1000
	}
	h.open(p, chats)
	h.configure(map[store.Platform]string{p: rates}, periodic, chats)
	h.write(0)
	h.start()
	h.until("the first story", func() bool { return h.posted(p, 0) == chats })

	var took, waits []time.Duration
	var stolen, passed, used float64
	answers := 0
	b.ResetTimer()
	for n := range b.N {
		due := time.Now().Add(comesIn + period).Truncate(period)
		time.Sleep(time.Until(due.Add(-comesIn)))
		h.write(n + 1)
		runtime.GC()
		time.Sleep(time.Until(due))
		stolen0, passed0 := processors()
		used0 := h.used()
		stop := h.ask(p)
		h.until("a story", func() bool { return h.posted(p, n+1) == chats })
		waited := stop()
		stolen1, passed1 := processors()
		stolen, passed = stolen+stolen1-stolen0, passed+passed1-passed0
		used += h.used() - used0
		took = append(took, h.last(p, n+1).Sub(due))
		waits = append(waits, waited...)
		answers += len(waited)
	}
	b.StopTimer()
	messages := chats
	if p == store.Telegram { // which counts answers with the rest
		messages += answers / b.N
	}
	floor := time.Duration(float64(messages) / float64(rate) * float64(time.Second))
	slowest := slices.Max(took)
	slices.Sort(waits)
	b.ReportMetric(0, "ns/op") // it holds the waiting for the schedule
	b.ReportMetric(float64(floor)/float64(slowest), "of-floor")
	b.ReportMetric(float64(chats)/slowest.Seconds(), "posts/s")
	b.ReportMetric(float64(h.limited()), "429s")
	b.ReportMetric(float64(len(waits)), "answers")
	b.ReportMetric(milliseconds(waits[len(waits)/2]), "answer-p50-ms")
	b.ReportMetric(milliseconds(waits[len(waits)*99/100]), "answer-p99-ms")
	b.ReportMetric(h.memory("VmHWM"), "peak-MiB")
	b.ReportMetric(used*1e6/float64(b.N*chats), "cpu-µs/post")
	if passed > 0 {
		b.ReportMetric(stolen/passed, "stolen")
	}
}

// BenchmarkMemory is the most that the program has resident with 100,000 channels
// that were set up from their chats, half of them on either platform, from its
// start until a story is with all of them: of its own, and with its code and the
// pages of its data file that are mapped just then.
func BenchmarkMemory(b *testing.B) {
	chats := 50_000
	if testing.Short() {
		chats = 5000
	}
	h := newHouse(b, sandbox.DiscordLimits{}, sandbox.TelegramLimits{})
	h.open(store.Discord, chats)
	h.open(store.Telegram, chats)
	h.configure(map[store.Platform]string{store.Discord: "{all: off}", store.Telegram: "{all: off, chat: off, group: off}"}, "@every 24h", 1)
	h.subscribe("@every 24h", 1)
	h.write(0)
	h.start()
	began := time.Now() // without building the program
	own := 0.0
	posted := func(n int) func() bool {
		return func() bool {
			own = max(own, h.memory("RssAnon"))
			return h.posted(store.Discord, 0)+h.posted(store.Telegram, 0) >= n
		}
	}
	h.until("the first post", posted(1))
	first := time.Now()
	h.until("the story", posted(2*chats))
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(first.Sub(began).Seconds(), "first-post-s")
	b.ReportMetric(float64(2*chats)/time.Since(first).Seconds(), "posts/s")
	b.ReportMetric(own, "own-MiB")
	b.ReportMetric(h.memory("VmHWM"), "peak-MiB")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// house is both platforms with their people, and the program.
type house struct {
	*testing.B
	discord  *sandbox.Discord
	telegram *sandbox.Telegram
	address  string
	guild    string
	folder   string
	program  *exec.Cmd
	chats    map[store.Platform][]string
	readers  map[store.Platform][]string

	mu    sync.Mutex
	read  map[store.Platform]int            // how much of the transcript was
	count map[string]map[store.Platform]int // posts by headline
	at    map[string]map[store.Platform]time.Time
	heard map[string]chan time.Time // answers, by who gets them
}

func newHouse(b *testing.B, dl sandbox.DiscordLimits, tl sandbox.TelegramLimits) *house {
	// The stand-ins are not what is measured: the less they take of the processor,
	// the better. Their garbage is collected between the stories, unless it is much.
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(1<<30)
	b.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
	h := &house{
		B:        b,
		discord:  sandbox.NewDiscord(sandbox.DiscordOptions{Limits: dl}),
		telegram: sandbox.NewTelegram(sandbox.TelegramOptions{Token: "4711:bench", Username: "bench_bot", Limits: tl}),
		folder:   b.TempDir(),
		chats:    map[store.Platform][]string{},
		readers:  map[store.Platform][]string{},
		read:     map[store.Platform]int{},
		count:    map[string]map[store.Platform]int{},
		at:       map[string]map[store.Platform]time.Time{},
		heard:    map[string]chan time.Time{},
	}
	server := httptest.NewServer(sandbox.Mux(h.discord, h.telegram, http.NotFoundHandler()))
	h.address = server.URL
	b.Cleanup(func() {
		h.stop()
		server.CloseClientConnections()
		h.discord.Close()
		h.telegram.Close()
		server.Close()
	})
	return h
}

// open makes chats on a platform, and people who ask there.
func (h *house) open(p store.Platform, chats int) {
	if p == store.Discord {
		h.guild = h.discord.AddGuild("Bench")
	}
	for i := range chats {
		id := ""
		if p == store.Telegram {
			id = h.telegram.AddChannel(fmt.Sprint("c", i), "")
		} else {
			var err error
			if id, err = h.discord.AddChannel(h.guild, fmt.Sprint("c", i), "text"); err != nil {
				h.Fatal(err)
			}
		}
		h.chats[p] = append(h.chats[p], id)
	}
	for i := range readers {
		name := fmt.Sprint("reader", i)
		id := ""
		if p == store.Telegram {
			id = h.telegram.AddUser(name)
		} else {
			id = h.discord.AddUser(name)
		}
		h.readers[p] = append(h.readers[p], id)
		h.heard[id] = make(chan time.Time, 100)
		if p == store.Telegram { // who has not pressed Start can't be answered
			if err := h.telegram.Say(h.Context(), id, id, "/start", ""); err != nil {
				h.Fatal(err)
			}
		}
	}
}

// configure writes the configuration, with the first chats of each platform.
func (h *house) configure(rates map[store.Platform]string, when string, first int) {
	var text strings.Builder
	text.WriteString("data: data\nsources: [{name: desk, dir: stories}]\nlog: {level: error}\nweb: {listen: off}\nquestions: {reader: off, chat: off}\n")
	for p, r := range rates {
		fmt.Fprintf(&text, "%s: {token: \"4711:bench\", api_url: %s, rates: %s}\n", p, h.address, r)
	}
	text.WriteString("channels:\n")
	for p, chats := range h.chats {
		for i, id := range chats[:min(first, len(chats))] {
			fmt.Fprintf(&text, "  - {name: %s%d, %s: %q, schedule: %q, narratives: ask}\n", p, i, p, id, when)
		}
	}
	if err := os.Mkdir(filepath.Join(h.folder, "stories"), 0o700); err != nil {
		h.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.folder, "config.yaml"), []byte(text.String()), 0o600); err != nil {
		h.Fatal(err)
	}
}

// subscribe has all chats but the first of each platform set up from within.
func (h *house) subscribe(when string, but int) {
	st, err := bot.OpenStore(h.Context(), filepath.Join(h.folder, "data"))
	if err != nil {
		h.Fatal(err)
	}
	defer st.Close()
	var all []store.Channel
	for p, chats := range h.chats {
		for _, id := range chats[but:] {
			all = append(all, store.Channel{
				Name: fmt.Sprintf("%s:%s", p, id), Chat: store.Chat{Platform: p, ID: id}, Origin: store.FromChat,
				Schedule: when, Timezone: "UTC", Mode: store.Each, Limit: 10, CatchUp: 6 * time.Hour, MaxAge: 72 * time.Hour, Narratives: "ask",
			})
		}
	}
	if err := st.PutChannels(h.Context(), all, time.Now()); err != nil {
		h.Fatal(err)
	}
}

// headline is the n-th story's.
func headline(n int) string { return fmt.Sprintf("Night ferry number %d returns to Port Ansel", n) }

// write puts the n-th story into the folder.
func (h *house) write(n int) {
	text := headline(n) + `

Updated Nov 02, 2026
Topics: transport, islands

• The night ferry sails again after nine years, with forty cabins and room for sixty cars.[1][2]
• A cabin costs what it did in 2017, the operator says, and children travel free until June.[2]
• The harbour council paid for the new pier out of a fund that was set aside in 2019.[1]

Establishment-critical narrative

The islands waited nine years for a promise that was made before an election.

Pro-establishment narrative

A careful council waited until the sums added up, and the islands have a ferry that will last.

Articles on this story

[1] Ansel Post: "Ferry is back" (Nov 01, 2026) https://anselpost.example/back
[2] Sea Wire: "Night boats return" https://seawire.example/boats
`
	if err := os.WriteFile(filepath.Join(h.folder, "stories", fmt.Sprintf("ferry%d.txt", n)), []byte(text), 0o600); err != nil {
		h.Fatal(err)
	}
}

// start runs the program.
func (h *house) start() {
	h.program = exec.Command(build(h), "run", "--config", filepath.Join(h.folder, "config.yaml"))
	var log bytes.Buffer
	h.program.Stderr = &log
	if err := h.program.Start(); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if text := log.String(); text != "" {
			h.Errorf("the program's log: %.2000s", text)
		}
	})
}

func (h *house) stop() {
	if h.program == nil || h.program.Process == nil {
		return
	}
	if err := h.program.Process.Signal(os.Interrupt); err != nil {
		h.Error(err)
	}
	if err := h.program.Wait(); err != nil {
		h.Errorf("the program ended with: %v", err)
	}
}

// look reads what came in since the last look.
func (h *house) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p, since := range map[store.Platform]func(int) []sandbox.Entry{store.Discord: h.discord.Since, store.Telegram: h.telegram.Since} {
		for _, e := range since(h.read[p]) {
			h.read[p]++
			for _, who := range []string{e.User, e.Chat} {
				if heard := h.heard[who]; heard != nil {
					heard <- e.At
				}
			}
			if _, rest, ok := strings.Cut(e.Text, "Night ferry number "); ok && e.Method == "create" && h.heard[e.Chat] == nil {
				n, _, _ := strings.Cut(rest, " ")
				if h.count[n] == nil {
					h.count[n], h.at[n] = map[store.Platform]int{}, map[store.Platform]time.Time{}
				}
				h.count[n][p]++
				h.at[n][p] = e.At
			}
		}
	}
}

// posted is how many chats have the n-th story.
func (h *house) posted(p store.Platform, n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count[strconv.Itoa(n)][p]
}

// last is when the n-th story was posted last.
func (h *house) last(p store.Platform, n int) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at[strconv.Itoa(n)][p]
}

func (h *house) until(what string, holds func() bool) {
	h.Helper()
	over := time.Now().Add(10 * time.Minute)
	for h.look(); !holds(); h.look() {
		if time.Now().After(over) {
			h.Fatalf("waited in vain for %s: %v", what, h.count)
		}
		time.Sleep(5 * time.Millisecond) // what is measured has times of its own
	}
}

// ask has readers ask, each again and again, until the returned function is
// called, which gives how long each answer took.
func (h *house) ask(p store.Platform) (stop func() []time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	waits := make([][]time.Duration, readers)
	for i, who := range h.readers[p] {
		for len(h.heard[who]) > 0 {
			<-h.heard[who]
		}
		all.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				var err error
				if p == store.Telegram {
					err = h.telegram.Say(ctx, who, who, "/critical", "")
				} else {
					err = h.discord.Say(ctx, who, h.chats[p][i], "/critical", "")
				}
				if err != nil {
					if ctx.Err() == nil {
						h.Error(err)
					}
					return
				}
				select {
				case at := <-h.heard[who]:
					waits[i] = append(waits[i], at.Sub(began))
				case <-time.After(time.Minute):
					h.Error("a reader was not answered within a minute")
					return
				}
				select {
				case <-ctx.Done():
				case <-time.After(asking):
				}
			}
		})
	}
	return func() []time.Duration {
		cancel()
		over := make(chan struct{})
		go func() {
			all.Wait()
			close(over)
		}()
		h.until("the last answers", func() bool {
			select {
			case <-over:
				return true
			default:
				return false
			}
		})
		return slices.Concat(waits...)
	}
}

// limited is how many requests the platforms refused as too many.
func (h *house) limited() int {
	_, n := h.discord.Requests("")
	for _, method := range []string{"sendMessage", "editMessageText", "editMessageReplyMarkup"} {
		_, t := h.telegram.Requests(method)
		n += t
	}
	return n
}

// processors is how much of the cores' time the host of a virtual machine has kept
// to itself, and how much has passed, in units of the system's; 0 where Linux does
// not tell.
func processors() (stolen, passed float64) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	all, _, _ := strings.Cut(string(b), "\n")
	for i, field := range strings.Fields(all)[1:9] { // those behind it are parts of others
		n, _ := strconv.ParseFloat(field, 64)
		passed += n
		if i == 7 {
			stolen = n
		}
	}
	return stolen, passed
}

// used is the processor time that the program has had, in seconds; 0 where Linux
// does not tell.
func (h *house) used() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.program.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ") // behind the name
	ticks := 0.0
	for _, field := range strings.Fields(rest)[11:13] { // in the program, and in the system for it
		n, _ := strconv.ParseFloat(field, 64)
		ticks += n
	}
	return ticks / 100 // a second has as many on every architecture
}

// memory reads one of the figures that Linux has of the program, in MiB; 0
// elsewhere.
func (h *house) memory(name string) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.program.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), name+":")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseFloat(kib, 64)
	return n / 1024
}
