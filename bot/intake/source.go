package intake

import (
	"context"
	"maps"
	"path"
	"slices"
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

// parsers read the forms of story files, by the ends of their names.
var parsers = map[string]func(name string, data []byte) ([]store.Story, error){
	".htm":   parseHTMLFile,
	".html":  parseHTMLFile,
	".txt":   ParseText,
	".md":    ParseMarkdown,
	".yaml":  ParseYAML,
	".yml":   ParseYAML,
	".json":  parseJSONFile,
	".jsonl": ParseJSON,
	".rss":   ParseFeed,
	".atom":  ParseFeed,
	".rdf":   ParseFeed,
	".xml":   ParseFeed,
}

// Remembers is a Sink that knows what the source told before the program began.
type Remembers interface {
	// Known gives the ids of the source's stories that were not taken back.
	Known(ctx context.Context) ([]string, error)
}

// ParserFor gives the parser for files of that name; nil if they are no
// stories. Stories may come beside an error, which tells of those in the file
// that are none.
func ParserFor(name string) func(name string, data []byte) ([]store.Story, error) {
	return parsers[strings.ToLower(path.Ext(name))]
}

// isStory holds for the name of a file that is a story when it stands in a
// folder: what tells people of the folder is none.
func isStory(name string) bool {
	base := strings.TrimSuffix(name, path.Ext(name))
	return ParserFor(name) != nil && !strings.EqualFold(base, "readme")
}

// Extensions gives the ends of story files' names, as in ".json or .txt".
func Extensions() string {
	all := slices.Sorted(maps.Keys(parsers))
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
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
