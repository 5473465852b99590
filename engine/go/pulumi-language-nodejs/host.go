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

// host is the LanguageRuntime service for Node.js. What it does not have (generating programs, packages and projects)
// answers "unimplemented", as the protocol allows.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	// base ends when the host must stop; every child ends with it.
	base    context.Context
	stop    context.CancelFunc
	tracing string

	mutex  sync.Mutex
	engine string

	children sync.WaitGroup
}

func newHost(base context.Context, stop context.CancelFunc, engine, tracing string) *host {
	return &host{base: base, stop: stop, engine: engine, tracing: tracing}
}

// engineAddress is where programs find the engine.
func (h *host) engineAddress() string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.engine
}

// Handshake takes the engine's address where the command line did not give it.
func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.engine = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo tells the host's version: that of the sdk module it is built from.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// Cancel stops the host and all that it started.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.stop()
	return &emptypb.Empty{}, nil
}

// RuntimeOptionsPrompts asks nothing: `pulumi new` needs no further choice for Node.js.
func (h *host) RuntimeOptionsPrompts(
	context.Context, *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// About tells which Node.js runs the programs.
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
