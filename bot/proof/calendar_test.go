package proof

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A year has its own time, which never jumps and which the platforms live by.
// The bot's clock agrees with it until it is set back, and from then on is
// behind.

// calendar is all that happens in a year, made of a seed.
type calendar struct {
	seed     uint64
	begin    time.Time
	end      time.Time
	eras     []era
	channels []*outlet
	stories  []*news
	outages  []outage
}

// era is the time from one setting of the bot's clock to the next.
type era struct {
	back  time.Duration // how far the bot's clock is behind
	lives []span        // when the bot runs
}

type span struct{ from, to time.Time }

// outage is when a platform is out of order, and how.
type outage struct {
	span
	discord, telegram bool
	how               trouble
}

type trouble string

const (
	refused  trouble = "refused" // nobody answers, and connections are cut
	swallows trouble = "silent"  // connecting takes for ever
	pages    trouble = "pages"   // something in front of the platform says 502
	loses    trouble = "loses"   // requests are carried out, and their answers lost, or come late
)

// outlet is a channel, and what its configuration says.
type outlet struct {
	name     string
	discord  bool
	chat     string // its id, once the platforms stand
	rhythm   rhythm
	zone     string
	digest   bool
	topics   []string
	limit    int
	backfill int
	quiet    bool // from 22:00 to 07:30
	catchUp  time.Duration
	maxAge   time.Duration
	updates  string
}

// rhythm is a schedule, told twice: as the program reads it, and in plain terms
// for the oracle.
type rhythm struct {
	text     string
	hours    []int // nil: every hour
	minute   int
	weekdays []time.Weekday // nil: all
	day      int            // of the month; 0: all
	months   []time.Month   // nil: all
	every    time.Duration  // instead of all that
}

var (
	workdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	rhythms  = []rhythm{
		{text: "0 8 * * *", hours: []int{8}},
		{text: "0 8,18 * * *", hours: []int{8, 18}},
		{text: "30 7 * * 1-5", hours: []int{7}, minute: 30, weekdays: workdays},
		{text: "0 9 1 * *", hours: []int{9}, day: 1},
		{text: "@every 6h", every: 6 * time.Hour},
		{text: "30 2 * * *", hours: []int{2}, minute: 30},
		{text: "0 0 * * 1", hours: []int{0}, weekdays: []time.Weekday{time.Monday}},
		{text: "15 * * 4,10 *", minute: 15, months: []time.Month{time.April, time.October}},
	}
	zones = []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC"}
	// everyHour is the rhythm that only one zone has: the one whose clock
	// changes by half an hour.
	everyHour = 7
)

// news is a story, and what becomes of it.
type news struct {
	story
	wire    bool // comes from the source that retracts what it removes
	topic   string
	at      time.Time
	changes []time.Time
	removed time.Time // zero: never
}

// text is the story file as it is at a time.
func (n *news) text(at time.Time) string {
	s := n.story
	s.version = n.versionAt(at)
	head, rest, _ := strings.Cut(s.text(), "\n")
	return head + "\n\nTopics: " + n.topic + "\n" + rest
}

func (n *news) versionAt(at time.Time) int {
	v := 0
	for _, c := range n.changes {
		if !c.After(at) {
			v++
		}
	}
	return v
}

func (n *news) source() string {
	if n.wire {
		return "wire"
	}
	return "desk"
}

const (
	day = 24 * time.Hour
	// rest is how far apart troubles begin. Each is over long before the next,
	// so that no post waits for longer than the program tries.
	rest = 12 * day
	// lookTwice is how much later than the first source the second one gives
	// what is there, so that their order is certain.
	lookTwice = time.Second
)

// newCalendar makes a year, or the first days of it.
func newCalendar(seed uint64, days int) *calendar {
	r := rand.New(rand.NewPCG(seed, 2))
	year := 2011 // in which Apia had no 30 December
	if seed != 1 {
		year = 2003 + int(seed*5%34)
	}
	begin := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	c := &calendar{seed: seed, begin: begin, end: begin.Add(time.Duration(days) * day)}
	c.makeTroubles(r)
	c.makeChannels(r)
	c.makeStories(r)
	return c
}

