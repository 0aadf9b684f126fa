//go:build !windows

package registry

import "golang.org/x/sys/unix"

// runnable reports whether a file may be started: on a file system that was mounted noexec it may not.
func runnable(path string) bool { return unix.Access(path, unix.X_OK) == nil }
