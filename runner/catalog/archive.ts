import { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import type { DefinedObjects, ObjectId, QualifiedName, Step } from "../model";
import { formatName, quote, sameName } from "../postgres/names";
import { together } from "../postgres/together";
import { isTrustedOwner } from "../postgres/trustedOwner";
import { alteredTables, definedObjects } from "./definedObjects";
import { keyOf, qualified } from "./kinds/objectId";
import { changeOf, madeObjects, removedObjects } from "./lockedChange";
import { wholeRows, writtenValues, type HeldRows } from "./writtenColumns";

/** The schema with the rows that rollbacks archived. */
export const ARCHIVE_SCHEMA = "v7_archive";

/**
 * SQL that says whether a schema or table of archives is ours: its owner is trusted, or could act as the history's owner.
 * Whoever may create schemas could make v7_archive first; reading a table or view there would run its owner's code, and its
 * owner could drop archives.
 *
 * @param owner the owner's oid, as SQL
 */
export const isOurArchive = (
  owner: string,
): string => `(${isTrustedOwner(owner)} OR coalesce(pg_catalog.pg_has_role(${owner},
  (SELECT control.nspowner FROM pg_catalog.pg_namespace AS control WHERE control.nspname = 'v7_control'), 'USAGE'), false))`;

/** PostgreSQL's limit on a name, in bytes. */
const NAME_LIMIT = 63;

/** One archived table, or the archived values of columns that were added to a table. */
export interface ArchivedTable {
  /** `public.v7_test_results`, or `public.file_audit` for its added columns. */
  readonly from: string;
  /** `v7_archive.v7_test_results_20261123t211500_1a2b3c4d` */
  readonly to: string;
  readonly rows: number;
}

/** The history. It is archived where it goes with the schema of the runner's own tables; nothing restores these. */
export const HISTORY: QualifiedName = { schema: "v7_control", name: "history" };

/** What is archived: whole tables, and columns on tables of others. */
export interface RowHolders extends Pick<DefinedObjects, "schemas" | "tables" | "columns"> {
  /** Their positions are archived. Default: none. */
  readonly sequences?: readonly QualifiedName[];
  /** Whether the columns are the application's, and not those that a directive added. */
  readonly areDropped?: boolean;
}

/** The tables and sequences that steps drop, and the columns that they drop from tables that stay. */
export function rowsTakenAway(steps: readonly Step[]): RowHolders {
  const { removed } = changeOf(steps);
  const tables = removed.filter(({ id }) => id.kind === "table").map(({ id }) => id);
  const gone = new Set(tables.map(keyOf));
  const columns = removed.flatMap(({ id: { kind, name, of } }) =>
    kind === "column" && of?.kind === "table" && !gone.has(keyOf(of))
      ? [{ table: { schema: of.schema ?? "", name: of.name }, column: name }]
      : [],
  );
  return {
    schemas: [],
    tables: tables.map(qualified),
    columns,
    sequences: sequencesAmong(removedObjects(steps)),
    areDropped: true,
  };
}

type MadeRows = DefinedObjects & Required<Pick<RowHolders, "sequences">>;

/** The tables, columns and sequences that steps make, and that a rollback drops. */
export function rowsMade(steps: readonly Step[]): MadeRows {
  return { ...definedObjects(steps), sequences: sequencesAmong(madeObjects(steps)) };
}

function sequencesAmong(ids: readonly ObjectId[]): readonly QualifiedName[] {
  return ids.filter(({ kind }) => kind === "sequence").map(qualified);
}

/**
 * Copies every row of the directive's tables, every value of the columns that it added to tables of others, and the
 * positions of its sequences, into the schema v7_archive, and proves each copy equal by count and checksum. Empty tables and
 * unused sequences are not archived; without any rows the schema is not created either.
 *
 * The caller holds the transaction and the locks, so that no row can be added meanwhile.
 *
 * @param mark the end of the archive tables' names, a time and the plan's digest: {@link archiveMark}
 * @throws VERIFY_FAILED where a copy differs from its original
 */
export async function archiveRows(
  client: ClientBase,
  objects: RowHolders,
  mark: string,
): Promise<ArchivedTable[]> {
  const archived: ArchivedTable[] = [];
  for (const [table, rows] of await heldRows(client, objects)) {
    archived.push(...(await archiveOne(client, table, rows, mark)));
  }
  if (archived.length > 0 && objects.schemas.includes(HISTORY.schema)) {
    archived.push(...(await archiveOne(client, HISTORY, await wholeRows(client, HISTORY), mark)));
  }
  return archived;
}

/** `20261123t211500_1a2b3c4d`: when, and by which plan. */
export function archiveMark(digest: string): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").toLowerCase();
  return `${time}_${digest.slice(0, 8)}`;
}

