//go:build !linux

package bolt

// giveBack does nothing where a system's advice for mapped files is another one.
func (e *Engine) giveBack() {}

// GiveBack does nothing, either.
func (e *Engine) GiveBack() {}
