import { DatabaseError, type ClientBase, type QueryResult, type QueryResultRow } from "pg";
import { fault, messageOf } from "../base/fault";

/** A policy, or a cast of a type that is not PostgreSQL's own. */
const RUNS_WHEN_READ = `row_security_active('v7_control.history') OR EXISTS (
  SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
   WHERE a.attrelid = 'v7_control.history'::regclass AND t.typnamespace <> 'pg_catalog'::regnamespace)`;

/**
 * Also a trigger or rule, and a part of the table, such as a constraint or an index, that uses a function, operator or
 * operator class: pg_depend has no rows for PostgreSQL's own.
 */
const RUNS_WHEN_WRITTEN = `${RUNS_WHEN_READ} OR EXISTS (
  SELECT FROM pg_trigger WHERE tgrelid = 'v7_control.history'::regclass AND NOT tgisinternal AND tgtype & 4 <> 0
) OR EXISTS (
  SELECT FROM pg_rewrite WHERE ev_class = 'v7_control.history'::regclass
) OR EXISTS (
  SELECT FROM pg_depend part JOIN pg_depend uses USING (classid, objid)
   WHERE part.refclassid = 'pg_class'::regclass AND part.refobjid = 'v7_control.history'::regclass
     AND part.classid <> 'pg_trigger'::regclass
     AND uses.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass))`;

const READING = {
  doing: "reading",
  found:
    "a policy, or a column whose type is not PostgreSQL's own: reading it would run somebody's code",
};

const WRITING = {
  doing: "writing to",
  found:
    "a trigger, rule, policy, type, or an index or constraint with a function: writing to it would run somebody's code",
};

const DIVISION_BY_ZERO = "22012";

/** The SQLSTATEs of a query on a table with other columns: no such column, function or operator, another type. */
const OTHER_SHAPE: ReadonlySet<string> = new Set(["42703", "42883", "42804", "42846"]);

/**
 * Reads v7_control.history by a query, unless that could run somebody's code as this login. Whoever may create schemas could
 * have made the table before the directive does. Nobody can change it between the check and the reading: it is locked.
 *
 * @throws HISTORY_BROKEN
 */
export async function readUnlessCode<Row extends QueryResultRow>(
  client: ClientBase,
  query: string,
): Promise<readonly Row[]> {
  const locked = `LOCK TABLE v7_control.history IN ACCESS SHARE MODE; ${refuse(RUNS_WHEN_READ)}; ${query}`;
  const results = await orFault(READING, async () => await client.query(locked));
  return (results as unknown as readonly QueryResult<Row>[]).at(-1)?.rows ?? [];
}

/**
 * Refuses to append to v7_control.history where that could run somebody's code as this login. Until the transaction ends,
 * nobody can add such code.
 *
 * @throws HISTORY_BROKEN
 */
export async function refuseCodeOnWrite(client: ClientBase): Promise<void> {
  const locked = `LOCK TABLE v7_control.history IN ROW EXCLUSIVE MODE; ${refuse(RUNS_WHEN_WRITTEN)}`;
  await orFault(WRITING, async () => await client.query(locked));
}

/** Divides by zero where the condition holds. */
function refuse(condition: string): string {
  return `SELECT 1 / (NOT (${condition}))::int`;
}

async function orFault<Result>(
  { doing, found }: { readonly doing: string; readonly found: string },
  use: () => Promise<Result>,
): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    const code = error instanceof DatabaseError ? (error.code ?? "") : "";
    if (code !== DIVISION_BY_ZERO && !OTHER_SHAPE.has(code)) {
      throw error;
    }
    throw fault("HISTORY_BROKEN", {
      what: `${doing} v7_control.history`,
      found: code === DIVISION_BY_ZERO ? found : messageOf(error),
      expected: "the table as the directive makes it",
      remedy:
        "Before anything else runs, find out who made or changed this table (docs/history.md)",
      cause: error,
    });
  }
}
