//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// ownGroup gives the child a process group: a Ctrl-C meant for the engine does not reach it, and when it must stop, all
// that it started stops with it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(cmd.SysProcAttr)
	cmd.Cancel = func() error {
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	}
}
