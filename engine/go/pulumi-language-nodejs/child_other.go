//go:build unix && !linux

package main

import "syscall"

// endWithParent does nothing: only Linux can end a child with its parent. Elsewhere the child itself notices that the
// engine is gone.
func endWithParent(*syscall.SysProcAttr) {}
