package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

const telegramTestToken = "4242:test"

// newTelegramWorld is a Telegram, and the unmodified library at it.
func newTelegramWorld(t *testing.T, o TelegramOptions) (*Telegram, *tgbotapi.BotAPI) {
	t.Helper()
	o.Token, o.Username = telegramTestToken, "brief_bot"
	tg := NewTelegram(o)
	srv := httptest.NewServer(tg)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		tg.Close()
		srv.Close()
	})
	bot, err := tgbotapi.NewBotAPIWithClient(telegramTestToken, srv.URL+"/bot%s/%s", srv.Client())
	if err != nil {
		t.Fatal(err)
	}
	return tg, bot
}

// ask makes a request, and gives the words of a refusal; empty if all is well.
func ask(bot *tgbotapi.BotAPI, method string, p tgbotapi.Params) string {
	_, err := bot.MakeRequest(method, p)
	var e *tgbotapi.Error
	if errors.As(err, &e) {
		return e.Message
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestTelegramHTML(t *testing.T) {
	for _, tt := range []struct{ in, text, entities, wrong string }{
		{"plain &lt;b&gt; &amp; &quot;x&quot; &nbsp;", `plain <b> & "x" &nbsp;`, "", ""},
		{"<b>bold</b> and <i>both <u>ways</u></i>", "bold and both ways", "bold 0+4, italic 9+9, underline 14+4", ""},
		{`👩‍🚀 <a href="https://example.org/?a=1&amp;b=2">x</a>`, "👩‍🚀 x", "text_link 6+1 https://example.org/?a=1&b=2", ""},
		{"<blockquote expandable>a\nb</blockquote>", "a\nb", "expandable_blockquote 0+3", ""},
		{"  <b> x </b>  ", "x", "bold 0+1", ""},
		{`<a href="javascript:x">y</a>`, "y", "", ""},
		{"<p>x</p>", "", "", `Unsupported start tag "p" at byte offset 0`},
		{"a<b>x", "", "", `Can't find end tag corresponding to start tag "b"`},
		{"a<b>x</i>", "", "", "Unmatched end tag"},
		{"x</b>", "", "", "Unexpected end tag at byte offset 1"},
		{"1 < 2", "", "", "Unclosed start tag at byte offset 2"},
		{"<blockquote><blockquote>x</blockquote></blockquote>", "", "", "can't be nested"},
		{`<span class="x">y</span>`, "", "", "must have class"},
	} {
		text, entities, err := parseHTML(tt.in)
		if tt.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("%q: %v, want %q", tt.in, err, tt.wrong)
			}
			continue
		}
		var got []string
		for _, e := range entities {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %d+%d %s", e.Type, e.Offset, e.Length, e.URL)))
		}
		if err != nil || text != tt.text || strings.Join(got, ", ") != tt.entities {
			t.Errorf("%q: %q, %q, %v; want %q, %q", tt.in, text, got, err, tt.text, tt.entities)
		}
	}
}

// Whatever comes, entities lie within the text.
func FuzzTelegramHTML(f *testing.F) {
	f.Add(`<b>x</b> &lt; <a href="https://x.y">z</a> <blockquote expandable>q</blockquote>`)
	f.Fuzz(func(t *testing.T, s string) {
		text, entities, err := parseHTML(s)
		if err != nil || !utf8.ValidString(s) {
			return
		}
		for _, e := range entities {
			if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > utf16Len(text) {
				t.Errorf("%q: %+v of %d units", s, e, utf16Len(text))
			}
		}
		if !strings.ContainsAny(s, "<&") && text != strings.Trim(s, " \t\r\n") {
			t.Errorf("plain text %q became %q", s, text)
		}
	})
}

