package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"briefbot/store"
	"briefbot/store/bolt"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// library is a store of stories, and the index that follows it, on a clock of
// their own.
type library struct {
	*testing.T
	store  *store.Store
	folder string
	index  *Index
	stop   func()
	log    bytes.Buffer
}

// inLibrary runs fn with a library of the stories given.
func inLibrary(t *testing.T, stories []store.Story, fn func(l *library)) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := &library{T: t, folder: folder}
		l.store = l.openStore("briefbot.db")
		for _, s := range stories {
			l.put(s)
		}
		l.open(l.store)
		defer func() {
			l.stop()
			l.store.Close()
		}()
		fn(l)
	})
}

func (l *library) openStore(name string) *store.Store {
	l.Helper()
	e, err := bolt.Open(filepath.Join(l.folder, name))
	if err != nil {
		l.Fatal(err)
	}
	st, err := store.Open(l.Context(), e, noon)
	if err != nil {
		l.Fatal(err)
	}
	return st
}

// open starts the index, and waits until it has nothing to do any more.
func (l *library) open(st Store) {
	l.Helper()
	var err error
	if l.index, err = New(filepath.Join(l.folder, "search.index"), st, slog.New(slog.NewTextHandler(&l.log, nil))); err != nil {
		l.Fatal(err)
	}
	ctx, cancel := context.WithCancel(l.Context())
	var parts sync.WaitGroup
	parts.Go(func() { l.index.Run(ctx) })
	l.stop = sync.OnceFunc(func() { cancel(); parts.Wait() })
	l.settle()
}

// settle waits until all that happened is indexed, and on disk.
func (l *library) settle() {
	time.Sleep(10 * time.Second)
	synctest.Wait()
}

// put takes in a story, an hour after the one before.
func (l *library) put(s store.Story) {
	l.Helper()
	if s.Language == "" {
		s.Language = "en"
	}
	if len(s.Bullets) == 0 {
		s.Bullets = []store.Bullet{{Text: "Nothing more is known."}}
	}
	if _, _, err := l.store.PutStory(l.Context(), s, noon); err != nil {
		l.Fatal(err)
	}
}

func (l *library) search(words string) store.Found {
	l.Helper()
	f, err := l.index.Search(l.Context(), words, 0, 20)
	if err != nil {
		l.Fatal(err)
	}
	return f
}

// finds checks what is found for the words, in order.
func (l *library) finds(words string, want ...string) {
	l.Helper()
	f := l.search(words)
	if !slices.Equal(f.IDs, want) || f.Total != len(want) || f.Built != 100 {
		l.Errorf("%s: found %q, %d in all, %d %% built; want %q", words, f.IDs, f.Total, f.Built, want)
	}
}

// Each language's words are found in other forms than those that the story has.
func TestWordsInAllForms(t *testing.T) {
	var stories []store.Story
	tests := []struct {
		language, headline, bullet string
		finds, misses              []string
	}{
		{"en", "Ferries return to Port Ansel", "The harbour's crews were paying for repairs.", []string{"ferry", "returned", "crew paid repair", "HARBOUR"}, []string{"ferment"}},
		{"de", "Die Nachtfähren kehren zurück", "Der Bürgermeister lobte die Häfen der Inseln.", []string{"nachtfahre", "hafen", "insel", "Bürgermeisters", "BURGERMEISTER"}, []string{"bürgen"}},
		{"fr", "Les traversées de nuit reprennent", "L'île attendait depuis des années les bateaux promis.", []string{"traversée", "ile", "année", "bateau"}, []string{"batiment"}},
		{"es", "Vuelven los barcos nocturnos", "Las islas celebraron la noticia con canciones.", []string{"barco", "isla", "canción", "cancion"}, []string{"barra"}},
		{"pt-BR", "Voltam as balsas noturnas", "Os moradores das ilhas comemoraram as decisões.", []string{"balsa", "morador", "ilha", "decisao"}, []string{"moradia"}},
		{"ru", "Ночные паромы возвращаются", "Жители островов радовались решению властей.", []string{"паром", "остров", "решения", "ПАРОМЫ"}, []string{"параграф"}},
		{"uk", "Нічні пороми повертаються", "Мешканці островів раділи рішенню.", []string{"пороми", "ОСТРОВІВ", "рішенню"}, []string{"порожні"}},
		{"ar", "عودة العبّارات الليلية", "فرح سكان الجزر بالقرارات.", []string{"عبارات", "جزر", "قرارات"}, []string{"مدرسة"}},
		{"hi", "रात की नौकाएँ लौटीं", "द्वीपों के लोगों ने फ़ैसले का स्वागत किया।", []string{"नौका", "द्वीप", "लोग"}, []string{"विद्यालय"}},
		{"zh", "夜间渡轮重返安塞尔港", "岛上居民欢迎这一决定。", []string{"渡轮", "安塞尔港", "居民", "岛"}, []string{"轮渡"}},
		{"nl", "De nachtveerboten keren terug", "Op de eilanden is men blij met het besluit.", []string{"nachtveerboten", "EILANDEN"}, []string{"eigendom"}},
	}
	for _, tt := range tests {
		stories = append(stories, store.Story{ID: tt.language, Language: tt.language, Headline: tt.headline, Bullets: []store.Bullet{{Text: tt.bullet}}})
	}
	inLibrary(t, stories, func(l *library) {
		for _, tt := range tests {
			for _, words := range tt.finds {
				if got := l.search(words).IDs; len(got) == 0 || got[0] != tt.language {
					l.Errorf("%s: %s finds %q", tt.language, words, got)
				}
			}
			for _, words := range tt.misses {
				if got := l.search(words).IDs; slices.Contains(got, tt.language) {
					l.Errorf("%s: %s finds it", tt.language, words)
				}
			}
		}
	})
}

