package discord

import (
	"encoding/json"
	"sync"

	"github.com/bwmarrin/discordgo"

	"briefbot/store"
)

// threads knows, of the threads in which something was asked, the channel that
// each hangs on: an interaction tells, but the library does not pass it on.
type threads struct {
	mu    sync.Mutex
	above map[string]string // guarded by mu
}

// maxThreads is how many are remembered. That of the question at hand always is.
const maxThreads = 10_000

// note reads where an interaction takes place.
func (t *threads) note(event json.RawMessage) {
	var i struct {
		Channel struct {
			ID     string                `json:"id"`
			Type   discordgo.ChannelType `json:"type"`
			Parent string                `json:"parent_id"`
		} `json:"channel"`
	}
	// A channel that is no thread has a category for its parent.
	c := &i.Channel
	if json.Unmarshal(event, &i) != nil || c.ID == "" || c.Parent == "" || kindOf(c.Type) != store.DiscordThread {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.above == nil || len(t.above) >= maxThreads {
		t.above = map[string]string{}
	}
	t.above[c.ID] = c.Parent
}

// chatAbove is the channel that a thread hangs on; zero if the chat is none.
func (t *threads) chatAbove(c store.Chat) store.Chat {
	t.mu.Lock()
	defer t.mu.Unlock()
	if parent := t.above[c.ID]; parent != "" {
		return store.Chat{Platform: store.Discord, ID: parent}
	}
	return store.Chat{}
}
