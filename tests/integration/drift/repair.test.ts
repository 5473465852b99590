import { applyDirective } from "../../../runner/actions/apply";
import { prepareRepair, repairDrift, type RepairRequest } from "../../../runner/actions/repair";
import { formatDifference } from "../../../runner/catalog/compare";
import { verifyDatabase } from "../../../runner/drift/verify";
import { readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

const server = serverOfFile({ major: 17 });

async function drifted(sql: string): Promise<{ database: TestDatabase; request: RepairRequest }> {
  const { database } = await carriedOut(server());
  const request = await applyRequest(database);
  const client = await database.connect();
  await client.query(sql);
  return { database, request };
}

const remaining = async (request: RepairRequest): Promise<string[]> =>
  (
    await withConnection(request.connection, (client) => verifyDatabase(client, request))
  ).differences.map(formatDifference);

const TWO =
  "DROP INDEX idx_test_results_status; ALTER TABLE v7_test_results ALTER COLUMN notes SET NOT NULL";

describe("a repair plan", () => {
  it("restores the auditor's privileges on archives, and revokes everybody else's", async () => {
    const { request, database } = await drifted(
      'CREATE SCHEMA v7_archive; CREATE TABLE v7_archive."Of it\'s" (id int); GRANT USAGE ON SCHEMA v7_archive TO PUBLIC; ' +
        'GRANT SELECT, DELETE ON v7_archive."Of it\'s" TO anon WITH GRANT OPTION',
    );
    expect((await remaining(request)).join()).toContain("privileges archives");
    await repairDrift(request);
    expect(await remaining(request)).toStrictEqual([]);
    const client = await database.connect();
    const { rows } = await client.query(
      `SELECT has_table_privilege('v7_auditor', 'v7_archive."Of it''s"', 'SELECT') AS auditor,
              has_table_privilege('anon', 'v7_archive."Of it''s"', 'SELECT') AS anon`,
    );
    expect(rows).toEqual([{ auditor: true, anon: false }]);
  });

  it("has a step for each finding, and a digest", async () => {
    const { request } = await drifted(TWO.replace("SET NOT NULL", "SET DEFAULT 'x'"));
    const prepared = await withConnection(request.connection, (client) =>
      prepareRepair(client, request),
    );
    expect(prepared.plan?.action).toBe("repair");
    expect(
      prepared.plan?.steps.map(({ directive, id, kind }) => [directive, id, kind]),
    ).toStrictEqual([
      ["all", "01_column_public_v7_test_results_notes", "repair"],
      ["all", "02_index_public_idx_test_results_status", "repair"],
    ]);
    expect(prepared.titles?.get("all/02_index_public_idx_test_results_status")).toBe(
      "missing: index public.idx_test_results_status",
    );
    expect(prepared.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("uses the directive's own statement to create an object again", async () => {
    const { request } = await drifted("DROP INDEX idx_test_results_status");
    const { repairs } = await withConnection(request.connection, (client) =>
      prepareRepair(client, request),
    );
    expect(repairs.map(({ sql }) => sql)).toStrictEqual([
      "CREATE INDEX idx_test_results_status ON v7_test_results(test_status);\n",
    ]);
  });

  it("has no digest when only a person can decide what to do", async () => {
    const { request } = await drifted("ALTER TABLE v7_test_results ADD COLUMN mine text");
    const prepared = await withConnection(request.connection, (client) =>
      prepareRepair(client, request),
    );
    expect(prepared.digest).toBeUndefined();
    expect(prepared.left.map(formatDifference)).toStrictEqual([
      "unexpected: column public.v7_test_results.mine",
    ]);
    expect(prepared.left[0]?.repair.note).toContain("Archive first");
  });
});

describe("a repair", () => {
  it("leaves no drift, and is recorded with its plan and its findings", async () => {
    const { request } = await drifted(
      "DROP VIEW v7_migration_dashboard; DROP INDEX idx_test_results_status",
    );
    const result = await repairDrift(request);
    expect(result.repaired).toHaveLength(2);
    expect(await remaining(request)).toStrictEqual([]);
    const history = await withConnection(request.connection, readHistory);
    const rows = history.filter(({ action }) => action === "repair");
    expect(rows.map(({ planDigest }) => planDigest)).toStrictEqual([
      result.planDigest,
      result.planDigest,
    ]);
    expect(rows[1]?.details["findings"]).toStrictEqual([
      "missing: view public.v7_migration_dashboard",
    ]);
    expect(await applyDirective(request)).toMatchObject({ executed: [] });
  });

  it("does nothing when it is not authorized", async () => {
    const { request } = await drifted("DROP INDEX idx_test_results_status");
    const authorize = () => Promise.reject(new Error("no"));
    await expect(repairDrift({ ...request, authorize })).rejects.toThrow("no");
    expect(await remaining(request)).toStrictEqual([
      "missing: index public.idx_test_results_status",
    ]);
  });

  it("only adds what is missing when it is limited to that, and says what it leaves", async () => {
    const { request } = await drifted(
      "DROP INDEX idx_test_results_status; REVOKE SELECT ON v7_test_results FROM v7_reader; ALTER TABLE v7_test_results ENABLE ROW LEVEL SECURITY; GRANT SELECT ON v7_test_results TO anon",
    );
    const { repaired, left } = await repairDrift({ ...request, only: "additive" });
    expect(repaired).toStrictEqual(["missing: index public.idx_test_results_status"]);
    expect(left).toHaveLength(2);
    expect(await remaining(request)).toHaveLength(2);
  });

  it("rolls back a step that the server refuses, says why, and keeps the others", async () => {
    const { database, request } = await drifted(
      "DROP INDEX idx_test_results_status; ALTER TABLE v7_enum_migrations DROP CONSTRAINT status_check; UPDATE v7_enum_migrations SET status = 'nonsense'",
    );
    const { repaired, left, refused } = await repairDrift(request);
    expect(repaired).toStrictEqual(["missing: index public.idx_test_results_status"]);
    expect(left).toStrictEqual(["missing: constraint public.v7_enum_migrations.status_check"]);
    expect(refused.join()).toMatch(/^missing: constraint .*violated by some row .SQLSTATE 23514/s);
    expect(await remaining(request)).toStrictEqual(left);
    const client = await database.connect();
    expect(
      (await client.query("SELECT DISTINCT status FROM v7_enum_migrations")).rows,
    ).toStrictEqual([{ status: "nonsense" }]);
  });

  it("rolls back a step that does not remove its difference", async () => {
    const { database, request } = await drifted(
      `DROP INDEX idx_test_results_status; ALTER TABLE v7_test_results ENABLE ROW LEVEL SECURITY`,
    );
    const admin = await database.connect(server().superuser);
    await admin.query(`CREATE FUNCTION public.again() RETURNS event_trigger LANGUAGE plpgsql AS
        'BEGIN IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = ''v7_test_results''::regclass) THEN
           ALTER TABLE v7_test_results ENABLE ROW LEVEL SECURITY; END IF; END';
      CREATE EVENT TRIGGER again ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.again()`);
    const { repaired, refused } = await repairDrift(request);
    expect(repaired).toStrictEqual(["missing: index public.idx_test_results_status"]);
    expect(refused.join()).toMatch(/afterwards found changed: table public.v7_test_results/);
  });

  it("creates no second table when the first one was renamed", async () => {
    const { request } = await drifted("ALTER TABLE v7_enum_migrations RENAME TO enum_migrations");
    const { repaired, refused } = await repairDrift(request);
    expect(repaired).toStrictEqual([]);
    expect(refused.join()).toMatch(/already exists|afterwards found/);
  });

  it("stops at what depends on the view instead of dropping it", async () => {
    const { request } = await drifted(
      `CREATE OR REPLACE VIEW v7_migration_dashboard AS SELECT phase_number, phase_name, status AS phase_status, lead_persona,
         0::bigint AS total_tasks, 0::bigint AS completed_tasks, 0::bigint AS migrated_files, 0::bigint AS enum_migrations,
         ''::text AS highest_risk FROM v7_migration_workflow;
       CREATE VIEW report AS SELECT * FROM v7_migration_dashboard`,
    );
    const { repaired, refused } = await repairDrift(request);
    expect(repaired).toStrictEqual([]);
    expect(refused.join()).toMatch(/2BP01.*view report depends/s);
  });

  it("refuses a broken history, on which nothing could be recorded", async () => {
    const { request } = await drifted(
      "DROP INDEX idx_test_results_status; ALTER TABLE v7_control.history DISABLE TRIGGER USER; DELETE FROM v7_control.history WHERE position = 2",
    );
    await expect(repairDrift(request)).rejects.toThrow(/^HISTORY_BROKEN/);
  });

  it("runs once when two start at the same time, and the other finds nothing to repair", async () => {
    const { request } = await drifted("DROP INDEX idx_test_results_status");
    const results = await Promise.all([repairDrift(request), repairDrift(request)]);
    expect(results.map(({ repaired }) => repaired.length).sort()).toStrictEqual([0, 1]);
  });
});