// shelf of stories about Port Ansel, from the oldest to the newest.
func anselStories() []store.Story {
	on := func(day int) store.Date { return store.Day(2026, 10, day) }
	return []store.Story{
		{
			ID: "lighthouse", Headline: "Lighthouse of Port Ansel goes dark", Date: on(1), Topics: []string{"islands"},
			Bullets: []store.Bullet{{Text: "Marguerite Roe kept the light for forty years."}},
			Sources: []store.Source{{N: 1, Outlet: "Harbour Post", Title: "A light goes out"}},
		},
		{
			ID: "ferry", Headline: "Night ferry returns to Port Ansel", Date: on(9), Topics: []string{"Public transport", "islands"},
			Narratives: []store.Narrative{{Label: "Establishment-critical", Paragraphs: []string{"The council forgot the islands until the election."}}},
			Sources:    []store.Source{{N: 1, Outlet: "Sea Wire"}, {N: 2, Outlet: "Ansel Post"}},
		},
		{
			ID: "strike", Headline: "Harbour strike ends", Date: on(20), Topics: []string{"transport"},
			Bullets: []store.Bullet{{Text: "No ferry left for nine days, and the ansel of the port was silent."}},
		},
		{
			ID: "election", Headline: "Council election is called early", Date: store.Day(2027, 1, 1), Topics: []string{"politics"},
			Bullets: []store.Bullet{{Text: "The ferries may decide it."}},
		},
	}
}

func TestSearch(t *testing.T) {
	for _, tt := range []struct {
		name, words string
		want        []string
	}{
		{"the headline goes before what is newer", "ferry", []string{"ferry", "election", "strike"}},
		{"all words have to be there", "ferry election", []string{"election", "ferry"}},
		{"case and accents", "MARGUERITÉ", []string{"lighthouse"}},
		{"one wrong letter", "lightouse", []string{"lighthouse"}},
		{"two wrong letters in a long word", "Marguarita", []string{"lighthouse"}},
		{"one in a short word", "roes", []string{"lighthouse"}},
		{"too wrong", "Narguarita", nil},
		{"a short word is not guessed at", "rox", nil},
		{"no such word", "volcano", nil},
		{"a phrase", `"port ansel"`, []string{"ferry", "lighthouse"}},
		{"a phrase in other quotes", "„Night Ferry“", []string{"ferry"}},
		{"a phrase in the other order", `"ansel port"`, nil},
		{"a topic", "topic:islands", []string{"ferry", "lighthouse"}},
		{"words and a topic", "ferry topic:transport", []string{"ferry", "strike"}},
		{"a topic of two words", `topic:"public transport"`, []string{"ferry"}},
		{"an outlet", `outlet:"harbour post"`, []string{"lighthouse"}},
		{"a part of an outlet", "outlet:post", []string{"ferry", "lighthouse"}},
		{"words of an outlet", "sea wire", []string{"ferry"}},
		{"a day", "2026-10-09", []string{"ferry"}},
		{"a day with its key", "on:2026-10-09 ferry", []string{"ferry"}},
		{"a month", "on:2026-10", []string{"strike", "ferry", "lighthouse"}},
		{"from a day on", "ferry after:2026-10-20", []string{"election", "strike"}},
		{"before a day", "before:2026-10-09", []string{"lighthouse"}},
		{"a story dated ahead is as new as its coming in", "after:2026-11", []string{"election"}},
		{"between days", "after:2026-10-05 before:2026-10-15", []string{"ferry"}},
		{"days that exclude each other", "after:2026-10-15 before:2026-10-05", nil},
		{"nothing", "  ", nil},
		{"only signs", "?! :: \"\"", nil},
		{"markup", "<b>ferry</b> @everyone", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLibrary(t, anselStories(), func(l *library) { l.finds(tt.words, tt.want...) })
		})
	}
}

