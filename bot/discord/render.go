package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"briefbot/bot/brief"
	"briefbot/store"
)

// accent is the colour of the bar beside a post: the same calm blue for both
// sides of every story.
const accent = 0x4A6FA5

// The parts of a message, as the API has them. discordgo's own lack the nonce.

type message struct {
	Content         string      `json:"content,omitempty"`
	Embeds          []embed     `json:"embeds"`
	Components      []component `json:"components"`
	AllowedMentions mentions    `json:"allowed_mentions"`
	Flags           int         `json:"flags,omitempty"`
	Nonce           string      `json:"nonce,omitempty"`
	EnforceNonce    bool        `json:"enforce_nonce,omitempty"`
}

// mentions that are allowed: none but the roles that are named.
type mentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles,omitempty"`
}

type embed struct {
	Title       string  `json:"title,omitempty"`
	URL         string  `json:"url,omitempty"`
	Description string  `json:"description,omitempty"`
	Color       int     `json:"color,omitempty"`
	Image       *image  `json:"image,omitempty"`
	Footer      *footer `json:"footer,omitempty"`
}

type image struct {
	URL string `json:"url"`
}

type footer struct {
	Text string `json:"text"`
}

type component struct {
	Type       int         `json:"type"`
	Components []component `json:"components,omitempty"`
	Style      int         `json:"style,omitempty"`
	Label      string      `json:"label,omitempty"`
	CustomID   string      `json:"custom_id,omitempty"`
	Disabled   bool        `json:"disabled,omitempty"`
	// Of a menu.
	Placeholder string   `json:"placeholder,omitempty"`
	Options     []option `json:"options,omitempty"`
}

// option is one of a menu's.
type option struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Numbers of the API.
const (
	rowComponent    = 1
	buttonComponent = 2
	menuComponent   = 3
	secondary       = 2       // a button's style
	flagEphemeral   = 1 << 6  // only the asker sees it
	flagSilent      = 1 << 12 // nobody's client makes a sound
	flagRequireTag  = 1 << 4  // of a forum
)

// forumPost is the request that makes a thread with its first message.
type forumPost struct {
	Name    string   `json:"name"`
	Message message  `json:"message"`
	Tags    []string `json:"applied_tags,omitempty"`
}

// Render makes the requests for a message. Each is the JSON body as it is sent.
func (d *Discord) Render(ctx context.Context, place store.Place, dl store.Delivery, m brief.Message) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for i, p := range d.last.Of(m, pages) {
		msg := p.message(dl.Tag(i))
		if dl.Silent {
			msg.Flags |= flagSilent
		}
		if i == 0 && isID(dl.Ping) {
			msg.Content, msg.AllowedMentions.Roles = "<@&"+dl.Ping+">", []string{dl.Ping}
		}
		var request any
		if i == 0 && place.Kind == store.DiscordForum {
			tags, err := d.forumTags(ctx, place.Chat.ID, m)
			if err != nil {
				return nil, err
			}
			request = forumPost{Name: threadName(m), Message: msg, Tags: tags}
		} else {
			msg.Nonce, msg.EnforceNonce = dl.Tag(i), true
			request = msg
		}
		body, err := json.Marshal(request)
		if err != nil {
			return nil, fmt.Errorf("render message %d: %w", i+1, err)
		}
		all = append(all, body)
	}
	return all, nil
}

// isID reports whether a text is one of Discord's ids.
func isID(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// messages spreads a message over as many of Discord's as it takes. tag names
// each in its buttons.
func messages(m brief.Message, tag func(int) string) []message {
	var all []message
	for i, p := range pages(m) {
		all = append(all, p.message(tag(i)))
	}
	return all
}

// page is what goes into one of Discord's messages, whichever that is.
type page struct {
	embeds  []embed
	buttons []brief.Button
	menu    brief.Menu
}

// pages spreads a message. Menu and buttons stand on the last page.
func pages(m brief.Message) []page {
	packed := brief.Pack(m.Blocks, func(bs []brief.Block) bool { return fits(embeds(bs)) })
	var all []page
	for i, blocks := range packed {
		p := page{embeds(blocks), m.Buttons, m.Menu}
		if i < len(packed)-1 {
			p.buttons, p.menu = m.Early(), brief.Menu{}
		}
		all = append(all, p)
	}
	return all
}

func (p page) message(tag string) message {
	return message{Embeds: p.embeds, Components: p.components(tag), AllowedMentions: mentions{Parse: []string{}}}
}

func threadName(m brief.Message) string {
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case brief.Headline:
			return short(b.Text, maxThreadName)
		case brief.Heading:
			return short(b.Text, maxThreadName)
		}
	}
	return "News"
}

// forumTags are the forum's tags that fit the message's topics; where the forum
// wants one and none fits, its first.
func (d *Discord) forumTags(ctx context.Context, forum string, m brief.Message) ([]string, error) {
	c, err := d.channel(ctx, forum)
	if err != nil {
		return nil, fmt.Errorf("read the forum's tags: %w", err)
	}
	var tags []string
	for _, b := range m.Blocks {
		line, ok := b.(brief.Dateline)
		if !ok {
			continue
		}
		for _, t := range c.Tags {
			fits := !t.Moderated && slices.ContainsFunc(line.Topics, func(topic string) bool { return strings.EqualFold(topic, t.Name) })
			if fits && len(tags) < maxTags {
				tags = append(tags, t.ID)
			}
		}
	}
	if len(tags) == 0 && c.Flags&flagRequireTag != 0 {
		for _, t := range c.Tags {
			if !t.Moderated {
				return []string{t.ID}, nil
			}
		}
	}
	return tags, nil
}

