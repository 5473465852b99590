import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { listArchives } from "../../../runner/actions/restorable";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { applyRequest } from "../../support/directive";
import { fingerprintNow } from "../../support/drift";
import { writeLargeData } from "../../support/largeData";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

/** Rows of an application in every table, and written values in file_audit. */
const APPLICATION_ROWS = `
  INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona, status, deliverables, started_at)
  SELECT n, 'Phase ' || n, 'Persona "' || n || '"', 'in_progress', jsonb_build_object('n', n), now() FROM generate_series(10, 14) n;
  INSERT INTO v7_enum_migrations (current_enum_name, current_enum_values, v7_enum_name, v7_enum_values, affected_tables, affected_columns)
  SELECT 'e' || n, '{a,"b c",NULL}', 'E' || n, '{A}', '{t}', '{"t": ["c"]}' FROM generate_series(1, 20) n;
  INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment)
  SELECT 'enum', '{}', '{WF1}', '{1,2}', E'line\\nbreak, comma, ünïcode', 'high' FROM generate_series(1, 20);
  INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona, dependencies)
  SELECT 10 + n % 5, n, 'task', 'p', ARRAY[gen_random_uuid()] FROM generate_series(1, 50) n;
  INSERT INTO v7_test_results (test_type, component_tested, test_status, performance_metrics, backwards_compatible)
  SELECT 'unit', n::text, 'pass', '{"ms": 1.5}', n % 2 = 0 FROM generate_series(1, 500) n;
  INSERT INTO file_audit (file_path) SELECT 'f' || n FROM generate_series(1, 30) n;
  UPDATE file_audit SET v7_target_name = 'WF1_V7_L1_' || file_path, v7_dependencies = ARRAY[file_path], v7_retirement_date = '2026-01-01',
    v7_workflow_status = 'completed' WHERE file_path ~ '5$';
  UPDATE v7_subworkflow_tasks SET status = 'completed' WHERE parent_phase = 4 AND task_number = 1;
`;

describe.each(MAJORS)("restoring an archive on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  it("brings back every row and every written value, with the same catalog as before", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    await applyDirective(request);
    const applied = await fingerprintNow(request);
    const client = await database.connect();
    await client.query(APPLICATION_ROWS);
    const before = await rowsOf(client);
    const { archived } = await rollbackDirective(request);
    expect(archived.map(({ from, rows }) => [from, rows])).toEqual(
      expect.arrayContaining([
        ["public.v7_test_results", 500],
        ["public.v7_subworkflow_tasks", 57],
        ["public.file_audit", 3],
      ]),
    );
    await applyDirective(request);
    expect(await fingerprintNow(request)).toBe(applied);
    const restored = await restoreArchive(request);
    expect(await rowsOf(client)).toStrictEqual(before);
    expect(restored.map(({ to, restored: count }) => [to, count])).toEqual([
      ["public.v7_migration_workflow", 6],
      ["public.v7_enum_migrations", 21],
      ["public.v7_global_impacts", 20],
      ["public.v7_test_results", 500],
      ["public.v7_subworkflow_tasks", 57],
      ["public.file_audit", 3],
    ]);
    expect(await fingerprintNow(request)).toBe(applied);
  });

  it("ends in time with many rows, even when only one is missing", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const request = { ...(await applyRequest(database)), statementTimeoutSeconds: 20 };
    await applyDirective(request);
    const client = await database.connect();
    await writeLargeData(client, { files: 20_000, others: 500 });
    await rollbackDirective(request);
    await applyDirective(request);
    await restoreArchive(request);
    await client.query("DELETE FROM v7_test_results WHERE component_tested = '1'");
    const again = await restoreArchive(request);
    expect(again.filter(({ to }) => /results|audit/.test(to))).toMatchObject([
      { to: "public.v7_test_results", restored: 1, equal: 499 },
      { to: "public.file_audit", restored: 0, equal: 20_000 },
    ]);
  });

  it("changes nothing when run again, and keeps the archive", async () => {
    const { database, client } = await rolledBackAndAppliedAgain();
    const request = await applyRequest(database);
    await restoreArchive(request);
    const before = await rowsOf(client);
    const again = await restoreArchive(request);
    expect(again.map(({ restored }) => restored)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await rowsOf(client)).toStrictEqual(before);
    expect(await listArchives(client)).toHaveLength(1);
  });

  const rolledBackAndAppliedAgain = async (): Promise<{
    database: TestDatabase;
    client: Client;
  }> => {
    const database = await server().createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    const client = await database.connect();
    await applyDirective(request);
    await client.query(APPLICATION_ROWS);
    await rollbackDirective(request);
    await applyDirective(request);
    return { database, client };
  };

  it.each([
    [
      "a row",
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (12, 'Another', 'x')",
      /^RESTORE_REFUSED: bringing "v7_archive\.v7_migration_workflow_.*\n {2}- Key \(phase_number\)=\(12\) already exists/,
    ],
    [
      "a value",
      "UPDATE file_audit SET v7_target_name = 'mine' WHERE file_path = 'f15'",
      /^RESTORE_REFUSED: .*file_audit.*\n {2}- id \(.*\): written since/,
    ],
    [
      "a constraint",
      "ALTER TABLE v7_migration_workflow ADD CHECK (phase_number < 10)",
      /^RESTORE_REFUSED: bringing .* back into "public\.v7_migration_workflow": found .*check constraint.* \(SQLSTATE 23514\)/,
    ],
    [
      "a trigger",
      `CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'frozen'; END $$;
       CREATE TRIGGER no BEFORE UPDATE ON file_audit FOR EACH ROW EXECUTE FUNCTION no()`,
      /^RESTORE_REFUSED: .*"public\.file_audit": found frozen \(SQLSTATE P0001\)/,
    ],
  ])(
    "is refused because of %s that people have added since, and changes nothing",
    async (_what, sql, message) => {
      const { database, client } = await rolledBackAndAppliedAgain();
      await client.query(sql);
      const before = await rowsOf(client);
      await expect(restoreArchive(await applyRequest(database))).rejects.toThrow(message);
      expect(await rowsOf(client)).toStrictEqual(before);
    },
  );

  it("leaves values whose file is gone in the archive, and counts them", async () => {
    const { database, client } = await rolledBackAndAppliedAgain();
    await client.query("DELETE FROM file_audit WHERE file_path = 'f25'");
    const files = (await restoreArchive(await applyRequest(database))).at(-1);
    expect(files).toMatchObject({ to: "public.file_audit", restored: 2, unmatched: 1 });
  });

  it("is refused when the archive does not exist or no directive is applied", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    await expect(restoreArchive(request)).rejects.toThrow(
      /^RESTORE_REFUSED: .*found a database without the directives/,
    );
    await applyDirective(request);
    await expect(
      restoreArchive({ ...request, archive: "20260101t000000_00000000" }),
    ).rejects.toThrow(
      /^RESTORE_REFUSED: looking for the archive "20260101t000000_00000000": found no archive at all/,
    );
  });
});

async function rowsOf(client: Client): Promise<unknown> {
  const tables = [
    "v7_migration_workflow",
    "v7_enum_migrations",
    "v7_global_impacts",
    "v7_subworkflow_tasks",
    "v7_test_results",
    "file_audit",
  ];
  const all: unknown[] = [];
  for (const table of tables) {
    const { rows } = await client.query<{ row: string }>(
      `SELECT one::text AS row FROM ${table} AS one ORDER BY 1`,
    );
    all.push(rows.map(({ row }) => row));
  }
  return all;
}
