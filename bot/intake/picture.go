package intake

import (
	"strconv"
	"strings"

	"github.com/mmcdole/gofeed"
	ext "github.com/mmcdole/gofeed/extensions"

	"briefbot/store"
)

// image finds an item's picture: that of Media RSS, which knows its credit; an
// enclosure; what the library finds; or the first in its text.
func (c channel) image(i *gofeed.Item, inText *store.Image) *store.Image {
	if m := mediaImage(i.Extensions["media"]); c.accept(m) {
		return m
	}
	for _, e := range i.Enclosures {
		if e != nil && strings.HasPrefix(e.Type, "image/") {
			if m := (&store.Image{URL: e.URL}); c.accept(m) {
				return m
			}
		}
	}
	if i.Image != nil {
		if m := (&store.Image{URL: i.Image.URL, Alt: reduceLine(i.Image.Title)}); c.accept(m) {
			return m
		}
	}
	if c.accept(inText) {
		return inText
	}
	return nil
}

// accept makes a picture's address whole, if it is one.
func (c channel) accept(m *store.Image) bool {
	if m == nil {
		return false
	}
	m.URL = c.address(m.URL)
	return m.URL != ""
}

// mediaImage finds the widest picture among the elements of Media RSS.
func mediaImage(media map[string][]ext.Extension) *store.Image {
	var best *store.Image
	width := -1
	consider := func(e ext.Extension, around ...map[string][]ext.Extension) {
		w, _ := strconv.Atoi(e.Attrs["width"])
		if w <= width || e.Attrs["url"] == "" {
			return
		}
		width = w
		around = append([]map[string][]ext.Extension{e.Children}, around...)
		best = &store.Image{
			URL:     e.Attrs["url"],
			Credit:  firstOf("credit", around),
			Caption: firstOf("description", around),
		}
	}
	contents := func(within map[string][]ext.Extension, around ...map[string][]ext.Extension) {
		for _, e := range within["content"] {
			if e.Attrs["medium"] == "image" || strings.HasPrefix(e.Attrs["type"], "image/") {
				consider(e, append([]map[string][]ext.Extension{within}, around...)...)
			}
		}
	}
	contents(media)
	for _, g := range media["group"] {
		contents(g.Children, media)
	}
	if best == nil {
		for _, e := range media["thumbnail"] {
			consider(e, media)
		}
	}
	return best
}

// firstOf gives the text of the first element of that name.
func firstOf(name string, all []map[string][]ext.Extension) string {
	for _, elements := range all {
		for _, e := range elements[name] {
			if text := reduceLine(e.Value); text != "" {
				return text
			}
		}
	}
	return ""
}
