package intake

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"briefbot/store"
)

// StoryFile is a file that may hold a story.
type StoryFile struct {
	Path string
	// Name tells it from others: its path within the folder that was named,
	// with slashes, or the file's own name.
	Name string
}

// StoryFiles gives the story files among paths, and within those of them that
// are folders. What is named itself must be a story file; within a folder other
// files are passed over.
func StoryFiles(paths []string) ([]StoryFile, error) {
	var all []StoryFile
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return nil, err
		case info.IsDir():
			found, err := within(p)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		case ParserFor(p) == nil:
			return nil, noForm(p)
		default:
			all = append(all, StoryFile{p, filepath.Base(p)})
		}
	}
	return all, nil
}

func within(dir string) ([]StoryFile, error) {
	var all []StoryFile
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && temporary(d.Name()) && d.IsDir():
			return filepath.SkipDir
		case d.IsDir() || temporary(d.Name()) || !isStory(d.Name()):
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			all = append(all, StoryFile{path, filepath.ToSlash(name)})
		}
		return err
	})
	return all, err
}

// ReadFile reads the stories in a file of any form. Stories may come beside an
// error, which tells of those that are none.
func ReadFile(path string) ([]store.Story, error) {
	parse := ParserFor(path)
	if parse == nil {
		return nil, noForm(path)
	}
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, data)
}

func noForm(path string) error {
	return fmt.Errorf("%s: no story file: its name must end in %s", path, Extensions())
}
