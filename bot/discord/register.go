package discord

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

// appCommand is a command as the API has it, as far as ours go.
type appCommand struct {
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"` // by Discord's locales
	Description  string            `json:"description,omitempty"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Type         int               `json:"type"`
	Options      []appOption       `json:"options,omitempty"`
	// Contexts are where it can be used, and Installs for whom the app then has
	// to be there.
	Contexts []int `json:"contexts,omitempty"`
	Installs []int `json:"integration_types,omitempty"`
	// Permissions are what a member of a server has to have to find it there,
	// as long as the server's admins don't say otherwise; left out: nothing.
	Permissions string `json:"default_member_permissions,omitempty"`
}

type appOption struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"`
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Required     bool              `json:"required,omitempty"`
	Autocomplete bool              `json:"autocomplete,omitempty"`
	Choices      []appChoice       `json:"choices,omitempty"`
	Least        float64           `json:"min_value,omitempty"`
	Options      []appOption       `json:"options,omitempty"` // a subcommand's own
}

type appChoice struct {
	Name  string            `json:"name"`
	Names map[string]string `json:"name_localizations,omitempty"`
	Value string            `json:"value"`
}

// Numbers of the API.
const (
	slashCommand   = 1
	messageCommand = 3 // in the menu of a message

	subcommand   = 1
	textOption   = 3
	numberOption = 4

	inGuilds   = 0
	inBotDMs   = 1
	inPrivate  = 2 // chats of people, where the bot itself is not
	forGuilds  = 0
	forReaders = 1 // who took the app along, wherever they are
)

// locales are those of Discord that the bot has words for, each with their
// language: discord.com/developers/docs/reference#locales. English is what
// stands in the menu anyway.
var locales = map[string]string{
	"ar": "ar", "de": "de", "es-419": "es", "es-ES": "es", "fr": "fr", "hi": "hi", "pt-BR": "pt", "ru": "ru", "uk": "uk", "zh-CN": "zh",
}

// menus says what stands in Discord's menus.
type menus struct{ languages *brief.Languages }

// commands are the commands that the table gives: each as a slash command, and
// some in the menu of a message too.
func commands(table []brief.Command, languages *brief.Languages) []appCommand {
	m := menus{languages}
	var all []appCommand
	for _, c := range table {
		a := appCommand{
			Name: c.Name, Names: m.inEach(c.Called), Description: m.english(c.Help), Descriptions: m.inEach(c.Help),
			Type: slashCommand, Options: m.options(c),
		}
		a.offer(c.Audience)
		all = append(all, a)
		if c.OnMessage != "" {
			a := appCommand{Name: m.english(c.OnMessage), Names: m.inEach(c.OnMessage), Type: messageCommand}
			a.offer(c.Audience)
			all = append(all, a)
		}
	}
	return all
}

// offer says who finds the command where. What sets a chat up needs the bot
// there, not only a member who has taken it along.
func (a *appCommand) offer(to brief.Audience) {
	a.Contexts, a.Installs = []int{inGuilds, inBotDMs, inPrivate}, []int{forGuilds, forReaders}
	switch to {
	case brief.Admins:
		a.Contexts, a.Installs = []int{inGuilds, inBotDMs}, []int{forGuilds}
		a.Permissions = strconv.Itoa(discordgo.PermissionManageChannels)
	case brief.Alone:
		a.Contexts = []int{inBotDMs}
	}
}

func (m menus) english(p brief.Phrase) string { return m.languages.Voice().Text(p) }

// inEach says a phrase in each of Discord's locales.
func (m menus) inEach(p brief.Phrase) map[string]string {
	all := map[string]string{}
	for locale, language := range locales {
		all[locale] = m.languages.Voice(language).Text(p)
	}
	return all
}

// options are a command's subcommands, or else its options: Discord wants the
// required ones first.
func (m menus) options(c brief.Command) []appOption {
	var all []appOption
	for _, sub := range c.Subs {
		all = append(all, appOption{
			Type: subcommand, Name: sub.Name, Names: m.inEach(sub.Called),
			Description: m.english(sub.Help), Descriptions: m.inEach(sub.Help), Options: m.options(sub),
		})
	}
	for _, o := range c.Options {
		a := appOption{
			Type: textOption, Name: o.Name, Names: m.inEach(o.Called), Required: o.Required, Autocomplete: o.Suggests,
			Description: m.english(o.Help), Descriptions: m.inEach(o.Help),
		}
		if o.Kind == brief.NumberOption {
			a.Type, a.Least = numberOption, 1
		}
		for _, ch := range o.Choices {
			a.Choices = append(a.Choices, appChoice{m.english(ch.Called), m.inEach(ch.Called), ch.Value})
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b appOption) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
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
	if err := d.own(ctx, "GET", address+"?with_localizations=true", nil, &have); err != nil {
		return fmt.Errorf("read the commands: %w", err)
	}
	if sameCommands(have, want) {
		return nil
	}
	if err := d.own(ctx, "PUT", address, want, nil); err != nil {
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
			c.Installs = slices.Sorted(slices.Values(c.Installs))
			m[fmt.Sprint(c.Type, " ", c.Name)] = c
		}
		return m
	}
	return len(a) == len(b) && reflect.DeepEqual(byName(a), byName(b))
}
