package intake

import (
	"context"
	"fmt"
	"path"
	"strings"

	"briefbot/store"
)

// Source gives stories as they come and go.
type Source interface {
	Name() string
	// Run gives every story that is there, calls ready once after the first
	// look, then gives what changes. It returns nil once ctx has ended; any
	// other return is an error that waiting does not mend.
	Run(ctx context.Context, to Sink, ready func()) error
}

// Sink takes what a source finds. A source calls it from one goroutine.
type Sink interface {
	// Put takes a story that is new or may have changed; the sink decides
	// whether it is a revision. After an error the story is put again.
	Put(ctx context.Context, s store.Story) error
	// Moved tells that the story known by one id goes by another from now on:
	// its file was renamed.
	Moved(ctx context.Context, from, to string) error
	// Removed tells that the story with the id is gone from its source.
	Removed(ctx context.Context, id string) error
	// Problem takes what the operator or the editor should know: a file that
	// is no story, a folder that is missing. It is told once, and again only
	// if it changes.
	Problem(ctx context.Context, err error)
}

// parserFor gives the parser for files of that name; nil if they are no
// stories.
func parserFor(name string) func(name string, data []byte) (store.Story, error) {
	switch strings.ToLower(path.Ext(name)) {
	case ".txt":
		return ParseText
	case ".json":
		return ParseJSON
	case ".html", ".htm":
		return onlyStory
	}
	return nil
}

// onlyStory reads a file of HTML, which must hold one story.
func onlyStory(name string, data []byte) (store.Story, error) {
	stories, err := parseHTMLFile(name, data)
	switch {
	case err != nil:
		return store.Story{}, err
	case len(stories) > 1:
		return store.Story{}, &Error{File: name, Line: 1, Reason: fmt.Sprintf("%d stories in one file", len(stories)),
			Hint: "give each a file of its own"}
	}
	return stories[0], nil
}

// addTopics gives the story's topics and those of the source that it lacks.
func addTopics(own, more []string) []string {
	all := append([]string(nil), own...)
	for _, t := range more {
		if !containsFold(all, t) {
			all = append(all, t)
		}
	}
	return all
}

func containsFold(all []string, s string) bool {
	for _, a := range all {
		if strings.EqualFold(a, s) {
			return true
		}
	}
	return false
}
