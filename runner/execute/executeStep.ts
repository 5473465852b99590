import { performance } from "node:perf_hooks";
import type { ClientBase } from "pg";
import type { Statement, Step } from "../model";
import { withDirectivePath } from "../postgres/session";
import { statementFault, type StatementSource } from "../sql/statementFault";

export interface ExecutedStatement {
  /** The parser's name of it: `CreateStmt`. */
  readonly kind: string;
  /** By this process's own clock (performance.now), in milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
}

export interface ExecutedStep {
  readonly step: Step;
  readonly startedAt: number;
  readonly durationMs: number;
  /** By statement, in order. */
  readonly statements: readonly ExecutedStatement[];
}

/** Told of each statement: before it runs, and when it has. */
export interface StatementObserver {
  readonly onProgress?: (message: string) => void;
  readonly onExecuted?: (
    step: Step,
    statement: Statement,
    executed: ExecutedStatement,
  ) => Promise<void>;
}

/**
 * Runs a step's statements as they stand, one simple query each, so that the server receives, and logs, the file's own
 * bytes. The caller holds the transaction.
 *
 * @throws STATEMENT_FAILED, or LOCK_TIMEOUT, with the place in the file
 */
export async function executeStep(
  client: ClientBase,
  step: Step,
  { onProgress = () => undefined, onExecuted }: StatementObserver = {},
): Promise<ExecutedStep> {
  const startedAt = performance.now();
  const source = sourceOf(step);
  const statements: ExecutedStatement[] = [];
  for (const [index, statement] of step.statements.entries()) {
    onProgress(`${step.id} ${index + 1}/${step.statements.length}: ${firstLine(statement)}`);
    const executed = await executeStatement(client, source, statement);
    statements.push(executed);
    await onExecuted?.(step, statement, executed);
  }
  return { step, startedAt, durationMs: performance.now() - startedAt, statements };
}

/** Runs a step's inverse, in the same way. */
export async function executeInverse(
  client: ClientBase,
  step: Step,
  observer: StatementObserver = {},
): Promise<void> {
  if (step.inverse !== undefined) {
    await executeStep(client, inverseStep(step, step.inverse), observer);
  }
}

/** Runs one statement of a concurrent step; the caller holds no transaction. */
export async function executeConcurrentStatement(
  client: ClientBase,
  step: Step,
  statement: Statement,
): Promise<ExecutedStatement> {
  return await executeStatement(client, { ...sourceOf(step), isConcurrent: true }, statement);
}

/** The statement's first line that is not a comment. */
export function firstLine(statement: Statement): string {
  const lines = statement.bytes.toString("utf8").split("\n");
  const line = lines.find((one) => one.trim() !== "" && !one.trimStart().startsWith("--")) ?? "";
  return line.trim();
}

/** A step's inverse as a step of its own, for messages that name it. */
export function inverseStep(step: Step, inverse: NonNullable<Step["inverse"]>): Step {
  return { ...step, ...inverse, id: `the inverse of ${step.id}` };
}

function sourceOf({ directive, file, source, id }: Step): StatementSource {
  return { file: `sql/${directive}/${file}`, source, stepId: id };
}

async function executeStatement(
  client: ClientBase,
  source: StatementSource,
  statement: Statement,
): Promise<ExecutedStatement> {
  const startedAt = performance.now();
  try {
    await withDirectivePath(client, () => client.query(statement.bytes.toString("utf8")));
  } catch (error) {
    throw statementFault(source, statement, error);
  }
  return { kind: statement.kind, startedAt, durationMs: performance.now() - startedAt };
}
