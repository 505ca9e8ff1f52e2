package telegram

import (
	"fmt"
	"strings"

	"briefbot/bot/brief"
)

// Preview gives the messages that Telegram would show of a message, as they are
// read: without markup, a line in brackets for each row of buttons.
func Preview(m brief.Message) []string {
	var all []string
	for _, p := range spread(m) {
		text := strings.ReplaceAll(strings.TrimSpace(render(p.blocks).plain.String()), wordJoiner, "")
		all = append(all, text+rows(p.buttons))
	}
	return all
}

// PreviewRich gives the rich messages that Telegram would show of a message, with
// what opens by a tap behind its label.
func PreviewRich(m brief.Message) []string {
	var all []string
	for _, s := range spreadRich(m) {
		all = append(all, strings.TrimSpace(readBlocks(s.blocks))+rows(s.buttons))
	}
	return all
}

func rows(buttons []brief.Button) string {
	text := ""
	for _, row := range keyboard(buttons, "", false, "").Rows {
		var labels []string
		for _, b := range row {
			labels = append(labels, "["+b.Text+"]")
		}
		text += "\n\n" + strings.Join(labels, " ")
	}
	return text
}

// readBlocks writes blocks as they are read, with a blank line between them.
func readBlocks(blocks []richBlock) string {
	var all []string
	for _, b := range blocks {
		switch b.Type {
		case "photo":
			all = append(all, camera+strings.Join(said(b.Caption.Text, b.Caption.Credit), " · "))
		case "list":
			for _, i := range b.Items {
				mark := "•"
				if i.Value > 0 {
					mark = fmt.Sprint(i.Value, ".")
				}
				all = append(all, mark+" "+readBlocks(i.Blocks))
			}
		case "details":
			all = append(all, "▸ "+readText(b.Summary)+"\n\n"+readBlocks(b.Blocks))
		default:
			all = append(all, readText(b.Text))
		}
	}
	return strings.Join(all, "\n\n")
}

// said are the texts of a caption that are words.
func said(texts ...any) []string {
	var all []string
	for _, t := range texts {
		if s := readText(t); s != "" && s != strings.TrimSpace(camera) {
			all = append(all, s)
		}
	}
	return all
}

// readText is a rich text without its styles.
func readText(t any) string {
	switch t := t.(type) {
	case string:
		return t
	case richText:
		return readText(t.Text)
	case []any:
		s := ""
		for _, part := range t {
			s += readText(part)
		}
		return s
	}
	return ""
}
