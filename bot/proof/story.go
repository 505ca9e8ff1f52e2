package proof

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A story of the proof has marks all over: <S12B3> stands in the third bullet of
// the twelfth story and nowhere else. Whatever is cut, mixed up or repeated
// shows in the marks.

// story is one file in the folder.
type story struct {
	n       int
	bullets int
	version int
	removed bool // its file, so that its posts are to be marked
}

// newStory makes the next story: now and then one that takes several messages.
func newStory(n int, r *rand.Rand) story {
	s := story{n: n, bullets: 1 + r.IntN(4)}
	if r.IntN(4) == 0 {
		s.bullets = 25 + r.IntN(30)
	}
	return s
}

func (s story) file() string { return fmt.Sprintf("story-%06d.txt", s.n) }

func (s story) headline() string { return fmt.Sprintf("Story %d", s.n) }

func (s story) mark(bullet int) string { return fmt.Sprintf("<S%dB%d>", s.n, bullet) }

// text is the story file. A later version has other words, and the same marks.
func (s story) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", s.headline())
	for i := range s.bullets {
		fmt.Fprintf(&b, "• %s The council of Port Ansel met for the %d. time and voted on the ferry, the lamp & the *price* of version %d, as before.[%d]\n",
			s.mark(i), i+1, s.version, i%3+1)
	}
	for _, side := range []string{"Establishment-critical", "Pro-establishment"} {
		fmt.Fprintf(&b, "\n%s narrative\n\nWhat one may think of story %d, seen from here.\n", side, s.n)
	}
	b.WriteString("\nArticles on this story\n\n[1] Ansel Post https://anselpost.example/1\n[2] Sea Wire https://seawire.example/2\n[3] Harbour Board\n")
	return b.String()
}

// shown is what the posts of the story must say in the end, beside its marks.
func (s story) shown() string {
	if s.removed {
		return "was retracted on"
	}
	return fmt.Sprintf("version %d,", s.version)
}
