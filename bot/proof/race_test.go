//go:build race

package proof

// share is the part of a year's channels that is lived: the race detector makes
// all about ten times slower.
const share = 4
