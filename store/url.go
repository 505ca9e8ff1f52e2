package store

import (
	"net/url"
	"sort"
	"strings"
)

// tracking are query parameters that say where a reader came from, not what is
// read.
var tracking = map[string]bool{
	"fbclid": true, "gclid": true, "igshid": true, "mc_cid": true, "mc_eid": true,
	"ref_src": true, "cmpid": true, "ocid": true, "smid": true,
}

// comparableURL gives two addresses of the same page the same text: without
// tracking parameters, and with the rest of the query in order.
func comparableURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.RawQuery == "" {
		return s
	}
	parts := strings.Split(u.RawQuery, "&")
	kept := parts[:0]
	for _, p := range parts {
		name, _, _ := strings.Cut(p, "=")
		if !tracking[name] && !strings.HasPrefix(name, "utm_") {
			kept = append(kept, p)
		}
	}
	sort.Strings(kept)
	u.RawQuery = strings.Join(kept, "&")
	return u.String()
}
