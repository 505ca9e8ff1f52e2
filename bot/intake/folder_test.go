package intake_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot/intake"
	"briefbot/store"
)

// The times of the tests' folders: short, but long enough to write a file in.
const (
	settle = 30 * time.Millisecond
	never  = time.Hour
	// patience is how long a test waits for what must come.
	patience = 20 * time.Second
)

// sink hands on what a source gives, in words.
type sink struct {
	got     chan string
	stories chan store.Story
	refuse  chan error // what the next Put answers
}

func (s sink) Put(_ context.Context, story store.Story) error {
	select {
	case err := <-s.refuse:
		s.got <- "refused " + story.ID
		return err
	default:
	}
	s.stories <- story
	s.got <- "put " + story.ID + ": " + story.Headline
	return nil
}

func (s sink) Moved(_ context.Context, from, to string) error {
	s.got <- "moved " + from + " to " + to
	return nil
}

func (s sink) Removed(_ context.Context, id string) error {
	s.got <- "removed " + id
	return nil
}

func (s sink) Problem(_ context.Context, err error) { s.got <- "problem " + err.Error() }

// desk is a watched folder under test.
type desk struct {
	*testing.T
	dir  string
	sink sink
}

// open watches dir until the test ends, and waits for the first look.
func open(t *testing.T, dir string, rescan time.Duration) desk {
	d := desk{t, dir, sink{make(chan string, 100), make(chan store.Story, 100), make(chan error, 1)}}
	f := intake.NewFolder(intake.FolderOptions{
		Name: "desk", Dir: dir, Topics: []string{"World"}, Language: "en", Rescan: rescan, Settle: settle,
	})
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- f.Run(ctx, d.sink, func() { close(ready) }) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(patience):
			t.Error("the folder does not end")
		}
	})
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatal("the folder does not get ready")
	}
	return d
}

