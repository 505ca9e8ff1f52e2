package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fsnotify/fsnotify"

	"briefbot/store"
)

// The times of a folder where its options give none.
const (
	defaultRescan = time.Minute
	defaultSettle = 500 * time.Millisecond
)

// coarse is how far apart two writes may be and still have the same time on a
// coarse file system (FAT counts in steps of two seconds).
const coarse = 2 * time.Second

// FolderOptions say which folder is a source, and of what.
type FolderOptions struct {
	Name     string   // the source's name: the beginning of its stories' ids
	Dir      string   // watched with its subfolders; may be made later
	Topics   []string // given to each story beside its own
	Language string   // of stories that name none
	// Rescan is how often all is looked at without an event: network file
	// systems send none. Default: a minute.
	Rescan time.Duration
	// Settle is how long a file must have stayed as it is to count as written.
	// Default: half a second.
	Settle time.Duration
	Log    *slog.Logger
}

// Folder is the source of the story files in a folder. A story's id is its
// file's path within it, with something of its own behind it where the file
// holds several.
type Folder struct{ o FolderOptions }

// NewFolder makes the source of a folder.
func NewFolder(o FolderOptions) *Folder {
	o.Rescan = cmp.Or(o.Rescan, defaultRescan)
	o.Settle = cmp.Or(o.Settle, defaultSettle)
	o.Dir = filepath.Clean(o.Dir)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("source", o.Name)
	return &Folder{o}
}

// Name is the source's name.
func (f *Folder) Name() string { return f.o.Name }

// Run looks at the folder and then watches it, as Source tells. Events only
// say that it is worth looking: what changed is found by comparing files with
// what they were at the last look, so that lost events cost time, not stories.
func (f *Folder) Run(ctx context.Context, to Sink, ready func()) error {
	w := watch{
		FolderOptions: f.o,
		to:            to,
		files:         map[string]*file{},
		troubles:      map[string]string{},
		passed:        map[string]bool{},
	}
	var events chan fsnotify.Event
	var failures chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		w.Log.Warn("no events from the file system: changes show at each rescan", "rescan", f.o.Rescan, "error", err)
	} else {
		defer watcher.Close()
		w.watcher, events, failures = watcher, watcher.Events, watcher.Errors
	}

	soon := time.NewTimer(f.o.Settle)
	defer soon.Stop()
	waiting := w.look(ctx) // whether soon is set
	if waiting {           // what was written just now has to settle first
		select {
		case <-soon.C:
		case <-ctx.Done():
		}
		waiting = w.look(ctx)
	}
	if ctx.Err() != nil {
		return nil
	}
	w.remember(ctx)
	ready()

	if soon.Stop(); waiting {
		soon.Reset(f.o.Settle)
	}
	rescan := time.NewTicker(f.o.Rescan)
	defer rescan.Stop()
	for {
		look := false
		select {
		case <-ctx.Done():
			return nil
		case e := <-events:
			if matters(e) && !waiting {
				soon.Reset(f.o.Settle)
				waiting = true
			}
		case err := <-failures: // events were lost
			w.Log.Debug("watch folder", "error", err)
			look = true
		case <-soon.C:
			look = true
		case <-rescan.C:
			look = true
		}
		if look {
			soon.Stop()
			if waiting = w.look(ctx); waiting {
				soon.Reset(f.o.Settle)
			}
		}
	}
}

// matters reports whether an event may be a story's, or a folder's.
func matters(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return !temporary(name) && (isStory(name) || e.Has(fsnotify.Create|fsnotify.Remove|fsnotify.Rename))
}

// watch is one run over a folder.
type watch struct {
	FolderOptions
	to       Sink
	watcher  *fsnotify.Watcher // nil if there are no events
	parent   string            // what is watched while the folder is missing
	files    map[string]*file  // by path within the folder
	troubles map[string]string // what is wrong now, by path
	passed   map[string]bool   // files that are no stories, told once
	whole    bool              // the last look saw everything
}

// file is what is known of a file.
type file struct {
	info fs.FileInfo       // as it was at the last look
	seen time.Time         // since when it is so
	read time.Time         // when it was read so; zero if it was not
	sum  [sha256.Size]byte // of what was read
	put  []given           // the stories that it has given
	gone time.Time         // since when it is missing; zero if it is there
}

