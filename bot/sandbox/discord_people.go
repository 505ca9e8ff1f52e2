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
	p.Writable = c.Type == dcText || c.guild == nil || c.Thread != nil && !c.Thread.Locked
	if c.Type == dcDM {
		p.Name = d.me.Username
	}
	if c.guild != nil && len(c.guild.roles) > 0 {
		p.Roles = c.guild.roleNames()
	}
	return p
}

// Chats lists all channels of the guilds, their threads, the user's direct
// messages with the bot, and the private chats of people that the user is in.
func (d *Discord) Chats(user string) []Chat {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Chat
	for _, g := range d.guilds {
		for _, c := range g.channels {
			list = append(list, d.place(c))
		}
	}
	if u := d.user(user); u != nil {
		if u.dm != "" {
			list = append(list, d.place(d.channels[u.dm]))
		}
		var private []Chat
		for _, c := range d.channels {
			if c.Type == dcGroupDM && slices.Contains(c.Recipients, u) {
				private = append(private, d.place(c))
			}
		}
		slices.SortFunc(private, func(a, b Chat) int { return compareIDs(a.ID, b.ID) })
		list = append(list, private...)
	}
	return list
}

// menu is what a client offers a user in a channel, of one type of command: a
// guild's command stands before a global one of the same name. Without a user
// all is there that members may be given.
func (d *Discord) menu(u *dcUser, c *dcChannel, kind int) []*dcCommand {
	if c.Thread != nil && c.Thread.Archived {
		return nil
	}
	var list []*dcCommand
	if c.guild != nil && c.hasBot() {
		list = slices.Clone(d.commands[c.GuildID])
	}
	for _, x := range d.commands[""] {
		switch where := c.context(); {
		case len(x.Contexts) > 0 && !slices.Contains(x.Contexts, where):
		case where == inBotDM && x.DMPermission != nil && !*x.DMPermission:
		case len(d.owners(u, c, x.IntegrationTypes)) == 0:
		case slices.ContainsFunc(list, func(y *dcCommand) bool { return y.key() == x.key() }):
		default:
			list = append(list, x)
		}
	}
	return slices.DeleteFunc(list, func(x *dcCommand) bool {
		return x.Type != kind || u != nil && c.guild != nil && !x.letIn(u.mayIn(c))
	})
}

// letIn says whether a member's rights are those that a command is made for.
func (x *dcCommand) letIn(rights int64) bool {
	if x.DefaultMemberPermissions == nil {
		return true
	}
	need, _ := strconv.ParseInt(*x.DefaultMemberPermissions, 10, 64)
	return has(rights, need) && (need != 0 || has(rights, permAdmin))
}

// Commands lists what the command menu of a chat offers to those whose language
// has no names of its own, whatever their rights.
func (d *Discord) Commands(chat string) []Command { return d.Menu("", chat) }

// Menu lists what the command menu of a chat offers to a user, in the user's
// language where the bot gave the commands names in it.
func (d *Discord) Menu(user, chat string) []Command { return d.offers(user, chat, dcSlash) }

// Apps lists what the menu of a message offers to a user, below "Apps".
func (d *Discord) Apps(user, chat string) []Command { return d.offers(user, chat, dcOnAMessage) }

func (d *Discord) offers(user, chat string, kind int) []Command {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.channels[chat]
	if c == nil {
		return nil
	}
	u, locale := d.user(user), ""
	if u != nil {
		locale = u.locale
	}
	var list []Command
	for _, x := range d.menu(u, c, kind) {
		list = append(list, Command{
			Name:        x.nameIn(locale),
			Description: cmp.Or(x.DescriptionLocalizations[locale], x.Description),
			Options:     shownOptions(x.Options, locale),
		})
	}
	return list
}

func shownOptions(options []dcOption, locale string) []Option {
	var list []Option
	for _, o := range options {
		shown := Option{
			Name:         o.nameIn(locale),
			Description:  cmp.Or(o.DescriptionLocalizations[locale], o.Description),
			Required:     o.Required,
			Autocomplete: o.Autocomplete,
			Subcommand:   o.Type <= dcSubcommandGroup,
			Options:      shownOptions(o.Options, locale),
		}
		for _, c := range o.Choices {
			shown.Choices = append(shown.Choices, c.nameIn(locale))
		}
		list = append(list, shown)
	}
	return list
}

