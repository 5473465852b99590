import { performance } from "node:perf_hooks";
import type { ClientBase, QueryResult } from "pg";
import type { Statement, Step } from "../model";
import { watchQueries, type CompletedQueries } from "../postgres/completedCommands";
import { queryOnDirectivePath } from "../postgres/session";
import { statementFault, type StatementSource } from "../sql/statementFault";
import { expectAnswer, inSameTransaction } from "./proofs";
import { isConcurrent } from "./units";

export interface ExecutedStatement {
  /** The server's command tag: `CREATE TABLE`. */
  readonly tag: string;
  /** By this process's own clock (performance.now), in milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Added, changed or deleted. */
  readonly rows: number;
}

export interface ExecutedStep {
  readonly step: Step;
  readonly startedAt: number;
  readonly durationMs: number;
  /** By statement, in order. */
  readonly statements: readonly ExecutedStatement[];
  /** Of a backfill. */
  readonly backfilled?: Backfilled;
}

/** How far a backfill has come, in this run. */
export interface Backfilled {
  readonly rows: number;
  /** Those that changed rows. */
  readonly batches: number;
}

/** How many statements are with the server at a time: more wait here, so that their number takes no memory. */
const AHEAD = 500;

/** Told of each statement: before it runs, and when it has. */
export interface StatementObserver {
  /** Whether the plan has committed something before: a message of what failed says so. */
  readonly isAfterCommit?: boolean;
  readonly onProgress?: (message: string) => void;
  readonly onExecuted?: (
    step: Step,
    statement: Statement,
    executed: ExecutedStatement,
  ) => Promise<void>;
}

/**
 * Runs the steps' statements as they stand, one simple query each, so that the server receives, and logs, the files' own
 * bytes. The caller holds the transaction.
 *
 * They are sent without waiting for answers, which takes one round trip for {@link AHEAD} of them; the server runs them in
 * order, and refuses what comes behind one that failed. Only where somebody looks after each statement is each sent by
 * itself.
 *
 * @throws STATEMENT_FAILED, or LOCK_TIMEOUT, with the place in the file
 * @throws VERIFY_FAILED where a statement is answered otherwise than its lock says, or ended the transaction
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
      // Nobody waits for what was sent behind a statement that failed.
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
    executed.push({ step, startedAt, durationMs: performance.now() - startedAt, statements });
  }
  return executed;
}

/** Runs the steps' inverses, in the order in which they are given, in the same way. */
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

/** The statement's first line that is not a comment. */
export function firstLine(statement: Statement): string {
  const lines = statement.bytes.toString("utf8").split("\n");
  const line = lines.find((one) => one.trim() !== "" && !one.trimStart().startsWith("--")) ?? "";
  return line.trim();
}

/** The steps' inverses as steps of their own, which run in a transaction whatever the steps' kinds are. */
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

/** From here until the answer: the server begins with a statement when it has answered the one before. */
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
