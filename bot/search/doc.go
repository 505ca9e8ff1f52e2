// Package search finds stories by what a reader types: words in whatever form
// they take, misspelt ones too, phrases, topics, outlets and dates.
//
// Its index stands in a folder of its own, is built from the store and follows
// it. It holds nothing that the store does not: what is wrong with it is mended
// by building it anew. The package must not know who asks, or how what is found
// is shown.
package search
