import type { Properties, ResourceType } from "../../../runner/plugin/resourceType";
import { containerServer } from "../../../runner/plugin/resources/containerServer";
import { putFakeDocker } from "../../support/fakeDocker";
import { pluginContext } from "../../support/pluginContext";
import { serverOfFile } from "../../support/postgres";

const CONTEXT = pluginContext();
const resource = containerServer as Required<ResourceType>;
/** Nothing listens there. */
const NO_PORT = 1;

describe("the server in a stack's container", () => {
  const server = serverOfFile({ major: 17 });
  let inputs: Properties;
  let takeAway: () => void = () => undefined;

  beforeAll(async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    inputs = {
      stack: "box",
      containerId: "1a2b3c4d",
      port: server().port,
      databaseName: database.name,
      user: database.owner,
      password: database.ownerPassword,
    };
  });

  afterEach(() => {
    takeAway();
    takeAway = () => undefined;
  });

  it("outputs its port and system identifier once it accepts the stack's login", async () => {
    const { outputs } = await resource.create(inputs, CONTEXT);
    expect(outputs).toStrictEqual({
      ...inputs,
      systemIdentifier: expect.stringMatching(/^\d{15,20}$/) as string,
    });
  });

  it("has an unknown port in a preview", async () => {
    const { outputs } = await resource.create(inputs, { ...CONTEXT, preview: true });
    expect(outputs["port"]).not.toBe(server().port);
  });

  it("is updated only in a run in which it does not answer", async () => {
    const dead = { ...inputs, port: NO_PORT };
    const changes = async (given: Properties): Promise<unknown> =>
      (await resource.diff("server", given, given, given, CONTEXT)).changes;
    await expect(changes(inputs)).resolves.toStrictEqual({});
    await expect(changes(dead)).resolves.toStrictEqual({ systemIdentifier: "update" });
  });

  it.each([
    ["has exited", { status: "exited", exitCode: 1 }],
    ["restarts again and again", { status: "restarting", exitCode: 1, restarts: 3 }],
  ])("fails at once, with its last log lines, when its container %s", async (_what, container) => {
    takeAway = putFakeDocker({ port: NO_PORT, ...container, log: "FATAL:  no room\n" });
    await expect(resource.create({ ...inputs, port: NO_PORT }, CONTEXT)).rejects.toThrow(
      /^SERVER_UNREACHABLE: .* the container "v7-box-1a2b3c4d" \w+ \(exit code 1\)[^]*FATAL: {2}no room/,
    );
  });

  it("fails at once when it refuses the stack's login, as with an incomplete volume", async () => {
    takeAway = putFakeDocker({ port: server().port, status: "running" });
    await expect(resource.create({ ...inputs, password: "another's" }, CONTEXT)).rejects.toThrow(
      /^CONTAINER_FAILED: logging in .*--replace '\*\*::database-server-volume'[^]*SERVER_REFUSED/,
    );
  });

  it("fails when its data are not those of the state, until a refresh records them", async () => {
    const before = { ...inputs, systemIdentifier: "7000000000000000000" };
    const update = (outputs: Properties): Promise<Properties> =>
      resource.update("server", inputs, outputs, inputs, CONTEXT);
    await expect(update(before)).rejects.toThrow(
      /^CONTAINER_FAILED: .*data of another stack .*pulumi refresh --yes --stack box/,
    );
    const refreshed = await resource.read("server", inputs, before, CONTEXT);
    await expect(update(refreshed?.outputs ?? {})).resolves.toStrictEqual(refreshed?.outputs);
  });
});
