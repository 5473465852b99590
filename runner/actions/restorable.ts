import { escapeIdentifier, type ClientBase } from "pg";
import { fault } from "../base/fault";
import { ARCHIVE_SCHEMA, archiveName, rowsTakenAway, type RowHolders } from "../catalog/archive";
import { inCopyOrder, readForeignKeys } from "../catalog/copyOrder";
import { alteredTables, definedObjects } from "../catalog/definedObjects";
import { changeOf } from "../catalog/lockedChange";
import { ownRelation } from "../catalog/writtenColumns";
import type { QualifiedName, Step } from "../model";
import { quote, sameName } from "../postgres/names";

/** One archived table, and where its rows come from and go to. */
export interface RestorableTable {
  readonly from: QualifiedName;
  readonly to: QualifiedName;
  /** Whether it holds whole rows, or values of columns that were added to a table that stays, or taken from it. */
  readonly kind: "rows" | "columns";
  /** `to` for FROM: whole rows are a table's own, values also those of tables that inherit from it. */
  readonly live: string;
  /** In the archive's order, without those that the server computes. */
  readonly columns: readonly string[];
  /** Of `columns`, which the archive holds as another type than `to`, and the type there as SQL. */
  readonly types: ReadonlyMap<string, string>;
  /** Of `columns`: by which a row of a table that stays is found again. For whole rows none is needed. */
  readonly key: readonly string[];
  readonly rows: number;
  /** How many of them do not stand in `to`, as they are in the archive; those whose row of `to` is gone do not count. */
  readonly missing: number;
  /** Of the archive's content, in no order: what a plan signs for. */
  readonly sha256: string;
  /** Whether a run of a later directive took it away; otherwise a rollback did. */
  readonly isTakenAway: boolean;
}

/**
 * The archives that are there, the newest first: `20261123t211500_1a2b3c4d`, when the rollback was, and the first digits of
 * its plan.
 */
export async function listArchives(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ mark: string }>(
    // A mark counts seconds: of two within one, the later made its tables later.
    `SELECT mark FROM (
       SELECT c.oid, substring(c.relname FROM '_(\\d{8}t\\d{6}_[0-9a-f]{8})$') AS mark
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relkind = 'r') AS archived
      WHERE mark IS NOT NULL GROUP BY mark ORDER BY left(mark, 15) DESC, max(oid) DESC`,
    [ARCHIVE_SCHEMA],
  );
  return rows.map(({ mark }) => mark);
}

/**
 * The tables of one archive, in the order in which they are brought back: a table that others refer to comes first, and
 * whole rows before values.
 *
 * @param applied the steps whose objects a rollback could have archived
 * @param waiting those that were taken back or never ran: what their run archives is there
 * @throws RESTORE_REFUSED where there is no such archive, or nothing of it has a table to go to
 */
export async function readArchive(
  client: ClientBase,
  { applied, waiting }: Readonly<Record<"applied" | "waiting", readonly Step[]>>,
  mark: string,
): Promise<readonly RestorableTable[]> {
  const made = definedObjects(applied);
  const away = rowsTakenAway(changeOf(waiting));
  const found: RestorableTable[] = [];
  for (const [to, kind] of await targetsOf(client, made, away)) {
    const from = archiveName(to, mark);
    const archived = await columnsOf(client, from, to);
    if (archived.length > 0 && !made.schemas.includes(to.schema)) {
      const columns = archived.map(({ name }) => name);
      const isOurs = (name: string): boolean =>
        [...made.columns, ...away.columns].some(
          ({ table, column }) => column === name && sameName(table, to),
        );
      const rest = {
        from,
        to,
        columns,
        types: new Map(archived.flatMap(({ name, type }) => (type === null ? [] : [[name, type]]))),
        live: kind === "rows" ? await ownRelation(client, to) : quote(to),
        key: kind === "rows" ? [] : columns.filter((name) => !isOurs(name)),
      };
      found.push({
        ...rest,
        kind,
        ...(await contentOf(client, from)),
        missing: await countMissing(client, rest),
        isTakenAway: [...away.tables, ...alteredTables(away)].some((one) => sameName(one, to)),
      });
    }
  }
  if (found.length === 0) {
    const archives = await listArchives(client);
    throw fault("RESTORE_REFUSED", {
      what: `looking for the archive "${mark}"`,
      ...(archives.includes(mark)
        ? {
            found: "an archive of tables that are not there",
            expected: "the tables that it was made of",
            remedy:
              "Roll back the directive that took them away, with --to, or read the archive where it is",
          }
        : {
            found: archives.length === 0 ? "no archive at all" : `only ${archives.join(", ")}`,
            remedy: "Name one that is there: npx v7 restore --list",
          }),
    });
  }
  return found;
}

/** What an archive's tables can be of, each once. Of a table that is there less a column, values alone are missing. */
async function targetsOf(
  client: ClientBase,
  made: RowHolders,
  away: RowHolders,
): Promise<readonly (readonly [to: QualifiedName, kind: RestorableTable["kind"]])[]> {
  const values = alteredTables({ columns: [...made.columns, ...away.columns] });
  const whole = [...made.tables, ...away.tables].filter(
    (one, index, all) =>
      all.findIndex((other) => sameName(one, other)) === index &&
      !values.some((other) => sameName(one, other)),
  );
  const ordered = inCopyOrder(whole, await readForeignKeys(client));
  return [
    ...ordered.map((to) => [to, "rows"] as const),
    ...values.map((to) => [to, "columns"] as const),
  ];
}

/**
 * Empty: no such archive, or the live table lacks a column of it. The type is that in the live table, where it is another.
 */
async function columnsOf(
  client: ClientBase,
  archive: QualifiedName,
  live: QualifiedName,
): Promise<readonly { readonly name: string; readonly type: string | null }[]> {
  const { rows } = await client.query<{ name: string; type: string | null; isThere: boolean }>(
    `SELECT a.attname AS name, l.attnum IS NOT NULL AS "isThere", CASE WHEN l.atttypid <> a.atttypid THEN pg_catalog.format_type(l.atttypid, NULL) END AS type
       FROM pg_catalog.pg_attribute a
       LEFT JOIN pg_catalog.pg_attribute l
         ON l.attrelid = pg_catalog.to_regclass($2) AND l.attname = a.attname AND l.attnum > 0
      WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(l.attgenerated, '') = ''
      ORDER BY a.attnum`,
    [quote(archive), quote(live)],
  );
  return rows.every(({ isThere }) => isThere) ? rows : [];
}

/** A row as text: every type has that, and not every type can be compared. */
export function rowText(alias: string, columns: readonly string[]): string {
  return `ROW(${columns.map((name) => `${alias}.${escapeIdentifier(name)}`).join(", ")})::text`;
}

async function countMissing(
  client: ClientBase,
  {
    from,
    live: relation,
    columns,
    key,
  }: Pick<RestorableTable, "from" | "live" | "columns" | "key">,
): Promise<number> {
  const live = (names: readonly string[]): string =>
    `EXISTS (SELECT FROM ${relation} AS live WHERE ${rowText("live", names)} = ${rowText("archived", names)})`;
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
       FROM (SELECT md5((one.*)::text) AS h FROM ${quote(table)} AS one) AS hashes`,
  );
  return { rows: Number(rows[0]?.rows), sha256: rows[0]?.sha256 ?? "" };
}
