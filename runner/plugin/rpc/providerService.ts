import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetSchemaResponse, ProviderHandshakeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { messageOf } from "../../base/fault";
import { Redaction } from "../../base/redaction";
import type { Plugin } from "../resourceType";
import { handler, writeStack, type Call, type Shared } from "./call";
import { ConfigCalls } from "./configCalls";
import type { EngineLog } from "./engineLog";
import { ResourceCalls } from "./resourceCalls";

/** A plugin as gRPC handlers. The server answers other calls with UNIMPLEMENTED, as the engine expects. */
export class ProviderService {
  private readonly shared: Shared;

  public constructor(
    private readonly plugin: Plugin,
    private readonly log: EngineLog,
  ) {
    this.shared = {
      log,
      redaction: new Redaction(),
      interrupted: new AbortController(),
      running: new Set(),
    };
  }

  /** Tells every running operation to stop. */
  public cancel(): void {
    this.shared.interrupted.abort();
  }

  /** Resolves when every call has been answered. */
  public async idle(): Promise<void> {
    await Promise.all(this.shared.running);
  }

  /** Shows an uncaught error; the plugin goes on serving. */
  public reportUncaught(error: unknown): void {
    const message = this.shared.redaction.redact(messageOf(error));
    this.log.write({ severity: LogSeverity.WARNING, message: `${this.plugin.name}: ${message}` });
    writeStack(this.log, error, this.shared.redaction);
  }

  public handlers(): UntypedServiceImplementation {
    const config = new ConfigCalls(this.plugin, this.shared);
    const resources = new ResourceCalls(this.plugin);
    const on = <Request, Response>(run: (request: Request, call: Call) => Promise<Response>) =>
      handler(this.shared, run);
    return {
      handshake: on((request) => {
        this.log.attach(request.getEngineAddress());
        return Promise.resolve(handshake());
      }),
      attach: on((request) => {
        this.log.attach(request.getAddress());
        return Promise.resolve(new Empty());
      }),
      cancel: on(() => {
        this.cancel();
        return Promise.resolve(new Empty());
      }),
      getPluginInfo: on(() => Promise.resolve(this.info())),
      getSchema: on(() => Promise.resolve(noSchema())),
      checkConfig: on((request, call) => config.check(request, call)),
      diffConfig: on((request, call) => config.diff(request, call)),
      configure: on((request, call) => config.configure(request, call)),
      check: on((request, call) => resources.check(request, call)),
      diff: on((request, call) => resources.diff(request, call)),
      create: on((request, call) => resources.create(request, call)),
      read: on((request, call) => resources.read(request, call)),
      update: on((request, call) => resources.update(request, call)),
      delete: on((request, call) => resources.delete(request, call)),
    } satisfies Partial<IResourceProviderServer>;
  }

  private info(): PluginInfo {
    const info = new PluginInfo();
    info.setVersion(this.plugin.version);
    return info;
  }
}

/** Pulumi's SDK for Node.js asks for no schema: our resource classes are written by hand. */
function noSchema(): GetSchemaResponse {
  const response = new GetSchemaResponse();
  response.setSchema("{}");
  return response;
}

/** Tells the engine to send secrets as such, and resource references and outputs as plain values. */
function handshake(): ProviderHandshakeResponse {
  const response = new ProviderHandshakeResponse();
  response.setAcceptSecrets(true);
  response.setAcceptResources(false);
  response.setAcceptOutputs(false);
  return response;
}
