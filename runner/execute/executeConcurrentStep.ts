import { performance } from "node:perf_hooks";
import type { ClientBase } from "pg";
import { definedIndexes } from "../catalog/definedObjects";
import type { QualifiedName, Step } from "../model";
import { formatName, quote } from "../postgres/names";
import {
  executeSteps,
  type ExecutedStatement,
  type ExecutedStep,
  type StatementObserver,
} from "./executeStep";

/**
 * Builds the indexes of a concurrent step, one statement after the other, outside of a transaction. A valid index is kept; an
 * invalid one, which a killed build has left, is dropped and built again.
 *
 * @throws STATEMENT_FAILED or LOCK_TIMEOUT, after the half-built index was dropped
 */
export async function executeConcurrentStep(
  client: ClientBase,
  step: Step,
  { onProgress = () => undefined, ...run }: StatementObserver,
): Promise<ExecutedStep> {
  const startedAt = performance.now();
  const statements: ExecutedStatement[] = [];
  for (const [position, statement] of step.statements.entries()) {
    const one = { ...step, statements: [statement] };
    // Undefined where the directive is read for its author: the lock names the index.
    const [index] = definedIndexes([one]);
    if (index !== undefined) {
      if ((await isValid(client, index)) === true) {
        continue;
      }
      await dropInvalid(client, index);
      onProgress(
        `${step.id} ${position + 1}/${step.statements.length}: building ${formatName(index)} while others write`,
      );
    }
    try {
      const executed = await executeSteps(client, [one], run);
      statements.push(...executed.flatMap((each) => each.statements));
    } catch (error) {
      if (index !== undefined) {
        await dropInvalid(client, index).catch(() => undefined);
      }
      throw error;
    }
  }
  return { step, durationMs: performance.now() - startedAt, statements };
}

/** Undefined where there is no such index. */
async function isValid(
  client: ClientBase,
  { schema, name }: QualifiedName,
): Promise<boolean | undefined> {
  const { rows } = await client.query<{ valid: boolean }>(
    `SELECT i.indisvalid AND i.indisready AS valid FROM pg_catalog.pg_index i
       JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  );
  return rows[0]?.valid;
}

async function dropInvalid(client: ClientBase, index: QualifiedName): Promise<void> {
  if ((await isValid(client, index)) === false) {
    await client.query(`DROP INDEX CONCURRENTLY ${quote(index)}`);
  }
}
