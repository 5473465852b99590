import type { HistoryRow, Step } from "../model";

// Values of `state` in the details of a history row, for steps that do not run in their plan's first transaction.

/** The step is approved, and is to run after the plan's first transaction. */
export const BEGUN = "begun";
/** The begun step has run. */
export const FINISHED = "finished";
/** In the row of a rollback: the step was begun and never ran. */
export const NEVER_RAN = "never ran";

export function stateOf(row: Pick<HistoryRow, "details"> | undefined): string | undefined {
  const state = row?.details["state"];
  return typeof state === "string" ? state : undefined;
}

/** Whether the step was begun and is not finished: it needs no second approval. */
export function isUnfinished(row: HistoryRow | undefined): boolean {
  return stateOf(row) === BEGUN;
}

/** Whether a begun step has run. */
export function isFinished(row: HistoryRow): boolean {
  return stateOf(row) === FINISHED;
}

/** Whether a step was begun and has done nothing: a step in a transaction runs as a whole or not at all. */
export function hasNotRun({ kind }: Pick<Step, "kind">, row: HistoryRow | undefined): boolean {
  return isUnfinished(row) && kind !== "concurrent" && kind !== "backfill";
}
