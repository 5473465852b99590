import type { Difference } from "../catalog/compare";
import { changeOf } from "../catalog/lockedChange";
import { isTold, type SnapshotOfObjects } from "../catalog/snapshot";
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
  /** Steps of the repository that never ran here: not drift, but what the next `pulumi up` brings. */
  readonly pending: readonly Step[];
  /** Whether the access matrix, or the logins, are others than those that were last recorded. */
  readonly isAccessPending: boolean;
  /** Whether steps were adopted and none applied: the access matrix never ran here, and is pending with the rest. */
  readonly isAccessNew: boolean;
}

/**
 * What of the history is not as the runner would have left it: rows that were edited, taken out or put in, a step whose
 * objects are there and that no row holds, a step that ran with other bytes, one that was begun and is not finished.
 *
 * A row at the very end that leaves no object behind (a repair, a population) can be taken out unseen by this; whoever
 * keeps the digest of the last row elsewhere (the stack's output `historyHead`) sees it.
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
  // The first run's last row records the access matrix: where steps have been applied and that row is missing, the end was cut off.
  // A revocation before the first run makes the history, and nothing else.
  // An adoption records no access matrix either: the next apply brings it.
  const recorded = [...applied.values()].filter(({ stepId }) => stepId !== HISTORY_STEP_ID);
  const isCut = accessRow === undefined && recorded.some(({ action }) => action === "apply");
  const unrecorded = absent.filter((step) => standsUnrecorded(step, live, isCut));
  if (
    history.length === 0 &&
    unrecorded.length > 0 &&
    !("table v7_control.history" in live.snapshot)
  ) {
    return {
      differences: [lostHistory(unrecorded)],
      pending: [],
      isAccessPending: false,
      isAccessNew: false,
    };
  }
  return {
    differences: [
      ...breaks.map(brokenRow),
      ...lackingDirectives(history, steps.all).map(lackingDirective),
      ...unknownRows(history, steps.all),
      ...unrecorded.map((step) =>
        missingStep(stepKey(step), "its objects are there, and the history has no row of it"),
      ),
      ...(isCut
        ? [
            missingStep(
              stepKey(ACCESS_STEP),
              "steps have been applied, and no row holds the access matrix",
            ),
          ]
        : []),
      ...changedSteps(steps.wanted, applied),
      ...steps.wanted
        .filter((step) => isUnfinished(applied.get(stepKey(step))))
        .map(unfinishedStep),
    ],
    pending: absent.filter((step) => !unrecorded.includes(step)),
    isAccessPending: accessRow !== undefined && accessRow.stepSha256 !== accessDigest,
    isAccessNew: accessRow === undefined && recorded.length > 0 && !isCut,
  };
}

/** One finding: the schema that is missing is named beside it. */
function lostHistory(unrecorded: readonly Step[]): Difference {
  const ids = unrecorded.map(({ id }) => id).join(", ");
  const details = [`v7_control.history is not there, and objects of ${ids} are`];
  return { object: "history", kind: "missing", details };
}

function brokenRow({ position, found }: HistoryBreak): Difference {
  return { object: `history row ${String(position)}`, kind: "changed", details: [found] };
}

function missingStep(key: string, why: string): Difference {
  return { object: `history step ${key}`, kind: "missing", details: [why] };
}

function unfinishedStep(step: Step): Difference {
  const details = ["it was approved and begun, and is not finished: the next run finishes it"];
  return { object: `step ${stepKey(step)}`, kind: "missing", details };
}

function standsUnrecorded(step: Step, live: SnapshotOfObjects, isCut: boolean): boolean {
  const made = changeOf([step]).added;
  return made.length === 0 ? isCut : made.some(({ id }) => isTold(live, id));
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
    const details = [`sha256: ${step.sha256} in the repository -> ${ran} ran`];
    return [{ object: `history step ${stepKey(step)}`, kind: "changed", details }];
  });
}

function lackingDirective(directive: string): Difference {
  const details = [`it has run here, and this checkout has no ${directive}`];
  return { object: `directive ${directive}`, kind: "unexpected", details };
}

/** The actions that concern no step of a directive. */
const OTHER_ACTIONS: ReadonlySet<string> = new Set(["repair", "restore", "trust", REVOKE]);

/** Rows that no runner writes: of a step that there is not, of one that had been applied already, of one that had not been applied. */
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
      return OTHER_ACTIONS.has(row.action) ? [] : [unknownRow(row, why)];
    }
    const before = appliedSteps(history.slice(0, index)).get(key);
    // A step behind its plan's transaction has two rows: begun in it, finished after it.
    const stood = before !== undefined && !(isUnfinished(before) && isFinished(row));
    const why = !known.has(key)
      ? `it says ${row.action} of ${key}, which no directive has`
      : row.action === "rollback" && !stood
        ? `it says rollback of ${key}, which had not been applied`
        : row.action !== "rollback" && stood && key !== stepKey(ACCESS_STEP)
          ? `it says ${row.action} of ${key}, which had been applied already`
          : undefined;
    return why === undefined ? [] : [unknownRow(row, why)];
  });
}

function unknownRow({ position }: HistoryRow, why: string): Difference {
  return { object: `history row ${String(position)}`, kind: "unexpected", details: [why] };
}
