import type { Client } from "pg";
import { fingerprintOf, takeSnapshot, type Snapshot } from "./catalog";
import { compareSnapshots, formatDifference } from "./drift";
import { executeStep, type ExecutedStep } from "./executeStep";
import { fault } from "./fault";
import { ACCESS_STEP, appendHistory, historyHead, type HistoryEntry } from "./history";
import { inMigrationSession, type MigrationSessionOptions } from "./migrationSession";
import { accessDigest, preparePlan, type PlanRequest, type PreparedPlan } from "./planner";

/** Why a plan may run: what was signed, by whom. Recorded with every step; empty on an unprotected database. */
export type Authorization = Readonly<Record<string, unknown>>;

export interface ApplyRequest
  extends PlanRequest, Omit<MigrationSessionOptions, "applicationName"> {
  /** What the catalog must hold afterwards. */
  readonly expected: Snapshot;
  /**
   * Decides, under the runner's lock and inside the transaction, whether this plan may run.
   *
   * @throws APPROVAL_REQUIRED and its relatives
   */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
}

export interface ApplyResult {
  /** What ran, in order; empty where nothing was pending. */
  readonly executed: readonly ExecutedStep[];
  /** The digest of the plan that ran; where nothing ran, of the plan that ran last. */
  readonly planDigest: string;
  readonly historyHead: string;
  readonly schemaFingerprint: string;
}

/**
 * Brings the directive's pending steps onto the database: all of them, in one transaction, or none.
 *
 * Lock, recheck, run each statement as it stands, compare the catalog with what is expected, record, commit, unlock.
 * Running again changes nothing. A runner that is killed at any moment leaves either nothing or the whole.
 *
 * @throws PRECHECK_FAILED naming every obstacle, before anything runs
 * @throws STATEMENT_FAILED, LOCK_TIMEOUT, VERIFY_FAILED after everything was rolled back
 */
export async function applyDirective(request: ApplyRequest): Promise<ApplyResult> {
  const applicationName = "v7 apply";
  return await inMigrationSession({ ...request, applicationName }, (client) =>
    applyPending(client, request),
  );
}

async function applyPending(client: Client, request: ApplyRequest): Promise<ApplyResult> {
  const { onProgress = () => undefined } = request;
  const prepared = await preparePlan(client, request);
  const { digest, history } = prepared;
  if (digest === undefined) {
    return {
      executed: [],
      planDigest: history.at(-1)?.planDigest ?? "",
      historyHead: historyHead(history) ?? "",
      schemaFingerprint: fingerprintOf(prepared.snapshot),
    };
  }
  refuseObstacles(prepared, request);
  const authorization = await request.authorize(prepared, client);
  const executed: ExecutedStep[] = [];
  for (const step of prepared.pending) {
    executed.push(await executeStep(client, step, onProgress));
  }
  onProgress("comparing the catalog with the directive");
  const snapshot = await takeSnapshot(client, prepared.objects, prepared.owner);
  refuseDifferences(request, snapshot);
  const head = await appendHistory(
    client,
    historyEntries(request, prepared, digest, executed, authorization),
  );
  return {
    executed,
    planDigest: digest,
    historyHead: head,
    schemaFingerprint: fingerprintOf(snapshot),
  };
}

function refuseObstacles({ obstacles }: PreparedPlan, { connection }: ApplyRequest): void {
  if (obstacles.length > 0) {
    throw fault("PRECHECK_FAILED", {
      what: `checking database "${connection.databaseName}" for the directives`,
      found: `${String(obstacles.length)} obstacle${obstacles.length === 1 ? "" : "s"}`,
      expected: "none",
      remedy: "Nothing was changed. Clear them all and run again",
      detail: obstacles.map(({ found, remedy }) => `  - ${found}. ${remedy}.`),
    });
  }
}

function refuseDifferences({ expected }: ApplyRequest, live: Snapshot): void {
  const differences = compareSnapshots(expected, live);
  if (differences.length > 0) {
    throw fault("VERIFY_FAILED", {
      what: "comparing the catalog with the expected snapshot",
      found: `${String(differences.length)} difference${differences.length === 1 ? "" : "s"}`,
      expected: "none",
      remedy:
        "Nothing was changed: everything was rolled back. Look for triggers and event triggers that interfere",
      detail: differences.map((difference) => `  - ${formatDifference(difference)}`),
    });
  }
}

function historyEntries(
  request: ApplyRequest,
  { isAccessPending }: PreparedPlan,
  digest: string,
  executed: readonly ExecutedStep[],
  authorization: Authorization,
): HistoryEntry[] {
  const common = { action: "apply" as const, planDigest: digest };
  const steps = executed.map(({ step, durationMs, statements }) => ({
    ...common,
    directive: step.directive,
    stepId: step.id,
    stepKind: step.kind,
    stepSha256: step.sha256,
    durationMs,
    details: { ...authorization, statements },
  }));
  const accessEntry = {
    ...common,
    directive: ACCESS_STEP.directive,
    stepId: ACCESS_STEP.id,
    stepKind: ACCESS_STEP.kind,
    stepSha256: accessDigest(request),
    durationMs: 0,
    details: { ...authorization },
  };
  return isAccessPending ? [...steps, accessEntry] : steps;
}
