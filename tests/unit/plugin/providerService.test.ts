import { status } from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { fault } from "../../../runner/base/fault";
import type {
  Context,
  Plugin,
  Properties,
  ResourceType,
} from "../../../runner/plugin/resourceType";
import { UNKNOWN } from "../../../runner/requests/inputShape";
import { secret, urnOf } from "./pluginClient";
import { serveInProcess, type ServedPlugin } from "./servedPlugin";

const THING = "test:index:Thing";

let served: ServedPlugin | undefined;

async function serve(thing: Partial<ResourceType>, more: Partial<Plugin> = {}) {
  const state = (inputs: Properties) => Promise.resolve({ id: "1", outputs: inputs });
  served = await serveInProcess({
    name: "test",
    version: "1.2.3",
    resources: {
      [THING]: { create: state, ...thing },
    },
    ...more,
  });
  return served;
}

afterEach(() => {
  served?.stop();
  served = undefined;
});

describe("the provider service", () => {
  it("answers a handshake: it accepts secrets, and takes references and outputs as plain values", async () => {
    const { client } = await serve({});
    const response = await client.call<proto.ProviderHandshakeResponse>((done) =>
      client.raw.handshake(new proto.ProviderHandshakeRequest(), done),
    );
    expect(response.toObject()).toEqual({
      acceptSecrets: true,
      acceptResources: false,
      acceptOutputs: false,
      supportsAutonamingConfiguration: false,
      acceptsByteString: false,
    });
  });

  it("gives the plugin its settings without the wrapping of secrets, and says that it can preview", async () => {
    let settings: Properties = {};
    const { client } = await serve(
      {},
      {
        configure: (given) => {
          settings = given;
          return Promise.resolve();
        },
      },
    );
    const response = await client.configure({ host: "db", password: secret("hunter22") });
    expect(settings).toEqual({ host: "db", password: "hunter22" });
    expect(response.toObject()).toEqual({
      acceptsecrets: true,
      supportspreview: true,
      acceptresources: false,
      acceptoutputs: false,
      supportsAutonamingConfiguration: false,
    });
  });

  it("returns secret inputs as secrets from a check, with the failures by property", async () => {
    const { client } = await serve({
      check: (inputs) =>
        Promise.resolve({
          inputs: { ...inputs, size: 3 },
          failures: [{ property: "name", reason: "found hunter22, expected a name" }],
        }),
    });
    expect(await client.check(THING, { password: secret("hunter22") })).toEqual({
      inputs: { password: secret("hunter22"), size: 3 },
      failures: [{ property: "name", reason: "found [secret], expected a name" }],
    });
  });

  it("returns secret inputs and the type's secret outputs as secrets from create, update and read", async () => {
    const { client } = await serve({
      secretOutputs: ["url"],
      create: (inputs) => Promise.resolve({ id: "7", outputs: { ...inputs, url: "u" } }),
      update: (_id, _inputs, outputs, news) => Promise.resolve({ ...outputs, ...news }),
    });
    const inputs = { password: secret("hunter22"), host: "db" };
    const outputs = { ...inputs, url: secret("u") };
    expect(await client.create(THING, inputs)).toEqual({ id: "7", outputs });
    const news = { ...inputs, password: secret("hunter33") };
    expect(await client.update(THING, "7", { inputs, outputs }, news)).toEqual({
      ...outputs,
      ...news,
    });
    expect(await client.read(THING, "7", { inputs, outputs })).toEqual({
      id: "7",
      inputs,
      outputs,
    });
  });

  it("previews with unknown values, and without an id", async () => {
    let context: Context | undefined;
    let given: Properties = {};
    const { client } = await serve({
      create: (inputs, inContext) => {
        context = inContext;
        given = inputs;
        return Promise.resolve({ id: "1", outputs: inputs });
      },
    });
    const inputs = { port: "3eeb2bf0-c639-47a8-9e75-3b44932eb421" };
    expect(await client.create(THING, inputs, true)).toEqual({
      id: "",
      outputs: { port: UNKNOWN },
    });
    expect(given).toEqual({ port: UNKNOWN });
    expect(context?.preview).toBe(true);
    expect(context?.urn).toBe(urnOf(THING));
  });

  it("finds every difference of the inputs, and updates in place", async () => {
    const { client } = await serve({});
    const inputs = { a: 1, list: [1, { b: 2 }], gone: true, same: secret("same") };
    const news = { a: 1, list: [1, { b: 3 }], more: null, same: secret("same") };
    expect(await client.diff(THING, "1", { inputs, outputs: {} }, news)).toEqual({
      changes: { list: "update", gone: "delete", more: "add" },
      replaces: [],
      isDeleteBeforeReplace: false,
    });
    const none = await client.diff(THING, "1", { inputs, outputs: { x: 1 } }, inputs);
    expect(none.changes).toEqual({});
  });

  it("returns a type's own diff: paths, replacements and the order of replacing", async () => {
    const { client } = await serve({
      diff: () =>
        Promise.resolve({
          changes: { "roles[0].name": "update-replace", size: "update" },
          deleteBeforeReplace: true,
        }),
    });
    expect(await client.diff(THING, "1", { inputs: {}, outputs: {} }, {})).toEqual({
      changes: { "roles[0].name": "update-replace", size: "update" },
      replaces: ["roles"],
      isDeleteBeforeReplace: true,
    });
  });

  it("keeps a resource's state if its type has no read, update and delete", async () => {
    const { client } = await serve({});
    const state = { inputs: {}, outputs: { port: 23_456 } };
    expect(await client.read(THING, "1", state)).toEqual({ id: "1", ...state });
    expect(await client.update(THING, "1", state, {})).toEqual(state.outputs);
    await client.delete(THING, "1", state);
  });

  it("reports that a resource is gone", async () => {
    const { client } = await serve({ read: () => Promise.resolve(undefined) });
    expect(await client.read(THING, "1", { inputs: {}, outputs: {} })).toBeUndefined();
  });

  it("logs an operation's messages at the resource, redacted", async () => {
    const { client, engine } = await serve({
      delete: (_id, _inputs, _outputs, context) => {
        context.status("step 1");
        context.info("done with hunter22");
        context.warn("careful");
        return Promise.resolve();
      },
    });
    await client.delete(THING, "1", { inputs: {}, outputs: { password: secret("hunter22") } });
    const at = { urn: urnOf(THING), isEphemeral: false };
    expect(engine.lines).toEqual([
      { ...at, severity: "info", message: "step 1", isEphemeral: true },
      { ...at, severity: "info", message: "done with [secret]" },
      { ...at, severity: "warning", message: "careful" },
    ]);
  });

  it("shows only a fault's message, without the secrets of the call and of the provider", async () => {
    const { client, engine } = await serve({
      create: () => {
        throw fault("SERVER_REFUSED", {
          what: "connecting with hunter22 and hunter33",
          found: "a refusal",
          remedy: "Ask",
        });
      },
    });
    await client.configure({ password: secret("hunter33") });
    await expect(client.create(THING, { password: secret("hunter22") })).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: "SERVER_REFUSED: connecting with [secret] and [secret]: found a refusal. Ask.",
    });
    expect(engine.lines).toEqual([]);
  });

  it("shows a bug's message, and its stack at debug only", async () => {
    const { client, engine } = await serve({
      update: () => Promise.reject(new TypeError("x of hunter22 is not a function")),
    });
    const state = { inputs: {}, outputs: {} };
    await expect(
      client.update(THING, "1", state, { password: secret("hunter22") }),
    ).rejects.toMatchObject({
      code: status.UNKNOWN,
      details: "x of [secret] is not a function",
    });
    expect(engine.lines).toHaveLength(1);
    expect(engine.lines[0]).toMatchObject({ severity: "debug" });
    expect(engine.lines[0]?.message).toMatch(/^TypeError: x of \[secret\].*\n {4}at /);
  });

  it("names its types when it is asked for an unknown one", async () => {
    const { client } = await serve({});
    await expect(client.create("test:index:Other", {})).rejects.toMatchObject({
      details: `the plugin "test" has no resource type "test:index:Other": ${THING}`,
    });
  });

  it("aborts a running operation when the user interrupts the engine", async () => {
    const { client } = await serve({
      create: (_inputs, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            reject(new Error("interrupted"));
          });
        }),
    });
    const creating = client.create(THING, {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.call<Empty>((done) => client.raw.cancel(new Empty(), done));
    await expect(creating).rejects.toMatchObject({ details: "interrupted" });
  });
});
