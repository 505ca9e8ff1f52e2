package main

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"briefbot/bot"
	"briefbot/store"
)

// doctor asks both platforms and the records whether all is well.
func doctor(ctx context.Context, c *invocation) error {
	conf, err := c.configured()
	if err != nil {
		return err
	}
	all, err := bot.Doctor(ctx, conf)
	if err != nil {
		all = append(all, bot.Finding{About: "records", Grade: store.Wrong, Text: hint(err, conf.Data).Error()})
	}
	wrong := 0
	for _, f := range all {
		// What platforms and readers wrote stays on its line.
		fmt.Fprintf(c.stdout, "%-5s  %s\n", f.Grade, oneLine(f.About+": "+f.Text))
		if f.Grade == store.Wrong {
			wrong++
		}
	}
	if wrong > 0 {
		fmt.Fprintf(c.stdout, "\n%s to mend\n", count(wrong, "thing"))
		return &exit{code: exitFailed}
	}
	fmt.Fprint(c.stdout, "\nall is well\n")
	return nil
}

// oneLine puts spaces in the place of line breaks and of what steers a
// terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}