// look compares the folder with what was known of it, and gives what settled.
// It reports whether to look again soon.
func (w *watch) look(ctx context.Context) (again bool) {
	now := time.Now()
	found, whole := w.scan(ctx)
	var due []string
	for path, info := range found {
		f := w.files[path]
		if f == nil {
			f = &file{}
			w.files[path] = f
		}
		f.gone = time.Time{}
		if f.info == nil || !unchanged(f.info, info) {
			f.info, f.seen, f.read = info, now, time.Time{}
		}
		age := now.Sub(info.ModTime())
		switch {
		case !f.read.IsZero() && f.read.Sub(info.ModTime()) > coarse:
		case age < w.Settle && now.Sub(f.seen) < w.Settle:
			again = true
		default:
			due = append(due, path)
		}
	}
	if w.whole = whole; whole {
		w.missed(found, now)
	}
	slices.SortFunc(due, func(a, b string) int {
		return cmp.Or(found[a].ModTime().Compare(found[b].ModTime()), strings.Compare(a, b))
	})
	for _, path := range due {
		if ctx.Err() != nil {
			return false
		}
		w.read(ctx, path, w.files[path])
	}
	if whole && w.takeBack(ctx, now) {
		again = true
	}
	return again
}

func unchanged(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}

// missed notes which files are not there.
func (w *watch) missed(found map[string]fs.FileInfo, now time.Time) {
	for path, f := range w.files {
		if _, there := found[path]; !there && f.gone.IsZero() {
			f.gone = now
		}
	}
}

// takeBack takes back the files that are gone for good: editors take a file
// away for a moment when they save.
func (w *watch) takeBack(ctx context.Context, now time.Time) (again bool) {
	for path, f := range w.files {
		switch {
		case f.gone.IsZero():
		case now.Sub(f.gone) < w.Settle:
			again = true
		default:
			if !w.remove(ctx, f, nil) {
				continue
			}
			delete(w.files, path)
			delete(w.troubles, path)
		}
	}
	return again
}

// remember takes back the stories whose files went while nobody looked. It needs
// a look that saw everything: a folder that is not there has lost nothing.
func (w *watch) remember(ctx context.Context) {
	to, ok := w.to.(Remembers)
	if !ok || !w.whole {
		return
	}
	known, err := to.Known(ctx)
	if err != nil {
		w.Log.Error("files that went meanwhile are not noticed", "error", err)
		return
	}
	for _, id := range known {
		if w.there(id) {
			continue
		}
		if err := w.to.Removed(ctx, id); err != nil {
			w.Log.Error("take back story", "id", id, "error", err)
		}
	}
}

// there reports whether the file of a story is there, and may hold it still:
// what could not be read says nothing.
func (w *watch) there(id string) bool {
	path, _, _ := strings.Cut(strings.TrimPrefix(id, w.Name+":"), "#")
	f := w.files[path]
	if f == nil || !f.gone.IsZero() {
		return false
	}
	return f.read.IsZero() || w.troubles[path] != "" || slices.ContainsFunc(f.put, func(g given) bool { return g.id == id })
}

// remove takes back those of a file's stories that stay says no of, and reports
// whether all of them could be.
func (w *watch) remove(ctx context.Context, f *file, stay map[string]bool) bool {
	var kept []given
	all := true
	for _, g := range f.put {
		if !stay[g.id] {
			err := w.to.Removed(ctx, g.id)
			if err == nil {
				continue
			}
			w.Log.Error("take back story", "id", g.id, "error", err)
			all = false
		}
		kept = append(kept, g)
	}
	f.put = kept
	return all
}

// renamed finds the missing file that had a new file's content: the same story
// under another name.
func (w *watch) renamed(sum [sha256.Size]byte) (path string, ok bool) {
	for path, f := range w.files {
		if !f.gone.IsZero() && len(f.put) > 0 && f.sum == sum {
			return path, true
		}
	}
	return "", false
}

