//go:build tools

// Package tools names the Pulumi command, so that go.mod and go.sum hold all that building it takes.
//
// The command cannot be had by `go install`: its own go.mod replaces a module, which only a main module may do. This
// module is that main module; it repeats the replacement.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
