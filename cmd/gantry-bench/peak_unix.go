//go:build linux || darwin

package main

import (
	"runtime"
	"syscall"
)

// peak is the process's largest resident size so far, in MiB.
func peak() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return float64(u.Maxrss) / (1 << 20) // bytes there, KiB on Linux
	}
	return float64(u.Maxrss) / (1 << 10)
}
