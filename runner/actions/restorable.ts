import type { ClientBase } from "pg";
import { fault } from "../base/fault";
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
import type { ColumnName, HistoryRow, QualifiedName, Step } from "../model";
import { quote, sameName } from "../postgres/names";
import { fitTable, type RestorableTable } from "./archivedTable";
import { columnMakers } from "./columnMakers";

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
    const fitted = await fitTable(client, {
      from,
      to,
      kind,
      isOurs: (name) => kind !== "columns" || isAmong([...made.columns, ...away.columns], to, name),
      isGone: (name) => isAmong(gone.columns, to, name),
    });
    if (typeof fitted === "string") {
      unfit.push(fitted);
    } else if (fitted !== undefined) {
      found.push({
        ...fitted,
        makers:
          kind === "columns"
            ? await columnMakers(client, to, fitted.columns, {
                steps: [...applied, ...waiting],
                history,
              })
            : new Map(),
        isTakenAway: [...away.tables, ...alteredTables(away)].some((one) => sameName(one, to)),
      });
    }
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
