package intake

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// web is a server whose documents change, and that counts who asks.
type web struct {
	*httptest.Server
	mu      sync.Mutex
	texts   map[string]string // by path and query
	asked   []string
	failing map[string]int // statuses
	at      int            // how many ask now
	most    int            // how many have asked at once
}

func newWeb(t *testing.T) *web {
	w := &web{texts: map[string]string{}, failing: map[string]int{}}
	w.Server = serve(t, func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.at++
		w.most = max(w.most, w.at)
		path := r.URL.RequestURI()
		text, ok := w.texts[path]
		status := w.failing[path]
		w.asked = append(w.asked, path)
		w.mu.Unlock()
		defer func() { w.mu.Lock(); w.at--; w.mu.Unlock() }()
		switch {
		case status != 0:
			rw.WriteHeader(status)
		case !ok:
			http.NotFound(rw, r)
		default:
			fmt.Fprint(rw, text)
		}
	})
	return w
}

// wasAsked gives what was asked for since it was last called.
func (w *web) wasAsked() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return strings.Join(asked, " ")
}

func newsPage(headline string) string {
	return "<html><body><article><h1>" + headline + "</h1><ul><li>A fact of " + headline + ".</li></ul>" +
		"<h2>Left narrative</h2><p>So.</p><h2>Right narrative</h2><p>Or so.</p></article></body></html>"
}

func newsItem(n int, title string) string {
	return fmt.Sprintf("<item><title>%s</title><link>/%d</link><guid isPermaLink=\"false\">%d</guid></item>", title, n, n)
}

func newsFeed(items ...string) string {
	return "<rss><channel><title>Wire</title>" + strings.Join(items, "") + "</channel></rss>"
}

func TestFollow(t *testing.T) {
	w := newWeb(t)
	for n := 1; n <= 3; n++ {
		w.texts[fmt.Sprintf("/%d", n)] = newsPage(fmt.Sprintf("Story %d", n))
	}
	w.texts["/feed"] = newsFeed(newsItem(3, "Three"), newsItem(2, "Two"), newsItem(1, "One"))
	w.failing["/2"] = 503
	log := &ledger{}
	f := NewFeed(FeedOptions{PollOptions: PollOptions{Name: "wire", Fetcher: localFetcher(0)}, Address: w.URL + "/feed", Follow: true})
	r := f.rounds(log)
	look := func(asked, stories string, problems int) {
		t.Helper()
		log.stories, log.problems = nil, nil
		r.look(t.Context())
		if got := w.wasAsked(); got != asked {
			t.Errorf("asked for %s, want %s", got, asked)
		}
		if got := strings.Join(log.stories, " "); got != stories || len(log.problems) != problems {
			t.Errorf("stories %s, problems %q; want %s and %d", got, log.problems, stories, problems)
		}
	}
	look("/feed /3 /2 /1", "wire:1 wire:3", 1)
	look("/feed /2", "", 0) // told already
	w.failing["/2"] = 0
	look("/feed /2", "wire:2", 0)
	look("/feed", "", 0)
	w.texts["/feed"] = newsFeed(newsItem(4, "Four"), newsItem(3, "Three, corrected"), newsItem(2, "Two"))
	w.texts["/3"] = newsPage("Story 3, corrected")
	w.texts["/4"] = "<html><body><p>No story.</p></body></html>"
	look("/feed /4 /3", "wire:3", 1)
	look("/feed", "", 0) // a page that is no story is not asked again
}

// Of a long feed, the newest pages are read first, and the others later.
func TestFollowManyPages(t *testing.T) {
	w := newWeb(t)
	var items []string
	for n := 70; n > 0; n-- {
		w.texts[fmt.Sprintf("/%d", n)] = newsPage(fmt.Sprintf("Story %d", n))
		items = append(items, newsItem(n, fmt.Sprintf("Title %d", n)))
	}
	w.texts["/feed"] = newsFeed(items...)
	log := &ledger{}
	r := NewFeed(FeedOptions{PollOptions: PollOptions{Name: "wire", Fetcher: localFetcher(0)}, Address: w.URL + "/feed", Follow: true}).rounds(log)
	r.look(t.Context())
	if len(log.stories) != 50 || log.stories[0] != "wire:21" || log.stories[49] != "wire:70" {
		t.Errorf("%d stories: %v", len(log.stories), log.stories)
	}
	r.look(t.Context())
	if len(log.stories) != 70 || log.stories[50] != "wire:1" || len(log.problems) > 0 {
		t.Errorf("%d stories: %v, %v", len(log.stories), log.stories[50:], log.problems)
	}
}

