package command

import (
	"cmp"
	_ "embed" // for the zones
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// zonesText has a time zone a line: its name, its country, and other cities of it,
// some as their people write them.
//
//go:embed zones.txt
var zonesText string

// zone is a time zone and what people call it.
type zone struct {
	name  string   // Europe/Berlin
	city  string   // berlin
	known []string // what else it is known by, the country last
}

// zones reads the list, once.
var zones = sync.OnceValue(func() []zone {
	var all []zone
	for line := range strings.Lines(zonesText) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		z := zone{name: fields[0], city: plainPlace(fields[0][strings.LastIndex(fields[0], "/")+1:])}
		if len(fields) > 2 {
			for _, place := range strings.Split(fields[2], ",") {
				z.known = append(z.known, plainPlace(place))
			}
		}
		z.known = append(z.known, plainPlace(fields[1]))
		all = append(all, z)
	}
	return all
})

// plainPlace is a place's name without case, accents and signs.
func plainPlace(s string) string {
	s, _, _ = transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	return strings.Join(strings.FieldsFunc(cases.Fold().String(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
	}), " ")
}

var offsetPattern = regexp.MustCompile(`(?i)^(?:utc|gmt)\s*(?:([+−–-])\s*(\d{1,2})(?::?([0-5]\d))?)?$`)

// partHours are zones for the offsets that have no zone of their own.
var partHours = map[string]string{
	"+03:30": "Asia/Tehran", "+04:30": "Asia/Kabul", "+05:30": "Asia/Kolkata", "+05:45": "Asia/Kathmandu",
	"+06:30": "Asia/Yangon", "+08:45": "Australia/Eucla", "+09:30": "Australia/Darwin", "-09:30": "Pacific/Marquesas",
}

// offsetZone is the zone of an offset: "UTC+2".
func offsetZone(words string) (string, bool) {
	m := offsetPattern.FindStringSubmatch(strings.TrimSpace(words))
	if m == nil {
		return "", false
	}
	sign, hours, minutes := "+", 0, cmp.Or(m[3], "00")
	hours, _ = strconv.Atoi(m[2])
	if m[1] != "" && m[1] != "+" {
		sign = "-"
	}
	switch {
	case minutes != "00":
		name, ok := partHours[fmt.Sprintf("%s%02d:%s", sign, hours, minutes)]
		return name, ok
	case hours == 0:
		return "UTC", true
	case sign == "+" && hours <= 14:
		return fmt.Sprintf("Etc/GMT-%d", hours), true // the signs there are the other way round
	case sign == "-" && hours <= 12:
		return fmt.Sprintf("Etc/GMT+%d", hours), true
	}
	return "", false
}

// zoneLabel is a zone's name as people read it.
func zoneLabel(name string) string {
	if offset, ok := strings.CutPrefix(name, "Etc/GMT"); ok {
		return "UTC" + strings.NewReplacer("+", "−", "-", "+").Replace(offset)
	}
	return strings.ReplaceAll(name, "_", " ")
}

// zonesLike finds the zones that words may mean, the likeliest first, at most
// limit: by their names, cities, countries, or their offset. A letter or two may
// be wrong. Without words, it gives none.
func zonesLike(words string, limit int) []string {
	if name, ok := offsetZone(words); ok {
		return []string{name}
	}
	want := plainPlace(words)
	if want == "" {
		return nil
	}
	type found struct {
		name string
		rank int
	}
	var all []found
	for _, z := range zones() {
		if rank := z.rank(want); rank > 0 {
			all = append(all, found{z.name, rank})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return a.rank - b.rank })
	var names []string
	for _, f := range all[:min(limit, len(all))] {
		names = append(names, f.name)
	}
	return names
}

// rank says how well words fit a zone, the best first; 0: not at all.
func (z zone) rank(want string) int {
	switch {
	case z.city == want || plainPlace(z.name) == want:
		return 1
	case slices.Contains(z.known, want):
		return 2
	case strings.HasPrefix(z.city, want):
		return 3
	case slices.ContainsFunc(z.known, func(k string) bool { return strings.HasPrefix(k, want) }):
		return 4
	case strings.Contains(" "+plainPlace(z.name), " "+want):
		return 5
	case near(z.city, want):
		return 6
	case slices.ContainsFunc(z.known, func(k string) bool { return near(k, want) }):
		return 7
	}
	return 0
}

// near reports whether two names differ by a slip of the finger or two.
func near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	slips := min(len(x), len(y)) / 4
	if slips == 0 || len(x)-len(y) > 2 || len(y)-len(x) > 2 {
		return false
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := diagonal
			if r != s {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(y)] <= min(slips, 2)
}

// likelyZones are those of people who speak a language.
var likelyZones = map[string][]string{
	"en": {"Europe/London", "America/New_York", "America/Chicago", "America/Los_Angeles", "Asia/Kolkata", "Australia/Sydney"},
	"de": {"Europe/Berlin", "Europe/Vienna", "Europe/Zurich"},
	"fr": {"Europe/Paris", "Europe/Brussels", "America/Toronto", "Africa/Algiers", "Africa/Dakar"},
	"es": {"Europe/Madrid", "America/Mexico_City", "America/Bogota", "America/Lima", "America/Santiago", "America/Caracas"},
	"pt": {"America/Sao_Paulo", "America/Manaus", "Europe/Lisbon", "Africa/Luanda"},
	"ru": {"Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Novosibirsk", "Asia/Almaty"},
	"uk": {"Europe/Kyiv", "Europe/Warsaw", "Europe/Berlin"},
	"ar": {"Asia/Riyadh", "Africa/Cairo", "Asia/Baghdad", "Asia/Dubai", "Africa/Casablanca"},
	"hi": {"Asia/Kolkata", "Asia/Dubai", "Europe/London"},
	"zh": {"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore"},
}

// zoneName is a zone as a button holds it: its letters, with dots between the
// parts.
func zoneName(zone string) string {
	return strings.NewReplacer("/", ".", "_", "").Replace(zone)
}

// zoneNamed is the zone that zoneName wrote, if it is one.
func zoneNamed(name string) (string, bool) {
	if name == "UTC" {
		return name, true
	}
	for _, z := range zones() {
		if zoneName(z.name) == name {
			return z.name, true
		}
	}
	return "", false
}

// isZone reports whether this machine knows a zone.
func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}
