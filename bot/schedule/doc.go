// Package schedule says when a channel gets its news, and what of it: cron
// expressions and clocks on one side, deliveries planned in the store on the
// other.
//
// It must not know how anything is sent or what a post looks like.
package schedule
