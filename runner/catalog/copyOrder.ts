import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { QualifiedName } from "../model";
import { formatName } from "../postgres/names";

/** A foreign key of the live database; that of a partition counts as its partitioned table's. */
export interface LiveForeignKey {
  readonly name: string;
  /** `public.v7_subworkflow_tasks` */
  readonly from: string;
  readonly fromTable: QualifiedName;
  readonly to: string;
  /** Whether its check may wait until the end of the transaction. */
  readonly isDeferrable: boolean;
}

const FOREIGN_KEYS = `
  WITH root AS (
    SELECT c.oid, n.nspname || '.' || r.relname AS name,
           json_build_object('schema', n.nspname, 'name', r.relname) AS described
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_class r ON r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
      JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
     WHERE c.relkind IN ('r', 'p')
  )
  SELECT k.conname AS name, here.name AS from, here.described AS "fromTable", there.name AS to, k.condeferrable AS "isDeferrable"
    FROM pg_catalog.pg_constraint k JOIN root here ON here.oid = k.conrelid JOIN root there ON there.oid = k.confrelid
   WHERE k.contype = 'f' AND k.conparentid = 0
   ORDER BY 2, 1`;

/** Every foreign key of the database. Reads only. */
export async function readForeignKeys(client: ClientBase): Promise<readonly LiveForeignKey[]> {
  return (await client.query<LiveForeignKey>(FOREIGN_KEYS)).rows;
}

/**
 * Orders tables so that each comes after the tables that it refers to. A key to the table itself is checked once all of the
 * table's rows are there, and a deferrable one at the end of the transaction: neither counts.
 *
 * @throws COPY_REFUSED naming the keys that form a circle
 */
export function inCopyOrder<T extends QualifiedName>(
  tables: readonly T[],
  keys: readonly LiveForeignKey[],
): readonly T[] {
  const binding = keys.filter(({ from, to, isDeferrable }) => from !== to && !isDeferrable);
  const ordered: T[] = [];
  let left = [...tables];
  while (left.length > 0) {
    const names = new Set(left.map(formatName));
    const blocked = new Set(binding.filter(({ to }) => names.has(to)).map(({ from }) => from));
    const free = left.filter((table) => !blocked.has(formatName(table)));
    if (free.length === 0) {
      throw circleFault(binding, names);
    }
    ordered.push(...free);
    left = left.filter((table) => blocked.has(formatName(table)));
  }
  return ordered;
}

/** Names the keys of the circle: keys of tables that only refer to it are taken off until only circles are left. */
function circleFault(binding: readonly LiveForeignKey[], names: ReadonlySet<string>): Error {
  let circle = binding.filter(({ from, to }) => names.has(from) && names.has(to));
  for (let before = -1; before !== circle.length;) {
    before = circle.length;
    circle = circle.filter(({ from }) => circle.some(({ to }) => to === from));
  }
  return fault("COPY_REFUSED", {
    what: "ordering the tables by their foreign keys",
    found: "circular foreign keys",
    expected: "at least one deferrable foreign key",
    remedy:
      "Nothing was changed. Make one deferrable in the target (ALTER TABLE … ALTER CONSTRAINT … DEFERRABLE)",
    detail: circle.map(({ name, from, to }) => `  - ${name}: ${from} refers to ${to}`),
  });
}

/** Tables that refer, also through other tables, to one of these and are not among them. */
export function referringTables(
  tables: readonly QualifiedName[],
  keys: readonly LiveForeignKey[],
): readonly QualifiedName[] {
  const reached = new Map<string, QualifiedName>(tables.map((table) => [formatName(table), table]));
  for (let before = -1; before !== reached.size;) {
    before = reached.size;
    for (const { from, fromTable } of keys.filter(({ to }) => reached.has(to))) {
      reached.set(from, reached.get(from) ?? fromTable);
    }
  }
  return [...reached.values()].slice(tables.length);
}
