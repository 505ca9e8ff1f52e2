package brief

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// AsItComes is the schedule of a channel that gets its news as it comes in.
const AsItComes = "@new"

// How a schedule is said in plain words, and understood: as in "every day at
// 8:00 and 18:00", "weekdays 7:30", "mondays at 9", "every 2 hours", "hourly" or
// "as it comes", in any of the languages. What is a cron expression is none of
// these, and is understood elsewhere.

// maxWhen bounds what is read as a schedule.
const maxWhen = 200

// ParseWhen reads a schedule in plain words, and gives its cron expression; false
// if it is none.
func ParseWhen(text string) (expression string, ok bool) {
	if len(text) > maxWhen || !utf8.ValidString(text) {
		return "", false
	}
	w := when{rest: tidy(text)}
	for w.rest != "" {
		if !w.word() {
			return "", false
		}
	}
	return w.expression()
}

// tidy writes a text in lower case, with digits and separators of one form, and
// without a point at its end.
func tidy(text string) string {
	text = norm.NFC.String(text)
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r) && r > unicode.MaxASCII:
			return digit(r)
		case r == '：':
			return ':'
		case unicode.IsSpace(r), strings.ContainsRune(",;，、；،؛。।", r):
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return unicode.ToLower(r)
	}, text)
	return strings.Trim(text, " .!?")
}

// digit is a digit of any script as one of ours. Each script's stand in a row,
// from a zero on.
func digit(r rune) rune {
	zero := r
	for range 9 {
		if !unicode.IsDigit(zero - 1) {
			break
		}
		zero--
	}
	return '0' + (r - zero)
}

// when is a schedule while it is read.
type when struct {
	rest   string
	behind rune // the last letter that was read
	kinds  []sense
	days   []int // of the week; 0 is Sunday
	times  []int // minutes since midnight
	number int   // before "hours" or "minutes"
	unit   sense
	// pending is a number of which it is not known yet what it counts.
	pending int
	counted bool
}

// timeOfDay is one: 8, 8:00, 8.30, 8h30, 8点30.
var (
	timeOfDay = regexp.MustCompile(`^(\d{1,4})(?:[:.h点點时時](\d{2})分?)?`)
	wordEnd   = func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }
)

// word reads the next word; false if it is unknown.
func (w *when) word() bool {
	if w.rest[0] == ' ' {
		w.rest, w.behind = strings.TrimLeft(w.rest, " "), ' '
		return true
	}
	if m := timeOfDay.FindStringSubmatch(w.rest); m != nil {
		w.take(len(m[0]))
		return w.figure(m[1], m[2])
	}
	for n := min(len(w.rest), longestWhen); n > 0; n-- {
		if s, ok := meanings[w.rest[:n]]; ok && w.whole(n) {
			w.take(n)
			return w.means(s)
		}
	}
	return false
}

func (w *when) take(n int) {
	w.behind, _ = utf8.DecodeLastRuneInString(w.rest[:n])
	w.rest = w.rest[n:]
}

// whole reports whether the next n bytes are words of their own. Chinese has no
// spaces between them.
func (w *when) whole(n int) bool {
	first, _ := utf8.DecodeRuneInString(w.rest)
	last, _ := utf8.DecodeLastRuneInString(w.rest[:n])
	next, _ := utf8.DecodeRuneInString(w.rest[n:])
	apart := func(a, b rune) bool {
		return !wordEnd(a) || !wordEnd(b) || unicode.Is(unicode.Han, a) || unicode.Is(unicode.Han, b) || unicode.IsDigit(a) != unicode.IsDigit(b)
	}
	return apart(w.behind, first) && (n == len(w.rest) || apart(last, next))
}

// figure takes a number: with minutes it is a time of the day.
func (w *when) figure(whole, minute string) bool {
	if !w.settle() {
		return false
	}
	n, _ := strconv.Atoi(whole)
	if minute == "" {
		w.pending, w.counted = n, true
		return true
	}
	m, _ := strconv.Atoi(minute)
	return w.at(n, m)
}

// at takes a time of the day.
func (w *when) at(hour, minute int) bool {
	if hour == 24 && minute == 0 {
		hour = 0
	}
	w.times = append(w.times, hour*60+minute)
	return hour < 24 && minute < 60 && len(w.times) <= 24
}

// settle takes a number that counts nothing for an hour of the day.
func (w *when) settle() bool {
	if !w.counted {
		return true
	}
	w.counted = false
	return w.at(w.pending, 0)
}

// means takes a word.
func (w *when) means(s sense) bool {
	switch s {
	case filler:
		return true
	case hours, minutes:
		if w.counted {
			// "18 heures" is a time, but for "toutes les 2 heures".
			if s == hours && !slices.Contains(w.kinds, every) {
				return w.settle()
			}
			w.number, w.counted = w.pending, false
		} else if w.number == 0 {
			w.number = 1
		}
		if w.unit != filler {
			return false
		}
		w.unit = s
		return true
	case morning, afternoon, half:
		return w.settle() && w.shift(s)
	}
	if !w.settle() {
		return false
	}
	if s >= sunday {
		w.days = append(w.days, int(s-sunday))
		return len(w.days) <= 7
	}
	w.kinds = append(w.kinds, s)
	return len(w.kinds) <= 7
}

// shift moves the last time as the word behind it says.
func (w *when) shift(s sense) bool {
	if len(w.times) == 0 {
		return false
	}
	last := &w.times[len(w.times)-1]
	switch {
	case s == half:
		*last += 30
	case *last > 12*60+59:
		return s == afternoon
	case s == morning && *last >= 12*60:
		*last -= 12 * 60
	case s == afternoon && *last < 12*60:
		*last += 12 * 60
	}
	return true
}

