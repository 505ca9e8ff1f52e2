package config

import (
	"cmp"
	"fmt"
	"math"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"briefbot/store"
)

// kind is a kind of value that is written as one text.
type kind[T any] struct {
	name   string // in the table of keys
	want   string // in an error: what to write
	hidden bool   // never to be shown
	blank  bool   // "" is a value too
	parse  func(text string) (T, *problem)
	show   func(T) string // empty: not given
}

// said makes a kind of text from what it must fulfil.
func said(name, want string, ok func(string) bool) kind[string] {
	return kind[string]{
		name: name,
		want: want,
		parse: func(s string) (string, *problem) {
			if !ok(s) {
				return "", &problem{reason: "is no " + name}
			}
			return s, nil
		},
		show: func(s string) string { return s },
	}
}

func anything(string) bool { return true }

const wantZone = "want a name as in Europe/Berlin, or UTC"

var (
	textKind     = said("text", "want a text", anything)
	folderKind   = said("folder", "want the path of a folder", anything)
	nameKind     = said("name", "want a name", anything)
	scheduleKind = said("schedule", `want a cron expression as in "0 8,18 * * *", or @daily, or @every 15m, or @new`, anything)
	zoneNameKind = said("time zone", wantZone, func(s string) bool {
		_, err := time.LoadLocation(s)
		return err == nil
	})
)

// sourceName has no colon, since a story's id is its source's name, a colon,
// and the source's own id of it.
var sourceKind = said("name of a source", "want one without a colon", func(s string) bool {
	return !strings.Contains(s, ":")
})

// domainPattern is a host's name with at least one dot, without what stands
// around it in an address.
var domainPattern = regexp.MustCompile(`^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$`)

var domainKind = said("domain", "want one as in example.org, without https:// and without a path", domainPattern.MatchString)

var zoneKind = kind[*time.Location]{
	name: "time zone",
	want: wantZone,
	parse: func(s string) (*time.Location, *problem) {
		z, err := time.LoadLocation(s)
		if err != nil {
			return nil, &problem{reason: "is no time zone"}
		}
		return z, nil
	},
	show: func(z *time.Location) string {
		if z == nil {
			return ""
		}
		return z.String()
	},
}

var languageKind = kind[string]{
	name: "language",
	want: "want a code as in en, de or pt-BR",
	parse: func(s string) (string, *problem) {
		tag, err := language.Parse(s)
		if err != nil {
			return "", &problem{reason: "is no language"}
		}
		return tag.String(), nil
	},
	show: func(s string) string { return s },
}

var rateKind = kind[Rate]{
	name: "rate",
	want: "want a number in a span, as in 30/s, 20/m or 1000/h, or off",
	parse: func(s string) (Rate, *problem) {
		r, ok := parseRate(s)
		if !ok {
			return r, &problem{reason: "is no rate"}
		}
		return r, nil
	},
	show: Rate.String,
}

var secretKind = kind[Secret]{
	name:   "secret",
	want:   "want the secret itself, or ${NAME} for an environment variable that holds it",
	hidden: true,
	parse: func(s string) (Secret, *problem) {
		if strings.ContainsAny(s, " \t\r\n") {
			return Secret{}, &problem{reason: "has a space or a line break in it", hint: "want the secret and nothing else"}
		}
		return NewSecret(s), nil
	},
	show: func(s Secret) string {
		if s.IsZero() {
			return ""
		}
		return mask
	},
}

// numberKind is a whole number within bounds.
func numberKind(low, high int) kind[int] {
	want := fmt.Sprintf("want %d to %d", low, high)
	return kind[int]{
		name: fmt.Sprintf("%d to %d", low, high),
		want: want,
		parse: func(s string) (int, *problem) {
			n, err := strconv.Atoi(s)
			switch {
			case err != nil:
				return 0, &problem{reason: "is no whole number"}
			case n < low || n > high:
				return 0, &problem{reason: "is out of range"}
			}
			return n, nil
		},
		show: strconv.Itoa,
	}
}

// topicKind is the number of a forum topic. The general topic's, 1, is in its
// address, but Telegram sends there only without a number.
var topicKind = kind[int]{
	name: "number",
	want: "want the number of the topic, as in 7",
	parse: func(s string) (int, *problem) {
		n, err := strconv.ParseInt(s, 10, 32)
		switch {
		case err != nil || n < 1:
			return 0, &problem{reason: "is no topic"}
		case n == 1:
			return 0, &problem{reason: "is the general topic", hint: "leave thread out"}
		}
		return int(n), nil
	},
	show: func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	},
}