// expect waits for what comes next, in any order, and for nothing else.
func (d desk) expect(want ...string) {
	d.Helper()
	var got []string
	for range want {
		select {
		case s := <-d.sink.got:
			got = append(got, strings.ReplaceAll(s, d.dir, "DIR"))
		case <-time.After(patience):
			d.Fatalf("got only %q, want %q", got, want)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		d.Fatalf("got %q, want %q", got, want)
	}
}

// quiet proves that nothing comes of what was done before: a story that is
// written behind it and taken away again is all that comes, twice over, which
// takes longer than anything else may.
func (d desk) quiet() {
	d.Helper()
	for range 2 {
		d.write("last.txt", story("Last"))
		d.expect("put desk:last.txt: Last")
		must(d.T, os.Remove(d.path("last.txt")))
		d.expect("removed desk:last.txt")
	}
}

func story(headline string) string { return headline + "\n\n• A fact.\n" }

func (d desk) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// write writes a file in one step: on a slow machine, a file that is first emptied
// and then written can be seen empty. (TestFolderHalfWritten is about that.)
func (d desk) write(name, text string) {
	d.Helper()
	whole := filepath.Join(d.TempDir(), "whole")
	must(d.T, os.WriteFile(whole, []byte(text), 0o644))
	must(d.T, os.Rename(whole, d.path(name)))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFolderAtStart(t *testing.T) {
	dir := t.TempDir()
	d := desk{T: t, dir: dir}
	must(t, os.MkdirAll(filepath.Join(dir, "a", ".git"), 0o755))
	d.write("new.txt", "New\n\nTopics: coast, world\nLanguage: fr\n\n• A fact.")
	d.write("a/middle.TXT", story("Middle"))
	d.write("old.txt", story("Old"))
	d.write("b-old.txt", story("B"))
	d.write("whole.json", `{"id": "x", "headline": "JSON", "bullets": [{"text": "A fact."}], "revision": 7}`)
	for _, other := range []string{"picture.jpg", "README", ".hidden.txt", "~$new.txt", "#new.txt#", ".#new.txt",
		"new.txt~", "new.txt.swp", "new.txt.part", "4913", "a/.git/x.txt", "#draft.txt"} {
		d.write(other, story("No story"))
	}
	now := time.Now()
	for i, name := range []string{"old.txt", "b-old.txt", "a/middle.TXT", "whole.json", "new.txt"} {
		at := now.Add(time.Duration(max(i, 1)-100) * time.Hour) // the first two at once
		must(t, os.Chtimes(d.path(name), at, at))
	}
	d = open(t, dir, never)
	var ids []string
	var last store.Story
	for len(d.sink.stories) > 0 {
		last = <-d.sink.stories
		ids = append(ids, last.ID)
		if last.Revision != 0 {
			t.Errorf("%s has revision %d", last.ID, last.Revision)
		}
	}
	want := []string{"desk:b-old.txt", "desk:old.txt", "desk:a/middle.TXT", "desk:whole.json", "desk:new.txt"}
	if !slices.Equal(ids, want) {
		t.Errorf("got %q, want %q", ids, want)
	}
	if got := strings.Join(last.Topics, ","); got != "coast,world" || last.Language != "fr" {
		t.Errorf("topics %s, language %s", got, last.Language)
	}
	if len(d.sink.got) != len(want) {
		t.Errorf("%d calls for %d stories", len(d.sink.got), len(want))
	}
}

func TestFolderChanges(t *testing.T) {
	d := open(t, t.TempDir(), never)

	d.write("a.txt", story("One"))
	d.expect("put desk:a.txt: One")
	if s := <-d.sink.stories; !slices.Equal(s.Topics, []string{"World"}) || s.Language != "en" {
		t.Errorf("topics %v, language %s", s.Topics, s.Language)
	}

	d.write("a.txt", story("Two"))
	d.expect("put desk:a.txt: Two")

	// The same content again, and what editors leave, is nothing.
	d.write("a.txt", story("Two"))
	d.write(".a.txt.swp", story("No"))
	d.write("a.txt~", story("No"))
	d.quiet()

	// An atomic save is one change.
	d.write("a.txt.tmp", story("Three"))
	must(t, os.Rename(d.path("a.txt.tmp"), d.path("a.txt")))
	d.expect("put desk:a.txt: Three")

	// So is one by way of a backup.
	must(t, os.Rename(d.path("a.txt"), d.path("a.txt~")))
	d.write("a.txt", story("Four"))
	d.expect("put desk:a.txt: Four")
	d.quiet()

	must(t, os.Rename(d.path("a.txt"), d.path("b.txt")))
	d.expect("moved desk:a.txt to desk:b.txt") // and neither put nor removed
	d.quiet()

	must(t, os.Remove(d.path("b.txt")))
	d.expect("removed desk:b.txt")

	d.write("b.txt", story("Five"))
	d.expect("put desk:b.txt: Five")
}

func TestFolderBadFiles(t *testing.T) {
	d := open(t, t.TempDir(), settle)
	d.write("a.txt", "Only a headline")
	no := ": no bullets behind the headline; write each fact on a line of its own that begins with •, - or *"
	d.expect("problem DIR/a.txt:1" + no)
	d.quiet() // though it is looked at again and again

	d.write("a.txt", "\nOnly a headline")
	d.expect("problem DIR/a.txt:2" + no)

	d.write("a.txt", story("Now"))
	d.expect("put desk:a.txt: Now")

	// A story that turns bad stands as it was, until its file goes.
	d.write("a.txt", "")
	d.expect("problem DIR/a.txt:1: the file is empty; write a headline, then bullets that begin with •")
	must(t, os.Remove(d.path("a.txt")))
	d.expect("removed desk:a.txt")

	d.write("bad.json", `{"headline": 1}`)
	d.expect("problem DIR/bad.json:1:14: headline: want a text")
	must(t, os.Remove(d.path("bad.json")))
	d.quiet() // what never was a story is not taken back
}

// TestFolderHalfWritten writes a story in pieces, none of them later than the
// one before by as much as a file must rest.
func TestFolderHalfWritten(t *testing.T) {
	d := open(t, t.TempDir(), settle/4)
	f, err := os.Create(d.path("a.txt"))
	must(t, err)
	defer f.Close()
	piece := time.NewTicker(settle / 10)
	defer piece.Stop()
	began, last, pause := time.Now(), time.Now(), time.Duration(0)
	_, err = fmt.Fprint(f, "Headline\n\n")
	for n := 0; time.Since(began) < 6*settle; n++ {
		must(t, err)
		<-piece.C
		_, err = fmt.Fprintf(f, "• Fact %d.\n", n)
		pause, last = max(pause, time.Since(last)), time.Now()
	}
	_, err = fmt.Fprintln(f, "• Done.")
	must(t, err)
	if pause = max(pause, time.Since(last)); pause > settle/2 {
		t.Skipf("the machine is too slow to tell: it paused for %v", pause)
	}
	d.expect("put desk:a.txt: Headline")
	s := <-d.sink.stories
	if got := s.Bullets[len(s.Bullets)-1].Text; got != "Done." {
		t.Errorf("given when only %q was written", got)
	}
}

// TestFolderAwayForAMoment takes a file away for less than a file must rest,
// as some editors do when they save.
func TestFolderAwayForAMoment(t *testing.T) {
	d := open(t, t.TempDir(), settle/6)
	d.write("a.txt", story("One"))
	d.expect("put desk:a.txt: One")
	began := time.Now()
	must(t, os.Rename(d.path("a.txt"), d.path("a.txt~")))
	<-time.NewTimer(settle / 2).C
	d.write("a.txt", story("Two"))
	if away := time.Since(began); away > settle*3/4 {
		t.Skipf("the machine is too slow to tell: it was away for %v", away)
	}
	d.expect("put desk:a.txt: Two")
	d.quiet()
}

func TestFolderSubfolders(t *testing.T) {
	d := open(t, t.TempDir(), never)
	must(t, os.MkdirAll(d.path("2026/11"), 0o755))
	d.write("2026/11/a.txt", story("Deep"))
	d.expect("put desk:2026/11/a.txt: Deep")

	d.write("2026/11/b.txt", story("Watched"))
	d.expect("put desk:2026/11/b.txt: Watched")

	// A folder that is replaced by another of its name is watched too.
	must(t, os.RemoveAll(d.path("2026")))
	d.expect("removed desk:2026/11/a.txt", "removed desk:2026/11/b.txt")
	must(t, os.MkdirAll(d.path("2026/11"), 0o755))
	d.quiet()
	d.write("2026/11/c.txt", story("Again"))
	d.expect("put desk:2026/11/c.txt: Again")
}

func TestFolderMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet")
	d := open(t, dir, never)
	d.expect("problem source desk: folder DIR is missing; its stories come in once it is made")
	must(t, os.MkdirAll(dir, 0o755))
	d.write("a.txt", story("There"))
	d.expect("put desk:a.txt: There")

	// Stories are not taken back because their disk is not there.
	must(t, os.Rename(dir, dir+"-away"))
	d.expect("problem source desk: folder DIR is missing; its stories come in once it is made")
	must(t, os.Rename(dir+"-away", dir))
	d.quiet()
}

// TestFolderRescan changes what sends no event: the target of a link that lies
// outside.
func TestFolderRescan(t *testing.T) {
	outside := desk{T: t, dir: t.TempDir()}
	outside.write("a.txt", story("One"))
	dir := t.TempDir()
	must(t, os.Symlink(outside.path("a.txt"), filepath.Join(dir, "link.txt")))
	d := open(t, dir, 2*settle)
	d.expect("put desk:link.txt: One")
	outside.write("a.txt", story("Two"))
	d.expect("put desk:link.txt: Two")
}

func TestFolderLinks(t *testing.T) {
	outside := desk{T: t, dir: t.TempDir()}
	outside.write("o.txt", story("Outside"))
	dir := t.TempDir()
	d := desk{T: t, dir: dir}
	must(t, os.MkdirAll(d.path("z/y"), 0o755))
	d.write("z/y/a.txt", story("Inside"))
	for name, target := range map[string]string{
		"again": d.path("z"), "z/loop": dir, "z/y/self": d.path("z/y/self"), "nowhere.txt": d.path("gone.txt"),
		"out": outside.dir,
	} {
		must(t, os.Symlink(target, d.path(name)))
	}
	must(t, os.Symlink(dir, outside.path("back")))
	d = open(t, dir, never)
	d.expect("put desk:z/y/a.txt: Inside", "put desk:out/o.txt: Outside")
	d.quiet()
}

func TestFolderUnreadable(t *testing.T) {
	d := open(t, t.TempDir(), never)
	d.write("a.txt", story("Secret"))
	must(t, os.Chmod(d.path("a.txt"), 0))
	if f, err := os.Open(d.path("a.txt")); err == nil {
		f.Close()
		t.Skip("this user may read every file")
	}
	d.expect("problem read story: open DIR/a.txt: permission denied")
	must(t, os.Chmod(d.path("a.txt"), 0o644))
	d.expect("put desk:a.txt: Secret")
}

func TestFolderBadName(t *testing.T) {
	d := open(t, t.TempDir(), never)
	d.write("a\nb.txt", story("Two lines"))
	d.expect(`problem file name "a\nb.txt" holds characters that can't be shown; rename it`)
	d.quiet()
}

func TestFolderPutsAgainAfterError(t *testing.T) {
	d := open(t, t.TempDir(), settle)
	d.sink.refuse <- fmt.Errorf("the store is closed")
	d.write("a.txt", story("One"))
	d.expect("refused desk:a.txt", "put desk:a.txt: One")
	d.quiet()
}

// letter is a text of several stories, each a headline and a fact.
func letter(stories ...string) string {
	var b strings.Builder
	for _, s := range stories {
		headline, fact, _ := strings.Cut(s, "/")
		fmt.Fprintf(&b, "%s\n\nThe Facts\n\n• %s.\n\nSee sources\n\n", headline, fact)
	}
	return b.String()
}

// TestFolderSeveralStories edits a file that holds several stories: each stays
// itself, whatever becomes of the others.
func TestFolderSeveralStories(t *testing.T) {
	d := open(t, t.TempDir(), never)
	d.write("a.txt", letter("Rain/It rains"))
	d.expect("put desk:a.txt: Rain")

	d.write("a.txt", letter("Rain/It rains", "Fog/It is grey", "Snow/It snows"))
	d.expect("put desk:a.txt: Rain", "put desk:a.txt#fog: Fog", "put desk:a.txt#snow: Snow")

	// Another headline, or other facts, make no other story.
	d.write("a.txt", letter("Rain/It rains", "Thick Fog/It is grey", "Snow/It snowed"))
	d.expect("moved desk:a.txt#fog to desk:a.txt#thick-fog",
		"put desk:a.txt: Rain", "put desk:a.txt#thick-fog: Thick Fog", "put desk:a.txt#snow: Snow")

	// A new story at the top, and one less.
	d.write("a.txt", letter("Hail/It hails", "Rain/It rains", "Snow/It snowed"))
	d.expect("removed desk:a.txt#thick-fog", "moved desk:a.txt to desk:a.txt#rain",
		"put desk:a.txt: Hail", "put desk:a.txt#rain: Rain", "put desk:a.txt#snow: Snow")

	// What moves up takes the id that is free.
	d.write("a.txt", letter("Snow/It snowed", "Rain/It rains"))
	d.expect("removed desk:a.txt", "moved desk:a.txt#snow to desk:a.txt",
		"put desk:a.txt: Snow", "put desk:a.txt#rain: Rain")

	// A file that can't be read any more leaves its stories as they were.
	d.write("a.txt", "Snow")
	d.expect("problem DIR/a.txt:1: no bullets behind the headline; write each fact on a line of its own that begins with •, - or *")
	d.write("a.txt", letter("Snow/It snowed", "Rain/It rains"))
	d.expect("put desk:a.txt: Snow", "put desk:a.txt#rain: Rain")

	must(t, os.Rename(d.path("a.txt"), d.path("b.txt")))
	d.expect("moved desk:a.txt to desk:b.txt", "moved desk:a.txt#rain to desk:b.txt#rain")

	must(t, os.Remove(d.path("b.txt")))
	d.expect("removed desk:b.txt", "removed desk:b.txt#rain")
}

func TestFileIDs(t *testing.T) {
	all := []store.Story{{Headline: "First"}, {Headline: "Night Ferry, 9 Years On!"}, {Headline: "Night ferry: 9 years on"},
		{ID: "own:4", Headline: "Fourth"}, {Headline: "…"}, {Headline: strings.Repeat("long ", 40)}, {Headline: "Über Köln"}}
	want := []string{"d:f.json", "d:f.json#night-ferry-9-years-on", "d:f.json#night-ferry-9-years-on-2", "d:f.json#own-4",
		"d:f.json#5", "d:f.json#" + strings.TrimSuffix(strings.Repeat("long-", 16), "-"), "d:f.json#über-köln"}
	if got := intake.FileIDs("d:f.json", all); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
