import type { HistoryRow } from "../model";
import { appliedSteps } from "./history";

/** What a finding on the owner of all of the directives' objects is called, and what its repair's row records. */
export const OWNER_OF_ALL = "owner of the directives' objects";

/**
 * Who owns the directives' objects, as the history says: whoever applied the first step, or the new owner that a repair
 * has recorded since. Undefined where no step has been applied.
 */
export function recordedOwner(history: readonly HistoryRow[]): string | undefined {
  const first = appliedSteps(history).values().next().value;
  if (first === undefined) {
    return undefined;
  }
  const recorded = history.findLast(
    ({ action, position, details }) =>
      action === "repair" && position > first.position && typeof details["owner"] === "string",
  );
  return (recorded?.details["owner"] as string | undefined) ?? first.appliedBy;
}
