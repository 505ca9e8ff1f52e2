package store

// Grade says what a finding asks of the operator.
type Grade string

// The grades.
const (
	Well  Grade = "ok"
	Note  Grade = "note"  // it works so, with a drawback that the operator may mend
	Wrong Grade = "wrong" // the operator has to do something
)

// Finding is something that was found out about how the bot stands on a
// platform.
type Finding struct {
	Chat  Chat // zero: it is about the bot itself
	Grade Grade
	Text  string // what it is and what to do, for a person, without secrets
}