// meet finds user and channel of something that a person does.
func (d *Discord) meet(user, chat string) (*dcUser, *dcChannel, error) {
	u, c := d.user(user), d.channels[chat]
	switch {
	case u == nil:
		return nil, nil, fmt.Errorf("no user %s", user)
	case c == nil, c.guild == nil && !slices.Contains(c.Recipients, u):
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
	d.mention(m, nil, u.mayIn(c))
	d.publish(m)
	return nil
}

// offered finds the command that a client names, in the user's language or the
// bot's.
func (d *Discord) offered(u *dcUser, c *dcChannel, kind int, name string) (*dcCommand, error) {
	for _, x := range d.menu(u, c, kind) {
		if x.Name == name || x.nameIn(u.locale) == name {
			return x, nil
		}
	}
	if kind == dcSlash {
		name = "/" + name
	}
	return nil, fmt.Errorf("no command %s here", name)
}

func (d *Discord) command(u *dcUser, c *dcChannel, line string) error {
	name, rest, _ := strings.Cut(line, " ")
	x, err := d.offered(u, c, dcSlash, name)
	if err != nil {
		return err
	}
	values, err := d.values(u, x.Name, x.Options, strings.TrimSpace(rest))
	if err != nil {
		return fmt.Errorf("/%s: %w", x.Name, err)
	}
	d.ask(dcAskCommand, u, c, nil, d.owners(u, c, x.IntegrationTypes), d.commandData(x, values))
	return nil
}

// Use picks a command from the menu of a message.
func (d *Discord) Use(ctx context.Context, user, chat, message, command string) error {
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
		return fmt.Errorf("no message %s", message)
	}
	x, err := d.offered(u, c, dcOnAMessage, command)
	if err != nil {
		return err
	}
	data := d.commandData(x, nil)
	data["target_id"] = m.ID
	data["resolved"] = map[string]any{"messages": map[string]any{m.ID: m}}
	d.ask(dcAskCommand, u, c, nil, d.owners(u, c, x.IntegrationTypes), data)
	return nil
}

func (d *Discord) commandData(x *dcCommand, values []dcValue) map[string]any {
	data := map[string]any{"id": x.ID, "name": x.Name, "type": x.Type}
	if len(values) > 0 {
		data["options"] = values
	}
	if x.GuildID != "" {
		data["guild_id"] = x.GuildID
	}
	return data
}

