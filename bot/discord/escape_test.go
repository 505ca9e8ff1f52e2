package discord

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"briefbot/bot/brief"
)

// constructs are what Discord would make something of, in text whose escaped
// signs were taken out.
var constructs = []*regexp.Regexp{
	regexp.MustCompile("[\\\\*_~|`\\[\\]()<>@:]"),
	regexp.MustCompile(`(?m)^\s*(#|-|\+|\d+\.)`),
}

var escaped = regexp.MustCompile(`\\([^0-9A-Za-z\s])`)

func FuzzEscape(f *testing.F) {
	for _, s := range []string{
		"plain", "**b** ||x||", "# h\n - i\n1. one\n12. two", "@everyone <@1> <t:0:R>", "a\\", "\\\\*", "https://x.example", "1\n.", "\u00a0# x", "\r# y",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		e := escape(s)
		if got := escaped.ReplaceAllString(e, "$1"); got != s {
			t.Errorf("%q became %q, which reads %q", s, e, got)
		}
		for _, c := range constructs {
			if m := c.FindString(escaped.ReplaceAllString(e, "x")); m != "" {
				t.Errorf("%q became %q: %q is not plain", s, e, m)
			}
		}
	})
}

func TestText(t *testing.T) {
	const page = "https://x.example/a"
	for _, tt := range []struct {
		name string
		text brief.Text
		want string
	}{
		{"a citation is a link", brief.Text{{Text: "It is."}, {Text: "[1]", URL: page, Cite: true}}, "It is.[[1]](https://x.example/a)"},
		{"a citation without an address is text", brief.Text{{Text: "[1]", Cite: true}}, `\[1\]`},
		{"only the web becomes a link", brief.Text{{Text: "x", URL: "javascript:alert(1)"}}, "x"},
		{"no file", brief.Text{{Text: "x", URL: "file:///etc/hosts"}}, "x"},
		{"no host", brief.Text{{Text: "x", URL: "https://"}}, "x"},
		{"the address ends nothing", brief.Text{{Text: "x", URL: "https://x.example/a(b)c|d*"}}, "[x](https://x.example/a%28b%29c%7Cd%2A)"},
		{"an address is shown as itself", brief.Text{{Text: page, URL: page}}, "<https://x.example/a>"},
		{"words that look like another address don't lie", brief.Text{{Text: "https://y.example", URL: page}}, `https\://y.example [↗](https://x.example/a)`},
		{"words that would end the link", brief.Text{{Text: "a ] b", URL: page}}, `a \] b [↗](https://x.example/a)`},
		{"brackets in pairs may stay", brief.Text{{Text: "a [b] c", URL: page}}, `[a \[b\] c](https://x.example/a)`},
		{"a style stands next to its words", brief.Text{{Text: "a"}, {Text: " (left) ", Italic: true}, {Text: "b"}}, `a *\(left\)* b`},
		{"two styles stay apart", brief.Text{{Text: "a", Bold: true}, {Text: "b", Italic: true}}, "**a**\u200b*b*"},
		{"a style of nothing is nothing", brief.Text{{Text: " ", Bold: true}}, " "},
		{"bold link", brief.Text{{Text: "a", URL: page, Bold: true}}, "**[a](https://x.example/a)**"},
		{"a number that goes on in the next span", brief.Text{{Text: "1"}, {Text: ". one"}}, `1\. one`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := text(tt.text); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestShort(t *testing.T) {
	if got := short(" a\nb ", 80); got != "a b" {
		t.Errorf("%q", got)
	}
	if got := short(strings.Repeat("ä", 81), 80); got != strings.Repeat("ä", 79)+"…" {
		t.Errorf("%q", got)
	}
}