// What has the very words goes before what has words like them.
func TestNearSpellingsAreLast(t *testing.T) {
	stories := []store.Story{
		{ID: "exact", Headline: "News", Bullets: []store.Bullet{{Text: "The marten is back."}}},
		{ID: "near", Headline: "Martin is back"},
	}
	inLibrary(t, stories, func(l *library) {
		l.finds("marten", "exact", "near")
		for i := range few {
			l.put(store.Story{ID: fmt.Sprint("more", i), Headline: "Marten"})
		}
		l.settle()
		l.finds("marten", "more2", "more1", "more0", "exact")
	})
}

func TestPages(t *testing.T) {
	var stories []store.Story
	for i := range 25 {
		stories = append(stories, store.Story{ID: fmt.Sprint("s", i), Headline: "Fog over Pell"})
	}
	inLibrary(t, stories, func(l *library) {
		var all []string
		for from := 0; from < 30; from += 10 {
			f, err := l.index.Search(l.Context(), "fog", from, 10)
			if err != nil || f.Total != 25 {
				l.Errorf("from %d: %+v, %v", from, f, err)
			}
			all = append(all, f.IDs...)
		}
		for i, id := range all {
			if want := fmt.Sprint("s", 24-i); id != want {
				l.Errorf("at %d stands %s, want %s", i, id, want)
			}
		}
		if len(all) != 25 {
			l.Errorf("%d stories on all pages", len(all))
		}
		for _, from := range []int{-1, 25, maxFrom + 1, 1 << 62} {
			if f, err := l.index.Search(l.Context(), "fog", from, 10); err != nil || len(f.IDs) > 0 {
				l.Errorf("from %d: %q, %v", from, f.IDs, err)
			}
		}
	})
}

func TestSuggest(t *testing.T) {
	stories := append(anselStories(), store.Story{ID: "zh", Language: "zh", Headline: "夜间渡轮重返安塞尔港"})
	inLibrary(t, stories, func(l *library) {
		for words, want := range map[string][]string{
			"":           nil,
			"n":          {"ferry"},
			"ha":         {"strike"},
			"port":       {"ferry", "lighthouse"},
			"Port Ansel": {"ferry", "lighthouse"},
			"ansel PO":   {"ferry", "lighthouse"},
			"LIGHTHO":    {"lighthouse"},
			"ferry":      {"ferry"}, // in the headline
			"nighty":     nil,
			"渡轮":         {"zh"},
		} {
			got, err := l.index.Suggest(l.Context(), words, 5)
			if err != nil || !slices.Equal(got, want) {
				l.Errorf("%q: %q, %v; want %q", words, got, err, want)
			}
		}
		if got, _ := l.index.Suggest(l.Context(), "p", 1); len(got) != 1 {
			l.Errorf("at most one: %q", got)
		}
	})
}

// The index follows what becomes of the stories.
func TestFollows(t *testing.T) {
	inLibrary(t, anselStories(), func(l *library) {
		l.finds("volcano")
		l.put(store.Story{ID: "volcano", Headline: "Volcano wakes"})
		l.settle()
		l.finds("volcano", "volcano")
		l.put(store.Story{ID: "volcano", Headline: "Mountain wakes"})
		l.settle()
		l.finds("volcano")
		l.finds("mountain", "volcano")
		if err := l.store.RemoveStory(l.Context(), "volcano", false, noon); err != nil {
			l.Fatal(err)
		}
		if err := l.store.RemoveStory(l.Context(), "strike", true, noon); err != nil {
			l.Fatal(err)
		}
		l.settle()
		l.finds("mountain")
		l.finds("strike")
		l.put(store.Story{ID: "volcano", Headline: "Mountain wakes"})
		l.settle()
		l.finds("mountain", "volcano")
	})
}

