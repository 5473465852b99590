import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { applyDirective } from "../../runner/actions/apply";
import type { CopyRequest } from "../../runner/data/copyRows";
import { writeDatabaseNote } from "../../runner/postgres/databaseNote";
import { applyRequest, connectionOf, type TestRequest } from "./directive";
import type { TestDatabase, TestServer } from "./postgres";

export const BRANCH_STACK = "dev-test";

/** A database as `branch up` leaves it: unprotected, the directive applied, noted as the stack's own. */
export async function branchDatabase(
  server: TestServer,
): Promise<{ readonly database: TestDatabase; readonly request: TestRequest }> {
  const database = await server.createDatabase({ shape: "supabase", unprotected: true });
  const request = await applyRequest(database);
  await applyDirective(request);
  await noteBranch(database);
  return { database, request };
}

/** Notes on a database that it is the stack's own, and that it has no data yet. */
async function noteBranch(database: TestDatabase): Promise<void> {
  const client = await database.connect();
  await writeDatabaseNote(client, database.name, { stack: BRANCH_STACK });
  await client.end();
}

/** `tables`: an application's tables in the schema shop; `rows`: its rows in them. */
function shopSql(): { readonly tables: string; readonly rows: string } {
  const text = readFileSync(join(__dirname, "fixtures", "shop.sql"), "utf8");
  const begin = text.indexOf("INSERT INTO");
  return { tables: text.slice(0, begin), rows: text.slice(begin) };
}

/** Rows in every table of the directive, and values in the columns that it adds. */
const DIRECTIVE_ROWS = `
  INSERT INTO file_audit (file_path) SELECT 'f' || n FROM generate_series(1, 30) n;
  UPDATE file_audit SET v7_target_name = 'WF1_V7_L1_' || file_path, v7_dependencies = ARRAY[file_path], v7_retirement_date = '2026-01-01';
  INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona, deliverables, started_at)
  SELECT n, 'Phase ' || n, 'Persona "' || n || '"', jsonb_build_object('n', n), now() FROM generate_series(10, 14) n;
  INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona, dependencies)
  SELECT 10 + n % 5, n, E'a\ttask', 'p', ARRAY[gen_random_uuid()] FROM generate_series(1, 50) n;
  UPDATE v7_subworkflow_tasks SET status = 'completed' WHERE parent_phase = 4 AND task_number = 1;
  INSERT INTO v7_test_results (test_type, component_tested, test_status, performance_metrics)
  SELECT 'unit', n::text, 'pass', '{"ms": 1.5}' FROM generate_series(1, 500) n;
  INSERT INTO jobs (status) VALUES ('Error'), ('Queued');
`;

/** The rows of each table outside the system's schemas, as text. */
export async function allRows(client: Client): Promise<Record<string, readonly string[]>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'v7_control')
      ORDER BY 1`,
  );
  const all: Record<string, readonly string[]> = {};
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(
      `SELECT one::text AS row FROM ${name} AS one ORDER BY 1`,
    );
    all[name] = rows.map(({ row }) => row);
  }
  return all;
}

export interface Pair {
  readonly source: Client;
  readonly target: Client;
  readonly from: TestDatabase;
  readonly to: TestDatabase;
  readonly request: CopyRequest;
}

/** Two branches with the directive and an application's tables; the source has rows in them. */
export async function makePair(
  servers: { readonly from: TestServer; readonly to: TestServer },
  more: { readonly both?: string; readonly source?: string; readonly target?: string } = {},
): Promise<Pair> {
  const { tables, rows } = shopSql();
  const there = await branchDatabase(servers.from);
  const source = await there.database.connect();
  await source.query(`${tables} ${more.both ?? ""}`);
  await source.query(`${rows} ${DIRECTIVE_ROWS} ${more.source ?? ""}`);
  const here = await branchDatabase(servers.to);
  const target = await here.database.connect();
  await target.query(`${tables} ${more.both ?? ""}`);
  await target.query(more.target ?? "SELECT");
  const request: CopyRequest = {
    ...here.request,
    from: connectionOf(there.database),
    to: connectionOf(here.database),
    stack: BRANCH_STACK,
    fromStack: "dev",
    allowProtectedSource: false,
  };
  return { source, target, from: there.database, to: here.database, request };
}
