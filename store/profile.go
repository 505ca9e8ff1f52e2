package store

import (
	"context"
	"errors"
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

// ChangeProfile changes what a reader chose, beginning with nothing. change may
// be called again on a conflict; its error comes back as it is, and nothing is
// changed then.
func (s *Store) ChangeProfile(ctx context.Context, u UserID, now time.Time, change func(*Profile) error) (Profile, error) {
	var p Profile
	err := s.e.Update(ctx, func(w Writer) error {
		p = Profile{}
		if err := get(w, profileKey(u), &p); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if p.Since.IsZero() {
			p.User, p.Since = u, now
		}
		if err := change(&p); err != nil {
			return err
		}
		put(w, profileKey(u), p)
		return nil
	})
	return p, err
}
