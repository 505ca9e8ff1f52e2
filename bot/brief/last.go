package brief

import "sync"

// Last remembers what an adapter made of the last message: a story that comes in
// goes to thousands of chats, nearly all of which get the very same message. The
// zero Last remembers nothing yet.
type Last[T any] struct {
	mu   sync.Mutex
	of   []Block // guarded by mu
	made []T     // guarded by mu
}

// Of gives what make makes of the message. That is made once for a message and
// its copies, and must not be changed.
func (l *Last[T]) Of(m Message, make func(Message) []T) []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := len(m.Blocks) > 0 && len(m.Blocks) == len(l.of) && &m.Blocks[0] == &l.of[0]
	if !same {
		l.of, l.made = m.Blocks, make(m)
	}
	return l.made
}
