package sandbox

import (
	"net/http"
	"strings"
)

// Mux serves both stand-ins and a page at one address: each API has paths of its
// own, so that one api_url does for both. The page may be nil.
func Mux(d *Discord, t *Telegram, page http.Handler) http.Handler {
	if page == nil {
		page = http.NotFoundHandler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/api/"), strings.HasPrefix(path, "/gateway"):
			d.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/bot"):
			t.ServeHTTP(w, r)
		default:
			page.ServeHTTP(w, r)
		}
	})
}
