//go:build !race

package proof

// share is the part of a year's channels that is lived: all of them.
const share = 1
