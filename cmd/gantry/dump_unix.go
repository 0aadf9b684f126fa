//go:build unix && !linux

package main

import "syscall"

// noDump keeps the memory of this process, with the passwords and keys in it, out of files when it crashes.
func noDump() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) } // lowering is always allowed
