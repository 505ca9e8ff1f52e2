package telegram

import (
	"unicode/utf16"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Limits of the Bot API 10.3 (core.telegram.org/bots/api), and of its server
// where the documentation is silent.
const (
	// maxText is a message's length after its entities were parsed. It is
	// counted in UTF-16 units, which is safe under either reading.
	maxText = 4096
	// maxRaw is the length of the text with its markup, in bytes.
	maxRaw = 32768
	// maxEntities is how many pieces of markup a message has; later ones are
	// dropped without a word.
	maxEntities = 100
	// maxEntityBytes is what all of them may take together, long addresses
	// among them; beyond it the server answers ENTITIES_TOO_LONG. Some is kept
	// free for what each costs beside its address.
	maxEntityBytes = 9500
	entityCost     = 16
	// maxLabel keeps a button's label readable; the API has no limit of its
	// own.
	maxLabel = 40
	// maxInRow is how many buttons stand beside each other, and maxNumbersInRow
	// how many if they are numbers.
	maxInRow        = 3
	maxNumbersInRow = 8
	// maxButtons is how many buttons a keyboard has.
	maxButtons = 100
	// maxCommands is how many commands a menu has, and maxHelp how long what is
	// said of one may be.
	maxCommands = 100
	maxHelp     = 256
	// maxAbout is how much is said of the bot in its empty chat, and maxShort in
	// its profile.
	maxAbout = 512
	maxShort = 120
	// maxProbes is how many ids are looked at for one message (settling).
	maxProbes = 20
	// maxAbsent is how many ids beyond the highest known one are looked at.
	maxAbsent = 4
)

// A message holds what all platforms are said to.
const _ = uint(maxText - brief.OneMessage)

// size is what a rendered text counts.
type size struct{ text, raw, entities, entityBytes int }

func (s size) fits() bool {
	return s.text <= maxText && s.raw <= maxRaw && s.entities <= maxEntities && s.entityBytes <= maxEntityBytes
}

// Limits of rich messages.
const (
	// maxRichText is all that is read, counted as for maxText.
	maxRichText = 32768
	// maxRichBlocks counts blocks within blocks and the items of lists too.
	maxRichBlocks = 500
)

// richSize is what a rendered rich text counts. It has one picture at most, and
// no more levels than a list within details takes.
type richSize struct{ text, blocks int }

func (s richSize) fits() bool { return s.text <= maxRichText && s.blocks <= maxRichBlocks }

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// supergroups have ids at or below this; so have channels. The sequence of
// message ids is their own.
const supergroups = -1_000_000_000_000

// hasOwnSequence reports whether a chat's messages are numbered by themselves.
func hasOwnSequence(c store.Chat) bool {
	n, ok := number(c.ID)
	return ok && n <= supergroups
}
