package command

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"briefbot/bot/brief"
	"briefbot/bot/config"
	"briefbot/store"
)

// maxOwned is how many chats one reader may subscribe.
const maxOwned = 50

// subscribe has stories posted in a chat from now on.
func (d *Desk) subscribe(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	c, err := d.channel(ctx, q)
	var none *reply
	switch {
	case err == nil && c.Origin == store.FromConfig:
		return d.shown(q, c), nil
	case err == nil:
		return d.shown(q, c, q.voice.Text(brief.SayExists)), nil
	case !errors.As(err, &none):
		return brief.Answer{}, err
	case d.chats.Subscriptions == config.Off:
		return brief.Answer{}, say(q.voice, brief.SayClosed)
	}
	lacks, err := q.Asker.Lacks(ctx, q.manages.chat)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return brief.Answer{}, say(q.voice, brief.SayNoChat)
	case err != nil:
		return brief.Answer{}, err
	case len(lacks) > 0:
		return brief.Answer{Message: q.voice.Lacks(lacks)}, nil
	}
	topics, unheard, err := d.written(ctx, topicsIn(q.Options[topicsOption.Name]))
	if err != nil {
		return brief.Answer{}, err
	}
	c = d.fresh(q, topics)
	err = d.store.StartChannel(ctx, c, time.Now(), maxOwned)
	switch {
	case errors.Is(err, store.ErrTooMany):
		return brief.Answer{}, say(q.voice, brief.SayTooMany)
	case err != nil && !errors.Is(err, store.ErrExists): // somebody else was faster
		return brief.Answer{}, err
	}
	d.log.Info("a chat subscribed", "channel", c.Name, "topics", topics, "waits_for_approval", c.Waiting)
	notes := []string{q.voice.Text(brief.SaySubscribed)}
	if c.Waiting {
		notes = nil // the settings say so
	}
	if len(unheard) > 0 {
		notes = append(notes, q.voice.Unheard(unheard))
	}
	return d.shown(q, c, notes...), nil
}

// fresh is a channel as it begins, if nothing more is said: what is not asked for
// here, is as it is by default for the operator's.
func (d *Desk) fresh(q asked, topics []string) store.Channel {
	chat := q.manages.chat
	return store.Channel{
		Name: store.ChatChannel(chat), Chat: chat, Origin: store.FromChat, Owner: q.Asks(),
		Waiting:  d.chats.Subscriptions == config.Approved && !slices.Contains(d.chats.Allow, chat.ID),
		Schedule: brief.AsItComes, Timezone: cmp.Or(q.profile.Timezone, d.zone.String()), Language: q.voice.Code(),
		Topics: topics, Mode: store.Each, Limit: 10, Backfill: 1,
		CatchUp: 6 * time.Hour, MaxAge: 72 * time.Hour, Updates: "edit", Uncertain: "resend",
	}
}

// unsubscribe asks whether a subscription is to end.
func (d *Desk) unsubscribe(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	c, err := d.channel(ctx, q)
	if err == nil && c.Origin != store.FromChat {
		err = say(q.voice, brief.SayByOperator)
	}
	if err != nil {
		return brief.Answer{}, err
	}
	return brief.Answer{Message: q.voice.Choice(d.subscription(q, c), brief.EndSubscription), Turn: true}, nil
}

// end ends a subscription.
func (d *Desk) end(ctx context.Context, q asked) (brief.Answer, error) {
	c, err := d.changeChat(ctx, q, func(*store.Channel) {}) // only what was made from the chat
	if err != nil {
		return brief.Answer{}, err
	}
	if err := d.store.RemoveChannel(ctx, c.Name); err != nil {
		return brief.Answer{}, err
	}
	d.log.Info("a subscription was ended from its chat", "channel", c.Name)
	return brief.Answer{Message: q.voice.Say(q.voice.Text(brief.SayEnded)), Turn: true}, nil
}
