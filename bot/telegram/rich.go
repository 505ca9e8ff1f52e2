package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Telegram's rich messages: lists, parts that open without the bot, and marks
// that lead to what they name. Not all clients show them, and nothing tells who
// reads, so they go out where they are asked for only.

// The parts of a rich message, as the API has them.

type richMessage struct {
	Blocks []richBlock `json:"blocks"`
	RTL    bool        `json:"is_rtl,omitempty"`
	// Literal keeps what looks like a mention, a hashtag or an address in
	// foreign text from becoming one.
	Literal bool `json:"skip_entity_detection"`
}

type richBlock struct {
	Type    string       `json:"type"`
	Text    any          `json:"text,omitempty"` // of a paragraph, heading or footer
	Size    int          `json:"size,omitempty"` // of a heading, 1 is the largest
	Items   []richItem   `json:"items,omitempty"`
	Summary any          `json:"summary,omitempty"` // of details
	Blocks  []richBlock  `json:"blocks,omitempty"`  // of details
	Photo   *richPhoto   `json:"photo,omitempty"`
	Caption *richCaption `json:"caption,omitempty"`
}

type richItem struct {
	Blocks []richBlock `json:"blocks"`
	// An item of a list with numbers has its number and their type.
	Value int    `json:"value,omitempty"`
	Type  string `json:"type,omitempty"`
}

type richPhoto struct {
	Type  string `json:"type"`
	Media string `json:"media"`
}

type richCaption struct {
	Text   any `json:"text"`
	Credit any `json:"credit,omitempty"`
}

// richText is a text with a style; one without is a string, and several are a
// list.
type richText struct {
	Type string `json:"type"`
	Text any    `json:"text"`
	URL  string `json:"url,omitempty"`
	Name string `json:"name,omitempty"`           // of what is referred to
	To   string `json:"reference_name,omitempty"` // of what leads there
}

// richSheet is what goes into one rich message.
type richSheet struct {
	blocks  []richBlock
	message json.RawMessage // with the blocks
	buttons []brief.Button
}

// spreadRich puts a message into as few rich ones as it takes. The buttons stand
// as spread has them.
func spreadRich(m brief.Message) []richSheet {
	var all []richSheet
	for _, blocks := range brief.Pack(withSources(m), func(bs []brief.Block) bool { return renderRich(bs).size.fits() }) {
		s := richSheet{blocks: renderRich(blocks).blocks, buttons: m.Early()}
		s.message, _ = json.Marshal(richMessage{s.blocks, m.RightToLeft(), true}) // of texts and numbers: it can't fail
		all = append(all, s)
	}
	if len(all) > 0 {
		all[len(all)-1].buttons = m.All()
	}
	return all
}

// withSources gives a message's blocks with its sources among them, before the
// small print at the end.
func withSources(m brief.Message) []brief.Block {
	if len(m.Sources.Items) == 0 {
		return m.Blocks
	}
	at := len(m.Blocks)
	for at > 0 {
		if _, ok := m.Blocks[at-1].(brief.Note); !ok {
			break
		}
		at--
	}
	return slices.Insert(slices.Clone(m.Blocks), at, brief.Block(m.Sources))
}

// richPage is a rendered rich text, and what it counts.
type richPage struct {
	blocks []richBlock
	size   richSize
	marks  map[string]bool // of the sources that stand in it
	list   string          // the kind of the list that goes on; empty: none does
}

func renderRich(blocks []brief.Block) *richPage {
	p := &richPage{marks: map[string]bool{}}
	for _, b := range blocks {
		if l, ok := b.(brief.SourceList); ok {
			for _, item := range l.Items {
				p.marks[item.Mark] = true
			}
		}
	}
	for _, b := range blocks {
		p.block(b)
	}
	p.size.blocks = count(p.blocks)
	return p
}

// count counts blocks, with those within them and the items of lists.
func count(blocks []richBlock) int {
	n := len(blocks)
	for _, b := range blocks {
		n += count(b.Blocks) + len(b.Items)
		for _, i := range b.Items {
			n += count(i.Blocks)
		}
	}
	return n
}

// The sizes of headings: a message is no page.
const (
	sizeHeadline = 2
	sizeHeading  = 3
)

