import {
  CreateResponse,
  ReadResponse,
  UpdateResponse,
  type CheckRequest,
  type CheckResponse,
  type CreateRequest,
  type DeleteRequest,
  type DiffRequest,
  type DiffResponse,
  type ReadRequest,
  type UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { inputFailures, refuseInputs } from "../../requests/inputShape";
import type { Plugin, Properties, ResourceType } from "../resourceType";
import type { Call } from "./call";
import { changesBetween, checkResponse, diffResponse } from "./responses";
import { send } from "./wire";

interface OfResource {
  getUrn(): string;
  getType(): string;
}

/** What the engine asks of one resource, handed on to its type. */
export class ResourceCalls {
  public constructor(private readonly plugin: Plugin) {}

  public async check(request: CheckRequest, call: Call): Promise<CheckResponse> {
    const type = this.typeOf(request);
    const news = call.receive(request.getNews());
    const olds = call.receive(request.getOlds());
    const context = call.context(request.getUrn(), false);
    // The engine sends an empty struct, never none, for a resource that is not there yet.
    const oldInputs = Object.keys(olds.plain).length === 0 ? undefined : olds.plain;
    const failures = inputFailures(type.inputs ?? {}, news.plain, true);
    const checked =
      failures.length > 0 ? undefined : await type.check?.(news.plain, oldInputs, context);
    return checkResponse(checked ?? { inputs: news.plain, failures }, news, call);
  }

  public async diff(request: DiffRequest, call: Call): Promise<DiffResponse> {
    const type = this.typeOf(request);
    const outputs = call.receive(request.getOlds()).plain;
    const oldInputs = call.receive(request.getOldInputs() ?? request.getOlds()).plain;
    const news = call.receive(request.getNews()).plain;
    const context = call.context(request.getUrn(), false);
    this.refuse(request, news, true);
    const diff = (await type.diff?.(request.getId(), oldInputs, outputs, news, context)) ?? {
      changes: changesBetween(oldInputs, news),
    };
    return diffResponse(diff, oldInputs, news);
  }

  public async create(request: CreateRequest, call: Call): Promise<CreateResponse> {
    const type = this.typeOf(request);
    const inputs = call.receive(request.getProperties());
    const context = call.context(request.getUrn(), request.getPreview());
    this.refuse(request, inputs.plain, request.getPreview());
    const { id, outputs } = await type.create(inputs.plain, context);
    const response = new CreateResponse();
    // In a preview nothing was made, whatever the type says.
    response.setId(request.getPreview() ? "" : id);
    response.setProperties(send(outputs, [inputs], type.secretOutputs));
    return response;
  }

  public async read(request: ReadRequest, call: Call): Promise<ReadResponse> {
    const type = this.typeOf(request);
    const inputs = call.receive(request.getInputs());
    const outputs = call.receive(request.getProperties());
    const context = call.context(request.getUrn(), false);
    this.refuse(request, inputs.plain);
    const known = { id: request.getId(), inputs: inputs.plain, outputs: outputs.plain };
    const found =
      type.read === undefined
        ? known
        : await type.read(known.id, known.inputs, known.outputs, context);
    const response = new ReadResponse();
    // Without an id, the engine takes the resource for gone.
    if (found !== undefined) {
      response.setId(found.id);
      // An input that was found to be another one is a secret where its output is.
      const changed = changesBetween(inputs.plain, found.inputs);
      const secrets = type.secretOutputs?.filter((name) => name in changed);
      response.setInputs(send(found.inputs, [inputs], secrets));
      response.setProperties(send(found.outputs, [inputs, outputs], type.secretOutputs));
    }
    return response;
  }

  public async update(request: UpdateRequest, call: Call): Promise<UpdateResponse> {
    const type = this.typeOf(request);
    const outputs = call.receive(request.getOlds());
    const oldInputs = call.receive(request.getOldInputs() ?? request.getOlds());
    const news = call.receive(request.getNews());
    this.refuse(request, news.plain, request.getPreview());
    const updated = await type.update?.(
      request.getId(),
      oldInputs.plain,
      outputs.plain,
      news.plain,
      call.context(request.getUrn(), request.getPreview()),
    );
    const response = new UpdateResponse();
    response.setProperties(send(updated ?? outputs.plain, [news], type.secretOutputs));
    return response;
  }

  public async delete(request: DeleteRequest, call: Call): Promise<Empty> {
    const type = this.typeOf(request);
    const outputs = call.receive(request.getProperties()).plain;
    const inputs = call.receive(request.getOldInputs() ?? request.getProperties()).plain;
    const context = call.context(request.getUrn(), false);
    this.refuse(request, inputs);
    await type.delete?.(request.getId(), inputs, outputs, context);
    return new Empty();
  }

  private refuse(request: OfResource, inputs: Properties, mayBeUnknown = false): void {
    const { inputs: shape = {} } = this.typeOf(request);
    refuseInputs(request.getType() || tokenOf(request.getUrn()), shape, inputs, mayBeUnknown);
  }

  private typeOf(request: OfResource): ResourceType {
    const token = request.getType() || tokenOf(request.getUrn());
    const type = this.plugin.resources[token];
    if (type === undefined) {
      const known = Object.keys(this.plugin.resources).join(", ");
      throw new Error(`the plugin "${this.plugin.name}" has no resource type "${token}": ${known}`);
    }
    return type;
  }
}

/** `a:b:C` of `urn:pulumi:stack::project::x:y:Parent$a:b:C::name`. */
function tokenOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}