// embeds renders blocks: a headline or heading opens an embed, a fold has one of
// its own, and all other text goes into the description of the one at hand.
func embeds(blocks []brief.Block) []embed {
	var c card
	for _, b := range blocks {
		switch b := b.(type) {
		case brief.Headline:
			c.open(b.Text, b.URL)
		case brief.Heading:
			c.open(b.Text, "")
		case brief.Dateline:
			c.write(b, small(escape(dateline(b))))
		case brief.Picture:
			c.picture(b)
		case brief.Bullet:
			c.write(b, "• "+text(b.Text))
		case brief.Paragraph:
			c.write(b, text(b.Text))
		case brief.Fold:
			c.open(b.Label, "")
			if len(b.Paragraphs) > 0 {
				c.write(b, "||"+paragraphs(b.Paragraphs)+"||")
			}
			c.folded = true
		case brief.Item:
			c.write(b, escape(b.Mark)+" "+text(b.Text))
		case brief.Note:
			c.write(b, small(text(b.Text)))
		}
	}
	return c.embeds
}

// card is the embeds of a message while they are written.
type card struct {
	embeds []embed
	last   brief.Block // what was written last into the embed at hand
	folded bool        // the embed at hand is a fold's: nothing else goes in
}

// open begins an embed with a title; one that is too long for a title stands
// above the text in bold.
func (c *card) open(title, address string) {
	e := embed{Color: accent}
	fits := length(escape(title)) <= maxTitle
	if fits {
		e.Title = escape(title)
		e.URL, _ = webAddress(address)
	}
	c.embeds, c.last, c.folded = append(c.embeds, e), nil, false
	if !fits {
		c.write(brief.Headline{}, text(brief.Text{{Text: title, URL: address, Bold: true}}))
	}
}

// write adds to the description of the embed at hand.
func (c *card) write(b brief.Block, s string) {
	if len(c.embeds) == 0 || c.folded {
		c.open("", "")
	}
	e := &c.embeds[len(c.embeds)-1]
	if e.Description != "" {
		e.Description += gap(c.last, b)
	}
	e.Description += s
	c.last = b
}

// gap is what stands between two blocks: a list's entries of one line stand
// close together.
func gap(a, b brief.Block) string {
	first, is := a.(brief.Item)
	second, too := b.(brief.Item)
	if is && too && !strings.Contains(first.Text.String()+second.Text.String(), "\n") {
		return "\n"
	}
	return "\n\n"
}

// small makes every line of a text small print.
func small(s string) string { return "-# " + strings.ReplaceAll(s, "\n", "\n-# ") }

// picture puts the image into the embed at hand, and its credit below it.
func (c *card) picture(p brief.Picture) {
	address, ok := webAddress(p.URL)
	if !ok {
		return
	}
	if len(c.embeds) == 0 || c.folded {
		c.open("", "")
	}
	e := &c.embeds[len(c.embeds)-1]
	e.Image = &image{address}
	var below []string
	for _, s := range []string{p.Caption, p.Credit} {
		if s != "" {
			below = append(below, s)
		}
	}
	if len(below) > 0 {
		e.Footer = &footer{short(strings.Join(below, " · "), maxFooter)}
	}
}

func paragraphs(ps []brief.Text) string {
	var all []string
	for _, p := range ps {
		all = append(all, text(p))
	}
	return strings.Join(all, "\n\n")
}

// dateline is one line: when, and about what.
func dateline(d brief.Dateline) string {
	var all []string
	if d.Date != "" {
		all = append(all, d.Date)
	}
	if len(d.Topics) > 0 {
		all = append(all, strings.Join(d.Topics, ", "))
	}
	return strings.Join(strings.Fields(strings.Join(all, " · ")), " ")
}

// components lays out the menu and the buttons below it.
func (p page) components(tag string) []component {
	all := []component{}
	if m, ok := menu(p.menu, tag); ok {
		all = append(all, component{Type: rowComponent, Components: []component{m}})
	}
	return append(all, rows(p.buttons, tag, maxRows-len(all))...)
}

// rows lays out buttons. All look the same: no side stands out.
func rows(buttons []brief.Button, tag string, most int) []component {
	var all []component
	there := map[string]bool{} // Discord refuses the same data twice
	for _, b := range buttons {
		data := b.Data(tag)
		if there[data] || len(there) == maxInRow*most {
			continue
		}
		if len(there)%maxInRow == 0 {
			all = append(all, component{Type: rowComponent})
		}
		there[data] = true
		row := &all[len(all)-1]
		row.Components = append(row.Components, component{Type: buttonComponent, Style: secondary, Label: label(b, maxLabel), CustomID: data})
	}
	return all
}

// menuVerb stands in a menu's own data; what is chosen is in the option's.
const menuVerb brief.Verb = "menu"

// menu lays out a menu; false if it has no options.
func menu(m brief.Menu, tag string) (component, bool) {
	c := component{Type: menuComponent, CustomID: brief.Action{Verb: menuVerb}.Data(tag), Placeholder: short(m.Hint, maxHint)}
	there := map[string]bool{}
	for _, o := range m.Options {
		data := o.Data(tag)
		if there[data] || len(there) == brief.MaxMenu {
			continue
		}
		there[data] = true
		c.Options = append(c.Options, option{label(o, maxOption), data})
	}
	return c, len(c.Options) > 0
}

// label is what stands on a button or option, which must not be nothing.
func label(b brief.Button, most int) string {
	if s := short(b.Label, most); s != "" {
		return s
	}
	return "…"
}
