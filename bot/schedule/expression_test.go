package schedule

import (
	"strings"
	"testing"
	"time"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// runs gives the times at which an expression is due in [from, to), on the
// zone's clock.
func runs(t *testing.T, expression, zone, from, to string) string {
	t.Helper()
	z := zoneOf(t, zone)
	e, err := Parse(expression, z)
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	var all []string
	for now := e.Next(at(from).Add(-time.Second)); now.Before(at(to)); now = e.Next(now) {
		all = append(all, now.In(z).Format("02 15:04 MST"))
	}
	return strings.Join(all, ", ")
}

func TestNext(t *testing.T) {
	for _, tt := range []struct{ name, expression, zone, from, to, want string }{
		{
			"twice a day", "0 8,18 * * *", "Europe/Berlin", "2026-06-01T00:00:00Z", "2026-06-02T12:00:00Z",
			"01 08:00 CEST, 01 18:00 CEST, 02 08:00 CEST",
		}, {
			"with seconds", "30 0 8 * * *", "UTC", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z",
			"01 08:00 UTC",
		}, {
			"a time that does not exist runs once, at the change", "30 2 * * *", "Europe/Berlin",
			"2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z",
			"28 02:30 CET, 29 03:00 CEST, 30 02:30 CEST",
		}, {
			"several times that do not exist run once together", "0,15,45 2 * * *", "Europe/Berlin",
			"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z",
			"29 03:00 CEST",
		}, {
			"a time that exists twice runs once, the first time", "30 2 * * *", "Europe/Berlin",
			"2026-10-23T22:00:00Z", "2026-10-26T22:00:00Z",
			"24 02:30 CEST, 25 02:30 CEST, 26 02:30 CET",
		}, {
			"the same in New York, forward", "30 2 * * *", "America/New_York",
			"2026-03-08T05:00:00Z", "2026-03-09T10:00:00Z",
			"08 03:00 EDT, 09 02:30 EDT",
		}, {
			"the same in New York, back", "30 1 * * *", "America/New_York",
			"2026-11-01T04:00:00Z", "2026-11-02T10:00:00Z",
			"01 01:30 EDT, 02 01:30 EST",
		}, {
			"half an hour's change", "45 1 * * *", "Australia/Lord_Howe",
			"2026-04-04T12:00:00Z", "2026-04-06T00:00:00Z",
			"05 01:45 +11, 06 01:45 +1030",
		}, {
			"a change at midnight", "0 0 * * *", "America/Santiago",
			"2026-09-05T12:00:00Z", "2026-09-07T12:00:00Z",
			"06 01:00 -03, 07 00:00 -03",
		}, {
			"every hour follows elapsed time, forward", "0 * * * *", "Europe/Berlin",
			"2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z",
			"29 01:00 CET, 29 03:00 CEST, 29 04:00 CEST",
		}, {
			"every hour follows elapsed time, back", "0 * * * *", "Europe/Berlin",
			"2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z",
			"25 01:00 CEST, 25 02:00 CEST, 25 02:00 CET, 25 03:00 CET",
		}, {
			"@daily", "@daily", "Asia/Tokyo", "2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z",
			"02 00:00 JST, 03 00:00 JST",
		}, {
			"@every", "@every 20m", "UTC", "2026-06-01T00:00:01Z", "2026-06-01T01:00:00Z",
			"01 00:20 UTC, 01 00:40 UTC",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := runs(t, tt.expression, tt.zone, tt.from, tt.to); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for _, bad := range []string{"", "8", "61 * * * *", "* * * *", "0 0 30 2 *", "@sometimes", "@every", "@every -1m", "TZ=UTC 0 8 * * *", "CRON_TZ=", "TZ="} {
		if err := Check(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0 8,18 * * *", "@every 15m", "*/5 * * * 1-5", "@daily", "TZ=x", "0 0 29 2 *"} {
		f.Add(s)
	}
	zone := time.FixedZone("x", 3600)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s, zone)
		if err != nil {
			return
		}
		if next := e.Next(now); !next.IsZero() && !next.After(now) {
			t.Errorf("%q: next after %s is %s", s, now, next)
		}
	})
}
