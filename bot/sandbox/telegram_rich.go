package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a rich message.
const (
	tgMaxRichText   = 32768
	tgMaxRichBlocks = 500
	tgMaxRichLevels = 16
	tgMaxRichMedia  = 50
)

// tgRich is a rich message as the API returns it.
type tgRich struct {
	Blocks []any `json:"blocks"`
	RTL    bool  `json:"is_rtl,omitempty"`
	media  int
}

// tgObject is a block or a text with a style, as it came.
type tgObject = map[string]any

// tgRichTexts are the styles of text that the stand-in knows, and the parameter
// that each needs beside its text.
var tgRichTexts = map[string]string{
	"bold": "", "italic": "", "underline": "", "strikethrough": "", "spoiler": "", "superscript": "", "subscript": "",
	"marked": "", "code": "", "url": "url", "reference": "name", "reference_link": "reference_name",
}

// richReader reads a rich message that is to be sent: it makes of it what the API
// returns, and counts.
type richReader struct {
	lines  []string // what is read
	blocks int
	media  int
	chars  int
	// detect says that mentions and addresses in the text become some.
	detect bool
}

// readRich reads the parameter rich_message, as blocks, and holds it against the
// limits. It gives what is read of it as well.
func readRich(s string) (*tgRich, string, *tgError) {
	var in struct {
		HTML     *string `json:"html"`
		Markdown *string `json:"markdown"`
		Blocks   []any   `json:"blocks"`
		RTL      bool    `json:"is_rtl"`
		Skip     bool    `json:"skip_entity_detection"`
	}
	if err := json.Unmarshal([]byte(s), &in); err != nil {
		return nil, "", bad("can't parse InputRichMessage: %v", err)
	}
	if in.HTML != nil || in.Markdown != nil {
		return nil, "", bad("can't parse InputRichMessage: the stand-in reads blocks only")
	}
	r := &richReader{detect: !in.Skip}
	blocks, err := r.list(in.Blocks, 1)
	switch {
	case err != nil:
		return nil, "", err
	case len(blocks) == 0:
		return nil, "", bad("RICH_MESSAGE_EMPTY")
	case r.chars > tgMaxRichText:
		return nil, "", bad("RICH_MESSAGE_TEXT_TOO_LONG")
	case r.blocks > tgMaxRichBlocks:
		return nil, "", bad("RICH_MESSAGE_BLOCKS_TOO_MUCH")
	case r.media > tgMaxRichMedia:
		return nil, "", bad("RICH_MESSAGE_MEDIA_TOO_MUCH")
	}
	return &tgRich{blocks, in.RTL, r.media}, strings.Join(r.lines, "\n"), nil
}

func (r *richReader) list(in []any, level int) ([]any, *tgError) {
	var all []any
	for _, x := range in {
		b, ok := x.(tgObject)
		if !ok {
			return nil, bad("can't parse InputRichBlock: expected an object")
		}
		out, err := r.block(b, level)
		if err != nil {
			return nil, err
		}
		all = append(all, out)
	}
	return all, nil
}

// block reads a block and what is in it.
func (r *richReader) block(b tgObject, level int) (tgObject, *tgError) {
	if level > tgMaxRichLevels {
		return nil, bad("RICH_MESSAGE_DEPTH_TOO_MUCH")
	}
	r.blocks++
	kind, _ := b["type"].(string)
	out := tgObject{"type": kind}
	var err *tgError
	switch kind {
	case "paragraph", "footer":
		out["text"], err = r.line(b["text"], level)
	case "heading":
		size, ok := b["size"].(float64)
		if !ok || size < 1 || size > 6 {
			return nil, bad("can't parse InputRichBlockSectionHeading: size must be from 1 to 6")
		}
		out["size"] = size
		out["text"], err = r.line(b["text"], level)
	case "divider":
	case "details", "blockquote":
		if kind == "details" {
			if out["summary"], err = r.line(b["summary"], level); err != nil {
				return nil, err
			}
			if b["is_open"] == true {
				out["is_open"] = true
			}
		}
		inner, _ := b["blocks"].([]any)
		out["blocks"], err = r.list(inner, level+1)
	case "list":
		out["items"], err = r.items(b["items"], level)
	case "photo":
		err = r.photo(b, out, level)
	default:
		return nil, bad("can't parse InputRichBlock: unsupported type %q", kind)
	}
	return out, err
}

