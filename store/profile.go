package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// UserID names one who reads, on one platform.
type UserID struct {
	Platform Platform `json:"platform"`
	ID       string   `json:"id"` // the platform's own
}

// Profile is what a reader chose. Who chose nothing has none.
type Profile struct {
	User UserID `json:"user"`
	// Home is the private chat with the reader; zero until the bot may write to
	// it.
	Home     Chat   `json:"home,omitzero"`
	Language string `json:"language,omitempty"`
	Timezone string `json:"timezone,omitempty"`
	// Told is the language that the platform told when something was chosen: what
	// comes unasked speaks it, as long as no Language was chosen.
	Told string `json:"told,omitempty"`
	// Brief is when the private daily brief comes, by the reader's clock: "07:30";
	// empty: it does not.
	Brief string `json:"brief,omitempty"`
	// Stopped says that nothing comes unasked, until the reader wants it again.
	Stopped bool `json:"stopped,omitempty"`
	// Format is how what is said in private looks on Telegram: "rich", or
	// "classic", which is what empty means.
	Format string `json:"format,omitempty"`
	// Topics and Stories are what the reader follows, stories by their IDs.
	Topics  []string  `json:"topics,omitempty"`
	Stories []string  `json:"stories,omitempty"`
	Since   time.Time `json:"since"` // when something was chosen first
}

func profileKey(u UserID) string { return key("profile", string(u.Platform), u.ID) }

// Profile gives what a reader chose, or ErrNotFound.
func (s *Store) Profile(ctx context.Context, u UserID) (Profile, error) {
	var p Profile
	err := s.e.View(ctx, func(r Reader) error { return get(r, profileKey(u), &p) })
	return p, err
}

// ChangeProfile changes what a reader chose, beginning with nothing, and with it
// the channels that follow from it. change may be called more than once; its
// error comes back as it is, and nothing is changed then.
func (s *Store) ChangeProfile(ctx context.Context, u UserID, now time.Time, change func(*Profile) error) (Profile, error) {
	var was, p Profile
	err := s.e.UpdateFirst(ctx, func(w Writer) error {
		was = Profile{}
		if err := get(w, profileKey(u), &was); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		p = was
		p.Topics, p.Stories = slices.Clone(was.Topics), slices.Clone(was.Stories)
		if p.Since.IsZero() {
			p.User, p.Since = u, now
		}
		if err := change(&p); err != nil {
			return err
		}
		put(w, profileKey(u), p)
		if err := followStories(w, was, p); err != nil {
			return err
		}
		return changeChannels(w, was, p, now)
	})
	if err != nil {
		return p, err
	}
	if err := s.withdraw(ctx, was, p); err != nil {
		return p, fmt.Errorf("take back what a reader no longer wants: %w", err)
	}
	return p, nil
}
