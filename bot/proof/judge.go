package proof

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"briefbot/bot/sandbox"
)

// Report is what a run of the proof found.
type Report struct {
	Seed      uint64
	Kills     int
	Stories   int
	Posts     int // stories × chats that were posted
	Questions int
	// Wrong is what a reader would have to complain about.
	Wrong    []string
	hopeless bool // no more waiting mends it
}

// String is the report for people.
func (r Report) String() string {
	head := fmt.Sprintf("seed %d: %d kills, %d stories, %d posts, %d questions, %d wrong", r.Seed, r.Kills, r.Stories, r.Posts, r.Questions, len(r.Wrong))
	return strings.Join(append([]string{head}, r.Wrong...), "\n  ")
}

var markPattern = regexp.MustCompile(`<S(\d+)B(\d+)>`)

// mark is a place in a story, as it was posted.
type mark struct{ story, bullet int }

// marks gives the marks of everything that was posted in a chat, in order.
func marks(transcript []sandbox.Entry, chat string) []mark {
	var all []mark
	for _, e := range transcript {
		if e.Method != "create" || e.Chat != chat {
			continue
		}
		for _, m := range markPattern.FindAllStringSubmatch(e.Text, -1) {
			s, _ := strconv.Atoi(m[1])
			b, _ := strconv.Atoi(m[2])
			all = append(all, mark{s, b})
		}
	}
	return all
}

// judge holds what a chat got against what it had to get: each story once, whole,
// in order. Of what is lost, doubled or torn, hopeless says that it can't be mended
// any more.
func judge(chat string, got []mark, want []story) (posts int, hopeless bool, wrong []string) {
	complain := func(format string, args ...any) {
		wrong = append(wrong, chat+": "+fmt.Sprintf(format, args...))
	}
	var order []int
	seen := map[mark]int{}
	for _, m := range got {
		if seen[m]++; seen[m] == 1 && !slices.Contains(order, m.story) {
			order = append(order, m.story)
		}
	}
	if !slices.IsSorted(order) {
		hopeless = true
		complain("out of order: %v", order)
	}
	for _, s := range want {
		var there, twice int
		for b := range s.bullets {
			n := seen[mark{s.n, b}]
			if n > 0 {
				there++
			}
			if n > 1 {
				twice++
			}
		}
		switch {
		case there == 0 && s.removed: // before its turn came
			continue
		case there == 0:
			complain("%s is lost", s.headline())
			continue
		case twice > 0:
			hopeless = true
			complain("%s is doubled: %d of %d bullets", s.headline(), twice, s.bullets)
		case there < s.bullets:
			complain("%s is torn: %d of %d bullets", s.headline(), there, s.bullets)
		default:
			posts++
		}
		if !inOrder(got, s) {
			complain("%s is mixed up", s.headline())
		}
	}
	return posts, hopeless, wrong
}

// stale finds stories of which a chat shows something else than the last version.
func stale(name, chat string, transcript []sandbox.Entry, want []story) []string {
	texts := map[string]string{} // of each message, as it is now
	for _, e := range transcript {
		switch {
		case e.Method == "delete":
			delete(texts, e.ID)
		case e.Chat == chat:
			texts[e.ID] = e.Text
		}
	}
	stories := map[int][]string{}
	for _, text := range texts {
		for _, m := range markPattern.FindAllStringSubmatch(text, 1) {
			n, _ := strconv.Atoi(m[1])
			stories[n] = append(stories[n], text)
		}
	}
	var wrong []string
	for _, s := range want {
		for _, text := range stories[s.n] {
			old := strings.Count(text, ", as before.") != strings.Count(text, s.shown())
			if s.removed {
				// Once is enough, of a post of several messages.
				old = !slices.ContainsFunc(stories[s.n], func(t string) bool { return strings.Contains(t, s.shown()) })
			}
			if old {
				wrong = append(wrong, fmt.Sprintf("%s: %s does not say %q", name, s.headline(), s.shown()))
				break
			}
		}
	}
	return wrong
}

// inOrder reports whether a story's bullets stand in order, with nothing of
// another story between.
func inOrder(got []mark, s story) bool {
	last := -1
	for i, m := range got {
		if m.story != s.n {
			continue
		}
		if last >= 0 && (got[i-1].story != s.n || m.bullet <= last) {
			return false
		}
		last = m.bullet
	}
	return true
}

// bare finds posts in the bulletin that something should have followed: one
// thread below each, and the publication of all its messages up to that. Those
// that stand behind it, or below other posts, an edit has added.
func bare(messages []json.RawMessage) []string {
	type message struct {
		ID         string
		Embeds     []struct{ Title string }
		Flags      int
		Thread     *struct{ Name string }
		Components []struct {
			Components []struct {
				Data string `json:"custom_id"`
			}
		}
	}
	// delivery tells the messages of a post from all others, by their buttons.
	delivery := func(m message) string {
		for _, row := range m.Components {
			for _, b := range row.Components {
				id, _, _ := strings.Cut(b.Data[strings.LastIndex(b.Data, "/")+1:], ".")
				return id
			}
		}
		return ""
	}
	var order []string // the posts
	posts := map[string][]message{}
	for _, raw := range messages {
		var m message
		if json.Unmarshal(raw, &m) != nil {
			continue
		}
		id := delivery(m)
		if posts[id] == nil {
			order = append(order, id)
		}
		posts[id] = append(posts[id], m)
	}
	var wrong []string
	for _, id := range order {
		post, headline, threads := posts[id], "", 0
		if len(post[0].Embeds) > 0 {
			headline = post[0].Embeds[0].Title
		}
		for i, m := range post {
			if m.Thread == nil {
				continue
			}
			if threads++; m.Thread.Name != headline {
				wrong = append(wrong, fmt.Sprintf("bulletin: the thread of %s is called %q", headline, m.Thread.Name))
			}
			for _, m := range post[:i+1] {
				if m.Flags&1 == 0 {
					wrong = append(wrong, fmt.Sprintf("bulletin: message %s of %s is not published", m.ID, headline))
				}
			}
		}
		if threads != 1 {
			wrong = append(wrong, fmt.Sprintf("bulletin: %s has %d threads", headline, threads))
		}
	}
	return wrong
}

