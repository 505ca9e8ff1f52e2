// Package telegram is the adapter for Telegram: it turns blocks into HTML or
// rich messages, and keyboards, sends them, finds out what became of a send, and
// brings readers' questions in.
//
// It must not know how a story is told or a question answered, nor when to try
// again: it makes one request and says what came of it. Only this package knows
// the Telegram library, which speaks Bot API 5.5; what is newer goes by its
// MakeRequest.
package telegram
