import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { compareSnapshots } from "../../../runner/catalog/compare";
import { definedObjects } from "../../../runner/catalog/definedObjects";
import { expectedSnapshot, takeSnapshot } from "../../../runner/catalog/snapshot";
import { verifyDatabase } from "../../../runner/drift/verify";
import { readHistory } from "../../../runner/history/history";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { asRunner } from "../../support/asRunner";
import { executeEach } from "../../support/byHand";
import { applied, applyRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";

const OPTIONAL = ["dashboard_by_phase", "updated_at_triggers", "concurrent_indexes"] as const;

describe.each(MAJORS)("the optional amendments on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  it.each(OPTIONAL)("leave the same catalog with %s as its file executed by hand", async (id) => {
    const database = await server().createDatabase({ shape: "supabase" });
    const request = await applyRequest(database, undefined, [id]);
    const client = await database.connect();
    await executeEach(
      client,
      request.steps.filter(({ kind }) => kind !== "population"),
    );
    const byHand = await asRunner(client, (client) =>
      takeSnapshot(client, definedObjects(request.steps), database.owner),
    );
    expect(compareSnapshots(await expectedSnapshot(client, request.steps), byHand)).toStrictEqual(
      [],
    );
  });

  it("are added to an applied directive, and are rolled back with it", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const first = await applyDirective(await applyRequest(database));
    const request = await applyRequest(database, undefined, OPTIONAL);
    const second = await applyDirective(request);
    expect(second.executed.map(({ step }) => step.id)).toStrictEqual([...OPTIONAL]);
    const client = await database.connect();
    expect(await readable(client, "v7_migration_dashboard_by_phase")).toStrictEqual([]);
    // The rollback knows the applied amendments, whatever the settings choose now.
    const { undone, archived } = await rollbackDirective(await applyRequest(database));
    expect(undone).toHaveLength(first.executed.length + OPTIONAL.length);
    expect(archived).toStrictEqual([]);
  });

  it("are refused when the settings leave out an applied one, which the message names", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    await applyDirective(await applyRequest(database, undefined, ["dashboard_by_phase"]));
    const request = await applyRequest(database);
    const message =
      /^SETTING_INVALID: reading setting "v7:amendments": found a list without "dashboard_by_phase", which has been applied/;
    await expect(applyDirective(request)).rejects.toThrow(message);
    await expect(
      withConnection(request.connection, (client) => verifyDatabase(client, request)),
    ).rejects.toThrow(message);
  });

  it("show no drift when all of them are applied", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const request = await applyRequest(database, undefined, OPTIONAL);
    await applyDirective(request);
    const { differences } = await withConnection(request.connection, (client) =>
      verifyDatabase(client, request),
    );
    expect(differences.filter(({ object }) => !/^(privileges|role) /.test(object))).toStrictEqual(
      [],
    );
  });

  it("give a dashboard with the counts of the directive's, which ranks risks by severity", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    await applyDirective(await applyRequest(database, undefined, ["dashboard_by_phase"]));
    const client = await database.connect();
    await client.query(`
      INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona, status)
      SELECT n, 'Phase', 'p', (ARRAY['review', 'blocked', 'completed'])[1 + n % 3] FROM generate_series(10, 15) n;
      INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona, status)
      SELECT 10 + n % 4, n, 't', 'p', CASE n % 3 WHEN 0 THEN 'completed' ELSE 'pending' END FROM generate_series(1, 21) n;
      INSERT INTO file_audit (file_path, v7_workflow_status)
      SELECT n::text, CASE n % 4 WHEN 0 THEN 'completed' WHEN 1 THEN NULL ELSE 'x' END FROM generate_series(1, 17) n;
      UPDATE v7_enum_migrations SET status = 'approved';
    `);
    const numbers = (view: string): string =>
      `SELECT phase_number, phase_name, phase_status, lead_persona, total_tasks, completed_tasks, migrated_files, enum_migrations FROM ${view}`;
    const theirs = await client.query(numbers("v7_migration_dashboard"));
    const ours = await client.query(numbers("v7_migration_dashboard_by_phase"));
    expect(ours.rows).toStrictEqual(theirs.rows);
    expect(ours.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toStrictEqual(
      theirs.fields.map(({ name, dataTypeID }) => [name, dataTypeID]),
    );
    const highest = async (view: string): Promise<unknown> =>
      (await client.query(`SELECT DISTINCT highest_risk FROM ${view}`)).rows;
    expect(await highest("v7_migration_dashboard_by_phase")).toStrictEqual([
      { highest_risk: null },
    ]);
    await client.query(`
      INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment, approval_status)
      SELECT 'api', '{}', '{}', '{}', 'i', risk, 'approved' FROM unnest(ARRAY['low', 'medium', 'high', 'critical', 'strange']) risk;
    `);
    expect(await highest("v7_migration_dashboard_by_phase")).toStrictEqual([
      { highest_risk: "critical" },
    ]);
    expect(await highest("v7_migration_dashboard")).toStrictEqual([{ highest_risk: "strange" }]);
  });

  it("set updated_at when a row changes, and leave it when an update changes nothing", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    await applyDirective(await applyRequest(database, undefined, ["updated_at_triggers"]));
    const client = await database.connect();
    const changed = async (assignment: string): Promise<unknown> => {
      await client.query(`ALTER TABLE v7_migration_workflow DISABLE TRIGGER USER;
        UPDATE v7_migration_workflow SET updated_at = '2020-01-01';
        ALTER TABLE v7_migration_workflow ENABLE TRIGGER USER;
        UPDATE v7_migration_workflow SET ${assignment}`);
      const { rows } = await client.query(
        "SELECT updated_at > now()::timestamp - interval '1 hour' AS changed FROM v7_migration_workflow",
      );
      return rows;
    };
    expect(await changed("lead_persona = 'L9'")).toStrictEqual([{ changed: true }]);
    expect(await changed("lead_persona = lead_persona")).toStrictEqual([{ changed: false }]);
  });
});

