package store

import "testing"

func TestOutlets(t *testing.T) {
	o := NewOutlets([]Outlet{
		{Name: "Ansel Post", Domain: "anselpost.example", Leaning: Leaning{LR: 2}},
		{Domain: "Seawire.example", Leaning: Leaning{LR: 4, CP: 5}},
		{Name: "ANSEL POST", Leaning: Leaning{LR: 5}},
	})
	for _, tt := range []struct {
		name string
		src  Source
		want int // LR; 0: nothing is known
	}{
		{"by name, whatever the case", Source{Outlet: " ansel POST "}, 2},
		{"by the host", Source{Outlet: "The Post", URL: "https://anselpost.example/back"}, 2},
		{"by a host within the domain", Source{URL: "https://www.news.SEAWIRE.example:8443/boats"}, 4},
		{"the story's own goes before", Source{Outlet: "Ansel Post", Leaning: &Leaning{LR: 1}}, 1},
		{"the name goes before the host", Source{Outlet: "Ansel Post", URL: "https://seawire.example/x"}, 2},
		{"a domain that only ends alike", Source{URL: "https://notanselpost.example/"}, 0},
		{"another outlet", Source{Outlet: "Harbour Gazette", URL: "https://gazette.example/"}, 0},
		{"no address at all", Source{URL: "://"}, 0},
	} {
		s := Story{Sources: []Source{tt.src}}
		got := o.Placed(s).Sources[0].Leaning
		if tt.want == 0 && got != nil || tt.want != 0 && (got == nil || got.LR != tt.want) {
			t.Errorf("%s: %+v, want %d", tt.name, got, tt.want)
		}
		if tt.src.Leaning == nil && s.Sources[0].Leaning != nil {
			t.Errorf("%s: the story itself was changed", tt.name)
		}
	}
}
