import { promisify } from "node:util";
import type { Client } from "@grpc/grpc-js";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { SECRET_SIGNATURE, SIGNATURE_KEY } from "../../../runner/plugin/rpc/wire";

export type Wire = Record<string, JavaScriptValue>;

/** A value as the engine sends a secret. */
export function secret(value: JavaScriptValue): JavaScriptValue {
  return { [SIGNATURE_KEY]: SECRET_SIGNATURE, value };
}

/** A resource's state, as the engine keeps it. */
export interface State {
  readonly inputs: Wire;
  readonly outputs: Wire;
}

export interface Diff {
  readonly changes: Record<string, string>;
  readonly replaces: string[];
  readonly isDeleteBeforeReplace: boolean;
}

const KIND_NAMES = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];

/** Speaks to a provider plugin as the engine does (sdk/proto/go, provider_plugin.go), with plain objects. */
export class PluginClient {
  public readonly raw: ResourceProviderClient;

  public constructor(port: number) {
    this.raw = new ResourceProviderClient(
      `127.0.0.1:${String(port)}`,
      credentials.createInsecure(),
    );
  }

  public close(): void {
    (this.raw as Client).close();
  }

  public async configure(args: Wire): Promise<proto.ConfigureResponse> {
    const request = new proto.ConfigureRequest();
    request.setArgs(Struct.fromJavaScript(args));
    for (const [name, value] of Object.entries(args)) {
      request.getVariablesMap().set(`postgresql:config:${name}`, plainText(value));
    }
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    return this.call((done) => this.raw.configure(request, done));
  }

  public async check(
    type: string,
    news: Wire,
    olds: Wire = {},
  ): Promise<{ inputs: Wire; failures: { property: string; reason: string }[] }> {
    const request = addressed(new proto.CheckRequest(), type);
    request.setOlds(Struct.fromJavaScript(olds));
    request.setNews(Struct.fromJavaScript(news));
    request.setRandomseed(Buffer.alloc(32));
    const response = await this.call<proto.CheckResponse>((done) => this.raw.check(request, done));
    return { inputs: object(response.getInputs()), failures: response.toObject().failuresList };
  }

  public async diff(type: string, id: string, state: State, news: Wire): Promise<Diff> {
    const request = addressed(new proto.DiffRequest(), type);
    request.setId(id);
    request.setOldInputs(Struct.fromJavaScript(state.inputs));
    request.setOlds(Struct.fromJavaScript(state.outputs));
    request.setNews(Struct.fromJavaScript(news));
    const response = await this.call<proto.DiffResponse>((done) => this.raw.diff(request, done));
    const isSome = response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME;
    const changes: Record<string, string> = {};
    if (isSome) {
      response.getDetaileddiffMap().forEach((property, path) => {
        changes[path] = KIND_NAMES[property.getKind()] ?? "unknown";
      });
    }
    return {
      changes,
      replaces: response.getReplacesList(),
      isDeleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  public async create(
    type: string,
    inputs: Wire,
    preview = false,
  ): Promise<{ id: string; outputs: Wire }> {
    const request = addressed(new proto.CreateRequest(), type);
    request.setProperties(Struct.fromJavaScript(inputs));
    request.setPreview(preview);
    const response = await this.call<proto.CreateResponse>((done) =>
      this.raw.create(request, done),
    );
    return { id: response.getId(), outputs: object(response.getProperties()) };
  }

  /** Undefined where the plugin says that the resource is gone. */
  public async read(
    type: string,
    id: string,
    state: State,
  ): Promise<(State & { readonly id: string }) | undefined> {
    const request = addressed(new proto.ReadRequest(), type);
    request.setId(id);
    request.setInputs(Struct.fromJavaScript(state.inputs));
    request.setProperties(Struct.fromJavaScript(state.outputs));
    const response = await this.call<proto.ReadResponse>((done) => this.raw.read(request, done));
    if (response.getId() === "") {
      return undefined;
    }
    return {
      id: response.getId(),
      inputs: object(response.getInputs()),
      outputs: object(response.getProperties()),
    };
  }

  public async update(
    type: string,
    id: string,
    state: State,
    news: Wire,
    preview = false,
  ): Promise<Wire> {
    const request = addressed(new proto.UpdateRequest(), type);
    request.setId(id);
    request.setOldInputs(Struct.fromJavaScript(state.inputs));
    request.setOlds(Struct.fromJavaScript(state.outputs));
    request.setNews(Struct.fromJavaScript(news));
    request.setPreview(preview);
    const response = await this.call<proto.UpdateResponse>((done) =>
      this.raw.update(request, done),
    );
    return object(response.getProperties());
  }

  public async delete(type: string, id: string, state: State): Promise<void> {
    const request = addressed(new proto.DeleteRequest(), type);
    request.setId(id);
    request.setOldInputs(Struct.fromJavaScript(state.inputs));
    request.setProperties(Struct.fromJavaScript(state.outputs));
    await this.call<Empty>((done) => this.raw.delete(request, done));
  }

  /** Awaits one unary call. */
  public call<Response>(
    start: (done: (error: ServiceError | null, response: Response) => void) => unknown,
  ): Promise<Response> {
    return promisify(start)();
  }
}

interface Addressed {
  setUrn(urn: string): unknown;
  setType(type: string): unknown;
  setName(name: string): unknown;
}

function addressed<Request extends Addressed>(request: Request, type: string): Request {
  request.setUrn(urnOf(type));
  request.setType(type);
  request.setName("it");
  return request;
}

/** The urn that the client gives a resource of that type. */
export function urnOf(type: string): string {
  return `urn:pulumi:test::v7::${type}::it`;
}

function object(struct: Struct | undefined): Wire {
  return struct?.toJavaScript() ?? {};
}

function plainText(value: JavaScriptValue): string {
  const object = value as Record<string, JavaScriptValue> | null;
  const plain = object?.[SIGNATURE_KEY] === SECRET_SIGNATURE ? object["value"] : value;
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}