// read reads a file and gives its story, if it is not what it was.
func (w *watch) read(ctx context.Context, path string, f *file) {
	name := filepath.Join(w.Dir, filepath.FromSlash(path))
	if err := checkName(path); err != nil {
		w.trouble(ctx, path, err)
		f.read = time.Now()
		return
	}
	data, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return // the next look will miss it
	}
	f.read = time.Now()
	if err != nil {
		f.sum = [sha256.Size]byte{}
		w.trouble(ctx, path, err)
		return
	}
	sum := sha256.Sum256(data)
	if sum == f.sum {
		return
	}
	if from, ok := w.renamed(sum); ok && len(f.put) == 0 {
		if w.move(ctx, w.files[from], path) {
			f.sum, f.put = sum, w.files[from].put
			delete(w.files, from)
		} else {
			f.read = time.Time{}
		}
		return
	}
	f.sum = sum
	delete(w.troubles, path)
	stories, err := ParserFor(path)(name, data)
	if err != nil {
		w.trouble(ctx, path, err)
	}
	if len(stories) == 0 {
		return
	}
	if !w.give(ctx, path, f, stories) {
		f.sum, f.read = [sha256.Size]byte{}, time.Time{}
	}
}

// move tells that a file's stories are known by another path from now on.
func (w *watch) move(ctx context.Context, f *file, path string) bool {
	for i, g := range f.put {
		to := w.id(path)
		if _, own, ok := strings.Cut(g.id, "#"); ok && i > 0 {
			to += "#" + own
		}
		if to != g.id && !w.moveOne(ctx, &f.put[i], to) {
			return false
		}
	}
	return true
}

func (w *watch) moveOne(ctx context.Context, g *given, to string) bool {
	if err := w.to.Moved(ctx, g.id, to); err != nil {
		w.Log.Error("rename story", "id", g.id, "error", err)
		return false
	}
	g.id = to
	return true
}

// give gives the stories that a file has now, and takes back those that it had.
// It reports whether all went well; if not, it can be called again.
func (w *watch) give(ctx context.Context, path string, f *file, stories []store.Story) bool {
	now := make([]given, len(stories))
	for i, id := range FileIDs(w.id(path), stories) {
		now[i] = newGiven(id, stories[i])
	}
	stay := map[string]bool{}
	for _, j := range edited(f.put, now) {
		if j >= 0 {
			stay[f.put[j].id] = true
		}
	}
	if !w.remove(ctx, f, stay) {
		return false
	}
	was := edited(f.put, now) // of those that are left
	if !w.rename(ctx, f, was, now) {
		return false
	}
	for i, s := range stories {
		s.ID, s.Revision, s.Updated = now[i].id, 0, time.Time{}
		s.Topics = addTopics(s.Topics, w.Topics)
		s.Language = cmp.Or(s.Language, w.Language)
		if err := w.to.Put(ctx, s); err != nil {
			w.Log.Error("put story", "id", s.ID, "error", err)
			return false
		}
		if was[i] < 0 {
			f.put = append(f.put, now[i])
		}
	}
	f.put = now
	return true
}

// rename tells which stories go by other ids now. An id that another story
// still has waits until that one has moved on.
func (w *watch) rename(ctx context.Context, f *file, was []int, now []given) bool {
	held := map[string]bool{}
	for _, g := range f.put {
		held[g.id] = true
	}
	for again := true; again; {
		again = false
		for i, j := range was {
			if j < 0 || held[now[i].id] { // by itself, or by another
				continue
			}
			delete(held, f.put[j].id)
			if !w.moveOne(ctx, &f.put[j], now[i].id) {
				return false
			}
			held[now[i].id], again = true, true
		}
	}
	return true
}

func (w *watch) id(path string) string { return w.Name + ":" + path }

// trouble tells what is wrong at a path, unless that was told already.
func (w *watch) trouble(ctx context.Context, path string, err error) {
	if w.troubles[path] != err.Error() {
		w.troubles[path] = err.Error()
		w.to.Problem(ctx, err)
	}
}

// checkName reports what keeps a path from being part of an id.
func checkName(path string) error {
	if !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl) {
		return fmt.Errorf("file name %q holds characters that can't be shown; rename it", path)
	}
	return nil
}

// readFile reads a regular file, and a byte more than is allowed at most: the
// parser then says that it is too large.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read story: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPage+1))
	if err != nil {
		return nil, fmt.Errorf("read story %s: %w", name, err)
	}
	return data, nil
}
