import type { ClientBase } from "pg";
import type { Step } from "../model";
import { executeBackfill, type BackfillRun } from "./executeBackfill";
import { executeConcurrentStep } from "./executeConcurrentStep";
import { executeSteps, type ExecutedStep } from "./executeStep";
import { unitsOf, type Unit } from "./units";

/** Runs steps in their order, and commits each unit before the next begins. */
export async function executeUnits(
  client: ClientBase,
  steps: readonly Step[],
): Promise<readonly ExecutedStep[]> {
  const executed: ExecutedStep[] = [];
  for (const unit of unitsOf(steps)) {
    const execute = (): Promise<readonly ExecutedStep[]> =>
      executeUnit(client, unit, { inTransaction: (use) => committed(client, use) });
    executed.push(...(await (unit.isTransaction ? committed(client, execute) : execute())));
  }
  return executed;
}

/** Runs one unit. Where the unit is a transaction, the caller holds it. */
export async function executeUnit(
  client: ClientBase,
  { steps }: Pick<Unit, "steps">,
  run: BackfillRun,
): Promise<readonly ExecutedStep[]> {
  const [step] = steps;
  if (step?.kind === "concurrent") {
    return [await executeConcurrentStep(client, step, run)];
  }
  return step?.kind === "backfill"
    ? [await executeBackfill(client, step, run)]
    : await executeSteps(client, steps, run);
}

/** Runs `use` in a transaction and commits it. Where `use` throws, the transaction stays open: the session cannot be used again. */
export async function committed<T>(client: ClientBase, use: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  const result = await use();
  await client.query("COMMIT");
  return result;
}
