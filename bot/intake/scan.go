package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// scan gives the story files that are in the folder now, by their paths, and
// sees to it that each folder is watched. whole is false if a folder could not
// be read: then nothing is known of what is missing.
//
// A link to a folder is followed after all real ones, and no folder is entered
// twice: so links that lead in circles end, and a file's path is its real one
// where it has one.
func (w *watch) scan(ctx context.Context) (found map[string]fs.FileInfo, whole bool) {
	found, whole = map[string]fs.FileInfo{}, true
	entered := map[string]bool{}
	var links []string

	var enter func(dir string)
	enter = func(dir string) {
		name := filepath.Join(w.Dir, filepath.FromSlash(dir))
		entries, err := w.enter(name, entered)
		if err != nil && dir == "" && w.watcher != nil {
			w.waitFor()
			entries, err = w.enter(name, entered) // it may have come meanwhile
		}
		switch missing := errors.Is(err, fs.ErrNotExist); {
		case missing && dir != "": // gone since it was listed
			return
		case missing:
			err = fmt.Errorf("folder %s is missing; its stories come in once it is made", w.Dir)
		}
		if err != nil {
			whole = false
			w.trouble(ctx, dir+"/", fmt.Errorf("source %s: %w", w.Name, err))
			return
		}
		delete(w.troubles, dir+"/")
		for _, e := range entries {
			at := path.Join(dir, e.Name())
			if temporary(e.Name()) || ctx.Err() != nil {
				continue
			}
			info, err := os.Stat(filepath.Join(name, e.Name()))
			switch {
			case err != nil: // a link that leads nowhere, or a file just gone
			case info.IsDir() && e.Type()&fs.ModeSymlink != 0:
				links = append(links, at)
			case info.IsDir():
				enter(at)
			case info.Mode().IsRegular() && isStory(e.Name()):
				found[at] = info
			case !w.passed[at]:
				w.passed[at] = true
				w.Log.Debug("passed over: no story file", "path", at)
			}
		}
	}
	enter("")
	for len(links) > 0 {
		next := links[0]
		links = links[1:]
		enter(next)
	}
	if whole && w.parent != "" {
		_ = w.watcher.Remove(w.parent) // it may be gone itself
		w.parent = ""
	}
	return found, whole
}

// enter lists a folder, unless that was done, and has it watched from before:
// what is made in between is then seen, by the list or by the event.
func (w *watch) enter(name string, entered map[string]bool) ([]fs.DirEntry, error) {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return nil, err
	}
	if real, err = filepath.Abs(real); err != nil || entered[real] {
		return nil, err
	}
	entered[real] = true
	if w.watcher != nil {
		if err := w.watcher.Add(name); err != nil {
			w.Log.Debug("no events from the folder: changes show at each rescan", "folder", name, "error", err)
		}
	}
	return os.ReadDir(name)
}

// waitFor watches the nearest folder that is there, for the source's to come.
func (w *watch) waitFor() {
	before := w.parent
	w.parent = filepath.Dir(w.Dir)
	for w.watcher.Add(w.parent) != nil && filepath.Dir(w.parent) != w.parent {
		w.parent = filepath.Dir(w.parent)
	}
	if before != "" && before != w.parent {
		_ = w.watcher.Remove(before) // it may be gone itself
	}
}

// temporary holds for what editors and copying programs leave beside a file
// while they write, and for what is hidden. Most of them end in something that
// no story file ends in: these are the others.
func temporary(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || strings.HasPrefix(name, "#")
}
