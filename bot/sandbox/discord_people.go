package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func (d *Discord) place(c *dcChannel) Chat {
	p := Chat{Platform: "discord", ID: c.ID, Parent: c.ParentID, Name: c.Name, Kind: c.kind()}
	p.Writable = c.Type == dcText || c.Type == dcDM || c.Thread != nil && !c.Thread.Locked
	if c.Type == dcDM {
		p.Name = d.me.Username
	}
	return p
}

// Chats lists all channels of the guilds, their threads, and the user's direct
// messages with the bot.
func (d *Discord) Chats(user string) []Chat {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Chat
	for _, g := range d.guilds {
		for _, c := range g.channels {
			list = append(list, d.place(c))
		}
	}
	if u := d.user(user); u != nil && u.dm != "" {
		list = append(list, d.place(d.channels[u.dm]))
	}
	return list
}

// menu is what a client offers in a channel: a guild's command stands before a
// global one of the same name.
func (d *Discord) menu(c *dcChannel) []*dcCommand {
	var list []*dcCommand
	where := 0
	if c.guild == nil {
		where = 1
	} else {
		if c.guild.away || c.Thread != nil && c.Thread.Archived {
			return nil
		}
		list = slices.Clone(d.commands[c.GuildID])
	}
	for _, x := range d.commands[""] {
		if len(x.Contexts) > 0 && !slices.Contains(x.Contexts, where) {
			continue
		}
		if where == 1 && x.DMPermission != nil && !*x.DMPermission {
			continue
		}
		if !slices.ContainsFunc(list, func(y *dcCommand) bool { return y.key() == x.key() }) {
			list = append(list, x)
		}
	}
	return slices.DeleteFunc(list, func(x *dcCommand) bool { return x.Type != 1 })
}

// Commands lists what the command menu of a chat offers to those whose language
// has no names of its own.
func (d *Discord) Commands(chat string) []Command { return d.Menu("", chat) }

// Menu lists what the command menu of a chat offers to a user, in the user's
// language where the bot gave the commands names in it.
func (d *Discord) Menu(user, chat string) []Command {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.channels[chat]
	if c == nil {
		return nil
	}
	locale := ""
	if u := d.user(user); u != nil {
		locale = u.locale
	}
	var list []Command
	for _, x := range d.menu(c) {
		shown := Command{Name: x.nameIn(locale), Description: cmp.Or(x.DescriptionLocalizations[locale], x.Description)}
		for _, o := range x.Options {
			shown.Options = append(shown.Options, Option{o.Name, cmp.Or(o.DescriptionLocalizations[locale], o.Description), o.Required, o.Autocomplete})
		}
		list = append(list, shown)
	}
	return list
}

// nameIn is what a command is called in a locale.
func (x *dcCommand) nameIn(locale string) string { return cmp.Or(x.NameLocalizations[locale], x.Name) }

// meet finds user and channel of something that a person does.
func (d *Discord) meet(user, chat string) (*dcUser, *dcChannel, error) {
	u, c := d.user(user), d.channels[chat]
	switch {
	case u == nil:
		return nil, nil, fmt.Errorf("no user %s", user)
	case c == nil, c.Type == dcDM && c.Recipients[0] != u:
		return nil, nil, fmt.Errorf("no channel %s", chat)
	}
	return u, c, nil
}

// OpenDM opens the direct messages of a user with the bot, and returns the
// channel's id.
func (d *Discord) OpenDM(user string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.user(user)
	if u == nil {
		return "", fmt.Errorf("no user %s", user)
	}
	return d.dm(u).ID, nil
}

// Say types a line. A command's options come as name:value, or the first one
// takes the whole rest.
func (d *Discord) Say(ctx context.Context, user, chat, text, reply string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, c, err := d.meet(user, chat)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !d.place(c).Writable {
		return fmt.Errorf("nobody can write in #%s", c.Name)
	}
	text = strings.TrimSpace(text)
	if line, ok := strings.CutPrefix(text, "/"); ok {
		return d.command(u, c, line)
	}
	if n := utf8.RuneCountInString(text); n == 0 || n > maxContent {
		return fmt.Errorf("a message has 1 to %d characters", maxContent)
	}
	m := d.newMessage(c, u)
	m.Content = text
	if reply != "" {
		target := c.message(reply)
		if target == nil {
			return fmt.Errorf("no message %s to reply to", reply)
		}
		m.replyTo(target)
	}
	d.mention(m, nil, u.permissions)
	d.publish(m)
	return nil
}