func (p *richPage) block(b brief.Block) {
	list := ""
	switch b := b.(type) {
	case brief.Headline:
		p.add(richBlock{Type: "heading", Size: sizeHeadline, Text: p.text(brief.Text{{Text: b.Text, URL: b.URL}})})
	case brief.Dateline:
		p.add(p.paragraph(brief.Text{{Text: dateline(b), Italic: true}}))
	case brief.Picture:
		p.add(p.photo(b))
	case brief.Bullet:
		list = "bullets"
		p.item(list, richItem{Blocks: []richBlock{p.paragraph(b.Text)}})
	case brief.Heading:
		p.add(richBlock{Type: "heading", Size: sizeHeading, Text: p.text(brief.Plain(b.Text))})
	case brief.Paragraph:
		p.add(p.paragraph(b.Text))
	case brief.Fold:
		d := richBlock{Type: "details", Summary: p.text(brief.Text{{Text: b.Label, Bold: true}})}
		for _, t := range b.Paragraphs {
			d.Blocks = append(d.Blocks, p.paragraph(t))
		}
		p.add(d)
	case brief.SourceList:
		inner := richBlock{Type: "list"}
		for _, item := range b.Items {
			inner.Items = append(inner.Items, p.numbered(item, func(t brief.Text) any {
				return richText{Type: "reference", Name: reference(item.Mark), Text: p.text(t)}
			}))
		}
		p.add(richBlock{Type: "details", Summary: p.text(brief.Text{{Text: b.Label, Bold: true}}), Blocks: []richBlock{inner}})
	case brief.Item:
		list = "items"
		p.item(list, p.numbered(b, p.text))
	case brief.Note:
		p.add(richBlock{Type: "footer", Text: p.text(b.Text)})
	}
	p.list = list
}

// add puts a block behind the others.
func (p *richPage) add(b richBlock) { p.blocks = append(p.blocks, b) }

// item puts an item into the list of its kind that goes on, or begins one.
func (p *richPage) item(kind string, i richItem) {
	if p.list != kind {
		p.add(richBlock{Type: "list"})
	}
	last := &p.blocks[len(p.blocks)-1]
	last.Items = append(last.Items, i)
}

// numbered is an item with its number, and each of its lines a paragraph. A mark
// that is no number stands before the text.
func (p *richPage) numbered(b brief.Item, text func(brief.Text) any) richItem {
	var i richItem
	t := b.Text
	if n, err := strconv.Atoi(strings.Trim(b.Mark, "[].")); err == nil {
		i.Value, i.Type = n, "1"
		p.size.text += units(b.Mark)
	} else {
		t = append(brief.Text{{Text: b.Mark + " "}}, t...)
	}
	for _, line := range lines(t) {
		i.Blocks = append(i.Blocks, richBlock{Type: "paragraph", Text: text(line)})
	}
	return i
}

// lines are the parts of a text between its line breaks.
func lines(t brief.Text) []brief.Text {
	all := []brief.Text{nil}
	for _, s := range t {
		if s.Text == "\n" {
			all = append(all, nil)
			continue
		}
		all[len(all)-1] = append(all[len(all)-1], s)
	}
	return all
}

func (p *richPage) paragraph(t brief.Text) richBlock {
	return richBlock{Type: "paragraph", Text: p.text(t)}
}

// photo is the picture with its caption and credit; only those, where the
// address leads nowhere.
func (p *richPage) photo(b brief.Picture) richBlock {
	address, ok := web(b.URL)
	if !ok {
		return p.paragraph(brief.Text{{Text: camera + caption(b), Italic: true}})
	}
	c := richCaption{Text: p.text(brief.Plain(cmp.Or(b.Caption, strings.TrimSpace(camera))))}
	if b.Credit != "" {
		c.Credit = p.text(brief.Plain(b.Credit))
	}
	return richBlock{Type: "photo", Photo: &richPhoto{"photo", address}, Caption: &c}
}

// text writes spans: one as itself, several as a list.
func (p *richPage) text(t brief.Text) any {
	var all []any
	for _, s := range t {
		if s.Text != "" {
			all = append(all, p.span(s))
		}
	}
	switch len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	}
	return all
}

