import type { ClientBase } from "pg";
import { fault } from "../../runner/base/fault";
import type { TableRow } from "../../runner/base/table";
import { formatName, quote } from "../../runner/postgres/names";
import { together } from "../../runner/postgres/together";
import { isTrustedOwner } from "../../runner/postgres/trustedOwner";
import { DASHBOARD } from "./dashboard";

/** How many rows have one value; null where the column is null. */
export interface ValueCount {
  readonly value: string | null;
  readonly count: number;
}

/** A phase of the migration. */
export interface Phase {
  readonly number: number;
  readonly name: string;
  readonly status: string;
  readonly lead: string;
  readonly tasks: number;
  readonly completedTasks: number;
  /** The phase's own, else its first task's; without a time zone, as in the table. */
  readonly startedAt: string | null;
  readonly completedAt: string | null;
}

/** One row of v7_subworkflow_tasks. */
interface Task {
  /** Null where the task belongs to no phase. */
  readonly phase: number | null;
  readonly number: number;
  readonly name: string;
  readonly persona: string;
  readonly status: string | null;
}

/** The migration's progress in the tracking tables, read in one snapshot. */
export interface Progress {
  /** The database's clock, as a time stamp without zone, comparable with the tables' own. */
  readonly now: string;
  /** The rows of the directive's view v7_migration_dashboard. */
  readonly dashboard: readonly TableRow[];
  readonly phases: readonly Phase[];
  readonly tasks: readonly Task[];
  readonly files: readonly ValueCount[];
  readonly enums: readonly ValueCount[];
  /** By risk, from critical to low; then any other value. */
  readonly impacts: readonly ValueCount[];
  readonly tests: readonly ValueCount[];
}

const COUNTS = {
  files: "SELECT v7_workflow_status AS value, count(*)::int FROM public.file_audit GROUP BY 1",
  enums: "SELECT status AS value, count(*)::int FROM public.v7_enum_migrations GROUP BY 1",
  impacts:
    "SELECT risk_assessment AS value, count(*)::int FROM public.v7_global_impacts GROUP BY 1",
  tests: "SELECT test_status AS value, count(*)::int FROM public.v7_test_results GROUP BY 1",
};

/** By table, its values in the order of its own comments and checks. */
const ORDER = {
  files: [],
  enums: ["proposed", "approved", "implemented", "validated", "retired", "rolled_back"],
  impacts: ["critical", "high", "medium", "low"],
  tests: ["pass", "fail", "skip"],
};

/** SQL for a time stamp without zone as ISO 8601, whatever the zone of this process or session. */
const STAMP = (value: string): string => `to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/** The tables of the directive's that status reads, and the one that it altered. */
const TABLES = [
  "file_audit",
  "v7_migration_workflow",
  "v7_subworkflow_tasks",
  "v7_enum_migrations",
  "v7_global_impacts",
  "v7_test_results",
].map((name) => ({ schema: "public", name }));

/** Those of others' tables whose reading could run their owners' code: views, policies, casts of a type. Parameter: names. */
const RUNS_CODE = `
  SELECT c.relname AS name FROM pg_class c WHERE c.oid = ANY ($1::text[]::regclass[]) AND NOT ${isTrustedOwner("c.relowner")}
     AND (c.relkind NOT IN ('r', 'p') OR row_security_active(c.oid) OR EXISTS (
       SELECT FROM pg_attribute a JOIN pg_cast k ON k.castsource = a.atttypid JOIN pg_proc f ON f.oid = k.castfunc
        WHERE a.attrelid = c.oid AND NOT ${isTrustedOwner("f.proowner")}))`;

/**
 * Reads the progress in one read-only snapshot of the tables; undefined where the directive has not been applied here. The
 * tables are locked, so that nobody can replace one after the check.
 *
 * @throws PRECHECK_FAILED where reading would run code of others as this login
 */
export async function readProgress(client: ClientBase): Promise<Progress | undefined> {
  await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    const names = TABLES.map(quote);
    const there = await client.query<{ count: number }>(
      "SELECT count(to_regclass(name))::int FROM unnest($1::text[]) AS name",
      [names],
    );
    if (there.rows[0]?.count !== names.length) {
      return undefined;
    }
    await client.query(`LOCK TABLE ${names.join(", ")} IN ACCESS SHARE MODE`);
    const { rows } = await client.query<{ name: string }>(RUNS_CODE, [names]);
    if (rows.length > 0) {
      throw fault("PRECHECK_FAILED", {
        what: "reading the tracking tables",
        found: `code of others in ${rows.map(({ name }) => formatName({ schema: "public", name })).join(", ")}: a view, a policy for this login, or a column's type with a cast`,
        expected: "tables that can be read without running it",
        remedy: "Look with npx v7 drift, or read them as a login that no policy holds for",
      });
    }
    return await readTables(client);
  } finally {
    await client.query("ROLLBACK");
  }
}

const PHASES = `
  SELECT w.phase_number AS number, w.phase_name AS name, w.status, w.lead_persona AS lead,
         count(t.id)::int AS tasks, count(t.id) FILTER (WHERE t.status = 'completed')::int AS "completedTasks",
         ${STAMP("coalesce(w.started_at, min(t.started_at))")} AS "startedAt", ${STAMP("w.completed_at")} AS "completedAt"
    FROM public.v7_migration_workflow w LEFT JOIN public.v7_subworkflow_tasks t ON t.parent_phase = w.phase_number
   GROUP BY w.phase_number, w.phase_name, w.status, w.lead_persona, w.started_at, w.completed_at ORDER BY 1`;

const TASKS = `
  SELECT parent_phase AS phase, task_number AS number, task_name AS name, responsible_persona AS persona, status
    FROM public.v7_subworkflow_tasks ORDER BY parent_phase, task_number`;

async function readTables(client: ClientBase): Promise<Progress> {
  const count = async (what: keyof typeof COUNTS): Promise<ValueCount[]> =>
    sorted((await client.query<ValueCount>(COUNTS[what])).rows, ORDER[what]);
  const [clock, dashboard, phases, tasks, files, enums, impacts, tests] = await together([
    client.query<{ now: string }>(`SELECT ${STAMP("localtimestamp")} AS now`),
    client.query<TableRow>(DASHBOARD),
    client.query<Phase>(PHASES),
    client.query<Task>(TASKS),
    count("files"),
    count("enums"),
    count("impacts"),
    count("tests"),
  ]);
  return {
    now: clock.rows[0]?.now ?? "",
    dashboard: dashboard.rows,
    phases: phases.rows,
    tasks: tasks.rows,
    files,
    enums,
    impacts,
    tests,
  };
}

function sorted(rows: readonly ValueCount[], order: readonly string[]): ValueCount[] {
  const rank = ({ value }: ValueCount): number =>
    order.includes(value ?? "") ? order.indexOf(value ?? "") : order.length;
  return [...rows].sort(
    (a, b) => rank(a) - rank(b) || (a.value ?? "").localeCompare(b.value ?? "", "en"),
  );
}
