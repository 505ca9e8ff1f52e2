package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"briefbot/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// checks stand in for bot/schedule, bot/intake and bot/brief, which this package
// must not know.
var checks = Checks{Schedule: func(text string) error {
	if strings.HasPrefix(text, "@") || len(strings.Fields(text)) >= 5 {
		return nil
	}
	return fmt.Errorf("expected 5 fields in %q", text)
}, Selector: func(text string) error {
	if strings.Count(text, "[") != strings.Count(text, "]") {
		return errors.New("nothing closes the bracket")
	}
	return nil
}, Language: func(code string) error {
	if code == "tlh" {
		return errors.New("want one of en, de")
	}
	return nil
}}

var variables = map[string]string{
	"DISCORD_TOKEN":  "disc-0rd",
	"TELEGRAM_TOKEN": "tele-gr4m",
	"EMPTY":          "",
	"BROKEN":         "a\xffb",
	"LIMIT":          "many",

	"BRIEFBOT_ADMIN_TOKEN": "adm-1n",
	"FOLDER":               "news",
}

func env(name string) (string, bool) {
	v, ok := variables[name]
	return v, ok
}

func parse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("config.yaml", []byte(text), env, checks)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const small = `
sources: [{name: desk, dir: stories}]
discord: {token: "${DISCORD_TOKEN}"}
channels: [{name: world, discord: "1122"}]
`

func TestDefaults(t *testing.T) {
	got := parse(t, small)
	want := &Config{
		Data:        "data",
		Timezone:    time.UTC,
		Language:    "en",
		SettleAfter: 30 * time.Second,
		Keep:        90 * 24 * time.Hour,
		Sources:     []Source{{Name: "desk", Dir: "stories", Language: "en", OnRemoved: "keep", Rescan: time.Minute}},
		SameStory:   store.Sameness{Alike: 0.5, Within: 48 * time.Hour},
		Web:         Web{Listen: "127.0.0.1:8080"},
		Discord:     Discord{Token: NewSecret("disc-0rd"), APIURL: "https://discord.com", Rates: Rates{All: Rate{50, time.Second}}},
		Telegram: Telegram{
			APIURL: "https://api.telegram.org",
			Rates:  Rates{Rate{30, time.Second}, Rate{1, time.Second}, Rate{20, time.Minute}},
			Poll:   50 * time.Second,
		},
		Questions: Questions{Reader: Rate{30, time.Minute}, Chat: Rate{60, time.Minute}},
		Channels: []store.Channel{{
			Name: "world", Chat: store.Chat{Platform: store.Discord, ID: "1122"},
			Schedule: "@every 15m", Timezone: "UTC", Language: "en", Mode: store.Each, Limit: 10, Backfill: 1,
			CatchUp: 6 * time.Hour, MaxAge: 72 * time.Hour, Updates: "edit", Uncertain: "resend",
		}},
		Subscriptions: Open,
		Log:           Log{Level: slog.LevelInfo, Format: "text"},
	}
	compare(t, got, want)
}

const large = `
data: /var/lib/briefbot
timezone: Asia/Tokyo
language: ja
settle_after: 1m30s
contact: desk@ferry.example
sources:
  - name: desk
    dir: ${FOLDER}/in
    topics: [world, "null"]
    language: pt-br
    on_removed: retract
    rescan: 1h30m
    include: [night ferry, "/rail(way)?s?/"]
    exclude: [Café]
  - {name: "12", dir: "cost $${FOLDER}"}
  - name: wire
    feed: https://wire.example/all.atom?page=1
    every: 5m
    follow: true
    require: narratives
    allow_private: true
  - name: front
    page: https://ferry.example/42
    selectors: {story: "article.story", drop: .ad, headline: h1, bullets: li, narratives: section,
      sources: "ol > li", date: time, image: figure, credit: .by, topics: .tag}
  - {name: kagi, kagi: world, language: de}
topics:
  - {name: transport, words: [ferry, '/\$${2}/']}
questions: {reader: off, chat: 5/s}
outlets: [{name: Ansel Post, domain: AnselPost.example, lr: 2, cp: 1}, {domain: café.example, cp: 5}]
same_story: {alike: 100%, within: 2d}
subscriptions: approved
allow: [-1001234567890, "112233445566778899"]
web: {listen: "", admin_token: "${DISCORD_TOKEN}"}
discord:
  token: ${DISCORD_TOKEN}
  api_url: http://127.0.0.1:8081/
  rates: {all: off}
telegram:
  token: x${TELEGRAM_TOKEN}y
  rates: {all: 1000/s, chat: 0.5/s, group: 1200/h}
  poll: 5s
  answers_last: 10m
channels:
  - name: 日本
    telegram: -1001234567890
    thread: 7
    schedule: 0 8,18 * * *
    timezone: Europe/Berlin
    language: de
    mode: digest
    topics: [world]
    include: [/port/]
    exclude: [sport, 相撲]
    limit: 30
    backfill: 0
    narratives: ask
    format: rich
    quiet: [22:00-07:00, 12:30-13:05]
    catch_up: 1d12h
    max_age: 90d
    updates: repost
    uncertain: hold
  - name: same chat, other topic
    telegram: -1001234567890
    thread: 8
  - {name: forum, discord: 112233445566778899, topics: , threads: true, ping: 112233445566770000, publish: true}
log: {level: debug, format: json}
`

