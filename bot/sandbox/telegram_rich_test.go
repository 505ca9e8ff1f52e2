package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// paragraphs are so many blocks, each with a text.
func paragraphs(n int, text string) string {
	one := fmt.Sprintf(`{"type":"paragraph","text":%q}`, text)
	return `{"blocks":[` + strings.Repeat(one+",", n-1) + one + `],"skip_entity_detection":true}`
}

// nested is a paragraph within so many levels.
func nested(levels int) string {
	return `{"blocks":[` + strings.Repeat(`{"type":"details","summary":"s","blocks":[`, levels-1) + `{"type":"paragraph","text":"x"}` + strings.Repeat(`]}`, levels-1) + `]}`
}

func photos(n int, address string) string {
	one := fmt.Sprintf(`{"type":"photo","photo":{"type":"photo","media":%q}}`, address)
	return `{"blocks":[` + strings.Repeat(one+",", n-1) + one + `]}`
}

func TestTelegramRichLimits(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	chat := tg.AddChannel("Brief", "brief")
	for _, tt := range []struct{ name, fits, not, wrong string }{
		{"text", paragraphs(1, strings.Repeat("я", 32768)), paragraphs(1, strings.Repeat("я", 32769)), "TEXT_TOO_LONG"},
		{"blocks", paragraphs(500, "x"), paragraphs(501, "x"), "BLOCKS_TOO_MUCH"},
		{"items of a list", `{"blocks":[{"type":"list","items":[` + strings.Repeat(`{"blocks":[{"type":"paragraph","text":"x"}]},`, 248) + `{"blocks":[{"type":"paragraph","text":"x"}]}]}]}`,
			`{"blocks":[{"type":"list","items":[` + strings.Repeat(`{"blocks":[{"type":"paragraph","text":"x"}]},`, 249) + `{"blocks":[{"type":"paragraph","text":"x"}]}]}]}`, "BLOCKS_TOO_MUCH"},
		{"levels", nested(16), nested(17), "DEPTH_TOO_MUCH"},
		{"media", photos(50, "https://e.example/a.jpg"), photos(51, "https://e.example/a.jpg"), "MEDIA_TOO_MUCH"},
		{"a picture's address", photos(1, "https://e.example/a.jpg"), photos(1, "file:///a.jpg"), "PHOTO_URL_INVALID"},
		{"heading", `{"blocks":[{"type":"heading","size":6,"text":"x"}]}`, `{"blocks":[{"type":"heading","text":"x"}]}`, "size must be"},
		{"style", `{"blocks":[{"type":"footer","text":["a",{"type":"superscript","text":"1"}]}]}`, `{"blocks":[{"type":"footer","text":{"type":"blink","text":"x"}}]}`, "unsupported type"},
		{"one way", paragraphs(1, "x"), `{"html":"<p>x</p>"}`, "blocks only"},
		{"something", paragraphs(1, "x"), `{"blocks":[]}`, "EMPTY"},
	} {
		if got := ask(bot, "sendRichMessage", tgbotapi.Params{"chat_id": chat, "rich_message": tt.fits}); got != "" {
			t.Errorf("%s, at the bound: %s", tt.name, got)
		}
		if got := ask(bot, "sendRichMessage", tgbotapi.Params{"chat_id": chat, "rich_message": tt.not}); !strings.Contains(got, tt.wrong) {
			t.Errorf("%s, beyond it: %q, want %q", tt.name, got, tt.wrong)
		}
	}
}

