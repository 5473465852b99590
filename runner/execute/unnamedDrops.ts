import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { RowHolders } from "../catalog/archive";
import { formatName } from "../postgres/names";
import { together } from "../postgres/together";

/** The tables that hold rows, and their columns by number, and the sequences; without generated columns, whose values are none of their own. */
const HELD = `
  WITH RECURSIVE above AS (
    SELECT inhrelid AS oid, inhparent AS parent FROM pg_catalog.pg_inherits
    UNION SELECT above.oid, i.inhparent FROM above JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.parent
  )
  SELECT c.oid, n.nspname || '.' || c.relname AS name, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
         (SELECT jsonb_object_agg(a.attnum, a.attname) FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
         ARRAY(SELECT pn.nspname || '.' || p.relname FROM above JOIN pg_catalog.pg_class p ON p.oid = above.parent
                 JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE above.oid = c.oid) AS parents, c.relispartition AS "isPartition"
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** What this transaction dropped it still locks; other sessions may drop tables of theirs meanwhile. */
const LOCKED = `SELECT relation AS oid FROM pg_catalog.pg_locks
  WHERE pid = pg_backend_pid() AND locktype = 'relation' AND mode = 'AccessExclusiveLock'`;

interface Held {
  readonly oid: number;
  readonly name: string;
  readonly kind: "table" | "sequence";
  /** Names by number; null where it has none. */
  readonly columns: Readonly<Record<string, string>> | null;
  /** The tables from which it inherits, and theirs. An archive of such a table has its values, too. */
  readonly parents: readonly string[];
  readonly isPartition: boolean;
}

/**
 * Runs statements or inverses, and refuses them where they dropped tables, columns or sequences that were not archived: a CASCADE, an
 * IF EXISTS or a DO block that meets more here than where the directive was locked, or something that they make again under
 * the same name. The lock's sum does not tell of these.
 *
 * @param named what the lock says that the statements drop, which was archived
 * @param isAfterCommit whether the run has committed something before
 * @throws VERIFY_FAILED
 */
export async function refuseUnnamedDrops<Result>(
  client: ClientBase,
  named: Pick<RowHolders, "tables" | "columns" | "sequences">,
  isAfterCommit: boolean,
  run: () => Promise<Result>,
): Promise<Result> {
  const before = (await client.query<Held>(HELD)).rows;
  const result = await run();
  const [held, locks] = await together([
    client.query<Held>(HELD),
    client.query<Pick<Held, "oid">>(LOCKED),
  ]);
  const after = new Map(held.rows.map((one) => [one.oid, one]));
  const locked = new Set(locks.rows.map(({ oid }) => oid));
  const relations = new Set([...named.tables, ...(named.sequences ?? [])].map(formatName));
  const columns = new Set(named.columns.map((one) => `${formatName(one.table)}.${one.column}`));
  const unnamed = before.flatMap(({ oid, name, kind, columns: had, parents, isPartition }) => {
    if (!locked.has(oid)) {
      return [];
    }
    const now = after.get(oid);
    if (now === undefined) {
      const whole = isPartition ? [name, ...parents] : [name];
      return whole.some((one) => relations.has(one)) ? [] : [`${kind} ${name}`];
    }
    return Object.entries(had ?? {}).flatMap(([number, column]) =>
      now.columns?.[number] !== undefined ||
      [name, ...parents].some((one) => columns.has(`${one}.${column}`))
        ? []
        : [`column ${column} of table ${name}`],
    );
  });
  if (unnamed.length > 0) {
    const outcome = isAfterCommit
      ? "What was committed before stays"
      : "Nothing was changed: everything was rolled back";
    throw fault("VERIFY_FAILED", {
      what: "looking at what the statements dropped",
      found: "tables, columns or sequences that no archive has",
      expected: "only what the lock says that is taken away: that was archived",
      remedy: `${outcome}. Take these out of the way first; or add them to the baseline, and lock the directive again`,
      detail: unnamed.map((one) => `  - ${one}`),
    });
  }
  return result;
}
