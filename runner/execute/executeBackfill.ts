import { performance } from "node:perf_hooks";
import type { ClientBase } from "pg";
import type { Step } from "../model";
import type { InTransaction } from "../postgres/lockedSession";
import { backfillGuard } from "./backfillEnd";
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
      return { step, startedAt, durationMs: now - startedAt, statements: [whole], backfilled };
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
