import { performance } from "node:perf_hooks";
import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { Step } from "../model";
import type { InTransaction } from "../postgres/lockedSession";
import {
  executeSteps,
  type Backfilled,
  type ExecutedStep,
  type StatementObserver,
} from "./executeStep";

export interface BackfillRun extends StatementObserver {
  /** Runs each batch of a backfill in a transaction of its own. */
  readonly inTransaction: InTransaction;
  /** Called after each batch that changed rows. */
  readonly onBatch?: (step: Step, done: Backfilled) => void;
}

/** How often progress is reported. */
const TELL_MILLISECONDS = 3000;

/**
 * Runs a backfill's one statement, each time in a transaction of its own, until it changes no row. Committed batches stay
 * where a later one fails; the next run goes on, since the statement's WHERE leaves out the rows that are done.
 *
 * The observer is called once, after the last batch, which changed nothing, in its transaction.
 *
 * @throws STATEMENT_FAILED or LOCK_TIMEOUT; VERIFY_FAILED where it never ends; the failed batch is rolled back
 */
export async function executeBackfill(
  client: ClientBase,
  step: Step,
  { inTransaction, onBatch, onExecuted, onProgress = () => undefined, ...run }: BackfillRun,
): Promise<ExecutedStep> {
  const startedAt = performance.now();
  let backfilled: Backfilled = { rows: 0, batches: 0 };
  let toldAt = startedAt;
  let tag = "";
  const guard = backfillGuard(client, step);
  for (;;) {
    const rows = await inTransaction(async () => {
      const [executed] = await executeSteps(client, [step], {
        ...run,
        onExecuted: async (_, statement, one) => {
          if (one.rows === 0) {
            await onExecuted?.(step, statement, one);
          }
        },
      });
      const [one] = executed?.statements ?? [];
      tag = one?.tag ?? "";
      const { rows = 0 } = one ?? {};
      if (rows > 0) {
        await guard(withBatch(backfilled, rows), tag);
      }
      return rows;
    });
    const now = performance.now();
    if (rows === 0) {
      onProgress(describe(step, backfilled, now - startedAt));
      const whole = { tag, startedAt, durationMs: now - startedAt, rows: backfilled.rows };
      return { step, durationMs: now - startedAt, statements: [whole], backfilled };
    }
    backfilled = withBatch(backfilled, rows);
    onBatch?.(step, backfilled);
    if (now - toldAt >= TELL_MILLISECONDS) {
      onProgress(describe(step, backfilled, now - startedAt));
      toldAt = now;
    }
  }
}

function withBatch({ rows, batches }: Backfilled, more: number): Backfilled {
  return { rows: rows + more, batches: batches + 1 };
}

/** `backfill_state: 120000 rows in 24 batches, 8400 rows a second` */
function describe({ id }: Step, { rows, batches }: Backfilled, milliseconds: number): string {
  const perSecond = milliseconds === 0 ? rows : Math.round((rows * 1000) / milliseconds);
  return `${id}: ${String(rows)} rows in ${String(batches)} batches, ${String(perSecond)} rows a second`;
}

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
function backfillGuard(
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
