package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Offer is one of the results that a bot's inline mode offers to whoever types
// its name, as the client's list shows it.
type Offer struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Thumbnail   string `json:"thumbnail,omitempty"`
}

// inlineLife is how long an inline query can be answered.
const inlineLife = 10 * time.Second

// tgInline is what somebody typed behind the bot's name.
type tgInline struct {
	user     *tgUser
	at       time.Time
	answered chan struct{}
	results  []tgArticle
	next     string
}

// tgArticle is a result of the only type that the stand-in knows.
type tgArticle struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Thumbnail   string `json:"thumbnail_url"`
	Content     struct {
		Text    string          `json:"message_text"`
		Mode    string          `json:"parse_mode"`
		Preview json.RawMessage `json:"link_preview_options"`
	} `json:"input_message_content"`
	Markup json.RawMessage `json:"reply_markup"`

	text     string
	entities []tgEntity
	keyboard *tgKeyboard
}

// Inline types "@bot words" in a chat, where the bot need not be, and waits for
// what it offers. offset is empty, or where the last answer said that it goes on,
// which is what next is.
func (t *Telegram) Inline(ctx context.Context, user, chat, text, offset string) (offers []Offer, next string, err error) {
	t.mu.Lock()
	u, c := t.users[user], t.chats[chat]
	name, words, _ := strings.Cut(strings.TrimPrefix(text, "@"), " ")
	if u == nil || c == nil || !strings.HasPrefix(text, "@") || !strings.EqualFold(name, t.me.Username) {
		t.mu.Unlock()
		return nil, "", nil
	}
	id := fmt.Sprintf("i%d", t.lastUpdate+1)
	q := &tgInline{user: u, at: t.o.Now(), answered: make(chan struct{})}
	t.inline[id] = q
	kind := c.Type
	if c.user == u {
		kind = "sender"
	}
	t.update("inline_query", map[string]any{"id": id, "from": u, "query": firstRunes(words, 256), "offset": offset, "chat_type": kind})
	t.mu.Unlock()
	select {
	case <-q.answered:
	case <-ctx.Done():
		return nil, "", ctx.Err()
	case <-t.closed:
		return nil, "", errors.New("the platform is closed")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.offered[user] = append(t.offered[user], q.results...)
	for _, a := range q.results {
		offers = append(offers, Offer{a.ID, a.Title, a.Description, a.Thumbnail})
	}
	return offers, q.next, nil
}

func firstRunes(s string, most int) string {
	all := []rune(s)
	return string(all[:min(most, len(all))])
}

// Pick sends a result that was offered to the user into a chat, as the user's
// message.
func (t *Telegram) Pick(_ context.Context, user, chat, id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	u, c := t.users[user], t.chats[chat]
	if u == nil || c == nil {
		return fmt.Errorf("no user %s in chat %s", user, chat)
	}
	var picked *tgArticle
	for i, a := range t.offered[user] {
		if a.ID == id {
			picked = &t.offered[user][i]
		}
	}
	if picked == nil {
		return fmt.Errorf("%s was not offered", id)
	}
	m := &tgMessage{Via: &t.me, Text: picked.text, Entities: picked.entities, Preview: picked.Content.Preview, Markup: picked.keyboard, postedByOther: true}
	kind := "channel_post"
	if c.Type != "channel" {
		m.From, kind = u, "message"
	}
	t.put(c, m)
	delete(t.offered, user)
	if c.out == "" {
		t.update(kind, m) // a bot hears what comes from it, privacy mode or not
	}
	return nil
}

// answerInline takes a bot's answer, and holds it against the limits.
func (t *Telegram) answerInline(c *tgCall) (any, *tgError) {
	q := t.inline[c.form.Get("inline_query_id")]
	if q == nil || t.o.Now().Sub(q.at) > inlineLife {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	var results []tgArticle
	if err := json.Unmarshal([]byte(c.form.Get("results")), &results); err != nil {
		return nil, bad("can't parse inline query results JSON object")
	}
	next := c.form.Get("next_offset")
	switch {
	case len(results) > 50:
		return nil, bad("RESULTS_TOO_MUCH")
	case len(next) > 64:
		return nil, bad("NEXT_OFFSET_INVALID")
	}
	ids := map[string]bool{}
	var titles []string
	for i := range results {
		a := &results[i]
		if a.ID == "" || len(a.ID) > 64 {
			return nil, bad("RESULT_ID_INVALID")
		}
		if ids[a.ID] {
			return nil, bad("RESULT_ID_DUPLICATE")
		}
		ids[a.ID] = true
		if a.Type != "article" {
			return nil, bad("RESULT_TYPE_INVALID")
		}
		if a.Title == "" {
			return nil, bad("RESULT_TITLE_EMPTY")
		}
		if u, err := url.Parse(a.Thumbnail); a.Thumbnail != "" && (err != nil || u.Host == "") {
			return nil, bad("WEBDOCUMENT_URL_INVALID")
		}
		var err error
		if a.text, a.entities, err = tgText(a.Content.Text, a.Content.Mode, tgMaxText); err != nil {
			return nil, bad("%v", err)
		}
		if a.text == "" {
			return nil, bad("message text is empty")
		}
		var e *tgError
		if a.keyboard, e = readKeyboard(string(a.Markup)); e != nil {
			return nil, e
		}
		titles = append(titles, a.Title)
	}
	delete(t.inline, c.form.Get("inline_query_id"))
	q.results, q.next = results, next
	close(q.answered)
	t.log.add(Entry{At: t.o.Now(), Platform: "telegram", Method: "offer", User: fmt.Sprint(q.user.ID), Text: strings.Join(titles, "\n"), Body: c.body})
	return true, nil
}
