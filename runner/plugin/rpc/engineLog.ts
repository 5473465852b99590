import { credentials, Metadata } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Redaction } from "../../base/redaction";
import type { Progress } from "../resourceType";

/** How long an operation waits for an engine that does not accept its log. */
const DEADLINE_MILLISECONDS = 5000;

interface Entry {
  readonly severity: LogSeverity;
  readonly message: string;
  readonly urn?: string;
  readonly isEphemeral?: boolean;
}

/** Writes to the engine's log, in order. Without an engine nothing is shown. */
export class EngineLog {
  private client: EngineClient | undefined;
  private sending: Promise<void> = Promise.resolve();

  public constructor(address: string | undefined) {
    this.attach(address);
  }

  /** From now on writes to the engine at this address. */
  public attach(address: string | undefined): void {
    this.client?.close();
    this.client =
      address === undefined || address === ""
        ? undefined
        : new EngineClient(address, credentials.createInsecure());
  }

  public write(entry: Entry): void {
    this.sending = this.sending.then(() => this.send(entry)).catch(() => undefined);
  }

  /** Resolves when the engine has answered everything written so far. */
  public async flush(): Promise<void> {
    await this.sending;
  }

  public close(): void {
    this.client?.close();
    this.client = undefined;
  }

  private async send(entry: Entry): Promise<void> {
    const client = this.client;
    if (client === undefined) {
      return;
    }
    const request = new LogRequest();
    request.setSeverity(entry.severity);
    request.setMessage(entry.message);
    request.setUrn(entry.urn ?? "");
    request.setEphemeral(entry.isEphemeral ?? false);
    // An engine that refuses the log must not fail the operation.
    await new Promise<void>((resolve) => {
      const deadline = Date.now() + DEADLINE_MILLISECONDS;
      client.log(request, new Metadata(), { deadline }, () => {
        resolve();
      });
    });
  }
}

/** Progress of one resource (or, without a urn, of the provider), its messages redacted. */
export function progressOf(log: EngineLog, redaction: Redaction, urn?: string): Progress {
  const writer =
    (severity: LogSeverity, isEphemeral = false) =>
    (message: string): void => {
      const where = urn === undefined ? {} : { urn };
      log.write({ severity, message: redaction.redact(message), isEphemeral, ...where });
    };
  return {
    info: writer(LogSeverity.INFO),
    warn: writer(LogSeverity.WARNING),
    status: writer(LogSeverity.INFO, true),
  };
}
