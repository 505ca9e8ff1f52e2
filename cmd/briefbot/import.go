package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"briefbot/bot"
	"briefbot/bot/intake"
	"briefbot/store"
)

// importSource is the name of the source that imported stories belong to.
const importSource = "import"

// importStories takes files into the store. A list of feeds holds no stories: it
// becomes the section of the configuration from which they come in.
func importStories(ctx context.Context, c *invocation) error {
	var file string
	args, err := c.parse(c.flags(&file))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usageError("import takes files or folders")
	}
	lists := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return !isOPML(a) })
	if len(lists) > 0 {
		if err := importFeeds(c, lists); err != nil {
			return err
		}
		if args = slices.DeleteFunc(args, isOPML); len(args) == 0 {
			return nil
		}
	}
	conf, err := loadConfig(file)
	if err != nil {
		return err
	}
	files, err := intake.StoryFiles(args)
	if err != nil {
		return err
	}
	st, err := bot.OpenStore(ctx, conf.Data)
	if err != nil {
		return hint(err, conf.Data)
	}
	defer st.Close()
	topics, err := conf.ByWords()
	if err != nil {
		return err
	}
	return importFiles(ctx, c, st.Merging(conf.SameStory), topics, files)
}

// importFiles takes each file in, and tells at the end what came of all.
func importFiles(ctx context.Context, c *invocation, st *store.Store, topics store.Topics, files []intake.StoryFile) error {
	bar := progress(c.stderr, len(files))
	counts := map[store.Change]int{}
	var wrong []error
	for _, f := range files {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := importFile(ctx, st, topics, f, counts); err != nil {
			wrong = append(wrong, err)
		}
		bar.Add(1)
	}
	bar.Finish()
	for _, err := range wrong {
		fmt.Fprintln(c.stderr, "briefbot:", err)
	}
	fmt.Fprintf(c.stdout, "%d added, %d revised, %d unchanged, %d no stories\n",
		counts[store.Added], counts[store.Revised]+counts[store.Enriched], counts[store.Unchanged]+counts[store.Joined], len(wrong))
	return someFailed(len(wrong), len(files))
}

// importFile takes in the stories of a file, and counts what that did. A story
// keeps the id that the file gives it.
func importFile(ctx context.Context, st *store.Store, topics store.Topics, f intake.StoryFile, counts map[store.Change]int) error {
	// What of a feed is no story holds up no other of its items.
	stories, wrong := intake.ReadFile(f.Path)
	ids := intake.FileIDs(importSource+":"+f.Name, stories)
	for i, s := range stories {
		s.ID = cmp.Or(s.ID, ids[i])
		s.Topics = topics.Of(s)
		_, change, err := st.PutStory(ctx, s, time.Now())
		if err != nil {
			return err
		}
		counts[change]++
	}
	return wrong
}

// progress is a bar on a terminal, and nothing elsewhere.
func progress(w io.Writer, n int) *progressbar.ProgressBar {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return progressbar.DefaultSilent(int64(n))
	}
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("importing"),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
}
