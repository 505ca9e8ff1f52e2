package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"briefbot/store"
)

// Stories gives the stories in a data folder, in the order in which they came
// in: those that are named by their id or short id, or all that were not taken
// back. If a bot runs there, it is asked for them.
func Stories(ctx context.Context, folder string, names []string, give func(store.Entry) error) error {
	st, err := OpenStore(ctx, folder)
	if errors.Is(err, store.ErrLocked) {
		return ask(ctx, folder, "stories", url.Values{"story": names}, func(answer *json.Decoder) error {
			for {
				var e store.Entry
				if err := answer.Decode(&e); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return fmt.Errorf("ask the bot that runs: %w", err)
				}
				if err := give(e); err != nil {
					return err
				}
			}
		})
	}
	if err != nil {
		return err
	}
	defer st.Close()
	return stories(ctx, st, names, give)
}

// answerStories answers the question of Stories: a story a line.
func answerStories(w http.ResponseWriter, r *http.Request, st *store.Store) {
	answer := json.NewEncoder(w)
	begun := false
	err := stories(r.Context(), st, r.URL.Query()["story"], func(e store.Entry) error {
		begun = true
		return answer.Encode(e)
	})
	switch {
	case err != nil && begun:
		panic(http.ErrAbortHandler) // which the asker sees as an answer cut off
	case err != nil:
		http.Error(w, err.Error(), http.StatusNotFound)
	}
}

// storiesAtOnce is how many stories are read in one look at the store.
const storiesAtOnce = 100

func stories(ctx context.Context, st *store.Store, names []string, give func(store.Entry) error) error {
	var named []store.Entry // all of them are there before the first is given
	for _, name := range names {
		e, err := st.StoryByShort(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			e, err = st.Story(ctx, name)
		}
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("no story is called %q: name it by its id (source:path) or its short id, as the log does", name)
		}
		if err != nil {
			return err
		}
		named = append(named, e)
	}
	for _, e := range named {
		if err := give(e); err != nil {
			return err
		}
	}
	if len(names) > 0 {
		return nil
	}
	for after := uint64(0); ; {
		some, err := st.StoriesAfter(ctx, after, storiesAtOnce)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, e := range some {
			after = e.Seq
			if !e.Removed.IsZero() {
				continue
			}
			if err := give(e); err != nil {
				return err
			}
		}
	}
}
