import { secret, type Wire } from "../../unit/plugin/pluginClient";
import { isStandIn } from "./pluginProcess";
import { managed, Setting, uniqueName } from "./setting";

jest.setTimeout(120_000);

/** What the stand-in promises and the official plugin does not. */
const onlyStandIn = isStandIn ? describe : describe.skip;

onlyStandIn("the stand-in", () => {
  const setting = new Setting();
  let closed: Wire = {};

  beforeAll(async () => {
    await setting.start(17);
    closed = setting.provider("superuser", { database: "postgres" });
  });
  afterAll(() => setting.stop());

  it("warns at every use which plugin it replaces", async () => {
    const { engine } = await setting.ownPlugin(setting.provider("superuser"));
    expect(engine.lines).toHaveLength(1);
    expect(engine.lines[0]).toMatchObject({ severity: "warning", isEphemeral: false });
    expect(engine.lines[0]?.message).toMatch(/STAND-IN .*postgresql v3\.18\.1/);
  });

  it("refuses a protected database even in a preview, whatever the session's settings are", async () => {
    const plugin = await setting.ownPlugin(closed, { PGOPTIONS: "-c v7.unprotected=on" });
    const role = managed(plugin, "Role");
    const name = uniqueName("refused");
    const message = /^9 FAILED_PRECONDITION: STAND_IN_REFUSED: .*found a protected database/;
    await expect(role.preview({ name })).rejects.toThrow(message);
    await expect(role.up({ name })).rejects.toThrow(message);
    expect(await setting.hasRole(name)).toBe(false);
  });

  it.each(["1", "true", "yes"])(
    "refuses a protected database when the switch has the value %j",
    async (value) => {
      const plugin = await setting.ownPlugin(closed, { V7_STAND_IN_ON_PROTECTED: value });
      await expect(managed(plugin, "Role").up({ name: "refused" })).rejects.toThrow(
        "STAND_IN_REFUSED",
      );
    },
  );

  it("works on a protected database with the tests' switch, and names the switch in a warning", async () => {
    const plugin = await setting.ownPlugin(closed, { V7_STAND_IN_ON_PROTECTED: "tests-only" });
    const role = managed(plugin, "Role");
    expect(await role.up({ name: uniqueName("switched") })).toBe("create");
    expect(await role.refresh()).toEqual([]);
    const warnings = plugin.engine.lines.filter((one) => one.severity === "warning");
    expect(warnings).toHaveLength(2);
    expect(warnings[1]?.message).toContain("V7_STAND_IN_ON_PROTECTED=tests-only");
    await role.destroy();
  });

  it("keeps working when somebody drops its database and creates it again", async () => {
    const name = uniqueName("remade");
    const make = async (): Promise<void> => {
      await setting.sql.query(`CREATE DATABASE ${name}`);
      await setting.sql.query(`ALTER DATABASE ${name} SET v7.unprotected = 'on'`);
    };
    await make();
    const plugin = await setting.ownPlugin(setting.provider("superuser", { database: name }));
    const role = managed(plugin, "Role");
    expect(await role.up({ name: uniqueName("before") })).toBe("create");
    await setting.sql.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await make();
    const later = managed(plugin, "Role");
    expect(await later.up({ name: uniqueName("after") })).toBe("create");
    await role.destroy();
    await later.destroy();
    await setting.sql.query(`DROP DATABASE ${name} WITH (FORCE)`);
  });

  it("previews without a server", async () => {
    const plugin = await setting.ownPlugin({ ...closed, port: "1" });
    expect(await managed(plugin, "Role").preview({ name: "later" })).toMatchObject({
      name: "later",
      login: false,
    });
  });

  it("opens no more connections than maxConnections allows", async () => {
    const plugin = await setting.ownPlugin(setting.provider("superuser", { maxConnections: "2" }));
    const connections = async () =>
      (await setting.value(
        "SELECT count(*)::int FROM pg_stat_activity WHERE application_name LIKE 'v7 stand-in%'",
      )) as number;
    const before = await connections();
    const roles = Array.from({ length: 12 }, () => managed(plugin, "Role"));
    const made = Promise.all(roles.map((role) => role.up({ name: uniqueName("many") })));
    const run = { isDone: false };
    const ended = made.finally(() => (run.isDone = true));
    let most = 0;
    while (!run.isDone) {
      most = Math.max(most, await connections());
    }
    await ended;
    expect(most - before).toBeGreaterThan(0);
    expect(most - before).toBeLessThanOrEqual(2);
    await Promise.all(roles.map((role) => role.destroy()));
  });

  it("does not show the password when the login fails", async () => {
    const plugin = await setting.ownPlugin(
      setting.provider("superuser", { password: secret("wrong-password") }),
    );
    const thrown: unknown = await managed(plugin, "Role")
      .up({ name: "refused" })
      .catch((error: unknown) => error);
    expect(String(thrown)).toMatch(/SERVER_REFUSED: .*password authentication failed/);
    expect(String(thrown)).not.toContain("wrong-password");
  });

  it.each<[string, Wire, RegExp]>([
    ["Grant", { objectType: "foreign_server" }, /objectType: is not one of schema, table, column/],
    ["Grant", { objects: ["a", "b"] }, /objects: are 2: .* on one object of it/],
    ["Grant", { privileges: ["ALL"] }, /privileges: have ALL in them/],
    ["Grant", { role: "PUBLIC" }, /role: is everybody/],
    [
      "Role",
      { name: "x", policies: [] },
      /policies: is a property that the stand-in does not know/,
    ],
    [
      "Role",
      { name: "x", connectionLimit: 5 },
      /connectionLimit: is not -1: the stand-in has no other/,
    ],
    ["Role", {}, /name: is missing/],
  ])("refuses what it does not support in a %s: %j", async (type, wrong, message) => {
    const resource = managed(await setting.plugin("superuser"), type as "Grant");
    const on = { schema: "public", objectType: "table", objects: ["jobs"], privileges: ["SELECT"] };
    const program =
      type === "Grant" ? { role: "anon", database: "postgres", ...on, ...wrong } : wrong;
    await expect(resource.preview(program)).rejects.toThrow(message);
  });
});
