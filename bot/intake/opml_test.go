package intake_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"briefbot/bot/intake"
)

func TestParseOPML(t *testing.T) {
	const head = `<?xml version="1.0" encoding="UTF-8"?><opml version="1.0"><body>`
	tests := []struct {
		name, in string
		want     []intake.Feed
	}{
		{"flat", head + `<outline title="Coast Post" text="x" xmlUrl="https://coastpost.example/a"/></body></opml>`,
			[]intake.Feed{{Title: "Coast Post", URL: "https://coastpost.example/a"}}},
		{"in folders", head + `<outline text="News"><outline text="Coast"><outline text="A" xmlUrl="https://a.example"/></outline>
			<outline text="B" xmlURL="https://b.example" category="/Law/, news,"/></outline><outline xmlUrl="https://c.example"/></body></opml>`,
			[]intake.Feed{
				{Title: "A", URL: "https://a.example", Categories: []string{"News", "Coast"}},
				{Title: "B", URL: "https://b.example", Categories: []string{"News", "Law"}},
				{Title: "https://c.example", URL: "https://c.example"},
			}},
		{"another charset", "<?xml version='1.0' encoding='ISO-8859-1'?><opml><body><outline text='K\xfcste' xmlUrl='https://k.example'/></body></opml>",
			[]intake.Feed{{Title: "Küste", URL: "https://k.example"}}},
		{"no web address", head + `<outline text="A" xmlUrl="javascript:x"/><outline text="B" xmlUrl="https://b.example"/></body></opml>`,
			[]intake.Feed{{Title: "B", URL: "https://b.example"}}},
	}
	for _, tt := range tests {
		got, err := intake.ParseOPML("f.opml", []byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	for in, want := range map[string]string{
		"":                             "f.opml:1: no OPML: it has no element <opml>; export the list of feeds from a feed reader",
		"<rss></rss>":                  "f.opml:1: no OPML: it has no element <opml>; export the list of feeds from a feed reader",
		"<opml>\n<body></body></opml>": "f.opml:1: the list has no feeds",
		"<opml>\n\n<body></opml>":      "f.opml:3: no OPML: element <body> closed by </opml>",
		"<opml>&lol;</opml>":           "f.opml:1: no OPML: invalid character entity &lol;",
	} {
		feeds, err := intake.ParseOPML("f.opml", []byte(in))
		if err == nil || err.Error() != want || feeds != nil {
			t.Errorf("%q: got %v, %v, want %s", in, feeds, err, want)
		}
	}
}

// FuzzParseOPML: an error has a place, and comes with no feeds.
func FuzzParseOPML(f *testing.F) {
	f.Add([]byte(`<opml><body><outline text="a"><outline text="b" xmlUrl="https://b.example"/></outline></body></opml>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		feeds, err := intake.ParseOPML("f", data)
		if err == nil {
			if len(feeds) == 0 {
				t.Fatal("neither feeds nor an error")
			}
			return
		}
		if e := (*intake.Error)(nil); !errors.As(err, &e) || e.Line < 1 || feeds != nil {
			t.Fatalf("%v beside %v", feeds, err)
		}
	})
}
