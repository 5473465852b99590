//go:build unix && !linux

package main

import "syscall"

// endWithParent does nothing: only Linux can end a child with its parent. The child notices that the engine is gone.
func endWithParent(*syscall.SysProcAttr) {}
