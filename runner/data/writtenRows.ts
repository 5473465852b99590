import type { ClientBase } from "pg";
import { definedObjects } from "../catalog/definedObjects";
import { stepKey } from "../directive/directive";
import { canTakeBackRows } from "../execute/formerNames";
import { hasHistory, readHistory, appliedSteps } from "../history/history";
import type { QualifiedName, Step } from "../model";
import { formatName, quote, sameName } from "../postgres/names";

/** A table with rows that somebody wrote, and how many. */
export interface WrittenTable {
  /** `public.jobs` */
  readonly table: string;
  readonly rows: number;
}

/**
 * The ages of two transactions: the one that marked the database as unprotected when it was created, and the one that wrote
 * the history's first row. A row that is not newer than both came with the database, from its baseline or its template. A
 * row that somebody wrote could be mistaken for such a row only if both were made again later.
 */
const AGE_OF_DATABASE = `
  SELECT pg_catalog.age(stored.xmin) AS age FROM pg_catalog.pg_db_role_setting AS stored
    JOIN pg_catalog.pg_database AS here ON here.oid = stored.setdatabase
   WHERE here.datname = pg_catalog.current_database() AND stored.setrole = 0::pg_catalog.oid`;
const AGE_OF_HISTORY = `
  SELECT first.age FROM (SELECT pg_catalog.age(xmin) AS age FROM v7_control.history ORDER BY position LIMIT 1) AS first`;

/**
 * The tables with rows that somebody wrote: rows that are neither unchanged rows of the population nor came with the
 * database. The caller has a transaction and the tables' locks; nothing is changed when this returns.
 *
 * In a directive's table those rows count that the population's inverse does not remove, as in a rollback; all of them where
 * that inverse fails, since a later step took away what it names. In any other
 * table those rows count that were written or changed by a transaction that is newer than the database.
 */
export async function findWrittenTables(
  client: ClientBase,
  tables: readonly QualifiedName[],
  allSteps: readonly Step[],
): Promise<readonly WrittenTable[]> {
  const applied = appliedSteps(await readHistory(client));
  const steps = allSteps.filter((step) => applied.has(stepKey(step)));
  const own = definedObjects(steps).tables;
  const isOwn = (table: QualifiedName): boolean => own.some((one) => sameName(one, table));
  const ages = (await hasHistory(client))
    ? `${AGE_OF_DATABASE} UNION ALL ${AGE_OF_HISTORY}`
    : AGE_OF_DATABASE;
  const written: WrittenTable[] = [];
  await client.query("SAVEPOINT written_rows");
  if (!(await canTakeBackRows(client, steps))) {
    await client.query("ROLLBACK TO SAVEPOINT written_rows");
  }
  for (const table of tables) {
    const newer = `WHERE pg_catalog.age(one.xmin) < (SELECT max(age) FROM (${ages}) AS marks)`;
    const { rows } = await client.query<{ count: string }>(
      `SELECT count(*) FROM ${quote(table)} AS one ${isOwn(table) ? "" : newer}`,
    );
    const count = Number(rows[0]?.count);
    written.push(...(count === 0 ? [] : [{ table: formatName(table), rows: count }]));
  }
  await client.query("ROLLBACK TO SAVEPOINT written_rows");
  await client.query("RELEASE SAVEPOINT written_rows");
  return written;
}
