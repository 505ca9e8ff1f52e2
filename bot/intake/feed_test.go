package intake_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"briefbot/bot/intake"
	"briefbot/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each form of feed gives its stories as they stand beside it.
func TestFeedForms(t *testing.T) {
	for _, name := range []string{"wire.rss", "coast.atom", "quay.json", "herald.rdf", "whole.rss"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", "feeds", name)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			stories, err := intake.ParseFeed(name, data)
			for _, s := range stories {
				b.Write(intake.WriteJSON(s))
			}
			if err != nil {
				b.WriteString(err.Error() + "\n")
			}
			golden(t, path+".golden", b.String())
		})
	}
}

// golden compares what people read with what it was.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: want -, got +:\n%s", path, diff)
	}
}

// rssOf is a feed with the given items.
func rssOf(items ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Küste</title>` + strings.Join(items, "") + `</channel></rss>`
}

// itemOf is an item of a feed.
func itemOf(id, title, text string) string {
	return "<item><title>" + title + "</title><guid isPermaLink=\"false\">" + id + "</guid><link>https://wire.example/" + id +
		"</link><description>" + text + "</description></item>"
}

func utf16Bytes(s string, big, mark bool) []byte {
	var b []byte
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

// A feed is read whatever its bytes are, and whatever is said of them.
func TestFeedBytes(t *testing.T) {
	text := rssOf(itemOf("1", "Fähre für alle", "Die Fähre fährt — für 5 € — wieder."), itemOf("2", "Zweite", "Zweiter Satz."))
	declare := func(encoding string) string { return strings.Replace(text, "UTF-8", encoding, 1) }
	latin, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	want, err := intake.ParseFeed("feed", []byte(text))
	if err != nil || len(want) != 2 || want[1].Headline != "Fähre für alle" {
		t.Fatalf("%v %v", want, err)
	}
	for name, data := range map[string][]byte{
		"UTF-8 with a mark":              []byte("\ufeff" + text),
		"UTF-16, little":                 utf16Bytes(declare("UTF-16"), false, true),
		"UTF-16, big":                    utf16Bytes(declare("UTF-16"), true, true),
		"UTF-16 without a mark":          utf16Bytes(declare("UTF-16LE"), false, false),
		"UTF-16, big, without a mark":    utf16Bytes(declare("utf-16"), true, false),
		"UTF-16 in name only":            []byte(declare("UTF-16")),
		"an encoding that nobody knows":  []byte(declare("x-quay-8")),
		"Latin-1 in name only":           []byte(declare("ISO-8859-1")),
		"Windows-1252":                   []byte(strings.Replace(latin, "UTF-8", "windows-1252", 1)),
		"Windows-1252, called Latin-1":   []byte(strings.Replace(latin, "UTF-8", "iso-8859-1", 1)),
		"Windows-1252, called UTF-8":     []byte(latin),
		"Windows-1252, called something": []byte(strings.Replace(latin, "UTF-8", "x-quay-8", 1)),
		"no declaration":                 []byte(text[strings.Index(text, "<rss"):]),
		"space before the declaration":   []byte("\r\n  " + text),
		"XML 1.1":                        []byte(strings.Replace(text, `version="1.0"`, `version="1.1"`, 1)),
		"control characters":             []byte(strings.Replace(text, "Die F", "\x01Die\x0b&#1;&#x1F;&#xFFFF; F", 1)),
		"junk behind the end":            []byte(text + "\n<!-- cached -->"),
	} {
		got, err := intake.ParseFeed("feed", data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}

	got, err := intake.ParseFeed("feed", []byte(strings.Replace(text, "Zweiter", "Zw\xe9iter", 1)))
	if err != nil || len(got) != 2 || got[1].Headline != "Fähre für alle" || got[0].Bullets[0].Text != "Zw\ufffditer Satz." {
		t.Errorf("one bad byte: %v %v", got, err)
	}

	jis, err := japanese.ISO2022JP.NewEncoder().String(rssOf(itemOf("1", "夜の船", "夜の船が戻る。")))
	jis = strings.ReplaceAll(jis, "K\x1aste", "Kuste")
	if err == nil {
		got, err = intake.ParseFeed("feed", []byte(strings.Replace(jis, "UTF-8", "iso-2022-jp", 1)))
		if err != nil || len(got) != 1 || got[0].Headline != "夜の船" {
			t.Errorf("ISO-2022-JP: %v %v", got, err)
		}
	}
}

// A feed that is cut off gives the items that are whole, and says so.
func TestFeedCutOff(t *testing.T) {
	xml := rssOf(itemOf("1", "One", "First."), itemOf("2", "Two", "Second."))
	atom := `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>` +
		`<entry><title>One</title><id>1</id><summary>First.</summary></entry><entry><title>Two</title><id>2</id><summary>Second.</summary></entry></feed>`
	json := `{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [` +
		`{"id": "1", "title": "One", "content_text": "First."}, {"id": "2", "title": "Two", "content_text": "Second."}]}`
	for name, text := range map[string]string{"RSS": xml, "Atom": atom, "JSON": json} {
		end := strings.Index(text, "Second.")
		for cut := strings.Index(text, "Two"); cut < end; cut++ {
			got, err := intake.ParseFeed("feed", []byte(text[:cut]))
			if len(got) != 1 || got[0].Headline != "One" || err == nil || !strings.Contains(err.Error(), "cut off") {
				t.Fatalf("%s cut off at %q: %v, %v", name, text[max(0, cut-20):cut], got, err)
			}
		}
		if got, err := intake.ParseFeed("feed", []byte(text[:strings.Index(text, "One")+3])); len(got) > 0 || err == nil {
			t.Errorf("%s cut off in the first item: %v, %v", name, got, err)
		}
	}
}

// What changes all the time is neither a new item nor a new text.
func TestFeedIdentity(t *testing.T) {
	one := func(item string) store.Story {
		t.Helper()
		got, err := intake.ParseFeed("feed", []byte(rssOf(item)))
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v %v", item, got, err)
		}
		return got[0]
	}
	for name, pair := range map[string][2]string{
		"a guid's tracking": {
			"<item><title>A</title><guid>https://a.example/x?id=1&amp;utm_source=rss</guid><description>Text.</description></item>",
			"<item><title>A</title><guid>https://a.example/x?utm_campaign=b&amp;id=1</guid><description>Text.</description></item>"},
		"a link's tracking, without a guid": {
			"<item><title>A</title><link>https://a.example/x?at_medium=rss</link><description>Text.</description></item>",
			"<item><title>A</title><link>https://a.example/x#xtor=RSS-1</link><description>Text.</description></item>"},
		"a date": {
			"<item><title>A</title><guid>x</guid><description>Text.</description><pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate></item>",
			"<item><title>A</title><guid>x</guid><description>Text.</description><pubDate>Tue, 03 Nov 2026 09:00:00 GMT</pubDate></item>"},
		"counters": {
			"<item><title>A</title><guid>x</guid><description>&lt;p&gt;Text.&lt;/p&gt;&lt;p&gt;Comments: 3&lt;/p&gt;&lt;p&gt;Points: 10&lt;/p&gt;</description></item>",
			"<item><title>A</title><guid>x</guid><description>&lt;p&gt;Text.&lt;/p&gt;&lt;p&gt;# Comments: 14&lt;/p&gt;&lt;p&gt;1,200 views&lt;/p&gt;</description></item>"},
	} {
		a, b := one(pair[0]), one(pair[1])
		if a.ID != b.ID {
			t.Errorf("%s: %s is not %s", name, a.ID, b.ID)
		}
		if b = store.KeepDates(a, b); !store.SameForReader(a, b) {
			t.Errorf("%s: %s", name, cmp.Diff(a, b))
		}
	}
	if a, b := one(itemOf("1", "A", "Text.")), one(itemOf("1", "A", "Text, changed.")); store.SameForReader(a, store.KeepDates(a, b)) {
		t.Error("a changed text is no change")
	}
}

func FuzzFeed(f *testing.F) {
	files, err := filepath.Glob("testdata/feeds/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if filepath.Ext(name) != ".golden" {
			f.Add(data)
			f.Add(data[:len(data)/2])
		}
	}
	f.Add(utf16Bytes(rssOf(itemOf("1", "A", "B")), true, true))
	f.Fuzz(func(t *testing.T, data []byte) {
		stories, err := intake.ParseFeed("feed", data)
		if len(stories) == 0 && err == nil && !bytes.Contains(data, []byte("<")) && !bytes.Contains(data, []byte("{")) {
			t.Error("no stories and no error")
		}
		for _, s := range stories {
			if s.ID == "" || len(s.ID) > 600 {
				t.Errorf("id %q", s.ID)
			}
			// What a feed gives is a story by the rules of story files.
			s.Date = store.Date{}
			for i := range s.Sources {
				s.Sources[i].Date = store.Date{}
			}
			if _, err := one(intake.ParseJSON("story", intake.WriteJSON(s))); err != nil {
				t.Errorf("%v\n%s", err, intake.WriteJSON(s))
			}
		}
	})
}

// An item that holds several stories gives each, and one that is too much for
// a story harms no other.
func TestFeedItemsOfSize(t *testing.T) {
	one := func(n string) string {
		return "<h2>Story " + n + "</h2><ul><li>Fact " + n + ".</li></ul><h3>Left narrative</h3><p>So " + n + ".</p><h3>Right narrative</h3><p>Or so.</p>"
	}
	stories, err := intake.ParseFeed("feed", []byte(rssOf(
		"<item><title>The week</title><guid>w1</guid><description><![CDATA["+one("A")+one("B")+"]]></description></item>",
		"<item><title>Long</title><guid>l</guid><link>https://wire.example/"+strings.Repeat("x", 1<<20)+"</link><description>Text.</description></item>",
		itemOf("2", "Fog until noon", "No boat leaves."))))
	var got []string
	for _, s := range stories {
		got = append(got, s.ID+" "+s.Headline)
	}
	slices.Sort(got)
	if want := []string{"2 Fog until noon", "w1 Story A", "w1#2 Story B"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err == nil || !strings.Contains(err.Error(), "1 of 4 items") || len(err.Error()) > 300 {
		t.Errorf("error %v", err)
	}
}
