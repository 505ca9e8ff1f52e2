package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version prints what was built, of what.
func version(_ context.Context, c *invocation) error {
	if _, err := c.parse(c.flags(nil)); err != nil {
		return err
	}
	text := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			text = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				text += " " + s.Value
			}
		}
	}
	fmt.Fprintf(c.stdout, "briefbot %s %s %s/%s\n", text, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