func (p *richPage) span(s brief.Span) any {
	p.size.text += units(s.Text)
	var v any = strings.ToValidUTF8(s.Text, "\uFFFD")
	address, ok := web(s.URL)
	switch {
	case s.Cite && p.marks[s.Text]:
		v = richText{Type: "reference_link", Text: v, To: reference(s.Text)}
	case ok:
		v = richText{Type: "url", Text: v, URL: address}
	}
	if s.Cite {
		v = richText{Type: "superscript", Text: v}
	}
	if s.Italic {
		v = richText{Type: "italic", Text: v}
	}
	if s.Bold {
		v = richText{Type: "bold", Text: v}
	}
	return v
}

// reference is the name of the source with the mark.
func reference(mark string) string { return "source" + strings.Trim(mark, "[]") }

// TakesRich reports whether the server knows rich messages, as far as it has
// told.
func (t *Telegram) TakesRich() bool { return !t.classic.Load() }

// wantsRich reports whether an answer goes out rich: as the reader chose it for
// what is said in private, else as the chat's channel has it.
func (in *inbox) wantsRich(ctx context.Context, q brief.Question) bool {
	if !in.TakesRich() {
		return false
	}
	var p store.Profile
	var err error
	if q.Private {
		p, err = in.ledger.Profile(ctx, q.Asks())
	}
	if p.Format == "" && (err == nil || errors.Is(err, store.ErrNotFound)) {
		var c store.Channel
		c, err = in.ledger.ChannelOf(ctx, q.Chat)
		p.Format = c.Format
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		in.log.Error("it is not known how an answer is to look; it goes out in the classic form", "chat", q.Chat.ID, "err", err)
	}
	return p.Format == store.Rich
}

// renderRich makes the requests for a message in its rich form. The first holds
// the requests for the classic form too, for a server that refuses the rich one.
func (t *Telegram) renderRich(d store.Delivery, channel bool, m brief.Message, classic []json.RawMessage, f answering) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for i, s := range t.lastRich.Of(m, spreadRich) {
		p := t.addressed(d, i, keyboard(s.buttons, d.Tag(i), channel, t.name()))
		p["rich_message"] = s.message
		if i == 0 {
			p["classic"] = classic
		}
		body, err := f.encode(p)
		if err != nil {
			return nil, err
		}
		all = append(all, body)
	}
	return all, nil
}

// Classic gives the requests for a rich delivery's classic form.
func (t *Telegram) Classic(d store.Delivery) ([]json.RawMessage, error) {
	var first struct {
		Classic []json.RawMessage `json:"classic"`
	}
	if err := json.Unmarshal(d.Parts[0].Body, &first); err != nil {
		return nil, fmt.Errorf("read the recorded request: %w", err)
	}
	return first.Classic, nil
}

// errClassic is the reason for the classic form while the server is known not to
// know the other.
var errClassic = errors.New("the API server does not know rich messages")

// declined says what an error of a request with a rich message means. A refusal
// that has not to do with the chat is taken to be one of the form: nothing is
// there then, so that the classic one can be sent.
func (t *Telegram) declined(ctx context.Context, d store.Delivery, err error) store.Verdict {
	v := t.verdict(ctx, d.Chat, err)
	var e *tgbotapi.Error
	switch {
	case errors.Is(err, errClassic), says(err, "not enough rights to send photos"):
		// The chat takes texts, and no pictures: a classic message has none.
	case errors.As(err, &e) && e.Code == 404:
		// So a server answers to a method that it does not know, and to a token.
		if err := t.api.call(ctx, "getMe", nil, nil); badToken(err) {
			return v
		} else if err != nil {
			return store.Verdict{Outcome: store.Retry, Reason: err.Error()}
		}
		if !t.classic.Swap(true) {
			t.log.Warn("the API server does not know rich messages: all goes out in the classic form until the bot is started again")
		}
	case v.Outcome != store.Refused || v.Gone || v.GoneThread || says(err, "message to edit not found") || says(err, "message can't be edited"):
		return v
	}
	return store.Verdict{Outcome: store.Refused, Reason: err.Error(), Form: true}
}
