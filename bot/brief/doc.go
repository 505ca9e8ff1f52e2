// Package brief says what is said, free of any platform: it turns a story into
// a post, a narrative or a list of sources, as blocks and buttons, and names
// what readers can ask for. A Voice says it, with the bot's own words in one of
// the Languages; what a story says is never translated.
//
// It is pure: it must not know a platform, its markup or its limits, nor the
// store, the time, or who asks. An adapter renders the blocks and tells Pack
// what fits into one message.
package brief
