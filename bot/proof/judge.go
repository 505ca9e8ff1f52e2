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
	Wrong []string
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
// in order.
func judge(chat string, got []mark, want []story) (posts int, wrong []string) {
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
		case there == 0:
			complain("%s is lost", s.headline())
			continue
		case there < s.bullets:
			complain("%s is torn: %d of %d bullets", s.headline(), there, s.bullets)
		case twice > 0:
			complain("%s is doubled: %d of %d bullets", s.headline(), twice, s.bullets)
		default:
			posts++
		}
		if !inOrder(got, s) {
			complain("%s is mixed up", s.headline())
		}
	}
	return posts, wrong
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

// written is what is looked at of a message in a chat.
type written struct {
	ID      int             `json:"message_id"`
	Text    string          `json:"text"`
	Edited  int64           `json:"edit_date"`
	Markup  json.RawMessage `json:"reply_markup"`
	ReplyTo *struct {
		ID   int    `json:"message_id"`
		Text string `json:"text"`
	} `json:"reply_to_message"`
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

// answered finds questions that were not answered once.
func answered(messages []json.RawMessage, asked int) []string {
	answers := map[int]int{}
	questions := 0
	var wrong []string
	for _, m := range read(messages) {
		if strings.HasPrefix(m.Text, "/help") {
			questions++
			answers[m.ID] += 0
		}
		if m.ReplyTo != nil && strings.HasPrefix(m.ReplyTo.Text, "/help") {
			answers[m.ReplyTo.ID]++
		}
	}
	for id, n := range answers {
		if n != 1 {
			wrong = append(wrong, fmt.Sprintf("question %d was answered %d times", id, n))
		}
	}
	if questions != asked {
		wrong = append(wrong, fmt.Sprintf("%d questions of %d stand in the chat", questions, asked))
	}
	return wrong
}
