import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { Step } from "../model";
import type { Backfilled } from "./executeStep";

/** The rows are counted after so many batches: a backfill that ends within them costs nothing more. */
const UNCOUNTED_BATCHES = 1000;

/**
 * The tables that this transaction read or changed, and into which it inserted nothing, so that their rows do not become more
 * by the backfill itself. By the server's counts: triggers, functions and partitions included.
 */
const TOUCHED = `SELECT relid::regclass::text AS name FROM pg_stat_xact_all_tables
  WHERE schemaname NOT IN ('pg_catalog', 'pg_toast') AND n_tup_ins = 0
    AND n_tup_upd + n_tup_del + coalesce(seq_scan, 0) + coalesce(idx_scan, 0) > 0 AND has_table_privilege(relid, 'SELECT')
  ORDER BY 1`;

/**
 * A guard against a backfill that never ends: one that has changed more rows than there are has changed some of them twice. A
 * DELETE ends by itself.
 *
 * @returns to be called in each batch's transaction, with what is done with that batch
 * @throws VERIFY_FAILED; the batch is rolled back, and the next run goes on
 */
export function backfillGuard(
  client: ClientBase,
  { id, directive, file }: Step,
): (done: Backfilled, tag: string) => Promise<void> {
  let limit = 0;
  return async ({ rows, batches }, tag) => {
    if (batches <= UNCOUNTED_BATCHES + 1 || rows <= limit || tag === "DELETE") {
      return;
    }
    const tables = (await client.query<{ name: string }>(TOUCHED)).rows.map(({ name }) => name);
    limit = tables.length === 0 ? Infinity : await countRows(client, tables);
    if (rows > limit) {
      throw fault("VERIFY_FAILED", {
        what: `running ${id} of sql/${directive}/${file} until it changes no row`,
        found: `${String(rows)} rows changed in ${String(batches)} batches, and no end`,
        expected: `at most the ${String(limit)} rows of ${tables.join(", ")}, each once`,
        remedy:
          "What was committed before stays. Look for triggers that undo it, and whether its WHERE leaves out what is done; where other sessions added these rows, run again: it goes on from there",
      });
    }
  };
}

async function countRows(client: ClientBase, tables: readonly string[]): Promise<number> {
  const counts = tables.map((name) => `(SELECT count(*) FROM ONLY ${name})`);
  const { rows } = await client.query<{ count: string }>(`SELECT ${counts.join(" + ")} AS count`);
  return Number(rows[0]?.count);
}
