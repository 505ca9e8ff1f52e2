package proof

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"briefbot/bot/sandbox"
)

// The oracle says what had to be posted in a year, and when. It knows what the
// README tells an operator, and goes through the year minute by minute; it
// shares no code with the program's schedules.

const (
	// prompt is how soon a post is out when all is well. A chat gets 20
	// messages a minute at most.
	prompt = 2 * time.Minute
	// recovery is how soon what waited is out when a trouble is over.
	recovery = 10 * time.Minute
	// jump is by how much a clock may be set back without a schedule's times
	// coming again.
	jump = 25 * time.Hour
)

// due is a post that has to come.
type due struct {
	n        int
	from, to time.Time
	silent   bool
	optional bool // whether it comes depends on the very instant
	again    bool // it comes again because it changed, whatever is in line
	met      bool
}

// oracle knows a calendar.
type oracle struct {
	*calendar
	times map[string][]time.Time // when rhythms are due, by zone and rhythm
}

func newOracle(c *calendar) *oracle { return &oracle{c, map[string][]time.Time{}} }

// clockTimes are the instants at which a rhythm is due by the clock of a zone.
// What names hours comes once a day for each: where the clock leaves a time out,
// at the change; where it shows it twice, at the first.
func (o *oracle) clockTimes(c *outlet) []time.Time {
	r := c.rhythm
	key := c.zone + r.text
	if all, ok := o.times[key]; ok {
		return all
	}
	z := o.zone(c)
	const label = "2006-01-02 15:04"
	seen := map[string]bool{}
	var all []time.Time
	// A wall clock's reading is written as if it were one of UTC.
	reading := func(t time.Time) time.Time {
		wall, _ := time.Parse(label, t.In(z).Format(label))
		return wall
	}
	fits := func(wall time.Time) bool {
		return wall.Minute() == r.minute && (r.hours == nil || slices.Contains(r.hours, wall.Hour())) &&
			(r.weekdays == nil || slices.Contains(r.weekdays, wall.Weekday())) &&
			(r.day == 0 || r.day == wall.Day()) && (r.months == nil || slices.Contains(r.months, wall.Month()))
	}
	const step = 30 * time.Minute // clocks change at such times, and rhythms are due at multiples of 15 minutes
	start := o.begin.Add(-3 * day)
	before := reading(start)
	for t := start; t.Before(o.end.Add(day)); t = t.Add(step / 2) {
		wall := reading(t)
		left := wall
		if gap := before.Add(step / 2); gap.Before(wall) && r.hours != nil {
			left = gap // what the clock left out is due now
		}
		for at := left; !at.After(wall); at = at.Add(step / 2) {
			if !fits(at) || r.hours != nil && seen[at.Format(label)] {
				continue
			}
			seen[at.Format(label)] = true
			if len(all) == 0 || all[len(all)-1].Before(t) {
				all = append(all, t)
			}
		}
		before = wall
	}
	o.times[key] = all
	return all
}

// ran is a run of a channel's schedule: when by the bot's clock, and when in the
// year.
type ran struct{ clock, at time.Time }

// runs are a channel's runs, as its schedule and the bot's lives have it.
func (o *oracle) runs(c *outlet) []ran {
	var all []ran
	var last time.Time // by the clock
	for _, e := range o.eras {
		for _, l := range e.lives {
			start, end := l.from.Add(lookTwice-e.back), l.to.Add(-e.back)
			run := func(at, due time.Time) {
				all = append(all, ran{at, at.Add(e.back)})
				last = due
			}
			if last.After(start.Add(jump)) {
				last = start
			}
			if every := c.rhythm.every; every != 0 {
				next := start
				if !last.IsZero() && last.Add(every).After(start) {
					next = last.Add(every)
				}
				for ; next.Before(end); next = next.Add(every) {
					run(next, next)
				}
				continue
			}
			if last.IsZero() {
				last = start
			}
			for _, at := range o.clockTimes(c) {
				switch {
				case !at.After(last) || !at.Before(end):
				case at.After(start):
					run(at, at)
				case start.Sub(at) < c.catchUp:
					run(start, start)
				}
			}
		}
	}
	return all
}

