package store

import (
	"net/url"
	"slices"
	"strings"
)

// Outlet is where one who publishes is said to stand.
type Outlet struct {
	Name    string // as stories name it; empty: known by its domain alone
	Domain  string // as in anselpost.example; empty: known by its name alone
	Leaning Leaning
}

// Outlets know where outlets stand, by their names and domains.
type Outlets struct {
	names, domains map[string]Leaning
}

// NewOutlets makes Outlets of a list. Of two with the same name or domain, the
// first counts.
func NewOutlets(all []Outlet) Outlets {
	o := Outlets{map[string]Leaning{}, map[string]Leaning{}}
	for _, x := range slices.Backward(all) {
		if x.Name != "" {
			o.names[strings.ToLower(x.Name)] = x.Leaning
		}
		if x.Domain != "" {
			o.domains[strings.ToLower(x.Domain)] = x.Leaning
		}
	}
	return o
}

// Placed gives the story with the leaning of each source whose own the story
// does not tell. What the outlet is called goes before where its page is.
func (o Outlets) Placed(s Story) Story {
	if len(o.names) == 0 && len(o.domains) == 0 {
		return s
	}
	s.Sources = slices.Clone(s.Sources)
	for i := range s.Sources {
		src := &s.Sources[i]
		if src.Leaning != nil {
			continue
		}
		if l, ok := o.find(*src); ok {
			src.Leaning = &l
		}
	}
	return s
}

func (o Outlets) find(src Source) (Leaning, bool) {
	if l, ok := o.names[strings.ToLower(strings.TrimSpace(src.Outlet))]; ok {
		return l, true
	}
	u, err := url.Parse(src.URL)
	if err != nil {
		return Leaning{}, false
	}
	// A page may stand at any host within the outlet's domain.
	for host := strings.ToLower(u.Hostname()); host != ""; _, host, _ = strings.Cut(host, ".") {
		if l, ok := o.domains[host]; ok {
			return l, true
		}
	}
	return Leaning{}, false
}