describe("indexes built concurrently", () => {
  const server = serverOfFile({ major: 17 });

  it("are finished by the next run without a second approval when a run ends in the middle", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const client = await database.connect();
    const writer = await database.connect();
    // An older transaction keeps the build waiting until its time is over.
    await client.query("BEGIN; INSERT INTO file_audit (file_path) VALUES ('x')");
    const request = await applyRequest(database, undefined, ["concurrent_indexes"]);
    await client.query("COMMIT");
    await applyDirective(await applyRequest(database));
    await client.query("BEGIN; INSERT INTO file_audit (file_path) VALUES ('y')");
    const { message } = await faultOf(() =>
      applyDirective({ ...request, statementTimeoutSeconds: 1 }),
    );
    expect(message).toMatch(
      /^STATEMENT_FAILED: running concurrent_indexes at .* What was committed before stays\. .* run again: it goes on from there/,
    );
    // The build does not block writers.
    await writer.query("INSERT INTO file_audit (file_path) VALUES ('z')");
    await client.query("COMMIT");
    const prepared = await preparePlan(client, request);
    expect([prepared.digest, prepared.unfinished.map(({ id }) => id)]).toStrictEqual([
      undefined,
      ["concurrent_indexes"],
    ]);
    const digests: unknown[] = [];
    const { executed } = await applyDirective({
      ...request,
      authorize: ({ digest }) => {
        digests.push(digest);
        return Promise.resolve({});
      },
    });
    // authorize is asked whether the begun step is still allowed; there is no plan to approve.
    expect([executed.length, digests]).toStrictEqual([1, [undefined]]);
    const history = await readHistory(client);
    expect(
      history.slice(-2).map(({ stepId, details }) => [stepId, details["state"]]),
    ).toStrictEqual([
      ["concurrent_indexes", "begun"],
      ["concurrent_indexes", "finished"],
    ]);
    expect((await applyDirective(request)).executed).toStrictEqual([]);
  });

  it("are refused when an index with one of their names exists", async () => {
    const { database, client } = await applied(server());
    await client.query("CREATE INDEX idx_file_audit_v7_completed ON file_audit (id)");
    const request = await applyRequest(database, undefined, ["concurrent_indexes"]);
    await expect(applyDirective(request)).rejects.toThrow(
      /index public\.idx_file_audit_v7_completed: there already/,
    );
  });

  it("replace an invalid index that a killed build left, and keep a valid one", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const request = await applyRequest(database, undefined, ["concurrent_indexes"]);
    await applyDirective(request);
    const admin = await database.connect(server().superuser);
    // As it is after kill -9 in the middle of the second build: begun, not finished, and the index invalid.
    await admin.query(`
      UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_v7_subworkflow_parent_phase'::regclass;
      ALTER TABLE v7_control.history DISABLE TRIGGER ALL;
      DELETE FROM v7_control.history WHERE details ->> 'state' = 'finished';
      ALTER TABLE v7_control.history ENABLE TRIGGER ALL;
    `);
    const { executed } = await applyDirective(request);
    expect(executed.map(({ statements }) => statements.length)).toStrictEqual([1]);
    const { rows } = await admin.query(
      "SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_v7_subworkflow_parent_phase'::regclass",
    );
    expect(rows).toStrictEqual([{ indisvalid: true }]);
  });
});

/** Roles other than the owner and superusers that may read it. */
async function readable(client: Client, relation: string): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT rolname FROM pg_roles WHERE NOT rolsuper AND rolname IN ('anon', 'authenticated', 'service_role')
        AND has_table_privilege(oid, $1, 'SELECT')`,
    [relation],
  );
  return rows;
}
