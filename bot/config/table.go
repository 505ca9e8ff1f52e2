package config

import (
	"log/slog"
	"time"

	"briefbot/store"
)

// The table of all keys.

func (c *Config) fields() []field {
	return []field{
		key("data", folderKind, &c.Data, "./data", "folder of the data file; made if missing"),
		key("timezone", zoneKind, &c.Timezone, "UTC", "clock of the schedules, for channels without one of their own"),
		key("language", languageKind, &c.Language, "en", "language of sources and channels without one of their own"),
		key("settle_after", durationKind(0, forever), &c.SettleAfter, "30s", "wait before a message whose arrival is unknown is looked for"),
		key("keep", durationKind(24*time.Hour, forever), &c.Keep, "90d", "how long the records of deliveries are kept; a story whose records are gone is posted nowhere any more"),
		key("contact", contactKind, &c.Contact, "", "an address of mail or of a page, where those whose servers are asked for stories can reach you"),
		sections("sources", &c.Sources, (*Source).fields, "where stories come from"),
		sections("topics", &c.Topics, (*Topic).fields, "topics that stories get by their words, beside those that they come with"),
		sections("outlets", &c.Outlets, outletFields, "where outlets stand, beside their sources where a story does not tell"),
		section("same_story", "when what two sources tell is one story: its richest telling is posted, once",
			key("alike", shareKind, &c.SameStory.Alike, "50%", "with one headline: how much of the shorter one's bullets the other must have too; off: nothing is found to be the same"),
			key("within", durationKind(time.Minute, 30*24*time.Hour), &c.SameStory.Within, "48h", "how far apart the two may come in"),
		),
		section("discord", "the bot on Discord", c.Discord.fields()...),
		section("telegram", "the bot on Telegram", c.Telegram.fields()...),
		section("questions", "how much may be asked at once, and then in so long; off: no bound",
			key("reader", rateKind, &c.Questions.Reader, "30/m", "by one reader; who asks more is told once to wait"),
			key("chat", rateKind, &c.Questions.Chat, "60/m", "in one chat where the answers stand for all to read"),
		),
		sections("channels", &c.Channels, channelFields, "who gets the stories, and when"),
		key("subscriptions", wordsKind("choice", Open, Approved, Off), &c.Subscriptions, "open", "which chats may subscribe from within, beside the channels: open: all; approved: those that you approve; off: none"),
		several("allow", chatIDKind, &c.Allow, "ids of chats that need not be approved"),
		section("web", "what the bot offers by HTTP: the API and its own health", c.Web.fields()...),
		section("log", "what the program tells of itself", c.Log.fields()...),
	}
}

func (s *Source) fields() []field {
	return []field{
		must("name", sourceKind, &s.Name, "what the source is called; stories are known by it, so keep it"),
		key("dir", folderKind, &s.Dir, "", "a folder watched for story files"),
		key("feed", addressKind, &s.Feed, "", "the address of an RSS, Atom, JSON or RDF feed"),
		key("page", addressKind, &s.Page, "", "the address of a story's page"),
		key("kagi", slugKind, &s.Kagi, "", "a category of Kagi News, as in world"),
		several("topics", textKind, &s.Topics, "topics that each of its stories gets"),
		key("language", languageKind, &s.Language, "", "language of its stories; left out: the one at the top"),
		key("on_removed", wordsKind("choice", "keep", "retract"), &s.OnRemoved, "keep", "when a story's file is removed: keep its posts as they are, or mark them as retracted"),
		key("rescan", optional(durationKind(100*time.Millisecond, forever)), &s.Rescan, "1m", "how often to look for changes that the file system did not tell of"),
		key("every", optional(durationKind(time.Second, forever)), &s.Every, "", "how often to ask a feed, a page or Kagi News, which may ask for less; left out: 10m, and 1h for Kagi News"),
		key("follow", optional(yesKind), &s.Follow, "false", "true: read the page of each item of a feed, instead of the item"),
		key("require", wordsKind("choice", None, Narratives), &s.Require, "none", "what a story from the network must have to be posted: none, or narratives"),
		key("allow_private", optional(yesKind), &s.AllowPrivate, "false", "true: ask loopback and private addresses too"),
		key("api_url", urlKind, &s.APIURL, "", "another address of Kagi News; left out: https://kite.kagi.com"),
		several("include", patternKind, &s.Include, "only its stories with one of these words, or /expressions/, in headline or bullets; left out: all"),
		several("exclude", patternKind, &s.Exclude, "none of its stories with one of these, in narratives either"),
		section("selectors", "CSS selectors for pages whose structure does not tell enough", s.Selectors.fields()...),
	}
}

