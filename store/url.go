package store

import (
	"net/url"
	"sort"
	"strings"
)

// tracking are query parameters that say where a reader came from, not what is
// read; so do those that begin with one of trackingStarts.
var tracking = map[string]bool{
	"fbclid": true, "gclid": true, "dclid": true, "msclkid": true, "twclid": true, "ttclid": true, "yclid": true,
	"igshid": true, "igsh": true, "li_fat_id": true, "mc_cid": true, "mc_eid": true, "mkt_tok": true,
	"_hsenc": true, "_hsmi": true, "ref_src": true, "cmpid": true, "ocid": true, "smid": true, "ncid": true,
	"guccounter": true, "s_cid": true, "wt_mc": true, "wt.mc_id": true, "xtor": true,
}

var trackingStarts = []string{"utm_", "at_", "mtm_", "pk_"}

func isTracking(name string) bool {
	name = strings.ToLower(name)
	for _, start := range trackingStarts {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	return tracking[name]
}

// CanonicalURL gives two addresses of the same page the same text: without
// tracking parameters, and with the rest of the query in order.
func CanonicalURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.RawQuery == "" && u.Fragment == "" {
		return s
	}
	if name, _, _ := strings.Cut(u.Fragment, "="); isTracking(name) {
		u.Fragment, u.RawFragment = "", ""
	}
	parts := strings.Split(u.RawQuery, "&")
	kept := parts[:0]
	for _, p := range parts {
		if name, _, _ := strings.Cut(p, "="); !isTracking(name) {
			kept = append(kept, p)
		}
	}
	sort.Strings(kept)
	u.RawQuery = strings.Join(kept, "&")
	return u.String()
}

// pageOf gives all addresses by which sources know one page the same text, for
// finding, not for reading: host, path and query. It is empty for what names no
// page: a whole site is no story.
func pageOf(s string) string {
	u, err := url.Parse(CanonicalURL(s))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if p := u.Port(); p != "" && p != "80" && p != "443" {
		host += ":" + p
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if path == "" && u.RawQuery == "" {
		return ""
	}
	return host + path + "?" + u.RawQuery
}
