package bolt

import (
	"os"
	"syscall"
)

// datasync waits until the disk has what was written to the file.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
