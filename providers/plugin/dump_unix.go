//go:build unix && !linux

package plugin

import "syscall"

// NoDump keeps the memory of this process, with the passwords and keys in it, out of files when it crashes.
func NoDump() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) } // lowering is always allowed