// values reads a command's arguments as a client would. path is the command
// with the subcommands that led here.
func (d *Discord) values(u *dcUser, path string, options []dcOption, rest string) ([]dcValue, error) {
	if hasSubcommands(options) {
		word, after, _ := strings.Cut(rest, " ")
		o := optionNamed(options, u, word)
		if o == nil {
			return nil, fmt.Errorf("no subcommand %q", word)
		}
		inner, err := d.values(u, path+" "+o.Name, o.Options, strings.TrimSpace(after))
		return []dcValue{{Name: o.Name, Type: o.Type, Options: inner}}, err
	}
	texts := splitOptions(u, options, rest)
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
		if v, ok := d.chosen[chosenKey(u, path, o.Name, s)]; ok {
			s = v
		}
		v, err := o.value(s, u.locale)
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

func hasSubcommands(options []dcOption) bool {
	return len(options) > 0 && options[0].Type <= dcSubcommandGroup
}

// optionNamed finds an option by its name, in the user's language or the bot's.
func optionNamed(options []dcOption, u *dcUser, name string) *dcOption {
	for i, o := range options {
		if o.Name == name || o.nameIn(u.locale) == name {
			return &options[i]
		}
	}
	return nil
}

// splitOptions parts "a:one two b:three" at the names of the options; without
// a name at its beginning all is the first option's.
func splitOptions(u *dcUser, options []dcOption, rest string) map[string]string {
	texts := map[string]string{}
	if rest == "" {
		return texts
	}
	begins := func(s string) (option string, length int) {
		for _, o := range options {
			for _, name := range []string{o.Name, o.nameIn(u.locale)} {
				if strings.HasPrefix(s, name+":") {
					return o.Name, len(name) + 1
				}
			}
		}
		return "", 0
	}
	name, start := begins(rest)
	if name == "" {
		if len(options) > 0 {
			name = options[0].Name
		}
		texts[name] = rest
		return texts
	}
	for i := start; i < len(rest); i++ {
		if rest[i-1] != ' ' {
			continue
		}
		if next, n := begins(rest[i:]); next != "" {
			texts[name] = strings.TrimSpace(rest[start:i])
			name, start = next, i+n
		}
	}
	texts[name] = strings.TrimSpace(rest[start:])
	return texts
}

// value turns what was typed into the option's type, and refuses what a client
// would not send.
func (o *dcOption) value(s, locale string) (json.RawMessage, error) {
	for _, c := range o.Choices {
		if c.Name == s || c.nameIn(locale) == s || c.text() == s {
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
	owners := d.owners(u, c, []int{forGuilds})
	if m.InteractionMetadata != nil {
		owners = m.InteractionMetadata.Owners
	}
	d.ask(dcAskComponent, u, c, m, owners, about)
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
// names. The command may have subcommands and options behind it that were filled
// in before: "follow topic", "narratives story:ferry". Typed into the command, a
// name stands for its value, as in a client.
func (d *Discord) Complete(ctx context.Context, user, chat, command, option, value string) ([]string, error) {
	i, key, err := d.complete(user, chat, command, option, value)
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
		name := c.nameIn(i.user.locale)
		names = append(names, name)
		d.chosen[key(name)] = c.text()
	}
	return names, nil
}

// complete asks for autocompletions, and returns the keys under which those that
// are offered are remembered.
func (d *Discord) complete(user, chat, line, option, value string) (*dcInteraction, func(name string) string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, c, err := d.meet(user, chat)
	if err != nil {
		return nil, nil, err
	}
	name, rest, _ := strings.Cut(line, " ")
	x, err := d.offered(u, c, dcSlash, name)
	if err != nil {
		return nil, nil, err
	}
	path, options := x.Name, x.Options
	var above []dcValue // the subcommands
	for hasSubcommands(options) {
		word, after, _ := strings.Cut(strings.TrimSpace(rest), " ")
		o := optionNamed(options, u, word)
		if o == nil {
			return nil, nil, fmt.Errorf("/%s has no subcommand %q", path, word)
		}
		above = append(above, dcValue{Name: o.Name, Type: o.Type})
		path, options, rest = path+" "+o.Name, o.Options, after
	}
	focus := optionNamed(options, u, option)
	if focus == nil || !focus.Autocomplete {
		return nil, nil, fmt.Errorf("/%s has no option %s with autocompletion", path, option)
	}
	// What stands in the other options comes too, as it is; only the one that is
	// being typed is text whatever its type.
	var values []dcValue
	texts := splitOptions(u, options, strings.TrimSpace(rest))
	for _, o := range options {
		s, ok := texts[o.Name]
		switch {
		case o.Name == focus.Name:
			values = append(values, dcValue{Name: o.Name, Type: o.Type, Value: raw(value), Focused: true})
		case ok:
			if v, known := d.chosen[chosenKey(u, path, o.Name, s)]; known {
				s = v
			}
			if v, err := o.value(s, u.locale); err == nil {
				values = append(values, dcValue{Name: o.Name, Type: o.Type, Value: v})
			}
		}
	}
	for _, v := range slices.Backward(above) {
		v.Options = values
		values = []dcValue{v}
	}
	i := d.ask(dcAskComplete, u, c, nil, d.owners(u, c, x.IntegrationTypes), d.commandData(x, values))
	return i, func(name string) string { return chosenKey(u, path, focus.Name, name) }, nil
}

func chosenKey(u *dcUser, path, option, name string) string {
	return strings.Join([]string{u.ID, path, option, name}, "\x00")
}
