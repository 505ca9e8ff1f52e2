package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"briefbot/store"
)

// check fills in what one part takes from another, and finds what is wrong
// between them.
func (c *Config) check(d *decoder) {
	c.Data = beside(d.file, c.Data)
	if len(c.Sources) == 0 && !d.bad["sources"] {
		d.fail("sources", d.node("sources"), problem{reason: "there is none", hint: "want at least one, with a name and a dir"})
	}
	if len(c.Channels) == 0 && !d.bad["channels"] && !c.mayBeSubscribed(d) {
		d.fail("channels", d.node("channels"), problem{reason: "there is none", hint: "want at least one, with a name and a discord or telegram chat"})
	}
	c.checkSources(d)
	c.checkTopics(d)
	c.checkOutlets(d)
	c.checkChannels(d)
}

// mayBeSubscribed reports whether chats may subscribe, on some platform, so that
// no channel need be configured. A key that is wrong is complained of as such.
func (c *Config) mayBeSubscribed(d *decoder) bool {
	if d.bad["subscriptions"] {
		return true
	}
	for _, key := range []string{"discord", "discord.token", "discord.token_file", "telegram", "telegram.token", "telegram.token_file"} {
		if d.bad[key] {
			return true
		}
	}
	return c.Subscriptions != Off && !(c.Discord.Token.IsZero() && c.Telegram.Token.IsZero())
}

func (c *Config) checkSources(d *decoder) {
	names, dirs, addresses := unique{}, unique{}, unique{}
	for i := range c.Sources {
		s, at := &c.Sources[i], element("sources", i)
		if s.Language == "" {
			s.Language = c.Language
		}
		names.check(d, at+".name", s.Name)
		c.checkOrigin(d, at, s)
		if s.Name == APISource {
			n := d.node(at + ".name")
			d.fail(at+".name", n, problem{shown(n, s.Name), "is taken", "what comes in by the API is called so"})
		}
		if s.Dir != "" {
			s.Dir = beside(d.file, s.Dir)
			dirs.check(d, at+".dir", s.Dir)
		}
		addresses.check(d, at+".feed", s.Feed)
		addresses.check(d, at+".page", s.Page)
	}
}

// origins are the keys of a source that say where it is, and those that belong
// to some of them only.
var origins = []string{"dir", "feed", "page", "kagi"}

var belongs = []struct {
	key string
	to  []string
}{
	{"on_removed", []string{"dir"}},
	{"rescan", []string{"dir"}},
	{"every", []string{"feed", "page", "kagi"}},
	{"follow", []string{"feed"}},
	{"require", []string{"feed", "page", "kagi"}},
	{"allow_private", []string{"feed", "page", "kagi"}},
	{"api_url", []string{"kagi"}},
	{"selectors", []string{"feed", "page"}},
}

// The defaults of a source that depend on what it is.
const (
	everyPage = 10 * time.Minute
	everyKagi = time.Hour
	kagiURL   = "https://kite.kagi.com"
)

// checkOrigin finds out whether a source is in one place, and has only keys
// that mean something there; the others lose their defaults.
func (c *Config) checkOrigin(d *decoder, at string, s *Source) {
	var given []string
	for _, o := range origins {
		if d.bad[at+"."+o] {
			return
		}
		if d.given(at+"."+o) != nil {
			given = append(given, o)
		}
	}
	switch {
	case len(given) == 0 && d.bad[at]:
		return
	case len(given) == 0:
		d.fail(at, d.node(at), problem{reason: "has no place to take stories from", hint: "want one of " + strings.Join(origins, ", ")})
		return
	case len(given) > 1:
		d.fail(at, d.node(at+"."+given[1]), problem{reason: "has " + given[0] + " and " + given[1], hint: "want a source for each"})
		return
	}
	origin := given[0]
	for _, b := range belongs {
		if path := at + "." + b.key; d.given(path) != nil && !d.bad[path] && !slices.Contains(b.to, origin) {
			d.fail(path, d.given(path), problem{reason: "means nothing beside " + origin, hint: "it belongs beside " + strings.Join(b.to, ", ")})
		}
	}
	if path := at + ".selectors"; origin == "feed" && d.given(path) != nil && !s.Follow {
		d.fail(path, d.given(path), problem{reason: "are for pages", hint: "want follow: true, which reads the pages of the feed's items"})
	}
	for _, f := range s.Selectors.fields() {
		checkSelector(d, at+".selectors."+f.key)
	}
	if origin == "dir" {
		s.Require = ""
		return
	}
	s.OnRemoved, s.Rescan = "", 0
	if origin == "kagi" {
		s.Every, s.APIURL = cmp.Or(s.Every, everyKagi), cmp.Or(s.APIURL, kagiURL)
	}
	s.Every = cmp.Or(s.Every, everyPage)
}

func checkSelector(d *decoder, path string) {
	n := d.given(path)
	if n == nil || d.bad[path] || d.checks.Selector == nil {
		return
	}
	if err := d.checks.Selector(n.Value); err != nil {
		d.fail(path, n, problem{shown(n, n.Value), "is no selector", err.Error()})
	}
}

