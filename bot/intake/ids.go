package intake

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/store"
)

// FileIDs gives ids to the stories of one file. The first has the file's own,
// so that a file to which a story is added keeps the one that it had. Others
// add what is lasting about them: the id that the file itself gives them, or
// else their headline. A number would make of the third story the second as
// soon as one above is taken out.
func FileIDs(file string, stories []store.Story) []string {
	ids := make([]string, len(stories))
	times := map[string]int{}
	for i, s := range stories {
		if i == 0 {
			ids[i] = file
			continue
		}
		name := cmp.Or(Slug(cmp.Or(s.ID, s.Headline)), strconv.Itoa(i+1))
		for times[name]++; times[name] > 1; times[name]++ { // the -2 may be another's own
			name = fmt.Sprintf("%s-%d", name, times[name])
		}
		ids[i] = file + "#" + name
	}
	return ids
}

// maxSlug is how long the part of an id is that comes from a headline, in
// bytes.
const maxSlug = 80

// Slug makes a word of a text: letters and digits, with a - for all between.
func Slug(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(text) {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) {
			gap = b.Len() > 0
			continue
		}
		if b.Len()+utf8.RuneLen(r)+1 > maxSlug {
			break
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// given is a story that a file has given: what to know it by when the file is
// edited.
type given struct {
	id       string
	own      string // the id that the file gives it; may be empty
	headline string
	bullets  string // their hash
}

func newGiven(id string, s store.Story) given {
	data, _ := json.Marshal(s.Bullets) // texts and numbers: nothing here can fail
	sum := sha256.Sum256(data)
	return given{id, s.ID, s.Headline, string(sum[:])}
}

// edited tells for each story that a file has now which of those before it is,
// or -1: the one of the same id, headline or bullets, or else the first for the
// first. Another that has changed in all of them is another story: a post that
// turned into one would be worse than a new post.
func edited(before, now []given) []int {
	was := slices.Repeat([]int{-1}, len(now))
	used := make([]bool, len(before))
	for _, sign := range []func(given) string{
		func(g given) string { return g.own },
		func(g given) string { return g.headline },
		func(g given) string { return g.bullets },
	} {
		left := map[string][]int{}
		for j, b := range before {
			if !used[j] && sign(b) != "" {
				left[sign(b)] = append(left[sign(b)], j)
			}
		}
		for i, n := range now {
			if same := left[sign(n)]; was[i] < 0 && len(same) > 0 {
				was[i], used[same[0]] = same[0], true
				left[sign(n)] = same[1:]
			}
		}
	}
	if len(before) > 0 && was[0] < 0 && !used[0] { // the file's own story
		was[0] = 0
	}
	return was
}
