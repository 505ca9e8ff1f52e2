// Package bolt keeps the store in one file with bbolt: the embedded default,
// for one process on one machine.
//
// Writes of many goroutines are gathered and committed as one record of a journal
// within the file, with one wait for the disk; much at a time is then folded into
// bbolt's tree, beside the writer. What is read is the tree with what stands above
// it. It must not know what the keys mean.
package bolt
