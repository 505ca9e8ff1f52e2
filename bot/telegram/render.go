package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"briefbot/bot/brief"
	"briefbot/store"
)

// errNotReady is returned by Render until the bot knows its own name, which its
// links need.
var errNotReady = errors.New("Telegram has not told the bot's name yet")

// Render makes the requests for a message. Each is a JSON object of the
// parameters of sendMessage, or of sendRichMessage where the delivery is rich,
// but for chat_id, which is known when it is sent.
func (t *Telegram) Render(_ context.Context, place store.Place, d store.Delivery, m brief.Message) ([]json.RawMessage, error) {
	return t.requests(place.Kind, d, m, answering{})
}

// answering is what an answer's requests have that a post's have not.
type answering struct {
	page  func([]sheet) []sheet // what is shown of a long one; nil: all
	alter func(params)          // what else each has; nil: nothing
}

// requests makes the requests for a message.
func (t *Telegram) requests(kind store.Kind, d store.Delivery, m brief.Message, f answering) ([]json.RawMessage, error) {
	if t.name() == "" {
		return nil, errNotReady
	}
	sheets := t.last.Of(m, spread)
	if f.page != nil {
		sheets = f.page(sheets)
	}
	channel := kind == store.TelegramChannel
	var all []json.RawMessage
	for i, s := range sheets {
		keys := keyboard(s.buttons, d.Tag(i), channel, t.name())
		if row := s.turning(d.Tag(i)); row != nil {
			keys.Rows = slices.Insert(keys.Rows, 0, row)
		}
		p := t.addressed(d, i, keys)
		p["text"], p["parse_mode"], p["link_preview_options"] = s.html, "HTML", s.preview
		body, err := f.encode(p)
		if err != nil {
			return nil, fmt.Errorf("render message %d: %w", i+1, err)
		}
		all = append(all, body)
	}
	if !d.Rich {
		return all, nil
	}
	all, err := t.renderRich(d, channel, m, all, f)
	if err != nil {
		return nil, fmt.Errorf("render as a rich message: %w", err)
	}
	return all, nil
}

// encode writes a request as it is recorded.
func (f answering) encode(p params) (json.RawMessage, error) {
	if f.alter != nil {
		f.alter(p)
	}
	return p.encode()
}

// addressed are the parameters of a delivery's message that are there whatever
// it says.
func (t *Telegram) addressed(d store.Delivery, part int, keys markup) params {
	p := params{"reply_markup": keys}
	if d.Silent {
		p["disable_notification"] = true
	}
	if d.Chat.Thread > 1 {
		p["message_thread_id"] = d.Chat.Thread
	}
	if id, ok := number(d.ReplyTo); ok && part == 0 {
		p["reply_parameters"] = replyTo(id)
	}
	return p
}

func replyTo(message int64) map[string]any {
	return map[string]any{"message_id": message, "allow_sending_without_reply": true}
}

// sheet is what goes into one of Telegram's messages.
type sheet struct {
	blocks  []brief.Block
	html    string
	preview map[string]any
	buttons []brief.Button
	// Of one of several pages: the button that asks for them, and which it is.
	again       brief.Action
	page, pages int
}

// spread puts a message into as many of Telegram's as it takes. All buttons
// stand on the last.
func spread(m brief.Message) []sheet {
	var all []sheet
	for _, blocks := range brief.Pack(m.Blocks, func(bs []brief.Block) bool { return render(bs).size().fits() }) {
		all = append(all, sheet{blocks: blocks, html: render(blocks).html.String(), preview: preview(blocks), buttons: m.Early()})
	}
	if len(all) > 0 {
		all[len(all)-1].buttons = m.All()
	}
	return all
}

func number(id string) (int64, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	return n, err == nil
}

// preview shows the picture above the text, large, and no other preview.
func preview(blocks []brief.Block) map[string]any {
	for _, b := range blocks {
		if p, ok := b.(brief.Picture); ok {
			if _, ok := link(p.URL); ok {
				return map[string]any{"url": p.URL, "prefer_large_media": true, "show_above_text": true}
			}
		}
	}
	return map[string]any{"is_disabled": true}
}

// page is a rendered text, and what it counts.
type page struct {
	html        strings.Builder
	plain       strings.Builder
	entities    int
	entityBytes int
}

func (p *page) size() size {
	return size{units(strings.TrimSpace(p.plain.String())), p.html.Len(), p.entities, p.entityBytes}
}

// render writes blocks as HTML, with a blank line between them.
func render(blocks []brief.Block) *page {
	p := &page{}
	for i, b := range blocks {
		if i > 0 {
			p.raw(gap(blocks[i-1], b))
		}
		p.block(b)
	}
	return p
}

