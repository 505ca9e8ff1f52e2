//go:build !linux

package bolt

import "os"

// datasync waits until the disk has what was written to the file.
func datasync(f *os.File) error { return f.Sync() }
