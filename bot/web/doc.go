// Package web is what the bot offers by HTTP: the API through which stories
// come in, and a word on its own health.
//
// It must not know how a story's text is read, where stories are kept, or who
// gets them.
package web