func (s *Selectors) fields() []field {
	return []field{
		key("story", selectorKind, &s.Story, "", "what the story stands in; all else on the page is left out"),
		key("drop", selectorKind, &s.Drop, "", "what is left out"),
		key("headline", selectorKind, &s.Headline, "", "the headline"),
		key("bullets", selectorKind, &s.Bullets, "", "each match is a bullet"),
		key("narratives", selectorKind, &s.Narratives, "", "each match is a narrative, which begins with its label"),
		key("sources", selectorKind, &s.Sources, "", "each match is a source"),
		key("date", selectorKind, &s.Date, "", "the date"),
		key("image", selectorKind, &s.Image, "", "the picture, or what it stands in"),
		key("credit", selectorKind, &s.Credit, "", "whose the picture is"),
		key("topics", selectorKind, &s.Topics, "", "each match is a topic"),
	}
}

func (t *Topic) fields() []field {
	return []field{
		must("name", textKind, &t.Name, "the topic"),
		several("words", patternKind, &t.Words, "words, or /expressions/, of which one must stand in headline or bullets, whatever case and accents"),
	}
}

func outletFields(o *store.Outlet) []field {
	return []field{
		key("name", textKind, &o.Name, "", "the outlet, as stories name it, whatever the case"),
		key("domain", domainKind, &o.Domain, "", "where its pages are, as in example.org, which has www.example.org in it"),
		key("lr", optional(numberKind(1, 5)), &o.Leaning.LR, "", "from 1, left, to 5, right"),
		key("cp", optional(numberKind(1, 5)), &o.Leaning.CP, "", "from 1, establishment-critical, to 5, pro-establishment"),
	}
}

func (w *Web) fields() []field {
	return append([]field{
		key("listen", listenKind, &w.Listen, "127.0.0.1:8080", "address and port to listen at; off: none"),
	}, hidden("admin_token", &w.AdminToken, "what API clients show as bearer token; left out: there is no API")...)
}

func (t *Discord) fields() []field {
	return append(hidden("token", &t.Token, "the bot's token"),
		key("api_url", urlKind, &t.APIURL, "https://discord.com", "another address for a proxy or a stand-in"),
		section("rates", "how fast to send, beside what Discord itself says; off: no bound",
			key("all", rateKind, &t.Rates.All, "50/s", "all requests together"),
		),
	)
}

func (t *Telegram) fields() []field {
	return append(hidden("token", &t.Token, "the bot's token"),
		key("api_url", urlKind, &t.APIURL, "https://api.telegram.org", "another address for a proxy or a stand-in"),
		section("rates", "how fast to send; off: no bound",
			key("all", rateKind, &t.Rates.All, "30/s", "all messages together; a paid broadcast allows 1000/s"),
			key("chat", rateKind, &t.Rates.Chat, "1/s", "messages to one chat"),
			key("group", rateKind, &t.Rates.Group, "20/m", "messages to one group or channel"),
		),
		// Telegram itself cuts a longer wait to 50 s.
		key("poll", durationKind(time.Second, 50*time.Second), &t.Poll, "50s", "how long one request for news from the chats waits"),
		// A bot may take its messages away for 48 hours.
		key("answers_last", optional(durationKind(10*time.Second, 47*time.Hour)), &t.AnswersLast, "", "how long an answer stays that a whole group sees; left out: for good"),
	)
}

