//go:build !linux && !darwin

package main

import "runtime"

// peak is the memory taken from the system, where nothing reports the resident size.
func peak() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}