// Only what changed is read, and nothing that could be secret is in an id.
func TestPageSource(t *testing.T) {
	w := newWeb(t)
	address := "/story/42?key=s3cret&utm_source=x"
	w.texts[address] = newsPage("A quay, rebuilt")
	log := &ledger{}
	p := NewPage(PageOptions{PollOptions: PollOptions{Name: "front", Fetcher: localFetcher(0)}, Address: w.URL + address})
	r := p.rounds(log)
	for range 2 {
		r.look(t.Context())
	}
	if len(log.stories) != 1 || !strings.HasPrefix(log.stories[0], "front:"+w.URL+"/story/42?") || strings.Contains(log.stories[0], "s3cret") {
		t.Errorf("stories %v, problems %v", log.stories, log.problems)
	}
	w.texts[address] = "<p>Gone.</p>"
	for range 2 {
		r.look(t.Context())
	}
	if len(log.stories) != 1 || len(log.problems) != 1 || strings.Contains(log.problems[0], "s3cret") {
		t.Errorf("stories %v, problems %v", log.stories, log.problems)
	}
	log.problems, w.failing[address] = nil, 404
	r.look(t.Context())
	if len(log.problems) != 1 || !strings.Contains(log.problems[0], "404") || strings.Contains(log.problems[0], "s3cret") {
		t.Errorf("problems %v", log.problems)
	}
}

const kagiEnvelope = `{"batchId": "b", "categoryName": "World", "stories": [{"cluster_number": 1, "title": "Fares stay", "short_summary": "They stay.",
"talking_points": ["Fares: They stay."], "articles": [{"title": "Fares", "link": "https://quay.example/%s", "domain": "quay.example"}]}, {"title": "", "articles": []}]}`

func TestKagiSource(t *testing.T) {
	w := newWeb(t)
	batch := func(id string) {
		w.texts["/api/batches/latest?lang=de"] = `{"id": "` + id + `"}`
		w.texts["/api/batches/"+id+"/categories?lang=de"] = `{"categories": [{"id": "u1", "categoryId": "usa"}, {"id": "u/2", "categoryId": "World"}]}`
		w.texts["/api/batches/"+id+"/categories/u%2F2/stories?lang=de&limit=12"] = fmt.Sprintf(kagiEnvelope, id)
	}
	source := func(category string, f *Fetcher, log Sink) *rounds {
		return NewKagi(KagiOptions{PollOptions: PollOptions{Name: category, Language: "de", Fetcher: f}, Category: category, APIURL: w.URL}).rounds(log)
	}
	batch("b1")
	log := &ledger{}
	r := source("world", localFetcher(0), log)
	look := func(asked string, stories, problems int) {
		t.Helper()
		log.stories, log.problems = nil, nil
		r.look(t.Context())
		if got := w.wasAsked(); got != asked {
			t.Errorf("asked for %s, want %s", got, asked)
		}
		if len(log.stories) != stories || len(log.problems) != problems {
			t.Errorf("stories %v, problems %q; want %d, %d", log.stories, log.problems, stories, problems)
		}
	}
	all := func(id string) string {
		return "/api/batches/latest?lang=de /api/batches/" + id + "/categories?lang=de /api/batches/" + id + "/categories/u%2F2/stories?lang=de&limit=12"
	}
	look(all("b1"), 1, 1) // the second one is no story
	look("/api/batches/latest?lang=de", 0, 0)
	w.texts["/api/batches/latest?lang=de"] = `{"id": "b1", "createdAt": "2026-11-02T12:00:00Z"}`
	look("/api/batches/latest?lang=de", 0, 0)
	batch("b2")
	stories := "/api/batches/b2/categories/u%2F2/stories?lang=de&limit=12"
	w.failing[stories] = 406 // as it was once, for a whole day
	look(all("b2"), 0, 1)
	w.failing[stories] = 0
	look(all("b2"), 1, 1)
	w.texts["/api/batches/latest?lang=de"] = `{"error": "Proxy request failed"}`
	look("/api/batches/latest?lang=de", 0, 1)

	log = &ledger{}
	batch("b3")
	source("wrold", localFetcher(0), log).look(t.Context())
	if len(log.problems) != 1 || !strings.Contains(log.problems[0], `no category "wrold" today; it has usa, World`) {
		t.Errorf("a category that is none: %q", log.problems)
	}
}

// However many categories there are, one request at a time is made.
func TestKagiAlone(t *testing.T) {
	w := newWeb(t)
	w.texts["/api/batches/latest?lang=de"] = `{"id": "b1"}`
	var categories []string
	for n := range 8 {
		categories = append(categories, fmt.Sprintf(`{"id": "u%d", "categoryId": "c%d"}`, n, n))
		w.texts[fmt.Sprintf("/api/batches/b1/categories/u%d/stories?lang=de&limit=12", n)] = fmt.Sprintf(kagiEnvelope, "x")
	}
	w.texts["/api/batches/b1/categories?lang=de"] = `{"categories": [` + strings.Join(categories, ",") + `]}`
	f := localFetcher(0)
	var all sync.WaitGroup
	logs := make([]ledger, 8)
	for n := range 8 {
		k := NewKagi(KagiOptions{PollOptions: PollOptions{Name: "kagi", Language: "de", Fetcher: f}, Category: fmt.Sprintf("c%d", n), APIURL: w.URL})
		all.Go(func() { k.rounds(&logs[n]).look(t.Context()) })
	}
	all.Wait()
	if w.most != 1 {
		t.Errorf("%d at once", w.most)
	}
	if slices.ContainsFunc(logs, func(l ledger) bool { return len(l.stories) != 1 }) {
		t.Errorf("%+v", logs)
	}
}
