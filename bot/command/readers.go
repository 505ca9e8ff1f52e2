package command

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"briefbot/bot/brief"
	"briefbot/store"
)

// What a reader can say with these commands.
var (
	languageOption = brief.Option{Name: "language", Called: brief.NameLanguageOption, Help: brief.HelpLanguageOption, Suggests: true}
	timeOption     = brief.Option{Name: "time", Called: brief.NameTimeOption, Help: brief.HelpTimeOption}
	zoneOption     = brief.Option{Name: "zone", Called: brief.NameZoneOption, Help: brief.HelpZoneOption, Suggests: true}
)

// aboutReaders are the commands by which readers choose for themselves, and for
// nobody else.
func aboutReaders() []entry {
	return []entry{
		{
			Command: brief.Command{Name: "start", Called: brief.NameStart, Help: brief.HelpStart},
			verb:    brief.StartAgain,
			answer:  (*Desk).start,
		},
		{
			Command: brief.Command{Name: "mybrief", Called: brief.NameMyBrief, Help: brief.HelpMyBrief, Options: []brief.Option{timeOption, zoneOption}},
			verb:    brief.MyBrief,
			read:    readBrief,
			answer:  (*Desk).myBrief,
		},
		{
			Command: brief.Command{Name: "follow", Called: brief.NameFollow, Help: brief.HelpFollow, Subs: []brief.Command{
				{Name: subTopic, Called: brief.NameFollowTopic, Help: brief.HelpFollowTopic, Options: []brief.Option{required(topicOption)}},
				{Name: subStory, Called: brief.NameFollowStory, Help: brief.HelpFollowStory, Options: []brief.Option{storyOption}},
				{Name: subList, Called: brief.NameFollowList, Help: brief.HelpFollowList},
			}},
			verb:   brief.Follow,
			read:   readFollow,
			answer: (*Desk).follow,
		},
		{
			Command: brief.Command{Name: "unfollow", Called: brief.NameUnfollow, Help: brief.HelpUnfollow, Subs: []brief.Command{
				{Name: subTopic, Called: brief.NameFollowTopic, Help: brief.HelpUnfollowTopic, Options: []brief.Option{required(topicOption)}},
				{Name: subStory, Called: brief.NameFollowStory, Help: brief.HelpUnfollowStory, Options: []brief.Option{required(storyOption)}},
			}},
			verb:   brief.Unfollow,
			read:   readFollow,
			answer: (*Desk).unfollow,
		},
		{
			Command: brief.Command{Name: "language", Called: brief.NameLanguage, Help: brief.HelpLanguage, Options: []brief.Option{languageOption}},
			verb:    brief.SetLanguage,
			answer:  (*Desk).speak,
		},
		{
			Command: brief.Command{Name: "stop", Called: brief.NameStop, Help: brief.HelpStop},
			verb:    brief.StopAll,
			answer:  (*Desk).stop,
		},
		{
			Command: brief.Command{Name: "privacy", Called: brief.NamePrivacy, Help: brief.HelpPrivacy},
			verb:    brief.ShowPrivacy,
			answer:  (*Desk).privacy,
		},
		{
			Command: brief.Command{Name: "forgetme", Called: brief.NameForgetMe, Help: brief.HelpForgetMe},
			verb:    brief.ForgetMe,
			answer:  (*Desk).forgetMe,
		},
		{verb: brief.OwnForm, answer: (*Desk).setForm}, // from the settings
	}
}

func required(o brief.Option) brief.Option {
	o.Required = true
	return o
}

// change changes what the asker chose. What comes unasked speaks the language of
// this answer until another is chosen.
func (d *Desk) change(ctx context.Context, q asked, change func(*store.Profile) error) (store.Profile, error) {
	return d.store.ChangeProfile(ctx, q.Asks(), time.Now(), func(p *store.Profile) error {
		p.Told = q.voice.Code()
		return change(p)
	})
}

// home is the private chat in which the asker can be told something unasked.
func (d *Desk) home(ctx context.Context, q asked) (store.Chat, error) {
	switch {
	case q.profile.Home.ID != "":
		return q.profile.Home, nil
	case q.Private && q.Chat.Platform == store.Telegram:
		return q.Chat, nil
	case q.Asker == nil:
		return store.Chat{}, say(q.voice, brief.SayNoHome)
	}
	home, err := q.Asker.Home(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return home, say(q.voice, brief.SayNoHome)
	}
	return home, err
}

// alone keeps what concerns the asker alone out of chats where others read along.
// Discord shows every answer to its asker alone.
func alone(q asked) error {
	if q.Chat.Platform == store.Telegram && !q.Private {
		return say(q.voice, brief.SayInPrivate)
	}
	return nil
}

// start greets, and lets come again what the asker chose once.
func (d *Desk) start(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	back := q.profile.Stopped
	if back || q.Private && q.Chat.Platform == store.Telegram && q.profile.Home != q.Chat {
		_, err := d.change(ctx, q, func(p *store.Profile) error {
			p.Stopped = false
			if q.Private && q.Chat.Platform == store.Telegram {
				p.Home = q.Chat
			}
			return nil
		})
		if err != nil {
			return brief.Answer{}, err
		}
	}
	return brief.Answer{Message: q.voice.Greeting(back), Turn: true}, nil
}

