package bot

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"briefbot/bot/sandbox"
)

// site is a server on the network whose documents change.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	texts map[string]string // by path
	looks map[string]int    // at each since it last changed
}

func newSite(t *testing.T) *site {
	s := &site{texts: map[string]string{}, looks: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		text, ok := s.texts[r.URL.Path]
		s.looks[r.URL.Path]++
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	return s
}

// set changes a document.
func (s *site) set(path, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[path], s.looks[path] = strings.ReplaceAll(text, "SITE", s.URL), 0
}

// looked reports how often a document was asked for since it changed.
func (s *site) looked(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks[path]
}

const feedHead = `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>Sea Wire</title>`

// boats is an item of a feed, with all that changes although nothing did.
func boats(date string, comments int, from string) string {
	return fmt.Sprintf(`<item><title>Night boats return</title><guid>https://seawire.example/boats?utm_source=%s</guid>
<link>https://seawire.example/boats?utm_source=%s</link><pubDate>%s</pubDate><slash:comments>%d</slash:comments>
<description>&lt;p&gt;Two boats sail each night.&lt;/p&gt;&lt;p&gt;%d comments&lt;/p&gt;</description></item>`, from, from, date, comments, comments)
}

// everywhere gives what became of the story with these words in each chat.
func (w *world) everywhere(words string) map[string][]sandbox.Entry {
	found := map[string][]sandbox.Entry{}
	for _, e := range append(w.discord.Transcript(), w.telegram.Transcript()...) {
		if strings.Contains(e.Text, words) {
			found[e.Chat] = append(found[e.Chat], e)
		}
	}
	return found
}

// once waits for the story to be in each chat, and reports what was done to it
// more than once.
func (w *world) once(words string) {
	w.Helper()
	chats := []string{w.text, w.channel, w.group}
	w.until("a post in each chat: "+words, func() bool {
		found := w.everywhere(words)
		return len(found[chats[0]]) > 0 && len(found[chats[1]]) > 0 && len(found[chats[2]]) > 0
	})
	for chat, all := range w.everywhere(words) {
		if len(all) != 1 {
			w.Errorf("%q, in chat %s: %s", words, chat, texts(all))
		}
	}
}

// Each item of a feed is posted once, whatever of it changes that is no news.
func TestFeedIsPostedOnce(t *testing.T) {
	w, site := newWorld(t), newSite(t)
	site.set("/feed", feedHead+boats("Mon, 02 Nov 2026 08:00:00 GMT", 3, "rss")+"</channel></rss>")
	w.start(w.configOf("[{name: wire, feed: '"+site.URL+"/feed', every: 1s, allow_private: true}]", everySecond))
	w.once("Two boats sail each night.")

	site.set("/feed", feedHead+boats("Tue, 03 Nov 2026 09:30:00 GMT", 17, "again")+"</channel></rss>")
	w.until("looks at the feed", func() bool { return site.looked("/feed") > 1 })
	site.set("/feed", feedHead+"<item><title>Fog until noon</title><guid>2</guid><description>No boat leaves before noon.</description></item>"+
		boats("Wed, 04 Nov 2026 09:30:00 GMT", 18, "more")+"</channel></rss>")
	w.once("No boat leaves before noon.")
	w.once("Two boats sail each night.")
}

// One source of each kind, and each story once in each chat.
func TestEveryKindOfSource(t *testing.T) {
	w, site := newWorld(t), newSite(t)
	w.write("ferry.txt", ferry)
	site.set("/feed", feedHead+boats("Mon, 02 Nov 2026 08:00:00 GMT", 3, "rss")+"</channel></rss>")
	site.set("/notes", feedHead+`<item><title>Lights</title><link>SITE/lights</link><guid>SITE/lights</guid></item></channel></rss>`)
	site.set("/lights", pageOf("Lights along the quay", "The council has ordered lights."))
	site.set("/story/42", pageOf("A quay, rebuilt", "Masons have set the last stone."))
	site.set("/api/batches/latest", batchOf("b1"))
	site.set("/api/batches/b1/categories", kagiCategories)
	site.set("/api/batches/b1/categories/uuid-world/stories", kagiStories("Fares stay as they are", "Fares are fixed [quay.example#1]."))
	w.start(w.configOf(strings.ReplaceAll(`
  - {name: desk, dir: stories}
  - {name: wire, feed: SITE/feed, every: 1s, allow_private: true}
  - {name: notes, feed: SITE/notes, follow: true, every: 1s, allow_private: true}
  - {name: front, page: SITE/story/42, every: 1s, allow_private: true}
  - {name: kagi, kagi: world, api_url: SITE, every: 1s, allow_private: true}`, "SITE", site.URL), everySecond))
	words := []string{"A cabin costs what it did in 2017.", "Two boats sail each night.", "The council has ordered lights.",
		"Masons have set the last stone.", "Fares are fixed."}
	for _, text := range words {
		w.once(text)
	}
	for _, all := range w.everywhere("Fares are fixed.") {
		if !strings.Contains(all[0].Text, "Kagi News") {
			t.Errorf("no credit in %s", all[0].Text)
		}
	}

	// The same again, dated anew, and the next batch with the same story.
	site.set("/feed", feedHead+boats("Tue, 03 Nov 2026 08:00:00 GMT", 4, "other")+"</channel></rss>")
	site.set("/story/42", strings.Replace(pageOf("A quay, rebuilt", "Masons have set the last stone."), "2026-11-02", "2026-11-03", 1))
	site.set("/api/batches/b2/categories", kagiCategories)
	site.set("/api/batches/b2/categories/uuid-world/stories", kagiStories("Fares stay as they are", "Fares are fixed [quay.example#1]."))
	site.set("/api/batches/latest", batchOf("b2"))
	for _, path := range []string{"/feed", "/story/42", "/api/batches/latest"} {
		w.until("looks at "+path, func() bool { return site.looked(path) > 1 })
	}
	w.write("last.txt", "The last one\n\n• It ends the test.\n")
	w.once("It ends the test.")
	for _, text := range words {
		w.once(text)
	}
	for path, most := range map[string]int{"/lights": 1, "/api/batches/b1/categories": 1, "/api/batches/b2/categories/uuid-world/stories": 1} {
		if n := site.looked(path); n != most {
			t.Errorf("%s was asked for %d times, want %d", path, n, most)
		}
	}
}

// pageOf is a story's page.
func pageOf(headline, fact string) string {
	return `<!DOCTYPE html><html lang="en"><head><title>` + headline + `</title><meta property="article:published_time" content="2026-11-02T08:00:00Z"></head>
<body><article><h1>` + headline + `</h1><h2>The Facts</h2><ul><li>` + fact + `</li></ul>
<h2>Left narrative</h2><p>It was about time.</p><h2>Right narrative</h2><p>It was not.</p></article></body></html>`
}

func batchOf(id string) string {
	return `{"id": "` + id + `", "createdAt": "2026-11-02T12:00:00Z", "dateSlug": "2026-11-02.1", "language": "en"}`
}

const kagiCategories = `{"batchId": "b", "categories": [{"id": "uuid-usa", "categoryId": "usa"}, {"id": "uuid-world", "categoryId": "world"}]}`

func kagiStories(title, point string) string {
	return fmt.Sprintf(`{"batchId": "b", "categoryName": "World", "timestamp": 1793620800, "stories": [{"id": "s1", "cluster_number": 1,
"title": %q, "short_summary": %q, "talking_points": [%q], "perspectives": [{"text": "Riders: A relief.", "sources": []}],
"articles": [{"title": "Fares", "link": "https://quay.example/fares", "domain": "quay.example", "date": "2026-11-01T07:00:00+00:00"}]}]}`,
		title, point, point)
}

// Without leave, nothing private is asked.
func TestPrivateFeedNeedsLeave(t *testing.T) {
	w, site := newWorld(t), newSite(t)
	site.set("/feed", feedHead+boats("Mon, 02 Nov 2026 08:00:00 GMT", 3, "rss")+"</channel></rss>")
	w.write("ferry.txt", ferry)
	w.start(w.configOf("[{name: desk, dir: stories}, {name: wire, feed: '"+site.URL+"/feed', every: 1s}]", everySecond))
	w.once("A cabin costs what it did in 2017.")
	if n := site.looked("/feed"); n > 0 {
		t.Errorf("%d requests", n)
	}
}