// gap keeps lists close together and a dateline by its headline.
func gap(before, b brief.Block) string {
	switch b.(type) {
	case brief.Dateline, brief.Picture:
		return "\n"
	}
	switch before.(type) {
	case brief.Heading, brief.Fold: // a quotation ends its line by itself
		return "\n"
	}
	return "\n\n"
}

func (p *page) block(b brief.Block) {
	switch b := b.(type) {
	case brief.Headline:
		p.text(brief.Text{{Text: b.Text, URL: b.URL, Bold: true}})
	case brief.Dateline:
		p.tag("i", func() { p.raw(dateline(b)) })
	case brief.Picture:
		p.tag("i", func() { p.raw(camera + caption(b)) })
	case brief.Bullet:
		p.raw("• ")
		p.text(b.Text)
	case brief.Heading:
		p.tag("b", func() { p.raw(b.Text) })
	case brief.Paragraph:
		p.text(b.Text)
	case brief.Fold:
		p.tag("b", func() { p.raw(b.Label) })
		p.raw("\n")
		p.open("<blockquote expandable>")
		for i, t := range b.Paragraphs {
			if i > 0 {
				p.raw("\n\n")
			}
			p.text(t)
		}
		p.html.WriteString("</blockquote>")
	case brief.Item:
		p.raw(b.Mark + " ")
		p.text(b.Text)
	case brief.Note:
		p.tag("i", func() { p.text(b.Text) })
	}
}

// camera stands before what is said of a picture.
const camera = "📷 "

func dateline(d brief.Dateline) string {
	var all []string
	if d.Date != "" {
		all = append(all, d.Date)
	}
	if len(d.Topics) > 0 {
		all = append(all, strings.Join(d.Topics, ", "))
	}
	return strings.Join(all, " · ")
}

func caption(p brief.Picture) string {
	var all []string
	for _, s := range []string{p.Caption, p.Credit} {
		if s != "" {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return p.Alt
	}
	return strings.Join(all, " · ")
}

// raw writes text without a style; it is escaped all the same.
func (p *page) raw(s string) {
	p.html.WriteString(escape(s))
	p.plain.WriteString(escapedPlain(s))
}

// escapedPlain is what escape leaves to be read.
func escapedPlain(s string) string { return strings.ReplaceAll(s, "@", "@"+wordJoiner) }

func (p *page) open(tag string) {
	p.html.WriteString(tag)
	p.entities++
	p.entityBytes += entityCost
}

func (p *page) tag(name string, inner func()) {
	p.open("<" + name + ">")
	inner()
	p.html.WriteString("</" + name + ">")
}

// text writes spans.
func (p *page) text(t brief.Text) {
	for _, s := range t {
		p.span(s)
	}
}

func (p *page) span(s brief.Span) {
	switch {
	case s.Bold:
		s.Bold = false
		p.tag("b", func() { p.span(s) })
	case s.Italic:
		s.Italic = false
		p.tag("i", func() { p.span(s) })
	case s.URL != "":
		href, ok := link(s.URL)
		if !ok {
			p.raw(s.Text)
			return
		}
		p.open(`<a href="` + href + `">`)
		p.entityBytes += len(href)
		p.raw(s.Text)
		p.html.WriteString("</a>")
	default:
		p.raw(s.Text)
	}
}

// markup is an inline keyboard. One without rows has an empty list, never null.
type markup struct {
	Rows [][]key `json:"inline_keyboard"`
}

type key struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
	URL  string `json:"url,omitempty"`
}

// keyboard lays out buttons. In a channel, whose readers can't be answered
// there, they lead into the private chat. Numbers have rows of their own.
func keyboard(buttons []brief.Button, tag string, channel bool, name string) markup {
	m := markup{[][]key{}}
	inRow := 0
	for _, b := range buttons[:min(len(buttons), maxButtons)] {
		fit := maxInRow
		if isNumber(b.Label) {
			fit = maxNumbersInRow
		}
		if fit != inRow || len(m.Rows[len(m.Rows)-1]) == fit {
			m.Rows = append(m.Rows, nil)
		}
		inRow = fit
		k := key{Text: cut(b.Label, maxLabel), Data: b.Data(tag)}
		if channel {
			k.Data, k.URL = "", deepLink(name, b.Action, tag)
		}
		m.Rows[len(m.Rows)-1] = append(m.Rows[len(m.Rows)-1], k)
	}
	return m
}

func deepLink(name string, a brief.Action, tag string) string {
	return "https://t.me/" + name + "?start=" + a.Payload(tag)
}

func isNumber(label string) bool {
	_, err := strconv.Atoi(label)
	return err == nil
}

// cut makes a text so short that it says what it is and no more.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
