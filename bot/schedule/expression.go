package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Expression is a schedule in a time zone.
type Expression struct {
	cron cron.Schedule
	zone *time.Location
	// wall says that the expression names hours of the clock, so that the two
	// nights a year on which a clock is changed need care.
	wall bool
	// comes says that no clock counts: what is new is due as it comes in.
	comes bool
}

// AsItComes is the expression of a channel that gets each story as it comes in.
const AsItComes = "@new"

var parser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// allHours are the bits that cron sets for an hour field that fits every hour.
const allHours = 1<<24 - 1

// Parse reads a cron expression of five fields, or six with seconds in front,
// or @daily and its like, or "@every 15m", or "@new". zone is where its clock
// hangs.
func Parse(text string, zone *time.Location) (Expression, error) {
	if strings.Contains(text, "TZ=") {
		return Expression{}, errors.New("a time zone has a key of its own: timezone")
	}
	text = strings.TrimSpace(text)
	if text == AsItComes {
		return Expression{zone: zone, comes: true}, nil
	}
	if every, ok := strings.CutPrefix(text, "@every "); ok {
		// cron takes any duration, and makes a second of a negative one.
		if d, err := time.ParseDuration(strings.TrimSpace(every)); err == nil && d < time.Second {
			return Expression{}, errors.New("the shortest interval is a second")
		}
	}
	s, err := parser.Parse(text)
	if err != nil {
		return Expression{}, fmt.Errorf("%w: want five fields (minute hour day month weekday) as in \"0 8,18 * * *\", or @daily, or @every 15m, or @new", err)
	}
	e := Expression{cron: s, zone: zone}
	if spec, ok := s.(*cron.SpecSchedule); ok {
		e.wall = spec.Hour&allHours != allHours
		spec.Location = zone
		if e.wall {
			spec.Location = time.UTC // see Next
		}
		if e.Next(time.Now()).IsZero() {
			return Expression{}, errors.New("that time never comes")
		}
	}
	return e, nil
}

// Check reports what is wrong with an expression.
func Check(text string) error {
	_, err := Parse(text, time.UTC)
	return err
}

// CheckChats is Check for the expression of a chat, which the operator has not
// seen: it runs at most once a minute.
func CheckChats(text string) error {
	e, err := Parse(text, time.UTC)
	if err != nil {
		return err
	}
	every, ok := e.Every()
	if ok && every < time.Minute || !ok && len(strings.Fields(text)) == 6 {
		return errors.New("the shortest interval is a minute")
	}
	return nil
}

// Every reports the interval of an "@every" expression, or false.
func (e Expression) Every() (time.Duration, bool) {
	d, ok := e.cron.(cron.ConstantDelaySchedule)
	return d.Delay, ok
}

// Next is the first time after t at which the schedule is due, or zero if there
// is none in the next years, or if no clock tells.
//
// An expression that names hours is due once a day for each of them: where a
// clock that is put forward leaves its time out, at the change; where a clock
// that is put back shows its time twice, at the first. cron itself would leave
// out the one and repeat the other, so it is asked on a clock that is never
// changed, and the answer is put on the real one. An expression for every hour
// follows elapsed time instead.
func (e Expression) Next(t time.Time) time.Time {
	if e.comes {
		return time.Time{}
	}
	if !e.wall {
		return e.cron.Next(t.In(e.zone))
	}
	local := t.In(e.zone)
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	for {
		if wall = e.cron.Next(wall); wall.IsZero() {
			return wall
		}
		if at := onClock(wall, e.zone); at.After(t) {
			return at
		}
	}
}

// onClock is the first instant at which a clock in the zone shows the wall
// time, or, if it never does, the instant at which it is put forward over it.
func onClock(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	start, end := t.ZoneBounds()
	switch shown := asUTC(t); {
	case shown.Before(wall):
		return end
	case shown.After(wall):
		return start
	}
	if start.IsZero() {
		return t
	}
	_, before := start.Add(-1).Zone()
	_, now := t.Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); first.Before(start) && asUTC(first).Equal(wall) {
		return first
	}
	return t
}

// asUTC is what the clock at t shows, as a time in UTC.
func asUTC(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
