package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// results are so many articles of the same text.
func results(n int, text string) string {
	var all []map[string]any
	for i := range n {
		all = append(all, map[string]any{
			"type": "article", "id": fmt.Sprint("r", i), "title": fmt.Sprint("Tale ", i), "description": "A tale",
			"input_message_content": map[string]string{"message_text": text, "parse_mode": "HTML"},
			"reply_markup":          map[string]any{"inline_keyboard": [][]map[string]string{{{"text": "x", "url": "https://t.me/brief_bot?start=x"}}}},
		})
	}
	b, _ := json.Marshal(all)
	return string(b)
}

// offering answers inline queries with what the words ask for, until ctx ends.
func offering(ctx context.Context, bot *tgbotapi.BotAPI, with func(q *tgbotapi.InlineQuery) tgbotapi.Params) {
	for offset := 0; ctx.Err() == nil; {
		updates, err := bot.GetUpdates(tgbotapi.UpdateConfig{Offset: offset, Timeout: 1})
		if err != nil {
			return
		}
		for _, u := range updates {
			offset = u.UpdateID + 1
			if u.InlineQuery != nil {
				p := with(u.InlineQuery)
				p["inline_query_id"] = u.InlineQuery.ID
				ask(bot, "answerInlineQuery", p)
			}
		}
	}
}

func TestTelegramInlineLimits(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	if !bot.Self.SupportsInlineQueries {
		t.Error("the bot is not told that it has inline mode")
	}
	ann := tg.AddUser("Ann")
	chat := tg.AddSupergroup("Talk")
	for _, tt := range []struct {
		name, results, next, wrong string
	}{
		{"as many as fit", results(50, "<b>x</b>"), strings.Repeat("n", 64), ""},
		{"one too many", results(51, "x"), "", "RESULTS_TOO_MUCH"},
		{"a long offset", results(1, "x"), strings.Repeat("n", 65), "NEXT_OFFSET_INVALID"},
		{"a long text", results(1, strings.Repeat("x", 4097)), "", "message is too long"},
		{"bad markup", results(1, "<b>x"), "", "can't parse entities"},
		{"the same twice", strings.ReplaceAll(results(2, "x"), `"r1"`, `"r0"`), "", "RESULT_ID_DUPLICATE"},
		{"another type", strings.ReplaceAll(results(1, "x"), `"article"`, `"gif"`), "", "RESULT_TYPE_INVALID"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		typed := make(chan error, 1)
		go func() {
			_, _, err := tg.Inline(ctx, ann, chat, "@brief_bot x", "")
			typed <- err
		}()
		var id string
		for offset := 0; id == ""; {
			updates, err := bot.GetUpdates(tgbotapi.UpdateConfig{Offset: offset, Timeout: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range updates {
				offset, id = u.UpdateID+1, u.InlineQuery.ID
			}
			bot.GetUpdates(tgbotapi.UpdateConfig{Offset: offset}) // it was dealt with
		}
		got := ask(bot, "answerInlineQuery", tgbotapi.Params{"inline_query_id": id, "results": tt.results, "next_offset": tt.next})
		if tt.wrong == "" && got != "" || !strings.Contains(got, tt.wrong) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.wrong)
		}
		cancel()
		<-typed
		if again := ask(bot, "answerInlineQuery", tgbotapi.Params{"inline_query_id": id, "results": "[]"}); tt.wrong == "" && !strings.Contains(again, "query is too old") {
			t.Errorf("%s: answered again: %q", tt.name, again)
		}
	}
	if offers, _, err := tg.Inline(t.Context(), ann, chat, "@other_bot x", ""); err != nil || offers != nil {
		t.Errorf("another bot's name: %v, %v", offers, err)
	}
}

// On the page one types the bot's name and picks from what it offers.
func TestPageOffers(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	chat := tg.AddSupergroup("Talk")
	reader := tg.AddUser("Ada")
	go offering(t.Context(), bot, func(q *tgbotapi.InlineQuery) tgbotapi.Params {
		return tgbotapi.Params{"results": results(2, "<b>A tale</b> of "+q.Query)}
	})
	discord, _ := scripts()
	srv := httptest.NewServer(NewPage(PageOptions{Title: "briefbot", Platforms: map[string]Platform{"discord": discord, "telegram": tg}, Reader: map[string]string{"discord": "ada", "telegram": reader}}))
	t.Cleanup(srv.Close) // after the browser
	ctx := browser(t, srv.URL, 1400, 900)
	if err := chromedp.Do(ctx, chromedp.WaitVisible(".telegram .box input"), chromedp.SendKeys(".telegram .box input", "@brief_bot ships"),
		chromedp.WaitVisible(".telegram .menu button")); err != nil {
		t.Fatal(err)
	}
	picture(t, ctx, "inline-offers.png")
	if err := chromedp.Do(ctx, chromedp.Click(".telegram .menu button"), chromedp.WaitVisible(".telegram .bubble .text")); err != nil {
		t.Fatal(err)
	}
	said, err := chromedp.Run(ctx, chromedp.Text(".telegram .bubble"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said, "via @brief_bot") || !strings.Contains(said, "A tale of ships") {
		t.Errorf("sent: %q", said)
	}
	if all := tg.Messages(chat); len(all) != 1 || !strings.Contains(string(all[0]), `"via_bot"`) {
		t.Errorf("stands: %s", all)
	}
}
