package telegram

import (
	"context"
	"reflect"
)

// command is an entry of the menu.
type command struct {
	Name string `json:"command"`
	Help string `json:"description"`
}

// scopes are where the menu is shown: in private chats and in groups. The
// default one is for whatever else there is.
var scopes = []map[string]string{{"type": "default"}, {"type": "all_private_chats"}, {"type": "all_group_chats"}}

// registerMenu puts the commands into the menus, where they are not there yet.
func (t *Telegram) registerMenu(ctx context.Context) error {
	english := t.languages.Voice()
	var want []command
	for _, c := range t.desk.Commands() {
		want = append(want, command{c.Name, english.Text(c.Help)})
	}
	for _, scope := range scopes {
		var have []command
		if err := t.api.call(ctx, "getMyCommands", params{"scope": scope}, &have); err != nil {
			return err
		}
		if reflect.DeepEqual(have, want) {
			continue
		}
		if err := t.api.call(ctx, "setMyCommands", params{"scope": scope, "commands": want}, nil); err != nil {
			return err
		}
	}
	return nil
}
