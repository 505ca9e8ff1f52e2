package telegram

import (
	"context"
	"errors"
	"reflect"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// command is an entry of the menu.
type command struct {
	Name string `json:"command"`
	Help string `json:"description"`
}

// scopes are where the menu is shown: in private chats and in groups. The
// default one is for whatever else there is.
var scopes = []map[string]string{{"type": "default"}, {"type": "all_private_chats"}, {"type": "all_group_chats"}}

// menuAgain is how long to wait before another try to fill the menus; it doubles
// up to the longest.
const (
	menuAgain   = 2 * time.Second
	menuLongest = 10 * time.Minute
)

// keepMenu fills the menus, again and again until it is done or refused.
func (t *Telegram) keepMenu(ctx context.Context) {
	for wait := menuAgain; ; wait = min(2*wait, menuLongest) {
		err := t.registerMenu(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		t.log.Warn("commands are not in the menu", "err", err)
		var e *tgbotapi.Error
		if errors.As(err, &e) {
			if e.RetryAfter == 0 && e.Code < 500 {
				return // it would be refused again
			}
			wait = max(wait, time.Duration(e.RetryAfter)*time.Second)
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// registerMenu puts the commands into the menus, where they are not there yet:
// for each scope a list without a language, in English, and one for each other
// language. That is as many looks, one after the other, and no more than as many
// writes.
func (t *Telegram) registerMenu(ctx context.Context) error {
	for i, v := range t.languages.Voices() {
		code := v.Code()
		if i == 0 {
			code = ""
		}
		var want []command
		for _, c := range t.desk.Commands() {
			want = append(want, command{c.Name, v.Text(c.Help)})
		}
		for _, scope := range scopes {
			var have []command
			if err := t.api.call(ctx, "getMyCommands", params{"scope": scope, "language_code": code}, &have); err != nil {
				return err
			}
			if reflect.DeepEqual(have, want) {
				continue
			}
			if err := t.api.call(ctx, "setMyCommands", params{"scope": scope, "language_code": code, "commands": want}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
