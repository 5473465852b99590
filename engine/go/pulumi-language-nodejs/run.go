package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// exitCodeShown is the exit code of @pulumi/pulumi/cmd/run after it has shown the error itself.
const exitCodeShown = 32

// Run runs a program in its folder, with the `node` on PATH. The program's output goes to the host's own output, which
// the engine shows.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	settings := readOptions(request.GetInfo().GetOptions())
	code, err := h.run(ctx, func(ctx context.Context) (*exec.Cmd, error) {
		return h.programCommand(ctx, request, settings)
	})
	switch {
	case err != nil:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program could not be run: %v", err)}, nil
	case code == 0:
		return &pulumirpc.RunResponse{}, nil
	case code == exitCodeShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case code == -1:
		return &pulumirpc.RunResponse{Error: "the program was ended by a signal"}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with exit code %d", code)}, nil
	}
}

func (h *host) programCommand(
	ctx context.Context, request *pulumirpc.RunRequest, settings options,
) (*exec.Cmd, error) {
	folder := request.GetInfo().GetProgramDirectory()
	if folder == "" {
		folder = request.GetPwd()
	}
	script, err := sdkScript(folder, "run")
	if err != nil {
		return nil, err
	}
	environment, err := programEnvironment(request)
	if err != nil {
		return nil, err
	}
	arguments := append([]string{"node"}, settings.nodeargs...)
	arguments = append(arguments, script)
	arguments = append(arguments, h.programFlags(request)...)
	entry := request.GetInfo().GetEntryPoint()
	if entry == "" {
		entry = "."
	}
	arguments = append(arguments, entry)
	arguments = append(arguments, request.GetArgs()...)

	environment = append(environment, settings.environment()...)
	cmd, err := prepare(ctx, folder, environment, arguments...)
	if err != nil {
		return nil, err
	}
	cmd.Stdout = os.Stdout
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// programFlags are the flags of @pulumi/pulumi/cmd/run that have a value.
func (h *host) programFlags(request *pulumirpc.RunRequest) []string {
	var flags []string
	add := func(name, value string) {
		if value != "" {
			flags = append(flags, "--"+name, value)
		}
	}
	add("monitor", request.GetMonitorAddress())
	add("engine", h.engine)
	add("organization", request.GetOrganization())
	add("project", request.GetProject())
	add("stack", request.GetStack())
	add("root-directory", request.GetInfo().GetRootDirectory())
	add("pwd", request.GetPwd())
	add("parallel", strconv.Itoa(int(request.GetParallel())))
	add("tracing", h.tracing)
	if request.GetDryRun() {
		flags = append(flags, "--dry-run")
	}
	return flags
}

// programEnvironment adds the stack's settings, which the SDK reads from two variables.
func programEnvironment(request *pulumirpc.RunRequest) ([]string, error) {
	return withSettings(os.Environ(), request.GetConfig(), request.GetConfigSecretKeys())
}

func withSettings(environment []string, settings map[string]string, secretKeys []string) ([]string, error) {
	if settings == nil {
		settings = map[string]string{}
	}
	values, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	if secretKeys == nil {
		secretKeys = []string{}
	}
	keys, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	return append(environment, "PULUMI_CONFIG="+string(values), "PULUMI_CONFIG_SECRET_KEYS="+string(keys)), nil
}
