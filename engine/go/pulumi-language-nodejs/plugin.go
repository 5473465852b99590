package main

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strconv"
	"sync"

	sdk "github.com/pulumi/pulumi/sdk/v3"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// analyzer is the kind of plugin that a policy pack is.
const analyzer = "analyzer"

// RunPlugin runs a plugin that is written for Node.js, and streams its output and its exit code to the engine. When the
// engine closes the stream, RunPlugin stops the plugin.
func (h *host) RunPlugin(request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer) error {
	output := &pluginOutput{server: server}
	ctx := server.Context()
	var code int
	var err error
	if request.GetKind() == analyzer {
		code, err = h.runPolicyPack(ctx, request, output)
	} else {
		code, err = h.runPlugin(ctx, request, output)
	}
	if err != nil {
		return err
	}
	return output.send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(code)}, //nolint:gosec // an exit code fits
	})
}

func (h *host) runPlugin(
	ctx context.Context, request *pulumirpc.RunPluginRequest, output *pluginOutput,
) (int, error) {
	return h.run(ctx, func(ctx context.Context) (*exec.Cmd, error) {
		folder := request.GetInfo().GetProgramDirectory()
		arguments := append([]string{folder}, request.GetArgs()...)
		cmd, err := pluginCommand(ctx, request, "run-plugin", request.GetPwd(), request.GetEnv(), arguments)
		if err != nil {
			return nil, err
		}
		cmd.Stdout = output.stdout()
		cmd.Stderr = output.stderr()
		return cmd, nil
	})
}

// runPolicyPack starts a policy pack behind a PolicyProxy. A pack reads its stack's settings from its environment, but
// the engine sends them only after it has connected to the pack: the proxy takes that connection and waits for them.
func (h *host) runPolicyPack(
	ctx context.Context, request *pulumirpc.RunPluginRequest, output *pluginOutput,
) (int, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(h.base, stop)()
	h.children.Add(1)
	defer h.children.Done()

	proxy, portOutput, err := sdk.NewPolicyProxy(ctx, output.stdout())
	if err != nil {
		return -1, err
	}
	stack, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return -1, err
	}
	environment, err := policyEnvironment(request.GetEnv(), stack)
	if err != nil {
		return -1, err
	}
	folder := request.GetInfo().GetProgramDirectory()
	cmd, err := pluginCommand(ctx, request, "run-policy-pack", folder, environment, []string{h.engine, folder})
	if err != nil {
		return -1, err
	}
	cmd.Stdout = portOutput
	cmd.Stderr = output.stderr()
	if err := cmd.Start(); err != nil {
		return -1, err
	}
	err = proxy.Attach(ctx, cmd)
	if err == nil || errors.Is(err, context.Canceled) {
		return 0, nil
	}
	return exitCode(err)
}

// policyEnvironment adds the variables from which @pulumi/policy reads the stack. `pulumi policy publish` has no stack.
func policyEnvironment(environment []string, stack *pulumirpc.AnalyzerStackConfigureRequest) ([]string, error) {
	if stack == nil {
		return environment, nil
	}
	environment, err := withSettings(environment, stack.GetConfig(), stack.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	return append(
		environment,
		"PULUMI_NODEJS_ORGANIZATION="+stack.GetOrganization(),
		"PULUMI_NODEJS_PROJECT="+stack.GetProject(),
		"PULUMI_NODEJS_STACK="+stack.GetStack(),
		"PULUMI_NODEJS_DRY_RUN="+strconv.FormatBool(stack.GetDryRun()),
	), nil
}

func pluginCommand(
	ctx context.Context, request *pulumirpc.RunPluginRequest, script, folder string, environment, arguments []string,
) (*exec.Cmd, error) {
	path, err := sdkScript(request.GetInfo().GetProgramDirectory(), script)
	if err != nil {
		return nil, err
	}
	settings := readOptions(request.GetInfo().GetOptions())
	line := append([]string{"node"}, settings.nodeargs...)
	line = append(line, path)
	line = append(line, arguments...)
	return prepare(ctx, folder, append(environment, settings.environment()...), line...)
}

// pluginOutput sends a plugin's stdout and stderr over one stream, one message at a time, as gRPC requires.
type pluginOutput struct {
	server pulumirpc.LanguageRuntime_RunPluginServer
	mutex  sync.Mutex
}

func (o *pluginOutput) send(response *pulumirpc.RunPluginResponse) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.server.Send(response)
}

func (o *pluginOutput) stdout() io.Writer {
	return writer(func(text []byte) error {
		return o.send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: text}})
	})
}

func (o *pluginOutput) stderr() io.Writer {
	return writer(func(text []byte) error {
		return o.send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: text}})
	})
}

// writer is an io.Writer that calls a function with each text.
type writer func([]byte) error

func (w writer) Write(text []byte) (int, error) {
	if err := w(text); err != nil {
		return 0, err
	}
	return len(text), nil
}
