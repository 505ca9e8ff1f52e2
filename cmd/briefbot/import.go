package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"briefbot/bot"
	"briefbot/bot/intake"
	"briefbot/store"
)

// importSource is the name of the source that imported stories belong to.
const importSource = "import"

// importStories takes files into the store.
func importStories(ctx context.Context, c *invocation) error {
	var file string
	args, err := c.parse(c.flags(&file))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usageError("import takes files or folders")
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
		change, err := importFile(ctx, st, topics, f)
		if err != nil {
			wrong = append(wrong, err)
		} else {
			counts[change]++
		}
		bar.Add(1)
	}
	bar.Finish()
	for _, err := range wrong {
		fmt.Fprintln(c.stderr, "briefbot:", err)
	}
	fmt.Fprintf(c.stdout, "%d added, %d revised, %d unchanged, %d no stories\n",
		counts[store.Added], counts[store.Revised]+counts[store.Enriched], counts[store.Unchanged]+counts[store.Joined], len(wrong))
	switch {
	case len(wrong) == 0:
		return nil
	case len(wrong) < len(files):
		return &exit{code: exitPartial}
	}
	return &exit{code: exitFailed}
}

func importFile(ctx context.Context, st *store.Store, topics store.Topics, f intake.StoryFile) (store.Change, error) {
	s, err := intake.ReadFile(f.Path)
	if err != nil {
		return store.Unchanged, err
	}
	if s.ID == "" {
		s.ID = importSource + ":" + f.Name
	}
	s.Topics = topics.Of(s)
	_, change, err := st.PutStory(ctx, s, time.Now())
	return change, err
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
