import { existsSync } from "node:fs";
import { createCluster, placeOf, startCluster, stopCluster } from "../../../runner/embedded";
import type { Context, Properties, ResourceType } from "../../../runner/plugin/resourceType";
import { embeddedPostgres } from "../../../runner/plugin/resources/embeddedPostgres";
import { inputFailures, UNKNOWN } from "../../../runner/requests/inputShape";
import { whileTaken } from "../../support/listening";
import { pluginContext } from "../../support/pluginContext";
import { ask, count, killServer } from "./checkout";

jest.setTimeout(60_000);

// In this checkout's own folder for stacks, as the plugin has it; only this test uses the name.
const STACK = `test-embedded-${process.pid}`;
const place = placeOf(STACK);
const id = `.v7/stacks/${STACK}`;
const inputs: Properties = { stack: STACK, major: 17 };

const warnings: string[] = [];
const context = (preview = false): Context =>
  pluginContext({ preview, warn: (message) => warnings.push(message) });
const resource = embeddedPostgres as Required<ResourceType>;

const diff = async (outputs: Properties, news = inputs): Promise<unknown> =>
  resource.diff(id, inputs, outputs, news, context());
const read = async (outputs: Properties): Promise<Properties | undefined> =>
  (await resource.read(id, inputs, outputs, context()))?.outputs;
const check = async (news: Properties, olds?: Properties): Promise<unknown> =>
  (await resource.check(news, olds, context())).failures;
const login = (outputs: Properties): { port: number; password: string } => ({
  port: Number(outputs["port"]),
  password: String(outputs["password"]),
});

async function crash(outputs: Properties): Promise<void> {
  const [row] = (await ask(login(outputs), "SHOW data_directory")) as { data_directory: string }[];
  const { postmasterOf } = await import("../../../runner/embedded/system/processes");
  await killServer(Number(postmasterOf(String(row?.data_directory))));
}

