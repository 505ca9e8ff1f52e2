package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// maxCreates is how many commands may be made in a day in one scope.
const maxCreates = 200

// scope is the guild whose commands a request is about; empty: the global ones.
func (d *Discord) scope(c *call) (string, *dcError) {
	if c.path("app") != d.me.ID {
		return "", &dcError{status: 404, code: 10002, message: "Unknown Application"}
	}
	guild := c.path("guild")
	if guild != "" {
		if _, err := d.home(guild); err != nil {
			return "", errMissingAccess
		}
	}
	return guild, nil
}

func (d *Discord) getCommands(c *call) (int, any, *dcError) {
	guild, err := d.scope(c)
	if err != nil {
		return 0, nil, err
	}
	all := []*dcCommand{}
	for _, x := range d.commands[guild] {
		if c.query.Get("with_localizations") != "true" {
			x = x.unlocalized()
		}
		all = append(all, x)
	}
	return 200, all, nil
}

// unlocalized is a command as the list gives it to those who don't ask for
// other languages.
func (x *dcCommand) unlocalized() *dcCommand {
	bare := *x
	bare.NameLocalizations, bare.DescriptionLocalizations = nil, nil
	bare.Options = unlocalizedOptions(bare.Options)
	return &bare
}

func unlocalizedOptions(options []dcOption) []dcOption {
	bare := slices.Clone(options)
	for i := range bare {
		o := &bare[i]
		o.NameLocalizations, o.DescriptionLocalizations = nil, nil
		o.Options, o.Choices = unlocalizedOptions(o.Options), slices.Clone(o.Choices)
		for j := range o.Choices {
			o.Choices[j].NameLocalizations = nil
		}
	}
	return bare
}

func (d *Discord) getCommand(c *call) (int, any, *dcError) {
	guild, err := d.scope(c)
	if err != nil {
		return 0, nil, err
	}
	for _, x := range d.commands[guild] {
		if x.ID == c.path("command") {
			return 200, x, nil
		}
	}
	return 0, nil, errUnknownCommand
}

// putCommands replaces a scope's whole list; what has a known name keeps its id.
func (d *Discord) putCommands(c *call) (int, any, *dcError) {
	guild, err := d.scope(c)
	if err != nil {
		return 0, nil, err
	}
	var list []*dcCommand
	if err := c.decode(&list); err != nil {
		return 0, nil, err
	}
	f := &formErrors{}
	names := map[string]bool{}
	for i, x := range list {
		at := strconv.Itoa(i)
		if x == nil {
			f.required(at)
			continue
		}
		x.settle()
		f.command(at, x)
		if key := x.key(); names[key] {
			f.add(at+".name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
		}
		names[x.key()] = true
	}
	if err := f.err(); err != nil {
		return 0, nil, err
	}
	if err := tooManyCommands(list); err != nil {
		return 0, nil, err
	}
	created := 0
	for _, x := range list {
		if d.sameName(guild, x) == nil {
			created++
		}
	}
	if err := d.mayCreate(guild, created); err != nil {
		return 0, nil, err
	}
	for _, x := range list {
		d.identify(guild, x)
	}
	d.commands[guild] = list
	return 200, list, nil
}

// postCommand makes one command, or replaces the one of that name.
func (d *Discord) postCommand(c *call) (int, any, *dcError) {
	guild, err := d.scope(c)
	if err != nil {
		return 0, nil, err
	}
	x := &dcCommand{}
	if err := c.decode(x); err != nil {
		return 0, nil, err
	}
	x.settle()
	f := &formErrors{}
	f.command("", x)
	if err := f.err(); err != nil {
		return 0, nil, err
	}
	list := slices.Clone(d.commands[guild])
	old := d.sameName(guild, x)
	status := 200
	if old == nil {
		status = 201
		list = append(list, x)
		if err := tooManyCommands(list); err != nil {
			return 0, nil, err
		}
		if err := d.mayCreate(guild, 1); err != nil {
			return 0, nil, err
		}
	}
	d.identify(guild, x)
	if old != nil {
		list[slices.Index(list, old)] = x
	}
	d.commands[guild] = list
	return status, x, nil
}

func (d *Discord) patchCommand(c *call) (int, any, *dcError) {
	_, v, err := d.getCommand(c)
	if err != nil {
		return 0, nil, err
	}
	old := v.(*dcCommand)
	next := *old
	next.Options = nil
	var given map[string]json.RawMessage
	if err := c.decode(&given); err != nil {
		return 0, nil, err
	}
	if err := c.decode(&next); err != nil {
		return 0, nil, err
	}
	if _, ok := given["options"]; !ok {
		next.Options = old.Options
	}
	next.ID, next.ApplicationID, next.GuildID, next.Type = old.ID, old.ApplicationID, old.GuildID, old.Type
	f := &formErrors{}
	f.command("", &next)
	if err := f.err(); err != nil {
		return 0, nil, err
	}
	next.Version = d.newID()
	*old = next
	return 200, old, nil
}

func (d *Discord) deleteCommand(c *call) (int, any, *dcError) {
	_, v, err := d.getCommand(c)
	if err != nil {
		return 0, nil, err
	}
	guild := c.path("guild")
	d.commands[guild] = slices.DeleteFunc(slices.Clone(d.commands[guild]), func(x *dcCommand) bool { return x == v })
	return 204, nil, nil
}

// settle fills in what a request may leave out.
func (x *dcCommand) settle() {
	if x.Type == 0 {
		x.Type = dcSlash
	}
	if x.IntegrationTypes == nil {
		x.IntegrationTypes = []int{forGuilds}
	}
}

// key is what makes a command unique in its scope.
func (x *dcCommand) key() string { return string(rune('0'+x.Type)) + x.Name }

func (d *Discord) sameName(guild string, x *dcCommand) *dcCommand {
	for _, old := range d.commands[guild] {
		if old.key() == x.key() {
			return old
		}
	}
	return nil
}

// identify gives a command its ids: those of its predecessor of the same name,
// and a new version if it is different.
func (d *Discord) identify(guild string, x *dcCommand) {
	x.ApplicationID, x.GuildID = d.me.ID, guild
	if old := d.sameName(guild, x); old != nil {
		x.ID, x.Version = old.ID, old.Version
		if bytes.Equal(raw(old), raw(x)) {
			return
		}
	} else {
		x.ID = d.newID()
	}
	x.Version = d.newID()
}

func tooManyCommands(list []*dcCommand) *dcError {
	most := map[int]int{1: maxCommands, 2: 15, 3: 15}
	for _, x := range list {
		if most[x.Type]--; most[x.Type] < 0 {
			return errTooManyCommands
		}
	}
	return nil
}

func (d *Discord) mayCreate(guild string, n int) *dcError {
	now := d.o.Now()
	recent := slices.DeleteFunc(d.creates[guild], func(t time.Time) bool { return now.Sub(t) >= 24*time.Hour })
	d.creates[guild] = recent
	if len(recent)+n > maxCreates {
		return errCommandCreates
	}
	for range n {
		d.creates[guild] = append(d.creates[guild], now)
	}
	return nil
}