// offered finds the command that a line of a client names, in the user's
// language or the bot's.
func (d *Discord) offered(u *dcUser, c *dcChannel, name string) (*dcCommand, error) {
	for _, x := range d.menu(c) {
		if x.Name != name && x.nameIn(u.locale) != name {
			continue
		}
		if p := x.DefaultMemberPermissions; p != nil && c.guild != nil {
			need, _ := strconv.ParseInt(*p, 10, 64)
			if need == 0 && u.permissions&permAdmin == 0 || !has(u.permissions, need) {
				break
			}
		}
		return x, nil
	}
	return nil, fmt.Errorf("no command /%s here", name)
}

func (d *Discord) command(u *dcUser, c *dcChannel, line string) error {
	name, rest, _ := strings.Cut(line, " ")
	x, err := d.offered(u, c, name)
	if err != nil {
		return err
	}
	values, err := d.values(u, x.Name, x.Options, strings.TrimSpace(rest))
	if err != nil {
		return fmt.Errorf("/%s: %w", x.Name, err)
	}
	d.ask(dcAskCommand, u, c, nil, d.commandData(x, c, values))
	return nil
}

func (d *Discord) commandData(x *dcCommand, c *dcChannel, values []dcValue) map[string]any {
	data := map[string]any{"id": x.ID, "name": x.Name, "type": x.Type}
	if len(values) > 0 {
		data["options"] = values
	}
	if x.GuildID != "" {
		data["guild_id"] = x.GuildID
	}
	return data
}

// values reads a command's arguments as a client would.
func (d *Discord) values(u *dcUser, command string, options []dcOption, rest string) ([]dcValue, error) {
	if len(options) > 0 && options[0].Type <= dcSubcommandGroup {
		word, after, _ := strings.Cut(rest, " ")
		for _, o := range options {
			if o.Name == word {
				inner, err := d.values(u, command, o.Options, strings.TrimSpace(after))
				return []dcValue{{Name: o.Name, Type: o.Type, Options: inner}}, err
			}
		}
		return nil, fmt.Errorf("no subcommand %q", word)
	}
	texts := splitOptions(options, rest)
	var list []dcValue
	for _, o := range options {
		s, ok := texts[o.Name]
		if !ok {
			if o.Required {
				return nil, fmt.Errorf("option %s is required", o.Name)
			}
			continue
		}
		delete(texts, o.Name)
		if v, ok := d.chosen[chosenKey(u, command, o.Name, s)]; ok {
			s = v
		}
		v, err := o.value(s)
		if err != nil {
			return nil, err
		}
		list = append(list, dcValue{Name: o.Name, Type: o.Type, Value: v})
	}
	for _, s := range texts {
		return nil, fmt.Errorf("no option for %q", s)
	}
	return list, nil
}

// splitOptions parts "a:one two b:three" at the names of the options; without
// a name at its beginning all is the first option's.
func splitOptions(options []dcOption, rest string) map[string]string {
	texts := map[string]string{}
	if rest == "" {
		return texts
	}
	begins := func(s string) string {
		for _, o := range options {
			if strings.HasPrefix(s, o.Name+":") {
				return o.Name
			}
		}
		return ""
	}
	name := begins(rest)
	if name == "" {
		first := ""
		if len(options) > 0 {
			first = options[0].Name
		}
		texts[first] = rest
		return texts
	}
	start := len(name) + 1
	for i := start; i < len(rest); i++ {
		if rest[i-1] != ' ' {
			continue
		}
		if next := begins(rest[i:]); next != "" {
			texts[name] = strings.TrimSpace(rest[start:i])
			name, start = next, i+len(next)+1
		}
	}
	texts[name] = strings.TrimSpace(rest[start:])
	return texts
}