describe("directive:index:EmbeddedPostgres", () => {
  let outputs: Properties;

  afterAll(async () => {
    await resource.delete(id, inputs, inputs, context());
  });

  beforeEach(() => {
    warnings.length = 0;
  });

  it("refuses an invalid major and an invalid stack name, each with its reason", () => {
    const refused = (given: Properties): unknown => inputFailures(resource.inputs, given, true);
    expect(refused({ stack: "a/b", major: 14 })).toEqual([
      { property: "stack", reason: expect.stringContaining('found "a/b"') as string },
      {
        property: "major",
        reason: "found 14, expected one of 15, 16, 17, 18. Set v7:postgresMajor.",
      },
    ]);
    expect(refused({ stack: STACK, major: "17" })).toHaveLength(1);
  });

  it("creates nothing in a preview, and outputs what is known", async () => {
    const { outputs: previewed } = await resource.create(inputs, context(true));
    expect(previewed).toMatchObject({ host: "127.0.0.1", port: UNKNOWN, password: UNKNOWN });
    expect(existsSync(place.home)).toBe(false);
  });

  it("creates a server that its outputs describe", async () => {
    const made = await resource.create(inputs, context());
    outputs = made.outputs;
    expect(made.id).toBe(id);
    expect(outputs).toEqual({
      stack: STACK,
      major: 17,
      host: "127.0.0.1",
      port: expect.any(Number) as number,
      databaseName: "postgres",
      user: "postgres",
      password: expect.stringMatching(/^.{32}$/) as string,
      superuser: "supabase_admin",
      superuserPassword: expect.stringMatching(/^.{32}$/) as string,
      serverVersion: "17.10",
      dataDirectory: `.v7/stacks/${STACK}/data`,
      status: "up",
    });
    expect(resource.secretOutputs).toEqual(["password", "superuserPassword"]);
    expect(await count(login(outputs), "file_audit")).toBe(6);
  });

  it("shows no changes while its server is up", async () => {
    expect(await diff(outputs)).toEqual({ changes: {}, deleteBeforeReplace: true });
    expect(await read(outputs)).toEqual(outputs);
    expect(warnings).toEqual([]);
  });

  it("refuses another major or name while there is data, and says what to do", async () => {
    expect(await check({ stack: STACK, major: 18 }, inputs)).toEqual([
      {
        property: "major",
        reason:
          `found 18, but ".v7/stacks/${STACK}" holds the data of a cluster made with 17, which would be lost. ` +
          "Set it back; or destroy the stack, and with it its data.",
      },
    ]);
    expect(await check({ stack: "renamed", major: 17 }, inputs)).toHaveLength(1);
  });

  it("reports a dead server as down on refresh, and starts it again only on update", async () => {
    await ask(login(outputs), "INSERT INTO jobs DEFAULT VALUES");
    await crash(outputs);
    const down = await read(outputs);
    expect(down).toEqual({ ...outputs, status: "down" });
    expect(warnings).toEqual([expect.stringContaining("npm start")]);
    expect(await diff(down ?? {})).toMatchObject({ changes: { status: "update" } });
    // Also when no refresh has updated the state: a plain `pulumi up` restarts it.
    expect(await diff(outputs)).toMatchObject({ changes: { status: "update" } });
    const previewed = await resource.update(id, inputs, down ?? {}, inputs, context(true));
    expect(previewed).toEqual(outputs);
    expect(await diff(outputs)).toMatchObject({ changes: { status: "update" } });
    outputs = await resource.update(id, inputs, down ?? {}, inputs, context());
    expect(outputs["status"]).toBe("up");
    expect(await count(login(outputs), "jobs")).toBe(1);
    expect(await diff(outputs)).toMatchObject({ changes: {} });
  });

  it("gets another port at an update when another program has its port, and the preview says so", async () => {
    await stopCluster(place);
    const taken = Number(outputs["port"]);
    await whileTaken(taken, async () => {
      expect(await diff(outputs)).toEqual({
        changes: { status: "update", port: "update" },
        deleteBeforeReplace: true,
      });
      const previewed = await resource.update(id, inputs, outputs, inputs, context(true));
      expect(previewed).toEqual({ ...outputs, port: UNKNOWN });
      // A start that cannot report a new port must not change the port.
      await expect(startCluster(place)).rejects.toThrow("another program listening on its port");
      const moved = await resource.update(id, inputs, outputs, inputs, context());
      expect(moved).toEqual({ ...outputs, port: expect.any(Number) as number });
      expect(moved["port"]).not.toBe(taken);
      outputs = moved;
    });
    expect(await count(login(outputs), "jobs")).toBe(1);
    expect(await diff(outputs)).toMatchObject({ changes: {} });
  });

  it("needs an update when the state says down and the server was started since", async () => {
    await stopCluster(place);
    const down = (await read(outputs)) ?? {};
    await startCluster(place);
    expect(await diff(down)).toMatchObject({ changes: { status: "update" } });
    expect(await resource.update(id, inputs, down, inputs, context())).toEqual(outputs);
  });

  it("is up, with a warning, when its superuser's password was changed by hand", async () => {
    const found = await read({ ...outputs, superuserPassword: "another" });
    expect(found).toMatchObject({ status: "up", serverVersion: "17.10" });
    expect(warnings).toEqual([expect.stringContaining("refused its superuser")]);
  });

  it("cannot be imported, and says what to do instead", async () => {
    await expect(resource.read(id, inputs, inputs, context())).rejects.toThrow(
      /EMBEDDED_FAILED: importing .* Run `pulumi up`/,
    );
  });

  it("takes over the data when the state is lost", async () => {
    const { outputs: again } = await resource.create(inputs, context());
    expect(await count(login(again), "jobs")).toBe(1);
    outputs = again;
  });

  it("is gone once its files are gone, and can then be created with another major", async () => {
    await resource.delete(id, inputs, outputs, context());
    expect(existsSync(place.home)).toBe(false);
    expect(await read(outputs)).toBeUndefined();
    expect(await check({ stack: STACK, major: 18 }, inputs)).toEqual([]);
    expect(await diff(outputs)).toEqual({
      changes: { status: "update-replace" },
      deleteBeforeReplace: true,
    });
    expect(await diff(outputs, { stack: STACK, major: 18 })).toMatchObject({
      changes: { major: "update-replace" },
    });
    await expect(resource.update(id, inputs, outputs, inputs, context())).rejects.toThrow(
      "EMBEDDED_FAILED",
    );
    await resource.delete(id, inputs, outputs, context());
    await createCluster(place, 18);
  });
});