// What happened while the index was not there is made up for.
func TestCatchesUp(t *testing.T) {
	inLibrary(t, anselStories(), func(l *library) {
		l.stop()
		l.put(store.Story{ID: "volcano", Headline: "Volcano wakes"})
		l.put(store.Story{ID: "ferry", Headline: "The boat is late"})
		if err := l.store.RemoveStory(l.Context(), "lighthouse", false, noon); err != nil {
			l.Fatal(err)
		}
		if err := l.store.RemoveStory(l.Context(), "strike", true, noon); err != nil {
			l.Fatal(err)
		}
		l.log.Reset()
		l.open(l.store)
		l.finds("volcano", "volcano")
		l.finds("boat", "ferry")
		l.finds("night")
		l.finds("lighthouse")
		l.finds("harbour")
		if !strings.Contains(l.log.String(), "added=2") {
			l.Errorf("not just what changed was indexed: %s", &l.log)
		}
	})
}

// A store that is older than the index, from a backup, is what is found.
func TestRestoredBackup(t *testing.T) {
	inLibrary(t, anselStories(), func(l *library) {
		if err := l.store.Backup(filepath.Join(l.folder, "old.db")); err != nil {
			l.Fatal(err)
		}
		l.put(store.Story{ID: "volcano", Headline: "Volcano wakes"})
		l.put(store.Story{ID: "ferry", Headline: "The boat is late"})
		l.settle()
		l.finds("boat", "ferry")
		l.stop()
		l.store.Close()
		l.store = l.openStore("old.db")
		if err := l.store.Restored(l.Context(), noon.Add(time.Hour)); err != nil {
			l.Fatal(err)
		}
		// The revision that the lost one also was.
		l.put(store.Story{ID: "strike", Headline: "Strike goes on"})
		l.open(l.store)
		l.finds("volcano")
		l.finds("boat")
		l.finds("night", "ferry")
		l.finds("strike", "strike")
	})
}

// stuck is a store that gives the first stories, and then nothing.
type stuck struct {
	*store.Store
	asked chan struct{}
}

func (s *stuck) StoriesBefore(ctx context.Context, seq uint64, limit int) ([]store.Entry, error) {
	if len(s.asked) == cap(s.asked) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.asked <- struct{}{}
	return s.Store.StoriesBefore(ctx, seq, 2)
}

// While the index is built, what it has is found, the newest first; and a build
// that ends in the middle goes on where it was.
func TestBuilding(t *testing.T) {
	inLibrary(t, anselStories(), func(l *library) {
		l.stop()
		if err := os.RemoveAll(filepath.Join(l.folder, "search.index")); err != nil {
			l.Fatal(err)
		}
		l.open(&stuck{l.store, make(chan struct{}, 1)})
		if f := l.search("ferry"); !slices.Equal(f.IDs, []string{"election", "strike"}) || f.Built != 50 {
			l.Errorf("in the middle: %+v", f)
		}
		l.stop()
		if f := l.search("ferry"); f.Built != 0 || len(f.IDs) > 0 {
			l.Errorf("stopped: %+v", f)
		}
		l.log.Reset()
		l.open(l.store)
		l.finds("ferry", "ferry", "election", "strike")
		if !strings.Contains(l.log.String(), "added=2") {
			l.Errorf("it began anew: %s", &l.log)
		}
	})
}

// An index as a crash leaves it, at any instant, is made good.
func TestCrash(t *testing.T) {
	for instant := range 12 {
		inLibrary(t, nil, func(l *library) {
			stories := anselStories()
			for i := range 20 * (instant + 1) {
				stories = append(stories, store.Story{ID: fmt.Sprint("fog", i), Headline: fmt.Sprint("Fog number ", i)})
			}
			index := filepath.Join(l.folder, "search.index")
			crashed := filepath.Join(l.folder, "crashed")
			var copies sync.WaitGroup
			for i, s := range stories {
				l.put(s)
				if i == len(stories)-1-instant {
					copies.Go(func() { copyFolder(l.T, index, crashed) })
				}
				if i%10 == instant%10 {
					time.Sleep(gather + time.Duration(instant))
				}
			}
			copies.Wait()
			l.stop()
			if err := errors.Join(os.RemoveAll(index), os.Rename(crashed, index)); err != nil {
				l.Fatal(err)
			}
			l.open(l.store)
			l.finds("night", "ferry")
			if f := l.search("fog"); f.Total != len(stories)-4 || f.Built != 100 {
				l.Errorf("instant %d: %d of %d found, %d %% built", instant, f.Total, len(stories)-4, f.Built)
			}
		})
	}
}

// copyFolder copies what stands in a folder now, while others write there.
func copyFolder(t *testing.T, from, to string) {
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Error(err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		t.Error(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(from, f.Name()))
		if errors.Is(err, os.ErrNotExist) {
			continue // merged meanwhile
		}
		if err := errors.Join(err, os.WriteFile(filepath.Join(to, f.Name()), b, 0o600)); err != nil {
			t.Error(err)
		}
	}
}

