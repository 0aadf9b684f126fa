//go:build !windows

package statetest

import (
	"os/exec"
	"syscall"
)

// own gives a process a group, so that its children die with it.
func own(c *exec.Cmd) {
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Setpgid = true
}

func kill(c *exec.Cmd) {
	if c.Process != nil {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // it may have ended
	}
}

// as runs a command as another user; 0 as this one.
func as(c *exec.Cmd, uid int) {
	if uid != 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid), NoSetGroups: true}}
	}
}
