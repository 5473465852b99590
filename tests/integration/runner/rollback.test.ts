import type { Client } from "pg";
import { applyDirective } from "../../../runner/apply";
import { withConnection } from "../../../runner/connection";
import { readHistory } from "../../../runner/history";
import { rollbackDirective } from "../../../runner/rollback";
import { applyRequest } from "../../support/directive";
import { startTestServer, type TestServer } from "../../support/postgres";

describe.each([15, 18] as const)("taking ad_005 back on PostgreSQL %i", (major) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ major });
  });

  afterAll(async () => {
    await server.stop();
  });

  it("leaves no trace of an empty installation on an unprotected database", async () => {
    const database = await server.createDatabase({ shape: "supabase", unprotected: true });
    const client = await database.connect();
    const before = await everything(client);
    const request = await applyRequest(database);
    await applyDirective(request);
    const result = await rollbackDirective(request);
    expect(result.archived).toStrictEqual([]);
    expect(result.undone[0]).toBe("lockdown");
    expect(await everything(client)).toStrictEqual(before);
  });

  it("archives every row and every written value before anything is dropped", async () => {
    const database = await server.createDatabase({ shape: "supabase", unprotected: true });
    const request = await applyRequest(database);
    await applyDirective(request);
    const client = await database.connect();
    await client.query(
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (4, 'Database', 'L8')",
    );
    await client.query("INSERT INTO file_audit (file_path) VALUES ('a.py'), ('b.py')");
    await client.query(
      "UPDATE file_audit SET v7_target_name = 'WF1_V7_L1_1of1_A.py' WHERE file_path = 'a.py'",
    );
    const { archived } = await rollbackDirective(request);
    expect(archived.map(({ from, rows }) => [from, rows])).toStrictEqual([
      ["public.v7_migration_workflow", 1],
      ["public.file_audit", 1],
      ["v7_control.history", request.steps.length + 1],
    ]);
    const file = archived.find(({ from }) => from === "public.file_audit")?.to ?? "";
    const { rows } = await client.query(`SELECT v7_target_name, v7_workflow_status FROM ${file}`);
    expect(rows).toStrictEqual([
      { v7_target_name: "WF1_V7_L1_1of1_A.py", v7_workflow_status: "pending_assessment" },
    ]);
  });

  it("can be applied again afterwards", async () => {
    const database = await server.createDatabase({ shape: "supabase", unprotected: true });
    const request = await applyRequest(database);
    await applyDirective(request);
    await rollbackDirective(request);
    const again = await applyDirective(request);
    expect(again.executed).toHaveLength(request.steps.length);
  });

  it("keeps the history on a protected database, with a row for each step taken back", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    await applyDirective(request);
    await rollbackDirective(request);
    const history = await withConnection(request.connection, readHistory);
    expect(
      history.filter(({ action }) => action === "rollback").map(({ stepId }) => stepId),
    ).toStrictEqual(
      request.steps
        .map(({ id }) => id)
        .filter((id) => id !== "v7_control")
        .reverse(),
    );
  });

  it("is stopped by what others built on it, by name, and changes nothing", async () => {
    const database = await server.createDatabase({ shape: "supabase", unprotected: true });
    const request = await applyRequest(database);
    await applyDirective(request);
    const client = await database.connect();
    await client.query("CREATE VIEW theirs AS SELECT phase_name FROM v7_migration_workflow");
    const before = await everything(client);
    await expect(rollbackDirective(request)).rejects.toThrow(
      /^ROLLBACK_BLOCKED: taking back section_1: .*\n {2}- view theirs depends on table v7_migration_workflow/,
    );
    expect(await everything(client)).toStrictEqual(before);
  });

  it("does nothing where nothing stands", async () => {
    const database = await server.createDatabase({ shape: "supabase", unprotected: true });
    expect(await rollbackDirective(await applyRequest(database))).toStrictEqual({
      undone: [],
      archived: [],
    });
  });
});

/** Names, kinds, owners and privileges of everything outside the system's schemas. */
async function everything(client: Client): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner), c.relacl::text, a.attname, a.attacl::text
       FROM pg_namespace n LEFT JOIN pg_class c ON n.oid = c.relnamespace
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
      WHERE n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 3, 6`,
  );
  return rows;
}
