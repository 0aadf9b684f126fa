package plugin

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// NoDump keeps the memory of this process, with the passwords and keys in it, out of files when it crashes, and its environment from
// other processes of the same user. A limit of nothing does not keep it from a program that collects dumps; that it is not dumpable does.
func NoDump() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // lowering is always allowed
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)              // a kernel without it has the limit
}