// value turns what was typed into the option's type, and refuses what a client
// would not send.
func (o *dcOption) value(s string) (json.RawMessage, error) {
	for _, c := range o.Choices {
		if c.Name == s || c.text() == s {
			return c.Value, nil
		}
	}
	if len(o.Choices) > 0 {
		return nil, fmt.Errorf("option %s: %q is no choice", o.Name, s)
	}
	switch o.Type {
	case dcInteger, dcNumber:
		n, err := strconv.ParseFloat(s, 64)
		whole := n == float64(int64(n))
		if err != nil || o.Type == dcInteger && !whole || o.MinValue != nil && n < *o.MinValue || o.MaxValue != nil && n > *o.MaxValue {
			return nil, fmt.Errorf("option %s: %q is no valid number", o.Name, s)
		}
		return raw(n), nil
	case dcBoolean:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return nil, fmt.Errorf("option %s: %q is neither true nor false", o.Name, s)
		}
		return raw(b), nil
	}
	n := utf8.RuneCountInString(s)
	if o.MinLength != nil && n < *o.MinLength || o.MaxLength != nil && n > *o.MaxLength {
		return nil, fmt.Errorf("option %s: %q has a length that is not allowed", o.Name, s)
	}
	return raw(s), nil
}

// Press presses a button by its custom_id. For a select, the values chosen
// follow the custom_id, each after a line break.
func (d *Discord) Press(ctx context.Context, user, chat, message, data string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, c, err := d.meet(user, chat)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m := c.message(message)
	if m == nil {
		m = d.whispers[message]
	}
	if m == nil || m.channel != c || m.user != nil && m.user != u {
		return fmt.Errorf("no message %s", message)
	}
	chosen := strings.Split(data, "\n")
	x := m.component(chosen[0])
	switch {
	case x == nil:
		return fmt.Errorf("no button %q on message %s", chosen[0], message)
	case x.Disabled:
		return errors.New("the button is disabled")
	}
	about := map[string]any{"custom_id": *x.CustomID, "component_type": x.Type, "id": x.ID}
	if x.isSelect() {
		values := chosen[1:]
		if err := x.mayChoose(values); err != nil {
			return err
		}
		about["values"] = values
	}
	d.ask(dcAskComponent, u, c, m, about)
	return nil
}

func (x *dcComponent) mayChoose(values []string) error {
	least, most := 1, 1
	if x.MinValues != nil {
		least = *x.MinValues
	}
	if x.MaxValues != nil {
		most = *x.MaxValues
	}
	if len(values) < least || len(values) > most {
		return fmt.Errorf("choose %d to %d values", least, most)
	}
	for _, v := range values {
		if x.Type == dcSelect && !slices.ContainsFunc(x.Options, func(o dcSelectOption) bool { return o.Value == v }) {
			return fmt.Errorf("no value %q to choose", v)
		}
	}
	return nil
}

// maxChosen is how many offers of autocompletion are remembered.
const maxChosen = 10000

// Complete asks the bot for an option's autocompletions and returns their
// names. Typed into the command, a name stands for its value, as in a client.
func (d *Discord) Complete(ctx context.Context, user, chat, command, option, value string) ([]string, error) {
	i, err := d.complete(user, chat, command, option, value)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	select {
	case <-i.done:
	case <-ctx.Done():
		return nil, fmt.Errorf("autocompletion of /%s: %w", command, ctx.Err())
	case <-d.done:
		return nil, errors.New("the stand-in is closed")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.chosen) > maxChosen {
		clear(d.chosen)
	}
	var names []string
	for _, c := range i.choices {
		names = append(names, c.Name)
		d.chosen[chosenKey(i.user, command, option, c.Name)] = c.text()
	}
	return names, nil
}

func (d *Discord) complete(user, chat, command, option, value string) (*dcInteraction, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, c, err := d.meet(user, chat)
	if err != nil {
		return nil, err
	}
	x, err := d.offered(u, c, command)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(x.Options, func(o dcOption) bool { return o.Name == option && o.Autocomplete })
	if at < 0 {
		return nil, fmt.Errorf("/%s has no option %s with autocompletion", command, option)
	}
	o := x.Options[at]
	focused := dcValue{Name: o.Name, Type: o.Type, Value: raw(value), Focused: true}
	return d.ask(dcAskComplete, u, c, nil, d.commandData(x, c, []dcValue{focused})), nil
}

func chosenKey(u *dcUser, command, option, name string) string {
	return strings.Join([]string{u.ID, command, option, name}, "\x00")
}