// An index that is damaged, or of another version, is built anew, and the log
// says why.
func TestDamaged(t *testing.T) {
	change := func(pattern string, how func(b []byte) []byte) func(l *library) {
		return func(l *library) {
			files, err := filepath.Glob(filepath.Join(l.folder, "search.index", pattern))
			if err != nil || len(files) == 0 {
				l.Fatalf("no file %s: %v", pattern, err)
			}
			for _, path := range files {
				b, err := os.ReadFile(path)
				if err != nil {
					l.Fatal(err)
				}
				if err := os.WriteFile(path, how(b), 0o600); err != nil {
					l.Fatal(err)
				}
			}
		}
	}
	flip := func(b []byte) []byte { b[len(b)/3] ^= 0x40; return b }
	half := func(b []byte) []byte { return b[:len(b)/2] }
	none := func([]byte) []byte { return nil }
	noise := func(b []byte) []byte { return bytes.Repeat([]byte("noise"), len(b)/5+1) }
	for _, tt := range []struct {
		name, says string
		damage     func(l *library)
	}{
		{"a flipped bit", "damaged", change("*.zap", flip)},
		{"half a file", "damaged", change("*.zap", half)},
		{"an empty file", "damaged", change("*.zap", none)},
		{"noise", "damaged", change("*.zap", noise)},
		{"a missing file", "damaged", func(l *library) {
			files, _ := filepath.Glob(filepath.Join(l.folder, "search.index", "*.zap"))
			if err := os.Remove(files[0]); err != nil {
				l.Fatal(err)
			}
		}},
		{"half a root", "damaged", change("root.bolt", half)},
		{"noise for a root", "damaged", change("root.bolt", noise)},
		{"no folder", "damaged", func(l *library) {
			path := filepath.Join(l.folder, "search.index")
			if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, []byte("a file"), 0o600)); err != nil {
				l.Fatal(err)
			}
		}},
		{"another version", `it has form \"0\"`, func(l *library) {
			s, err := openShelf(filepath.Join(l.folder, "search.index"), func(error) {})
			if err != nil {
				l.Fatal(err)
			}
			if err := s.index.SetInternal(keyForm, []byte("0")); err != nil {
				l.Fatal(err)
			}
			l.settle()
			if err := s.close(); err != nil {
				l.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLibrary(t, anselStories(), func(l *library) {
				l.stop()
				tt.damage(l)
				l.log.Reset()
				l.open(l.store)
				l.finds("ferry", "ferry", "election", "strike")
				// An older state of the index that is left may do as well.
				log := l.log.String()
				anew := strings.Contains(log, "the search is built anew")
				if anew && !strings.Contains(log, tt.says) {
					l.Errorf("the log says %q", log)
				}
				l.stop()
				l.log.Reset()
				l.open(l.store)
				l.finds("ferry", "ferry", "election", "strike")
				if anew && strings.Contains(l.log.String(), "anew") {
					l.Errorf("it is built anew once more: %s", &l.log)
				}
			})
		})
	}
}

// What words become is part of the index's form: whoever changes it, or takes a
// library that does, has to raise the form, so that old indexes are built anew.
func TestForm(t *testing.T) {
	all, err := newStemmers()
	if err != nil {
		t.Fatal(err)
	}
	h := fnv.New64a()
	for _, s := range append(anselStories(),
		store.Story{Language: "de", Headline: "Die Häfen der Inseln grüßen"}, store.Story{Language: "fr", Headline: "L'île attendait les bateaux"},
		store.Story{Language: "es", Headline: "Vuelven los barcos"}, store.Story{Language: "pt", Headline: "Voltam as balsas"},
		store.Story{Language: "ru", Headline: "Ночные паромы возвращаются"}, store.Story{Language: "ar", Headline: "عودة العبّارات"},
		store.Story{Language: "hi", Headline: "नौकाएँ लौटीं"}, store.Story{Language: "zh", Headline: "夜间渡轮"},
	) {
		for _, f := range newDocument(store.Entry{Story: s, Arrived: noon, Seq: 7}, all).Fields {
			var terms []string
			for t := range f.AnalyzedTokenFrequencies() {
				terms = append(terms, t)
			}
			slices.Sort(terms)
			fmt.Fprintf(h, "%s %q\n", f.Name(), terms)
		}
	}
	if got, want := fmt.Sprintf("%s: %x", form, h.Sum64()), "1: b567a39e8f0a56e7"; got != want {
		t.Errorf("got %q, want %q: if words become other terms, raise the form", got, want)
	}
}