// makeTroubles decides when the bot runs, when its clock is set back, and when
// the platforms are out of order.
func (c *calendar) makeTroubles(r *rand.Rand) {
	hours := func(least, most int) time.Duration {
		return time.Duration(least)*time.Hour + time.Duration(r.Int64N(int64(most-least)*int64(time.Hour)))
	}
	type plan struct {
		how               trouble // empty: the bot is off
		long              time.Duration
		discord, telegram bool
		restart           bool // the bot is started anew in the middle of it
	}
	all := []plan{
		{how: refused, long: hours(1, 6), discord: true},
		{how: refused, long: hours(1, 6), telegram: true},
		{how: refused, long: hours(30, 50), discord: true},
		{how: refused, long: hours(30, 50), telegram: true},
		{how: refused, long: hours(1, 6), discord: true, telegram: true},
		{how: refused, long: hours(26, 40), discord: true, telegram: true},
		{how: refused, long: hours(2, 6), discord: true, telegram: true, restart: true},
		{how: swallows, long: hours(1, 6), discord: true},
		{how: swallows, long: hours(1, 6), telegram: true},
		{how: swallows, long: hours(2, 6), discord: true, telegram: true, restart: true},
		{how: pages, long: hours(1, 6), discord: true},
		{how: pages, long: hours(1, 6), telegram: true},
		{how: loses, long: hours(20, 40), discord: true, telegram: true},
		{how: loses, long: hours(20, 40), discord: true, telegram: true},
		{how: loses, long: hours(20, 40), discord: true, telegram: true, restart: true},
		{long: time.Minute}, {long: 10 * time.Minute}, {long: hours(1, 3)}, {long: hours(3, 6)},
		{long: hours(7, 12)}, {long: hours(20, 30)}, {long: hours(30, 50)},
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	// The clock is set back twice: by less than a day, and by days.
	backs := map[int]time.Duration{13: hours(2, 20).Round(time.Minute), 19: hours(4*24, 9*24).Round(time.Minute)}

	now := era{}
	alive := c.begin.Add(5*time.Hour + 7*time.Minute + 20*time.Second)
	off := func(from time.Time, long time.Duration) {
		from = from.Truncate(time.Minute).Add(40 * time.Second)
		now.lives = append(now.lives, span{alive, from})
		alive = from.Add(long).Truncate(time.Minute).Add(20 * time.Second)
	}
	for slot, i := 0, 0; ; slot++ {
		start := c.begin.Add(rest * time.Duration(slot))
		if start.Add(rest).After(c.end) {
			break
		}
		if back, set := backs[slot]; set {
			at := start.Add(7*day + 17*time.Hour + 40*time.Minute)
			// Something has to wait while the clock is set.
			c.outages = append(c.outages, outage{span{at.Add(-2 * time.Hour), at.Add(time.Hour)}, true, true, refused})
			off(at, 10*time.Minute)
			c.eras = append(c.eras, now)
			now = era{back: now.back + back}
			continue
		}
		p := all[i%len(all)]
		i++
		at := start.Add(2*day + hours(0, 6*24)).Truncate(time.Minute).Add(50 * time.Second)
		if p.how == "" {
			off(at, p.long)
			continue
		}
		if p.restart {
			off(at.Add(p.long/2), 3*time.Minute)
		}
		c.outages = append(c.outages, outage{span{at, at.Add(p.long)}, p.discord, p.telegram, p.how})
	}
	now.lives = append(now.lives, span{alive, c.end})
	c.eras = append(c.eras, now)
}

// makeChannels makes a channel for each rhythm in each zone, with what else can
// be set going round among them.
func (c *calendar) makeChannels(r *rand.Rand) {
	topics := [][]string{nil, {"harbour"}, {"council", "weather"}, nil}
	for z, zone := range zones {
		for i, rhythm := range rhythms {
			if i == everyHour && zone != "Australia/Lord_Howe" {
				continue
			}
			n := len(c.channels)
			o := &outlet{
				name: fmt.Sprintf("%02d", n), discord: (i+z)%2 == 0, rhythm: rhythm, zone: zone, digest: r.IntN(3) == 0,
				topics: topics[r.IntN(len(topics))], limit: []int{10, 10, 2, 30}[r.IntN(4)], backfill: r.IntN(3), quiet: r.IntN(2) == 0,
				catchUp: []time.Duration{6 * time.Hour, 6 * time.Hour, time.Hour, 48 * time.Hour}[r.IntN(4)],
				maxAge:  []time.Duration{72 * time.Hour, 72 * time.Hour, 24 * time.Hour, 30 * day}[r.IntN(4)],
				updates: []string{"edit", "edit", "ignore", "repost"}[r.IntN(4)],
			}
			c.channels = append(c.channels, o)
		}
	}
}

// makeStories lets stories come in, one by one and in bursts, and a few of them
// change or be removed.
func (c *calendar) makeStories(r *rand.Rand) {
	add := func(at time.Time) {
		if c.longOutage(at) {
			return
		}
		s := &news{story: newStory(len(c.stories)+1, r), topic: []string{"harbour", "council", "weather"}[r.IntN(3)], at: at}
		if s.bullets > 6 && r.IntN(3) > 0 {
			s.bullets = 2 // most are short
		}
		c.stories = append(c.stories, s)
		if len(c.stories) > 3 {
			s.wire = r.IntN(5) == 0
			c.fate(s, r)
		}
	}
	for range 3 { // from before the bot began
		add(c.begin)
	}
	for at := c.begin.Add(6 * time.Hour); ; {
		at = at.Add(time.Duration(r.ExpFloat64() * float64(66*time.Hour)))
		if at.After(c.end.Add(-2 * day)) {
			break
		}
		add(onTheMinute(at))
		for r.IntN(6) == 0 || len(c.stories)%40 == 39 {
			at = at.Add(time.Minute * time.Duration(1+r.IntN(20)))
			add(onTheMinute(at))
		}
	}
	for _, e := range c.eras[:len(c.eras)-1] { // something has to wait while the clock is set
		end := e.lives[len(e.lives)-1].to
		for i := range 3 {
			add(onTheMinute(end.Add(-5*time.Hour + time.Duration(i)*time.Minute)))
		}
	}
	slices.SortStableFunc(c.stories, func(a, b *news) int { return a.at.Compare(b.at) })
	for i, s := range c.stories {
		s.n = i + 1
	}
}

// longOutage reports whether a platform is out of order for more than a day,
// with long still to go. What waits is tried about once a minute in each
// channel, which takes real time, so nothing comes in then but near the end.
func (c *calendar) longOutage(at time.Time) bool {
	return slices.ContainsFunc(c.outages, func(o outage) bool {
		return o.how != loses && o.to.Sub(o.from) > day && at.After(o.from.Add(-day)) && at.Before(o.to.Add(-3*time.Hour))
	})
}

// onTheMinute keeps what happens to stories off the seconds at which the bot is
// started, stopped and due.
func onTheMinute(t time.Time) time.Time { return t.Truncate(time.Minute).Add(31 * time.Second) }

// fate lets a story change, or be removed, while the clock that it came in by
// still holds, and calm enough for the change to be seen.
func (c *calendar) fate(s *news, r *rand.Rand) {
	last := c.end
	for _, e := range c.eras {
		if end := e.lives[len(e.lives)-1].to; s.at.Before(end) {
			last = end
			break
		}
	}
	last = last.Add(-5 * day)
	at := s.at
	for range r.IntN(12) / 8 * (1 + r.IntN(2)) {
		at = onTheMinute(at.Add(time.Hour + time.Duration(r.Int64N(int64(8*day)))))
		if at.Before(last) && !c.longOutage(at) {
			s.changes = append(s.changes, at)
		}
	}
	if r.IntN(12) == 0 {
		at = onTheMinute(at.Add(10*time.Minute + time.Duration(r.Int64N(int64(3*day)))))
		if c.alive(at) && at.Before(last) && !c.longOutage(at) {
			s.removed = at
		}
	}
}

// alive reports whether the bot runs.
func (c *calendar) alive(at time.Time) bool {
	for _, e := range c.eras {
		for _, l := range e.lives {
			if l.from.Before(at) && at.Before(l.to) {
				return true
			}
		}
	}
	return false
}
