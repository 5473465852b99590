import { performance } from "node:perf_hooks";
import type { ClientBase } from "pg";
import type { Step } from "./manifest";
import { statementFault } from "./statementFault";
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
  directive: string,
  step: Step,
  onProgress: (message: string) => void,
): Promise<ExecutedStep> {
  const statements: { kind: string; durationMs: number }[] = [];
  const from = performance.now();
  for (const [index, statement] of step.statements.entries()) {
    onProgress(`${step.id} ${String(index + 1)}/${String(step.statements.length)}: ${firstLine(statement)}`);
    const start = performance.now();
    try {
      await client.query(statement.bytes.toString("utf8"));
    } catch (error) {
      const file = `sql/${directive}/${step.file}`;
      throw statementFault({ file, source: step.source, stepId: step.id }, statement, error);
    }
    statements.push({ kind: statement.kind, durationMs: round(performance.now() - start) });
  }
  return { step, durationMs: round(performance.now() - from), statements };
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