// items reads the items of a list; what a client shows before each is added.
func (r *richReader) items(in any, level int) ([]any, *tgError) {
	list, _ := in.([]any)
	if len(list) == 0 {
		return nil, bad("can't parse InputRichBlockList: items are empty")
	}
	var all []any
	for i, x := range list {
		item, _ := x.(tgObject)
		inner, _ := item["blocks"].([]any)
		r.blocks++
		out := tgObject{"label": "•"}
		if kind, ok := item["type"]; ok {
			n := float64(i + 1)
			if v, ok := item["value"].(float64); ok {
				n = v
			}
			out["label"], out["value"], out["type"] = strconv.Itoa(int(n))+".", n, kind
		}
		from := len(r.lines)
		blocks, err := r.list(inner, level+1)
		if err != nil {
			return nil, err
		}
		if len(r.lines) > from {
			r.lines[from] = fmt.Sprint(out["label"], " ", r.lines[from])
		}
		out["blocks"] = blocks
		all = append(all, out)
	}
	return all, nil
}

func (r *richReader) photo(b, out tgObject, level int) *tgError {
	r.media++
	photo, _ := b["photo"].(tgObject)
	media, _ := photo["media"].(string)
	if u, err := url.Parse(media); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return bad("RICH_MESSAGE_PHOTO_URL_INVALID")
	}
	out["photo"] = []tgPhoto{{ID: media, Unique: media, Width: 1280, Height: 720}}
	caption, ok := b["caption"].(tgObject)
	if !ok {
		return nil
	}
	said := tgObject{}
	for _, part := range []string{"text", "credit"} {
		if caption[part] == nil {
			continue
		}
		var err *tgError
		if said[part], err = r.line(caption[part], level); err != nil {
			return err
		}
	}
	out["caption"] = said
	return nil
}

// line reads a text that stands in a line of its own.
func (r *richReader) line(x any, level int) (any, *tgError) {
	var plain strings.Builder
	out, err := r.text(x, level, &plain)
	r.lines = append(r.lines, plain.String())
	return out, err
}

func (r *richReader) text(x any, level int, plain *strings.Builder) (any, *tgError) {
	if level > tgMaxRichLevels {
		return nil, bad("RICH_MESSAGE_DEPTH_TOO_MUCH")
	}
	switch x := x.(type) {
	case string:
		r.chars += utf8.RuneCountInString(x)
		plain.WriteString(x)
		if r.detect && strings.Contains(x, "@") {
			return tgObject{"type": "mention", "text": x, "username": strings.TrimPrefix(x, "@")}, nil
		}
		return x, nil
	case []any:
		var all []any
		for _, part := range x {
			out, err := r.text(part, level, plain)
			if err != nil {
				return nil, err
			}
			all = append(all, out)
		}
		return all, nil
	case tgObject:
		kind, _ := x["type"].(string)
		needs, ok := tgRichTexts[kind]
		if !ok {
			return nil, bad("can't parse RichText: unsupported type %q", kind)
		}
		out := tgObject{"type": kind}
		if needs != "" {
			value, _ := x[needs].(string)
			if value == "" {
				return nil, bad("can't parse RichText: %s of %q is empty", needs, kind)
			}
			out[needs] = value
		}
		var err *tgError
		out["text"], err = r.text(x["text"], level+1, plain)
		return out, err
	}
	return nil, bad("can't parse RichText: expected a string, a list or an object")
}

func (t *Telegram) sendRich(c *tgCall) (any, *tgError) {
	if t.old {
		return nil, &tgError{code: http.StatusNotFound, text: "Not Found"}
	}
	rich, plain, e := readRich(c.form.Get("rich_message"))
	if e != nil {
		return nil, e
	}
	chat, m, e := t.draft(c)
	if e != nil {
		return nil, e
	}
	if rich.media > 0 && !chat.takesPhotos() {
		return nil, errNoPhotos
	}
	m.Rich, m.plain = rich, plain
	return t.sent(c, chat, m), nil
}

// takesPhotos reports whether the bot may send pictures.
func (c *tgChat) takesPhotos() bool { return !c.rights.NoPhotos || c.rights.Admin }

var errNoPhotos = bad("not enough rights to send photos to the chat")

func (t *Telegram) editRich(c *tgCall) (any, *tgError) {
	rich, plain, e := readRich(c.form.Get("rich_message"))
	if e != nil {
		return nil, e
	}
	m, e := t.editable(c)
	if e != nil {
		return nil, e
	}
	return t.changed(c, m, func(m *tgMessage) {
		m.Rich, m.plain = rich, plain
		m.Text, m.Entities, m.Preview = "", nil, nil
	})
}
