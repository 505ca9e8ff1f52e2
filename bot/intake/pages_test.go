package intake_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"briefbot/bot/intake"
	"briefbot/store"
)

var updatePages = flag.Bool("update-pages", false, "write the golden files of pages anew")

// selected has the selectors of the pages that need them, by their files.
var selected = map[string]intake.Selectors{
	"selectors.html": {
		Story:      "#app",
		Drop:       ".ad",
		Headline:   ".t1",
		Bullets:    ".point",
		Narratives: ".view",
		Sources:    ".ref",
		Date:       ".when",
		Image:      ".hero",
		Credit:     ".by",
		Topics:     ".tag",
	},
	"one-selector.html": {Bullets: ".bullets p"},
}

// parsePages reads a file of testdata by the folder that it is in.
func parsePages(path string, data []byte) ([]store.Story, error) {
	switch name := filepath.Base(path); filepath.Base(filepath.Dir(path)) {
	case "page":
		s, err := intake.ParsePage("https://islandsbrief.example/2026/11/02/"+name, data, selected[name])
		if err != nil {
			return nil, err
		}
		return []store.Story{s}, nil
	case "kagi":
		return intake.ParseKagi(name, data)
	default:
		return intake.ParseHTML(name, data)
	}
}

// TestPages: each page, piece of HTML and envelope gives the stories that a
// person reads in it.
func TestPages(t *testing.T) {
	files := pageFiles(t)
	for _, path := range files {
		t.Run(path, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			stories, err := parsePages(path, data)
			var got bytes.Buffer
			for _, s := range stories {
				fmt.Fprintf(&got, "=== %s\n%s\n", s.ID, intake.WriteText(s))
				holds(t, s)
			}
			if err != nil {
				fmt.Fprintln(&got, err)
			}
			golden := strings.TrimSuffix(path, filepath.Ext(path)) + ".golden"
			if *updatePages {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func pageFiles(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"testdata/html/*.html", "testdata/page/*.html", "testdata/kagi/*.json"} {
		files, _ := filepath.Glob(pattern)
		if len(files) == 0 {
			t.Fatalf("no %s", pattern)
		}
		all = append(all, files...)
	}
	return all
}

// holds fails unless the story is whole, and stays the same in the text form
// and in JSON.
func holds(t testing.TB, s store.Story) {
	t.Helper()
	if s.Headline == "" { // a feed's item has it elsewhere
		s.Headline = "Headline"
	}
	again, err := one(intake.ParseJSON("json", intake.WriteJSON(s)))
	if err != nil {
		t.Fatalf("as JSON: %v\n%s", err, intake.WriteJSON(s))
	}
	if !store.SameForReader(s, again) {
		t.Fatalf("as JSON: %s", cmp.Diff(s, again))
	}
	text := intake.WriteText(s)
	again, err = one(intake.ParseText("text", text))
	if err != nil {
		t.Fatalf("as text: %v\n%s", err, text)
	}
	again.ID = s.ID
	if diff := cmp.Diff(s, again); diff != "" {
		t.Fatalf("as text: %s\n%s", diff, text)
	}
}

// hostile are inputs that a page should not be able to hurt with.
func hostile() map[string][]byte {
	many := func(n float64, s string) string { return strings.Repeat(s, int(n)) }
	story := "<h1>Rain</h1><ul><li>It rains.<sup>1</sup></li></ul>"
	formats := ""
	for i := range 400 {
		formats += fmt.Sprintf("<font color=%d>", i)
	}
	return map[string][]byte{
		"deep":                []byte(many(1e5, "<div>") + story),
		"deep lists":          []byte(story + many(1e4, "<ul><li>x")),
		"deep and closed":     []byte(many(4e4, "<b><i>") + story + many(4e4, "</i></b>")),
		"unclosed formats":    []byte("<p>" + formats + "</p>" + many(3e4, "<p>x") + story),
		"a huge attribute":    []byte("<div data-x='" + many(1<<18, "&amp;") + "'>" + story),
		"many attributes":     []byte("<div " + many(1e5, "a=1 b ") + ">" + story),
		"an open tag":         []byte(story + "<a href='" + many(1e6, "x")),
		"open comments":       []byte(story + many(1e5, "<!--")),
		"end tags":            []byte(many(9e4, "</p></div>") + story),
		"scripts":             []byte("<h1>Rain<script>alert('<li>x')</script></h1><ul><li><script>document.write('<li>y</li>')</script>It rains.<style>li { x: y }</style><sup>1</sup></li></ul><svg><script>x</script><p>z"),
		"unclosed everything": []byte("<h1>Rain<ul><li>It rains.<sup>1<li>It <b>pours<h2>Left narrative<p>Wet.<h2>Sources<ol><li><a href=https://a.example/x>A"),
		"tables":              []byte(many(5e4, "<table><tr><td>") + story),
		"links":               []byte("<h1>Rain</h1><ul><li>" + many(2e4, "<a href='https://a.example/x'>[1]</a>") + "</li></ul>"),
		"anchors":             []byte("<h1>Rain</h1><ul><li>" + many(2e4, "<a href='#x'>1</a>") + "<li id=x>x</ul>"),
		"items":               []byte("<h1>Rain</h1><ul>" + many(2e4, "<li>x")),
		"line ends":           []byte("<h1>Rain</h1><p>• x" + many(1.9e5, "<br>")),
		"brackets":            []byte("<h1>Rain</h1><ul><li>" + many(1e5, "[1,")),
		"entities":            []byte("<h1>Rain</h1><ul><li>It rains" + many(5e4, "&notit;")),
		"headings":            []byte(many(1e4, "<h1>a</h1><h2>b</h2>") + story),
		"too many tags":       []byte(story + many(1e6, "<b>")),
		"sources":             []byte(story + "<h2>Sources</h2><ol>" + many(2e4, "<li><a href='https://a.example/x'>A</a>")),
		"ld":                  []byte("<script type='application/ld+json'>" + many(1e5, "[") + "</script>" + story),
	}
}

// TestHostile: whatever a page is made of, it costs little and gives a story
// or an error.
func TestHostile(t *testing.T) {
	const most = 400 << 20
	for name, data := range hostile() {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			s, err := intake.ParsePage("https://a.example/", data, intake.Selectors{})
			runtime.ReadMemStats(&after)
			if err == nil {
				holds(t, s)
			}
			if _, err := intake.ParseHTML("x.html", data); err != nil && !errors.As(err, new(*intake.Error)) {
				t.Errorf("error %v is no *Error", err)
			}
			if all := after.TotalAlloc - before.TotalAlloc; all > most {
				t.Errorf("%d bytes of HTML took %d MiB", len(data), all>>20)
			}
		})
	}
}

// TestStoryFileInHTML: a file of HTML is a story file, if it holds one story
// with its headline.
func TestStoryFileInHTML(t *testing.T) {
	const rain = "<h1>Rain</h1>\n<ul><li>It rains.</ul>"
	for _, tt := range []struct{ name, in, want string }{
		{"rain.html", rain, ""},
		{"rain.HTM", rain, ""},
		{"two.html", rain + "<h1>Snow</h1><ul><li>It snows.</ul>", ""},
		{"headless.html", "<ul><li>It rains.</ul>", "headless.html:1: no headline; write it as <h1> before the bullets"},
		{"bare.html", "<p>\n<h1>Rain</h1>", "bare.html:2: no bullets: no list of facts behind the headline; a story needs at least one; write it as <li>"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, tt.name)
		if err := os.WriteFile(path, []byte(tt.in), 0o644); err != nil {
			t.Fatal(err)
		}
		all, err := intake.ReadFile(path)
		var s store.Story
		if len(all) > 0 {
			s = all[0]
		}
		switch {
		case err != nil && strings.TrimPrefix(err.Error(), dir+string(filepath.Separator)) != tt.want:
			t.Errorf("%s: error %v", tt.name, err)
		case err == nil && (tt.want != "" || s.Headline != "Rain" || len(s.Bullets) != 1):
			t.Errorf("%s: story %+v", tt.name, s)
		}
	}
}

// TestSelectorErrors: a selector that is none is named by its key.
func TestSelectorErrors(t *testing.T) {
	for key, sel := range map[string]intake.Selectors{
		"story":      {Story: "a["},
		"drop":       {Drop: ">"},
		"headline":   {Headline: "h1:nothing"},
		"bullets":    {Bullets: "li,,"},
		"narratives": {Narratives: "#"},
		"sources":    {Sources: "p:has("},
		"date":       {Date: "!"},
		"image":      {Image: "img["},
		"credit":     {Credit: "."},
		"topics":     {Topics: "a b >"},
	} {
		_, err := intake.ParsePage("https://a.example/", []byte("<h1>Rain</h1><ul><li>It rains.</ul>"), sel)
		if err == nil || !strings.HasPrefix(err.Error(), "selector "+key+": ") {
			t.Errorf("%s: error %v", key, err)
		}
		if sel.Check() == nil {
			t.Errorf("%s: Check takes it", key)
		}
	}
	_, err := intake.ParsePage("https://a.example/", []byte("<h1>Rain</h1>"), intake.Selectors{Story: "#app"})
	if want := `https://a.example/:1: selector story: nothing on the page matches "#app"`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestKagiIdentity: a story that goes on in the next batch keeps its id, with
// another title, other ids, more articles in another order; one of another
// category has its own.
func TestKagiIdentity(t *testing.T) {
	id := func(envelope string) string {
		t.Helper()
		stories, err := intake.ParseKagi("batch", []byte(envelope))
		if err != nil || len(stories) != 1 {
			t.Fatalf("%d stories, error %v", len(stories), err)
		}
		return stories[0].ID
	}
	first := `{"batchId": "1", "categoryName": "World", "stories": [{"id": "x", "cluster_number": 3, "title": "Ferry returns", "talking_points": ["It sails."], "articles": [
		{"title": "Sold out", "link": "https://anselpost.example/sold", "date": "2026-11-01T09:30:00+00:00"},
		{"title": "Back", "link": "https://anselpost.example/back?utm_source=a", "date": "2026-11-01T07:00:00+00:00"}]}]}`
	next := `{"batchId": "2", "categoryName": "world", "clusters": [{"id": "y", "cluster_number": 1, "title": "Port Ansel has its ferry", "talking_points": ["It sailed."], "articles": [
		{"title": "Full", "link": "https://seawire.example/full", "date": "2026-11-02T09:30:00+00:00"},
		{"title": "Undated", "link": "https://a.example/undated"},
		{"title": "Back", "link": "https://www.anselpost.example/back/", "date": "2026-11-01T08:00:00+01:00"},
		{"title": "Sold out", "link": "https://anselpost.example/sold", "date": "2026-11-01T09:30:00+00:00"}]}]}`
	if a, b := id(first), id(next); a != b {
		t.Errorf("the ids are %s and %s", a, b)
	}
	if a, b := id(first), id(strings.ReplaceAll(first, "World", "Europe")); a == b {
		t.Errorf("both categories' ids are %s", a)
	}
	without := `{"categoryName": "World", "timestamp": %d, "stories": [{"title": "%s", "short_summary": "It sails."}]}`
	a, b := id(fmt.Sprintf(without, 1793620800, "Ferry returns")), id(fmt.Sprintf(without, 1793624400, "Ferry returns!"))
	if a != b {
		t.Errorf("without articles the ids are %s and %s", a, b)
	}
}

// fuzz seeds a fuzz test with the files of a folder and with hostile inputs.
func fuzz(f *testing.F, folder string) {
	for _, path := range pageFiles(f) {
		if filepath.Base(filepath.Dir(path)) == folder {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	if folder == "kagi" {
		return
	}
	for _, data := range hostile() {
		if len(data) < 1<<12 {
			f.Add(data)
		}
	}
}

// placed fails unless err is an *Error with a line.
func placed(t *testing.T, err error) {
	t.Helper()
	if e := (*intake.Error)(nil); !errors.As(err, &e) || e.Line < 1 {
		t.Fatalf("error without a place: %v", err)
	}
}

func FuzzParseHTML(f *testing.F) {
	fuzz(f, "html")
	f.Fuzz(func(t *testing.T, data []byte) {
		stories, err := intake.ParseHTML("f", data)
		if err != nil {
			placed(t, err)
			if stories != nil {
				t.Fatalf("stories beside error %v", err)
			}
		}
		if err == nil && len(stories) == 0 {
			t.Fatal("neither a story nor an error")
		}
		for _, s := range stories {
			holds(t, s)
		}
	})
}

func FuzzParsePage(f *testing.F) {
	fuzz(f, "page")
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, sel := range []intake.Selectors{{}, selected["selectors.html"], selected["one-selector.html"]} {
			s, err := intake.ParsePage("https://islandsbrief.example/2026/11/02/f", data, sel)
			if err != nil {
				placed(t, err)
				if !cmp.Equal(s, store.Story{}) {
					t.Fatalf("a story beside error %v", err)
				}
				continue
			}
			holds(t, s)
		}
	})
}

func FuzzParseKagi(f *testing.F) {
	fuzz(f, "kagi")
	f.Fuzz(func(t *testing.T, data []byte) {
		stories, err := intake.ParseKagi("f", data)
		if err != nil {
			placed(t, err)
		}
		seen := map[string]bool{}
		for _, s := range stories {
			if s.ID == "" || seen[s.ID] {
				t.Fatalf("id %q is empty or stands twice", s.ID)
			}
			seen[s.ID] = true
			holds(t, s)
		}
	})
}

// BenchmarkParsePage reads a page of usual build: a story among scripts,
// styles, ways to other pages and a picture.
func BenchmarkParsePage(b *testing.B) {
	story, err := os.ReadFile("testdata/page/ferry.html")
	if err != nil {
		b.Fatal(err)
	}
	around := "<style>" + strings.Repeat(".c-card > .c-card__title { margin: 0 }\n", 300) + "</style>" +
		"<script>" + strings.Repeat("window.queue = window.queue || [];\n", 600) + "</script>" +
		"<nav>" + strings.Repeat(`<a class="nav__link nav__link--top" href="/section/of/the/page">Section</a>`+"\n", 80) + "</nav>"
	below := "<footer>" + strings.Repeat(`<div class="foot"><a href="/about/x">About the paper</a></div>`+"\n", 80) + "</footer>"
	page := strings.Replace(string(story), "<body>", "<body>"+around, 1)
	page = strings.Replace(page, "</body>", below+"</body>", 1)
	for name, data := range map[string][]byte{"whole": []byte(page), "story": story} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := intake.ParsePage("https://islandsbrief.example/x", data, intake.Selectors{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