func TestTelegramLimits(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	chat := tg.AddChannel("Brief", "brief")
	keyboard := func(data string, inRow int) string {
		row := make([]map[string]string, inRow)
		for i := range row {
			row[i] = map[string]string{"text": "x", "callback_data": data}
		}
		b, _ := json.Marshal(map[string]any{"inline_keyboard": []any{row}})
		return string(b)
	}
	for _, tt := range []struct {
		name      string
		fits, not tgbotapi.Params
		wrong     string
	}{
		{"text", tgbotapi.Params{"text": strings.Repeat("я", 4096)}, tgbotapi.Params{"text": strings.Repeat("я", 4097)}, "message is too long"},
		{"text in UTF-16", tgbotapi.Params{"text": strings.Repeat("😀", 2048)}, tgbotapi.Params{"text": strings.Repeat("😀", 2049)}, "message is too long"},
		{"no text", tgbotapi.Params{"text": "x"}, tgbotapi.Params{"text": " \n"}, "message text is empty"},
		{"button data", tgbotapi.Params{"text": "x", "reply_markup": keyboard(strings.Repeat("d", 64), 1)}, tgbotapi.Params{"text": "x", "reply_markup": keyboard(strings.Repeat("d", 65), 1)}, "BUTTON_DATA_INVALID"},
		{"buttons in a row", tgbotapi.Params{"text": "x", "reply_markup": keyboard("d", 8)}, tgbotapi.Params{"text": "x", "reply_markup": keyboard("d", 9)}, "more than 8"},
		{"a keyboard of null", tgbotapi.Params{"text": "x", "reply_markup": `{"inline_keyboard":[]}`}, tgbotapi.Params{"text": "x", "reply_markup": `{"inline_keyboard":null}`}, "object expected"},
		{"long links", tgbotapi.Params{"text": `<a href="https://x/` + strings.Repeat("a", 9400) + `">x</a>`, "parse_mode": "HTML"}, tgbotapi.Params{"text": `<a href="https://x/` + strings.Repeat("a", 9600) + `">x</a>`, "parse_mode": "HTML"}, "ENTITIES_TOO_LONG"},
	} {
		tt.fits["chat_id"], tt.not["chat_id"] = chat, chat
		if got := ask(bot, "sendMessage", tt.fits); got != "" {
			t.Errorf("%s, at the bound: %s", tt.name, got)
		}
		if got := ask(bot, "sendMessage", tt.not); !strings.Contains(got, tt.wrong) {
			t.Errorf("%s, one over: %q, want %q", tt.name, got, tt.wrong)
		}
	}
}

func TestTelegramEdits(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	chat := tg.AddChannel("Brief", "")
	editor := tg.AddUser("Ed")
	const markup = `{"inline_keyboard":[[{"text":"x","callback_data":"d"}]]}`
	ask(bot, "sendMessage", tgbotapi.Params{"chat_id": chat, "text": "ours", "reply_markup": markup})
	if err := tg.Say(t.Context(), editor, chat, "an editor's", ""); err != nil {
		t.Fatal(err)
	}
	edit := func(id string) string {
		return ask(bot, "editMessageReplyMarkup", tgbotapi.Params{"chat_id": chat, "message_id": id, "reply_markup": markup})
	}
	for id, want := range map[string]string{"1": "message is not modified", "2": "message can't be edited", "3": "message to edit not found"} {
		if got := edit(id); !strings.Contains(got, want) {
			t.Errorf("message %s: %q, want %q", id, got, want)
		}
	}
	tg.SetRights(chat, TelegramRights{Post: true, Edit: true})
	if got := edit("2"); got != "" {
		t.Errorf("with the right to edit others': %q", got)
	}
	tg.Kick(chat)
	if got := edit("1"); !strings.Contains(got, "bot was kicked from the channel chat") {
		t.Errorf("kicked: %q", got)
	}
}

// With privacy mode off a member hears all; a member that is muted, or that is
// none of the admins who alone may write, is refused.
func TestTelegramMembers(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{ReadsAll: true})
	if !bot.Self.CanReadAllGroupMessages {
		t.Error("the bot is not told that it hears all")
	}
	group := tg.AddSupergroup("Talk")
	if err := tg.Say(t.Context(), tg.AddUser("Ann"), group, "chatter", ""); err != nil {
		t.Fatal(err)
	}
	if updates, err := bot.GetUpdates(tgbotapi.UpdateConfig{}); err != nil || len(updates) != 1 {
		t.Errorf("heard %v, %v", updates, err)
	}
	for _, x := range []struct {
		rights TelegramRights
		want   string
	}{
		{TelegramRights{}, ""},
		{TelegramRights{Muted: true}, "Bad Request: not enough rights to send text messages to the chat"},
		{TelegramRights{ReadOnly: true}, "Bad Request: not enough rights to send text messages to the chat"},
		{TelegramRights{ReadOnly: true, Admin: true}, ""},
	} {
		tg.SetRights(group, x.rights)
		if got := ask(bot, "sendMessage", tgbotapi.Params{"chat_id": group, "text": "hello"}); got != x.want {
			t.Errorf("%+v: %q, want %q", x.rights, got, x.want)
		}
	}
}

