import type { HistoryRow, Step } from "../model";

/** In history's details: a step was allowed and begun by a plan's first transaction, or has run after it. */
export const BEGUN = "begun";
export const FINISHED = "finished";
/** Of a rollback: it was begun, and had done nothing. */
export const NEVER_RAN = "never ran";

/** Of a step that does not run in its plan's first transaction. */
export function stateOf(row: Pick<HistoryRow, "details"> | undefined): string | undefined {
  const state = row?.details["state"];
  return typeof state === "string" ? state : undefined;
}

/** Whether history says that the step was begun and nothing says that it was finished: it needs no second approval. */
export function isUnfinished(row: HistoryRow | undefined): boolean {
  return stateOf(row) === BEGUN;
}

/** Whether the row says that a begun step has run. */
export function isFinished(row: HistoryRow): boolean {
  return stateOf(row) === FINISHED;
}

/** Whether a step of a history's row was begun and has done nothing: in a transaction it runs and is finished, or neither. */
export function hasNotRun({ kind }: Pick<Step, "kind">, row: HistoryRow | undefined): boolean {
  return isUnfinished(row) && kind !== "concurrent" && kind !== "backfill";
}
