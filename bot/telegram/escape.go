package telegram

import (
	"html"
	"net/url"
	"strings"
)

// wordJoiner is an invisible sign that takes part in no word.
const wordJoiner = "\u2060"

// escape makes foreign text plain in HTML. A name behind an @ would be
// mentioned, and the one who bears it told: an invisible sign keeps that off.
func escape(s string) string {
	s = html.EscapeString(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.ReplaceAll(s, "@", "@"+wordJoiner)
}

// link gives the address as it stands in an href; false for anything but the
// web.
func link(address string) (string, bool) {
	address, ok := web(address)
	return html.EscapeString(address), ok
}

// web gives an address of the web; false for anything else.
func web(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	return u.String(), true
}