func TestTelegramRichEdits(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	channel, group := tg.AddChannel("Brief", ""), tg.AddSupergroup("Comments")
	tg.Link(channel, group)
	const markup = `{"inline_keyboard":[[{"text":"x","callback_data":"d"}]]}`
	post := tgbotapi.Params{"chat_id": channel, "rich_message": paragraphs(1, "a post"), "reply_markup": markup}
	if got := ask(bot, "sendRichMessage", post); got != "" {
		t.Fatal(got)
	}
	if copies := tg.Messages(group); len(copies) != 1 || !strings.Contains(string(copies[0]), `"rich_message"`) {
		t.Errorf("in the discussion group: %s", copies)
	}
	edit := func(method string, p tgbotapi.Params) string {
		p["chat_id"], p["message_id"], p["reply_markup"] = channel, "1", markup
		return ask(bot, method, p)
	}
	for _, x := range []struct{ name, method, rich, text, want string }{
		{"a look", "editMessageReplyMarkup", "", "", "message is not modified"},
		{"the same", "editMessageText", paragraphs(1, "a post"), "", "message is not modified"},
		{"another", "editMessageText", paragraphs(1, "a better post"), "", ""},
		{"as text", "editMessageText", "", "a plain post", ""},
	} {
		p := tgbotapi.Params{}
		p.AddNonEmpty("rich_message", x.rich)
		p.AddNonEmpty("text", x.text)
		if got := edit(x.method, p); x.want == "" && got != "" || !strings.Contains(got, x.want) {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
	tg.SetOld(true)
	if got := edit("editMessageText", tgbotapi.Params{"rich_message": paragraphs(1, "x")}); !strings.Contains(got, "message text is empty") {
		t.Errorf("an old server takes an edit: %q", got)
	}
	if got := ask(bot, "sendRichMessage", post); got != "Not Found" {
		t.Errorf("an old server: %q", got)
	}
	var read []string
	for _, e := range tg.Transcript() {
		read = append(read, e.Method+" "+e.Text)
	}
	if got := strings.Join(read, ", "); got != "create a post, edit a better post, edit a plain post" {
		t.Errorf("the transcript: %s", got)
	}
}

// richStory is a rich message with all that a post has, in Arabic.
const richStory = `{"is_rtl":true,"skip_entity_detection":true,"blocks":[
	{"type":"heading","size":2,"text":{"type":"url","text":"منارة رأس أورين تُضاء من جديد","url":"https://orrin.example/manara"}},
	{"type":"paragraph","text":{"type":"italic","text":"3 نوفمبر 2026 · جزر"}},
	{"type":"photo","photo":{"type":"photo","media":"https://nowhere.invalid/a.jpg"},"caption":{"text":"المنارة عند الغروب","credit":"Orrin Photo"}},
	{"type":"list","items":[
		{"blocks":[{"type":"paragraph","text":["أُضيء مصباح Cape Orrin بعد تسع سنوات.",{"type":"superscript","text":{"type":"reference_link","text":"[1]","reference_name":"source1"}}]}]},
		{"blocks":[{"type":"paragraph","text":"<b>يقول المجلس</b> إن الكلفة 300 ألف."}]}]},
	{"type":"details","summary":{"type":"bold","text":"الرواية الناقدة"},"blocks":[{"type":"paragraph","text":"انتظر الناس تسع سنوات."}]},
	{"type":"details","summary":{"type":"bold","text":"المصادر"},"blocks":[{"type":"list","items":[
		{"value":1,"type":"1","blocks":[{"type":"paragraph","text":{"type":"reference","name":"source1","text":["بريد أورين: ",{"type":"url","text":"عودة الضوء","url":"https://orrin.example/1"}]}}]}]}]},
	{"type":"footer","text":"CC BY 4.0"}]}`

// A rich message on the page: its parts open, its marks lead to their sources, and
// it runs from right to left if it says so.
func TestPageShowsRichMessages(t *testing.T) {
	tg, bot := newTelegramWorld(t, TelegramOptions{})
	chat := tg.AddChannel("أخبار", "")
	reader := tg.AddUser("Ada")
	markup, _ := json.Marshal(map[string]any{"inline_keyboard": [][]map[string]string{{{"text": "المصادر", "callback_data": "d"}}}})
	if got := ask(bot, "sendRichMessage", tgbotapi.Params{"chat_id": chat, "rich_message": richStory, "reply_markup": string(markup)}); got != "" {
		t.Fatal(got)
	}
	discord, _ := scripts()
	srv := httptest.NewServer(NewPage(PageOptions{Title: "briefbot", Platforms: map[string]Platform{"discord": discord, "telegram": tg}, Reader: map[string]string{"discord": "ada", "telegram": reader}}))
	t.Cleanup(srv.Close) // after the browser
	ctx := browser(t, srv.URL, 1400, 900)
	if err := chromedp.Do(ctx, chromedp.WaitVisible(".telegram .rich h2"), chromedp.Click(".telegram .rich .mark"), chromedp.WaitVisible(".telegram .rich .led")); err != nil {
		t.Fatal(err)
	}
	state, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
		Direction, Marks, Open, Led, Caption, Foreign string
	}](`({
		Direction: getComputedStyle(document.querySelector('.rich')).direction,
		Marks: [...document.querySelectorAll('.rich li .label')].map((n) => n.textContent).join(' '),
		Open: [...document.querySelectorAll('.rich details')].map((d) => d.open).join(' '),
		Led: document.querySelector('.rich .led').textContent,
		Caption: document.querySelector('.rich figcaption').textContent,
		Foreign: document.querySelectorAll('.rich li')[1].querySelector('p').textContent,
	})`))
	if err != nil {
		t.Fatal(err)
	}
	want := state
	want.Direction, want.Marks, want.Open, want.Led = "rtl", "• • 1.", "false true", "بريد أورين: عودة الضوء"
	want.Caption, want.Foreign = "المنارة عند الغروبOrrin Photo", "<b>يقول المجلس</b> إن الكلفة 300 ألف."
	if state != want {
		t.Errorf("shown as %+v, want %+v", state, want)
	}
	picture(t, ctx, "rich-message.png")
}

// Whatever comes, it is read or refused.
func FuzzTelegramRich(f *testing.F) {
	f.Add(richStory)
	f.Add(nested(3))
	f.Fuzz(func(t *testing.T, s string) {
		rich, plain, err := readRich(s)
		if (rich == nil) == (err == nil) {
			t.Errorf("%q: %v, %q, %v", s, rich, plain, err)
		}
	})
}