func channelFields(c *store.Channel) []field {
	return []field{
		must("name", nameKind, &c.Name, "what the channel is called in logs and records; keep it"),
		// Each of the two sets the whole chat, so thread comes after them.
		key("discord", discordKind, &c.Chat, "", "id of a Discord channel, thread or forum"),
		key("telegram", telegramKind, &c.Chat, "", "@name or numeric id of a Telegram channel, group or private chat"),
		key("thread", topicKind, &c.Chat.Thread, "", "number of a topic in a Telegram group"),
		key("schedule", scheduleKind, &c.Schedule, "@every 15m", "when to post: a cron expression (seconds optional), @daily, @every 15m, or @new: as it comes in"),
		key("timezone", zoneNameKind, &c.Timezone, "", "clock of schedule and quiet; left out: the one at the top"),
		key("language", languageKind, &c.Language, "", "language of what the bot itself says; left out: the one at the top"),
		key("mode", wordsKind("mode", store.Each, store.Digest), &c.Mode, "each", "each: a post a story; digest: one post for all that is new"),
		several("topics", textKind, &c.Topics, "only stories of these topics; left out: all"),
		several("include", patternKind, &c.Include, "only stories with one of these words, or /expressions/, in headline or bullets; left out: all"),
		several("exclude", patternKind, &c.Exclude, "no stories with one of these, in narratives either"),
		key("limit", numberKind(1, 30), &c.Limit, "10", "most stories at one time; the others wait for the next"),
		key("backfill", numberKind(0, 30), &c.Backfill, "1", "how many of the stories from before the channel began it gets"),
		key("narratives", wordsKind("choice", "fold", "ask"), &c.Narratives, "", "fold: in the post; ask: on request; left out: fold where readers can't write"),
		key("format", wordsKind("format", "classic", store.Rich), &c.Format, "", "on Telegram, rich: with lists, footnotes and parts to open, which not all of its apps show; classic, or left out: as all of them show it"),
		key("threads", optional(yesKind), &c.Threads, "false", "on Discord, true: a thread is begun below each post of a story"),
		key("ping", roleKind, &c.Ping, "", "on Discord, id of a role that each new post mentions, but in the hours of quiet"),
		key("publish", optional(yesKind), &c.Publish, "false", "true: posts in an announcement channel of Discord are published to the servers that follow it"),
		several("quiet", hoursKind, &c.Quiet, "hours in which posts make no sound"),
		key("catch_up", durationKind(0, forever), &c.CatchUp, "6h", "how late a post that was missed is still made up"),
		key("max_age", durationKind(time.Second, forever), &c.MaxAge, "72h", "how long a story that came in is still news"),
		key("updates", wordsKind("choice", "edit", "ignore", "repost"), &c.Updates, "edit", "when a story changes after its post: edit the post, ignore the change, or repost"),
		key("uncertain", wordsKind("choice", "resend", "hold"), &c.Uncertain, "resend", "when it can't be found out whether a post arrived: send it again, or hold it back"),
	}
}

func (l *Log) fields() []field {
	return []field{
		key("level", choiceKind("level",
			option[slog.Level]{"debug", slog.LevelDebug},
			option[slog.Level]{"info", slog.LevelInfo},
			option[slog.Level]{"warn", slog.LevelWarn},
			option[slog.Level]{"error", slog.LevelError},
		), &l.Level, "info", "the least that is told: debug, info, warn or error"),
		key("format", wordsKind("format", "text", "json"), &l.Format, "text", "text or json"),
	}
}

// Key documents one key of the configuration file.
type Key struct {
	Path     string // such as channels[].schedule
	Type     string // what may stand there
	Default  string // empty: none
	Required bool
	Doc      string // one line
}

// Keys lists every key, in the order of the file.
func Keys() []Key { return listFields("", new(Config).fields()) }

func listFields(path string, fields []field) []Key {
	var all []Key
	for _, f := range fields {
		all = append(all, f.list(Key{Path: join(path, f.key), Required: f.required, Doc: f.doc})...)
	}
	return all
}
