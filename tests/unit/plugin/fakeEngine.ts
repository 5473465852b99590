import { Server } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogSeverity, type LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { listen } from "../../../runner/plugin/rpc/server";

export interface LogLine {
  readonly severity: "debug" | "info" | "warning" | "error";
  readonly message: string;
  readonly urn: string;
  readonly isEphemeral: boolean;
}

const SEVERITIES = {
  [LogSeverity.DEBUG]: "debug",
  [LogSeverity.INFO]: "info",
  [LogSeverity.WARNING]: "warning",
  [LogSeverity.ERROR]: "error",
} as const;

/** The part of an engine that a plugin speaks to: it keeps the log lines. */
export class FakeEngine {
  public readonly lines: LogLine[] = [];
  private readonly server = new Server();

  /** @returns the address that a plugin is started with */
  public async start(): Promise<string> {
    this.server.addService(EngineService, {
      log: (
        call: { request: LogRequest },
        callback: (error: null, response: Empty) => void,
      ): void => {
        const { request } = call;
        this.lines.push({
          severity: SEVERITIES[request.getSeverity()],
          message: request.getMessage(),
          urn: request.getUrn(),
          isEphemeral: request.getEphemeral(),
        });
        callback(null, new Empty());
      },
    });
    return `127.0.0.1:${String(await listen(this.server))}`;
  }

  public stop(): void {
    this.server.forceShutdown();
  }
}
