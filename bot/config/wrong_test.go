package config

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// wrong are configurations and all that is said of them.
var wrong = []struct{ name, text, want string }{
	{"empty", "", `config.yaml:1:1: the file is empty: start from a copy of config.example.yaml`},
	{"only a comment", "# nothing yet\n", `config.yaml:1:1: the file is empty: start from a copy of config.example.yaml`},
	{"no sections", "log: {level: info}\n", `config.yaml:1:1: sources: there is none: want at least one, with a name and a dir
config.yaml:1:1: channels: there is none: want at least one, with a name and a discord or telegram chat`},
	{"empty lists", "sources: []\nchannels:\n", `config.yaml:1:1: channels: there is none: want at least one, with a name and a discord or telegram chat
config.yaml:1:10: sources: there is none: want at least one, with a name and a dir`},
	{"nobody may subscribe", "sources: [{name: desk, dir: d}]\ntelegram: {token: t}\nsubscriptions: off\n", `config.yaml:1:1: channels: there is none: want at least one, with a name and a discord or telegram chat`},
	{"who may subscribe", "sources: [{name: desk, dir: d}]\ntelegram: {token: t}\nsubscriptions: closed\nallow: [\"@brief\"]\n", `config.yaml:3:16: subscriptions: "closed" is no choice: want open, approved or off
config.yaml:4:9: allow[0]: "@brief" is no id: want a chat's numeric id in quotes, as in "-1001234567890"`},
	{"null", "---\n", `config.yaml:2:1: sources: there is none: want at least one, with a name and a dir
config.yaml:2:1: channels: there is none: want at least one, with a name and a discord or telegram chat`},
	{"a list", "- a\n- b\n", `config.yaml:1:1: this is no configuration: want keys and values, as in config.example.yaml`},
	{"a text", "hello\n", `config.yaml:1:1: this is no configuration: want keys and values, as in config.example.yaml`},
	{"two documents", small + "---\ndata: x\n", `config.yaml:5:1: a second document begins here: want one file for one configuration, without ---`},

	{"syntax", "a: 1\nb: c: d\n", `config.yaml:2:1: this is no YAML: mapping values are not allowed in this context`},
	{"syntax: tab", "log:\n\tlevel: info\n", `config.yaml:2:1: this is no YAML: indent with spaces, not with tabs`},
	{"syntax: @", "channels:\n  - name: a\n    telegram: @world\n", `config.yaml:3:15: this is no YAML: put what begins with @ in quotes, as in "@worldbrief"`},
	{"syntax: indent", "sources:\n  - name: a\n    dir: b\n   rescan: 1m\nlog: {}\n", `config.yaml:4:4: this is no YAML: did not find expected '-' indicator`},
	{"syntax: bracket", "data: x\nlog: {level: info\nlanguage: en\nsources: []\n", `config.yaml:2:1: this is no YAML: did not find expected ',' or '}'`},
	{"syntax: alias", "data: x\nlog: *there\n", `config.yaml:2:1: this is no YAML: unknown anchor 'there' referenced`},

	{"unknown", small + "timezon: UTC\nfoo: 1\nlog: {levle: info, verbose: true}\n", `config.yaml:5:1: timezon: is no key: did you mean timezone?
config.yaml:6:1: foo: is no key: want one of data, timezone, language, settle_after, keep, contact, sources, topics, outlets, same_story, discord, telegram, questions, channels, subscriptions, allow, web, log
config.yaml:7:7: log.levle: is no key: did you mean level?
config.yaml:7:20: log.verbose: is no key: want one of level, format`},
	{"unknown key of a list", "sources: [{name: desk, dirr: x}]\ndiscord: {token: x}\nchannels: [{name: a, discrod: 1}]\n", `config.yaml:1:24: sources[0].dirr: is no key: did you mean dir?
config.yaml:3:22: channels[0].discrod: is no key: did you mean discord?`},
	{"unknown key instead of a token", "sources: [{name: desk, dir: x}]\ndiscord: {tokn: x}\nchannels: [{name: a, discord: 1}]\n", `config.yaml:2:11: discord.tokn: is no key: did you mean token?`},
	{"key that is no text", small + "[a, b]: c\n", `config.yaml:5:1: ?: is no key: want one of data, timezone, language, settle_after, keep, contact, sources, topics, outlets, same_story, discord, telegram, questions, channels, subscriptions, allow, web, log`},
	{"key twice", small + "language: en\nlanguage: de\n", `config.yaml:6:1: language: is given twice: the first stands in line 5`},

	{"types", small + "data: [a]\nlanguage: {a: b}\nlog: info\ntelegram: [x]\n", `config.yaml:5:7: data: has keys or a list where one value belongs: want the path of a folder
config.yaml:6:11: language: has keys or a list where one value belongs: want a code as in en, de or pt-BR
config.yaml:7:6: log: has no keys: want a line of its own for each key, as in config.example.yaml
config.yaml:8:11: telegram: has no keys: want a line of its own for each key, as in config.example.yaml`},
	{"types of lists", "sources: {name: a}\ndiscord: {token: x}\nchannels:\n  - name: a\n    discord: 1\n    topics: world\n    quiet: [22:00-07:00, [x], ~]\n  - text\n  -\n", `config.yaml:1:10: sources: is no list: want a dash before the first key of each, as in "- name: world"
config.yaml:6:13: channels[0].topics: is no list: want one in brackets, as in [one, two]
config.yaml:7:26: channels[0].quiet[1]: has keys or a list where one value belongs: want hours as in 22:00-07:00
config.yaml:7:31: channels[0].quiet[2]: is empty: want hours as in 22:00-07:00
config.yaml:8:5: channels[1]: has no keys: want a line of its own for each key, as in config.example.yaml
config.yaml:9:4: channels[2].name: is missing: what the channel is called in logs and records; keep it
config.yaml:9:4: channels[2]: has no chat: want discord: "a channel's id" or telegram: "@name"`},

	{"missing", "sources:\n  - dir: x\n  - name: b\ndiscord: {token: x}\nchannels:\n  - mode: each\n", `config.yaml:2:5: sources[0].name: is missing: what the source is called; stories are known by it, so keep it
config.yaml:3:5: sources[1]: has no place to take stories from: want one of dir, feed, page, kagi
config.yaml:6:5: channels[0].name: is missing: what the channel is called in logs and records; keep it
config.yaml:6:5: channels[0]: has no chat: want discord: "a channel's id" or telegram: "@name"`},

	{"durations", small + "settle_after: 30\ntelegram: {poll: 90s}\n", `config.yaml:5:15: settle_after: "30" is no duration: want a number with a unit, as in 30s, 15m, 6h or 3d
config.yaml:6:18: telegram.poll: "90s" is too long: want at most 50s`},
	{"durations of channels", channel("catch_up: -1h", "max_age: 0s"), `config.yaml:6:15: channels[0].catch_up: "-1h" is no duration: want a number with a unit, as in 30s, 15m, 6h or 3d
config.yaml:7:14: channels[0].max_age: "0s" is too short: want at least 1s`},
	{"durations out of bounds", channel("catch_up: 99999999d", "max_age: 1d99999999h"), `config.yaml:6:15: channels[0].catch_up: "99999999d" is no duration: want a number with a unit, as in 30s, 15m, 6h or 3d
config.yaml:7:14: channels[0].max_age: "1d99999999h" is no duration: want a number with a unit, as in 30s, 15m, 6h or 3d`},
	{"zones", small + "timezone: Mars/Olympus\n", `config.yaml:5:11: timezone: "Mars/Olympus" is no time zone: want a name as in Europe/Berlin, or UTC`},
	{"zone of a channel", channel("timezone: CETI"), `config.yaml:6:15: channels[0].timezone: "CETI" is no time zone: want a name as in Europe/Berlin, or UTC`},
	{"language", small + "language: english\n", `config.yaml:5:11: language: "english" is no language: want a code as in en, de or pt-BR`},
	{"language of a channel that the bot does not speak", channel("language: tlh") + "language: tlh\n", `config.yaml:6:15: channels[0].language: "tlh" is no language that the bot speaks: want one of en, de`},
	{"URLs", small + "telegram: {api_url: api.example.org}\n", `config.yaml:5:21: telegram.api_url: "api.example.org" is no URL: want one as in https://api.example.org`},
	{"URL with a password", small + "telegram: {api_url: 'https://me:pass@example.org'}\n", `config.yaml:5:21: telegram.api_url: "<hidden>" has more than an address and a path: want one as in https://api.example.org`},
	{"rates", small + "telegram: {rates: {all: 30, chat: 0/s, group: 20/d}}\n", `config.yaml:5:25: telegram.rates.all: "30" is no rate: want a number in a span, as in 30/s, 20/m or 1000/h, or off
config.yaml:5:35: telegram.rates.chat: "0/s" is no rate: want a number in a span, as in 30/s, 20/m or 1000/h, or off
config.yaml:5:47: telegram.rates.group: "20/d" is no rate: want a number in a span, as in 30/s, 20/m or 1000/h, or off`},
	{"rates of the other platform", "sources: [{name: desk, dir: x}]\ndiscord: {token: x, rates: {chat: 1/s}}\nchannels: [{name: a, discord: 1}]\n", `config.yaml:2:29: discord.rates.chat: is no key: want one of all`},
	{"words", small + "log: {level: loud, format: xml}\n", `config.yaml:5:14: log.level: "loud" is no level: want debug, info, warn or error
config.yaml:5:28: log.format: "xml" is no format: want text or json`},
	{"words of channels", channel("mode: eech", "narratives: hide", "uncertain: maybe"), `config.yaml:6:11: channels[0].mode: "eech" is no mode: want each or digest
config.yaml:7:17: channels[0].narratives: "hide" is no choice: want fold or ask
config.yaml:8:16: channels[0].uncertain: "maybe" is no choice: want resend or hold`},
	{"numbers", channel("limit: 31", "backfill: 1.5"), `config.yaml:6:12: channels[0].limit: "31" is out of range: want 1 to 30
config.yaml:7:15: channels[0].backfill: "1.5" is no whole number: want 0 to 30`},
	{"schedule", channel("schedule: at noon"), `config.yaml:6:15: channels[0].schedule: "at noon" is no schedule: expected 5 fields in "at noon"`},
	{"patterns", "sources:\n  - {name: desk, dir: x, exclude: [ferry, /(/]}\n  - {name: api, dir: y, include: ['']}\ntopics:\n  - {name: a, words: [/x*/]}\n  - {name: A}\ndiscord: {token: x}\nchannels: [{name: a, discord: 1, include: ['/(?=a)/']}]\n", `config.yaml:2:43: sources[0].exclude[1]: "/(/" is no regular expression: missing closing ): (: want words as in night ferry, or a regular expression as in /rail(way)?/
config.yaml:3:12: sources[1].name: "api" is taken: what comes in by the API is called so
config.yaml:3:35: sources[1].include[0]: is empty: want words as in night ferry, or a regular expression as in /rail(way)?/
config.yaml:5:23: topics[0].words[0]: "/x*/" fits every text: an expression that fits an empty one does: want words as in night ferry, or a regular expression as in /rail(way)?/
config.yaml:6:5: topics[1]: has no words: want some, as in words: [ferry, /rail(way)?/]
config.yaml:6:12: topics[1].name: "A" is taken: topics[0].name in line 5 has it
config.yaml:8:44: channels[0].include[0]: "/(?=a)/" is no regular expression: invalid or unsupported Perl syntax: (?=: want words as in night ferry, or a regular expression as in /rail(way)?/`},
	{"outlets", small + "outlets:\n  - {name: Ansel Post}\n  - {lr: 2}\n  - {domain: https://a.example/x, lr: 6, cp: 2}\n  - {name: ansel post, domain: b.example, cp: 1}\n  - {domain: B.example, cp: 1}\n", `config.yaml:6:5: outlets[0]: stands nowhere: want lr or cp, from 1 to 5
config.yaml:7:5: outlets[1]: is nobody: want a name or a domain
config.yaml:8:14: outlets[2].domain: "https://a.example/x" is no domain: want one as in example.org, without https:// and without a path
config.yaml:8:39: outlets[2].lr: "6" is out of range: want 1 to 5
config.yaml:9:12: outlets[3].name: "ansel post" is taken: outlets[0].name in line 6 has it
config.yaml:10:14: outlets[4].domain: "B.example" is taken: outlets[3].domain in line 9 has it`},
	{"one story", small + "same_story: {alike: 0.5, within: 10s}\n", `config.yaml:5:21: same_story.alike: "0.5" is no percentage: want 1% to 100%, or off
config.yaml:5:34: same_story.within: "10s" is too short: want at least 1m`},
	{"listen", small + "web: {listen: 8080, admin_token: a b}\n", `config.yaml:5:15: web.listen: "8080" is no address and port: want one as in 127.0.0.1:8080, or off
config.yaml:5:34: web.admin_token: has a space or a line break in it: want the secret and nothing else`},
	{"listen without a port", small + "web: {listen: 'localhost:http'}\n", `config.yaml:5:15: web.listen: "localhost:http" has no port: want one as in 127.0.0.1:8080, or off`},
	{"quiet", channel("quiet: [22-7, 25:00-07:00, 22:60-23:00, 10:00-10:00]"), `config.yaml:6:13: channels[0].quiet[0]: "22-7" are no hours: want hours as in 22:00-07:00
config.yaml:6:19: channels[0].quiet[1]: "25:00-07:00" are no hours: want hours as in 22:00-07:00
config.yaml:6:32: channels[0].quiet[2]: "22:60-23:00" are no hours: want hours as in 22:00-07:00
config.yaml:6:45: channels[0].quiet[3]: "10:00-10:00" are no time at all: want 00:00-24:00 for the whole day`},
	{"sources", `sources:
  - {name: a, dir: x, feed: https://a.example/x}
  - {name: b, feed: ftp://b.example/x, dir: y}
  - {name: c, page: b.example, every: 10}
  - {name: d, kagi: a/b}
  - {name: e, dir: z, every: 1h, follow: true}
  - {name: f, feed: https://f.example/x, rescan: 1m, api_url: https://x.example}
  - {name: g, page: https://f.example/x, follow: yes, require: pictures}
  - {name: h, feed: https://f.example/x, every: 10ms}
  - {name: i, feed: https://i.example/x, selectors: {story: main}}
  - {name: j, page: https://j.example/x, selectors: {story: "[", headline: h1, facts: li}}
discord: {token: x}
channels: [{name: a, discord: 1}]
`, `config.yaml:2:29: sources[0]: has dir and feed: want a source for each
config.yaml:3:21: sources[1].feed: "ftp://b.example/x" is no address on the web: want one as in https://example.org/stories.atom
config.yaml:4:21: sources[2].page: "b.example" is no address on the web: want one as in https://example.org/stories.atom
config.yaml:4:39: sources[2].every: "10" is no duration: want a number with a unit, as in 30s, 15m, 6h or 3d
config.yaml:5:21: sources[3].kagi: "a/b" is no category: want its name in addresses, as in world or usa
config.yaml:6:30: sources[4].every: means nothing beside dir: it belongs beside feed, page, kagi
config.yaml:6:42: sources[4].follow: means nothing beside dir: it belongs beside feed
config.yaml:7:50: sources[5].rescan: means nothing beside feed: it belongs beside dir
config.yaml:7:63: sources[5].api_url: means nothing beside feed: it belongs beside kagi
config.yaml:8:21: sources[6].page: "https://f.example/x" is taken: sources[5].feed in line 7 has it
config.yaml:8:50: sources[6].follow: "yes" is no choice: want true or false
config.yaml:8:64: sources[6].require: "pictures" is no choice: want none or narratives
config.yaml:9:21: sources[7].feed: "https://f.example/x" is taken: sources[5].feed in line 7 has it
config.yaml:9:49: sources[7].every: "10ms" is too short: want at least 1s
config.yaml:10:53: sources[8].selectors: are for pages: want follow: true, which reads the pages of the feed's items
config.yaml:11:61: sources[9].selectors.story: "[" is no selector: nothing closes the bracket
config.yaml:11:80: sources[9].selectors.facts: is no key: want one of story, drop, headline, bullets, narratives, sources, date, image, credit, topics`},
	{"source's name", "sources: [{name: 'a:b', dir: x}]\ndiscord: {token: x}\nchannels: [{name: a, discord: 1}]\n", `config.yaml:1:18: sources[0].name: "a:b" is no name of a source: want one without a colon`},
	{"control characters", "sources: [{name: \"a\\0b\", dir: x}]\ndiscord: {token: x}\nchannels: [{name: \"a\\nb\", discord: 1}]\n", `config.yaml:1:18: sources[0].name: has a line break or a control character in it: want one without a colon
config.yaml:3:19: channels[0].name: has a line break or a control character in it: want a name`},

	{"doubled", `sources:
  - {name: desk, dir: x}
  - {name: desk, dir: ./x}
telegram: {token: x}
channels:
  - {name: a, telegram: "@World", thread: 3}
  - {name: a, telegram: "@worlD", thread: 3}
  - {name: b, telegram: "@world"}
`, `config.yaml:3:12: sources[1].name: "desk" is taken: sources[0].name in line 2 has it
config.yaml:3:23: sources[1].dir: "./x" is taken: sources[0].dir in line 2 has it
config.yaml:7:12: channels[1].name: "a" is taken: channels[0].name in line 6 has it
config.yaml:7:25: channels[1].telegram: "@worlD" is taken: channels[0].telegram in line 6 has it`},

	{"chats", `sources: [{name: desk, dir: x}]
discord: {token: x}
telegram: {token: x}
channels:
  - {name: a, discord: general}
  - {name: b, telegram: worldbrief}
  - {name: c, telegram: "@x"}
  - {name: d, telegram: 1, discord: 2}
  - {name: e, discord: 3, thread: 4, format: rich}
  - {name: f, telegram: -5, thread: 1}
  - {name: g, telegram: -6, thread: seven}
  - {name: h, discord: 1e3}
`, `config.yaml:5:24: channels[0].discord: "general" is no id of a Discord channel: want the channel's id in quotes, as in "112233445566778899"
config.yaml:6:25: channels[1].telegram: "worldbrief" is no Telegram chat: want "@name" in quotes, or a numeric id
config.yaml:7:25: channels[2].telegram: "@x" is no Telegram chat: want "@name" in quotes, or a numeric id
config.yaml:8:25: channels[3]: is on two platforms: want discord or telegram, and a channel for each
config.yaml:9:35: channels[4].thread: is for Telegram: a thread of Discord has an id of its own: put that at discord
config.yaml:9:46: channels[4].format: is for Telegram: Discord shows all posts in one form: leave it out
config.yaml:10:37: channels[5].thread: "1" is the general topic: leave thread out
config.yaml:11:37: channels[6].thread: "seven" is no topic: want the number of the topic, as in 7
config.yaml:12:24: channels[7].discord: "1e3" is no id of a Discord channel: want the channel's id in quotes, as in "112233445566778899"`},
	{"what a platform has not", `sources: [{name: desk, dir: x}]
discord: {token: x}
telegram: {token: x}
channels:
  - {name: a, telegram: 1, threads: true, ping: 2, publish: false}
  - {name: b, discord: 1, ping: news}
  - {name: c, discord: 2, threads: maybe}
`, `config.yaml:5:37: channels[0].threads: is for Discord: Telegram has no such thing: leave it out
config.yaml:5:49: channels[0].ping: is for Discord: Telegram has no such thing: leave it out
config.yaml:5:61: channels[0].publish: is for Discord: Telegram has no such thing: leave it out
config.yaml:6:33: channels[1].ping: "news" is no id of a Discord role: want the role's id in quotes, as in "112233445566778899"
config.yaml:7:36: channels[2].threads: "maybe" is no choice: want true or false`},
	{"no token", "sources: [{name: desk, dir: x}]\ntelegram: {token: }\nchannels:\n  - {name: a, discord: 1}\n  - {name: b, telegram: 2}\n", `config.yaml:4:24: channels[0].discord: there is no token for it: set discord.token or discord.token_file
config.yaml:5:25: channels[1].telegram: there is no token for it: set telegram.token or telegram.token_file`},

	{"variables", `sources: [{name: "${NAME}", dir: "${FOLDER"}, {name: "${}", dir: "${BROKEN}"}]
discord: {token: "${DISCORD}"}
telegram: {token: "${EMPTY}"}
channels: [{name: a, discord: 1, limit: "${LIMIT}"}, {name: b, telegram: 1}]
`, `config.yaml:1:18: sources[0].name: the environment variable NAME is not set: set it before the start, or write the value here
config.yaml:1:34: sources[0].dir: names no environment variable: want ${NAME}, or $${ for a plain ${
config.yaml:1:54: sources[1].name: names no environment variable: want ${NAME}, or $${ for a plain ${
config.yaml:1:66: sources[1].dir: is not UTF-8: want the path of a folder
config.yaml:2:18: discord.token: the environment variable DISCORD is not set: set it before the start, or write the value here
config.yaml:3:19: telegram.token: is empty: want the secret itself, or ${NAME} for an environment variable that holds it
config.yaml:4:41: channels[0].limit: "${LIMIT}" is no whole number: want 1 to 30`},

	// What check is for: five mistakes, five lines.
	{"five mistakes", `timezone: Europe/Atlantis
sources:
  - name: desk
    dir: ./stories
    rescan: often
discord:
  token: ${NO_TOKEN}
channels:
  - name: world
    discord: "112233445566778899"
    mode: eech
    scedule: "@daily"
`, `config.yaml:1:11: timezone: "Europe/Atlantis" is no time zone: want a name as in Europe/Berlin, or UTC
config.yaml:5:13: sources[0].rescan: "often" is no duration: want a number with a unit, as in 30s, 15m, 6h or 3d
config.yaml:7:10: discord.token: the environment variable NO_TOKEN is not set: set it before the start, or write the value here
config.yaml:11:11: channels[0].mode: "eech" is no mode: want each or digest
config.yaml:12:5: channels[0].scedule: is no key: did you mean schedule?`},
}

