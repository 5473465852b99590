import { fstatSync } from "node:fs";
import { promisify } from "node:util";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { within } from "../../base/within";
import type { Plugin } from "../resourceType";
import { EngineLog } from "./engineLog";
import { ProviderService } from "./providerService";

/** Pulumi's own limit, for large states; gRPC's default is 4 MB. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;
/** The engine kills a plugin five seconds after asking it to end (kill() in pkg/v3/resource/plugin/plugin.go). */
const GRACE_MILLISECONDS = 4000;
const PARENT_POLL_MILLISECONDS = 2000;

/**
 * Serves the plugin to a Pulumi engine: prints the port on stdout, as the engine expects, and ends the process when the
 * engine ends it or is gone.
 *
 * @param argv the command line without node and script; the first argument is the engine's address
 */
export async function servePlugin(plugin: Plugin, argv: string[]): Promise<void> {
  const log = new EngineLog(argv.find((argument) => !argument.startsWith("-")));
  const service = new ProviderService(plugin, log);
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(ResourceProviderService, service.handlers());
  const port = await listen(server);
  endWithEngine(async () => {
    service.cancel();
    // Waits until running calls have finished, but not longer than the engine waits.
    await within(GRACE_MILLISECONDS / 1000, service.idle(), () => new Error()).catch(
      () => undefined,
    );
    server.forceShutdown();
    await plugin.close?.();
    log.close();
  });
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      service.reportUncaught(error);
    });
  }
  process.stdout.write(`${port}\n`);
}

/** Makes the server listen on a free port of 127.0.0.1, and returns the port. */
export function listen(server: Server): Promise<number> {
  const bind = promisify(server.bindAsync.bind(server));
  return bind("127.0.0.1:0", ServerCredentials.createInsecure());
}

/** Ends the process at a signal, at the end of stdin if that is the engine's pipe, or when the parent process is gone. */
function endWithEngine(close: () => Promise<void>): void {
  let isEnding = false;
  const end = (): void => {
    if (isEnding) {
      return;
    }
    isEnding = true;
    setTimeout(() => process.exit(0), GRACE_MILLISECONDS + 500).unref();
    void close().then(
      () => process.exit(0),
      () => process.exit(0),
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, end);
  }
  if (isPipe(0)) {
    process.stdin.on("end", end).on("error", end).resume();
  }
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      end();
    }
  }, PARENT_POLL_MILLISECONDS).unref();
}

function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
