import {
  ConfigureResponse,
  type CheckRequest,
  type CheckResponse,
  type ConfigureRequest,
  type DiffRequest,
  type DiffResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { UNKNOWN } from "../../requests/inputShape";
import type { Plugin } from "../resourceType";
import type { Call, Shared } from "./call";
import { changesBetween, checkResponse, diffResponse } from "./responses";
import type { Received } from "./wire";

/** The calls about the provider's own configuration. */
export class ConfigCalls {
  public constructor(
    private readonly plugin: Plugin,
    private readonly shared: Shared,
  ) {}

  /** Accepts everything: `configure` refuses what is wrong. */
  public check(request: CheckRequest, call: Call): Promise<CheckResponse> {
    const news = call.receive(request.getNews());
    call.redaction.add(likelySecrets(news));
    return Promise.resolve(checkResponse({ inputs: news.plain, failures: [] }, news, call));
  }

  /** A new configuration never replaces the provider's resources: it only says where the database is. */
  public diff(request: DiffRequest, call: Call): Promise<DiffResponse> {
    const olds = call.receive(request.getOldInputs() ?? request.getOlds()).plain;
    const news = call.receive(request.getNews()).plain;
    return Promise.resolve(diffResponse({ changes: changesBetween(olds, news) }, olds, news));
  }

  public async configure(request: ConfigureRequest, call: Call): Promise<ConfigureResponse> {
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
  }
}

/** Secrets by their names: the engine calls CheckConfig and DiffConfig with secrets as plain values. */
function likelySecrets(settings: Received): string[] {
  return Object.entries(settings.plain).flatMap(([name, value]) =>
    /password|secret|token/i.test(name) && typeof value === "string" && value !== UNKNOWN
      ? [value]
      : [],
  );
}
