package telegram

import (
	"context"
	"fmt"
	"strconv"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Inline mode: whoever types the bot's name and some words, in any chat, is
// offered stories, and sends one of them there under their own name. The bot is
// not in that chat: what is sent is a message of that person's, whose buttons
// lead into the private chat with the bot.

// inlineQuery is what somebody types behind the bot's name.
type inlineQuery struct {
	ID     string `json:"id"`
	From   user   `json:"from"`
	Words  string `json:"query"`
	Offset string `json:"offset"`
}

// article is one of the stories that are offered.
type article struct {
	Type        string      `json:"type"`
	ID          string      `json:"id"`
	Title       string      `json:"title"`
	Description string      `json:"description,omitempty"`
	Thumbnail   string      `json:"thumbnail_url,omitempty"`
	Content     messageText `json:"input_message_content"`
	Markup      markup      `json:"reply_markup"`
}

type messageText struct {
	Text    string         `json:"message_text"`
	Mode    string         `json:"parse_mode"`
	Preview map[string]any `json:"link_preview_options"`
}

const (
	// inlinePage is how many stories are offered at a time; scrolling asks for
	// more, up to inlineMost.
	inlinePage = 20
	inlineMost = 200
	// inlineCache is for how many seconds Telegram may give the same answer
	// again: news does not keep.
	inlineCache = 10
	// maxLine is how much of a story's first bullet stands in the list.
	maxLine = 200
)

// offer answers an inline query. Nobody waits for its end: by the next letter
// there is another one.
func (in *inbox) offer(ctx context.Context, i inlineQuery) {
	asking, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	q := brief.Question{Chat: store.Chat{Platform: store.Telegram}, User: fmt.Sprint(i.From.ID), Language: i.From.Language}
	from, _ := strconv.Atoi(i.Offset)
	from = min(max(0, from), inlineMost)
	stories, more := in.desk.Share(asking, q, i.Words, from, inlinePage)
	p := params{
		"inline_query_id": i.ID,
		"results":         in.articles(stories),
		"cache_time":      inlineCache,
		"is_personal":     true, // the words are in the asker's language
	}
	if next := from + inlinePage; more && next < inlineMost {
		p["next_offset"] = fmt.Sprint(next)
	}
	in.parts.Go(func() {
		if err := in.api.call(ctx, "answerInlineQuery", p, nil); err != nil && ctx.Err() == nil {
			in.log.Warn("an inline query was not answered", "err", err)
		}
	})
}

// articles are the stories as they are offered: each as much of its post as one
// message holds. The rest is in the private chat, one button away.
func (in *inbox) articles(stories []brief.Shared) []article {
	all := []article{}
	for _, s := range stories {
		sheets := spread(s.Message)
		if len(sheets) == 0 {
			continue
		}
		a := article{
			Type:        "article",
			ID:          s.Short,
			Title:       s.Headline,
			Description: cut(s.Line, maxLine),
			Content:     messageText{sheets[0].html, "HTML", preview(sheets[0].blocks)},
			Markup:      keyboard(s.Message.All(), "", true, in.name()),
		}
		a.Thumbnail, _ = web(s.Picture)
		all = append(all, a)
	}
	return all
}
