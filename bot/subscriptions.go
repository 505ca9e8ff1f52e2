package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"briefbot/store"
)

// ChannelState is a channel and how it stands.
type ChannelState struct {
	Channel store.Channel `json:"channel"`
	Place   store.Place   `json:"place"`
	// Pause is why its chat gets nothing; zero if it does.
	Pause store.Pause `json:"pause,omitzero"`
}

// Channels lists the channels in a data folder: of the bot that runs there, or,
// if none does, of the data file.
func Channels(ctx context.Context, folder string) ([]ChannelState, error) {
	st, err := OpenStore(ctx, folder)
	if errors.Is(err, store.ErrLocked) {
		var all []ChannelState
		err = askFor(ctx, folder, "channels", url.Values{}, &all)
		return all, err
	}
	if err != nil {
		return nil, err
	}
	defer st.Close()
	return channelStates(ctx, st)
}

func channelStates(ctx context.Context, st *store.Store) ([]ChannelState, error) {
	channels, err := st.Channels(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]ChannelState, 0, len(channels))
	for _, c := range channels {
		state := ChannelState{Channel: c}
		var errs [2]error
		state.Place, errs[0] = st.Place(ctx, c.Chat)
		state.Pause, errs[1] = st.PauseOf(ctx, c.Chat)
		for _, err := range errs {
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
		}
		all = append(all, state)
	}
	return all, nil
}

// ErrNotWaiting is returned by Approve for a channel that waits for nothing.
var ErrNotWaiting = errors.New("does not wait to be approved")

// Approve lets a channel begin that waits for it, by its name or its chat's id,
// and gives its name.
func Approve(ctx context.Context, folder, name string) (string, error) {
	st, err := OpenStore(ctx, folder)
	if errors.Is(err, store.ErrLocked) {
		var approved string
		err = orderFor(ctx, folder, "approve", url.Values{"channel": {name}}, &approved)
		return approved, err
	}
	if err != nil {
		return "", err
	}
	defer st.Close()
	return approve(ctx, st, name, slog.New(slog.DiscardHandler))
}

func approve(ctx context.Context, st *store.Store, name string, log *slog.Logger) (string, error) {
	for _, full := range []string{name, "telegram:" + name, "discord:" + name} {
		waited, err := st.ApproveChannel(ctx, full, time.Now())
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue
		case err != nil:
			return "", err
		case !waited:
			return "", fmt.Errorf("channel %s %w", full, ErrNotWaiting)
		}
		log.Info("channel approved", "channel", full)
		return full, nil
	}
	return "", fmt.Errorf("there is no channel %s: briefbot channels lists them", name)
}

// abandonedAfter is how long a chat that subscribed may have thrown the bot out,
// until its subscription ends.
const abandonedAfter = 90 * 24 * time.Hour

// endAbandoned ends the subscriptions of chats that have long been gone.
func endAbandoned(ctx context.Context, st *store.Store, log *slog.Logger) {
	ended, err := st.EndAbandoned(ctx, time.Now().Add(-abandonedAfter))
	if err != nil && ctx.Err() == nil {
		log.Error("subscriptions of chats that are gone go on", "err", err)
	}
	if len(ended) > 0 {
		log.Info("subscriptions ended, since their chats have long been gone", "channels", ended)
	}
}
