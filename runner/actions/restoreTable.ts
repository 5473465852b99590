import { DatabaseError, escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
import { fault } from "../base/fault";
import { anyOf, writtenConditions } from "../catalog/writtenColumns";
import { formatName, quote } from "../postgres/names";
import { isBehind, rowText, type RestorableTable } from "./archivedTable";

export interface RestoredTable {
  /** `public.v7_test_results`, or `public.file_audit` for its added columns. */
  readonly to: string;
  /** `v7_archive.v7_test_results_20261123t211500_1a2b3c4d` */
  readonly from: string;
  /** The number of rows that were restored now. */
  readonly restored: number;
  /** The number of rows that existed already, equal to the archive's. */
  readonly equal: number;
  /** For values of columns: the number of archived values whose row is gone; they stay in the archive. */
  readonly unmatched: number;
}

const UNIQUE_VIOLATION = "23505";

/** The SQLSTATEs of a refused row: a constraint, a value that does not fit the column's type, an identity, a trigger of somebody's. */
const REFUSED_ROW = /^(22|23|428C9|P0001)/;

/**
 * Restores one archived table, and proves that each of its rows is there.
 *
 * @throws RESTORE_REFUSED where people wrote conflicting rows since, or the server refuses an archived row; VERIFY_FAILED where a
 * row differs afterwards
 */
export async function restoreTable(
  client: ClientBase,
  table: RestorableTable,
): Promise<RestoredTable> {
  try {
    return await RESTORE[table.kind](client, table);
  } catch (error) {
    if (!(error instanceof DatabaseError) || !REFUSED_ROW.test(error.code ?? "")) {
      throw error;
    }
    throw error.code === UNIQUE_VIOLATION
      ? written(table, [error.detail ?? error.message])
      : refusal(table, {
          found: `${error.message} (SQLSTATE ${String(error.code)})`,
          expected: "archived rows that the table takes",
          remedy: "Nothing was changed. Change what refuses them, or read the archive where it is",
        });
  }
}

/** The result for an archived table; by default none of its rows was missing. */
export function resultOf(
  { from, to, rows }: RestorableTable,
  { restored = 0, unmatched = 0 } = {},
): RestoredTable {
  const equal = rows - restored - unmatched;
  return { to: formatName(to), from: formatName(from), restored, equal, unmatched };
}

async function restoreRows(client: ClientBase, table: RestorableTable): Promise<RestoredTable> {
  const { from, to, live, columns } = table;
  const list = columns.map(escapeIdentifier).join(", ");
  const values = columns.map((name) => archivedValue(table, name)).join(", ");
  const archived = rowText("archived", columns);
  const found = `SELECT FROM ${live} AS live WHERE ${rowText("live", columns)} = ${archived}`;
  const { rowCount } = await client.query(
    `INSERT INTO ${quote(to)} (${list}) OVERRIDING SYSTEM VALUE
     SELECT ${values} FROM ${quote(from)} AS archived WHERE NOT EXISTS (${found})`,
  );
  await prove(client, table, `SELECT ${archived} FROM ${quote(from)} AS archived`);
  return resultOf(table, { restored: rowCount ?? 0 });
}

async function restoreColumns(client: ClientBase, table: RestorableTable): Promise<RestoredTable> {
  const { from, to, columns, key } = table;
  const values = columns.filter((name) => !key.includes(name));
  const match = `${rowText("live", key)} = ${rowText("archived", key)}`;
  const differs = `${rowText("live", values)} <> ${rowText("archived", values)}`;
  // Each column by itself: where the directive's backfill wrote one value again, the row's others can still be restored.
  const isWritten = [...(await writtenConditions(client, to, values, "live"))].map(
    ([name, isSet]) =>
      `(${isSet}) AND ${rowText("live", [name])} <> ${rowText("archived", [name])}${sinceMade(table, name)}`,
  );
  // No LIMIT: it would make PostgreSQL choose a nested loop, which takes very long where there are no conflicts.
  const { rows: conflicts } = await client.query<{ keys: readonly string[] | null }>(
    `SELECT (array_agg(key ORDER BY key))[1:10] AS keys FROM (
       SELECT ${rowText("live", key)} AS key FROM ${quote(to)} AS live JOIN ${quote(from)} AS archived ON ${match}
        WHERE ${anyOf(isWritten)}) AS conflicts`,
  );
  const keys = conflicts[0]?.keys ?? [];
  if (keys.length > 0) {
    throw written(
      table,
      keys.map((one) => `${key.join(", ")} ${one}: written since`),
    );
  }
  await refuseAlike(client, table, values);
  const set = values
    .map((name) => `${escapeIdentifier(name)} = ${archivedValue(table, name)}`)
    .join(", ");
  const updated = await client.query(
    `UPDATE ${quote(to)} AS live SET ${set} FROM ${quote(from)} AS archived WHERE ${match} AND ${differs}`,
  );
  const there = `EXISTS (SELECT FROM ${quote(to)} AS live WHERE ${match})`;
  const { rows: gone } = await client.query<{ count: string }>(
    `SELECT count(*) FROM ${quote(from)} AS archived WHERE NOT ${there}`,
  );
  await prove(
    client,
    table,
    `SELECT ${rowText("archived", columns)} FROM ${quote(from)} AS archived WHERE ${there}`,
  );
  return resultOf(table, { restored: updated.rowCount ?? 0, unmatched: Number(gone[0]?.count) });
}

/** The condition that a row was written after the run that made a column, and filled it by its default. */
function sinceMade({ makers }: RestorableTable, name: string): string {
  const xid = makers.get(name);
  return xid === undefined ? "" : ` AND live.xmin::text <> ${escapeLiteral(xid)}`;
}

/** Refuses values of rows that nothing tells apart: without a primary key, all other columns are the key, and rows may share it. */
async function refuseAlike(
  client: ClientBase,
  table: RestorableTable,
  values: readonly string[],
): Promise<void> {
  const { from, to, key } = table;
  const { rows } = await client.query<{ keys: readonly string[] | null }>(
    `SELECT (array_agg(key ORDER BY key))[1:10] AS keys FROM (
       SELECT ${rowText("archived", key)} AS key, count(*) AS count, count(DISTINCT ${rowText("archived", values)}) AS values
         FROM ${quote(from)} AS archived GROUP BY 1) AS archived
       JOIN (SELECT ${rowText("live", key)} AS key, count(*) AS count FROM ${quote(to)} AS live GROUP BY 1) AS live USING (key)
      WHERE archived.values > 1 OR live.count > archived.count`,
  );
  const keys = rows[0]?.keys ?? [];
  if (keys.length > 0) {
    throw refusal(table, {
      found: "rows that are equal in all other columns, and no primary key",
      expected: "rows that can be told apart, so that each gets its own values",
      remedy: "Nothing was changed. Read the archive where it is",
      detail: keys.map((one) => `  - ${key.join(", ")} ${one}`),
    });
  }
}

const RESTORE = { rows: restoreRows, columns: restoreColumns, position: restorePosition };

/** Proves that the table has each wanted row, as often as the archive has it. */
async function prove(
  client: ClientBase,
  { from, to, live, columns }: RestorableTable,
  wanted: string,
): Promise<void> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM (${wanted} EXCEPT ALL SELECT ${rowText("live", columns)} FROM ${live} AS live) AS lost`,
  );
  if (rows[0]?.count !== "0") {
    throw fault("VERIFY_FAILED", {
      what: `comparing "${formatName(to)}" with the archive "${formatName(from)}"`,
      found: `${rows[0]?.count ?? "?"} rows that differ from the archive`,
      expected: "every row equal",
      remedy:
        "Nothing was changed: everything was rolled back. Look for triggers on the table that interfere",
    });
  }
}

/** Sets a sequence to its archived position, where it is behind it. The caller has locked it. */
async function restorePosition(client: ClientBase, table: RestorableTable): Promise<RestoredTable> {
  const { from, to } = table;
  const { rowCount } = await client.query(
    `SELECT pg_catalog.setval($1, archived.last_value, archived.is_called)
       FROM ${quote(from)} AS archived, ${quote(to)} AS live WHERE ${isBehind(to)}`,
    [quote(to)],
  );
  return resultOf(table, { restored: rowCount ?? 0 });
}

/** A value of the archive as the live column's type. */
function archivedValue({ types }: RestorableTable, name: string): string {
  const type = types.get(name);
  return `archived.${escapeIdentifier(name)}${type === undefined ? "" : `::${type}`}`;
}

function written(table: RestorableTable, rows: readonly string[]): Error {
  return refusal(table, {
    found: "rows that were written after the rollback",
    expected: "no such rows: what people wrote is never overwritten",
    remedy: "Nothing was changed. Move those rows out of the way, or read the archive where it is",
    detail: rows.map((row) => `  - ${row}`),
  });
}

function refusal(
  { from, to }: RestorableTable,
  parts: Omit<Parameters<typeof fault>[1], "what">,
): Error {
  return fault("RESTORE_REFUSED", {
    what: `bringing "${formatName(from)}" back into "${formatName(to)}"`,
    ...parts,
  });
}