// An address may hold what opens it; only the fetcher is to know.
func TestPrintMasksAddresses(t *testing.T) {
	c := parse(t, strings.Replace(small, "dir: stories", "feed: 'https://me:pa55@wire.example/all?page=1&api_key=abc'", 1))
	var b strings.Builder
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	if want := "https://me:xxxxx@wire.example/all?page=1&api_key=xxxxx"; !strings.Contains(b.String(), want) {
		t.Errorf("want %s in\n%s", want, &b)
	}
}

func TestEveryKey(t *testing.T) {
	got := parse(t, large)
	want := &Config{
		Data:        "/var/lib/briefbot",
		Timezone:    got.Timezone,
		Language:    "ja",
		SettleAfter: 90 * time.Second,
		Keep:        90 * 24 * time.Hour,
		Contact:     "desk@ferry.example",
		Sources: []Source{
			{
				Name: "desk", Dir: "news/in", Topics: []string{"world", "null"}, Language: "pt-BR", OnRemoved: "retract",
				Rescan: 90 * time.Minute, Include: []string{"night ferry", "/rail(way)?s?/"}, Exclude: []string{"Café"},
			},
			{Name: "12", Dir: "cost ${FOLDER}", Language: "ja", OnRemoved: "keep", Rescan: time.Minute},
			{
				Name: "wire", Feed: "https://wire.example/all.atom?page=1", Language: "ja",
				Every: 5 * time.Minute, Follow: true, Require: Narratives, AllowPrivate: true,
			},
			{
				Name: "front", Page: "https://ferry.example/42", Language: "ja", Every: 10 * time.Minute, Require: None,
				Selectors: Selectors{"article.story", ".ad", "h1", "li", "section", "ol > li", "time", "figure", ".by", ".tag"},
			},
			{Name: "kagi", Kagi: "world", Language: "de", Every: time.Hour, Require: None, APIURL: "https://kite.kagi.com"},
		},
		Topics: []Topic{{"transport", []string{"ferry", `/\${2}/`}}},
		Outlets: []store.Outlet{
			{Name: "Ansel Post", Domain: "AnselPost.example", Leaning: store.Leaning{LR: 2, CP: 1}},
			{Domain: "café.example", Leaning: store.Leaning{CP: 5}},
		},
		Questions: Questions{Chat: Rate{5, time.Second}},
		SameStory: store.Sameness{Alike: 1, Within: 48 * time.Hour},
		Web:       Web{AdminToken: NewSecret("disc-0rd")},
		Discord:   Discord{Token: NewSecret("disc-0rd"), APIURL: "http://127.0.0.1:8081"},
		Telegram: Telegram{
			Token:       NewSecret("xtele-gr4my"),
			APIURL:      "https://api.telegram.org",
			Rates:       Rates{Rate{1000, time.Second}, Rate{0.5, time.Second}, Rate{1200, time.Hour}},
			Poll:        5 * time.Second,
			AnswersLast: 10 * time.Minute,
		},
		Channels: []store.Channel{{
			Name: "日本", Chat: store.Chat{Platform: store.Telegram, ID: "-1001234567890", Thread: 7},
			Schedule: "0 8,18 * * *", Timezone: "Europe/Berlin", Language: "de", Topics: []string{"world"},
			Include: []string{"/port/"}, Exclude: []string{"sport", "相撲"},
			Mode: store.Digest, Limit: 30, Backfill: 0, Narratives: "ask", Format: store.Rich,
			Quiet:   []store.Span{{Start: 22 * 60, End: 7 * 60}, {Start: 12*60 + 30, End: 13*60 + 5}},
			CatchUp: 36 * time.Hour, MaxAge: 90 * 24 * time.Hour, Updates: "repost", Uncertain: "hold",
		}, {
			Name: "same chat, other topic", Chat: store.Chat{Platform: store.Telegram, ID: "-1001234567890", Thread: 8},
			Schedule: "@every 15m", Timezone: "Asia/Tokyo", Language: "ja", Mode: store.Each, Limit: 10, Backfill: 1,
			CatchUp: 6 * time.Hour, MaxAge: 72 * time.Hour, Updates: "edit", Uncertain: "resend",
		}, {
			Name: "forum", Chat: store.Chat{Platform: store.Discord, ID: "112233445566778899"},
			Schedule: "@every 15m", Timezone: "Asia/Tokyo", Language: "ja", Mode: store.Each, Limit: 10, Backfill: 1,
			Threads: true, Ping: "112233445566770000", Publish: true,
			CatchUp: 6 * time.Hour, MaxAge: 72 * time.Hour, Updates: "edit", Uncertain: "resend",
		}},
		Subscriptions: Approved,
		Allow:         []string{"-1001234567890", "112233445566778899"},
		Log:           Log{Level: slog.LevelDebug, Format: "json"},
	}
	compare(t, got, want)
	if got.Timezone.String() != "Asia/Tokyo" {
		t.Errorf("time zone %v", got.Timezone)
	}
}

