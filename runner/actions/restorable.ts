import { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
import { fault } from "../base/fault";
import { when } from "../base/when";
import {
  ARCHIVE_SCHEMA,
  archiveName,
  HISTORY,
  isOurArchive,
  rowsMade,
  rowsTakenAway,
  type RowHolders,
} from "../catalog/archive";
import { inCopyOrder, readForeignKeys } from "../catalog/copyOrder";
import { alteredTables } from "../catalog/definedObjects";
import { ownRelation } from "../catalog/writtenColumns";
import type { ColumnName, HistoryRow, QualifiedName, Step } from "../model";
import { formatName, quote, sameName } from "../postgres/names";

import { columnMakers } from "./columnMakers";

/** One archived table, `from`, and the table to which its rows are restored. */
export interface RestorableTable {
  readonly from: QualifiedName;
  readonly to: QualifiedName;
  /** `rows`: whole rows. `columns`: values of columns that were added to, or dropped from, a table that stays. `position`: a sequence's. */
  readonly kind: "rows" | "columns" | "position";
  /** `to` as it is written after FROM: for whole rows without tables that inherit from it. */
  readonly live: string;
  /** In the archive's order, without generated columns. */
  readonly columns: readonly string[];
  /** The columns whose type differs in the archive and in `to`, with the type in `to` as SQL. */
  readonly types: ReadonlyMap<string, string>;
  /** The columns by which a row of `to` is found for archived values; empty for whole rows. */
  readonly key: readonly string[];
  /** By column, the xmin of rows whose value there is the making run's: {@link columnMakers}. */
  readonly makers: ReadonlyMap<string, string>;
  readonly rows: number;
  /** The number of archived rows that `to` does not have; without values whose row in `to` is gone. */
  readonly missing: number;
  /** The digest of the archive's content, which does not depend on the order of rows; the plan has it. */
  readonly sha256: string;
  /** True: a step of a later directive dropped the rows. False: a rollback archived them. */
  readonly isTakenAway: boolean;
}

/** The condition that a row of pg_class, in a schema of pg_namespace, is a table that a run archived. */
const IS_ARCHIVE = `c.relkind = 'r' AND ${isOurArchive("n.nspowner")} AND ${isOurArchive("c.relowner")}`;

/**
 * The marks of all archives, the newest first: `20261123t211500_1a2b3c4d`, the time and the first digits of the plan.
 */
export async function listArchives(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ mark: string }>(
    // Marks have a resolution of one second; within it the archive with the later OIDs is the newer one.
    `SELECT mark FROM (
       SELECT c.oid, substring(c.relname FROM '_(\\d{8}t\\d{6}_[0-9a-f]{8})$') AS mark
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND ${IS_ARCHIVE}) AS archived
      WHERE mark IS NOT NULL GROUP BY mark ORDER BY left(mark, 15) DESC, max(oid) DESC`,
    [ARCHIVE_SCHEMA],
  );
  return rows.map(({ mark }) => mark);
}

/**
 * Reads the tables of one archive, in the order in which they are restored: tables to which others refer come first, and
 * whole rows before values of columns.
 *
 * @param applied the steps that have been applied: their tables and columns can be restored
 * @param waiting the other steps: the tables and columns that they would drop exist and can be restored, too
 * @throws RESTORE_REFUSED where there is no such archive, or one of its tables or columns is not in the database
 */
export async function readArchive(
  client: ClientBase,
  {
    applied,
    waiting,
    history,
  }: Readonly<Record<"applied" | "waiting", readonly Step[]>> & {
    readonly history: readonly HistoryRow[];
  },
  mark: string,
): Promise<readonly RestorableTable[]> {
  const made = rowsMade(applied);
  const away = rowsTakenAway(waiting);
  // What directives that stay applied have dropped: nobody expects it back.
  const gone = rowsTakenAway(applied);
  const isAmong = (columns: readonly ColumnName[], table: QualifiedName, name: string): boolean =>
    columns.some((one) => one.column === name && sameName(one.table, table));
  const found: RestorableTable[] = [];
  const unfit: string[] = [];
  const unread = await archivesOf(client, mark);
  for (const [to, kind] of await targetsOf(client, made, away)) {
    const from = archiveName(to, mark);
    if (to.schema === HISTORY.schema || !unread.delete(from.name)) {
      continue;
    }
    const isOurs = ({ name }: Pick<ArchivedColumn, "name">): boolean =>
      kind !== "columns" || isAmong([...made.columns, ...away.columns], to, name);
    const archived = (await columnsOf(client, from, to)).filter(
      ({ name }) => !isAmong(gone.columns, to, name),
    );
    const lacking = archived.filter(({ isThere }) => !isThere).map(({ name }) => name);
    const taken = archived.filter(({ isGenerated }) => !isGenerated);
    if (lacking.length > 0 || !taken.some(isOurs)) {
      const why = lacking.length > 0 ? `lacks ${lacking.join(", ")}` : "has no column for it";
      unfit.push(
        ...when(
          archived.some(isOurs) || lacking.length > 0,
          `${formatName(from)}: ${formatName(to)} ${why}`,
        ),
      );
      continue;
    }
    const columns = taken.map(({ name }) => name);
    const rest = {
      from,
      to,
      kind,
      columns,
      types: new Map(taken.flatMap(({ name, type }) => (type === null ? [] : [[name, type]]))),
      live: kind === "rows" ? await ownRelation(client, to) : quote(to),
      key: columns.filter((name) => !isOurs({ name })),
    };
    found.push({
      ...rest,
      makers:
        kind === "columns"
          ? await columnMakers(client, to, columns, { steps: [...applied, ...waiting], history })
          : new Map(),
      ...(await contentOf(client, from)),
      missing: await countMissing(client, rest),
      isTakenAway: [...away.tables, ...alteredTables(away)].some((one) => sameName(one, to)),
    });
  }
  for (const one of [...gone.tables, ...alteredTables(gone), ...(gone.sequences ?? []), HISTORY]) {
    unread.delete(archiveName(one, mark).name);
  }
  unfit.push(...[...unread].map((name) => `${ARCHIVE_SCHEMA}.${name}: no table of its own`));
  if (found.length === 0 || unfit.length > 0) {
    const archives = await listArchives(client);
    throw fault("RESTORE_REFUSED", {
      what: `looking for the archive "${mark}"`,
      ...(archives.includes(mark)
        ? {
            found: "an archive of tables that are not there, or that lack one of its columns",
            expected: "the tables that it was made of, with their columns",
            remedy:
              "Nothing was changed. Roll back the directive that took them away, with --to; add the columns; or read the archive where it is",
            detail: unfit.map((one) => `  - ${one}`),
          }
        : {
            found: archives.length === 0 ? "no archive at all" : `only ${archives.join(", ")}`,
            remedy: "Name one that is there: npx v7 restore --list",
          }),
    });
  }
  return found;
}

