import type { HistoryRow } from "../model";

/** In history's details: a concurrent step was allowed and begun, or its indexes have been built. */
export const BEGUN = "begun";
export const FINISHED = "finished";

/** Whether history says that the step was begun and nothing says that it was finished: it needs no second approval. */
export function isUnfinished(row: HistoryRow | undefined): boolean {
  return row?.details["state"] === BEGUN;
}

/** Whether the row says that a concurrent step's indexes have been built. */
export function isFinished(row: HistoryRow): boolean {
  return row.details["state"] === FINISHED;
}
