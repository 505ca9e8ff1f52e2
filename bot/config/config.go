package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"briefbot/store"
)

// Config is the configuration with every default filled in.
type Config struct {
	Data        string // folder of the data file
	Timezone    *time.Location
	Language    string
	SettleAfter time.Duration
	Keep        time.Duration // of the records of deliveries
	Contact     string        // who runs the bot, for those whose servers it asks
	Sources     []Source
	Topics      []Topic
	Outlets     []store.Outlet
	SameStory   store.Sameness
	Web         Web
	Discord     Discord
	Telegram    Telegram
	Questions   Questions
	Channels    []store.Channel
	// Subscriptions says which chats may get stories without being in Channels:
	// who manages them asks for it there.
	Subscriptions Subscriptions
	Allow         []string // ids of chats that need not be approved
	Log           Log
}

// Subscriptions are who may subscribe.
type Subscriptions string

// The values of Subscriptions.
const (
	Open     Subscriptions = "open"     // every chat
	Approved Subscriptions = "approved" // those that the operator approves
	Off      Subscriptions = "off"      // none
)

// Source is where stories come from: one of Dir, Feed, Page and Kagi is set.
type Source struct {
	Name     string
	Dir      string // a folder watched for story files
	Feed     string // the address of a feed
	Page     string // the address of a story's page
	Kagi     string // a category of Kagi News
	Topics   []string
	Language string
	// OnRemoved says what becomes of the posts of a story whose file is
	// removed: "keep" or "retract".
	OnRemoved string
	Rescan    time.Duration
	// The rest is for what is on the network.
	Every        time.Duration
	Follow       bool   // read the pages of a feed's items
	Require      string // None or Narratives
	AllowPrivate bool   // ask private addresses too
	APIURL       string // of Kagi News, without a slash at its end
	Selectors    Selectors
	// Include and Exclude are the patterns of the store.Filter of its stories.
	Include []string
	Exclude []string
}

// Selectors are CSS selectors that tell what is what on a story's page. Each
// may be empty.
type Selectors struct {
	Story, Drop, Headline, Bullets, Narratives, Sources, Date, Image, Credit, Topics string
}

// What a story from the network must have.
const (
	None       = "none"
	Narratives = "narratives"
)

// Topic is a topic that stories get by their words.
type Topic struct {
	Name  string
	Words []string // patterns, as store.ParsePattern reads them
}

// ByWords gives the topics that stories get by their words.
func (c *Config) ByWords() (store.Topics, error) {
	var all store.Topics
	for _, t := range c.Topics {
		if err := all.Add(t.Name, t.Words); err != nil {
			return store.Topics{}, err
		}
	}
	return all, nil
}

// Web is where the bot can be reached by HTTP.
type Web struct {
	Listen     string // empty: nowhere
	AdminToken Secret // of the API; without it, there is none
}

// APISource is the name of the source that the API's stories belong to.
const APISource = "api"

// Discord is how the bot is known there; without a token, not at all.
type Discord struct {
	Token  Secret
	APIURL string // without a slash at its end
	Rates  Rates  // only All
}

// Telegram is how the bot is known there; without a token, not at all.
type Telegram struct {
	Token  Secret
	APIURL string // without a slash at its end
	Rates  Rates
	Poll   time.Duration
	// AnswersLast is how long answers that a whole group sees stay; 0: for good.
	AnswersLast time.Duration
}

// Rates are how fast a platform lets a bot go.
type Rates struct {
	All   Rate // everything that the bot sends
	Chat  Rate // one chat
	Group Rate // one group or channel
}

// Questions are how much readers may ask.
type Questions struct {
	Reader Rate // one reader
	Chat   Rate // all in one chat in which the answers stand
}

// Log is how the program tells what it does.
type Log struct {
	Level  slog.Level
	Format string // "text" or "json"
}

// Checks are what only other packages know of a value.
type Checks struct {
	// Schedule reports what is wrong with a schedule's text; nil takes any.
	Schedule func(text string) error
	// Selector reports what is wrong with a CSS selector; nil takes any.
	Selector func(text string) error
	// Language reports that the bot has no words in a language, and in which it
	// has; nil takes any.
	Language func(code string) error
}

// maxSize bounds a configuration file: 100,000 channels take some ten megabytes.
// What is larger is a mistake in the path.
const maxSize = 64 << 20

// Load reads the configuration file at path. env looks a variable up, as
// os.LookupEnv does. What is wrong with the file's content is told in Errors.
func Load(path string, env func(string) (string, bool), checks Checks) (*Config, error) {
	data, err := readFile(path, maxSize)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the configuration: %w: start from a copy of config.example.yaml", err)
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(path, data, env, checks)
}

// Parse reads a configuration that stands in a file of the given name, or would
// stand there.
func Parse(name string, data []byte, env func(string) (string, bool), checks Checks) (*Config, error) {
	d := &decoder{
		file:   name,
		env:    env,
		checks: checks,
		bad:    map[string]bool{},
	}
	root := d.document(data)
	if root == nil {
		return nil, d.errs
	}
	var c Config
	d.root = root
	readFields(d, "", root, c.fields())
	c.check(d)
	if len(d.errs) > 0 {
		d.errs.sort()
		return nil, d.errs
	}
	return &c, nil
}

// Print writes the configuration as it is in effect, in the form of its file,
// with every secret masked.
func (c *Config) Print(w io.Writer) error {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(writeFields(c.fields())); err != nil {
		return fmt.Errorf("print the configuration: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// readFile reads a file that must be no larger than limit. What never ends, or
// waits for a writer, is no file.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "read", Path: path, Err: errors.New("is no file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("is larger than %d KiB", limit>>10)}
	}
	return data, err
}

// beside gives a path of the configuration file its place: relative to the
// file's folder.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(file), path)
}
