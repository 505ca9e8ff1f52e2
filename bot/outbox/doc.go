// Package outbox takes planned deliveries and gets each sent once: it claims,
// paces, sends, retries, and settles what is uncertain, one message at a time
// in a chat and many chats at once. What is to follow a post, such as a thread
// below it, is a delivery of its own, written with the record that the post is
// out.
//
// A platform's adapter makes one request and says what became of it; whether
// and when to try again is decided here, once for all platforms. The outbox
// must not know a platform's markup, limits or error texts.
package outbox
