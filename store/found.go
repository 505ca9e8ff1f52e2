package store

// Found is what a search found.
type Found struct {
	IDs   []string // of the stories asked for, the best first
	Total int      // how many there are in all
	// Unread are dates in the question that are none; nothing is found then.
	Unread []string
	// Built is how much of the stories the search knows, in percent: less than
	// 100 while it is being built.
	Built int
}
