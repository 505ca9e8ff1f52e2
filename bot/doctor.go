package bot

import (
	"context"
	"fmt"
	"log/slog"

	"briefbot/bot/config"
	"briefbot/bot/discord"
	"briefbot/bot/telegram"
	"briefbot/store"
)

// examiner is a platform's adapter, as far as it tells how the bot stands there.
type examiner interface {
	// Examine examines the bot's account and, if the token is good, where each of
	// the channels is. A bot that runs does not notice.
	Examine(ctx context.Context, channels []store.Channel) []store.Finding
}

// Finding is something that the operator may want to know.
type Finding struct {
	About string // a channel's name, a platform, or the records
	Grade store.Grade
	Text  string
}

// Doctor asks both platforms and the records whether all is well. What the
// records tell stands last; if they can't be read, the error says why, and the
// findings are the platforms'.
func Doctor(ctx context.Context, c *config.Config) ([]Finding, error) {
	var all []Finding
	quiet := slog.New(slog.DiscardHandler)
	if !c.Discord.Token.IsZero() {
		d, err := discord.New(discord.Options{Token: c.Discord.Token.Reveal(), APIURL: c.Discord.APIURL, Log: quiet})
		if err != nil {
			return nil, err
		}
		all = append(all, examine(ctx, d, store.Discord, c.Channels)...)
	}
	if !c.Telegram.Token.IsZero() {
		t := telegram.New(telegram.Options{Token: c.Telegram.Token.Reveal(), APIURL: c.Telegram.APIURL, Log: quiet})
		all = append(all, examine(ctx, t, store.Telegram, c.Channels)...)
	}
	r, err := recordsOf(ctx, c.Data)
	switch {
	case err != nil:
		return all, fmt.Errorf("read the records: %w", err)
	case r == nil:
		return append(all, Finding{"records", store.Well, "there are none yet: they begin when the bot first runs"}), nil
	}
	return append(all, r.findings(c.Timezone)...), nil
}

// examine examines a platform, and tells it of every channel that goes there.
func examine(ctx context.Context, e examiner, p store.Platform, channels []store.Channel) []Finding {
	names := map[store.Chat]string{}
	var there []store.Channel
	for _, c := range channels {
		if c.Chat.Platform == p { // no two are in one chat
			there, names[c.Chat] = append(there, c), c.Name
		}
	}
	var all []Finding
	for _, f := range e.Examine(ctx, there) {
		about := string(p)
		if f.Chat != (store.Chat{}) {
			about = names[f.Chat]
		}
		all = append(all, Finding{about, f.Grade, f.Text})
	}
	return all
}
