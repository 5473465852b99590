import { escapeIdentifier, type ClientBase } from "pg";
import type { ColumnName, QualifiedName } from "../model";
import { quote } from "../postgres/names";

/** Two queries for the rows to archive. */
export interface HeldRows {
  /** The rows as they are. */
  readonly live: string;
  /** The rows for the archive: as text, where a value's type or collation could be dropped with the table. */
  readonly archived: string;
}

/** Every row of a table, without the rows of tables that inherit from it. */
export async function wholeRows(client: ClientBase, table: QualifiedName): Promise<HeldRows> {
  return held(
    await describeColumns(client, table),
    `${await ownRelation(client, table)} AS one WHERE true`,
  );
}

/** The rows in which an added column differs from its default: the added columns and the table's primary key. */
export async function writtenValues(
  client: ClientBase,
  table: QualifiedName,
  columns: readonly ColumnName[],
): Promise<HeldRows> {
  const all = await describeColumns(client, table);
  const added = all.filter(({ name }) => columns.some(({ column }) => column === name));
  const hasKey = all.some(({ isKey }) => isKey);
  const key = all.filter((one) => (hasKey ? one.isKey : true) && !added.includes(one));
  const names = columns.map(({ column }) => column);
  const written = [...(await writtenConditions(client, table, names, "one")).values()];
  return held([...key, ...added], `${quote(table)} AS one WHERE ${anyOf(written)}`);
}

/** By column, the condition that it differs from its default; without generated columns. */
export async function writtenConditions(
  client: ClientBase,
  table: QualifiedName,
  columns: readonly string[],
  alias: string,
): Promise<ReadonlyMap<string, string>> {
  const added = (await describeColumns(client, table)).filter(
    ({ name, isGenerated }) => !isGenerated && columns.includes(name),
  );
  // The default is the server's own text of it, from pg_get_expr.
  return new Map(
    added.map((one) => [
      one.name,
      `${alias}.${escapeIdentifier(one.name)} IS DISTINCT FROM (${one.default ?? "NULL"})`,
    ]),
  );
}

/** A condition that is true where one of these is. */
export function anyOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? "false" : conditions.join(" OR ");
}

/** A table for FROM: ONLY leaves out tables that inherit from it, except for a partitioned table, whose rows are in partitions. */
export async function ownRelation(client: ClientBase, table: QualifiedName): Promise<string> {
  const { rows } = await client.query<{ isPartitioned: boolean }>(
    `SELECT relkind = 'p' AS "isPartitioned" FROM pg_catalog.pg_class WHERE oid = $1::regclass`,
    [quote(table)],
  );
  return rows[0]?.isPartitioned === true ? quote(table) : `ONLY ${quote(table)}`;
}

function held(columns: readonly Column[], rest: string): HeldRows {
  const select = (one: (column: Column) => string): string =>
    `SELECT ${columns.map(one).join(", ")} FROM ${rest}`;
  return {
    live: select(({ name }) => `one.${escapeIdentifier(name)}`),
    archived: select(({ name, isBuiltIn }) => {
      const column = escapeIdentifier(name);
      // By the type's output function: a cast to text may be code of the type's owner.
      const text = `CASE WHEN one.${column} IS DISTINCT FROM NULL THEN pg_catalog.format('%s', one.${column}) END`;
      return isBuiltIn ? `one.${column}` : `(${text}) COLLATE pg_catalog."default" AS ${column}`;
    }),
  };
}

interface Column {
  readonly name: string;
  /** Null as well where evaluating it would run code that is not the system's own: the table's owner may have changed it. */
  readonly default: string | null;
  /** Whether it belongs to the table's primary key. */
  readonly isKey: boolean;
  readonly isGenerated: boolean;
  /** Whether its type and its collation are the system's own, and stay. */
  readonly isBuiltIn: boolean;
}

/**
 * Whether the default `d` of column `a` depends on something else than relations, as its own column and sequence are, and the
 * labels of the column's enum. PostgreSQL records no dependency on what is its own.
 */
const RUNS_CODE = `EXISTS (
  SELECT FROM pg_depend u WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid AND u.refclassid <> 'pg_class'::regclass
     AND NOT (u.refclassid = 'pg_type'::regclass AND u.refobjid = t.oid AND t.typtype = 'e'
       AND NOT EXISTS (SELECT FROM pg_cast k WHERE t.oid IN (k.castsource, k.casttarget) AND k.castfunc <> 0)))`;

async function describeColumns(
  client: ClientBase,
  table: QualifiedName,
): Promise<readonly Column[]> {
  const { rows } = await client.query<Column>(
    `SELECT a.attname AS name, CASE WHEN NOT (${RUNS_CODE}) THEN pg_get_expr(d.adbin, d.adrelid) END AS default,
            coalesce(a.attnum = ANY (k.conkey), false) AS "isKey", a.attgenerated <> '' AS "isGenerated",
            t.typnamespace = 'pg_catalog'::regnamespace
              AND coalesce(l.collnamespace, t.typnamespace) = 'pg_catalog'::regnamespace AS "isBuiltIn"
       FROM pg_attribute a
       JOIN pg_type t ON t.oid = a.atttypid
       LEFT JOIN pg_collation l ON l.oid = a.attcollation
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
      WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [quote(table)],
  );
  return rows;
}
