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

/**
 * The rows in which one of these columns may have been written: the columns and the table's primary key.
 *
 * @param areDropped whether the columns are the application's own: nobody knows then which value their inverse gives to each row,
 * so every row of a column with a default is among them
 */
export async function writtenValues(
  client: ClientBase,
  table: QualifiedName,
  columns: readonly ColumnName[],
  areDropped: boolean,
): Promise<HeldRows> {
  const all = await describeColumns(client, table);
  const added = all.filter(({ name }) => columns.some(({ column }) => column === name));
  const hasKey = all.some(({ isKey }) => isKey);
  const key = all.filter((one) => (hasKey ? one.isKey : true) && !added.includes(one));
  // A row that was there has the first value, one that came later the default: a SET DEFAULT may have followed.
  const written = added
    .filter(({ isGenerated }) => !isGenerated)
    .flatMap((one) =>
      areDropped && one.hasDefault
        ? ["true"]
        : [one.default, one.first].map((value) => differs(one, value, "one")),
    );
  return held([...key, ...added], `${quote(table)} AS one WHERE ${anyOf(written)}`);
}

/** By column, the condition that somebody wrote it: it differs from its default and from its first value. Without generated columns. */
export async function writtenConditions(
  client: ClientBase,
  table: QualifiedName,
  columns: readonly string[],
  alias: string,
): Promise<ReadonlyMap<string, string>> {
  const added = (await describeColumns(client, table)).filter(
    ({ name, isGenerated }) => !isGenerated && columns.includes(name),
  );
  return new Map(
    added.map((one) => [
      one.name,
      `${differs(one, one.default, alias)} AND ${differs(one, one.first, alias)}`,
    ]),
  );
}

/** As text, since values of some types cannot be compared. The value is the server's own text of a default or of a constant. */
function differs({ name }: Column, value: string | null, alias: string): string {
  const column = `${alias}.${escapeIdentifier(name)}`;
  return value === null
    ? `${column} IS DISTINCT FROM NULL`
    : `ROW(${column})::text <> ROW(${value})::text`;
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
  readonly hasDefault: boolean;
  /** What ADD COLUMN gave to the rows that were there, if the server still knows; otherwise null. */
  readonly first: string | null;
  /** Whether it belongs to the table's primary key. */
  readonly isKey: boolean;
  readonly isGenerated: boolean;
  /** Whether its type and its collation are the system's own, and stay. */
  readonly isBuiltIn: boolean;
}

/**
 * Whether the default `d` of column `a` depends on something else than its own table and the labels of the column's enum. A
 * sequence is something else: nextval() would take a number of it for each row. PostgreSQL records no dependency on what is its own.
 */
const RUNS_CODE = `EXISTS (
  SELECT FROM pg_depend u WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid AND NOT (u.refclassid = 'pg_class'::regclass AND u.refobjid = d.adrelid)
     AND NOT (u.refclassid = 'pg_type'::regclass AND u.refobjid = t.oid AND t.typtype = 'e'
       AND NOT EXISTS (SELECT FROM pg_cast k WHERE t.oid IN (k.castsource, k.casttarget) AND k.castfunc <> 0)))`;

/** The cast to the column's type; empty where that may run code of others. Without its cast, a default may have another scale. */
const AS_TYPE = `(CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace OR t.typtype = 'e'
  THEN '::' || pg_catalog.format_type(a.atttypid, a.atttypmod) ELSE '' END)`;

async function describeColumns(
  client: ClientBase,
  table: QualifiedName,
): Promise<readonly Column[]> {
  const { rows } = await client.query<Column>(
    `SELECT a.attname AS name, CASE WHEN NOT (${RUNS_CODE}) THEN '(' || pg_get_expr(d.adbin, d.adrelid) || ')' || ${AS_TYPE} END AS default,
            d.oid IS NOT NULL AS "hasDefault",
            CASE WHEN a.atthasmissing AND ${AS_TYPE} <> '' AND t.typdelim = ',' THEN quote_literal((a.attmissingval::text::text[])[1]) || ${AS_TYPE} END AS first,
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
