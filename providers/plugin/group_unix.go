//go:build !windows

package plugin

import (
	"os/exec"
	"syscall"
)

// ownGroup starts a process in a group of its own: an interrupt at the terminal is for Gantry, which tells the plugin, and what the
// plugin starts ends with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func endGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it has mostly ended already
	}
}
