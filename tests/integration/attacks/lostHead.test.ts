import { revoke } from "../../../runner/actions/revoke";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { makeCheckout, type Checkout } from "../../support/checkout";
import { applyRequest } from "../../support/directive";
import { rewriteHistory } from "../../support/historyRows";
import { MAJORS } from "../../support/majors";
import { directiveInputs, startOwnPlugin } from "../../support/ownPlugin";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import type { State } from "../../unit/plugin/pluginClient";
import type { PluginProcess } from "../postgresqlPlugin/pluginProcess";

const RUNNER = "directive:index:MigrationRunner";
const CHECK = "directive:index:CatalogCheck";
const LOST = /HISTORY_HEAD_LOST: .*that Pulumi recorded as its last/;

const DELETED =
  "DELETE FROM v7_control.history WHERE position = (SELECT max(position) FROM v7_control.history)";
const REWRITTEN = "UPDATE v7_control.history SET applied_by = 'somebody else' WHERE position = 1";
const EMPTIED = "DELETE FROM v7_control.history";

let checkout: Checkout;
let plugin: PluginProcess;
beforeAll(async () => {
  checkout = await makeCheckout();
  plugin = await startOwnPlugin(checkout);
});
afterAll(async () => {
  await plugin.stop();
  checkout.remove();
});

/** The migration's state after an `up`, and the check's as a refresh records it. */
async function upOn(database: TestDatabase): Promise<{ runner: State; check: State }> {
  const inputs = { ...(await directiveInputs(checkout, database)), requireApproval: false };
  const { outputs } = await plugin.client.create(RUNNER, inputs);
  const checked = await plugin.client.read(CHECK, "catalog", { inputs, outputs: inputs });
  return {
    runner: { inputs, outputs },
    check: { inputs, outputs: { ...inputs, ...checked?.outputs } },
  };
}

describe.each(MAJORS)("the history's head that Pulumi recorded, on PostgreSQL %i,", (major) => {
  const server = serverOfFile({ major });
  const unprotected = (): Promise<TestDatabase> =>
    server().createDatabase({ shape: "supabase", unprotected: true });

  it.each([
    ["its last row was deleted", DELETED],
    ["a row was rewritten and the chain recomputed", REWRITTEN],
    ["every row was deleted", EMPTIED],
  ])("makes refresh, preview, up and destroy fail when %s", async (_, sql) => {
    const database = await unprotected();
    const { runner, check } = await upOn(database);
    await rewriteHistory(server(), database, sql);
    const { client } = plugin;
    for (const [type, state] of [
      [RUNNER, runner],
      [CHECK, check],
    ] as const) {
      await expect(client.read(type, "id", state)).rejects.toThrow(LOST);
      await expect(client.diff(type, "id", state, state.inputs)).rejects.toThrow(LOST);
      await expect(client.update(type, "id", state, state.inputs)).rejects.toThrow(LOST);
      await expect(client.delete(type, "id", state)).rejects.toThrow(LOST);
    }
    const other = { ...runner.inputs, lockTimeout: 7 };
    await expect(client.update(RUNNER, "id", runner, other, true)).rejects.toThrow(LOST);
  });

  it("makes refresh and preview fail when a protected database has lost its history", async () => {
    const database = await unprotected();
    const { runner } = await upOn(database);
    const admin = await database.connect(server().superuser);
    await admin.query(`ALTER DATABASE ${database.name} RESET v7.unprotected`);
    await admin.query("DROP SCHEMA v7_control CASCADE");
    await expect(plugin.client.read(RUNNER, "id", runner)).rejects.toThrow(LOST);
    await expect(plugin.client.diff(RUNNER, "id", runner, runner.inputs)).rejects.toThrow(LOST);
  });

  it("may be an earlier row when others have run since", async () => {
    const database = await unprotected();
    const { runner } = await upOn(database);
    const revoked = { kind: "plan", value: "ab".repeat(32) } as const;
    const { historyHead } = await revoke({
      ...(await applyRequest(database)),
      revoked,
      reason: "",
    });
    const read = await plugin.client.read(RUNNER, "id", runner);
    expect(read?.outputs["historyHead"]).toBe(historyHead);
    const { changes } = await plugin.client.diff(RUNNER, "id", runner, runner.inputs);
    expect(changes).toEqual({});
    const updated = await plugin.client.update(RUNNER, "id", runner, runner.inputs);
    expect(updated["historyHead"]).toBe(historyHead);
  });

  it("is replaced after a rollback of an unprotected database", async () => {
    const database = await unprotected();
    const { runner, check } = await upOn(database);
    await rollbackDirective(await applyRequest(database));
    expect(await plugin.client.read(RUNNER, "id", runner)).toBeUndefined();
    const outputs = await plugin.client.update(RUNNER, "id", runner, runner.inputs);
    expect(outputs["historyHead"]).not.toBe(runner.outputs["historyHead"]);
    // Only the migration tells the check of the new history.
    const told = { ...check.inputs, migrationHead: outputs["historyHead"] ?? "" };
    expect((await plugin.client.diff(CHECK, "id", check, told)).changes).toEqual({
      migrationHead: "add",
    });
    await expect(plugin.client.update(CHECK, "id", check, told)).rejects.toThrow(/DRIFT_FOUND/);
    await expect(plugin.client.update(CHECK, "id", check, check.inputs)).rejects.toThrow(LOST);
  });

  it("does not apply to another unprotected database with its own history", async () => {
    const database = await unprotected();
    const { runner } = await upOn(database);
    const other = await unprotected();
    await upOn(other);
    const inputs = { ...runner.inputs, databaseName: other.name };
    expect((await plugin.client.update(RUNNER, "id", runner, inputs))["historyHead"]).toBeDefined();
  });
});
