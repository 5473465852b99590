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

/** The engine's calls about resources, passed on to the resource's type. */
export class ResourceCalls {
  public constructor(private readonly plugin: Plugin) {}

  public async check(request: CheckRequest, call: Call): Promise<CheckResponse> {
    const type = this.typeOf(request);
    const news = call.receive(request.getNews());
    const olds = call.receive(request.getOlds());
    const context = call.context(request.getUrn(), false);
    // The engine sends an empty struct for a resource that does not exist yet.
    const oldInputs = Object.keys(olds.plain).length === 0 ? undefined : olds.plain;
    const failures = inputFailures(type.inputs ?? {}, news.plain, true);
    const checked =
      failures.length > 0 ? undefined : await type.check?.(news.plain, oldInputs, context);
    return checkResponse(checked ?? { inputs: news.plain, failures }, news, call);
  }

  public async diff(request: DiffRequest, call: Call): Promise<DiffResponse> {
    const outputs = call.receive(request.getOlds()).plain;
    const oldInputs = call.receive(request.getOldInputs() ?? request.getOlds()).plain;
    const news = call.receive(request.getNews()).plain;
    const context = call.context(request.getUrn(), false);
    const type = this.typeFor(request, news, true);
    const diff = (await type.diff?.(request.getId(), oldInputs, outputs, news, context)) ?? {
      changes: changesBetween(oldInputs, news),
    };
    return diffResponse(diff, oldInputs, news);
  }

  public async create(request: CreateRequest, call: Call): Promise<CreateResponse> {
    const inputs = call.receive(request.getProperties());
    const context = call.context(request.getUrn(), request.getPreview());
    const type = this.typeFor(request, inputs.plain, request.getPreview());
    const { id, outputs } = await type.create(inputs.plain, context);
    const response = new CreateResponse();
    // In a preview nothing was created, so there is no id.
    response.setId(request.getPreview() ? "" : id);
    response.setProperties(send(outputs, [inputs], type.secretOutputs));
    return response;
  }

  public async read(request: ReadRequest, call: Call): Promise<ReadResponse> {
    const inputs = call.receive(request.getInputs());
    const outputs = call.receive(request.getProperties());
    const context = call.context(request.getUrn(), false);
    const type = this.typeFor(request, inputs.plain);
    const known = { id: request.getId(), inputs: inputs.plain, outputs: outputs.plain };
    const found =
      type.read === undefined
        ? known
        : await type.read(known.id, known.inputs, known.outputs, context);
    const response = new ReadResponse();
    // Without an id, the engine treats the resource as gone.
    if (found !== undefined) {
      response.setId(found.id);
      // An input whose value was found to differ is a secret if the output of that name is one.
      const changed = changesBetween(inputs.plain, found.inputs);
      const secrets = type.secretOutputs?.filter((name) => name in changed);
      response.setInputs(send(found.inputs, [inputs], secrets));
      response.setProperties(send(found.outputs, [inputs, outputs], type.secretOutputs));
    }
    return response;
  }

  public async update(request: UpdateRequest, call: Call): Promise<UpdateResponse> {
    const outputs = call.receive(request.getOlds());
    const oldInputs = call.receive(request.getOldInputs() ?? request.getOlds());
    const news = call.receive(request.getNews());
    const type = this.typeFor(request, news.plain, request.getPreview());
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
    const outputs = call.receive(request.getProperties()).plain;
    const inputs = call.receive(request.getOldInputs() ?? request.getProperties()).plain;
    const context = call.context(request.getUrn(), false);
    const type = this.typeFor(request, inputs);
    await type.delete?.(request.getId(), inputs, outputs, context);
    return new Empty();
  }

  /** The resource's type; refuses inputs that break its rules. */
  private typeFor(request: OfResource, inputs: Properties, mayBeUnknown = false): ResourceType {
    const type = this.typeOf(request);
    refuseInputs(tokenIn(request), type.inputs ?? {}, inputs, mayBeUnknown);
    return type;
  }

  private typeOf(request: OfResource): ResourceType {
    const token = tokenIn(request);
    const type = this.plugin.resources[token];
    if (type === undefined) {
      const known = Object.keys(this.plugin.resources).join(", ");
      throw new Error(`the plugin "${this.plugin.name}" has no resource type "${token}": ${known}`);
    }
    return type;
  }
}

/** The type token: `a:b:C`, also where only the URN has it, `urn:pulumi:stack::project::x:y:Parent$a:b:C::name`. */
function tokenIn(request: OfResource): string {
  return request.getType() || (request.getUrn().split("::")[2]?.split("$").at(-1) ?? "");
}