func compare(t *testing.T, got, want *Config) {
	t.Helper()
	opts := cmp.Options{
		cmp.Comparer(func(a, b Secret) bool { return a.Reveal() == b.Reveal() }),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
	}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// One file with anchors: a channel may take another's list.
func TestAlias(t *testing.T) {
	c := parse(t, `
sources: [{name: desk, dir: stories, topics: &all [world, science]}]
discord: {token: x}
channels: [{name: a, discord: 1, topics: *all}]
`)
	if got := c.Channels[0].Topics; len(got) != 2 || got[1] != "science" {
		t.Errorf("topics %q", got)
	}
}

func TestPathsAreBesideTheFile(t *testing.T) {
	c, err := Parse("/etc/briefbot/config.yaml", []byte(small), env, checks)
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "/etc/briefbot/data" || c.Sources[0].Dir != "/etc/briefbot/stories" {
		t.Errorf("data %s, dir %s", c.Data, c.Sources[0].Dir)
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("discord.token", "from-file\r\n")
	write("empty", "\n")
	write("prose", "my token\nis this")
	write("large", strings.Repeat("x", 5000))
	load := func(token string) (*Config, error) {
		write("config.yaml", "sources: [{name: desk, dir: stories}]\ndiscord:\n  "+token+"\nchannels: [{name: world, discord: 1}]\n")
		return Load(filepath.Join(dir, "config.yaml"), env, checks)
	}
	for _, name := range []string{"discord.token", filepath.Join(dir, "discord.token")} {
		c, err := load("token_file: " + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Discord.Token.Reveal(); got != "from-file" {
			t.Errorf("token %q", got)
		}
	}
	for token, want := range map[string]string{
		"token_file: nowhere":                   `:3:15: discord.token_file: "nowhere" can't be read: no such file or directory`,
		"token_file: .":                         `:3:15: discord.token_file: "." can't be read: is no file`,
		"token_file: empty":                     `:3:15: discord.token_file: "empty" holds nothing`,
		"token_file: prose":                     `:3:15: discord.token_file: "prose" has a space or a line break in it`,
		"token_file: large":                     `:3:15: discord.token_file: "large" can't be read: is larger than 4 KiB`,
		"{token: x, token_file: discord.token}": `:3:26: discord.token_file: is given beside the secret itself`,
		"token_file: [a]":                       `:3:15: discord.token_file: has keys or a list where one value belongs`,
	} {
		_, err := load(token)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s: got %v, want %s", token, err, want)
		}
	}
}

func TestNoFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "config.yaml"), env, checks)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "start from a copy of config.example.yaml") {
		t.Errorf("got %v", err)
	}
	_, err = Load(t.TempDir(), env, checks)
	if err == nil || !strings.HasSuffix(err.Error(), "is no file") {
		t.Errorf("a folder: got %v", err)
	}
}

// Nothing that prints may print a secret, wherever it stands.
func TestSecretIsNeverPrinted(t *testing.T) {
	const hidden = "tele-gr4m"
	c := parse(t, strings.ReplaceAll(strings.ReplaceAll(small, "discord", "telegram"), "DISCORD", "TELEGRAM"))
	if got := c.Telegram.Token.Reveal(); got != hidden {
		t.Fatalf("token %q", got)
	}
	values := map[string]any{
		"the secret": c.Telegram.Token,
		"a pointer":  &c.Telegram.Token,
		"a section":  c.Telegram,
		"the whole":  c,
		"unexported": struct{ s Secret }{c.Telegram.Token},
		"a map":      map[string]Secret{"x": c.Telegram.Token},
	}
	for what, v := range values {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%10.3s"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		j, err := json.Marshal(v)
		if err != nil {
			t.Errorf("%s as JSON: %v", what, err)
		}
		y, err := yaml.Marshal(v)
		if err != nil && what != "unexported" {
			t.Errorf("%s as YAML: %v", what, err)
		}
		out.Write(j)
		out.Write(y)
		if err := c.Print(&out); err != nil {
			t.Error(err)
		}
		for _, form := range []string{hidden, fmt.Sprintf("%x", hidden)} {
			if strings.Contains(out.String(), form) {
				t.Errorf("%s: a secret in\n%s", what, &out)
			}
		}
		if what == "the secret" && strings.Count(out.String(), mask) < 9 {
			t.Errorf("not masked:\n%s", &out)
		}
	}
}

func TestPrint(t *testing.T) {
	for name, text := range map[string]string{"small": small, "large": large} {
		var out bytes.Buffer
		c := parse(t, text)
		if err := c.Print(&out); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".yaml")
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), out.String()); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", golden, diff)
		}
		again := parse(t, out.String())
		again.Discord.Token, again.Telegram.Token, again.Web.AdminToken = c.Discord.Token, c.Telegram.Token, c.Web.AdminToken
		compare(t, again, c)
	}
}