/** Whether there are rows that a rollback would have to archive. */
export async function hasRows(client: ClientBase, made: MadeRows): Promise<boolean> {
  // The sequence of a column that the steps make stays where their population left it, though its rows are gone.
  const owned = made.change.added.filter(({ properties }) => properties["ownedBy"] !== undefined);
  const sequences = made.sequences.filter(
    (sequence) => !owned.some(({ id }) => sameName(qualified(id), sequence)),
  );
  const held = await heldRows(client, { ...made, sequences });
  const found = await together(
    held.map(([, { live }]) => client.query<{ some: boolean }>(`SELECT EXISTS (${live}) AS some`)),
  );
  return found.some(({ rows }) => rows[0]?.some === true);
}

/** The queries of the rows to archive, by table: all rows of a whole table, the written values of added columns; and positions. */
async function heldRows(
  client: ClientBase,
  { tables, columns, sequences = [], areDropped = false }: RowHolders,
): Promise<readonly (readonly [QualifiedName, HeldRows])[]> {
  const whole = tables.filter(({ schema }) => schema !== HISTORY.schema);
  const altered = alteredTables({ columns });
  return await together([
    ...whole.map(async (table) => [table, await wholeRows(client, table)] as const),
    ...altered.map(async (table) => {
      const own = columns.filter((one) => sameName(one.table, table));
      return [table, await writtenValues(client, table, own, areDropped)] as const;
    }),
    ...sequences.map((sequence) => [sequence, positionOf(sequence)] as const),
  ]);
}

/** The position of a sequence that has been used or set. */
function positionOf(sequence: QualifiedName): HeldRows {
  const start = `SELECT seqstart FROM pg_catalog.pg_sequence WHERE seqrelid = ${escapeLiteral(quote(sequence))}::regclass`;
  const live = `SELECT last_value, is_called FROM ${quote(sequence)} WHERE is_called OR last_value <> (${start})`;
  return { live, archived: live };
}

/**
 * The name of a table's archive: `v7_test_results_20261123t211500_1a2b3c4d`. Where two tables could get the same name,
 * because it is cut or the schema is not public, a digest of the full name is put in.
 */
export function archiveName(from: QualifiedName, mark: string): QualifiedName {
  const limit = NAME_LIMIT - mark.length - 1;
  const digest = `_${sha256(Buffer.from(quote(from))).slice(0, 8)}`;
  const name =
    from.schema === "public" && Buffer.byteLength(from.name) <= limit
      ? from.name
      : `${firstBytes(from.name, limit - digest.length)}${digest}`;
  return { schema: ARCHIVE_SCHEMA, name: `${name}_${mark}` };
}

async function archiveOne(
  client: ClientBase,
  from: QualifiedName,
  { live, archived }: HeldRows,
  mark: string,
): Promise<ArchivedTable[]> {
  const before = await checksum(client, live);
  if (before.rows === "0") {
    return [];
  }
  const to = archiveName(from, mark);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(ARCHIVE_SCHEMA)}`);
  await client.query(`CREATE TABLE ${quote(to)} AS ${archived}`);
  const after = await checksum(client, `SELECT * FROM ${quote(to)}`);
  if (before.rows !== after.rows || before.sum !== after.sum) {
    throw fault("VERIFY_FAILED", {
      what: `archiving "${formatName(from)}"`,
      found: `${after.rows} rows in the archive, checksum ${after.sum}`,
      expected: `${before.rows} rows, checksum ${before.sum}`,
      remedy: "Nothing was changed: everything was rolled back. Run again",
    });
  }
  return [{ from: formatName(from), to: formatName(to), rows: Number(after.rows) }];
}

/** The name's first characters that fit into so many bytes. PostgreSQL's limit is in bytes, and it would cut off the mark. */
function firstBytes(name: string, limit: number): string {
  const characters = Array.from(name);
  while (Buffer.byteLength(characters.join("")) > limit) {
    characters.pop();
  }
  return characters.join("");
}

/** The number of rows, and the sum of a 64-bit hash of each row's text, which does not depend on their order. */
async function checksum(client: ClientBase, query: string): Promise<{ rows: string; sum: string }> {
  const { rows } = await client.query<{ rows: string; sum: string }>(
    `SELECT count(*)::text AS rows, coalesce(sum(hashtextextended((one.*)::text, 0)::numeric), 0)::text AS sum
       FROM (${query}) AS one`,
  );
  return rows[0] ?? { rows: "", sum: "" };
}
