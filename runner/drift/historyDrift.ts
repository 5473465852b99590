import { newlyNamed } from "../catalog/change";
import { differenceOf, type Difference } from "../catalog/compare";
import { changeOf } from "../catalog/lockedChange";
import { isInSnapshot, type SnapshotOfObjects } from "../catalog/snapshot";
import { stepKey } from "../directive/directive";
import { isFinished, isUnfinished } from "../history/begunSteps";
import { lackingDirectives, ranWithOtherBytes } from "../history/checkHistory";
import {
  ACCESS_STEP,
  HISTORY_STEP_ID,
  REVOKE,
  appliedSteps,
  type HistoryBreak,
} from "../history/history";
import type { HistoryRow, Step } from "../model";

export interface HistoryDrift {
  readonly differences: readonly Difference[];
  /** Steps of the repository that never ran here: the next `pulumi up` applies them, and they are no drift. */
  readonly pending: readonly Step[];
  /** Whether the access matrix, or the logins, differ from those that were last recorded. */
  readonly isAccessPending: boolean;
  /** Whether steps were adopted and none applied: then the access matrix has never been applied and is pending. */
  readonly isAccessNew: boolean;
}

/**
 * Finds what is wrong with the history: rows that were changed, removed or inserted; steps whose objects exist without a row;
 * steps that ran with other bytes; steps that were begun and are not finished.
 *
 * The removal of the last row, where it left no object behind (a repair, a population), is not found here. The digest that is
 * kept outside of the database (the stack's output `historyHead`) shows it.
 */
export function historyDrift(
  { history, breaks }: { history: readonly HistoryRow[]; breaks: readonly HistoryBreak[] },
  steps: { readonly wanted: readonly Step[]; readonly all: readonly Step[] },
  live: SnapshotOfObjects,
  accessDigest: string,
): HistoryDrift {
  const applied = appliedSteps(history);
  const accessRow = applied.get(stepKey(ACCESS_STEP));
  const absent = steps.wanted.filter((step) => !applied.has(stepKey(step)));
  // The last row of the first run records the access matrix: where steps have been applied without that row, rows at the end
  // were removed. Two things do not count: a revocation before the first run, which makes the history and nothing else, and
  // an adoption, which records no access matrix.
  const recorded = [...applied.values()].filter(({ stepId }) => stepId !== HISTORY_STEP_ID);
  const isCut = accessRow === undefined && recorded.some(({ action }) => action === "apply");
  const unrecorded = absent.filter((step) => isAppliedUnrecorded(step, live, isCut));
  if (
    history.length === 0 &&
    unrecorded.length > 0 &&
    !("table v7_control.history" in live.snapshot)
  ) {
    // One difference for all steps; the missing schema is another one.
    const ids = unrecorded.map(({ id }) => id).join(", ");
    const why = `v7_control.history is not there, and objects of ${ids} are`;
    return {
      differences: [differenceOf("history", "missing", why)],
      pending: [],
      isAccessPending: false,
      isAccessNew: false,
    };
  }
  return {
    differences: [
      ...breaks.map(({ position, found }) => differenceOf(rowName(position), "changed", found)),
      ...lackingDirectives(history, steps.all).map((directive) => {
        const why = `it has run here, and this checkout has no ${directive}`;
        return differenceOf(`directive ${directive}`, "unexpected", why);
      }),
      ...unknownRows(history, steps.all),
      ...unrecorded.map((step) => {
        const why = "its objects are there, and the history has no row of it";
        return differenceOf(stepName(step), "missing", why);
      }),
      ...(isCut ? [differenceOf(stepName(ACCESS_STEP), "missing", NO_ACCESS_ROW)] : []),
      ...changedSteps(steps.wanted, applied),
      ...steps.wanted
        .filter((step) => isUnfinished(applied.get(stepKey(step))))
        .map((step) => differenceOf(`step ${stepKey(step)}`, "missing", UNFINISHED)),
    ],
    pending: absent.filter((step) => !unrecorded.includes(step)),
    isAccessPending: accessRow !== undefined && accessRow.stepSha256 !== accessDigest,
    isAccessNew: accessRow === undefined && recorded.length > 0 && !isCut,
  };
}

const NO_ACCESS_ROW = "steps have been applied, and no row holds the access matrix";
const UNFINISHED = "it was approved and begun, and is not finished: the next run finishes it";

function rowName(position: number): string {
  return `history row ${String(position)}`;
}

function stepName(step: Pick<Step, "directive" | "id">): string {
  return `history step ${stepKey(step)}`;
}

function isAppliedUnrecorded(step: Step, live: SnapshotOfObjects, isCut: boolean): boolean {
  const made = newlyNamed(changeOf([step]));
  return made.length === 0 ? isCut : made.some((id) => isInSnapshot(live, id));
}

function changedSteps(
  steps: readonly Step[],
  applied: ReadonlyMap<string, HistoryRow>,
): Difference[] {
  return steps.flatMap((step): Difference[] => {
    const ran = ranWithOtherBytes(step, applied);
    if (ran === undefined) {
      return [];
    }
    const change = `sha256: ${step.sha256} in the repository -> ${ran} ran`;
    return [differenceOf(stepName(step), "changed", change)];
  });
}

/** The actions that concern no step of a directive. */
const OTHER_ACTIONS: ReadonlySet<string> = new Set(["repair", "restore", "trust", REVOKE]);

/** Rows that the runner never writes: of an unknown step, an apply of an applied step, a rollback of one that is not applied. */
function unknownRows(history: readonly HistoryRow[], steps: readonly Step[]): Difference[] {
  const known = new Set([...steps.map(stepKey), stepKey(ACCESS_STEP)]);
  const lacking = lackingDirectives(history, steps);
  return history.flatMap((row, index): Difference[] => {
    const key = `${row.directive}/${row.stepId}`;
    if (lacking.includes(row.directive)) {
      return [];
    }
    if (!["apply", "adopt", "rollback"].includes(row.action)) {
      const why = `it says ${row.action} of ${key}, and no run of ours is called that`;
      return OTHER_ACTIONS.has(row.action)
        ? []
        : [differenceOf(rowName(row.position), "unexpected", why)];
    }
    const before = appliedSteps(history.slice(0, index)).get(key);
    // A step that runs after its plan's transaction has two rows: begun, and later finished.
    const wasApplied = before !== undefined && !(isUnfinished(before) && isFinished(row));
    const why = !known.has(key)
      ? `it says ${row.action} of ${key}, which no directive has`
      : row.action === "rollback" && !wasApplied
        ? `it says rollback of ${key}, which had not been applied`
        : row.action !== "rollback" && wasApplied && key !== stepKey(ACCESS_STEP)
          ? `it says ${row.action} of ${key}, which had been applied already`
          : undefined;
    return why === undefined ? [] : [differenceOf(rowName(row.position), "unexpected", why)];
  });
}
