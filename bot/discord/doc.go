// Package discord is the adapter for Discord: it turns blocks into embeds and
// buttons, sends them, finds out what became of a send, and brings readers'
// questions in.
//
// It must not know how a story is told or a question answered, nor when to try
// again: it makes one request and says what came of it. Only this package knows
// discordgo, whose own retries and reconnects are all switched off.
package discord
