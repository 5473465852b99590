import type { handleUnaryCall, ServerUnaryCall } from "@grpc/grpc-js";
import { LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { Fault } from "../../base/fault";
import { Redaction } from "../../base/redaction";
import type { Context, Progress } from "../resourceType";
import { progressOf, type EngineLog } from "./engineLog";
import { receive, rpcError, type Received } from "./wire";

/** The state that all calls of one plugin share. */
export interface Shared {
  readonly log: EngineLog;
  /** Redacts the provider's own secrets in every call's messages. */
  readonly redaction: Redaction;
  /** Aborted when the user interrupts the engine. */
  readonly interrupted: AbortController;
  /** The calls that have not been answered yet. */
  readonly running: Set<Promise<void>>;
}

/** One call of the engine: reads its properties, and redacts their secrets in its messages. */
export class Call {
  public readonly redaction: Redaction;

  public constructor(
    private readonly shared: Shared,
    private readonly signal: AbortSignal,
  ) {
    this.redaction = new Redaction(shared.redaction);
  }

  public receive(struct: Struct | undefined): Received {
    const received = receive(struct);
    this.redaction.add(received.secretTexts);
    return received;
  }

  public progress(urn?: string): Progress {
    return progressOf(this.shared.log, this.redaction, urn);
  }

  public context(urn: string, preview: boolean): Context {
    return { ...this.progress(urn), urn, preview, signal: this.signal };
  }
}

/** A gRPC handler: answers with what `run` returns, or with the message of what it throws. */
export function handler<Request, Response>(
  shared: Shared,
  run: (request: Request, call: Call) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (rpc: ServerUnaryCall<Request, Response>, callback) => {
    const given = new AbortController();
    rpc.on("cancelled", () => {
      given.abort();
    });
    const signal = AbortSignal.any([shared.interrupted.signal, given.signal]);
    const call = new Call(shared, signal);
    const answered = run(rpc.request, call).then(
      async (response) => {
        // Messages of the operation are shown before its end.
        await shared.log.flush();
        callback(null, response);
      },
      async (error: unknown) => {
        writeStack(shared.log, error, call.redaction);
        await shared.log.flush();
        callback(rpcError(error, (message) => call.redaction.redact(message)));
      },
    );
    shared.running.add(answered);
    void answered.finally(() => shared.running.delete(answered));
  };
}

/** Logs the stack of an unexpected error, for `--debug`; a fault has no stack. */
export function writeStack(log: EngineLog, error: unknown, redaction: Redaction): void {
  if (error instanceof Error && !(error instanceof Fault) && error.stack !== undefined) {
    log.write({ severity: LogSeverity.DEBUG, message: redaction.redact(error.stack) });
  }
}
