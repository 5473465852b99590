import { performance } from "node:perf_hooks";
import type { ClientBase } from "pg";
import type { Step } from "./manifest";
import { statementFault, type StatementSource } from "./statementFault";
import type { Statement } from "./statements";

export interface ExecutedStep {
  readonly step: Step;
  readonly durationMs: number;
  /** By statement, in order. */
  readonly statements: readonly { readonly kind: string; readonly durationMs: number }[];
}

/**
 * Runs a step's statements as they stand, one simple query each, so that the server receives, and logs, the file's own
 * bytes. The caller holds the transaction.
 *
 * @param onProgress told of each statement before it runs
 * @throws STATEMENT_FAILED, or LOCK_TIMEOUT, with the place in the file
 */
export async function executeStep(
  client: ClientBase,
  step: Step,
  onProgress: (message: string) => void,
): Promise<ExecutedStep> {
  const from = performance.now();
  const source = {
    file: `sql/${step.directive}/${step.file}`,
    source: step.source,
    stepId: step.id,
  };
  const statements = await executeStatements(client, source, step.statements, onProgress);
  return { step, durationMs: round(performance.now() - from), statements };
}

/** Runs a step's inverse, in the same way. */
export async function executeInverse(
  client: ClientBase,
  { directive, id, inverse }: Step,
  onProgress: (message: string) => void,
): Promise<void> {
  if (inverse !== undefined) {
    const source = {
      file: `sql/${directive}/${inverse.file}`,
      source: inverse.source,
      stepId: `the inverse of ${id}`,
    };
    await executeStatements(client, source, inverse.statements, onProgress);
  }
}

async function executeStatements(
  client: ClientBase,
  source: StatementSource,
  statements: readonly Statement[],
  onProgress: (message: string) => void,
): Promise<ExecutedStep["statements"]> {
  const executed: { kind: string; durationMs: number }[] = [];
  for (const [index, statement] of statements.entries()) {
    onProgress(
      `${source.stepId} ${String(index + 1)}/${String(statements.length)}: ${firstLine(statement)}`,
    );
    const start = performance.now();
    try {
      await client.query(statement.bytes.toString("utf8"));
    } catch (error) {
      throw statementFault(source, statement, error);
    }
    executed.push({ kind: statement.kind, durationMs: round(performance.now() - start) });
  }
  return executed;
}

/** The statement's first line that is not a comment. */
function firstLine(statement: Statement): string {
  const lines = statement.bytes.toString("utf8").split("\n");
  const line = lines.find((one) => one.trim() !== "" && !one.trimStart().startsWith("--")) ?? "";
  return line.trim();
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
