package config

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Rate is so many requests in a span of time; the zero Rate is no limit.
type Rate struct {
	Count float64
	Per   time.Duration
}

// String is the rate as it stands in the file.
func (r Rate) String() string {
	if r.Count == 0 {
		return "off"
	}
	span := r.Per.String()
	for unit, per := range rateUnits {
		if r.Per == per {
			span = unit
		}
	}
	return strconv.FormatFloat(r.Count, 'f', -1, 64) + "/" + span
}

var rateUnits = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// maxCount keeps a rate within what a limiter can count.
const maxCount = 1e9

func parseRate(text string) (Rate, bool) {
	if text == "off" {
		return Rate{}, true
	}
	count, unit, _ := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
	per, ok := rateUnits[strings.TrimSpace(unit)]
	if err != nil || !ok || math.IsNaN(n) || n <= 0 || n > maxCount {
		return Rate{}, false
	}
	return Rate{n, per}, true
}
