package main

import (
	"context"
	"os/exec"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// host is the LanguageRuntime service for Node.js, with the calls that preview, up, refresh, destroy, `pulumi about` and
// `pulumi plugin ls` make. Every other call (installing dependencies, generating programs and packages) answers
// "unimplemented", which the engine accepts.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	// base ends when the host must stop; every child ends with it.
	base    context.Context
	stop    context.CancelFunc
	tracing string
	// engine is the address at which programs reach the engine.
	engine string

	children sync.WaitGroup
}

// GetPluginInfo returns the host's version, which is the version of its sdk module.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// Cancel stops the host and every process that it started.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.stop()
	return &emptypb.Empty{}, nil
}

// About returns the path and version of the Node.js that runs the programs.
func (h *host) About(ctx context.Context, _ *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	found, err := exec.CommandContext(ctx, node, "--version").Output()
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: node, Version: strings.TrimSpace(string(found))}, nil
}
