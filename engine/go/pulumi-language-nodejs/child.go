package main

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// stopGrace is the time between interrupting a child and killing it. The engine gives its own plugins the same time.
const stopGrace = 5 * time.Second

// run runs the command and returns its exit code, -1 where a signal ended it. When the request or the host ends first,
// run stops the child's whole process group.
func (h *host) run(ctx context.Context, command func(context.Context) (*exec.Cmd, error)) (int, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(h.base, stop)()

	cmd, err := command(ctx)
	if err != nil {
		return -1, err
	}
	h.children.Add(1)
	defer h.children.Done()
	return exitCode(cmd.Run())
}

// prepare makes a command whose process is stopped when ctx ends.
func prepare(ctx context.Context, folder string, environment []string, arguments ...string) (*exec.Cmd, error) {
	program, err := exec.LookPath(arguments[0])
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, arguments[1:]...)
	cmd.Dir = folder
	cmd.Env = environment
	cmd.WaitDelay = stopGrace
	ownGroup(cmd)
	return cmd, nil
}

// ownGroup gives the child a process group of its own: a Ctrl-C meant for the engine does not reach the child, and
// stopping the group stops every process that the child started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(cmd.SysProcAttr)
	cmd.Cancel = func() error {
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	}
}

// exitCode separates a child that ran and failed from one that could not be run.
func exitCode(err error) (int, error) {
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode(), nil
	}
	if err != nil {
		return -1, err
	}
	return 0, nil
}

// waitForChildren waits until every child has ended, at most a second longer than stopGrace.
func (h *host) waitForChildren() {
	ended := make(chan struct{})
	go func() {
		h.children.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(stopGrace + time.Second):
	}
}
