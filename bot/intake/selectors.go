package intake

import (
	"fmt"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
)

// Selectors are CSS selectors for pages whose structure does not tell enough.
// Each is optional, and comes before what would be found without it.
type Selectors struct {
	Story      string // what the story stands in: all else on the page is left out
	Drop       string // what is left out
	Headline   string
	Bullets    string // each match is a bullet
	Narratives string // each match is a narrative, that begins with its label
	Sources    string // each match is a source
	Date       string
	Image      string // the picture, or what it stands in
	Credit     string // of the picture
	Topics     string // each match is a topic
}

// Check reports the first selector that is none.
func (s Selectors) Check() error {
	_, err := s.compile()
	return err
}

// CheckSelector reports what is wrong with a CSS selector.
func CheckSelector(text string) error {
	_, err := cascadia.Compile(text)
	return err
}

// matchers are selectors that can be used; nil where there is none.
type matchers struct {
	story, drop, headline, bullets, narratives, sources, date, image, credit, topics goquery.Matcher
}

func (s Selectors) compile() (matchers, error) {
	var m matchers
	for _, f := range []struct {
		key, value string
		to         *goquery.Matcher
	}{
		{"story", s.Story, &m.story},
		{"drop", s.Drop, &m.drop},
		{"headline", s.Headline, &m.headline},
		{"bullets", s.Bullets, &m.bullets},
		{"narratives", s.Narratives, &m.narratives},
		{"sources", s.Sources, &m.sources},
		{"date", s.Date, &m.date},
		{"image", s.Image, &m.image},
		{"credit", s.Credit, &m.credit},
		{"topics", s.Topics, &m.topics},
	} {
		if f.value == "" {
			continue
		}
		matcher, err := cascadia.Compile(f.value)
		if err != nil {
			return matchers{}, fmt.Errorf("selector %s: %q is no CSS selector: %w", f.key, f.value, err)
		}
		*f.to = matcher
	}
	return m, nil
}
