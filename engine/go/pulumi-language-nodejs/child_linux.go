package main

import "syscall"

// endWithParent has the kernel end the child when the host is killed. (Strictly, when the thread that started it ends;
// Go's threads live as long as the process.)
func endWithParent(attributes *syscall.SysProcAttr) {
	attributes.Pdeathsig = syscall.SIGKILL
}