// channel is a configuration whose channel has the given lines, from line 6 on.
func channel(lines ...string) string {
	return "sources: [{name: desk, dir: x}]\ndiscord: {token: x}\nchannels:\n  - name: world\n    discord: 1\n    " +
		strings.Join(lines, "\n    ") + "\n"
}

func TestWrong(t *testing.T) {
	for _, c := range wrong {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse("config.yaml", []byte(c.text), env, checks)
			if got != nil || err == nil {
				t.Fatalf("no error, but want\n%s", c.want)
			}
			if err.Error() != c.want {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

func TestErrorsAreOneByOne(t *testing.T) {
	_, err := Parse("config.yaml", []byte(channel("limit: 31", "mode: eech")), env, checks)
	var first *Error
	if !errors.As(err, &first) || first.Key != "channels[0].limit" || first.Line != 6 || first.Value != "31" {
		t.Errorf("got %+v", first)
	}
}

// A token is easily pasted beside the wrong key.
func TestMisplacedSecretIsNotShown(t *testing.T) {
	// Both have the form of a token, and belong to nobody.
	for _, token := range []string{
		"MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789ab",
		"1234567890:AAabcdefghijklmnopqrstuvwxyz0123456",
	} {
		file := t.TempDir() + "/config.yaml"
		for _, text := range []string{
			"telegram: " + token + "\n",
			"telegram:\n  token:" + token + "\n",
			"telegram: {token:" + token + "}\n",
			"telegram: {" + token + ": x}\n",
			"telegram: {token: x y, token_file: " + token + "}\n",
			"telegram: {token_file: " + token + "}\n",
			"telegram: {token: \"" + token + " \"}\n",
			"telegram: {token: [" + token + "]}\n",
			"telegram: {api_url: https://api.telegram.org/bot" + token + "/?}\n",
			"telegram: {token: x\n" + token + ": {\n",
			channel("schedule: " + token),
			channel("mode: ${TOKEN}"),
			channel("schedule: ${TOKEN}"),
			channel("timezone: " + token),
			channel("telegram: " + token),
			channel("quiet: [" + token + "]"),
			"channels: [{name: " + token + "}, {name: " + token + "}]\n",
		} {
			_, err := Parse(file, []byte(text), func(name string) (string, bool) { return token, name == "TOKEN" }, checks)
			if err == nil {
				t.Errorf("no error in %s", text)
			} else if _, tail, _ := strings.Cut(token, ":"); strings.Contains(err.Error(), token) || tail != "" && strings.Contains(err.Error(), tail) {
				t.Errorf("%s: a token in\n%v", text, err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(large))
	f.Add([]byte("a: &a [*a]\nsources: *a\n"))
	f.Add([]byte("log: {level: \"${LIMIT\"}\n"))
	for _, c := range wrong {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("_file")) {
			t.Skip("reads other files")
		}
		c, err := Parse("config.yaml", data, env, checks)
		if err != nil {
			var es Errors
			if c != nil || !errors.As(err, &es) || len(es) == 0 || es[0].Line < 1 || es[0].Column < 1 {
				t.Fatalf("config %v, error %v", c, err)
			}
			return
		}
		var once, twice bytes.Buffer
		if err := c.Print(&once); err != nil {
			t.Fatal(err)
		}
		again, err := Parse("config.yaml", once.Bytes(), env, checks)
		if err != nil {
			t.Fatalf("printed:\n%s\n%v", &once, err)
		}
		if err := again.Print(&twice); err != nil {
			t.Fatal(err)
		}
		if once.String() != twice.String() {
			t.Fatalf("printed:\n%s\nthen:\n%s", &once, &twice)
		}
	})
}
