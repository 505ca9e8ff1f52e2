package discord

import (
	"context"
	"fmt"
	"reflect"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
)

// appCommand is a slash command as the API has it, as far as ours go.
type appCommand struct {
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Type        int         `json:"type"`
	Options     []appOption `json:"options,omitempty"`
	// Contexts: in servers and in private messages with the bot.
	Contexts []int `json:"contexts,omitempty"`
}

type appOption struct {
	Type         int    `json:"type"`
	Name         string `json:"name"`
	Description  string `json:"description"`
	Autocomplete bool   `json:"autocomplete,omitempty"`
}

// Numbers of the API.
const (
	slashCommand = 1
	textOption   = 3
	inGuilds     = 0
	inBotDMs     = 1
)

// storyOption is the name of the option that names a story.
const storyOption = "story"

// commands are the slash commands that the table gives.
func commands(table []brief.Command) []appCommand {
	var all []appCommand
	for _, c := range table {
		a := appCommand{Name: c.Name, Description: short(c.Help, maxChoice), Type: slashCommand, Contexts: []int{inGuilds, inBotDMs}}
		if c.Story {
			a.Options = []appOption{{
				Type: textOption, Name: storyOption, Autocomplete: true,
				Description: "Words of the headline, or the story's short id",
			}}
		}
		all = append(all, a)
	}
	return all
}

// register puts the commands into Discord's menu, all at once, if they are not
// there as they should be.
func (d *Discord) register(ctx context.Context) error {
	app, _ := d.account()
	address := discordgo.EndpointApplicationGlobalCommands(app)
	want := commands(d.desk.Commands())
	var have []appCommand
	if err := d.request(ctx, "GET", address, address, nil, &have); err != nil {
		return fmt.Errorf("read the commands: %w", err)
	}
	if sameCommands(have, want) {
		return nil
	}
	if err := d.request(ctx, "PUT", address, address, want, nil); err != nil {
		return fmt.Errorf("write the commands: %w", err)
	}
	d.log.Info("commands registered", "commands", len(want))
	return nil
}

func sameCommands(a, b []appCommand) bool {
	byName := func(all []appCommand) map[string]appCommand {
		m := map[string]appCommand{}
		for _, c := range all {
			m[c.Name] = c
		}
		return m
	}
	return len(a) == len(b) && reflect.DeepEqual(byName(a), byName(b))
}
