// Command pulumi-language-nodejs is a Node.js language host for the Pulumi engine: it runs the programs, plugins and
// policy packs that say `runtime: nodejs`.
//
// Pulumi's own host comes with the official download and is not published as a Go module. This one replaces it where
// only package registries can be reached. It uses the packages of sdk/v3 and runs the SDK's own entry points
// (@pulumi/pulumi/cmd/...), so that a program runs as under Pulumi's own host.
//
// The engine passes its address as the last argument, and reads the port of the LanguageRuntime service from the first
// line of this program's output.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// engineCheckInterval is how often the host checks that the engine still runs. A killed engine cannot stop its plugins:
// the host must notice, and stop the processes that it started.
const engineCheckInterval = 2 * time.Second

func main() {
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-nodejs: %v\n", err)
		os.Exit(1)
	}
}

// serve answers the engine until the engine is gone or a signal arrives, and then stops every child process.
func serve() error {
	// The engine gives every plugin the same flags. The sdk's logging package defines those for logs (-v, --logtostderr).
	flag.Bool("logflow", false, "accepted, not used")
	tracing := flag.String("tracing", "", "where to send traces; passed on to the program")
	flag.Parse()
	engine := flag.Arg(flag.NArg() - 1)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if engine != "" {
		if err := rpcutil.Healthcheck(ctx, engine, engineCheckInterval, stop); err != nil {
			return fmt.Errorf("watching the engine at %q: %w", engine, err)
		}
	}

	runtime := &host{base: ctx, stop: stop, tracing: *tracing, engine: engine}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, runtime)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)

	select {
	case err := <-handle.Done:
		return err
	case <-ctx.Done():
		close(cancel)
		runtime.waitForChildren()
		return nil
	}
}
