package state

import "os"

// alive reports whether a process of this host exists.
func alive(pid int) bool {
	p, err := os.FindProcess(pid) // on Windows it opens the process
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}

// syncDir: Windows makes a rename durable by itself.
func syncDir(string) error { return nil }
