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

// importStories takes files, and what stands at addresses, into the store. A list
// of feeds holds no stories: it becomes the section of the configuration from
// which they come in.
func importStories(ctx context.Context, c *invocation) error {
	var file string
	var private bool
	f := c.flags(&file)
	f.BoolVar(&private, "allow-private", false, "fetch addresses from loopback and private networks too")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usageError("import takes files, folders or addresses")
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
	texts, err := readable(ctx, args, private)
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
	return importTexts(ctx, c, st.Merging(conf.SameStory), topics, texts)
}

// text is something that stories can be read from.
type text struct {
	name string // what tells it from others
	read func() ([]store.Story, error)
}

// readable gives what the arguments name: addresses, files, and those in folders.
func readable(ctx context.Context, args []string, private bool) ([]text, error) {
	var all []text
	for _, a := range args {
		if isAddress(a) {
			all = append(all, text{a, func() ([]store.Story, error) { return bot.LookAt(ctx, a, private) }})
			continue
		}
		files, err := intake.StoryFiles([]string{a})
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			all = append(all, text{f.Name, func() ([]store.Story, error) { return intake.ReadFile(f.Path) }})
		}
	}
	return all, nil
}

// importTexts takes each text in, and tells at the end what came of all.
func importTexts(ctx context.Context, c *invocation, st *store.Store, topics store.Topics, texts []text) error {
	bar := progress(c.stderr, len(texts))
	counts := map[store.Change]int{}
	var wrong []error
	for _, t := range texts {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := importText(ctx, st, topics, t, counts); err != nil {
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
	return someFailed(len(wrong), len(texts))
}

// importText takes in the stories of a text, and counts what that did. A story
// keeps the id that the text gives it.
func importText(ctx context.Context, st *store.Store, topics store.Topics, t text, counts map[store.Change]int) error {
	// What of a feed is no story holds up no other of its items.
	stories, wrong := t.read()
	ids := intake.FileIDs(importSource+":"+t.name, stories)
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
