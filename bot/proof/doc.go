// Package proof tries to make the real program post something twice, or not at
// all: it runs it against the stand-ins, with everything going wrong that the
// stand-ins know of, kills it at random instants, and holds what readers could
// have seen against what had to be posted.
//
// Its second form is the package's test: the whole bot lives a year in virtual
// time, which only a test can have.
//
// Neither may look into the program's data: they know only what stories they
// gave it and what came out in the chats.
package proof