func TestTelegramUpdates(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	group := tg.AddSupergroup("Talk")
	ann := tg.AddUser("Ann")
	for _, text := range []string{"chatter", "/help", "/help@other_bot", "/help@brief_bot"} {
		if err := tg.Say(t.Context(), ann, group, text, ""); err != nil {
			t.Fatal(err)
		}
	}
	texts := func(offset int) (all []string, next int) {
		updates, err := bot.GetUpdates(tgbotapi.UpdateConfig{Offset: offset})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range updates {
			all, next = append(all, u.Message.Text), u.UpdateID+1
		}
		return all, next
	}
	got, next := texts(0)
	if want := "/help /help@brief_bot"; strings.Join(got, " ") != want {
		t.Errorf("a member with privacy mode hears %q, want %s", got, want)
	}
	if again, _ := texts(0); len(again) != 2 {
		t.Errorf("not confirmed, they come again: %q", again)
	}
	if after, _ := texts(next); len(after) != 0 {
		t.Errorf("confirmed, they do not: %q", after)
	}

	// A second poller is refused while the first one waits.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := make(chan error, 1)
	go func() {
		_, err := bot.MakeRequest("getUpdates", tgbotapi.Params{"timeout": "50", "offset": fmt.Sprint(next)})
		first <- err
	}()
	refused := ""
	for deadline := time.After(10 * time.Second); refused == ""; {
		select {
		case <-deadline:
			t.Fatal("two pollers get on with each other")
		case <-time.After(time.Millisecond):
			refused = ask(bot, "getUpdates", tgbotapi.Params{"offset": fmt.Sprint(next)})
		}
	}
	if !strings.Contains(refused, "terminated by other getUpdates request") {
		t.Errorf("a second poller: %q", refused)
	}
	tg.Say(ctx, ann, group, "/help", "") // ends the first one's wait
	if err := <-first; err != nil {
		t.Errorf("the first poller: %v", err)
	}
}

func TestTelegramRates(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	tg, bot := newTelegramWorld(t, TelegramOptions{Limits: TelegramLimits{All: 30, Chat: 1, Group: 20}, Now: func() time.Time { return now }})
	chat := tg.AddChannel("Brief", "")
	send := func() string { return ask(bot, "sendMessage", tgbotapi.Params{"chat_id": chat, "text": "x"}) }
	if got := send(); got != "" {
		t.Fatal(got)
	}
	if got := send(); got != "Too Many Requests: retry after 1" {
		t.Errorf("a second message at once: %q", got)
	}
	for range 19 {
		now = now.Add(time.Second)
		if got := send(); got != "" {
			t.Fatal(got)
		}
	}
	now = now.Add(time.Second)
	if got := send(); !strings.HasPrefix(got, "Too Many Requests") {
		t.Errorf("the 21st message within a minute: %q", got)
	}
	if all, limited := tg.Requests("sendMessage"); all != 22 || limited != 2 {
		t.Errorf("counted %d requests, %d limited", all, limited)
	}
}

func TestTelegramForward(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	channel, group := tg.AddChannel("Brief", ""), tg.AddSupergroup("Comments")
	tg.Link(channel, group)
	ask(bot, "sendMessage", tgbotapi.Params{"chat_id": channel, "text": "a post", "reply_markup": `{"inline_keyboard":[[{"text":"x","callback_data":"d"}]]}`})
	copies := tg.Messages(group)
	if len(copies) != 1 || !strings.Contains(string(copies[0]), `"is_automatic_forward":true`) || !strings.Contains(string(copies[0]), `"forward_origin":{"type":"channel"`) {
		t.Errorf("in the discussion group: %s", copies)
	}
}
