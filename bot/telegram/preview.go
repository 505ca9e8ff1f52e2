package telegram

import (
	"strings"

	"briefbot/bot/brief"
)

// Preview gives the messages that Telegram would show of a message, as they are
// read: without markup, a line in brackets for each row of buttons.
func Preview(m brief.Message) []string {
	pages := spread(m)
	var all []string
	for _, p := range pages {
		text := strings.ReplaceAll(strings.TrimSpace(render(p.blocks).plain.String()), wordJoiner, "")
		for _, row := range keyboard(p.buttons, "", false, "").rows {
			var labels []string
			for _, b := range row {
				labels = append(labels, "["+b.Text+"]")
			}
			text += "\n\n" + strings.Join(labels, " ")
		}
		all = append(all, text)
	}
	return all
}
