package telegram

import (
	"context"
	"errors"
	"slices"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"briefbot/bot/brief"
)

// command is an entry of the menu.
type command struct {
	Name string `json:"command"`
	Help string `json:"description"`
	// Whisper says that only the bot sees who gives it.
	Whisper bool `json:"is_ephemeral,omitempty"`
}

// scope is where a menu is shown, and what is in it.
type scope struct {
	name string
	who  []brief.Audience
	// group says that it is a menu of groups.
	group bool
}

// scopes are the menus. The default one is for whatever else there is.
var scopes = []scope{
	{name: "default", who: []brief.Audience{brief.Everyone}},
	{name: "all_private_chats", who: []brief.Audience{brief.Everyone, brief.Alone, brief.Admins}},
	{name: "all_group_chats", who: []brief.Audience{brief.Everyone}, group: true},
	{name: "all_chat_administrators", who: []brief.Audience{brief.Everyone, brief.Admins}, group: true},
}

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
		if err == nil {
			err = t.introduceItself(ctx)
		}
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

// tongue is a language by its code: empty for all who have none of those that the
// bot speaks.
type tongue struct {
	code string
	brief.Voice
}

func (t *Telegram) tongues() []tongue {
	var all []tongue
	for i, v := range t.languages.Voices() {
		all = append(all, tongue{v.Code(), v})
		if i == 0 {
			all[0].code = ""
		}
	}
	return all
}

// registerMenu puts the commands into the menus, where they are not there yet:
// for each scope a list without a language, in English, and one for each other
// language. That is as many looks, one after the other, and hardly more writes
// than are needed.
func (t *Telegram) registerMenu(ctx context.Context) error {
	for _, v := range t.tongues() {
		for _, s := range scopes {
			where := params{"scope": map[string]string{"type": s.name}, "language_code": v.code}
			want := s.list(t.desk.Commands(), v.Voice)
			if t.loud.Load() {
				want = plain(want)
			}
			have, err := t.menu(ctx, where)
			if err != nil {
				return err
			}
			if slices.Equal(have, want) {
				if s.group && !t.loud.Load() {
					t.hushed.Store(true) // it keeps that a command is for the bot alone
				}
				continue
			}
			where["commands"] = want
			if err := t.api.call(ctx, "setMyCommands", where, nil); err != nil {
				return err
			}
			delete(where, "commands")
			if !s.group || !slices.Equal(have, plain(want)) {
				continue
			}
			// Only that the commands are for the bot alone was new: the server may
			// not know of that, and would be told at each start.
			if have, err = t.menu(ctx, where); err != nil {
				return err
			}
			if slices.Equal(have, plain(want)) {
				t.sayAloud()
			}
		}
	}
	return nil
}

func (t *Telegram) menu(ctx context.Context, where params) ([]command, error) {
	var have []command
	return have, t.api.call(ctx, "getMyCommands", where, &have)
}

// list is what is in the menu.
func (s scope) list(all []brief.Command, v brief.Voice) []command {
	var list []command
	for _, c := range all {
		if slices.Contains(s.who, c.Audience) && len(list) < maxCommands {
			list = append(list, command{c.Name, cut(v.Text(c.Help), maxHelp), s.group})
		}
	}
	return list
}

// plain is a list for a server on which everybody sees who gives a command.
func plain(all []command) []command {
	all = slices.Clone(all)
	for i := range all {
		all[i].Whisper = false
	}
	return all
}

// introduceItself has Telegram tell what the bot is for: to who opens its chat
// before pressing Start, and to who looks at its profile.
func (t *Telegram) introduceItself(ctx context.Context) error {
	for _, v := range t.tongues() {
		for _, x := range []struct {
			what, key string
			want      string
		}{
			{"MyDescription", "description", cut(v.About(), maxAbout)},
			{"MyShortDescription", "short_description", cut(v.InShort(), maxShort)},
		} {
			var have map[string]string
			if err := t.api.call(ctx, "get"+x.what, params{"language_code": v.code}, &have); err != nil {
				return err
			}
			if have[x.key] == x.want {
				continue
			}
			if err := t.api.call(ctx, "set"+x.what, params{"language_code": v.code, x.key: x.want}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
