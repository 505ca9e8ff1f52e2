package command

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// clockPattern is a time of day as people write it: 7, 7:30, 07.30, 7h30, 730,
// 7pm, 7:30 am, 19 Uhr.
var clockPattern = regexp.MustCompile(`^(\d{1,2})(?:\s?[:.,h]\s?([0-5]\d)|([0-5]\d))?\s?(?:(am|pm|a\.\s?m\.|p\.\s?m\.)|uhr|h|ч|год)?$`)

// clockOf reads a time of day, in minutes since midnight.
func clockOf(words string) (minutes int, ok bool) {
	m := clockPattern.FindStringSubmatch(strings.ToLower(strings.TrimSpace(latinDigits(words))))
	if m == nil {
		return 0, false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2] + m[3])
	if half := strings.NewReplacer(".", "", " ", "").Replace(m[4]); half != "" {
		if hour < 1 || hour > 12 {
			return 0, false
		}
		hour %= 12
		if half == "pm" {
			hour += 12
		}
	}
	if hour == 24 && minute == 0 {
		hour = 0
	}
	return hour*60 + minute, hour < 24
}

// latinDigits writes the digits of any script as 0 to 9.
func latinDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '：' || r == '٫': // as keyboards have them beside such digits
			return ':'
		case r < 0x80 || !unicode.IsDigit(r):
			return r
		}
		zero := r
		for unicode.IsDigit(zero-1) && r-zero < 9 {
			zero--
		}
		return '0' + r - zero
	}, s)
}

// clockText writes a time of day: 07:30.
func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// readBrief takes what was typed behind /mybrief apart: a time, a zone, both or
// none.
func readBrief(typed string) map[string]string {
	words := strings.Fields(typed)
	for n := min(3, len(words)); n > 0; n-- {
		if _, ok := clockOf(strings.Join(words[:n], " ")); ok {
			return map[string]string{timeOption.Name: strings.Join(words[:n], " "), zoneOption.Name: strings.Join(words[n:], " ")}
		}
	}
	if len(zonesLike(typed, 1)) > 0 || isZone(typed) {
		return map[string]string{zoneOption.Name: typed}
	}
	return map[string]string{timeOption.Name: typed}
}