/** The names of one archive's tables. */
async function archivesOf(client: ClientBase, mark: string): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND ${IS_ARCHIVE} AND pg_catalog.right(c.relname, pg_catalog.length($2) + 1) = '_' || $2 ORDER BY 1`,
    [ARCHIVE_SCHEMA, mark],
  );
  return new Set(rows.map(({ name }) => name));
}

function unique(names: readonly QualifiedName[]): readonly QualifiedName[] {
  return [...new Map(names.map((one) => [quote(one), one])).values()];
}

/** What an archive may have been made of, each once. For a table with an added or dropped column only its values. */
async function targetsOf(
  client: ClientBase,
  made: RowHolders,
  away: RowHolders,
): Promise<readonly (readonly [to: QualifiedName, kind: RestorableTable["kind"]])[]> {
  const values = alteredTables({ columns: [...made.columns, ...away.columns] });
  const whole = unique([...made.tables, ...away.tables]).filter(
    (one) => !values.some((other) => sameName(one, other)),
  );
  const ordered = inCopyOrder(whole, await readForeignKeys(client));
  return [
    ...ordered.map((to) => [to, "rows"] as const),
    ...values.map((to) => [to, "columns"] as const),
    ...unique([...(made.sequences ?? []), ...(away.sequences ?? [])]).map(
      (to) => [to, "position"] as const,
    ),
  ];
}

/** A column of an archive. `type` is the live column's type where it differs, otherwise null. */
interface ArchivedColumn {
  readonly name: string;
  readonly type: string | null;
  readonly isThere: boolean;
  readonly isGenerated: boolean;
}

async function columnsOf(
  client: ClientBase,
  archive: QualifiedName,
  live: QualifiedName,
): Promise<readonly ArchivedColumn[]> {
  const { rows } = await client.query<ArchivedColumn>(
    `SELECT a.attname AS name, l.attnum IS NOT NULL AS "isThere", coalesce(l.attgenerated, '') <> '' AS "isGenerated",
            CASE WHEN l.atttypid <> a.atttypid THEN pg_catalog.format_type(l.atttypid, NULL) END AS type
       FROM pg_catalog.pg_attribute a
       LEFT JOIN pg_catalog.pg_attribute l
         ON l.attrelid = pg_catalog.to_regclass($2) AND l.attname = a.attname AND l.attnum > 0
      WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum`,
    [quote(archive), quote(live)],
  );
  return rows;
}

/** A row as text, since values of some types cannot be compared. */
export function rowText(alias: string, columns: readonly string[]): string {
  return `ROW(${columns.map((name) => `${alias}.${escapeIdentifier(name)}`).join(", ")})::text`;
}

/** The condition that a sequence is behind its archived position, in its own direction. */
export function isBehind(sequence: QualifiedName): string {
  const number = (alias: string): string =>
    `(pg_catalog.sign(s.seqincrement::numeric) * ${alias}.last_value, ${alias}.is_called)`;
  return `EXISTS (SELECT FROM pg_catalog.pg_sequence s
    WHERE s.seqrelid = ${escapeLiteral(quote(sequence))}::regclass AND ${number("live")} < ${number("archived")})`;
}

async function countMissing(
  client: ClientBase,
  {
    from,
    to,
    kind,
    live: relation,
    columns,
    key,
  }: Pick<RestorableTable, "from" | "to" | "kind" | "live" | "columns" | "key">,
): Promise<number> {
  const live = (names: readonly string[]): string =>
    `EXISTS (SELECT FROM ${relation} AS live WHERE ${rowText("live", names)} = ${rowText("archived", names)})`;
  const { rows } = await client.query<{ count: string }>(
    kind === "position"
      ? `SELECT count(*) FROM ${quote(from)} AS archived, ${relation} AS live WHERE ${isBehind(to)}`
      : `SELECT count(*) FROM ${quote(from)} AS archived
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
       FROM (SELECT md5(ROW(one.*)::text) AS h FROM ${quote(table)} AS one) AS hashes`,
  );
  return { rows: Number(rows[0]?.rows), sha256: rows[0]?.sha256 ?? "" };
}
