package discord

import (
	"regexp"
	"strings"

	"briefbot/bot/brief"
)

// Preview gives the messages that Discord would show of a message, as they are
// read: without markup, a line in brackets for each row of buttons.
func Preview(m brief.Message) []string {
	var all []string
	for _, msg := range messages(m, func(int) string { return answerTag }) {
		var parts []string
		for _, e := range msg.Embeds {
			parts = append(parts, unmarked(e.Title), unmarked(e.Description))
			if e.Image != nil {
				parts = append(parts, "(picture: "+e.Image.URL+")")
			}
			if e.Footer != nil {
				parts = append(parts, e.Footer.Text)
			}
		}
		for _, row := range msg.Components {
			var labels []string
			for _, c := range row.Components {
				labels = append(labels, "["+strings.Join(remove(append([]string{c.Label, c.Placeholder}, optionLabels(c)...), ""), " | ")+"]")
			}
			parts = append(parts, strings.Join(labels, " "))
		}
		parts = remove(parts, "")
		all = append(all, strings.Join(parts, "\n\n"))
	}
	return all
}

func optionLabels(c component) []string {
	var all []string
	for _, o := range c.Options {
		all = append(all, o.Label)
	}
	return all
}

func remove(all []string, what string) []string {
	var kept []string
	for _, s := range all {
		if s != what {
			kept = append(kept, s)
		}
	}
	return kept
}

var (
	maskedLink = regexp.MustCompile(`\[((?:\\.|\[\d+\]|[^\[\]\\])*)\]\([^)]*\)`)
	marks      = regexp.MustCompile(`(?m)^-# |\x{200b}|<(https?://[^>]*)>|\\(.)|\*\*|\*|\|\|`)
)

// unmarked reads our own Markdown: what escape kept off is what is left.
func unmarked(s string) string {
	return marks.ReplaceAllString(maskedLink.ReplaceAllString(s, "$1"), "$1$2")
}
