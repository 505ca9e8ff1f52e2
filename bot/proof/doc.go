// Package proof tries to make the real program post something twice, or not at
// all: it runs it against the stand-ins, with everything going wrong that the
// stand-ins know of, kills it at random instants, and holds what readers could
// have seen against what had to be posted.
//
// It must not look into the program's data: it knows only what it put into the
// stories' folder and what came out in the chats.
package proof
