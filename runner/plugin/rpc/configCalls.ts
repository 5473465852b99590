import {
  CheckResponse,
  ConfigureResponse,
  type CheckRequest,
  type ConfigureRequest,
  type DiffRequest,
  type DiffResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import type { Plugin } from "../resourceType";
import type { Call, Shared } from "./call";
import { changesBetween, checkResponse, diffResponse } from "./responses";
import { send, type Received } from "./wire";

/** The provider's own configuration: checked, compared, taken. */
export class ConfigCalls {
  public constructor(
    private readonly plugin: Plugin,
    private readonly shared: Shared,
  ) {}

  public async check(request: CheckRequest, call: Call): Promise<CheckResponse> {
    const news = call.receive(request.getNews());
    call.redaction.add(likelySecrets(news));
    if (this.plugin.checkConfig === undefined) {
      const response = new CheckResponse();
      response.setInputs(send(news.plain, [news]));
      return response;
    }
    return checkResponse(await this.plugin.checkConfig(news.plain), news, call);
  }

  /** A provider's new configuration never replaces its resources: where a database answers is not what it is. */
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

/** The engine calls CheckConfig and DiffConfig with secrets as plain values: their names are all that tells. */
function likelySecrets(settings: Received): string[] {
  return Object.entries(settings.plain).flatMap(([name, value]) =>
    /password|secret|token/i.test(name) && typeof value === "string" ? [value] : [],
  );
}
