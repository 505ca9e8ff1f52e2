package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"briefbot/bot/intake"
)

func isOPML(path string) bool { return strings.EqualFold(filepath.Ext(path), ".opml") }

// feedSource is a feed as a source of the configuration.
type feedSource struct {
	Name   string   `yaml:"name"`
	Feed   string   `yaml:"feed"`
	Topics []string `yaml:"topics,omitempty,flow"`
}

// importFeeds prints the sources that lists of feeds make, to be put into the
// configuration.
func importFeeds(c *invocation, lists []string) error {
	var sources []feedSource
	named, known := map[string]bool{}, map[string]bool{}
	for _, path := range lists {
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read list of feeds: %w", err)
		}
		feeds, err := intake.ParseOPML(path, data)
		if err != nil {
			return err
		}
		for _, f := range feeds {
			if known[f.URL] {
				continue
			}
			known[f.URL] = true
			name := cmp.Or(intake.Slug(f.Title), "feed")
			for n, first := 2, name; named[name]; n++ {
				name = fmt.Sprintf("%s-%d", first, n)
			}
			named[name] = true
			s := feedSource{Name: name, Feed: f.URL}
			for _, category := range f.Categories {
				s.Topics = append(s.Topics, strings.ToLower(category))
			}
			sources = append(sources, s)
		}
	}
	fmt.Fprintf(c.stderr, "briefbot: %s; put this into the configuration:\n", count(len(sources), "feed"))
	e := yaml.NewEncoder(c.stdout)
	e.SetIndent(2)
	if err := e.Encode(map[string]any{"sources": sources}); err != nil {
		return fmt.Errorf("write the sources: %w", err)
	}
	return e.Close()
}