// stop ends all that comes unasked. What was chosen stays.
func (d *Desk) stop(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	if !q.profile.Since.IsZero() {
		_, err := d.change(ctx, q, func(p *store.Profile) error {
			p.Stopped = true
			return nil
		})
		if err != nil {
			return brief.Answer{}, err
		}
	}
	return brief.Answer{Message: q.voice.Stopped(), Turn: true}, nil
}

// speak changes the language in which the asker is spoken with.
func (d *Desk) speak(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	wanted := cmp.Or(q.Action.With, q.Options[languageOption.Name])
	var codes, names []string
	for _, v := range d.languages.Voices() {
		codes, names = append(codes, v.Code()), append(names, selfName(v.Code()))
	}
	if wanted == "" {
		return brief.Answer{Message: q.voice.LanguageChoice(brief.SayWhichLanguage, codes, names), Turn: true}, nil
	}
	code, ok := d.languageNamed(q.voice, wanted)
	if !ok {
		return brief.Answer{Message: q.voice.LanguageChoice(brief.SayNoLanguage, codes, names), Turn: true}, nil
	}
	q.voice = d.languages.Voice(code)
	_, err := d.change(ctx, q, func(p *store.Profile) error {
		p.Language = code
		return nil
	})
	if err != nil {
		return brief.Answer{}, err
	}
	return brief.Answer{Message: q.voice.LanguageChosen(), Turn: true}, nil
}

// selfName is what a language is called in itself.
func selfName(code string) string {
	tag := language.Make(code)
	return cases.Title(tag, cases.NoLower).String(display.Self.Name(tag))
}

// languageNamed finds a language by its code, or its name in itself, in English,
// or in the asker's.
func (d *Desk) languageNamed(v brief.Voice, wanted string) (code string, ok bool) {
	if tag, err := language.Parse(wanted); err == nil && d.languages.Speaks(tag.String()) && len(wanted) <= len("zh-Hans-CN") {
		return d.languages.Voice(wanted).Code(), true
	}
	for _, known := range d.languages.Voices() {
		tag := language.Make(known.Code())
		names := []string{display.Self.Name(tag), display.English.Languages().Name(tag)}
		if own := display.Languages(language.Make(v.Code())); own != nil {
			names = append(names, own.Name(tag))
		}
		if slices.ContainsFunc(names, func(n string) bool { return plainPlace(n) == plainPlace(wanted) }) {
			return known.Code(), true
		}
	}
	return "", false
}

// suggestLanguages gives the languages whose name or code begins like what is
// typed.
func (d *Desk) suggestLanguages(typed string) []brief.Suggestion {
	var all []brief.Suggestion
	for _, v := range d.languages.Voices() {
		tag := language.Make(v.Code())
		for _, name := range []string{v.Code(), display.Self.Name(tag), display.English.Languages().Name(tag)} {
			if strings.HasPrefix(plainPlace(name), plainPlace(typed)) {
				all = append(all, brief.Suggestion{Label: selfName(v.Code()), Value: v.Code()})
				break
			}
		}
	}
	return all
}

// askedKept is how long words that were searched for are kept.
const askedKept = 7 * 24 * time.Hour

// privacy says what is stored about the asker.
func (d *Desk) privacy(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	if err := alone(q); err != nil {
		return brief.Answer{}, err
	}
	s := brief.Stored{Profile: q.profile, Answered: d.keep, Asked: askedKept, Backups: d.backups}
	s.Profile.User = q.Asks()
	if q.profile.Timezone != "" {
		s.Zone = zoneLabel(q.profile.Timezone)
	}
	if s.Profile.Home.ID == "" && q.Private {
		s.Profile.Home = q.Chat // the records of the answers have it
	}
	var err error
	if s.Stories, err = d.followed(ctx, q.profile); err != nil {
		return brief.Answer{}, err
	}
	return brief.Answer{Message: q.voice.Privacy(s), Turn: true}, nil
}

// forgetMe asks once whether all is to be erased, and has it erased.
func (d *Desk) forgetMe(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	if err := alone(q); err != nil {
		return brief.Answer{}, err
	}
	switch q.Action.With {
	case brief.ForgetYes:
	case brief.ForgetNo:
		return brief.Answer{Message: q.voice.Say(q.voice.Text(brief.SayNothingErased)), Turn: true}, nil
	default:
		return brief.Answer{Message: q.voice.ForgetAsk(d.backups), Turn: true}, nil
	}
	var chats []store.Chat
	if q.Private {
		chats = append(chats, q.Chat)
	}
	if err := d.store.Forget(ctx, q.Asks(), chats...); err != nil {
		return brief.Answer{}, err
	}
	return brief.Answer{Message: q.voice.Forgotten(d.backups), Farewell: true, Turn: true}, nil
}
