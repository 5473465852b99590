import { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
import { ownRelation } from "../catalog/writtenColumns";
import type { QualifiedName } from "../model";
import { formatName, quote } from "../postgres/names";

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

/** An archive, and the table that it may have been made of. */
interface Candidate extends Pick<RestorableTable, "from" | "to" | "kind"> {
  /** Whether the directives make or drop the column; those of whole tables are all theirs. */
  readonly isOurs: (column: string) => boolean;
  /** Whether a directive that stays applied has dropped the column: nobody expects its values back. */
  readonly isGone: (column: string) => boolean;
}

/**
 * The archived table, if `to` has all of its columns; the reason where it has not; undefined where nothing of the archive is
 * missed.
 */
export async function fitTable(
  client: ClientBase,
  { from, to, kind, isOurs, isGone }: Candidate,
): Promise<Omit<RestorableTable, "makers" | "isTakenAway"> | string | undefined> {
  const archived = (await columnsOf(client, from, to)).filter(({ name }) => !isGone(name));
  const lacking = archived.filter(({ isThere }) => !isThere).map(({ name }) => name);
  if (lacking.length > 0) {
    return `${formatName(from)}: ${formatName(to)} lacks ${lacking.join(", ")}`;
  }
  const taken = archived.filter(({ isGenerated }) => !isGenerated);
  const columns = taken.map(({ name }) => name);
  if (!columns.some(isOurs)) {
    return archived.some(({ name }) => isOurs(name))
      ? `${formatName(from)}: ${formatName(to)} has no column for it`
      : undefined;
  }
  const table = {
    from,
    to,
    kind,
    columns,
    types: new Map(taken.flatMap(({ name, type }) => (type === null ? [] : [[name, type]]))),
    live: kind === "rows" ? await ownRelation(client, to) : quote(to),
    key: columns.filter((name) => !isOurs(name)),
  };
  return {
    ...table,
    ...(await contentOf(client, from)),
    missing: await countMissing(client, table),
  };
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
