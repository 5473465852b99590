/**
 * How long the directive's view v7_migration_dashboard takes, whose work grows with the product of its tables' rows, and
 * the same numbers as v7 status counts them; each size has twice the tasks and files of the one before. Run by hand:
 *
 *     npx tsx tests/bench/dashboard.ts [sizes] [major]
 *
 * Asserts nothing: a time is no promise.
 */
import { performance } from "node:perf_hooks";
import { readProgress } from "../../cli/status/progress";
import { applyDirective } from "../../runner/actions/apply";
import { isPostgresMajor } from "../../runner/postgres/majors";
import { applyRequest } from "../support/directive";
import { startTestServer, type TestServer } from "../support/postgres";

async function main(): Promise<void> {
  const [sizes = 5, major = 17] = process.argv.slice(2).map(Number);
  if (!isPostgresMajor(major)) {
    throw new Error("no such major");
  }
  const server = await startTestServer({ major });
  try {
    for (let size = 0; size < sizes; size++) {
      await measure(server, 10 * 2 ** size);
    }
  } finally {
    await server.stop();
  }
}

async function measure(server: TestServer, tasks: number): Promise<void> {
  const database = await server.createDatabase({ shape: "supabase", unprotected: true });
  await applyDirective(await applyRequest(database));
  const client = await database.connect();
  await client.query(`
    INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (40, 'a phase', 'p');
    INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona)
    SELECT 40, 1000 + n, 'task', 'p' FROM generate_series(1, ${String(tasks)}) n;
    INSERT INTO file_audit (file_path, v7_workflow_status)
    SELECT 'f' || n, 'completed' FROM generate_series(1, ${String(tasks * 10)}) n;
    INSERT INTO v7_enum_migrations (current_enum_name, current_enum_values, v7_enum_name, v7_enum_values, affected_tables, affected_columns)
    SELECT 'n', '{}', 'N', '{}', '{}', '{}' FROM generate_series(1, 10);
    INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment)
    SELECT 'enum', '{}', '{}', '{}', 'i', 'high' FROM generate_series(1, 10)`);
  const view = await seconds(() => client.query("SELECT * FROM v7_migration_dashboard"));
  const status = await seconds(() => readProgress(client));
  console.log(
    `${String(tasks)} x ${String(tasks * 10)} x 10 x 10: the view ${view} s, status ${status} s`,
  );
}

async function seconds(work: () => Promise<unknown>): Promise<string> {
  const began = performance.now();
  await work();
  return ((performance.now() - began) / 1000).toFixed(3);
}

void main();
