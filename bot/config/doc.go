// Package config reads the configuration file: it fills in every default,
// takes secrets from the environment or from files of their own, and names all
// that is wrong at once, each with line and column.
//
// All keys stand in one table (table.go), from which the file is read, checked
// and printed, and documentation is made. A path in the file is relative to the
// file's own folder.
//
// It must not know what a value is for: how a schedule runs, how a platform is
// spoken to, or what is in a folder.
package config
