import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  ConfigureResponse,
  GetSchemaResponse,
  ProviderHandshakeResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { messageOf } from "../../base/fault";
import { Redaction } from "../../base/redaction";
import { UNKNOWN } from "../../requests/inputShape";
import type { Plugin } from "../resourceType";
import { handler, writeStack, type Call, type Shared } from "./call";
import type { EngineLog } from "./engineLog";
import { ResourceCalls } from "./resourceCalls";
import { changesBetween, checkResponse, diffResponse } from "./responses";
import type { Received } from "./wire";

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
      // Accepts everything: `configure` refuses what is wrong.
      checkConfig: on((request, call) => {
        const news = call.receive(request.getNews());
        call.redaction.add(likelySecrets(news));
        return Promise.resolve(checkResponse({ inputs: news.plain, failures: [] }, news, call));
      }),
      // A new configuration never replaces the provider's resources: it only says where the database is.
      diffConfig: on((request, call) => {
        const olds = call.receive(request.getOldInputs() ?? request.getOlds()).plain;
        const news = call.receive(request.getNews()).plain;
        return Promise.resolve(diffResponse({ changes: changesBetween(olds, news) }, olds, news));
      }),
      configure: on(async (request, call) => {
        const settings = call.receive(request.getArgs());
        this.shared.redaction.add(settings.secretTexts);
        this.shared.redaction.add(likelySecrets(settings));
        await this.plugin.configure?.(settings.plain, call.progress());
        const response = new ConfigureResponse();
        response.setAcceptsecrets(true);
        response.setAcceptresources(false);
        response.setAcceptoutputs(false);
        response.setSupportspreview(true);
        return response;
      }),
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

/** Secrets by their names: the engine calls CheckConfig and DiffConfig with secrets as plain values. */
function likelySecrets(settings: Received): string[] {
  return Object.entries(settings.plain).flatMap(([name, value]) =>
    /password|secret|token/i.test(name) && typeof value === "string" && value !== UNKNOWN
      ? [value]
      : [],
  );
}