// expect says what a channel has to get, in order.
func (o *oracle) expect(c *outlet) []*due {
	type waiting struct {
		*news
		at  time.Time // when it came in
		age time.Time // the same, by the bot's clock
	}
	var queue []waiting
	for _, n := range o.stories {
		if c.topics != nil && !slices.Contains(c.topics, n.topic) {
			continue
		}
		at, e := o.seen(n, n.at)
		queue = append(queue, waiting{n, at, at.Add(-e.back)})
	}
	slices.SortStableFunc(queue, func(a, b waiting) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.source(), b.source()))
	})
	begin := o.eras[0].lives[0].from.Add(lookTwice)
	old := 0
	for old < len(queue) && !queue[old].at.After(begin) {
		old++
	}
	queue = queue[max(0, old-c.backfill):]

	var all []*due
	for _, r := range o.runs(c) {
		taken := 0
		for len(queue) > 0 && !queue[0].at.After(r.at) {
			n := queue[0]
			wanted := (n.removed.IsZero() || n.removed.After(r.at)) && r.clock.Sub(n.age) <= c.maxAge
			if wanted && taken == c.limit {
				break
			}
			queue = queue[1:]
			if !wanted {
				continue
			}
			taken++
			d := &due{n: n.n, from: r.at, to: o.latest(c, r.at), silent: o.silent(c, r.clock)}
			d.optional = !n.removed.IsZero() && n.removed.Before(d.to)
			all = append(all, d)
			if c.updates == "repost" {
				all = append(all, o.reposts(c, n.news, d)...)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *due) int { return a.from.Compare(b.from) })
	return all
}

// reposts are what comes of a story's changes after its post.
func (o *oracle) reposts(c *outlet, n *news, post *due) []*due {
	var all []*due
	last := post
	for _, change := range n.changes {
		at, e := o.seen(n, change)
		if !at.After(last.from) {
			continue
		}
		d := &due{n: n.n, from: at, to: o.latest(c, at), silent: o.silent(c, at.Add(-e.back)), again: true}
		// What was still waiting then was sent as it is now; a change that came
		// together with another shows once.
		d.optional = at.Before(last.to) || !n.removed.IsZero() && n.removed.Before(d.to)
		all = append(all, d)
		last = d
	}
	return all
}

// seen says when the bot hears of something that happens to a story.
func (o *oracle) seen(n *news, at time.Time) (time.Time, era) {
	for _, e := range o.eras {
		for _, l := range e.lives {
			start := l.from
			if n.wire {
				start = start.Add(lookTwice)
			}
			switch {
			case !at.Before(l.to):
			case at.Before(start):
				return start, e
			default:
				return at, e
			}
		}
	}
	return o.end.Add(day), era{}
}

func (o *oracle) zone(c *outlet) *time.Location {
	z, err := time.LoadLocation(c.zone)
	if err != nil {
		panic(err)
	}
	return z
}

// silent says whether a post makes no sound.
func (o *oracle) silent(c *outlet, clock time.Time) bool {
	shown := clock.In(o.zone(c)).Format("15:04")
	return c.quiet && (shown >= "22:00" || shown < "07:30")
}

// latest says until when a post has to be out, with all troubles on its way.
func (o *oracle) latest(c *outlet, from time.Time) time.Time {
	by := from.Add(prompt)
	meet := func(trouble span) {
		if over := trouble.to.Add(recovery); trouble.from.Before(by) && over.After(from) && over.After(by) {
			by = over
		}
	}
	for before := (time.Time{}); before != by; {
		before = by
		for _, x := range o.outages {
			if c.discord && x.discord || !c.discord && x.telegram {
				meet(x.span)
			}
		}
		var end time.Time
		for _, e := range o.eras {
			for _, l := range e.lives {
				if !end.IsZero() {
					meet(span{end, l.from})
				}
				end = l.to
			}
		}
	}
	return by
}

// A message's marks say which story's bullets it has, and of which version.
var versionPattern = regexp.MustCompile(`(?s)<S(\d+)B(\d+)>.*?version (\d+)`)

// post is a story as it came into a chat.
type post struct {
	n, bullets int
	versions   []int
	from, to   time.Time
	silent     bool
	messages   []string
	mixed      bool // its bullets are not in order
	planned    time.Time
}

// read finds the posts among what was written into a chat.
func readPosts(written []sandbox.Entry) []*post {
	var all []*post
	for _, e := range written {
		if e.Method != "create" {
			continue
		}
		for _, m := range versionPattern.FindAllStringSubmatch(e.Text, -1) {
			n, _ := strconv.Atoi(m[1])
			bullet, _ := strconv.Atoi(m[2])
			version, _ := strconv.Atoi(m[3])
			if len(all) == 0 || all[len(all)-1].n != n || bullet == 0 {
				all = append(all, &post{n: n, from: e.At, silent: silentPost(e)})
			}
			p := all[len(all)-1]
			p.mixed = p.mixed || bullet != p.bullets
			p.bullets++
			p.to = e.At
			p.versions = append(p.versions, version)
			if !slices.Contains(p.messages, e.ID) {
				p.messages = append(p.messages, e.ID)
			}
		}
	}
	return all
}

