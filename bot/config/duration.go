package config

import (
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// maxDays keeps a duration far from overflow.
const maxDays = 36_500

// parseDuration reads Go's durations, with days in front: 3d, 1d12h.
func parseDuration(text string) (time.Duration, bool) {
	var days time.Duration
	if head, rest, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(head, 10, 32)
		if err != nil || n > maxDays {
			return 0, false
		}
		days, text = time.Duration(n)*day, rest
		if text == "" {
			return days, true
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxDays*day {
		return 0, false
	}
	return days + d, true
}

// showDuration is a duration as a person writes it.
func showDuration(d time.Duration) string {
	if d > 3*day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
