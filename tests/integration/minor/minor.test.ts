import type { Client } from "pg";
import { adoptDirectives } from "../../../runner/actions/adopt";
import { applyDirective } from "../../../runner/actions/apply";
import { repairDrift } from "../../../runner/actions/repair";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { formatDifference } from "../../../runner/catalog/compare";
import { checkDrift } from "../../../runner/drift/checkDrift";
import { describePreparedPlan } from "../../../runner/plan/planText";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import { applyRequest, type TestRequest } from "../../support/directive";
import { carriedOut, fingerprintNow, grantAll, makeRoles } from "../../support/drift";
import { SERVERS } from "../../support/minorServers";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

describe.each(SERVERS)("v7 on $name", ({ major, sql, binFolder }) => {
  const server = serverOfFile({ major, binFolder });

  async function open(): Promise<{
    database: TestDatabase;
    admin: Client;
    owner: Client;
    request: TestRequest;
  }> {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const admin = await database.connect(server().superuser);
    await admin.query(sql);
    const owner = await database.connect();
    const request = await applyRequest(database);
    await makeRoles(owner, request.access);
    return { database, admin, owner, request };
  }

  it("plans, rehearses, applies once, finds no drift, rolls back and restores, as Supabase's postgres", async () => {
    const { owner, request } = await open();
    await owner.query("INSERT INTO file_audit (file_path) VALUES ('a.ts'), ('b.ts')");
    const plan = await withConnection(request.connection, (client) => preparePlan(client, request));
    // The trigger that writes the options is named, and does not stop the run.
    expect(plan.obstacles.filter(({ isPassing }) => isPassing !== true)).toStrictEqual([]);
    expect(plan.notCompared).toStrictEqual([]);
    const rehearsal = await rehearse({ ...request, action: "apply" });
    expect(rehearsal?.differences).toStrictEqual([]);
    await applyDirective(request);
    const first = await fingerprintNow(request);
    expect((await applyDirective(request)).executed).toStrictEqual([]);
    await grantAll(owner, request.access);
    expect(await driftOf(request)).toStrictEqual([]);
    await owner.query(
      "UPDATE file_audit SET v7_target_name = 'WF1_V7_L1_A' WHERE file_path = 'a.ts'",
    );
    const { archived } = await rollbackDirective(request);
    expect(archived.map(({ from }) => from)).toContain("public.file_audit");
    await applyDirective(request);
    expect(await fingerprintNow(request)).toBe(first);
    await restoreArchive(request);
    const { rows } = await owner.query("SELECT v7_target_name FROM file_audit ORDER BY file_path");
    expect(rows).toEqual([{ v7_target_name: "WF1_V7_L1_A" }, { v7_target_name: null }]);
  });

  it("adopts what was made by hand", async () => {
    const { owner, request } = await open();
    for (const step of request.steps.filter(({ id }) =>
      /^(section_\d|phase_number_unique)$/.test(id),
    )) {
      await owner.query(step.bytes.toString("utf8"));
    }
    const { adopted } = await adoptDirectives(request);
    expect(adopted).toContain("section_8");
  });

  it("finds options and changes that a person made, and repairs the changes", async () => {
    const { admin, owner, request } = await open();
    await applyDirective(request);
    await grantAll(owner, request.access);
    // By the catalog: a server that is only made to write options refuses ALTER when it meets one that it does not know.
    const setOptions = async (change: string): Promise<void> => {
      await admin.query(`
        UPDATE pg_attribute SET attoptions = ${change}(attoptions, 'n_distinct=5')
         WHERE attrelid = 'v7_test_results'::regclass AND attname = 'notes';
        UPDATE pg_class SET reloptions = ${change}(reloptions, 'fillfactor=70')
         WHERE relname IN ('v7_test_results', 'idx_test_results_status');
        UPDATE pg_class SET reloptions = ${change}(reloptions, 'security_barrier=on')
         WHERE relname = 'v7_migration_dashboard'`);
    };
    await setOptions("array_append");
    expect(await driftOf(request)).toStrictEqual([
      'changed: column public.v7_test_results.notes (options: nothing -> ["n_distinct=5"])',
      'changed: index public.idx_test_results_status (options: nothing -> ["fillfactor=70"])',
      'changed: table public.v7_test_results (options: nothing -> ["fillfactor=70"])',
      'changed: view public.v7_migration_dashboard (options: nothing -> ["security_barrier=on"])',
    ]);
    await setOptions("array_remove");
    await owner.query(
      "DROP INDEX idx_test_results_status; ALTER TABLE v7_test_results ALTER COLUMN notes SET DEFAULT 'x'",
    );
    expect(await driftOf(request)).toHaveLength(2);
    await repairDrift(request);
    expect(await driftOf(request)).toStrictEqual([]);
  });
});

describe("an option that the server knows and this version does not", () => {
  const server = serverOfFile({ major: 18 });

  it("is no difference, and the plan and the drift report name it as not compared", async () => {
    const { database, request } = await carriedOut(server());
    const admin = await database.connect(server().superuser);
    await admin.query(`
      SET allow_system_table_mods = on;
      UPDATE pg_class SET reloptions = '{shape=round}' WHERE relname IN ('v7_test_results', 'idx_test_results_status');
      UPDATE pg_attribute SET attoptions = '{shape=oval}'
       WHERE attrelid = 'file_audit'::regclass AND attname IN ('v7_target_name', 'file_path')`);
    const notCompared = [
      "option shape of column public.file_audit.v7_target_name",
      "option shape of index public.idx_test_results_status",
      "option shape of public.v7_test_results",
    ];
    const drift = await checkDrift(request.connection, request);
    expect(drift.findings.map(formatDifference)).toStrictEqual([]);
    expect(drift.notCompared).toStrictEqual(notCompared);
    const idle = await withConnection(request.connection, (client) => preparePlan(client, request));
    expect(idle).toMatchObject({ pending: [], notCompared: [] });
    const second = await applyRequest(database, undefined, ["dashboard_by_phase"]);
    const plan = await withConnection(request.connection, (client) => preparePlan(client, second));
    expect(plan.notCompared).toStrictEqual(notCompared);
    expect(describePreparedPlan(plan)).toContain(
      "not compared: option shape of public.v7_test_results (this version does not know it)",
    );
  });
});

async function driftOf(request: TestRequest): Promise<string[]> {
  const { findings } = await checkDrift(request.connection, request);
  return findings.map(formatDifference).sort();
}