// usual is the time of day that is meant where none is said.
const usual = 8 * 60

// expression puts together what was read.
func (w *when) expression() (string, bool) {
	if !w.settle() {
		return "", false
	}
	var kinds []sense
	for _, k := range w.kinds {
		if !slices.Contains(kinds, k) && k != every {
			kinds = append(kinds, k)
		}
	}
	switch {
	case w.unit != filler:
		if len(kinds) > 0 || len(w.days) > 0 || len(w.times) > 0 {
			return "", false
		}
		return interval(w.number, w.unit)
	case len(kinds) > 1 || len(kinds) == 1 && len(w.days) > 0:
		return "", false
	case len(kinds) == 0 && len(w.days) == 0 && len(w.times) == 0:
		return "", false
	}
	days := "*"
	if len(w.days) > 0 {
		days = numbers(w.days)
	}
	if len(kinds) == 1 {
		switch kinds[0] {
		case comes, hourly:
			if len(w.times) > 0 {
				return "", false
			}
			if kinds[0] == comes {
				return AsItComes, true
			}
			return interval(1, hours)
		case workdays:
			days = "1-5"
		case weekends:
			days = "0,6"
		}
	}
	if len(w.times) == 0 {
		w.times = []int{usual}
	}
	var at []int
	for _, t := range w.times {
		if t%60 != w.times[0]%60 {
			return "", false // cron has one list of minutes for all hours
		}
		at = append(at, t/60)
	}
	return fmt.Sprintf("%d %s * * %s", w.times[0]%60, numbers(at), days), true
}

// interval is the expression for each n hours or minutes: by the clock, where
// that comes out even.
func interval(n int, unit sense) (string, bool) {
	switch {
	case n < 1:
		return "", false
	case unit == hours && n == 1:
		return "0 * * * *", true
	case unit == hours && 24%n == 0 && n < 24:
		return fmt.Sprintf("0 */%d * * *", n), true
	case unit == hours && n <= 7*24:
		return fmt.Sprintf("@every %dh", n), true
	case unit == minutes && n == 60:
		return "0 * * * *", true
	case unit == minutes && 60%n == 0 && n > 1:
		return fmt.Sprintf("*/%d * * * *", n), true
	case unit == minutes && n <= 24*60:
		return fmt.Sprintf("@every %dm", n), true
	}
	return "", false
}

// numbers writes numbers as cron has them: in order, each once.
func numbers(all []int) string {
	all = slices.Compact(slices.Sorted(slices.Values(all)))
	var texts []string
	for _, n := range all {
		texts = append(texts, strconv.Itoa(n))
	}
	return strings.Join(texts, ",")
}

// meanings are the senses of all words.
var meanings, longestWhen = func() (map[string]sense, int) {
	all, longest := map[string]sense{}, 0
	for s, words := range whenWords {
		for _, word := range words {
			word = norm.NFC.String(word)
			// Where a word has two senses, the one that says more is meant.
			if had, ok := all[word]; !ok || had < s {
				all[word] = s
			}
			longest = max(longest, len(word))
		}
	}
	return all, longest
}()

// The forms of expressions that can be said in plain words.
var (
	atTimes    = regexp.MustCompile(`^(\d{1,2}) (\d{1,2}(?:,\d{1,2})*) \* \* (\*|1-5|[0-6](?:,[0-6])*)$`)
	everyHours = regexp.MustCompile(`^(?:0 \*/(\d{1,2}) \* \* \*|@every (\d{1,3})h(?:0m)?(?:0s)?)$`)
	everyMins  = regexp.MustCompile(`^(?:\*/(\d{1,2}) \* \* \* \*|@every (\d{1,4})m(?:0s)?)$`)
)

// weekdays are the names of the days.
var weekdays = [...]Phrase{wordSunday, wordMonday, wordTuesday, wordWednesday, wordThursday, wordFriday, wordSaturday}

// When says a schedule in plain words; one that has none is said as it is.
func (v Voice) When(expression string) string {
	n := func(m []string) int {
		n, _ := strconv.Atoi(m[1] + m[2])
		return n
	}
	if expression == AsItComes {
		return v.Text(wordComes)
	}
	switch expression {
	case "0 * * * *", "@hourly":
		return v.Text(wordEveryHour)
	case "@daily", "@midnight":
		expression = "0 0 * * *"
	}
	if m := everyHours.FindStringSubmatch(expression); m != nil {
		return v.count(wordEveryHours, n(m), values{"Count": n(m)})
	}
	if m := everyMins.FindStringSubmatch(expression); m != nil {
		return v.count(wordEveryMinutes, n(m), values{"Count": n(m)})
	}
	m := atTimes.FindStringSubmatch(expression)
	if m == nil {
		return v.isolate(expression)
	}
	var times, days []string
	minute, _ := strconv.Atoi(m[1])
	for text := range strings.SplitSeq(m[2], ",") {
		hour, _ := strconv.Atoi(text)
		times = append(times, fmt.Sprintf("%02d:%02d", hour, minute))
	}
	at := v.list(times)
	switch m[3] {
	case "*":
		return v.with(wordEveryDay, values{"Times": at})
	case "1-5":
		return v.with(wordWorkdays, values{"Times": at})
	}
	for day := range strings.SplitSeq(m[3], ",") {
		d, _ := strconv.Atoi(day)
		days = append(days, v.Text(weekdays[d]))
	}
	return v.with(wordOnDays, values{"Days": strings.Join(days, v.Text(wordList)), "Times": at})
}
