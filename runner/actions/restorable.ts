import { escapeIdentifier, type ClientBase } from "pg";
import { fault } from "../base/fault";
import { ARCHIVE_SCHEMA, archiveName } from "../catalog/archive";
import { alteredTables } from "../catalog/definedObjects";
import type { DefinedObjects, QualifiedName } from "../model";
import { formatName, quote } from "../postgres/names";

/** One archived table, and where its rows come from and go to. */
export interface RestorableTable {
  readonly from: QualifiedName;
  readonly to: QualifiedName;
  /** Whether it holds whole rows of ours, or values of our columns of a table of others. */
  readonly kind: "rows" | "columns";
  /** In the archive's order. */
  readonly columns: readonly string[];
  /** Of `columns`: by which a row of the other table is found again. For whole rows none is needed. */
  readonly key: readonly string[];
  readonly rows: number;
  /** How many of them do not stand in `to`, as they are in the archive; those whose row of `to` is gone do not count. */
  readonly missing: number;
  /** Of the archive's content, in no order: what a plan signs for. */
  readonly sha256: string;
}

/**
 * The archives that are there, the newest first: `20261123t211500_1a2b3c4d`, when the rollback was, and the first digits of
 * its plan.
 */
export async function listArchives(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ mark: string }>(
    `SELECT DISTINCT substring(c.relname FROM '_(\\d{8}t\\d{6}_[0-9a-f]{8})$') AS mark
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname ~ '_\\d{8}t\\d{6}_[0-9a-f]{8}$' ORDER BY 1 DESC`,
    [ARCHIVE_SCHEMA],
  );
  return rows.map(({ mark }) => mark);
}

/**
 * The tables of one archive, in the order in which they are brought back: a table that others refer to comes first.
 *
 * @throws RESTORE_REFUSED where there is no such archive
 */
export async function readArchive(
  client: ClientBase,
  objects: DefinedObjects,
  mark: string,
): Promise<readonly RestorableTable[]> {
  const altered = alteredTables(objects);
  const found: RestorableTable[] = [];
  for (const [to, kind] of [
    ...objects.tables.map((table) => [table, "rows"] as const),
    ...altered.map((table) => [table, "columns"] as const),
  ]) {
    const from = archiveName(to, mark);
    const columns = await columnsOf(client, from);
    if (columns.length > 0 && !objects.schemas.includes(to.schema)) {
      const ours = objects.columns
        .filter(({ table }) => formatName(table) === formatName(to))
        .map(({ column }) => column);
      const key = kind === "rows" ? [] : columns.filter((name) => !ours.includes(name));
      const content = await contentOf(client, from);
      const missing = await countMissing(client, { from, to, columns, key });
      found.push({ from, to, kind, columns, key, ...content, missing });
    }
  }
  if (found.length === 0) {
    const archives = await listArchives(client);
    throw fault("RESTORE_REFUSED", {
      what: `looking for the archive "${mark}"`,
      found: archives.length === 0 ? "no archive at all" : `only ${archives.join(", ")}`,
      remedy: "Name one that is there: npx v7 restore --list",
    });
  }
  return found;
}

/** Undefined columns: no such table. */
async function columnsOf(client: ClientBase, table: QualifiedName): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT a.attname AS name FROM pg_catalog.pg_attribute a
       JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [table.schema, table.name],
  );
  return rows.map(({ name }) => name);
}

/** A row as text: every type has that, and not every type can be compared. */
export function rowText(alias: string, columns: readonly string[]): string {
  return `ROW(${columns.map((name) => `${alias}.${escapeIdentifier(name)}`).join(", ")})::text`;
}

async function countMissing(
  client: ClientBase,
  { from, to, columns, key }: Pick<RestorableTable, "from" | "to" | "columns" | "key">,
): Promise<number> {
  const live = (names: readonly string[]): string =>
    `EXISTS (SELECT FROM ${quote(to)} AS live WHERE ${rowText("live", names)} = ${rowText("archived", names)})`;
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM ${quote(from)} AS archived
      WHERE NOT ${live(columns)} ${key.length === 0 ? "" : `AND ${live(key)}`}`,
  );
  return Number(rows[0]?.count);
}

async function contentOf(
  client: ClientBase,
  table: QualifiedName,
): Promise<{ readonly rows: number; readonly sha256: string }> {
  const { rows } = await client.query<{ rows: string; sha256: string }>(
    `SELECT count(*)::text AS rows,
            encode(sha256(convert_to(coalesce(string_agg(h, '' ORDER BY h), ''), 'UTF8')), 'hex') AS sha256
       FROM (SELECT md5(one::text) AS h FROM ${quote(table)} AS one) AS hashes`,
  );
  return { rows: Number(rows[0]?.rows), sha256: rows[0]?.sha256 ?? "" };
}
