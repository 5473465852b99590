import type { HistoryRow } from "../model";
import { appliedSteps } from "./history";

/** The key of the finding that all of the directives' objects belong to another role. */
export const OWNER_OF_ALL = "owner of the directives' objects";

/**
 * The owner of the directives' objects by the history: the login that applied the first step, or the new owner that a later
 * repair recorded. Undefined where no step has been applied.
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