// patternKind is words or an expression, as store.ParsePattern reads them.
var patternKind = kind[string]{
	name: "words or /expression/",
	want: "want words as in night ferry, or a regular expression as in /rail(way)?/",
	parse: func(s string) (string, *problem) {
		if _, err := store.ParsePattern(s); err != nil {
			return "", &problem{reason: err.Error()}
		}
		return s, nil
	},
	show: func(s string) string { return s },
}

// shareKind is a part of the whole, in percent.
var shareKind = kind[float64]{
	name: "percentage",
	want: "want 1% to 100%, or off",
	parse: func(s string) (float64, *problem) {
		if s == "off" {
			return 0, nil
		}
		number, ok := strings.CutSuffix(s, "%")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if !ok || err != nil || n < 1 || n > 100 {
			return 0, &problem{reason: "is no percentage"}
		}
		return float64(n) / 100, nil
	},
	show: func(f float64) string {
		if f == 0 {
			return "off"
		}
		return strconv.Itoa(int(math.Round(f*100))) + "%"
	},
}

// listenKind is an address and port to listen at, or off. An empty text is off
// too.
var listenKind = kind[string]{
	name:  "address and port",
	want:  `want one as in 127.0.0.1:8080, or off`,
	blank: true,
	parse: func(s string) (string, *problem) {
		if s == "" || s == "off" {
			return "", nil
		}
		_, port, err := net.SplitHostPort(s)
		if err != nil {
			return "", &problem{reason: "is no address and port"}
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", &problem{reason: "has no port"}
		}
		return s, nil
	},
	show: func(s string) string { return cmp.Or(s, "off") },
}

// forever is a bound that bounds nothing.
const forever = 2 * maxDays * day

// durationKind is a duration within bounds.
func durationKind(low, high time.Duration) kind[time.Duration] {
	const want = "want a number with a unit, as in 30s, 15m, 6h or 3d"
	return kind[time.Duration]{
		name: "duration",
		want: want,
		parse: func(s string) (time.Duration, *problem) {
			d, ok := parseDuration(s)
			switch {
			case !ok:
				return 0, &problem{reason: "is no duration"}
			case d < low:
				return 0, &problem{reason: "is too short", hint: "want at least " + showDuration(low)}
			case d > high:
				return 0, &problem{reason: "is too long", hint: "want at most " + showDuration(high)}
			}
			return d, nil
		},
		show: showDuration,
	}
}

// option is one of the words of a choice.
type option[T any] struct {
	word  string
	value T
}

// choiceKind is one of a few words; an error calls what is none of them "no
// <what>".
func choiceKind[T comparable](what string, options ...option[T]) kind[T] {
	var words []string
	for _, o := range options {
		words = append(words, o.word)
	}
	want := "want " + strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	return kind[T]{
		name: strings.Join(words, " | "),
		want: want,
		parse: func(s string) (T, *problem) {
			for _, o := range options {
				if o.word == s {
					return o.value, nil
				}
			}
			var none T
			return none, &problem{reason: "is no " + what}
		},
		show: func(v T) string {
			for _, o := range options {
				if o.value == v {
					return o.word
				}
			}
			return ""
		},
	}
}

// wordsKind is a choice whose words are the values.
func wordsKind[T ~string](what string, values ...T) kind[T] {
	var options []option[T]
	for _, v := range values {
		options = append(options, option[T]{string(v), v})
	}
	return choiceKind(what, options...)
}

// urlKind is the address of an API, to which paths are added.
var urlKind = kind[string]{
	name: "URL",
	want: "want one as in https://api.example.org",
	parse: func(s string) (string, *problem) {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return "", &problem{reason: "is no URL"}
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
			return "", &problem{reason: "has more than an address and a path"}
		}
		return strings.TrimRight(s, "/"), nil
	},
	show: func(s string) string { return s },
}

// addressKind is what may be fetched. It may hold a user and a password, or a
// query.
var addressKind = kind[string]{
	name: "address",
	want: "want one as in https://example.org/stories.atom",
	parse: func(s string) (string, *problem) {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return "", &problem{reason: "is no address on the web"}
		}
		return s, nil
	},
	show: masked,
}

