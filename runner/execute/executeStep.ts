import { performance } from "node:perf_hooks";
import type { ClientBase, QueryResult } from "pg";
import type { Statement, Step } from "../model";
import { watchQueries, type CompletedQueries } from "../postgres/completedCommands";
import { queryOnDirectivePath } from "../postgres/session";
import { statementFault, type StatementSource } from "../sql/statementFault";
import { firstLine } from "../sql/statements";
import { expectAnswer, inSameTransaction } from "./proofs";
import { isConcurrent } from "./units";

export interface ExecutedStatement {
  /** The server's command tag: `CREATE TABLE`. */
  readonly tag: string;
  /** By this process's own clock (performance.now), in milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Rows inserted, updated or deleted. */
  readonly rows: number;
}

export interface ExecutedStep {
  readonly step: Step;
  readonly durationMs: number;
  /** By statement, in order. */
  readonly statements: readonly ExecutedStatement[];
  /** Only of a backfill. */
  readonly backfilled?: Backfilled;
}

/** A backfill's progress in this run. */
export interface Backfilled {
  readonly rows: number;
  /** The number of batches that changed rows. */
  readonly batches: number;
}

/** How many statements are sent ahead of their answers; bounded, so that a large directive does not fill the memory. */
const AHEAD = 500;

export interface StatementObserver {
  /** Whether the plan has committed something before: the message of a failed statement says so. */
  readonly isAfterCommit?: boolean;
  /** Called before each statement. */
  readonly onProgress?: (message: string) => void;
  /** Called after each statement, and awaited. */
  readonly onExecuted?: (
    step: Step,
    statement: Statement,
    executed: ExecutedStatement,
  ) => Promise<void>;
}

/**
 * Runs the steps' statements unchanged, one simple query each, so that the server receives, and logs, the files' own bytes.
 * The caller holds the transaction.
 *
 * Statements are sent without waiting for answers: one round trip for {@link AHEAD} of them. The server runs them in order,
 * and refuses those after a failed one. With `onExecuted` each is sent after the one before it was answered.
 *
 * @throws STATEMENT_FAILED, or LOCK_TIMEOUT, with the place in the file
 * @throws VERIFY_FAILED where the answer to a statement differs from its lock, or a statement ended the transaction
 */
export async function executeSteps(
  client: ClientBase,
  steps: readonly Step[],
  observer: StatementObserver = {},
): Promise<readonly ExecutedStep[]> {
  const send = async (): Promise<readonly ExecutedStep[]> => {
    const answers = watchQueries(client);
    try {
      return await sendSteps(client, steps, answers, observer);
    } finally {
      answers.stop();
    }
  };
  return steps.some(isConcurrent) ? await send() : await inSameTransaction(client, send);
}

async function sendSteps(
  client: ClientBase,
  steps: readonly Step[],
  answers: CompletedQueries,
  { isAfterCommit = false, onProgress = () => undefined, onExecuted }: StatementObserver,
): Promise<readonly ExecutedStep[]> {
  const unsent = steps.flatMap(({ statements }) => statements).values();
  const sent: Promise<QueryResult>[] = [];
  const sendNext = (): void => {
    const { value } = unsent.next();
    if (value !== undefined) {
      const answer = send(client, value);
      // Where a statement fails, the answers to those after it are not awaited.
      answer.catch(() => undefined);
      sent.push(answer);
    }
  };
  for (let ahead = 1; onExecuted === undefined && ahead < AHEAD; ahead++) {
    sendNext();
  }
  const executed: ExecutedStep[] = [];
  for (const step of steps) {
    const startedAt = performance.now();
    const statements: ExecutedStatement[] = [];
    for (const [index, statement] of step.statements.entries()) {
      onProgress(`${step.id} ${index + 1}/${step.statements.length}: ${firstLine(statement)}`);
      sendNext();
      const measured = await measure({ ...sourceOf(step), isAfterCommit }, statement, sent.shift());
      const status = isConcurrent(step) ? "I" : "T";
      const one = { ...measured, tag: expectAnswer(step, statement, answers.take(3), status) };
      statements.push(one);
      await onExecuted?.(step, statement, one);
      if (onExecuted !== undefined) {
        answers.take();
      }
    }
    executed.push({ step, durationMs: performance.now() - startedAt, statements });
  }
  return executed;
}

/** Runs the steps' inverses in the given order, as {@link executeSteps} does. */
export async function executeInverses(
  client: ClientBase,
  steps: readonly Step[],
  observer: StatementObserver = {},
): Promise<void> {
  const inverses = inversesOf(steps);
  if (inverses.length > 0) {
    await executeSteps(client, inverses, observer);
  }
}

/** The steps' inverses as steps. They run in a transaction, whatever kinds the steps have. */
export function inversesOf(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap(({ inverse, ...step }) =>
    inverse === undefined
      ? []
      : [{ ...step, ...inverse, kind: "amendment" as const, id: `the inverse of ${step.id}` }],
  );
}

function sourceOf({ directive, file, source, id }: Step): StatementSource {
  return { file: `sql/${directive}/${file}`, source, stepId: id };
}

function send(client: ClientBase, { bytes }: Statement): Promise<QueryResult> {
  return queryOnDirectivePath(client, bytes.toString("utf8"));
}

/** Measures from now to the answer: the server begins a statement when it has answered the one before it. */
async function measure(
  source: StatementSource,
  statement: Statement,
  answer: Promise<QueryResult> | undefined,
): Promise<Omit<ExecutedStatement, "tag">> {
  const startedAt = performance.now();
  try {
    const rows = (await answer)?.rowCount ?? 0;
    return { startedAt, durationMs: performance.now() - startedAt, rows };
  } catch (error) {
    throw statementFault(source, statement, error);
  }
}