// pinged finds what pinged, but for the first message of each post in the
// bulletin, which is to.
func pinged(transcript []sandbox.Entry, chat, role string) []string {
	var wrong []string
	for _, e := range transcript {
		first := e.Method == "create" && e.Chat == chat && strings.Contains(e.Text, "B0>")
		switch {
		case first && !slices.Equal(e.Pings, []string{role}):
			wrong = append(wrong, fmt.Sprintf("bulletin: message %s pings %v", e.ID, e.Pings))
		case !first && len(e.Pings) > 0:
			wrong = append(wrong, fmt.Sprintf("message %s pings %v", e.ID, e.Pings))
		}
	}
	return wrong
}

// written is what is looked at of a message in a chat.
type written struct {
	ID      int             `json:"message_id"`
	Text    string          `json:"text"`
	Edited  int64           `json:"edit_date"`
	Markup  json.RawMessage `json:"reply_markup"`
	ReplyTo *struct {
		ID      int    `json:"message_id"`
		Whisper int    `json:"ephemeral_message_id"`
		Text    string `json:"text"`
	} `json:"reply_to_message"`
	// Whisper is the number of a message that only the reader sees.
	Whisper int `json:"ephemeral_message_id"`
}

func read(messages []json.RawMessage) []written {
	var all []written
	for _, m := range messages {
		var w written
		if json.Unmarshal(m, &w) == nil {
			all = append(all, w)
		}
	}
	return all
}

// altered finds messages of people that got something of the bot's.
func altered(messages []json.RawMessage) []string {
	var wrong []string
	for _, m := range read(messages) {
		person := m.Text == "chatter" || strings.HasPrefix(m.Text, "an editor's") || strings.HasPrefix(m.Text, "/")
		if person && (m.Edited != 0 || m.Markup != nil) {
			wrong = append(wrong, fmt.Sprintf("message %d of somebody else was altered", m.ID))
		}
	}
	return wrong
}

// answered finds questions of a group that were not answered once.
func answered(chat string, messages []json.RawMessage, asked int) []string {
	answers := map[int]int{}
	var wrong []string
	for _, m := range read(messages) {
		if strings.HasPrefix(m.Text, "/") {
			answers[m.ID] += 0
		}
		if m.ReplyTo != nil && strings.HasPrefix(m.ReplyTo.Text, "/") {
			answers[m.ReplyTo.ID]++
		}
	}
	for id, n := range answers {
		if n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s: question %d was answered %d times", chat, id, n))
		}
	}
	if len(answers) != asked {
		wrong = append(wrong, fmt.Sprintf("%s: %d questions of %d stand there", chat, len(answers), asked))
	}
	return wrong
}

// whispered finds questions of the groups, as the reader sees them, that were not
// answered, or more often than once alone and once where it can be looked for:
// in the group, or, of what only the reader asked, in private. An answer of which
// nobody knows whether it was seen is given once more.
func whispered(groups map[string][]json.RawMessage, private []json.RawMessage, asked int) []string {
	var wrong []string
	questions, answers := 0, 0
	for name, messages := range groups {
		alone := map[[2]int]int{}
		for _, m := range read(messages) {
			switch {
			case strings.HasPrefix(m.Text, "/"):
				questions++
			case m.Whisper != 0 && m.ReplyTo != nil:
				alone[[2]int{m.ReplyTo.ID, m.ReplyTo.Whisper}]++
				answers++
			case m.Text != "chatter" && !markPattern.MatchString(m.Text):
				answers++
			}
		}
		for q, n := range alone {
			if n > 1 {
				wrong = append(wrong, fmt.Sprintf("%s: question %v was answered alone %d times", name, q, n))
			}
		}
	}
	moved := 0
	for _, m := range read(private) {
		switch {
		case strings.HasPrefix(m.Text, "/"):
			moved--
		case !markPattern.MatchString(m.Text):
			moved++
		}
	}
	if answers+moved < asked || answers+moved > 2*asked || moved < 0 || questions != asked {
		wrong = append(wrong, fmt.Sprintf("%d questions in groups, of which %d stand there: %d answers, and %d in private", asked, questions, answers, moved))
	}
	return wrong
}

// answeredAlone finds whether the questions in a private chat, where an answer
// names no question, were answered once each.
func answeredAlone(chat string, messages []json.RawMessage) []string {
	asked, answers := 0, 0
	for _, m := range read(messages) {
		switch {
		case strings.HasPrefix(m.Text, "/"):
			asked++
		case !markPattern.MatchString(m.Text):
			answers++
		}
	}
	if asked != answers {
		return []string{fmt.Sprintf("%s: %d questions, %d answers", chat, asked, answers)}
	}
	return nil
}