func (c *Config) checkTopics(d *decoder) {
	names := unique{}
	for i, t := range c.Topics {
		at := element("topics", i)
		names.check(d, at+".name", strings.ToLower(t.Name))
		if n := d.given(at + ".words"); n == nil || n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
			d.fail(at, d.node(at), problem{reason: "has no words", hint: "want some, as in words: [ferry, /rail(way)?/]"})
		}
	}
}

func (c *Config) checkOutlets(d *decoder) {
	names, domains := unique{}, unique{}
	for i, o := range c.Outlets {
		at := element("outlets", i)
		names.check(d, at+".name", strings.ToLower(o.Name))
		domains.check(d, at+".domain", strings.ToLower(o.Domain))
		given := func(key string) bool { return d.given(at+"."+key) != nil || d.bad[at+"."+key] }
		switch {
		case d.bad[at]:
		case !given("name") && !given("domain"):
			d.fail(at, d.node(at), problem{reason: "is nobody", hint: "want a name or a domain"})
		case !given("lr") && !given("cp"):
			d.fail(at, d.node(at), problem{reason: "stands nowhere", hint: "want lr or cp, from 1 to 5"})
		}
	}
}

func (c *Config) checkChannels(d *decoder) {
	names, chats := unique{}, unique{}
	for i := range c.Channels {
		ch, at := &c.Channels[i], element("channels", i)
		if ch.Timezone == "" && c.Timezone != nil {
			ch.Timezone = c.Timezone.String()
		}
		if ch.Language == "" {
			ch.Language = c.Language
		}
		names.check(d, at+".name", ch.Name)
		chats.check(d, c.checkChat(d, at, ch.Chat), chatKey(ch.Chat))
		checkSchedule(d, at+".schedule", ch.Schedule)
		checkSpoken(d, at+".language", ch.Language)
	}
}

// checkChat finds what is wrong with where a channel is, and gives the path of
// the key that says it.
func (c *Config) checkChat(d *decoder, at string, chat store.Chat) string {
	discord, telegram := at+".discord", at+".telegram"
	onDiscord, onTelegram := d.given(discord) != nil, d.given(telegram) != nil
	switch {
	case onDiscord && onTelegram:
		d.fail(at, d.node(telegram), problem{reason: "is on two platforms", hint: "want discord or telegram, and a channel for each"})
	case onDiscord:
		checkToken(d, "discord", discord, c.Discord.Token)
		if thread := at + ".thread"; d.given(thread) != nil {
			d.fail(thread, d.node(thread), problem{reason: "is for Telegram", hint: "a thread of Discord has an id of its own: put that at discord"})
		}
		if format := at + ".format"; d.given(format) != nil {
			d.fail(format, d.node(format), problem{reason: "is for Telegram", hint: "Discord shows all posts in one form: leave it out"})
		}
		return discord
	case onTelegram:
		checkToken(d, "telegram", telegram, c.Telegram.Token)
		for _, key := range []string{"threads", "ping", "publish"} {
			if path := at + "." + key; d.given(path) != nil {
				d.fail(path, d.node(path), problem{reason: "is for Discord", hint: "Telegram has no such thing: leave it out"})
			}
		}
	case !d.bad[at] && !d.bad[discord] && !d.bad[telegram]:
		d.fail(at, d.node(at), problem{reason: "has no chat", hint: `want discord: "a channel's id" or telegram: "@name"`})
	}
	return telegram
}

// checkToken finds out whether a channel's platform can be spoken to at all. A
// token that was given and is wrong has an error of its own.
func checkToken(d *decoder, platform, path string, token Secret) {
	key := platform + ".token"
	if token.IsZero() && !d.bad[platform] && !d.bad[key] && !d.bad[key+"_file"] {
		d.fail(path, d.node(path), problem{reason: "there is no token for it", hint: "set " + key + " or " + key + "_file"})
	}
}

func checkSchedule(d *decoder, path, text string) {
	if d.checks.Schedule == nil || text == "" {
		return
	}
	err := d.checks.Schedule(text)
	if err == nil {
		return
	}
	n := d.node(path)
	p := problem{shown(n, text), "is no schedule", err.Error()}
	if p.value != text {
		p.hint = scheduleKind.want // the error has the text in it
	}
	d.fail(path, n, p)
}

// checkSpoken finds out whether the bot has words in a channel's language. The
// one at the top is also that of the stories, which may be any.
func checkSpoken(d *decoder, path, code string) {
	if d.checks.Language == nil || d.given(path) == nil || d.bad[path] {
		return
	}
	if err := d.checks.Language(code); err != nil {
		n := d.node(path)
		d.fail(path, n, problem{shown(n, code), "is no language that the bot speaks", err.Error()})
	}
}

// chatKey is the same for two chats that are one, as far as their ids tell.
func chatKey(c store.Chat) string {
	if c.ID == "" {
		return ""
	}
	return strings.ToLower(string(c.Platform) + " " + c.ID + " " + strconv.Itoa(c.Thread))
}

// unique finds what stands twice: it remembers where each value stood first.
type unique map[string]string

func (u unique) check(d *decoder, path, value string) {
	if value == "" {
		return
	}
	if first, ok := u[value]; ok {
		n := d.node(path)
		line := strconv.Itoa(d.node(first).Line)
		d.fail(path, n, problem{shown(n, n.Value), "is taken", first + " in line " + line + " has it"})
		return
	}
	u[value] = path
}