// secretish is the name of a part of a query that is not for all to see.
var secretish = regexp.MustCompile(`(?i)token|key|secret|auth|pass|sig`)

// masked is an address without its password, and without what in its query
// opens it.
func masked(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		if name, _, ok := strings.Cut(part, "="); ok && secretish.MatchString(name) {
			parts[i] = name + "=xxxxx"
		}
	}
	u.RawQuery = strings.Join(parts, "&")
	return u.Redacted()
}

var selectorKind = said("selector", "want a CSS selector, as in article .story", anything)

// slugKind is how Kagi News calls a category.
var slugKind = said("category", "want its name in addresses, as in world or usa", func(s string) bool {
	return !strings.ContainsAny(s, "/?#% ")
})

var contactKind = said("contact", "want an address, as in news@example.org", func(s string) bool {
	return !strings.ContainsAny(s, "() ")
})

var yesKind = choiceKind("choice", option[bool]{"true", true}, option[bool]{"false", false})

// optional is a kind of which nothing is shown where nothing is set.
func optional[T comparable](k kind[T]) kind[T] {
	show := k.show
	k.show = func(v T) string {
		var none T
		if v == none {
			return ""
		}
		return show(v)
	}
	return k
}

// chatIDKind is a chat's number, on either platform.
var chatIDKind = said("id", "want a chat's numeric id in quotes, as in \"-1001234567890\"", func(s string) bool {
	return chatID.MatchString(s)
})

var chatID = regexp.MustCompile(`^-?[1-9][0-9]{0,19}$`)

// discordKind is a channel or thread of Discord.
var discordKind = kind[store.Chat]{
	name: "id",
	want: `want the channel's id in quotes, as in "112233445566778899"`,
	parse: func(s string) (store.Chat, *problem) {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || n == 0 {
			return store.Chat{}, &problem{reason: "is no id of a Discord channel"}
		}
		return store.Chat{Platform: store.Discord, ID: strconv.FormatUint(n, 10)}, nil
	},
	show: func(c store.Chat) string { return idOn(store.Discord, c) },
}

// roleKind is a role of Discord.
var roleKind = said("id of a Discord role", `want the role's id in quotes, as in "112233445566778899"`, func(s string) bool {
	n, err := strconv.ParseUint(s, 10, 64)
	return err == nil && n > 0
})

// telegramName is what a public chat's name looks like. Whether there is one,
// Telegram says.
var telegramName = regexp.MustCompile(`^@[A-Za-z][A-Za-z0-9_]{3,31}$`)

// telegramKind is a channel, group or private chat of Telegram.
var telegramKind = kind[store.Chat]{
	name: "@name or id",
	want: `want "@name" in quotes, or a numeric id`,
	parse: func(s string) (store.Chat, *problem) {
		if telegramName.MatchString(s) {
			return store.Chat{Platform: store.Telegram, ID: s}, nil
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n == 0 {
			return store.Chat{}, &problem{reason: "is no Telegram chat"}
		}
		return store.Chat{Platform: store.Telegram, ID: strconv.FormatInt(n, 10)}, nil
	},
	show: func(c store.Chat) string { return idOn(store.Telegram, c) },
}

func idOn(p store.Platform, c store.Chat) string {
	if c.Platform != p {
		return ""
	}
	return c.ID
}

// hoursKind is a span of the day: 22:00-07:00.
var hoursKind = kind[store.Span]{
	name: "hours",
	want: "want hours as in 22:00-07:00",
	parse: func(s string) (store.Span, *problem) {
		from, to, _ := strings.Cut(s, "-")
		start, ok1 := clock(from)
		end, ok2 := clock(to)
		switch {
		case !ok1 || !ok2:
			return store.Span{}, &problem{reason: "are no hours"}
		case start == end:
			return store.Span{}, &problem{reason: "are no time at all", hint: "want 00:00-24:00 for the whole day"}
		}
		return store.Span{Start: start, End: end}, nil
	},
	show: func(q store.Span) string {
		return fmt.Sprintf("%02d:%02d-%02d:%02d", q.Start/60, q.Start%60, q.End/60, q.End%60)
	},
}

var clockTime = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})$`)

// clock is a time of day in minutes since midnight. 24:00 is the day's end.
func clock(text string) (int, bool) {
	m := clockTime.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	return hour*60 + minute, minute < 60 && hour*60+minute <= 24*60
}
