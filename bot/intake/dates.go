package intake

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"briefbot/store"
)

const dateHint = "write it as Nov 02, 2026, as 2 November 2026 or as 2026-11-02"

// dayLayout is how days are written.
const dayLayout = "Jan 02, 2006"

// parseDate reads a day as people write it in English, in either order, or an
// ISO day or RFC 3339 time.
func parseDate(s string) (store.Date, bool) {
	if len(s) < len("1 May 2026") || len(s) > 40 || !strings.ContainsAny(s, "0123456789") {
		return store.Date{}, false
	}
	if s[4] == '-' || s[4] == '/' {
		d, err := store.ParseDate(strings.ReplaceAll(s, "/", "-"))
		d.Time = d.Time.Truncate(time.Second) // the text form has no fractions
		return d, err == nil && !d.IsZero()
	}
	var year, day int
	var month time.Month
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		m, isMonth := monthOf(word)
		switch n, isNumber := dayOrYear(word); {
		case isMonth && month == 0:
			month = m
		case isNumber && n > 31 && len(word) == 4 && year == 0:
			year = n
		case isNumber && 1 <= n && n <= 31 && day == 0:
			day = n
		case isWeekday(word) && year == 0:
		default:
			return store.Date{}, false
		}
	}
	d := store.Day(year, month, day)
	return d, year > 0 && month > 0 && day > 0 && d.Time.Day() == day
}

// formatDate writes a date so that parseDate reads it again; nothing if it is
// unknown, or in no year that has four digits.
func formatDate(d store.Date) string {
	if d.Time.Year() > 9999 || d.Time.Year() < 0 {
		return ""
	}
	if d.Exact || d.Time.Year() < 32 {
		return d.String()
	}
	return d.Time.Format(dayLayout)
}

// dayOrYear reads 2, 02, 2nd, 2026.
func dayOrYear(word string) (int, bool) {
	if len(word) <= 4 {
		for _, suffix := range [...]string{"st", "nd", "rd", "th"} {
			word = strings.TrimSuffix(word, suffix)
		}
	}
	n, err := strconv.ParseUint(word, 10, 16)
	return int(n), err == nil
}

// monthOf knows a month by its name or by three or more of its first letters.
func monthOf(word string) (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		if isShortOf(word, m.String()) {
			return m, true
		}
	}
	return 0, false
}

func isWeekday(word string) bool {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if isShortOf(word, d.String()) {
			return true
		}
	}
	return false
}

func isShortOf(word, name string) bool {
	word = strings.TrimSuffix(word, ".")
	return len(word) >= 3 && len(word) <= len(name) && strings.EqualFold(word, name[:len(word)])
}

// pageLayouts are the forms of an instant that pages have.
var pageLayouts = []struct {
	layout string
	exact  bool // the zone is known; else the day is all that is
}{
	{time.RFC3339, true},
	{"2006-01-02T15:04:05Z0700", true},
	{"2006-01-02T15:04Z07:00", true},
	{"2006-01-02 15:04:05Z07:00", true},
	{"2006-01-02 15:04:05 -0700", true},
	{time.RFC1123Z, true},
	{time.RFC1123, true},
	{"2006-01-02T15:04:05", false},
	{"2006-01-02T15:04", false},
	{"2006-01-02 15:04:05", false},
	{"2006-01-02 15:04", false},
}

// pageDate reads a date as pages and their metadata have it; the zero Date if
// it can't be read.
func pageDate(s string) store.Date {
	s = clean(s)
	if d, ok := parseDate(s); ok && d.Time.Year() >= 1000 {
		return d
	}
	for _, l := range pageLayouts {
		t, err := time.Parse(l.layout, s)
		switch {
		case err != nil || t.Year() < 1000 || t.Year() > 9999:
		case l.exact:
			return store.Date{Time: t.Truncate(time.Second), Exact: true}
		default:
			return store.Day(t.Year(), t.Month(), t.Day())
		}
	}
	return store.Date{}
}
