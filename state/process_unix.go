//go:build !windows

package state

import (
	"errors"
	"os"
	"strings"
	"syscall"
)

// alive reports whether a process of this host exists.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}

// space is the boot of this machine and the namespace of its process numbers, where the system tells.
func space() string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // there is none elsewhere
	ns, _ := os.Readlink("/proc/self/ns/pid")
	return strings.TrimSpace(string(boot)) + ns
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.EBADF) {
		return err // some file systems cannot sync a directory; the rename itself was done
	}
	return nil
}
