// Package command answers what readers ask, the same on every platform: it
// finds the story that is meant and says what is wanted of it.
//
// It must not know a platform: adapters bring it questions and carry its
// answers away.
package command
