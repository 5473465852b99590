import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective, tryRollback } from "../../../runner/actions/rollback";
import { readHistory } from "../../../runner/history/history";
import { prepareRollback } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { contentsOf } from "../../support/contents";
import { applied, applyRequest, planned } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";

describe.each(MAJORS)("rolling ad_005 back on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  it("leaves no trace of an empty installation on an unprotected database", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const client = await database.connect();
    const before = await contentsOf(client);
    const request = await applyRequest(database);
    await applyDirective(request);
    const result = await rollbackDirective(request);
    expect(result.archived).toStrictEqual([]);
    expect(result.isAsBefore).toBe(true);
    expect(result.undone).toStrictEqual(request.steps.map(({ id }) => id).reverse());
    expect(await contentsOf(client)).toStrictEqual(before);
  });

  it.each([
    [
      "a dropped index",
      "DROP INDEX idx_test_results_status",
      /^no index public\.idx_test_results_status, .*repair/,
    ],
    [
      "a dropped view",
      "DROP VIEW v7_migration_dashboard",
      /^no view public\.v7_migration_dashboard, /,
    ],
    [
      "a dropped column of somebody else's table",
      "ALTER TABLE file_audit DROP COLUMN v7_test_status",
      /^no column public\.file_audit\.v7_test_status, /,
    ],
    [
      "a renamed table",
      "ALTER TABLE v7_test_results RENAME TO other",
      /^no table public\.v7_test_results, /,
    ],
    [
      "a table in another schema",
      "CREATE SCHEMA elsewhere; ALTER TABLE v7_test_results SET SCHEMA elsewhere",
      /^no table public\.v7_test_results, .*its name and schema/,
    ],
    [
      "a table with another owner",
      "CREATE ROLE other_owner; ALTER TABLE v7_test_results OWNER TO other_owner",
      /^table public\.v7_test_results owned by "other_owner", which login "postgres" may not drop\. .*GRANT "other_owner" TO "postgres"/,
    ],
  ])("names %s in the plan, and is blocked", async (_how, sql, named) => {
    const { database, request } = await applied(server(), { unprotected: true });
    const admin = await database.connect(server().superuser, server().superuserPassword);
    await admin.query(sql);
    const { obstacles } = await planned(request, prepareRollback);
    expect(obstacles.map(({ found, remedy }) => `${found}. ${remedy}`)).toStrictEqual([
      expect.stringMatching(named),
    ]);
    await expect(rollbackDirective(request)).rejects.toThrow(/^ROLLBACK_BLOCKED/);
    await admin.query("DROP OWNED BY other_owner; DROP ROLE other_owner").catch(() => undefined);
  });

  it("archives every row and every written value before anything is dropped", async () => {
    const { request, client } = await applied(server(), { unprotected: true });
    await client.query(
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (5, 'Services', 'L4')",
    );
    await client.query("INSERT INTO file_audit (file_path) VALUES ('a.py'), ('b.py')");
    await client.query(
      "UPDATE file_audit SET v7_target_name = 'WF1_V7_L1_1of1_A.py' WHERE file_path = 'a.py'",
    );
    const { archived } = await rollbackDirective(request);
    expect(archived.map(({ from, rows }) => [from, rows])).toStrictEqual([
      ["public.v7_migration_workflow", 2],
      ["public.v7_enum_migrations", 1],
      ["public.v7_subworkflow_tasks", 7],
      ["public.file_audit", 1],
      ["v7_control.history", request.steps.length + 1],
    ]);
    const file = archived.find(({ from }) => from === "public.file_audit")?.to ?? "";
    const { rows } = await client.query(`SELECT v7_target_name, v7_workflow_status FROM ${file}`);
    expect(rows).toStrictEqual([
      { v7_target_name: "WF1_V7_L1_1of1_A.py", v7_workflow_status: "pending_assessment" },
    ]);
  });

  it("keeps the history on a protected database, with a row for each step that is rolled back", async () => {
    const { request } = await applied(server());
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

  it("is blocked by objects that others built on it, names them, and changes nothing", async () => {
    const { request, client } = await applied(server(), { unprotected: true });
    await client.query(`
      CREATE VIEW theirs AS SELECT phase_name FROM v7_migration_workflow;
      CREATE VIEW files AS SELECT v7_target_name FROM file_audit;
      CREATE TABLE follows (phase integer REFERENCES v7_migration_workflow (phase_number));
      CREATE TABLE rows_of (one v7_test_results);
      CREATE INDEX on_ours ON v7_test_results (component_tested);
      CREATE INDEX on_our_column ON file_audit (file_path, v7_impact_score);
      CREATE STATISTICS of_ours ON test_type, test_status FROM v7_test_results;
      CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM v7_global_impacts; END;
      ALTER TABLE v7_global_impacts ADD COLUMN remark text;
      ALTER TABLE file_audit ADD CONSTRAINT scored CHECK (v7_impact_score > 0 OR file_name IS NULL);
      CREATE TABLE v7_control.notes (id integer);
    `);
    const before = await contentsOf(client);
    const { message } = await faultOf(() => rollbackDirective(request));
    expect(message.split("\n").slice(1)).toStrictEqual(
      [
        "column public.v7_global_impacts.remark",
        "function public.counts()",
        "index public.on_our_column",
        "index public.on_ours",
        "statistics public.of_ours on public.v7_test_results",
        "table constraint follows_phase_fkey on public.follows",
        "table constraint scored on public.file_audit",
        "table column public.rows_of.one",
        "table v7_control.notes",
        "view public.files",
        "view public.theirs",
      ]
        .sort()
        .map(
          (name) =>
            `  - ${name}, built on the directives' objects. Take it away, or keep the directives.`,
        ),
    );
    expect(message).toMatch(/^ROLLBACK_BLOCKED: .*found 11 obstacles/);
    expect(await contentsOf(client)).toStrictEqual(before);
  });

  it("can be tried without a change, which also finds an obstacle that no catalog shows", async () => {
    const { database, request, client } = await applied(server(), { unprotected: true });
    await client.query("INSERT INTO file_audit (file_path, v7_impact_score) VALUES ('a.py', 5)");
    const before = await contentsOf(client);
    await tryRollback(request);
    expect(await contentsOf(client)).toStrictEqual(before);
    const admin = await database.connect(server().superuser);
    await admin.query(
      `CREATE FUNCTION keep() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'nothing is dropped here'; END$$;
       CREATE EVENT TRIGGER keep ON sql_drop EXECUTE FUNCTION keep()`,
    );
    await expect(tryRollback(request)).rejects.toThrow(
      /^STATEMENT_FAILED: .*nothing is dropped here/,
    );
  });

  it("is blocked by somebody else's archive schema, and the plan says so", async () => {
    const { database, request } = await applied(server(), { unprotected: true });
    const admin = await database.connect(server().superuser);
    await admin.query("CREATE SCHEMA v7_archive");
    const { obstacles } = await planned(request, prepareRollback);
    expect(obstacles.map(({ found }) => found)).toStrictEqual([
      `the schema "v7_archive", which belongs to "${server().superuser}": rows could not be archived there`,
    ]);
    await expect(rollbackDirective(request)).rejects.toThrow(/^ROLLBACK_BLOCKED: .*"v7_archive"/s);
  });

  it("does nothing when nothing is applied", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    expect(await rollbackDirective(await applyRequest(database))).toStrictEqual({
      undone: [],
      archived: [],
      isAsBefore: true,
    });
  });

  it("says whether the tables of others are as they were before the directives", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const client = await database.connect();
    const request = await applyRequest(database);
    await applyDirective(request);
    await client.query("ALTER TABLE file_audit ADD COLUMN theirs text");
    expect((await rollbackDirective(request)).isAsBefore).toBe(false);
    await client.query("ALTER TABLE file_audit DROP COLUMN theirs");
    await applyDirective(request);
    expect((await rollbackDirective(request)).isAsBefore).toBe(true);
  });

  it("lets only the owner and the auditors read the archive, whatever the default privileges are", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const client = await database.connect();
    await client.query(
      "CREATE ROLE v7_auditor; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC, anon; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO anon",
    );
    const request = await applyRequest(database);
    await applyDirective(request);
    await client.query(
      "INSERT INTO v7_test_results (test_type, component_tested, test_status) VALUES ('unit', 'a', 'pass')",
    );
    const { archived } = await rollbackDirective(request);
    const { rows } = await client.query(
      `SELECT r.rolname, has_schema_privilege(r.oid, 'v7_archive', 'USAGE') AS schema,
              has_table_privilege(r.oid, $1, 'SELECT') AS "table"
         FROM pg_roles r WHERE rolname IN ('anon', 'authenticated', 'v7_auditor') ORDER BY 1`,
      [archived[0]?.to],
    );
    expect(rows).toStrictEqual([
      { rolname: "anon", schema: false, table: false },
      { rolname: "authenticated", schema: false, table: false },
      { rolname: "v7_auditor", schema: true, table: true },
    ]);
  });
});
