import { createDatabaseClone } from "../../../runner/clone/databaseClone";

import { UNKNOWN } from "../../../runner/requests/inputShape";
import { makeCheckout, type Checkout } from "../../support/checkout";
import { startOwnPlugin } from "../../support/ownPlugin";
import { secret, type Wire } from "../../unit/plugin/pluginClient";
import type { PluginProcess } from "../postgresqlPlugin/pluginProcess";
import { startSharedServer, stateOf, whole, type SharedServer } from "./setting";

const CLONE = "directive:index:DatabaseClone";

let shared: SharedServer;
let checkout: Checkout;
let plugin: PluginProcess;

beforeAll(async () => {
  [shared, checkout] = await Promise.all([startSharedServer(17), makeCheckout()]);
  plugin = await startOwnPlugin(checkout);
});
afterAll(async () => {
  await plugin.stop();
  checkout.remove();
  await shared.server.stop();
});

function inputsFor(databaseName: string, changes: Wire = {}): Wire {
  const { connection, template, stack } = shared.request(databaseName);
  const { host, port, user, password } = connection;
  return {
    ...{ stack, template, host, port, databaseName, user, sslMode: "disable" },
    password: secret(password),
    ...changes,
  };
}

describe("the resource DatabaseClone", () => {
  it("is created, read, left unchanged and deleted", async () => {
    const inputs = inputsFor("made");
    const { id, outputs } = await plugin.client.create(CLONE, inputs);
    expect([id, outputs["databaseName"]]).toEqual(["made", "made"]);
    expect(await stateOf(shared.admin, "made")).toEqual(whole("stack-of-made"));
    expect((await plugin.client.diff(CLONE, id, { inputs, outputs }, inputs)).changes).toEqual({});
    expect((await plugin.client.read(CLONE, id, { inputs, outputs }))?.outputs["stack"]).toBe(
      "stack-of-made",
    );
    await plugin.client.delete(CLONE, id, { inputs, outputs });
    expect(await shared.databases()).toEqual([]);
    expect(await plugin.client.read(CLONE, id, { inputs, outputs })).toBeUndefined();
  });

  it.each<[string, Wire]>([
    ["template", { template: "another" }],
    ["databaseName", { databaseName: "another" }],
    ["stack", { stack: "another" }],
    ["user", { user: "another" }],
    ["host", { host: "localhost" }],
    ["port", { port: 5433 }],
  ])("is replaced, with the old one deleted first, when its %s changes", async (name, changes) => {
    const inputs = inputsFor("changed");
    const diff = await plugin.client.diff(
      CLONE,
      "changed",
      { inputs, outputs: inputs },
      inputsFor("changed", changes),
    );
    expect(diff).toEqual({
      changes: { [name]: "update-replace" },
      replaces: [name],
      isDeleteBeforeReplace: true,
    });
  });

  it("is created again when it is gone, and refused when another database has its name", async () => {
    const inputs = inputsFor("gone");
    const diff = async (): Promise<unknown> =>
      (await plugin.client.diff(CLONE, "gone", { inputs, outputs: inputs }, inputs)).changes;
    const update = (): Promise<unknown> =>
      plugin.client.update(CLONE, "gone", { inputs, outputs: inputs }, inputs);
    expect(await diff()).toEqual({ databaseName: "update" });
    await shared.admin.query("CREATE DATABASE gone OWNER v7_branches");
    expect(await diff()).toEqual({ databaseName: "update" });
    await expect(update()).rejects.toThrow(/CLONE_REFUSED: .*"gone".*without a note of ours/);
    await shared.admin.query("DROP DATABASE gone");
    await update();
    expect(await stateOf(shared.admin, "gone")).toEqual(whole("stack-of-gone"));
    await plugin.client.delete(CLONE, "gone", { inputs, outputs: inputs });
  });

  it("keeps its data when the password or the certificate's verification changes", async () => {
    const request = shared.request("kept");
    await createDatabaseClone(request);
    const old = inputsFor("kept", { password: secret("before"), sslMode: "require" });
    const inputs = inputsFor("kept");
    const diff = await plugin.client.diff(CLONE, "kept", { inputs: old, outputs: old }, inputs);
    expect(diff).toMatchObject({
      changes: { password: "update", sslMode: "update" },
      replaces: [],
    });
    await plugin.client.update(CLONE, "kept", { inputs: old, outputs: old }, inputs);
    expect(await stateOf(shared.admin, "kept")).toEqual(whole(request.stack));
    await plugin.client.delete(CLONE, "kept", { inputs, outputs: inputs });
  });

  it("reports each missing input", async () => {
    const { failures } = await plugin.client.check(CLONE, { stack: "x" });
    expect(failures.map(({ property }) => property).sort()).toEqual(
      ["template", "host", "port", "databaseName", "user", "password"].sort(),
    );
  });
});

describe("a direct call of the plugin", () => {
  const SQL: Readonly<Record<string, string>> = {
    protected: "CREATE DATABASE target OWNER v7_branches",
    "protected, noted as the stack's": `CREATE DATABASE target OWNER v7_branches; COMMENT ON DATABASE target IS 'v7: {"stack":"stack-of-target"}'`,
    "another login's, noted and marked": `CREATE DATABASE target; COMMENT ON DATABASE target IS 'v7: {"stack":"stack-of-target"}'; ALTER DATABASE target SET v7.unprotected = 'on'`,
  };

  it.each(Object.keys(SQL))(
    "cannot take over or drop a database that is %s, whatever state it sends",
    async (what) => {
      for (const statement of (SQL[what] ?? "").split("; ")) {
        await shared.admin.query(statement);
      }
      const before = await stateOf(shared.admin, "target");
      const inputs = inputsFor("target");
      const planted = { inputs, outputs: inputs };
      await expect(plugin.client.create(CLONE, inputs)).rejects.toThrow(/CLONE_REFUSED: /);
      await expect(plugin.client.delete(CLONE, "target", planted)).rejects.toThrow(
        /CLONE_REFUSED: /,
      );
      expect(await stateOf(shared.admin, "target")).toEqual(before);
      await shared.admin.query("DROP DATABASE target");
    },
  );

  const NOT_KNOWN = /SETTING_INVALID: .*"databaseName", which is not known/;

  it.each<[string, Wire, RegExp]>([
    ["the server's own database as its name", { databaseName: "postgres" }, /SETTING_INVALID: /],
    ["the template as its name", { databaseName: "template_v7" }, /SETTING_INVALID: /],
    ["an unknown name", { databaseName: UNKNOWN, host: UNKNOWN }, NOT_KNOWN],
    ["a protected template", { template: "template1" }, /CLONE_REFUSED: /],
  ])("creates no clone with %s", async (_, changes, refusal) => {
    await expect(plugin.client.create(CLONE, inputsFor("never", changes))).rejects.toThrow(refusal);
    expect(await shared.databases()).toEqual([]);
  });
});
