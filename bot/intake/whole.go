package intake

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"

	"briefbot/store"
)

// wholeStories gives the stories that an item's text holds, with their
// narratives or their cited sources; none if the text is a summary. What the
// item itself tells, in s, is theirs where they don't say it.
func (c channel) wholeStories(s store.Story, i *gofeed.Item) []store.Story {
	if s.ID == "" {
		return nil
	}
	for _, text := range []string{i.Content, i.Description} {
		if !strings.Contains(text, "<") {
			continue
		}
		// What is relative in the text begins where the feed is.
		base := `<base href="` + html.EscapeString(c.base.String()) + `">`
		found, err := ParseHTML(s.ID, []byte(base+text))
		if err != nil || len(found) == 0 {
			continue
		}
		whole := true
		for n := range found {
			w := &found[n]
			if len(found) == 1 {
				w.Headline = cmp.Or(s.Headline, w.Headline)
			}
			w.ID = s.ID
			if n > 0 {
				w.ID += "#" + strconv.Itoa(n+1)
			}
			fill(w, s)
			_, err := check(*w)
			whole = whole && err == nil && (len(w.Narratives) > 0 || len(w.Cited()) > 0 && len(w.Sources) > 0)
		}
		if whole {
			return found
		}
	}
	return nil
}

// fill gives a story what its item tells and it does not.
func fill(w *store.Story, item store.Story) {
	w.URL = cmp.Or(w.URL, item.URL)
	w.Language = cmp.Or(w.Language, item.Language)
	w.Image = cmp.Or(w.Image, item.Image)
	w.Topics = addTopics(w.Topics, item.Topics)
	if w.Date.IsZero() {
		w.Date = item.Date
	}
}
