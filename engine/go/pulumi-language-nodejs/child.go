package main

import (
	"context"
	"errors"
	"os/exec"
	"time"
)

// stopGrace is how long a child has to end after it was interrupted, before it is killed. The engine gives its own
// plugins as long.
const stopGrace = 5 * time.Second

// run runs the command to its end, or until the request or the host ends; then it stops the child's whole process
// group. It returns the exit code, -1 where a signal ended the child.
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

// prepare makes the command of a child that ends with ctx.
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

// waitForChildren waits until every child has ended, for as long as they may take.
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
