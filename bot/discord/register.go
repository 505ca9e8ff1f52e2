package discord

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

// appCommand is a slash command as the API has it, as far as ours go.
type appCommand struct {
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"` // by Discord's locales
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Type         int               `json:"type"`
	Options      []appOption       `json:"options,omitempty"`
	// Contexts: in servers and in private messages with the bot.
	Contexts []int `json:"contexts,omitempty"`
}

type appOption struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"`
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Autocomplete bool              `json:"autocomplete,omitempty"`
}

// Numbers of the API.
const (
	slashCommand = 1
	textOption   = 3
	numberOption = 4
	inGuilds     = 0
	inBotDMs     = 1
)

// locales are those of Discord that the bot has words for, each with their
// language: discord.com/developers/docs/reference#locales. English is what
// stands in the menu anyway.
var locales = map[string]string{
	"ar": "ar", "de": "de", "es-419": "es", "es-ES": "es", "fr": "fr", "hi": "hi", "pt-BR": "pt", "ru": "ru", "uk": "uk", "zh-CN": "zh",
}

// commands are the slash commands that the table gives.
func commands(table []brief.Command, languages *brief.Languages) []appCommand {
	english := languages.Voice()
	inEach := func(p brief.Phrase) map[string]string {
		all := map[string]string{}
		for locale, language := range locales {
			all[locale] = languages.Voice(language).Text(p)
		}
		return all
	}
	var all []appCommand
	for _, c := range table {
		a := appCommand{
			Name: c.Name, Names: inEach(c.Called),
			Description: english.Text(c.Help), Descriptions: inEach(c.Help),
			Type: slashCommand, Contexts: []int{inGuilds, inBotDMs},
		}
		for _, o := range c.Options {
			kind := textOption
			if o.Kind == brief.NumberOption {
				kind = numberOption
			}
			a.Options = append(a.Options, appOption{
				Type: kind, Name: o.Name, Names: inEach(o.Called), Autocomplete: o.Suggests,
				Description: english.Text(o.Help), Descriptions: inEach(o.Help),
			})
		}
		all = append(all, a)
	}
	return all
}

// registerAgain is how long to wait before another try to register; it doubles
// up to the longest.
const (
	registerAgain   = 2 * time.Second
	registerLongest = 10 * time.Minute
)

// keepRegistered registers the commands, again and again until it is done or
// refused.
func (d *Discord) keepRegistered(ctx context.Context) {
	if !d.registering.CompareAndSwap(false, true) {
		return // it is being done
	}
	defer d.registering.Store(false)
	for wait := registerAgain; ; wait = min(2*wait, registerLongest) {
		err := d.register(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		d.log.Warn("commands are not registered", "err", err)
		var api *apiError
		if errors.As(err, &api) {
			if verdict(api).Outcome == store.Refused {
				return // it would be refused again
			}
			wait = max(wait, api.After)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// register puts the commands into Discord's menu, all at once, if they are not
// there as they should be.
func (d *Discord) register(ctx context.Context) error {
	app, _ := d.account()
	address := discordgo.EndpointApplicationGlobalCommands(app)
	want := commands(d.desk.Commands(), d.languages)
	var have []appCommand
	if err := d.request(ctx, "GET", address+"?with_localizations=true", nil, &have); err != nil {
		return fmt.Errorf("read the commands: %w", err)
	}
	if sameCommands(have, want) {
		return nil
	}
	if err := d.request(ctx, "PUT", address, want, nil); err != nil {
		return fmt.Errorf("write the commands: %w", err)
	}
	d.log.Info("commands registered", "commands", len(want))
	return nil
}

// sameCommands compares what Discord has with what it should; the order does
// not count.
func sameCommands(a, b []appCommand) bool {
	byName := func(all []appCommand) map[string]appCommand {
		m := map[string]appCommand{}
		for _, c := range all {
			c.Contexts = slices.Sorted(slices.Values(c.Contexts))
			m[c.Name] = c
		}
		return m
	}
	return len(a) == len(b) && reflect.DeepEqual(byName(a), byName(b))
}