// judge holds what a channel got against what it had to get.
func (o *oracle) judge(c *outlet, written []sandbox.Entry) (posts int, wrong []string) {
	z := o.zone(c)
	complain := func(at time.Time, format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("channel %s (%s, %s), %s: ", c.name, c.rhythm.text, c.zone, o.clock(at).In(z).Format("2006-01-02 15:04:05 MST"))+fmt.Sprintf(format, args...))
	}
	want := o.expect(c)
	got := readPosts(written)
	furthest := 0
	last := map[int]*post{}
	for _, p := range got {
		last[p.n] = p
	}
	for _, p := range got {
		i := slices.IndexFunc(want, func(d *due) bool { return d.n == p.n && !d.met && !(d.optional && d.to.Before(p.from)) })
		s := o.stories[p.n-1]
		if i < 0 {
			if slices.ContainsFunc(want, func(d *due) bool { return d.n == p.n }) {
				complain(p.from, "%s is doubled", s.headline())
			} else {
				complain(p.from, "%s was not to be posted", s.headline())
			}
			continue
		}
		d := want[i]
		d.met, p.planned = true, d.from
		posts++
		if i < furthest && !d.again {
			complain(p.from, "%s is out of order", s.headline())
		}
		if !d.again {
			furthest = max(furthest, i)
		}
		switch {
		case p.from.Before(d.from):
			complain(p.from, "%s is too early, by %s", s.headline(), d.from.Sub(p.from))
		case p.to.After(d.to):
			complain(p.to, "%s is late: it had to be there by %s", s.headline(), o.clock(d.to).In(z).Format("2006-01-02 15:04:05"))
		}
		if bullets := s.bullets; p.mixed || !c.digest && p.bullets != bullets || c.digest && p.bullets != 1 {
			complain(p.from, "%s is torn: %d bullets of %d", s.headline(), p.bullets, bullets)
		}
		if p.silent != d.silent {
			complain(p.from, "%s: silent %t, want %t", s.headline(), p.silent, d.silent)
		}
		o.judgeVersions(c, s, p, last[p.n] == p, written, complain)
	}
	for _, d := range want {
		if !d.met && !d.optional {
			complain(d.from, "%s is lost: due then, and by %s at the latest", o.stories[d.n-1].headline(), o.clock(d.to).In(z).Format("2006-01-02 15:04:05"))
		}
	}
	return posts, wrong
}

// judgeVersions looks whether a post was what the story was, and whether it
// followed its changes.
func (o *oracle) judgeVersions(c *outlet, s *news, p *post, last bool, written []sandbox.Entry, complain func(time.Time, string, ...any)) {
	known := 0
	for _, change := range s.changes {
		if at, _ := o.seen(s, change); at.Before(p.from.Add(-prompt)) {
			known++
		}
	}
	for _, v := range p.versions {
		if v < known || v > s.versionAt(p.to) {
			complain(p.from, "%s is posted as of version %d, and not %d", s.headline(), v, known)
			return
		}
	}
	final := map[string]string{}
	for _, e := range written {
		if (e.Method == "create" || e.Method == "edit") && slices.Contains(p.messages, e.ID) {
			final[e.ID] = e.Text
		}
	}
	text := ""
	for _, id := range p.messages {
		text += final[id]
	}
	if day := o.clock(p.planned).In(o.zone(c)).Format("2 January 2006"); c.digest && !strings.Contains(text, day) {
		complain(p.from, "the digest with %s is not the one of %s: %q", s.headline(), day, text)
	}
	if !s.removed.IsZero() {
		told := strings.Contains(text, "retracted")
		if wanted := s.wire && c.updates != "ignore" && last; !c.digest && wanted != told {
			complain(s.removed, "%s was taken back, and its post says so: %t", s.headline(), told)
		}
		return
	}
	for _, m := range versionPattern.FindAllStringSubmatch(text, -1) {
		v, _ := strconv.Atoi(m[3])
		if n, _ := strconv.Atoi(m[1]); n != s.n {
			continue
		}
		if c.updates == "edit" && v != len(s.changes) || c.updates != "edit" && !slices.Contains(p.versions, v) {
			complain(p.from, "%s stands there as of version %d of %d (updates: %s)", s.headline(), v, len(s.changes), c.updates)
			return
		}
	}
}

// clock is what the bot's clock shows at a time of the year.
func (o *oracle) clock(at time.Time) time.Time {
	back := time.Duration(0)
	for _, e := range o.eras {
		if !at.Before(e.lives[0].from) {
			back = e.back
		}
	}
	return at.Add(-back)
}
