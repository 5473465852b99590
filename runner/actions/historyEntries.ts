import type { ArchivedTable } from "../catalog/archive";
import { accessDigest } from "../directive/accessMatrix";
import type { ExecutedStep } from "../execute/executeStep";
import { BEGUN, FINISHED } from "../history/begunSteps";
import { ACCESS_STEP, type HistoryEntry } from "../history/history";
import type { Authorization, PlanAction, PlannedStep, Step } from "../model";
import type { PlanRequest, PreparedPlan } from "../plan/plan";

/** What a run found out beside its steps. */
export interface RunFindings {
  /** The fingerprint of the tables of others before the run: a rollback says whether it left the same. */
  readonly alteredTables: string;
  /** The privileges that the matrix does not have, and that were taken away. */
  readonly revoked: readonly string[];
  /** Where the rows are of what the steps took away. */
  readonly archived: readonly ArchivedTable[];
}

/** What history keeps of a plan's step: by which plan, which bytes, and what else is worth keeping. */
export function planEntry(
  action: PlanAction,
  planDigest: string,
  { directive, id: stepId, kind: stepKind, sha256: stepSha256 }: PlannedStep,
  details: HistoryEntry["details"],
  durationMs = 0,
): HistoryEntry {
  return { action, directive, stepId, stepKind, stepSha256, planDigest, durationMs, details };
}

/** What history keeps of a directive's step. */
export function stepEntry(
  action: PlanAction,
  planDigest: string,
  step: Step,
  durationMs: number,
  details: HistoryEntry["details"],
): HistoryEntry {
  return planEntry(action, planDigest, step, { ...details, syntax: step.syntax }, durationMs);
}

/**
 * The rows of an apply: each step that ran, each that is begun and runs after it, and the access matrix where it is new.
 */
export function applyEntries(
  request: PlanRequest,
  { pending, isAccessPending, digest = "" }: PreparedPlan,
  executed: readonly ExecutedStep[],
  authorization: Authorization,
  { alteredTables, revoked, archived }: RunFindings,
): HistoryEntry[] {
  const ran = executed.map(({ step, durationMs, statements }) =>
    stepEntry("apply", digest, step, durationMs, {
      ...authorization,
      hosts: alteredTables,
      ...(archived.length === 0 ? {} : { archived }),
      statements: durations(statements),
    }),
  );
  const begun = pending
    .filter((step) => !executed.some((one) => one.step === step))
    .map((step) =>
      stepEntry("apply", digest, step, 0, { ...authorization, hosts: alteredTables, state: BEGUN }),
    );
  return [
    ...ran,
    ...begun,
    ...(isAccessPending
      ? [
          planEntry(
            "apply",
            digest,
            { ...ACCESS_STEP, sha256: accessDigest(request) },
            { ...authorization, ...(revoked.length === 0 ? {} : { revoked }) },
          ),
        ]
      : []),
  ];
}

/** The row of a step that ran behind its plan's transaction. */
export function finishedEntry(
  planDigest: string,
  { step, durationMs, statements, backfilled }: ExecutedStep,
  { archived }: Pick<RunFindings, "archived">,
): HistoryEntry {
  return stepEntry("apply", planDigest, step, durationMs, {
    state: FINISHED,
    ...(archived.length === 0 ? {} : { archived }),
    ...backfilled,
    statements: durations(statements),
  });
}

/** The statements' durations as history keeps them, in thousandths of a millisecond. */
function durations(statements: ExecutedStep["statements"]): readonly unknown[] {
  return statements.map(({ tag, durationMs }) => ({
    tag,
    durationMs: Math.round(durationMs * 1000) / 1000,
  }));
}
