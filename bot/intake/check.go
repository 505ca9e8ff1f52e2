package intake

import (
	"errors"
	"fmt"
	"strings"

	"briefbot/store"
)

// check reports what keeps s from being a story, and where: the path of the
// field, as in "bullets[2].text".
func check(s store.Story) (where string, err error) {
	switch {
	case fold(s.Headline) == "":
		return "headline", errors.New("the story has no headline")
	case len(s.Headline) > maxHeadline:
		return "headline", fmt.Errorf("the headline is longer than %d bytes", maxHeadline)
	case len(s.Bullets) == 0:
		return "bullets", errors.New("the story has no bullets")
	case s.URL != "" && !isAddress(s.URL):
		return "url", fmt.Errorf("%q is no web address; %s", s.URL, addressHint)
	case s.Image != nil && s.Image.URL != "" && !isAddress(s.Image.URL):
		return "image.url", fmt.Errorf("%q is no web address; %s", s.Image.URL, addressHint)
	}
	if c := s.Credit; c != nil {
		switch {
		case fold(c.Name) == "":
			return "credit", errors.New("the credit has no name")
		case c.URL != "" && !isAddress(c.URL):
			return "credit.url", fmt.Errorf("%q is no web address; %s", c.URL, addressHint)
		case c.LicenseURL != "" && !isAddress(c.LicenseURL):
			return "credit.license_url", fmt.Errorf("%q is no web address; %s", c.LicenseURL, addressHint)
		}
	}
	for i, t := range s.Topics {
		if fold(t) == "" || strings.Contains(t, ",") {
			return fmt.Sprintf("topics[%d]", i), fmt.Errorf("%q is no topic: it is empty or holds a comma", t)
		}
	}
	listed := map[int]bool{}
	for i, src := range s.Sources {
		at := fmt.Sprintf("sources[%d]", i)
		switch {
		case src.N < 1 || src.N > maxNumber:
			return at, fmt.Errorf("%s: the number %d is not between 1 and %d", at, src.N, maxNumber)
		case listed[src.N]:
			return at, fmt.Errorf("source %d stands twice in the list; give each its own number", src.N)
		case src.URL != "" && !isAddress(src.URL):
			return at + ".url", fmt.Errorf("%q is no web address; %s", src.URL, addressHint)
		case src.Leaning != nil && !isLeaning(*src.Leaning):
			return at + ".leaning", fmt.Errorf("%s: scores go from 1 to 5", at)
		}
		listed[src.N] = true
	}
	c := citer{listed}
	for i, b := range s.Bullets {
		at := fmt.Sprintf("bullets[%d]", i)
		if fold(b.Text) == "" {
			return at, fmt.Errorf("%s has no text", at)
		}
		if err := c.check(b.Citations); err != nil {
			return at + ".citations", err
		}
	}
	for i, n := range s.Narratives {
		at := fmt.Sprintf("narratives[%d]", i)
		switch {
		case fold(n.Label) == "":
			return at, fmt.Errorf("%s has no label", at)
		case len(n.Paragraphs) == 0:
			return at, fmt.Errorf("%s has no paragraphs", at)
		}
		for j, p := range n.Paragraphs {
			if fold(p) == "" {
				return fmt.Sprintf("%s.paragraphs[%d]", at, j), fmt.Errorf("paragraph %d of %s is empty", j+1, at)
			}
		}
		if err := c.check(n.Citations); err != nil {
			return at + ".citations", err
		}
	}
	return "", nil
}

func (c citer) check(cited []int) error {
	for _, n := range cited {
		if !c.plausible(n) {
			return fmt.Errorf("%d is no citation: it is below 1, or above 999 and no source has it", n)
		}
	}
	return nil
}
