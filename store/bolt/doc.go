// Package bolt keeps the store in one file with bbolt: the embedded default,
// for one process on one machine.
//
// Writes of many goroutines are gathered and committed as one transaction with
// one fsync. It must not know what the keys mean.
package bolt
