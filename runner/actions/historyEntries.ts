import { when } from "../base/when";
import type { ArchivedTable } from "../catalog/archive";
import { accessDigest } from "../directive/accessMatrix";
import type { ExecutedStep } from "../execute/executeStep";
import { BEGUN, FINISHED } from "../history/begunSteps";
import { ACCESS_STEP, type HistoryEntry } from "../history/history";
import type { Authorization, PlanAction, PlannedStep, Step } from "../model";
import type { PlanRequest, PreparedPlan } from "../plan/plan";

/** What the history records of a run besides its steps. */
export interface RunFindings {
  /** The fingerprint of the tables of others before the run, with which a rollback compares them. */
  readonly alteredTables: string;
  /** The revoked privileges that the matrix does not have. */
  readonly revoked: readonly string[];
  /** The archives of rows that the steps dropped. */
  readonly archived: readonly ArchivedTable[];
}

/** The history's row of a plan's step. */
export function planEntry(
  action: PlanAction,
  planDigest: string,
  { directive, id: stepId, kind: stepKind, sha256: stepSha256 }: PlannedStep,
  details: HistoryEntry["details"],
  durationMs = 0,
): HistoryEntry {
  return { action, directive, stepId, stepKind, stepSha256, planDigest, durationMs, details };
}

/** The history's row of a directive's step. */
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
 * The rows of an apply's first transaction: the steps that ran, the begun steps that run later, and a changed access matrix.
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
    ...when(
      isAccessPending,
      planEntry(
        "apply",
        digest,
        { ...ACCESS_STEP, sha256: accessDigest(request) },
        { ...authorization, ...(revoked.length === 0 ? {} : { revoked }) },
      ),
    ),
  ];
}

/** The row of a step that ran after its plan's transaction. */
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
